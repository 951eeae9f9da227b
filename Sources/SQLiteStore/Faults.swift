import GRDB
import Referral

/// Runs `body` and says what SQLite's errors mean for the operator. Other errors pass as they are.
///
/// SQLite's own texts name tables, columns and rules; the values, which may be personal, stay out.
func translatingFaults<Result>(at path: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as DatabaseError {
        throw StoreError(error, path: path)
    } catch is RowDecodingError {
        throw StoreError(.damaged, "the database \(path) holds a value of a kind that its schema rules out; \(StoreError.restore)")
    }
}

extension StoreError {
    static let restore = "stop the program, keep a copy of the file and restore a backup"

    fileprivate init(_ error: DatabaseError, path: String) {
        let detail = "SQLite \(error.extendedResultCode.rawValue)" + (error.message.map { ": \($0)" } ?? "")
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT:
            self.init(.damaged, "the database \(path) cannot be read (\(detail)); \(Self.restore)")
        case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG:
            self.init(.damaged, "what was to be stored in \(path) breaks a rule of its schema (\(detail)); nothing was stored")
        case .SQLITE_FULL:
            self.init(.unavailable, "the disk of the database \(path) is full (\(detail)); make room")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.unavailable, "another process keeps the database \(path) locked (\(detail)); try again, or end that process")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.unavailable, "the database \(path) cannot be opened for writing (\(detail)); check its owner and rights")
        default:
            self.init(.unavailable, "the database \(path) cannot be used now (\(detail))")
        }
    }
}
