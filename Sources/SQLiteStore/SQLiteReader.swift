import Foundation
import GRDB
import Referral

/// The questions, in whatever transaction the connection is. They translate errors themselves: a body may catch them.
protocol DatabaseReading: ReferralReader {
    var database: Database { get }
    /// Names the database in errors.
    var path: String { get }
}

/// Reads one committed state.
struct SQLiteReader: DatabaseReading {
    let database: Database
    let path: String
}

extension DatabaseReading {
    func referral(_ id: ReferralID) throws -> ReferralState? {
        var state: ReferralState?
        for entry in try log(of: id) {
            state = ReferralState.evolve(state, entry.events, at: entry.at)
            guard state?.id == id else {
                throw StoreError(.damaged, "log entry \(entry.sequence) does not follow from those before it; \(StoreError.restore)")
            }
        }
        return state
    }

    func referral(from sender: Participant, message: MessageID) throws -> ReferralID? {
        let ids: [ReferralID] = try identifiers(
            "SELECT id FROM referral WHERE sender_organisation = ? AND sender_unit = ? AND message_id = ?",
            [sender.organisation.column, sender.unit.column, message.column])
        return ids.first
    }

    func referral(of assignment: AssignmentID) throws -> ReferralID? {
        let ids: [ReferralID] = try identifiers("SELECT referral FROM assignment WHERE id = ?", [assignment.column])
        return ids.first
    }

    func log(of id: ReferralID) throws -> [LogEntry] {
        try entries("WHERE referral = ? ORDER BY sequence", [id.column])
    }

    func log(after sequence: Int64, limit: Int) throws -> [LogEntry] {
        try entries("WHERE sequence > ? ORDER BY sequence LIMIT ?", [sequence, max(0, limit)])
    }

    func changes(after sequence: Int64, limit: Int) throws -> [LogPlace] {
        try places("SELECT sequence, referral FROM log WHERE sequence > ? ORDER BY sequence LIMIT ?", [sequence, max(0, limit)])
    }

    func news(for reader: LogReader, after sequence: Int64, limit: Int) throws -> [LogPlace] {
        try places(
            """
            SELECT sequence, referral FROM log_reader JOIN log USING (sequence)
            WHERE reader = ? AND sequence > ? ORDER BY sequence LIMIT ?
            """, [reader.column, sequence, max(0, limit)])
    }

    private func places(_ sql: String, _ arguments: StatementArguments) throws -> [LogPlace] {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(sql: sql)
            return try Array(
                Row.fetchCursor(statement, arguments: arguments).map { row in
                    LogPlace(
                        try row.decode(Int64.self, atIndex: 0), of: ReferralID(try row.decode(String.self, atIndex: 1)))
                })
        }
    }

    func lastSequence(for reader: LogReader?) throws -> Int64 {
        try translatingFaults(at: path) {
            guard let reader else {
                let statement = try database.cachedStatement(sql: "SELECT max(sequence) FROM log")
                return try Int64.fetchOne(statement) ?? 0
            }
            let statement = try database.cachedStatement(sql: "SELECT max(sequence) FROM log_reader WHERE reader = ?")
            return try Int64.fetchOne(statement, arguments: [reader.column]) ?? 0
        }
    }

    func content(of id: ReferralID) throws -> [UInt8]? {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(sql: "SELECT bytes FROM content WHERE referral = ?")
            return try Data.fetchOne(statement, arguments: [id.column]).map { [UInt8]($0) }
        }
    }

    func available(to participant: Participant, readsProtected: Bool, limit: Int) throws -> [AssignmentID] {
        try identifiers(
            """
            SELECT id FROM assignment
            WHERE phase = 'offered' AND owner = ?1 AND (?3 OR NOT for_readers)
                AND (conflict_mark IS NULL OR NOT EXISTS (
                    SELECT 1 FROM shown_side
                    WHERE shown_side.mark = conflict_mark AND shown_side.organisation = ?1 AND shown_side.unit = ?2
                        AND shown_side.side <> assignment.side))
            ORDER BY available_at, id LIMIT ?4
            """,
            [participant.organisation.column, participant.unit.column, readsProtected, max(0, limit)])
    }

    func sides(of mark: ContentDigest, shownTo participant: Participant) throws -> Set<Side> {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: "SELECT side FROM shown_side WHERE mark = ? AND organisation = ? AND unit = ?")
            let sides = try String.fetchAll(
                statement, arguments: [mark.description, participant.organisation.column, participant.unit.column])
            return Set(sides.compactMap { Side(rawValue: $0) })
        }
    }

    func cases(of organisation: OrganisationID, in list: CaseList, after place: CasePlace?, limit: Int) throws -> [CasePlace] {
        let condition =
            switch list {
            case .open: "owner = ? AND protected = 0"
            case .overdue: "owner = ? AND protected = 0 AND overdue = 1"
            case .handovers: "asked = ? AND protected = 0"
            case .protected: "owner = ? AND protected = 1"
            }
        return try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: """
                    SELECT available_at, assignment FROM open_case
                    WHERE \(condition) AND (available_at, assignment) > (?, ?) ORDER BY available_at, assignment LIMIT ?
                    """)
            // No id is empty.
            let arguments: StatementArguments = [
                try organisation.column, place?.availableAt.milliseconds ?? .min, try place?.assignment.column ?? "", max(0, limit),
            ]
            return try Array(
                Row.fetchCursor(statement, arguments: arguments).map { row in
                    CasePlace(
                        availableAt: Instant(milliseconds: try row.decode(Int64.self, atIndex: 0)),
                        assignment: AssignmentID(try row.decode(String.self, atIndex: 1)))
                })
        }
    }

    func due(at now: Instant, limit: Int) throws -> [DueReferral] {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: "SELECT referral, due FROM deadline WHERE due <= ? ORDER BY due, referral LIMIT ?")
            return try Array(
                Row.fetchCursor(statement, arguments: [now.milliseconds, max(0, limit)]).map { row in
                    DueReferral(
                        ReferralID(try row.decode(String.self, atIndex: 0)),
                        due: Instant(milliseconds: try row.decode(Int64.self, atIndex: 1)))
                })
        }
    }

    private func identifiers<ID: Identifier>(_ sql: String, _ arguments: StatementArguments) throws -> [ID] {
        try translatingFaults(at: path) {
            let rows = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
            return try Array(rows.map { ID(try $0.decode(String.self, atIndex: 0)) })
        }
    }

    private func entries(_ condition: String, _ arguments: StatementArguments) throws -> [LogEntry] {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: "SELECT sequence, referral, at, actor_organisation, actor_unit, events FROM log \(condition)")
            return try Array(Row.fetchCursor(statement, arguments: arguments).map(entry))
        }
    }

    private func entry(_ row: Row) throws -> LogEntry {
        let sequence = try row.decode(Int64.self, atIndex: 0)
        let organisation = try row.decode(String?.self, atIndex: 3).map { OrganisationID($0) }
        let unit = try row.decode(String?.self, atIndex: 4).map { UnitID($0) }
        let events: [ReferralEvent]
        do {
            events = try JSONDecoder().decode([ReferralEvent].self, from: row.decode(Data.self, atIndex: 5))
        } catch is DecodingError {
            // What the decoder says may quote the text.
            throw StoreError(.damaged, "log entry \(sequence) cannot be read; \(StoreError.restore)")
        }
        return LogEntry(
            sequence: sequence, referral: ReferralID(try row.decode(String.self, atIndex: 1)),
            at: Instant(milliseconds: try row.decode(Int64.self, atIndex: 2)),
            actor: organisation.flatMap { organisation in unit.map { Participant(organisation: organisation, unit: $0) } }, events: events)
    }
}

extension LogReader {
    /// As it is stored. The first letter says what follows.
    var column: String {
        get throws {
            switch self {
            // An organisation's id may hold a slash.
            case .sender(let unit): "s\(try unit.organisation.column.utf8.count)/\(try unit.organisation.column)/\(try unit.unit.column)"
            case .organisation(let organisation): "o\(try organisation.column)"
            case .coordinator: "c"
            }
        }
    }
}

extension Identifier {
    /// As it is stored. SQLite would cut the text at a NUL and so take one id for another.
    var column: String {
        get throws {
            guard !rawValue.utf8.contains(0) else { throw StoreError(.damaged, "an id holds the character U+0000, which cannot be stored") }
            return rawValue
        }
    }
}
