import Foundation
import GRDB
public import Referral
import Synchronization

/// The referral store in one SQLite file, without a server: one connection writes, several read what has been committed.
///
/// Commits wait for the disk (WAL with `synchronous = FULL`), so put many decisions into one transaction. Freed pages are overwritten
/// (`secure_delete`). Several processes may open the file; they wait up to five seconds for each other.
///
/// Once the file is found to be damaged, or removed or replaced, every write throws until the store is opened anew.
public final class SQLiteStore: ReferralStore {
    private let file: DatabaseFile
    let pool: DatabasePool
    private let isClosed = Mutex(false)
    var path: String { file.path }

    /// Opens the database, or makes one that only the account of this process can read. Blocks until the schema is up to date.
    /// - Parameters:
    ///   - path: the database file; its folder must exist.
    ///   - mayMake: false: there has to be a database with tables in it.
    /// - Throws: `StoreError`: `.newerSchema` when a newer version of the program has written it, `.damaged` when it is another program's,
    ///   `.corrupt` when it is none, or damaged, `.missing` when it has to be made and may not, `.refused` when other accounts have access
    ///   to it, `.unavailable` when it cannot be opened or made. The file is then as it was.
    public init(path: String, mayMake: Bool = true) throws {
        let file = try DatabaseFile(path, mayMake: mayMake)
        try DatabaseFiles.check(path, mayBeEmpty: mayMake)
        self.file = file
        pool = try translatingFaults(at: path) {
            let pool = try DatabasePool(path: path, configuration: Self.configuration(file, mayBeEmpty: mayMake))
            // The pool turns this down to NORMAL when it opens, which forgets the last commits when the machine fails.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(pool)
            return pool
        }
    }

    /// Waits for the writes that have been handed over, brings the write-ahead log into the database file, and closes it. Calls that come
    /// later throw `StoreError.unavailable`, as may reads that still wait for a connection. Closing twice is no error.
    /// - Throws: `StoreError`; it has been closed nevertheless. Also what has kept it from writing until the end.
    public func close() async throws {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if wasClosed { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue(label: "SQLiteStore.close").async { [pool, file] in
                continuation.resume(
                    with: Result {
                        // The connection closed last is a reader, which cannot empty the log. When another process keeps it from being
                        // emptied, it stays beside the database and nothing is lost.
                        try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                        try translatingFaults(at: file.path) { try pool.close() }
                        if let fault = file.fault { throw fault }
                    })
            }
        }
    }

    /// A task that has been cancelled before the call gets `CancellationError` and nothing has happened. Once handed over, a write runs to
    /// its end and its outcome is returned, cancelled or not: the caller always knows whether it happened.
    public func write<Answer: Sendable>(_ body: @escaping @Sendable (any ReferralTransaction) throws -> Answer) async throws -> Answer {
        try await enqueue { pool, finish in
            pool.asyncWriteWithoutTransaction { [file] database in
                finish(
                    Result {
                        try file.watching {
                            try SQLiteTransaction.commit(
                                { transaction in
                                    let answer = try body(transaction)
                                    try file.check()
                                    return answer
                                }, to: database, at: file.path)
                        }
                    })
            }
        }
    }

    /// A task that has been cancelled before the call gets `CancellationError`.
    public func read<Answer: Sendable>(_ body: @escaping @Sendable (any ReferralReader) throws -> Answer) async throws -> Answer {
        try await enqueue { pool, finish in
            pool.asyncRead { [file] database in
                finish(Result { try file.watching { try body(SQLiteReader(database: database.get(), path: file.path)) } })
            }
        }
    }

    /// The pool's own async methods would abort a transaction whose caller is cancelled, and all decisions of its batch with it.
    private func enqueue<Answer: Sendable>(
        _ start: (DatabasePool, @escaping @Sendable (Result<Answer, any Error>) -> Void) -> Void
    ) async throws -> Answer {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            let isOpen = isClosed.withLock { isClosed in
                // Within the lock, so that nothing is enqueued behind the end of the pool.
                if !isClosed { start(pool) { continuation.resume(with: $0) } }
                return !isClosed
            }
            if !isOpen { continuation.resume(throwing: StoreError(.unavailable, "the database \(file.path) has been closed")) }
        }
    }

    static func configuration(_ file: DatabaseFile, mayBeEmpty: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.label = "SQLiteStore"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // Readers are opened when they are needed: not on what has taken the place of the file.
            try file.checkName()
            // First of all: another program's file must stay as it is.
            if !database.configuration.readonly {
                try Schema.checkOwnership(database, path: file.path, mayBeEmpty: mayBeEmpty)
            }
            try database.execute(
                sql: """
                    PRAGMA secure_delete = ON;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cache_size = \(database.configuration.readonly ? -4_096 : -32_768); -- KiB
                    PRAGMA wal_autocheckpoint = 4000; -- pages
                    PRAGMA journal_size_limit = 67108864;
                    """)
        }
        return configuration
    }
}
