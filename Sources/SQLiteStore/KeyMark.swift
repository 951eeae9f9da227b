import Foundation
import GRDB
import Referral

/// By what a database knows the digest key that it was made with: 32 bytes that tell nothing of the key.
enum KeyMark {
    /// - Throws: `StoreError.refused` when the database has another.
    /// - Returns: whether it has one.
    @discardableResult static func check(_ mark: [UInt8], in database: Database, path: String) throws -> Bool {
        guard try database.tableExists("digest_key"), let kept = try Data.fetchOne(database, sql: "SELECT mark FROM digest_key") else {
            return false
        }
        guard Array(kept) == mark else {
            throw StoreError(
                .refused, "this is not the key that the database \(path) was made with; bring back the key of the same backup")
        }
        return true
    }
}

extension SQLiteStore {
    /// Keeps the mark of the digest key if none is kept yet. Blocks.
    /// - Parameter mark: 32 bytes, the same for the same key.
    /// - Throws: `StoreError.refused` when that of another key is kept.
    public func confirm(keyMark mark: [UInt8]) throws {
        try translatingFaults(at: path) {
            try pool.write { database in
                if try KeyMark.check(mark, in: database, path: path) { return }
                try database.execute(sql: "INSERT INTO digest_key VALUES (1, ?)", arguments: [Data(mark)])
            }
        }
    }
}
