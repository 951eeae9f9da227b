import ArgumentParser
import Configuration
import Foundation
import Logging
import NIOPosix
import Referral
import SQLiteStore

/// The database and the key of its digests. They are made together, once, and are of no use apart.
struct Storage: Sendable {
    let store: SQLiteStore
    let digestKey: [UInt8]
    /// Whether both have been made now.
    let isNew: Bool
    /// As it was found.
    let summary: DatabaseSummary

    /// Opens both, or makes both when there is neither. Of several that do so at the same time, one makes them and the others wait.
    /// - Throws: what `StartFault.exitCode(for:)` knows.
    static func open(_ configuration: DaemonConfiguration) async throws -> Storage {
        try await NIOThreadPool.singleton.runIfActive {
            try Storage(database: configuration.databasePath, key: configuration.digestKeyPath)
        }
    }

    private init(database: String, key path: String) throws {
        // Before the key, which is made first: a database that is there has its key.
        let isMissing = !DatabaseFiles.holdsSomething(database)
        let key = try DigestKey.open(path, database: database, mayMake: isMissing)
        defer { try? key.file.close() }
        do {
            store = try SQLiteStore(path: database, mayMake: key.isNew)
            try store.confirm(keyMark: key.mark)
            summary = try store.summary()
        } catch let error as StoreError where error.code == .missing {
            throw DigestKey.Fault(
                description: """
                    \(error), but there is the digest key \(path) of an exchange. Is the disk mounted, is database.path right? Otherwise \
                    restore a backup: lotsd restore. If a new exchange is meant, move the key away, and the empty database if there is one
                    """)
        } catch {
            // With it the next start would look for the database that could not be made.
            if key.isNew && !DatabaseFiles.holdsSomething(database) { unlink(path) }
            throw error
        }
        digestKey = key.bytes
        isNew = key.isNew
    }

    /// Says what is served, and when its clock has been ahead of the present one.
    func log(at now: Instant, path: String, to logger: Logger) {
        logger.notice(
            "the database is open",
            metadata: [
                "path": "\(path)", "new": "\(isNew)", "schema": "\(summary.schemaVersion)", "log_entries": "\(summary.logEntries)",
                "newest": "\(summary.newestEntry.map(\.text) ?? "none")",
            ])
        guard let newest = summary.newestEntry, newest - now > .seconds(60) else { return }
        logger.critical(
            """
            the clock is behind the newest entry of the log: it is wrong now, or it was ahead then. Leases and other deadlines that were \
            set meanwhile run from the time of then; see README, Operating
            """,
            metadata: ["seconds": "\((newest - now).components.seconds)", "newest": "\(newest.text)", "now": "\(now.text)"])
    }

    /// Runs what blocks where it may. An error is printed and ends the program.
    static func command(_ body: @escaping @Sendable () throws -> String) async throws {
        do {
            print(try await NIOThreadPool.singleton.runIfActive(body))
        } catch {
            try? FileHandle.standardError.write(contentsOf: Data("lotsd: \(error)\n".utf8))
            throw ExitCode(StartFault.exitCode(for: error))
        }
    }
}
