public import Figures
public import Referral

/// Asks for figures.
public struct ReportRequest: Hashable, Sendable {
    public var kind: ReportKind
    /// In Sweden, both included; at most `longest`.
    public var days: ClosedRange<CivilDate>

    /// Ten years.
    public static let longest = 3_653

    public init(kind: ReportKind, days: ClosedRange<CivilDate>) {
        self.kind = kind
        self.days = days
    }
}
