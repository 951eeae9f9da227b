import Foundation
import GRDB
import Referral
import SeededRandom
import StoreContract
import Testing

@testable import SQLiteStore

/// What a crash, a full disk or a foreign hand does to the file.
@Suite struct DamageTests {
    let harness: SQLiteHarness

    init() throws { harness = try SQLiteHarness() }

    @Test func aCopyTakenWithinATransactionHoldsWhatWasCommitted() async throws {
        let store = try harness.open()
        var lives = LifeCycles(seed: 11)
        for _ in 0..<40 { try await store.append(lives.next()) }
        let (committed, under, copy) = (lives.steps, try lives.next(), try SQLiteHarness())
        try await store.write { [harness] transaction in
            try transaction.append(under)
            for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: harness.path + suffix, toPath: copy.path + suffix) }
        }
        let reopened = try copy.open()
        #expect(try await reopened.log().map(\.events) == committed.map(\.events))
        try await reopened.append(under)
        try await reopened.close()
        try await store.close()
    }

    /// After a crash the end of the write-ahead log may be missing: whole transactions are, never parts of one.
    @Test func aCutWriteAheadLogHoldsWholeTransactions() async throws {
        let store = try harness.open()
        for number in 0..<12 {
            let pair = try [Sample.offered(2 * number, content: [1]), Sample.offered(2 * number + 1)]
            try await store.write { transaction in for step in pair { try transaction.append(step) } }
        }
        let wal = try Data(contentsOf: URL(fileURLWithPath: harness.path + "-wal"))
        var counts: [Int] = []
        for length in stride(from: wal.count / 2, through: wal.count, by: 3_001) + [wal.count] {
            let copy = try SQLiteHarness()
            try FileManager.default.copyItem(atPath: harness.path, toPath: copy.path)
            try wal.prefix(length).write(to: URL(fileURLWithPath: copy.path + "-wal"))
            let reopened = try copy.open()
            let log = try await reopened.log()
            counts.append(log.count)
            #expect(log.count.isMultiple(of: 2))
            try await reopened.read { reader throws in
                for entry in log {
                    let state = try #require(try reader.referral(entry.referral))
                    #expect(try reader.referral(of: state.assignments[0].id) == state.id)
                }
                #expect(try reader.available(to: Sample.recipients[0], limit: .max).count == log.count)
            }
            try await reopened.close()
        }
        #expect(counts == counts.sorted())
        #expect(counts.last == 24)
        #expect(Set(counts).count > 3)
        try await store.close()
    }

    @Test(arguments: ["{", "[]x", "[{\"unheard\":{}}]", "", "[{\"received\":{\"_0\":\"hemligt\"}}]"])
    func anUnreadableLogEntryIsNamedByItsSequence(text: String) async throws {
        try await damage("UPDATE log SET events = ? WHERE sequence = 2", [text])
        let store = try harness.open()
        for error in [
            await storeError { _ = try await store.read { try $0.log(after: 1, limit: 1) } },
            await storeError { _ = try await store.read { try $0.referral(Sample.id(2)) } },
            await storeError { _ = try await store.write { try $0.log(of: Sample.id(2)) } },
        ] {
            #expect(error?.code == .damaged)
            #expect(error?.message.contains("log entry 2 ") == true)
            #expect(error?.message.contains("hemligt") == false)
        }
        // The others are still served.
        #expect(try await store.read { try $0.referral(Sample.id(1)) } != nil)
        try await store.close()
    }

    @Test(arguments: [
        "UPDATE log SET events = (SELECT events FROM log WHERE sequence = 3) WHERE sequence = 2",
        "UPDATE log SET events = (SELECT events FROM log WHERE sequence = 1) WHERE sequence = 2",
    ])
    func aLogThatDoesNotFollowIsDamaged(sql: String) async throws {
        try await damage(sql)
        let store = try harness.open()
        let error = await storeError { _ = try await store.read { try $0.referral(Sample.id(2)) } }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("log entry 2 ") == true)
        try await store.close()
    }

    /// Entries 1 and 2 submit referrals 1 and 2, entry 3 leases the first.
    private func damage(_ sql: String, _ arguments: StatementArguments = []) async throws {
        let store = try harness.open()
        let first = try Sample.offered(1)
        try await store.append(first)
        try await store.append(Sample.offered(2))
        try await store.append(Sample.leased(first.state, until: Sample.noon))
        try await store.close()
        try harness.withTool { database in
            try database.execute(sql: "DROP TRIGGER log_is_not_changed")
            try database.execute(sql: sql, arguments: arguments)
        }
    }

    @Test func anOverwrittenFileIsDamagedAndDoesNotCrash() async throws {
        let store = try harness.open()
        for number in 0..<50 { try await store.append(Sample.offered(number, content: [UInt8](repeating: 7, count: 500))) }
        try await store.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: harness.path))
        var random = SplitMix64(seed: 5)
        for page in 1..<whole.count / 4_096 {
            var file = whole
            for byte in page * 4_096..<(page + 1) * 4_096 { file[byte] = UInt8.random(in: 0...255, using: &random) }
            let copy = try SQLiteHarness()
            try file.write(to: URL(fileURLWithPath: copy.path))
            try copy.closeToOthers()
            do {
                let store = try copy.open()
                do {
                    _ = try await store.log()
                    for number in 0..<50 {
                        _ = try await store.read { try ($0.referral(Sample.id(number)), $0.content(of: Sample.id(number))) }
                    }
                } catch let error as StoreError {
                    #expect(error.code == .damaged || error.code == .corrupt)
                }
                try? await store.close()
            } catch let error as StoreError {
                #expect(error.code == .damaged || error.code == .corrupt)
            }
        }
    }

    /// Where the damage is not, SQLite would go on writing.
    @Test func aDamagedDatabaseTakesNothingMore() async throws {
        try await harness.withStore { try await $0.append(Sample.offered(1, content: [1, 2])) }
        try harness.overwrite("content")
        let store = try harness.open()
        try await store.append(Sample.offered(2))
        let found = await storeError { _ = try await store.read { try $0.content(of: Sample.id(1)) } }
        #expect(found?.code == .corrupt)
        #expect(found?.message.contains(harness.path) == true && found?.message.contains("restore a backup") == true)
        let refused = await storeError { try await store.append(Sample.offered(3)) }
        #expect(refused?.code == .corrupt && refused?.message == found?.message)
        // What can be read is read.
        #expect(try await store.log().count == 2)
        #expect(await storeError { try await store.close() }?.message == found?.message)
        try await store.close()
    }

    enum Loss: CaseIterable {
        case removed, renamed, replaced
    }

    /// What would be written into a file without a name is lost.
    @Test(arguments: Loss.allCases) func aDatabaseThatLosesItsNameTakesNothingMore(_ loss: Loss) async throws {
        let other = try SQLiteHarness()
        try await other.withStore { try await $0.append(Sample.offered(7)) }
        // Both are without a write-ahead log, which would hide which of them is read.
        try await harness.withStore { try await $0.append(Sample.offered(1)) }
        let store = try harness.open()
        let gate = DispatchSemaphore(value: 0)
        let (held, hold) = AsyncStream<Void>.makeStream()
        async let reading: Void = store.read { _ in
            hold.yield()
            _ = gate.wait(timeout: .now() + 60)
        }
        for await _ in held { break }
        let (files, aside) = (FileManager.default, harness.path + ".aside")
        if loss == .removed { try files.removeItem(atPath: harness.path) } else { try files.moveItem(atPath: harness.path, toPath: aside) }
        if loss == .replaced { try files.copyItem(atPath: other.path, toPath: harness.path) }

        let error = await storeError { try await store.append(Sample.offered(2)) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("\(harness.path) was removed or replaced") == true, "\(String(describing: error))")
        // The reader that is open is taken: no other is opened on another file.
        if let log = try? await store.log() { #expect(log.map(\.referral) == [Sample.id(1)]) }
        gate.signal()
        try await reading
        #expect(await storeError { try await store.write { _ in } }?.message == error?.message)

        if loss == .replaced { try files.removeItem(atPath: harness.path) }
        if loss != .removed { try files.moveItem(atPath: aside, toPath: harness.path) }
        #expect(await storeError { try await store.append(Sample.offered(3)) }?.message == error?.message)
        #expect(await storeError { try await store.close() }?.message == error?.message)
        guard loss != .removed else { return }
        let kept = try await harness.withStore { try await $0.log() }
        #expect(kept.map(\.referral) == [Sample.id(1)])
    }

    /// A commit without a change needs no room, and what stays as it is is not written.
    @Test func aProbeIsReallyWritten() async throws {
        let store = try harness.open()
        let pages = try await store.withConnection { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages + 1)")
            return pages
        }
        try await store.write { _ in }
        #expect(await storeError { try await store.write { try $0.writeProbe() } }?.code == .unavailable)
        try await store.withConnection { try $0.execute(sql: "PRAGMA max_page_count = \(pages + 4_000)") }
        let log = { [harness] in try FileManager.default.attributesOfItem(atPath: harness.path + "-wal")[.size] as? Int ?? 0 }
        for _ in 0..<3 {
            let before = try log()
            try await store.write { try $0.writeProbe() }
            #expect(try log() - before > 1 << 18)
        }
        try await store.close()
    }

    @Test func aFullDiskIsUnavailableAndNothingHappened() async throws {
        let store = try harness.open()
        try await store.append(Sample.offered(1))
        let steps = try (2..<200).map { try Sample.offered($0, content: [UInt8](repeating: 7, count: 2_000)) }
        let pages = try await store.withConnection { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages + 4)")
            return pages
        }
        let error = await storeError {
            try await store.write { transaction in for step in steps { try? transaction.append(step) } }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("full") == true)
        #expect(try await store.log().count == 1)

        try await store.withConnection { try $0.execute(sql: "PRAGMA max_page_count = \(pages + 4_000)") }
        try await store.write { transaction in for step in steps { try transaction.append(step) } }
        #expect(try await store.log().count == 199)
        try await store.close()
    }

    @Test func aLockedDatabaseIsUnavailable() async throws {
        let store = try harness.open()
        try await store.withConnection { try $0.execute(sql: "PRAGMA busy_timeout = 10") }
        let tool = try DatabaseQueue(path: harness.path)
        try await tool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA locking_mode = NORMAL") }
        let gate = DispatchSemaphore(value: 0)
        let (held, hold) = AsyncStream<Void>.makeStream()
        tool.asyncWriteWithoutTransaction { database in
            try? database.inTransaction(.immediate) {
                hold.yield()
                _ = gate.wait(timeout: .now() + 60)
                return .rollback
            }
        }
        for await _ in held { break }
        let error = await storeError { try await store.append(Sample.offered(1)) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("locked") == true)
        gate.signal()
        try await tool.writeWithoutTransaction { _ in }
        try await store.append(Sample.offered(1))
        try tool.close()
        try await store.close()
    }
}
