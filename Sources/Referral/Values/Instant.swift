/// A moment in UTC, in milliseconds since 1970-01-01T00:00:00Z.
public struct Instant: Hashable, Comparable, Codable, Sendable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }

    /// Later by `duration`, cut to whole milliseconds; stays at the end of time instead of overflowing.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let (seconds, attoseconds) = duration.components
        let (scaled, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000)
        let (span, isTooLongBy) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        let (sum, isTooFar) = instant.milliseconds.addingReportingOverflow(span)
        if isTooLong || isTooLongBy || isTooFar { return Instant(milliseconds: seconds < 0 ? .min : .max) }
        return Instant(milliseconds: sum)
    }

    public static func - (left: Instant, right: Instant) -> Duration {
        .milliseconds(left.milliseconds) - .milliseconds(right.milliseconds)
    }
}
