import Foundation
import GRDB
import Referral
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct DatabaseCopyTests {
    let harness: SQLiteHarness
    let backup: SQLiteHarness
    private let mark = [UInt8](repeating: 1, count: 32)

    init() throws { (harness, backup) = (try SQLiteHarness(), try SQLiteHarness()) }

    private func copy(mayWriteSource: Bool = true, keyMark: [UInt8]? = nil) throws -> DatabaseCopy {
        try DatabaseCopy(of: harness.path, mayWriteSource: mayWriteSource, at: backup.path, keyMark: keyMark ?? mark)
    }

    private func refusal(_ body: () throws -> DatabaseCopy) -> StoreError.Code? {
        #expect(throws: StoreError.self) { try body() }?.code
    }

    private func expectNothing(in folder: URL) throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    /// Everything is still in the write-ahead log, where a copied file has nothing of it; and more comes all the time.
    @Test func aCopyHoldsWhatWasCommittedWhileOthersWrite() async throws {
        let store = try harness.open()
        try store.confirm(keyMark: mark)
        for number in 0..<20 { try await store.append(Sample.offered(number, content: [UInt8](repeating: 7, count: 9_000))) }
        let (harness, backup, mark) = (harness, backup, mark)
        let copying = Task {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue(label: "copy").async {
                    continuation.resume(
                        with: Result { try DatabaseCopy(of: harness.path, mayWriteSource: true, at: backup.path, keyMark: mark) })
                }
            }
        }
        for number in 20..<120 { try await store.append(Sample.offered(number)) }
        let copy = try await copying.value
        #expect((20...120).contains(copy.referrals))
        #expect(Int64(copy.referrals) == copy.summary.logEntries && copy.summary.newestEntry == Sample.noon)
        #expect(try backup.mode() == 0o600)
        // All of it is in the one file.
        #expect(try FileManager.default.contentsOfDirectory(atPath: backup.folder.path) == ["lots.sqlite"])
        let copied = try backup.open()
        let log = try await copied.log()
        #expect(log.count == copy.referrals)
        #expect(try await store.log().prefix(log.count).map(\.events) == log.map(\.events))
        #expect(try await copied.read { try $0.content(of: Sample.id(3)) }?.count == 9_000)
        try await copied.close()
        try await store.close()
    }

    @Test func aBackupOnAMediumThatCannotBeWrittenIsRead() async throws {
        let store = try harness.open()
        try await store.append(Sample.offered(1))
        try await store.close()
        _ = try copy()
        let again = try SQLiteHarness()
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: backup.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: backup.folder.path)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: backup.folder.path) }
        let restored = try DatabaseCopy(of: backup.path, mayWriteSource: false, at: again.path, keyMark: mark)
        #expect(restored.referrals == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: backup.folder.path) == ["lots.sqlite"])
    }

    @Test func aDatabaseOfAnEarlierVersionIsCopiedAsItIs() throws {
        let queue = try DatabaseQueue(path: harness.path)
        try Schema.migrator.migrate(queue, upTo: "1")
        try queue.close()
        #expect(try copy().summary.schemaVersion == "1")
        #expect(try copy(mayWriteSource: false).summary.schemaVersion == "1")
    }

    @Test func whatIsDamagedLeavesNoCopy() async throws {
        let store = try harness.open()
        for number in 0..<50 { try await store.append(Sample.offered(number, content: [UInt8](repeating: 7, count: 500))) }
        try await store.close()
        var file = try Data(contentsOf: URL(fileURLWithPath: harness.path))
        // A page of an index: nothing that a start reads.
        let pages = try harness.withTool { database in
            try Int.fetchAll(database, sql: "SELECT rootpage FROM sqlite_schema WHERE name IN ('log_referral', 'deadline_due')")
        }
        #expect(pages.count == 2)
        for page in pages { file.replaceSubrange((page - 1) * 4_096 + 200..<page * 4_096, with: repeatElement(0x55, count: 3_896)) }
        try file.write(to: URL(fileURLWithPath: harness.path))
        let error = #expect(throws: StoreError.self) { try copy() }
        #expect(error?.code == .corrupt)
        try expectNothing(in: backup.folder)
    }

    @Test func anotherKeyAnotherProgramAndNothingLeaveNoCopy() async throws {
        #expect(refusal { try copy() } == .missing)
        #expect(FileManager.default.createFile(atPath: harness.path, contents: nil))
        #expect(refusal { try copy() } == .missing)
        try FileManager.default.removeItem(atPath: harness.path)

        let store = try harness.open()
        try store.confirm(keyMark: mark)
        try await store.close()
        for mayWrite in [true, false] {
            let error = #expect(throws: StoreError.self) {
                try copy(mayWriteSource: mayWrite, keyMark: [UInt8](repeating: 2, count: 32))
            }
            #expect(error?.code == .refused)
        }
        try harness.withTool { try $0.execute(sql: "PRAGMA application_id = 252006675") }
        for mayWrite in [true, false] {
            #expect(refusal { try copy(mayWriteSource: mayWrite) } == .damaged)
        }
        try expectNothing(in: backup.folder)
    }
}
