import Foundation

/// What a clock on a wall in Sweden shows: a day and a time of day.
public struct LocalTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let date: CivilDate
    /// Since midnight by the clock on the wall, 0 ..< 86 400 000.
    public let millisecondsOfDay: Int

    /// Nil unless the time of day exists on an ordinary day: 0:00:00 to 23:59:59.
    public init?(_ date: CivilDate, hour: Int, minute: Int = 0, second: Int = 0) {
        guard (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second) else { return nil }
        self.init(date: date, millisecondsOfDay: ((hour * 60 + minute) * 60 + second) * 1_000)
    }

    private init(date: CivilDate, millisecondsOfDay: Int) {
        self.date = date
        self.millisecondsOfDay = millisecondsOfDay
    }

    /// Europe/Stockholm at a moment. Days outside 1800 to 9999 become the first or last of these.
    public init(inStockholmAt instant: Instant) {
        let moment = min(max(instant.milliseconds, Self.range.lowerBound), Self.range.upperBound)
        let local = moment + Self.offset(at: moment)
        self.init(
            date: CivilDate(daysSince1970: local.dividedFloor(by: Self.day)),
            millisecondsOfDay: Int(local.remainderFloor(by: Self.day)))
    }

    public var hour: Int { millisecondsOfDay / 3_600_000 }
    public var minute: Int { millisecondsOfDay / 60_000 % 60 }

    /// The same time of day on another day.
    public func adding(days: Int) -> LocalTime {
        LocalTime(date: date.adding(days: days), millisecondsOfDay: millisecondsOfDay)
    }

    /// The moment at which the clocks in Sweden show this. A time that comes twice, when summer time ends, is the first of the two; one
    /// that never comes, when it begins, is as long after midnight as it would have been: 2:30 is 3:30.
    public var instant: Instant {
        let local = date.daysSince1970 * Self.day + Int64(millisecondsOfDay)
        // There is never more than one change within two days.
        let before = Self.offset(at: local - Self.day)
        let after = Self.offset(at: local + Self.day)
        if before != after, Self.offset(at: local - before) != before, Self.offset(at: local - after) == after {
            return Instant(milliseconds: local - after)
        }
        return Instant(milliseconds: local - before)
    }

    /// `2026-03-29 03:30`
    public var description: String {
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(date) \(padded(hour)):\(padded(minute))"
    }

    public static func < (left: LocalTime, right: LocalTime) -> Bool {
        (left.date, left.millisecondsOfDay) < (right.date, right.millisecondsOfDay)
    }

    private static let day: Int64 = 86_400_000
    /// 1800-01-01 to 9999-12-31 with room for the offset, so that nothing overflows.
    private static let range: ClosedRange<Int64> = -5_364_662_400_000...253_402_300_799_999
    private static let stockholm = TimeZone(identifier: "Europe/Stockholm") ?? .gmt

    /// How much the clocks are ahead of UTC.
    private static func offset(at moment: Int64) -> Int64 {
        Int64(stockholm.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment) / 1_000))) * 1_000
    }
}

/// Hours of the day by the clock on the wall in Sweden, from `start` up to but not including `end`.
public struct LocalHours: Hashable, Sendable, CustomStringConvertible {
    /// Minutes since midnight.
    public let start: Int
    /// Minutes since midnight, at most 1 440.
    public let end: Int

    /// Nil unless 0 ≤ `start` < `end` ≤ 24.
    public init?(from start: Int, to end: Int) {
        guard start >= 0, start < end, end <= 24 else { return nil }
        self.init(start: start * 60, end: end * 60)
    }

    private init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// 17 to 21, when people who work or go to school can be reached.
    public static let evening = LocalHours(start: 17 * 60, end: 21 * 60)
    /// 8 to 17.
    public static let office = LocalHours(start: 8 * 60, end: 17 * 60)

    public func contains(_ instant: Instant) -> Bool {
        let minute = LocalTime(inStockholmAt: instant).millisecondsOfDay / 60_000
        return start <= minute && minute < end
    }

    /// The moments of a day at which they begin and end.
    func interval(on date: CivilDate) -> (start: Instant, end: Instant) { (moment(start, on: date), moment(end, on: date)) }

    private func moment(_ minute: Int, on date: CivilDate) -> Instant {
        let day = minute == 24 * 60 ? date.adding(days: 1) : date
        return LocalTime(day, hour: minute / 60 % 24, minute: minute % 60)?.instant ?? Instant(milliseconds: .max)
    }

    /// `17–21`
    public var description: String {
        func text(_ minute: Int) -> String {
            minute % 60 == 0 ? "\(minute / 60)" : "\(minute / 60).\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
        }
        return "\(text(start))–\(text(end))"
    }
}
