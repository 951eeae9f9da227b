public import Referral

/// What one kind of report counts.
protocol ReportFigures: Sendable {
    mutating func add(_ record: ReferralRecord)
    var sheets: [Sheet] { get }
}

/// Makes one report from records, one by one and in any order.
public struct ReportWriter: Sendable {
    private let kind: ReportKind
    private let view: ReportView
    private let days: ClosedRange<CivilDate>
    private var figures: any ReportFigures

    /// - Parameters:
    ///   - days: in Sweden, both included. A whole year is compared with the one before.
    ///   - policy: what the organisations have promised.
    ///   - now: for what is still open.
    public init(_ kind: ReportKind, of view: ReportView, on days: ClosedRange<CivilDate>, policy: Policy, now: Instant) {
        self.kind = kind
        self.view = view
        self.days = days
        let frame = ReportFrame(
            view: view, days: days, directory: policy.routing.directory(on: CivilDate(inStockholmAt: now)), policy: policy, now: now)
        figures =
            switch kind {
            case .year: YearFigures(frame)
            case .partnership: PartnershipFigures(frame)
            case .costs: CostFigures(frame)
            case .clocks: ClockFigures(frame)
            }
    }

    /// The days whose records are needed: those of the report, with the year that it is compared with.
    public var neededDays: ClosedRange<CivilDate> {
        guard kind == .year, let before = days.yearBefore else { return days }
        return before.lowerBound...days.upperBound
    }

    public mutating func add(_ record: ReferralRecord) { figures.add(record) }

    /// - Parameter sequence: the last place in the log that the records count.
    public func report(through sequence: Int64) -> Report {
        Report(
            kind: kind, days: days, organisation: view.organisation, throughSequence: sequence,
            tables: figures.sheets.map { $0.table(suppressed: view.isSuppressed) })
    }
}

extension ClosedRange<CivilDate> {
    /// The year before, when these are the days of a whole year.
    var yearBefore: ClosedRange<CivilDate>? {
        guard let whole = Self.year(lowerBound.year), self == whole else { return nil }
        return Self.year(lowerBound.year - 1)
    }

    /// Nil outside 1800 to 9999.
    public static func year(_ year: Int) -> ClosedRange<CivilDate>? {
        guard let first = CivilDate(year: year, month: 1, day: 1), let last = CivilDate(year: year, month: 12, day: 31) else { return nil }
        return first...last
    }

    /// Whether they are whole months.
    public var areWholeMonths: Bool { lowerBound.day == 1 && upperBound.adding(days: 1).day == 1 }
}
