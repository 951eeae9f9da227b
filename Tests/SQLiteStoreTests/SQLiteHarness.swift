import Foundation
import GRDB
import Referral
import StoreContract
import Testing

@testable import SQLiteStore

/// A database in a folder of its own, which goes with it.
final class SQLiteHarness: StoreHarness {
    let folder: URL
    var path: String { folder.appending(path: "lots.sqlite").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "SQLiteStoreTests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func open() throws -> SQLiteStore { try SQLiteStore(path: path) }

    func close(_ store: SQLiteStore) async throws { try await store.close() }

    /// Opens the store while `body` runs.
    func withStore<Answer>(_ body: (SQLiteStore) async throws -> Answer) async throws -> Answer {
        let store = try open()
        let answer = try await body(store)
        try await store.close()
        return answer
    }

    /// Runs `body` on a connection of its own, as an operator with a tool would.
    func withTool<Answer>(_ body: (Database) throws -> Answer) throws -> Answer {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction(body)
    }

    /// Overwrites the first page of a table, as a disk does that is broken there. Nobody may have the database open.
    func overwrite(_ table: String) throws {
        let page = try withTool { database in
            try #require(try Int.fetchOne(database, sql: "SELECT rootpage FROM sqlite_schema WHERE name = ?", arguments: [table]))
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(page - 1) * 4_096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
        try file.close()
    }

    /// As a database of this program is, and one that another program has made is not.
    func closeToOthers() throws { try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path) }

    func mode(_ suffix: String = "") throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
    }
}

extension SQLiteStore {
    /// Gives a body the connection itself.
    func withConnection<Answer: Sendable>(_ body: @escaping @Sendable (Database) throws -> Answer) async throws -> Answer {
        try await write { try body(#require(($0 as? SQLiteTransaction)?.database)) }
    }

    func log() async throws -> [LogEntry] { try await read { try $0.log(after: 0, limit: .max) } }
}

func storeError(_ body: () async throws -> Void) async -> StoreError? {
    await #expect(throws: StoreError.self) { try await body() }
}

@Test(.timeLimit(.minutes(2)), arguments: StoreContract.rules)
func keepsTheContract(rule: StoreContract.Rule) async throws {
    try await rule.check(SQLiteHarness())
}
