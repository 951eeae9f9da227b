public import Referral

public enum ReportKind: String, Sendable, CaseIterable {
    /// The year: referrals, support and mediation, reached by whom and whose, outcomes.
    case year
    /// How senders and recipients work together.
    case partnership
    /// Minutes by municipality.
    case costs
    /// Promises kept and not kept.
    case clocks
}

/// Figures about a span of days.
public struct Report: Hashable, Sendable {
    public var kind: ReportKind
    /// Days in Sweden, both included.
    public var days: ClosedRange<CivilDate>
    /// Whose figures; nil: of all.
    public var organisation: OrganisationID?
    /// The last place in the log that is counted.
    public var throughSequence: Int64
    public var tables: [ReportTable]

    public init(
        kind: ReportKind, days: ClosedRange<CivilDate>, organisation: OrganisationID?, throughSequence: Int64, tables: [ReportTable]
    ) {
        self.kind = kind
        self.days = days
        self.organisation = organisation
        self.throughSequence = throughSequence
        self.tables = tables
    }

    /// The table of this name.
    public subscript(_ name: String) -> ReportTable? { tables.first { $0.name == name } }
}

public struct ReportTable: Hashable, Sendable {
    /// For programs: `reached-by-age`.
    public var name: String
    /// For people, in Swedish.
    public var title: String
    /// The headings of the labels of each row.
    public var labels: [String]
    public var columns: [ReportColumn]
    public var rows: [ReportRow]

    public init(name: String, title: String, labels: [String], columns: [ReportColumn], rows: [ReportRow]) {
        self.name = name
        self.title = title
        self.labels = labels
        self.columns = columns
        self.rows = rows
    }

    /// The cell of the first row with this label, under the column of this name; nil when there is none.
    public subscript(_ label: String, _ column: String) -> ReportCell? {
        guard let index = columns.firstIndex(where: { $0.name == column }) else { return nil }
        return rows.first { $0.labels.first == label }?.cells[index]
    }

    /// The label of rows that are the sum of the others.
    public static let total = "Totalt"
}

public struct ReportColumn: Hashable, Sendable {
    public enum Unit: String, Sendable, CaseIterable {
        case count, minutes
        /// 0 to 1.
        case share
        case hours
    }

    /// For programs; `total` is the sum of the columns of the same unit before it.
    public var name: String
    /// For people, in Swedish.
    public var title: String
    public var unit: Unit

    public init(_ name: String, _ title: String, _ unit: Unit = .count) {
        self.name = name
        self.title = title
        self.unit = unit
    }

    public static let total = "total"
}

public struct ReportRow: Hashable, Sendable {
    public var labels: [String]
    /// One per column.
    public var cells: [ReportCell]

    public init(labels: [String], cells: [ReportCell]) {
        self.labels = labels
        self.cells = cells
    }
}

public enum ReportCell: Hashable, Sendable {
    case value(Double)
    /// Not told: 1 to 4, or a number that would tell such a one.
    case suppressed
    /// Nothing to tell: a share of none.
    case none

    public var value: Double? { if case .value(let value) = self { value } else { nil } }
}
