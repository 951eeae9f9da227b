public import TLS

/// Which ends of certificates and revocation lists the operator is to be told of: each when 30, 14, 7 and 1 days are left and when it has
/// passed, once. Of a revocation list, which is renewed often, only what is at most a third of its own period; of one that holds for less
/// than three days, when a third of that is left. Pure: time is a parameter.
public struct ExpiryWarnings: Sendable {
    /// A line for the log.
    public struct Warning: Hashable, Sendable {
        public var expiry: TLSContext.Expiry
        /// Whole days that are left; negative when the end has passed.
        public var days: Int64
        /// The last time before the end, or the end itself.
        public var isUrgent: Bool
    }

    private static let day: Int64 = 86_400
    /// Seconds that are left.
    private static let thresholds = [30, 14, 7, 1, 0].map { $0 * day }

    /// The last threshold told, for each end.
    private var told: [TLSContext.Expiry: Int64] = [:]

    public init() {}

    /// Whole days until `end`, rounded down.
    public static func daysLeft(until end: Int64, at now: Int64) -> Int64 {
        let seconds = end.subtractingReportingOverflow(now)
        guard !seconds.overflow else { return end < now ? -36_500 : 36_500 }
        return Int64((Double(seconds.partialValue) / Double(day)).rounded(.down))
    }

    /// What is new to tell at `now` (seconds since 1970). Ends that are no longer among `expiries` are forgotten.
    public mutating func due(_ expiries: [TLSContext.Expiry], at now: Int64) -> [Warning] {
        told = told.filter { expiries.contains($0.key) }
        return expiries.compactMap { expiry in
            let (left, overflow) = expiry.end.subtractingReportingOverflow(now)
            let thresholds = Self.thresholds(of: expiry)
            guard let threshold = thresholds.last(where: { overflow || left <= $0 }), threshold < told[expiry] ?? .max else {
                return nil
            }
            told[expiry] = threshold
            return Warning(expiry: expiry, days: Self.daysLeft(until: expiry.end, at: now), isUrgent: threshold <= Self.day)
        }
    }

    private static func thresholds(of expiry: TLSContext.Expiry) -> [Int64] {
        guard expiry.kind == .revocationList, let start = expiry.start else { return thresholds }
        let (period, overflow) = expiry.end.subtractingReportingOverflow(start)
        guard !overflow else { return thresholds }
        let third = max(period / 3, 0)
        return third < day ? [third, 0] : thresholds.filter { $0 <= third }
    }
}
