import GRDB
import Referral
import StoreContract
import Testing

@testable import SQLiteStore

/// Databases that an earlier version of the program has written.
@Suite struct MigrationTests {
    let harness: SQLiteHarness

    init() throws { harness = try SQLiteHarness() }

    @Test func theFirstSchemaIsBroughtUpToDateWithAllThatItHolds() async throws {
        var lives = LifeCycles(seed: 5)
        for _ in 0..<120 { _ = try lives.next() }
        // A database of version 1 takes what version 1 could write.
        let queue = try DatabaseQueue(path: harness.path)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try Schema.migrator.migrate(queue, upTo: "1")
        // What is written now needs them; the tables go with the connection, the columns when the table is made anew.
        try await queue.writeWithoutTransaction {
            try $0.execute(
                sql: """
                    CREATE TEMP TABLE deadline (referral TEXT PRIMARY KEY, due INTEGER);
                    CREATE TEMP TABLE log_reader (reader TEXT, sequence INTEGER);
                    CREATE TEMP TABLE open_case (assignment TEXT PRIMARY KEY, owner TEXT, asked TEXT, protected, overdue, available_at);
                    CREATE TEMP TABLE inflow (
                        day TEXT, organisation TEXT, unit TEXT, recipient TEXT, count INTEGER,
                        PRIMARY KEY (day, organisation, unit, recipient));
                    ALTER TABLE assignment ADD COLUMN for_readers INTEGER;
                    ALTER TABLE assignment ADD COLUMN conflict_mark TEXT;
                    ALTER TABLE assignment ADD COLUMN side TEXT;
                    """)
        }
        let old: Set<String> = ["review", "offered", "leased", "received", "accepted"]
        let states = lives.states.filter { state in
            if case .closed = state.phase { return false }
            return lives.steps.allSatisfy { $0.state.id != state.id || $0.state.assignments.allSatisfy { old.contains($0.phase.name) } }
        }
        #expect(states.count > 10)
        let kept = Set(states.map(\.id))
        let whole = lives.steps.filter { kept.contains($0.state.id) }
        for step in whole {
            try await queue.writeWithoutTransaction { [path = harness.path] database in
                try SQLiteTransaction.commit({ try $0.append(step) }, to: database, at: path)
            }
        }
        try queue.close()
        try harness.closeToOthers()

        let store = try harness.open()
        for id in Set(whole.map(\.state.id)) {
            let expected = try #require(states.first { $0.id == id })
            #expect(try await store.read { try $0.referral(id) } == expected)
            for assignment in expected.assignments {
                #expect(try await store.read { try $0.referral(of: assignment.id) } == id)
            }
        }
        let log = try await store.log()
        #expect(log.count == whole.count)
        // Everybody is told what concerned them.
        let readers = Set(whole.flatMap(\.readers))
        #expect(readers.count > 3)
        for reader in readers {
            let concerning = zip(log, whole).filter { $1.readers.contains(reader) }.map { LogPlace($0.0.sequence, of: $0.0.referral) }
            #expect(try await store.read { try $0.news(for: reader, after: 0, limit: .max) } == concerning)
        }
        // The clock looks at everything that may wait for something.
        let due = try await store.read { try $0.due(at: Instant(milliseconds: .max), limit: .max) }
        let open = states.filter { if case .refused = $0.phase { false } else { true } }
        #expect(open.count < states.count && open.contains { $0.phase.name == "awaiting consent" })
        #expect(Set(due) == Set(open.map { DueReferral($0.id, due: $0.receivedAt) }))
        // Everything that has not ended is listed.
        for owner in Sample.recipients + [Sample.coordinator] {
            let listed = try await store.read { try $0.cases(of: owner, in: .open, after: nil, limit: .max) }
            #expect(Set(listed.map(\.assignment)) == Set(states.flatMap(\.assignments).filter { $0.owner == owner }.map(\.id)))
        }
        // What had come is counted.
        let submissions = whole.filter { if case .submitted? = $0.events.first { true } else { false } }
        let days = Set(submissions.map { CivilDate(inStockholmAt: $0.at) })
        let inflow = try await store.read { reader in try days.map { try reader.inflow(on: $0) } }
        #expect(inflow.flatMap { $0.filter { $0.key.recipient == nil }.values }.reduce(0, +) == kept.count)
        #expect(try await store.read { try $0.nextInflowDay() } == days.min())
        try await store.append(Sample.offered(1_000))
        try await store.close()
        #expect(try harness.withTool { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check") }.isEmpty)
        // Rows still point at the tables that were made anew, and the log is still protected.
        for sql in ["DELETE FROM log", "INSERT INTO log (referral, at, events) VALUES ('x', 0, '[]')"] {
            #expect(throws: DatabaseError.self) { try harness.withTool { try $0.execute(sql: sql) } }
        }
    }
}
