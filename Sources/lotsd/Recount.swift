import ArgumentParser
import Configuration
import Foundation
import NIOPosix
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
            let store = try await NIOThreadPool.singleton.runIfActive {
                guard FileManager.default.fileExists(atPath: path) else { throw StoreError(.unavailable, "there is no database \(path)") }
                return try SQLiteStore(path: path)
            }
            try await store.write { try $0.clearFigures() }
            try await store.close()
        } catch {
            try? FileHandle.standardError.write(contentsOf: Data("lotsd: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }
}
