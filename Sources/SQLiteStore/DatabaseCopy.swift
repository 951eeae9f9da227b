import Foundation
import GRDB
import Referral

/// A whole copy of a database in one file.
public struct DatabaseCopy: Sendable {
    public let summary: DatabaseSummary
    public let referrals: Int

    /// Copies what has been committed, as of one moment, whether or not programs write meanwhile; they are not held up, but the write-ahead
    /// log is not emptied until the copy is made. The copy has been read to its end and found whole. Blocks; takes some MiB of memory.
    /// - Parameters:
    ///   - source: of this or an older version of the program; it is not brought up to date.
    ///   - mayWriteSource: false for a file at rest, perhaps on a medium that cannot be written.
    ///   - destination: its folder must exist; only the account of this process can read it. Files of these names are removed.
    ///   - keyMark: as for `SQLiteStore.confirm`.
    /// - Throws: `StoreError`, with no copy left: `.missing`, `.damaged`, `.corrupt`, `.newerSchema`, `.unavailable`; `.refused` when the database
    ///   belongs to another digest key.
    public init(of source: String, mayWriteSource: Bool, at destination: String, keyMark: [UInt8]) throws {
        guard DatabaseFiles.holdsSomething(source) else { throw StoreError(.missing, "there is no database \(source), or it is empty") }
        Self.remove(destination)
        do {
            _ = try DatabaseFile(destination)
            try Self.copy(source, mayWrite: mayWriteSource, to: destination, keyMark)
            self = try translatingFaults(at: destination) { try Self(checking: destination) }
        } catch {
            Self.remove(destination)
            throw error
        }
    }

    private static func copy(_ path: String, mayWrite: Bool, to destination: String, _ keyMark: [UInt8]) throws {
        var configuration = try SQLiteStore.configuration(DatabaseFile(path, mayMake: false), mayBeEmpty: false)
        configuration.readonly = !mayWrite
        let source = try translatingFaults(at: path) { try DatabaseQueue(path: path, configuration: configuration) }
        defer { try? source.close() }
        try translatingFaults(at: path) {
            try source.read { database in
                try Schema.checkOwnership(database, path: path, mayBeEmpty: false)
                try KeyMark.check(keyMark, in: database, path: path)
            }
        }
        try translatingFaults(at: destination) {
            let copy = try DatabaseQueue(path: destination)
            defer { try? copy.close() }
            // In one step: another one would begin anew whenever a program has written in between.
            try source.backup(to: copy)
        }
    }

    /// Reads all of the copy.
    private init(checking path: String) throws {
        let queue = try DatabaseQueue(
            path: path, configuration: SQLiteStore.configuration(DatabaseFile(path, mayMake: false), mayBeEmpty: false))
        defer { try? queue.close() }
        (summary, referrals) = try queue.writeWithoutTransaction { database in
            // What the check says may quote values.
            guard try String.fetchOne(database, sql: "PRAGMA integrity_check(1)") == "ok" else {
                throw StoreError(.corrupt, "the copy of the database is not whole: what was copied is damaged; \(StoreError.restore)")
            }
            // Nothing belongs beside a copy at rest. The store turns the write-ahead log on again.
            try database.execute(sql: "PRAGMA journal_mode = DELETE")
            return (try DatabaseSummary(database), try Int.fetchOne(database, sql: "SELECT count(*) FROM referral") ?? 0)
        }
    }

    private static func remove(_ path: String) {
        for name in DatabaseFiles.names(path) { unlink(name) }
    }
}
