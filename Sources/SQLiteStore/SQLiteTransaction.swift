import Foundation
import GRDB
import Referral

/// A transaction on the writing connection.
///
/// An append that breaks off half-way leaves rows behind that only a rollback removes, so it fails the whole transaction, also when the
/// body goes on. A duplicate is found before anything is stored and fails nothing else.
final class SQLiteTransaction: DatabaseReading, ReferralTransaction {
    let database: Database
    let path: String
    private var failure: (any Error)?

    private init(database: Database, path: String) {
        self.database = database
        self.path = path
    }

    /// Runs `body` and commits, or throws and leaves the database as it was.
    static func commit<Answer>(
        _ body: (any ReferralTransaction) throws -> Answer, to database: Database, at path: String
    ) throws -> Answer {
        var answer: Answer?
        try database.inTransaction(.immediate) {
            let transaction = SQLiteTransaction(database: database, path: path)
            answer = try body(transaction)
            if let failure = transaction.failure { throw failure }
            return .commit
        }
        guard let answer else { throw StoreError(.unavailable, "the transaction has not been committed") }
        return answer
    }

    /// Lists everything that has not ended, as the log says. What cannot be read is listed nowhere.
    static func listOpenCases(_ database: Database) throws {
        let transaction = SQLiteTransaction(database: database, path: "")
        let routed = try String.fetchAll(database, sql: "SELECT id FROM referral WHERE phase IN ('routed', 'closed')")
        for id in routed {
            do {
                guard let state = try transaction.referral(ReferralID(id)) else { continue }
                for assignment in state.assignments { try transaction.list(assignment, of: state) }
            } catch let error as StoreError where error.code == .damaged {
                continue
            }
        }
    }

    func append(
        _ events: [ReferralEvent], at: Instant, by actor: Participant?, resulting state: ReferralState, content: [UInt8]?, due: Instant?,
        readers: [LogReader]
    ) throws {
        if let failure { throw failure }
        if events.isEmpty { return }
        do {
            try translatingFaults(at: path) {
                if state.version == events.count {
                    try insert(state, content: content)
                    try countInflow(events, at: at)
                } else {
                    try update(state, by: events.count)
                    if let content { try replace(content, of: state.id, by: events) }
                }
                let touched = Set(events.compactMap(\.assignment))
                for assignment in state.assignments where touched.contains(assignment.id) {
                    try put(assignment, of: state)
                    try list(assignment, of: state)
                }
                for event in events { try putShownSide(event, state) }
                try log(events, of: state.id, at: at, by: actor)
                try tell(readers, of: database.lastInsertedRowID)
                if events.contains(where: \.erasesContent) { try execute("DELETE FROM content WHERE referral = ?", [state.id.column]) }
                try put(due, of: state.id)
            }
        } catch let error as StoreError where error.code == .duplicate {
            throw error
        } catch {
            failure = error
            throw error
        }
    }

    func setDue(_ due: Instant?, of id: ReferralID) throws {
        if let failure { throw failure }
        try translatingFaults(at: path) { try put(due, of: id) }
    }

    func putFigures(_ rows: [FigureRow], through sequence: Int64) throws {
        try failing { try replaceFigures(rows, through: sequence) }
    }

    func clearFigures() throws {
        try failing { try removeFigures() }
    }

    /// 64 pages, so that a disk with room for one more is not taken for one with room. Random, since SQLite
    /// need not write what stays as it is.
    func writeProbe() throws {
        try failing { try execute("REPLACE INTO probe (id, bytes) VALUES (1, randomblob(262144))", []) }
    }

    /// What has begun and breaks off fails the transaction.
    private func failing(_ body: () throws -> Void) throws {
        if let failure { throw failure }
        do {
            try translatingFaults(at: path, body)
        } catch {
            failure = error
            throw error
        }
    }

    func append(_ change: Publication.Change, at: Instant, by actor: Participant?) throws {
        if let failure { throw failure }
        do {
            try translatingFaults(at: path) { try insert(change, at: at, by: actor) }
        } catch {
            failure = error
            throw error
        }
    }

    /// - Throws: also when an earlier append has failed.
    func changingInflow(_ sql: String, _ arguments: StatementArguments) throws {
        if let failure { throw failure }
        do {
            try translatingFaults(at: path) { try execute(sql, arguments) }
        } catch {
            failure = error
            throw error
        }
    }

    private func insert(_ state: ReferralState, content: [UInt8]?) throws {
        do {
            try execute(
                """
                INSERT INTO referral (id, sender_organisation, sender_unit, message_id, received_at, phase, version)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    state.id.column, state.sender.organisation.column, state.sender.unit.column, state.message.column,
                    state.receivedAt.milliseconds, state.phase.name, state.version,
                ])
        } catch DatabaseError.SQLITE_CONSTRAINT {
            guard try referral(from: state.sender, message: state.message) != nil else { throw StoreError.contradiction(state) }
            throw StoreError(.duplicate, "referral \(state.id): its sender has used the message id before")
        }
        if let content {
            // Binding no bytes binds NULL.
            try execute("INSERT INTO content (referral, bytes) VALUES (?, ifnull(?, x''))", [state.id.column, Data(content)])
        }
    }

    private func replace(_ content: [UInt8], of referral: ReferralID, by events: [ReferralEvent]) throws {
        guard events.contains(where: \.mayReplaceContent), !events.contains(where: \.erasesContent) else {
            throw StoreError(.damaged, "referral \(referral): its content can only be replaced by an amendment or the person's answer")
        }
        try execute("UPDATE content SET bytes = ifnull(?, x'') WHERE referral = ?", [Data(content), referral.column])
        guard database.changesCount == 1 else {
            throw StoreError(.damaged, "referral \(referral): there is no content that could be replaced")
        }
    }

    private func tell(_ readers: [LogReader], of sequence: Int64) throws {
        for reader in readers {
            try execute("INSERT INTO log_reader (reader, sequence) VALUES (?, ?)", [reader.column, sequence])
        }
    }

    private func update(_ state: ReferralState, by count: Int) throws {
        try execute(
            "UPDATE referral SET phase = ?, version = ? WHERE id = ? AND version = ?",
            [state.phase.name, state.version, state.id.column, state.version - count])
        guard database.changesCount == 1 else { throw StoreError.contradiction(state) }
    }

    private func put(_ assignment: AssignmentState, of state: ReferralState) throws {
        let referral = state.id
        let lease: Lease? = if case .leased(let lease) = assignment.phase { lease } else { nil }
        let place = state.conflictPlace(of: assignment)
        try execute(
            """
            INSERT INTO assignment
                (id, referral, service, owner, phase, available_at, since, lease_organisation, lease_unit, lease_until, for_readers,
                conflict_mark, side)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                conflict_mark = excluded.conflict_mark, side = excluded.side,
                owner = excluded.owner, phase = excluded.phase, available_at = excluded.available_at, since = excluded.since,
                lease_organisation = excluded.lease_organisation, lease_unit = excluded.lease_unit, lease_until = excluded.lease_until
            WHERE referral = excluded.referral
            """,
            [
                assignment.id.column, referral.column, assignment.service.rawValue, assignment.owner.column, assignment.phase.name,
                assignment.availableAt.milliseconds, assignment.since.milliseconds, lease?.holder.organisation.column,
                lease?.holder.unit.column, lease?.until.milliseconds, state.facts.protectedIdentity.isProtected, place?.mark.description,
                place?.side.rawValue,
            ])
        guard database.changesCount == 1 else {
            throw StoreError(.damaged, "assignment \(assignment.id) of referral \(referral) belongs to another referral")
        }
    }

    private func putShownSide(_ event: ReferralEvent, _ state: ReferralState) throws {
        guard let (id, reader) = event.shownTo, let place = state.assignment(id).flatMap(state.side) else { return }
        try execute(
            "INSERT OR IGNORE INTO shown_side (mark, organisation, unit, side) VALUES (?, ?, ?, ?)",
            [place.mark.description, reader.organisation.column, reader.unit.column, place.side.rawValue])
    }

    /// Lists it where it is listed now.
    fileprivate func list(_ assignment: AssignmentState, of state: ReferralState) throws {
        guard assignment.isOpen else { return try execute("DELETE FROM open_case WHERE assignment = ?", [assignment.id.column]) }
        let asked: OrganisationID? = if case .handoverOffered(let offer) = assignment.phase { offer.to } else { nil }
        try execute(
            """
            INSERT INTO open_case (assignment, owner, asked, protected, overdue, available_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (assignment) DO UPDATE SET
                owner = excluded.owner, asked = excluded.asked, overdue = excluded.overdue, available_at = excluded.available_at
            WHERE (owner, asked, overdue, available_at)
                IS NOT (excluded.owner, excluded.asked, excluded.overdue, excluded.available_at)
            """,
            [
                assignment.id.column, assignment.owner.column, asked?.column, !state.facts.protectedIdentity.isListed,
                !assignment.overdue.isEmpty, assignment.availableAt.milliseconds,
            ])
    }

    private func put(_ due: Instant?, of referral: ReferralID) throws {
        guard let due else { return try execute("DELETE FROM deadline WHERE referral = ?", [referral.column]) }
        try execute(
            """
            INSERT INTO deadline (referral, due) VALUES (?, ?)
            ON CONFLICT (referral) DO UPDATE SET due = excluded.due WHERE due <> excluded.due
            """, [referral.column, due.milliseconds])
    }

    private func log(_ events: [ReferralEvent], of referral: ReferralID, at: Instant, by actor: Participant?) throws {
        try execute(
            "INSERT INTO log (referral, at, actor_organisation, actor_unit, events) VALUES (?, ?, ?, ?, ?)",
            [
                referral.column, at.milliseconds, actor?.organisation.column, actor?.unit.column, JSONWriter.text(events),
            ])
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension ReferralEvent {
    fileprivate var erasesContent: Bool { if case .erased(let erasure) = self { erasure.extent == .content } else { false } }

    fileprivate var mayReplaceContent: Bool {
        switch self {
        case .amended, .consentAnswered: true
        default: false
        }
    }
}

extension StoreError {
    fileprivate static func contradiction(_ state: ReferralState) -> StoreError {
        StoreError(
            .damaged,
            "referral \(state.id): version \(state.version) does not follow from what is stored; load the state in the same transaction")
    }
}
