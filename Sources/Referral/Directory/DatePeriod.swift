/// Days from `first` to `last`, both included; an absent end is open.
public struct DatePeriod: Hashable, Sendable, CustomStringConvertible {
    public let first: CivilDate?
    public let last: CivilDate?

    public static let always = DatePeriod(first: nil, last: nil)

    public init(first: CivilDate?, last: CivilDate?) {
        self.first = first
        self.last = last
    }

    /// A period whose last day lies before its first has no day.
    public var isEmpty: Bool {
        guard let first, let last else { return false }
        return last < first
    }

    public func contains(_ day: CivilDate) -> Bool {
        if let first, day < first { return false }
        if let last, day > last { return false }
        return true
    }

    /// The days that are in both.
    public func intersection(_ other: DatePeriod) -> DatePeriod {
        let firsts = [first, other.first].compactMap(\.self)
        let lasts = [last, other.last].compactMap(\.self)
        return DatePeriod(first: firsts.max(), last: lasts.min())
    }

    public func overlaps(_ other: DatePeriod) -> Bool { !intersection(other).isEmpty }

    /// `2004-01-01 to 2004-12-31`
    public var description: String {
        switch (first, last) {
        case (nil, nil): "always"
        case (let first?, nil): "from \(first)"
        case (nil, let last?): "until \(last)"
        case (let first?, let last?): "\(first) to \(last)"
        }
    }
}
