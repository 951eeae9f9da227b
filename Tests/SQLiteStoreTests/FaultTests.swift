import GRDB
import Referral
import Testing

@testable import SQLiteStore

@Suite struct FaultTests {
    @Test(arguments: [ResultCode.SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_WRITE, .SQLITE_CANTOPEN])
    func aFullDiskIsCalledSo(code: ResultCode) {
        let error = DatabaseError(resultCode: code, message: "disk I/O error")
        let full = StoreError(error, path: "/data/lots.sqlite") { $0 == "/data/lots.sqlite" }
        #expect(full.code == .unavailable)
        #expect(full.message == "the disk of the database /data/lots.sqlite is full (SQLite \(code.rawValue): disk I/O error); make room")
        let other = StoreError(error, path: "/data/lots.sqlite") { _ in false }
        #expect(other.code == .unavailable)
        #expect(!other.message.contains("full") && other.message.contains("SQLite \(code.rawValue)"))
    }

    /// What is wrong with the database is not what is wrong with one thing in it.
    @Test(arguments: [
        (ResultCode.SQLITE_CORRUPT, StoreError.Code.corrupt), (.SQLITE_CORRUPT_VTAB, .corrupt), (.SQLITE_NOTADB, .corrupt),
        (.SQLITE_CONSTRAINT_CHECK, .damaged), (.SQLITE_BUSY, .unavailable),
    ])
    func damageIsToldFromAContradiction(code: ResultCode, expected: StoreError.Code) {
        #expect(StoreError(DatabaseError(resultCode: code), path: "/lots.sqlite") { _ in true }.code == expected)
    }
}
