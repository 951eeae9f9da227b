import Foundation
import GRDB
import Referral
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct OpeningTests {
    let harness: SQLiteHarness

    init() throws { harness = try SQLiteHarness() }

    @Test func aNewDatabaseIsReadableByItsOwnerOnly() async throws {
        let store = try harness.open()
        try await store.append(Sample.offered(1))
        for suffix in ["", "-wal", "-shm"] { #expect(try harness.mode(suffix) == 0o600) }
        try await store.close()
    }

    @Test(arguments: [0o644, 0o640, 0o602]) func aDatabaseThatOthersHaveAccessToIsRefused(mode: Int) async throws {
        try await harness.open().close()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: harness.path)
        let error = #expect(throws: StoreError.self) { try harness.open() }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("chmod 600 \(harness.path)") == true)
        #expect(try harness.mode() == mode)
    }

    /// What is left of a database that was copied without the files beside it is its first page.
    @Test(arguments: ["", "PRAGMA journal_mode = WAL"]) func whereADatabaseHasToBeNothingDoesNotBecomeOne(sql: String) async throws {
        for isThere in [false, true] {
            if isThere { try harness.withTool { try $0.execute(sql: sql) } }
            if isThere { try harness.closeToOthers() }
            let before = try? Data(contentsOf: URL(fileURLWithPath: harness.path))
            #expect((before != nil) == isThere)
            let error = #expect(throws: StoreError.self) { try SQLiteStore(path: harness.path, mayMake: false) }
            #expect(error?.code == .missing)
            #expect(error?.message.contains(harness.path) == true)
            let after = try? Data(contentsOf: URL(fileURLWithPath: harness.path))
            #expect(after == before)
        }
        try await harness.open().close()
        try await SQLiteStore(path: harness.path, mayMake: false).close()
    }

    @Test func aDatabaseKnowsTheKeyThatItWasMadeWith() async throws {
        let (mark, other) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        // One of before keys were known takes the first.
        let queue = try DatabaseQueue(path: harness.path)
        try Schema.migrator.migrate(queue, upTo: "9")
        try queue.close()
        try harness.closeToOthers()
        for _ in 0..<2 {
            let store = try harness.open()
            try store.confirm(keyMark: mark)
            let error = #expect(throws: StoreError.self) { try store.confirm(keyMark: other) }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("bring back the key of the same backup") == true)
            try await store.close()
        }
    }

    @Test func aSummaryTellsTheLatestTimeAlsoWhenTheClockWasPutRight() async throws {
        let store = try harness.open()
        let empty = try store.summary()
        #expect(empty.logEntries == 0 && empty.newestEntry == nil && empty.schemaVersion == Schema.migrator.migrations.last)
        var step = try Sample.offered(1)
        step.at = Sample.noon + .seconds(86_400)
        try await store.append(step)
        try await store.append(Sample.offered(2))
        let summary = try store.summary()
        #expect(summary.logEntries == 2 && summary.newestEntry == step.at)
        try await store.close()
    }

    @Test func commitsWaitForTheDisk() async throws {
        let store = try harness.open()
        let settings = try await store.withConnection { database in
            try ["synchronous", "foreign_keys", "secure_delete", "journal_mode"].map {
                try String.fetchOne(database, sql: "SELECT CAST(\($0) AS TEXT) FROM pragma_\($0)")
            }
        }
        #expect(settings == ["2", "1", "1", "wal"])
        try await store.close()
    }

    @Test func aMissingFolderIsNamed() throws {
        let path = harness.folder.appending(path: "missing/lots.sqlite").path
        let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains(harness.folder.appending(path: "missing").path) == true)
        #expect(!FileManager.default.fileExists(atPath: harness.folder.appending(path: "missing").path))
    }

    @Test func aFolderInsteadOfAFileIsAnError() throws {
        try FileManager.default.createDirectory(atPath: harness.path, withIntermediateDirectories: false)
        #expect(throws: StoreError.self) { try harness.open() }
    }

    @Test func aNewerSchemaIsRefusedAndLeftAlone() async throws {
        let store = try harness.open()
        try await store.append(Sample.offered(1))
        try await store.close()
        try harness.withTool { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('98'), ('100'), ('99')") }
        let before = try Data(contentsOf: URL(fileURLWithPath: harness.path))

        let error = #expect(throws: StoreError.self) { try harness.open() }
        #expect(error?.code == .newerSchema)
        #expect(error?.message.contains("schema version 100") == true)
        #expect(error?.message.contains("up to \(Schema.migrator.migrations.last ?? "");") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: harness.path)) == before)

        try harness.withTool { try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier IN ('98', '99', '100')") }
        let again = try harness.open()
        #expect(try await again.log().count == 1)
        try await again.close()
    }

    @Test(arguments: ["CREATE TABLE bookmark (url TEXT)", "PRAGMA application_id = 252006675"])
    func anotherProgramsDatabaseIsRefusedAndLeftAlone(sql: String) throws {
        try harness.withTool { try $0.execute(sql: sql) }
        try harness.closeToOthers()
        let before = try Data(contentsOf: URL(fileURLWithPath: harness.path))
        let error = #expect(throws: StoreError.self) { try harness.open() }
        #expect(error?.code == .damaged)
        #expect(try Data(contentsOf: URL(fileURLWithPath: harness.path)) == before)
    }

    @Test func aFileThatIsNoDatabaseIsRefusedAndLeftAlone() throws {
        let text = Data(repeating: 0x61, count: 5_000)
        try text.write(to: URL(fileURLWithPath: harness.path))
        try harness.closeToOthers()
        let error = #expect(throws: StoreError.self) { try harness.open() }
        #expect(error?.code == .corrupt)
        #expect(try Data(contentsOf: URL(fileURLWithPath: harness.path)) == text)
    }

    @Test func aClosedStoreSaysSo() async throws {
        let store = try harness.open()
        try await store.append(Sample.offered(1))
        try await store.close()
        try await store.close()
        #expect(await storeError { try await store.append(Sample.offered(2)) }?.code == .unavailable)
        #expect(await storeError { _ = try await store.log() }?.code == .unavailable)
        // Everything is in the one file now.
        try? FileManager.default.removeItem(atPath: harness.path + "-wal")
        let again = try harness.open()
        #expect(try await again.log().count == 1)
        try await again.close()
    }

    @Test func callsThatMeetTheEndAreDoneOrRefused() async throws {
        let store = try harness.open()
        let outcomes = try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
            for number in 0..<60 {
                group.addTask {
                    do {
                        try await store.append(Sample.offered(number))
                        _ = try await store.log()
                        return (number, true)
                    } catch let error as StoreError {
                        #expect(error.code == .unavailable)
                        return (number, false)
                    }
                }
                if number == 30 {
                    group.addTask {
                        try await store.close(); return (-1, false)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let again = try harness.open()
        let kept = Set(try await again.log().map(\.referral))
        for (number, isDone) in outcomes where isDone { #expect(kept.contains(Sample.id(number))) }
        try await again.close()
    }
}
