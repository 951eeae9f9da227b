import ArgumentParser
import Configuration
import Foundation
import Referral
import SQLiteStore

/// `lotsd backup`: a whole copy of the database and its digest key.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the database and the digest key into a new folder. The daemon may run meanwhile.",
        discussion:
            "The copy is as of one moment and has been checked. Whoever has it can read every case: keep it as the database is kept.")

    @OptionGroup var options: ConfigurationOption

    @Option(help: "A folder that is not there yet, or is empty.")
    var to: String

    func run() async throws {
        let (configuration, _) = try readConfiguration(options.config)
        let files = BackupFiles(folder: to)
        try await Storage.command {
            let key = try DigestKey.read(configuration.digestKeyPath)
            // One of a first start that is going on waits until there is a database.
            try key.file.close()
            guard DatabaseFiles.holdsSomething(configuration.databasePath) else {
                throw StoreError(.missing, "there is no database \(configuration.databasePath), or it is empty: nothing to back up")
            }
            let isNew = try files.makeFolder()
            do {
                let copy = try DatabaseCopy(
                    of: configuration.databasePath, mayWriteSource: true, at: files.unfinished, keyMark: key.mark)
                try DigestKey.write(key.bytes, to: files.digestKey).close()
                try files.rename(files.unfinished, to: files.database)
                return "\(files.folder): \(copy.inWords)"
            } catch {
                // Only what this has made: the folder was empty.
                for name in [files.unfinished, files.digestKey] { unlink(name) }
                if isNew { rmdir(files.folder) }
                throw error
            }
        }
    }
}

/// `lotsd restore`: puts a backup where there is no database.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup where the settings have the database and the digest key. lotsd must be stopped.",
        discussion: "Nothing is replaced: what is there must be moved away first, the database with the files beside it.")

    @OptionGroup var options: ConfigurationOption

    @Option(help: "A folder that lotsd backup has written.")
    var from: String

    func run() async throws {
        let (configuration, _) = try readConfiguration(options.config)
        let (database, keyPath, files) = (configuration.databasePath, configuration.digestKeyPath, BackupFiles(folder: from))
        try await Storage.command {
            try refuse(whenThereIs: database)
            let key = try DigestKey.read(files.digestKey)
            let unfinished = "\(database).restoring"
            let copy = try DatabaseCopy(of: files.database, mayWriteSource: false, at: unfinished, keyMark: key.mark)
            do {
                // First, so that a daemon that is started now waits for the database and makes none.
                if try DigestKey.place(key.bytes, at: keyPath) == nil, try DigestKey.read(keyPath).bytes != key.bytes {
                    throw DigestKey.Fault(
                        description: "\(keyPath): there is another digest key than that of the backup; make sure that lotsd is stopped, "
                            + "move the key away, then restore again")
                }
                try refuse(whenThereIs: database)
                try files.rename(unfinished, to: database)
            } catch {
                unlink(unfinished)
                throw error
            }
            return "\(database): \(copy.inWords)"
        }
    }

    private func refuse(whenThereIs database: String) throws {
        let present = DatabaseFiles.names(database).filter { FileManager.default.fileExists(atPath: $0) }
        guard present.isEmpty else {
            throw StoreError(
                .unavailable,
                """
                there is \(present.joined(separator: ", ")); a backup replaces nothing: make sure that lotsd is stopped, move \
                \(present.count == 1 ? "it" : "them") away, then restore again
                """)
        }
    }
}

/// A folder with a backup.
private struct BackupFiles: Sendable {
    let folder: String

    var database: String { "\(folder)/lots.sqlite" }
    var digestKey: String { "\(folder)/digest.key" }
    /// A backup that is not complete has no `database`.
    var unfinished: String { "\(database).new" }

    /// - Returns: whether the folder has been made.
    func makeFolder() throws -> Bool {
        if mkdir(folder, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw fault("cannot be made") }
        guard try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty else {
            throw StoreError(.unavailable, "\(folder) is not empty; name a new folder for each backup")
        }
        guard chmod(folder, 0o700) == 0 else { throw fault("cannot be closed to other accounts") }
        return false
    }

    func rename(_ path: String, to new: String) throws {
        guard Foundation.rename(path, new) == 0 else { throw fault("\(path) cannot be renamed") }
        try DigestKey.synchronizeFolder(of: new)
    }

    private func fault(_ what: String) -> StoreError {
        StoreError(.unavailable, "\(folder): \(what): \(String(cString: strerror(errno)))")
    }
}

extension DatabaseCopy {
    fileprivate var inWords: String {
        let newest = summary.newestEntry.map { "the newest log entry is of \($0.text)" } ?? "no log entry"
        return
            "the digest key and a database that is whole, with \(referrals) referrals; \(newest); schema version \(summary.schemaVersion)"
    }
}

extension Instant {
    /// In UTC, for people.
    var text: String { Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601) }
}
