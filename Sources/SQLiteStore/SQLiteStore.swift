import Foundation
import GRDB
public import Referral
import Synchronization

/// The referral store in one SQLite file, without a server: one connection writes, several read what has been committed.
///
/// Commits wait for the disk (WAL with `synchronous = FULL`), so put many decisions into one transaction. Freed pages are overwritten
/// (`secure_delete`). Several processes may open the file; they wait up to five seconds for each other.
public final class SQLiteStore: ReferralStore {
    private let path: String
    private let pool: DatabasePool
    private let isClosed = Mutex(false)

    /// Opens the database, or makes one that only the account of this process can read. Blocks until the schema is up to date.
    /// - Parameter path: the database file; its folder must exist.
    /// - Throws: `StoreError`: `.newerSchema` when a newer version of the program has written it, `.damaged` when the file is something
    ///   else, `.unavailable` when it cannot be opened or made. The file is then as it was.
    public init(path: String) throws {
        try Self.makeFile(path)
        self.path = path
        pool = try translatingFaults(at: path) {
            let pool = try DatabasePool(path: path, configuration: Self.configuration(path))
            // The pool turns this down to NORMAL when it opens, which forgets the last commits when the machine fails.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(pool)
            return pool
        }
    }

    /// Waits for the writes that have been handed over, brings the write-ahead log into the database file, and closes it. Calls that come
    /// later throw `StoreError.unavailable`, as may reads that still wait for a connection. Closing twice is no error.
    public func close() async throws {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if wasClosed { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue(label: "SQLiteStore.close").async { [pool, path] in
                continuation.resume(
                    with: Result {
                        // The connection closed last is a reader, which cannot empty the log. When another process keeps it from being
                        // emptied, it stays beside the database and nothing is lost.
                        try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                        try translatingFaults(at: path) { try pool.close() }
                    })
            }
        }
    }

    /// A task that has been cancelled before the call gets `CancellationError` and nothing has happened. Once handed over, a write runs to
    /// its end and its outcome is returned, cancelled or not: the caller always knows whether it happened.
    public func write<Answer: Sendable>(_ body: @escaping @Sendable (any ReferralTransaction) throws -> Answer) async throws -> Answer {
        try await enqueue { pool, finish in
            pool.asyncWriteWithoutTransaction { [path] database in
                finish(Result { try translatingFaults(at: path) { try SQLiteTransaction.commit(body, to: database, at: path) } })
            }
        }
    }

    /// A task that has been cancelled before the call gets `CancellationError`.
    public func read<Answer: Sendable>(_ body: @escaping @Sendable (any ReferralReader) throws -> Answer) async throws -> Answer {
        try await enqueue { pool, finish in
            pool.asyncRead { [path] database in
                finish(Result { try translatingFaults(at: path) { try body(SQLiteReader(database: database.get(), path: path)) } })
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
            if !isOpen { continuation.resume(throwing: StoreError(.unavailable, "the database \(path) has been closed")) }
        }
    }

    private static func configuration(_ path: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = "SQLiteStore"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // First of all: another program's file must stay as it is.
            if !database.configuration.readonly { try Schema.checkOwnership(database, path: path) }
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

    /// SQLite would make the file readable for everybody; the files beside it get the rights of the database.
    private static func makeFile(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw StoreError(
                .unavailable, "the folder \(folder) for the database does not exist; create it for the account that runs this program")
        }
        let file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            if errno == EEXIST { return }
            throw StoreError(.unavailable, "the database \(path) cannot be created: \(String(cString: strerror(errno)))")
        }
        Foundation.close(file)
    }
}
