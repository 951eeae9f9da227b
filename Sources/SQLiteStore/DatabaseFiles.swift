import Foundation
import Referral

/// The file of a database, before SQLite looks at it.
public enum DatabaseFiles {
    /// The files in which the database at `path` may have something: SQLite takes those beside it for its own, whatever they are.
    public static func names(_ path: String) -> [String] { ["", "-wal", "-shm", "-journal"].map { path + $0 } }

    /// Whether there is something in the file. A file of 0 bytes is what a full disk or a touch leaves, not a database.
    public static func holdsSomething(_ path: String) -> Bool { status(path).map { $0.st_size > 0 } ?? false }

    /// - Throws: `StoreError.missing` when there is nothing in it and there has to be, `.refused` when others have access.
    static func check(_ path: String, mayBeEmpty: Bool) throws {
        guard let status = status(path) else {
            if errno == ENOENT { throw StoreError(.missing, "the database \(path) is missing") }
            throw StoreError(.unavailable, "the database \(path) cannot be looked at: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw StoreError(.refused, "\(path): other accounts have access to the database: chmod 600 \(path)*")
        }
        guard mayBeEmpty || status.st_size > 0 else { throw empty(path) }
    }

    static func empty(_ path: String) -> StoreError { StoreError(.missing, "the database \(path) is empty: it has no tables") }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
