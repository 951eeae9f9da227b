import ArgumentParser
import Configuration
import Foundation
import Referral
import SQLiteStore

/// `lotsd recount`: forgets what was counted. A daemon that runs on the database counts it again, one that is started later does too.
struct Recount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the figures of all reports counted anew from the log. The daemon may run meanwhile.")

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
        let (configuration, _) = try readConfiguration(options.config)
        let path = configuration.databasePath
        do {
            guard DatabaseFiles.holdsSomething(path) else { throw StoreError(.missing, "there is no database \(path), or it is empty") }
            let store = try await Storage.open(configuration).store
            try await store.write { try $0.clearFigures() }
            try await store.close()
        } catch {
            try? FileHandle.standardError.write(contentsOf: Data("lotsd: \(error)\n".utf8))
            throw ExitCode(StartFault.exitCode(for: error))
        }
    }
}
