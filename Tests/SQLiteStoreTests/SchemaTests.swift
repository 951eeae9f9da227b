import Foundation
import GRDB
import Referral
import StoreContract
import Synchronization
import Testing

@testable import SQLiteStore

@Suite struct SchemaTests {
    let harness: SQLiteHarness

    init() throws { harness = try SQLiteHarness() }

    @Test(arguments: [
        "UPDATE log SET events = '[]'", "UPDATE log SET at = at + 1 WHERE sequence = 1", "DELETE FROM log",
        "INSERT OR REPLACE INTO log SELECT sequence, referral, 0, NULL, NULL, '[]' FROM log",
        "INSERT INTO log SELECT sequence, referral, 0, NULL, NULL, '[]' FROM log WHERE true ON CONFLICT DO UPDATE SET at = 0",
    ])
    func theLogIsNeverChanged(sql: String) async throws {
        let store = try harness.open()
        try await store.append(Sample.offered(1))
        let before = try await store.log()
        #expect(throws: DatabaseError.self) { try harness.withTool { try $0.execute(sql: sql) } }
        #expect(try await store.log() == before)
        try await store.close()
    }

    @Test(arguments: [
        "UPDATE publication SET texts = '[]'", "UPDATE publication SET valid_until = '2026-01-01' WHERE number = 1",
        "DELETE FROM publication", "INSERT OR REPLACE INTO publication SELECT * FROM publication",
        """
        INSERT OR REPLACE INTO publication (kind, number, at, name, texts, digest, signed_off_by, accepted)
        VALUES ('rule set', 2, 0, 'x', '[]', '', 'x', '[]')
        """,
        """
        INSERT INTO publication (kind, number, at, name, texts, digest, signed_off_by, accepted)
        VALUES ('rule set', 1, 0, 'x', '[]', '', 'x', '[]')
        """,
        "INSERT INTO publication (kind, number, at, name, texts, digest, accepted) VALUES ('rule set', 3, 0, 'x', '[]', '', '[]')",
        "INSERT INTO publication (kind, number, at) VALUES ('rule set rollback', 2, 0)",
        "INSERT INTO publication (kind, number, at, reason) VALUES ('directory rollback', 2, 0, 'x')",
        "INSERT INTO publication (kind, number, at, actor_unit, reason) VALUES ('rule set rollback', 2, 0, 'u', 'x')",
    ])
    func publicationsAreOnlyAdded(sql: String) async throws {
        let store = try harness.open()
        try await store.write { transaction in
            try transaction.append(Sample.published(2), at: Sample.noon, by: nil)
            try transaction.append(Sample.published(1, kind: .directory), at: Sample.noon, by: Sample.police)
        }
        let before = try await store.read { try $0.publications(after: 0, limit: 9) }
        let error = #expect(throws: DatabaseError.self) { try harness.withTool { try $0.execute(sql: sql) } }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
        #expect(try await store.read { try $0.publications(after: 0, limit: 9) } == before)
        try await store.close()
    }

    @Test(arguments: [
        "UPDATE assignment SET owner = ''", "UPDATE assignment SET owner = NULL", "UPDATE assignment SET phase = 'lost'",
        "UPDATE assignment SET phase = 'leased'", "UPDATE assignment SET lease_until = 1", "UPDATE assignment SET referral = 'x'",
        "UPDATE assignment SET phase = 'leased', lease_organisation = 'other', lease_unit = 'u', lease_until = 1",
        "UPDATE assignment SET phase = 'leased', lease_organisation = owner, lease_unit = 'u'",
        "INSERT INTO assignment (\(columns)) SELECT 'x', referral, service, owner, phase, available_at, since, NULL, NULL, NULL FROM assignment",
        "UPDATE assignment SET since = 'yesterday'", "UPDATE referral SET phase = 'lost'", "UPDATE referral SET version = 0",
        "UPDATE referral SET received_at = 1.5", "DELETE FROM referral",
        "INSERT INTO referral SELECT 'x', sender_organisation, sender_unit, message_id, 0, 'routed', 1 FROM referral",
        "INSERT INTO content VALUES ('x', x'01')", "INSERT INTO content SELECT id, 'text' FROM referral",
        "INSERT INTO open_case VALUES ('x', 'o', NULL, 0, 0, 0)", "UPDATE open_case SET overdue = 2",
        "UPDATE open_case SET owner = NULL", "INSERT INTO deadline VALUES ('x', 0)", "INSERT INTO deadline SELECT id, 'soon' FROM referral",
        "INSERT INTO log (referral, at, events) VALUES ('x', 0, '[]')",
        "INSERT INTO log (referral, at, actor_unit, events) SELECT id, 0, 'u', '[]' FROM referral",
    ])
    func theTablesRefuseWhatCannotBe(sql: String) async throws {
        let store = try harness.open()
        try await store.append(Sample.offered(1))
        let error = #expect(throws: DatabaseError.self) { try harness.withTool { try $0.execute(sql: sql) } }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
        try await store.close()
    }

    @Test(arguments: [
        "UPDATE source_notice SET reason = 'x'", "DELETE FROM source_notice",
        "INSERT OR REPLACE INTO source_notice SELECT * FROM source_notice",
        """
        INSERT OR REPLACE INTO source_notice
        SELECT 9, organisation, unit, recipient, command, kind, reason, first_day, until_day, actor_organisation, actor_unit, 0
        FROM source_notice
        """,
        "INSERT INTO source_notice VALUES (9, 'o', 'u', '', 'c', 'lost', 'x', NULL, NULL, 'o', 'u', 0)",
        "INSERT INTO source_notice VALUES (9, 'o', 'u', '', 'c', 'paused', 'x', NULL, NULL, 'o', 'u', 0)",
        "INSERT INTO source_notice VALUES (9, 'o', 'u', '', 'c', 'ended', 'x', NULL, '2026-03-02', 'o', 'u', 0)",
        "INSERT INTO source_notice VALUES (9, 'o', 'u', '', 'c', 'paused', 'x', '2026-03-02', '2026-03-02', 'o', 'u', 0)",
    ])
    func noticesAreOnlyAdded(sql: String) async throws {
        let store = try harness.open()
        let notice = SourceNotice(id: CommandID("c"), source: InflowSource(Sample.police), kind: .ended, reason: .closed)
        try await store.write { _ = try $0.append(StoredNotice(notice, by: Sample.police, at: Sample.noon)) }
        let before = try await store.read { try $0.lastNotices() }
        let error = #expect(throws: DatabaseError.self) { try harness.withTool { try $0.execute(sql: sql) } }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
        #expect(try await store.read { try $0.lastNotices() } == before)
        try await store.close()
    }

    @Test func theTableTakesEveryPhase() async throws {
        let store = try harness.open()
        let offered = try Sample.offered(1)
        try await store.append(offered)
        let (id, stage) = (offered.state.assignments[0].id, Stage.accepted)
        let rests: [AssignmentState.Phase] = [
            .review(.noRule), .offered, .received, .onHold(Hold(reason: .trial, from: Sample.noon, until: Sample.day, stage: stage)),
            .handoverOffered(HandoverOffer(to: Sample.recipients[1], reason: .age, until: Sample.noon, stage: stage)),
        ]
        let endings: [Ending] = [
            .completed(.supported), .reported(.agreed), .unreachable, .declined, .withdrawn, .recalled, .enteredInError,
        ]
        let names = (rests + Stage.allCases.map { .working($0) } + endings.map { .ended($0) }).map(\.name)
        #expect(Set(names).count == 24)
        try await store.close()
        for name in names {
            let stored = try harness.withTool {
                try $0.execute(sql: "UPDATE assignment SET phase = ? WHERE id = ?", arguments: [name, id.rawValue])
                return try String.fetchOne($0, sql: "SELECT phase FROM assignment")
            }
            #expect(stored == name)
        }
    }

    @Test(arguments: [UInt64](20..<24)) func everyColumnIsTheFoldOfTheLog(seed: UInt64) async throws {
        let store = try harness.open()
        var lives = LifeCycles(seed: seed)
        for _ in 0..<40 {
            let batch = try (0..<8).map { _ in try lives.next() }
            try await store.write { transaction in for step in batch { try transaction.append(step) } }
        }
        let (referrals, assignments) = try await store.withConnection { database in
            (
                try Row.fetchAll(database, sql: "SELECT * FROM referral ORDER BY id").map { $0.map(\.1) },
                try Row.fetchAll(database, sql: "SELECT \(Self.columns), for_readers FROM assignment ORDER BY id").map { $0.map(\.1) }
            )
        }
        let states = lives.states.sorted { $0.id < $1.id }
        #expect(referrals == states.map(Self.row))
        let expected = states.flatMap { state in state.assignments.map { (state.id, $0) } }.sorted { $0.1.id < $1.1.id }
        #expect(assignments == expected.map(Self.row))
        #expect(Set(assignments.map { $0[4] }).count >= 7, "many phases occur")
        try await store.close()
    }

    private static let columns =
        "id, referral, service, owner, phase, available_at, since, lease_organisation, lease_unit, lease_until"

    private static func row(_ state: ReferralState) -> [DatabaseValue] {
        return [
            state.id.rawValue.databaseValue, state.sender.organisation.rawValue.databaseValue, state.sender.unit.rawValue.databaseValue,
            state.message.rawValue.databaseValue, state.receivedAt.milliseconds.databaseValue, state.phase.name.databaseValue,
            state.version.databaseValue,
        ]
    }

    private static func row(_ referral: ReferralID, _ assignment: AssignmentState) -> [DatabaseValue] {
        let lease: Lease? = if case .leased(let held) = assignment.phase { held } else { nil }
        return [
            assignment.id.rawValue.databaseValue, referral.rawValue.databaseValue, assignment.service.rawValue.databaseValue,
            assignment.owner.rawValue.databaseValue, assignment.phase.name.databaseValue, assignment.availableAt.milliseconds.databaseValue,
            assignment.since.milliseconds.databaseValue, lease?.holder.organisation.rawValue.databaseValue ?? .null,
            lease?.holder.unit.rawValue.databaseValue ?? .null, lease?.until.milliseconds.databaseValue ?? .null,
            false.databaseValue,
        ]
    }

    @Test func everyQuestionIsAnsweredByAnIndexInItsOrder() async throws {
        let store = try harness.open()
        try await store.append(Sample.offered(1))
        let plans = try await store.write { transaction in
            let database = try #require((transaction as? SQLiteTransaction)?.database)
            let statements = Mutex<[String]>([])
            database.trace { event in statements.withLock { $0.append(event.expandedDescription) } }
            _ = try transaction.log(of: Sample.id(1))
            _ = try transaction.referral(from: Sample.police, message: MessageID("m"))
            _ = try transaction.referral(of: Sample.assignment(1))
            _ = try transaction.log(after: 0, limit: 1)
            _ = try transaction.content(of: Sample.id(1))
            _ = try transaction.available(to: Sample.recipients[0], limit: 1)
            _ = try transaction.sides(of: ContentDigest(hexadecimal: "a0"), shownTo: Sample.police)
            for list in CaseList.allCases {
                _ = try transaction.cases(of: Sample.recipients[0], in: list, after: nil, limit: 1)
            }
            _ = try transaction.due(at: Sample.noon, limit: 1)
            _ = try transaction.publications(after: 0, limit: 1)
            _ = try transaction.lastNotice(about: InflowSource(Sample.police), by: Sample.police)
            database.trace()
            return try statements.withLock { $0 }.map { statement in
                let details = try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(statement)").map { $0["detail"] as String }
                return (statement, details)
            }
        }
        #expect(plans.count == 14)
        for (statement, details) in plans {
            // Neither a scan nor a sort.
            let searches = details.filter { !$0.hasPrefix("CORRELATED") }
            #expect(!searches.isEmpty && searches.allSatisfy { $0.hasPrefix("SEARCH") }, "\(statement): \(details)")
        }
        try await store.close()
    }

    @Test func whatIsRefusedIsDescribedWithoutItsValues() async throws {
        let store = try harness.open()
        let secret = Participant(organisation: OrganisationID("hemlig"), unit: UnitID("hemlig"))
        try await store.append(Sample.offered(1, from: secret, message: "hemlig"))
        let duplicate = await storeError { try await store.append(Sample.offered(2, from: secret, message: "hemlig")) }
        let ownerless = await storeError {
            try await store.append(
                Sample.offered(3, from: secret, message: "hemlig3", to: [OrganisationID("")], content: Array("hemlig".utf8)))
        }
        #expect(duplicate?.code == .duplicate)
        #expect(ownerless?.code == .damaged)
        for error in [duplicate, ownerless] { #expect(error?.message.contains("hemlig") == false) }
        try await store.close()
    }
}
