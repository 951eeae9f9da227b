import Foundation
import GRDB
import Referral

extension DatabaseReading {
    func inflow(on day: CivilDate) throws -> [InflowSource: Int] {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(sql: "SELECT organisation, unit, recipient, count FROM inflow WHERE day = ?")
            var counts: [InflowSource: Int] = [:]
            let rows = try Row.fetchCursor(statement, arguments: [day.description])
            while let row = try rows.next() { counts[try source(row, from: 0)] = try row.decode(Int.self, atIndex: 3) }
            return counts
        }
    }

    func nextInflowDay() throws -> CivilDate? {
        try translatingFaults(at: path) {
            if let through = try String.fetchOne(database.cachedStatement(sql: "SELECT through FROM inflow_progress")) {
                return try inflowDay(through).adding(days: 1)
            }
            return try String.fetchOne(database.cachedStatement(sql: "SELECT min(day) FROM inflow")).map(inflowDay)
        }
    }

    func inflowMonitors() throws -> [StoredInflowMonitor] {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: "SELECT organisation, unit, recipient, monitor, alarm FROM inflow_source ORDER BY organisation, unit, recipient")
            return try Array(
                Row.fetchCursor(statement).map { row in
                    StoredInflowMonitor(
                        source: try source(row, from: 0), state: Array(try row.decode(String.self, atIndex: 3).utf8),
                        alarm: try row.decode(String?.self, atIndex: 4))
                })
        }
    }

    func inflowNews(for reader: LogReader, after revision: Int64, limit: Int) throws -> [InflowNews] {
        let alarms = try rows(of: "silence_alarm", alarmColumns, for: reader, after: revision, limit: limit) {
            InflowNews.alarm(try alarm($0))
        }
        let notices = try rows(of: "source_notice", noticeColumns, for: reader, after: revision, limit: limit) {
            InflowNews.notice(try notice($0))
        }
        return Array((alarms + notices).sorted { $0.revision < $1.revision }.prefix(max(0, limit)))
    }

    func lastInflowRevision() throws -> Int64 {
        try translatingFaults(at: path) {
            try Int64.fetchOne(database.cachedStatement(sql: "SELECT \(InflowRows.lastRevision)")) ?? 0
        }
    }

    func notice(_ id: CommandID, by participant: Participant) throws -> StoredNotice? {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: "SELECT \(noticeColumns) FROM source_notice WHERE actor_organisation = ? AND actor_unit = ? AND command = ?")
            return try Row.fetchOne(
                statement, arguments: [try participant.organisation.column, try participant.unit.column, try id.column]
            ).map(notice)
        }
    }

    func lastNotice(about source: InflowSource, by participant: Participant) throws -> StoredNotice? {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(noticeColumns) FROM source_notice
                    WHERE organisation = ? AND unit = ? AND recipient = ? AND actor_organisation = ? AND actor_unit = ?
                    ORDER BY revision DESC LIMIT 1
                    """)
            let arguments: StatementArguments = [
                try source.sender.organisation.column, try source.sender.unit.column, try source.recipient?.column ?? "",
                try participant.organisation.column, try participant.unit.column,
            ]
            return try Row.fetchOne(statement, arguments: arguments).map(notice)
        }
    }

    func lastNotices() throws -> [StoredNotice] {
        try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(noticeColumns) FROM source_notice
                    WHERE revision IN (SELECT max(revision) FROM source_notice GROUP BY organisation, unit, recipient) ORDER BY revision
                    """)
            return try Array(Row.fetchCursor(statement).map(notice))
        }
    }

    private func rows<Element>(
        of table: String, _ columns: String, for reader: LogReader, after revision: Int64, limit: Int,
        _ read: @escaping (Row) throws -> Element
    ) throws -> [Element] {
        let (condition, arguments): (String, StatementArguments) =
            switch reader {
            case .sender(let participant):
                ("organisation = ? AND unit = ?", [try participant.organisation.column, try participant.unit.column])
            case .organisation(let organisation):
                (
                    """
                    (recipient = ? OR (recipient = '' AND EXISTS (
                        SELECT 1 FROM inflow_source
                        WHERE inflow_source.organisation = \(table).organisation AND inflow_source.unit = \(table).unit
                            AND inflow_source.recipient = ?)))
                    """, [try organisation.column, try organisation.column]
                )
            case .coordinator: ("true", [])
            }
        return try translatingFaults(at: path) {
            let statement = try database.cachedStatement(
                sql: "SELECT \(columns) FROM \(table) WHERE revision > ? AND \(condition) ORDER BY revision LIMIT ?")
            return try Array(Row.fetchCursor(statement, arguments: [revision] + arguments + [max(0, limit)]).map(read))
        }
    }

    private var alarmColumns: String {
        "organisation, unit, recipient, revision, alarm, state, kind, since, through, expected, seen, at, clearance"
    }

    private var noticeColumns: String {
        "organisation, unit, recipient, revision, command, kind, reason, first_day, until_day, actor_organisation, actor_unit, at"
    }

    private func notice(_ row: Row) throws -> StoredNotice {
        let revision = try row.decode(Int64.self, atIndex: 3)
        guard let kind = SourceNotice.Kind(rawValue: try row.decode(String.self, atIndex: 5)),
            let reason = SourceNotice.Reason(rawValue: try row.decode(String.self, atIndex: 6))
        else { throw StoreError(.damaged, "notice \(revision) about a source cannot be read; \(StoreError.restore)") }
        let notice = SourceNotice(
            id: CommandID(try row.decode(String.self, atIndex: 4)), source: try source(row, from: 0), kind: kind, reason: reason,
            from: try row.decode(String?.self, atIndex: 7).map(inflowDay), until: try row.decode(String?.self, atIndex: 8).map(inflowDay))
        let by = Participant(
            organisation: OrganisationID(try row.decode(String.self, atIndex: 9)), unit: UnitID(try row.decode(String.self, atIndex: 10)))
        return StoredNotice(revision: revision, notice, by: by, at: Instant(milliseconds: try row.decode(Int64.self, atIndex: 11)))
    }

    private func alarm(_ row: Row) throws -> StoredAlarm {
        let revision = try row.decode(Int64.self, atIndex: 3)
        guard let state = StoredAlarm.State(rawValue: try row.decode(String.self, atIndex: 5)),
            let kind = StoredAlarm.Kind(rawValue: try row.decode(String.self, atIndex: 6))
        else { throw StoreError(.damaged, "silence alarm \(revision) cannot be read; \(StoreError.restore)") }
        return StoredAlarm(
            revision: revision, id: try row.decode(String.self, atIndex: 4), source: try source(row, from: 0), state: state, kind: kind,
            since: try inflowDay(row.decode(String.self, atIndex: 7)), through: try inflowDay(row.decode(String.self, atIndex: 8)),
            expected: try row.decode(Double.self, atIndex: 9), seen: try row.decode(Int.self, atIndex: 10),
            at: Instant(milliseconds: try row.decode(Int64.self, atIndex: 11)),
            clearance: try row.decode(String?.self, atIndex: 12).flatMap { StoredAlarm.Clearance(rawValue: $0) })
    }

    private func source(_ row: Row, from index: Int) throws -> InflowSource {
        let recipient = try row.decode(String.self, atIndex: index + 2)
        return InflowSource(
            Participant(
                organisation: OrganisationID(try row.decode(String.self, atIndex: index)),
                unit: UnitID(try row.decode(String.self, atIndex: index + 1))),
            to: recipient.isEmpty ? nil : OrganisationID(recipient))
    }

    private func inflowDay(_ text: String) throws -> CivilDate {
        guard let day = CivilDate(text) else { throw StoreError(.damaged, "a day of the inflow cannot be read; \(StoreError.restore)") }
        return day
    }
}

extension SQLiteTransaction {
    func setInflowCounted(through day: CivilDate) throws {
        try changingInflow(
            "INSERT INTO inflow_progress (id, through) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET through = excluded.through",
            [day.description])
    }

    func put(_ monitor: StoredInflowMonitor) throws {
        try changingInflow(
            """
            INSERT INTO inflow_source (organisation, unit, recipient, monitor, alarm) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (organisation, unit, recipient) DO UPDATE SET monitor = excluded.monitor, alarm = excluded.alarm
            """, columns(of: monitor.source) + [String(decoding: monitor.state, as: UTF8.self), monitor.alarm])
    }

    func append(_ alarm: StoredAlarm) throws -> StoredAlarm {
        try changingInflow(
            """
            INSERT INTO silence_alarm
                (revision, organisation, unit, recipient, alarm, state, kind, since, through, expected, seen, at, clearance)
            VALUES (\(nextRevision), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            columns(of: alarm.source) + [
                alarm.id, alarm.state.rawValue, alarm.kind.rawValue, alarm.since.description, alarm.through.description, alarm.expected,
                alarm.seen, alarm.at.milliseconds, alarm.clearance?.rawValue,
            ])
        let revision = database.lastInsertedRowID
        guard alarm.id.isEmpty else { return alarm.stored(as: revision, id: alarm.id) }
        let id = "silence-\(revision)"
        try changingInflow("UPDATE silence_alarm SET alarm = ? WHERE revision = ?", [id, revision])
        return alarm.stored(as: revision, id: id)
    }

    func append(_ notice: StoredNotice) throws -> StoredNotice {
        if try self.notice(notice.notice.id, by: notice.by) != nil {
            throw StoreError(.duplicate, "\(notice.by) has used the id of a notice before")
        }
        try changingInflow(
            """
            INSERT INTO source_notice
                (revision, organisation, unit, recipient, command, kind, reason, first_day, until_day, actor_organisation, actor_unit, at)
            VALUES (\(nextRevision), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            columns(of: notice.notice.source) + [
                try notice.notice.id.column, notice.notice.kind.rawValue, notice.notice.reason.rawValue, notice.notice.from?.description,
                notice.notice.until?.description, try notice.by.organisation.column, try notice.by.unit.column, notice.at.milliseconds,
            ])
        return StoredNotice(revision: database.lastInsertedRowID, notice.notice, by: notice.by, at: notice.at)
    }

    private var nextRevision: String { "(SELECT 1 + \(InflowRows.lastRevision))" }

    /// Counts a submission on the day in Sweden on which it came.
    func countInflow(_ events: [ReferralEvent], at: Instant) throws {
        let sources = InflowSource.sources(of: events)
        if sources.isEmpty { return }
        try InflowRows.count(sources, on: CivilDate(inStockholmAt: at), in: database)
    }

    private func columns(of source: InflowSource) throws -> StatementArguments {
        [try source.sender.organisation.column, try source.sender.unit.column, try source.recipient?.column ?? ""]
    }
}

enum InflowRows {
    /// One order of alarms and notices. Neither is ever deleted.
    static let lastRevision =
        "max((SELECT ifnull(max(revision), 0) FROM silence_alarm), (SELECT ifnull(max(revision), 0) FROM source_notice))"

    static func count(_ sources: [InflowSource], on day: CivilDate, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO inflow (day, organisation, unit, recipient, count) VALUES (?, ?, ?, ?, 1)
                ON CONFLICT (day, organisation, unit, recipient) DO UPDATE SET count = count + 1
                """)
        for source in sources {
            try statement.execute(arguments: [
                day.description, source.sender.organisation.column, source.sender.unit.column, source.recipient?.column ?? "",
            ])
        }
    }

    /// Counts what was submitted before counts were kept. What cannot be read counts nowhere.
    static func fill(_ database: Database) throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT at, events FROM log")
        while let row = try rows.next() {
            guard let events = try? JSONDecoder().decode([ReferralEvent].self, from: row.decode(Data.self, atIndex: 1)) else { continue }
            let sources = InflowSource.sources(of: events)
            if !sources.isEmpty { try count(sources, on: CivilDate(inStockholmAt: Instant(milliseconds: row[0])), in: database) }
        }
    }
}
