import Foundation
import GRDB
public import Referral

/// What a database is, in few words and found at once however large it is.
public struct DatabaseSummary: Sendable {
    /// The newest of the migrations that it has gone through.
    public let schemaVersion: String
    /// Entries of the log are never deleted.
    public let logEntries: Int64
    /// The latest time among the last thousand entries; nil without any. Those after a clock that was put right are earlier.
    public let newestEntry: Instant?

    init(_ database: Database) throws {
        let versions = try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations")
        schemaVersion = versions.max { $0.localizedStandardCompare($1) == .orderedAscending } ?? "0"
        logEntries = try Int64.fetchOne(database, sql: "SELECT max(sequence) FROM log") ?? 0
        newestEntry = try Int64.fetchOne(database, sql: "SELECT max(at) FROM (SELECT at FROM log ORDER BY sequence DESC LIMIT 1000)")
            .map { Instant(milliseconds: $0) }
    }
}

extension SQLiteStore {
    /// What is in the database now. Blocks.
    public func summary() throws -> DatabaseSummary {
        try translatingFaults(at: path) { try pool.read { try DatabaseSummary($0) } }
    }
}
