import CReferralMessages
public import Figures
import NIOCore
package import Protobuf
import Referral

extension ReportKind: WireEnumeration {
    static let numbering = WireNumbering<ReportKind>(lots__v1__report_kind__descriptor)

    var wire: Lots__V1__ReportKind {
        switch self {
        case .year: LOTS__V1__REPORT_KIND__REPORT_KIND_YEAR
        case .partnership: LOTS__V1__REPORT_KIND__REPORT_KIND_PARTNERSHIP
        case .costs: LOTS__V1__REPORT_KIND__REPORT_KIND_COSTS
        case .clocks: LOTS__V1__REPORT_KIND__REPORT_KIND_CLOCKS
        }
    }
}

extension ReportColumn.Unit: WireEnumeration {
    static let numbering = WireNumbering<ReportColumn.Unit>(lots__v1__report_unit__descriptor)

    var wire: Lots__V1__ReportUnit {
        switch self {
        case .count: LOTS__V1__REPORT_UNIT__REPORT_UNIT_COUNT
        case .minutes: LOTS__V1__REPORT_UNIT__REPORT_UNIT_MINUTES
        case .share: LOTS__V1__REPORT_UNIT__REPORT_UNIT_SHARE
        case .hours: LOTS__V1__REPORT_UNIT__REPORT_UNIT_HOURS
        }
    }
}

extension ReportRequest: WireMessage {
    static let wireType = MessageType(lots__v1__report_request__init)

    init?(_ message: UnsafePointer<Lots__V1__ReportRequest>, _ fields: inout FieldReader) {
        let kind: ReportKind? = fields.member(message.pointee.kind, "kind")
        let days = fields.days(message.pointee.from, message.pointee.through)
        guard let kind, let days else { return nil }
        self.init(kind: kind, days: days)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ReportRequest>, in arena: Arena) {
        message.pointee.kind = kind.wire
        message.pointee.from = arena.string(days.lowerBound.description)
        message.pointee.through = arena.string(days.upperBound.description)
    }
}

extension Report: WireMessage {
    static let wireType = MessageType(lots__v1__report__init)

    init?(_ message: UnsafePointer<Lots__V1__Report>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let kind: ReportKind? = fields.member(wire.kind, "kind")
        let days = fields.days(wire.from, wire.through)
        let tables = fields.elements("tables", wire.n_tables, wire.tables) { ReportTable($0, &$1) }
        guard let kind, let days, let tables else { return nil }
        self.init(
            kind: kind, days: days, organisation: FieldReader.plain(wire.organisation).map { OrganisationID($0) },
            throughSequence: Int64(clamping: wire.through_sequence), tables: tables)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Report>, in arena: Arena) {
        message.pointee.kind = kind.wire
        message.pointee.from = arena.string(days.lowerBound.description)
        message.pointee.through = arena.string(days.upperBound.description)
        message.pointee.organisation = arena.string(organisation?.rawValue)
        message.pointee.through_sequence = UInt64(clamping: throughSequence)
        (message.pointee.n_tables, message.pointee.tables) = arena.array(ReportTable.wireType, of: tables) { $1.write(to: $0, in: arena) }
    }
}

extension ReportTable: WireMessage {
    static let wireType = MessageType(lots__v1__report_table__init)

    init?(_ message: UnsafePointer<Lots__V1__ReportTable>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let columns = fields.elements("values", wire.n_values, wire.values) { column, fields -> ReportColumn? in
            let unit: ReportColumn.Unit? = fields.member(column.pointee.unit, "unit")
            return unit.map {
                ReportColumn(FieldReader.plain(column.pointee.name) ?? "", FieldReader.plain(column.pointee.title) ?? "", $0)
            }
        }
        let rows = fields.elements("rows", wire.n_rows, wire.rows) { row, fields -> ReportRow? in
            guard row.pointee.n_cells == wire.n_values else {
                fields.faults.note("cells", "must be as many as columns")
                return nil
            }
            let cells = fields.elements("cells", row.pointee.n_cells, row.pointee.cells) { cell, _ in ReportCell(cell.pointee) }
            return cells.map { ReportRow(labels: FieldReader.texts(row.pointee.n_labels, row.pointee.labels), cells: $0) }
        }
        guard let columns, let rows else { return nil }
        self.init(
            name: FieldReader.plain(wire.name) ?? "", title: FieldReader.plain(wire.title) ?? "",
            labels: FieldReader.texts(wire.n_labels, wire.labels), columns: columns, rows: rows)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ReportTable>, in arena: Arena) {
        message.pointee.name = arena.string(name)
        message.pointee.title = arena.string(title)
        (message.pointee.n_labels, message.pointee.labels) = arena.strings(labels)
        (message.pointee.n_values, message.pointee.values) = arena.array(columnType, of: columns) { message, column in
            message.pointee.name = arena.string(column.name)
            message.pointee.title = arena.string(column.title)
            message.pointee.unit = column.unit.wire
        }
        (message.pointee.n_rows, message.pointee.rows) = arena.array(rowType, of: rows) { message, row in
            (message.pointee.n_labels, message.pointee.labels) = arena.strings(row.labels)
            (message.pointee.n_cells, message.pointee.cells) = arena.array(cellType, of: row.cells) { $1.write(to: $0) }
        }
    }
}

private let columnType = MessageType(lots__v1__report_column__init)
private let rowType = MessageType(lots__v1__report_row__init)
private let cellType = MessageType(lots__v1__report_cell__init)

extension ReportCell {
    fileprivate init(_ wire: Lots__V1__ReportCell) {
        switch wire.cell_case {
        case LOTS__V1__REPORT_CELL__CELL_VALUE: self = .value(wire.value)
        case LOTS__V1__REPORT_CELL__CELL_SUPPRESSED: self = .suppressed
        default: self = .none
        }
    }

    fileprivate func write(to message: UnsafeMutablePointer<Lots__V1__ReportCell>) {
        switch self {
        case .value(let value):
            message.pointee.cell_case = LOTS__V1__REPORT_CELL__CELL_VALUE
            message.pointee.value = value
        case .suppressed:
            message.pointee.cell_case = LOTS__V1__REPORT_CELL__CELL_SUPPRESSED
            message.pointee.suppressed = 1
        case .none: break
        }
    }
}

extension FieldReader {
    fileprivate mutating func days(_ from: CText?, _ through: CText?) -> ClosedRange<CivilDate>? {
        let first = requiredDay(from, "from")
        let last = requiredDay(through, "through")
        guard let first, let last else { return nil }
        guard first <= last else {
            faults.note("through", "must not be before from")
            return nil
        }
        guard last.daysSince1970 - first.daysSince1970 < ReportRequest.longest else {
            faults.note("through", "must be at most 10 years after from")
            return nil
        }
        return first...last
    }

    private mutating func requiredDay(_ text: CText?, _ field: StaticString) -> CivilDate? {
        guard let text = Self.said(text) else {
            faults.note(field, "is required")
            return nil
        }
        return date(text, field)
    }

    fileprivate static func texts(_ count: Int, _ texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
        guard count > 0, let texts else { return [] }
        return (0..<count).map { plain(texts[$0]) ?? "" }
    }
}

extension Report {
    /// `lots.v1.Report` in proto3 JSON.
    /// - Throws: `EncodeFault` when a text has a NUL.
    package func json() throws -> JSONValue {
        try AnyMessageType(Self.wireType).json(fromPacked: Array(buffer: packed()))
    }
}
