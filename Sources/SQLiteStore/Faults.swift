import Foundation
import GRDB
import Referral

/// Runs `body` and says what SQLite's errors mean for the operator. Other errors pass as they are.
///
/// SQLite's own texts name tables, columns and rules; the values, which may be personal, stay out.
func translatingFaults<Result>(at path: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as DatabaseError {
        throw StoreError(error, path: path, isDiskFull: isDiskFull(at:))
    } catch is RowDecodingError {
        throw StoreError(.damaged, "the database \(path) holds a value of a kind that its schema rules out; \(StoreError.restore)")
    }
}

extension StoreError {
    static let restore = "stop the program, keep a copy of the file and restore a backup"

    /// - Parameter isDiskFull: asked about the path when SQLite may mean that.
    init(_ error: DatabaseError, path: String, isDiskFull: (String) -> Bool) {
        let detail = "SQLite \(error.extendedResultCode.rawValue)" + (error.message.map { ": \($0)" } ?? "")
        let full = "the disk of the database \(path) is full (\(detail)); make room"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT:
            self.init(.corrupt, "the database \(path) is damaged (\(detail)): nothing more is accepted; \(Self.restore)")
        case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG:
            self.init(.damaged, "what was to be stored in \(path) breaks a rule of its schema (\(detail)); nothing was stored")
        case .SQLITE_FULL:
            self.init(.unavailable, full)
        // SQLite says "full" only of some files; the shared memory beside the database is not among them.
        case .SQLITE_IOERR where isDiskFull(path), .SQLITE_CANTOPEN where isDiskFull(path):
            self.init(.unavailable, full)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.unavailable, "another process keeps the database \(path) locked (\(detail)); try again, or end that process")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.unavailable, "the database \(path) cannot be opened for writing (\(detail)); check its owner and rights")
        case .SQLITE_IOERR:
            self.init(.unavailable, "the database \(path) cannot be used now (\(detail)); look at its disk")
        default:
            self.init(.unavailable, "the database \(path) cannot be used now (\(detail))")
        }
    }
}

/// Whether there is room for hardly anything on the file system of this file: less than 1 MiB, or for no further file.
private func isDiskFull(at path: String) -> Bool {
    var status = statvfs()
    guard statvfs(URL(fileURLWithPath: path).deletingLastPathComponent().path, &status) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 1 << 20 || (status.f_files > 0 && status.f_favail == 0)
}
