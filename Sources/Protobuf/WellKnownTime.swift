import CProtobufC

/// The two well-known messages that canonical proto3 JSON writes as a text. Both have the fields `seconds` (1) and `nanos` (2).
///
/// Recognised by their full name, because every module that generates messages has its own copy of them.
enum WellKnownTime {
    case timestamp, duration

    init?(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) {
        switch descriptor.fullName {
        case "google.protobuf.Timestamp": self = .timestamp
        case "google.protobuf.Duration": self = .duration
        default: return nil
        }
    }

    /// For people: what the text must look like.
    var rule: String {
        switch self {
        case .timestamp: "must be a time such as \"2026-05-01T09:30:00Z\" or \"2026-05-01T11:30:00.5+02:00\", in the years 0001 to 9999"
        case .duration: "must be a number of seconds such as \"90s\" or \"-1.5s\", of at most 315576000000 s and nine decimals"
        }
    }

    /// The canonical text, nil if the values are outside of the range of the type.
    func text(seconds: Int64, nanos: Int32) -> String? {
        switch self {
        case .timestamp: Self.timestampText(seconds, nanos)
        case .duration: Self.durationText(seconds, nanos)
        }
    }

    /// What the text says, nil if it breaks `rule`.
    func parse(_ text: String) -> (seconds: Int64, nanos: Int32)? {
        switch self {
        case .timestamp: Self.parseTimestamp(text)
        case .duration: Self.parseDuration(text)
        }
    }

    private static let secondsPerDay: Int64 = 86_400
    /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, in seconds since 1970.
    private static let timestampSeconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
    /// About ten thousand years.
    private static let durationSeconds: ClosedRange<Int64> = -315_576_000_000...315_576_000_000

    private static func timestampText(_ seconds: Int64, _ nanos: Int32) -> String? {
        guard timestampSeconds.contains(seconds), (0...999_999_999).contains(nanos) else { return nil }
        let (days, remainder) = (seconds - timestampSeconds.lowerBound).quotientAndRemainder(dividingBy: secondsPerDay)
        let date = CivilDate(daysSinceYearOne: days)
        let (hour, minute, second) = (remainder / 3600, remainder / 60 % 60, remainder % 60)
        let day = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        return "\(day)T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))\(fraction(nanos))Z"
    }

    private static func durationText(_ seconds: Int64, _ nanos: Int32) -> String? {
        guard durationSeconds.contains(seconds), (-999_999_999...999_999_999).contains(nanos) else { return nil }
        guard seconds.magnitude < durationSeconds.upperBound || nanos == 0 else { return nil }
        guard seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0) else { return nil }
        let sign = seconds < 0 || nanos < 0 ? "-" : ""
        return "\(sign)\(seconds.magnitude)\(fraction(Int32(nanos.magnitude)))s"
    }

    /// Nothing, or a point and as many of 3, 6 or 9 digits as it takes.
    private static func fraction(_ nanos: Int32) -> String {
        if nanos == 0 { return "" }
        if nanos % 1_000_000 == 0 { return "." + padded(Int64(nanos) / 1_000_000, 3) }
        if nanos % 1000 == 0 { return "." + padded(Int64(nanos) / 1000, 6) }
        return "." + padded(Int64(nanos), 9)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func parseTimestamp(_ text: String) -> (seconds: Int64, nanos: Int32)? {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"), let day = reader.number(2),
            reader.take("T"), let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), let nanos = reader.fraction(), let offset = reader.zone(), reader.isAtEnd
        else { return nil }
        guard hour < 24, minute < 60, second < 60, let date = CivilDate(year: year, month: month, day: day) else { return nil }
        let timeOfDay = hour * 3600 + minute * 60 + second
        let seconds = timestampSeconds.lowerBound + date.daysSinceYearOne * secondsPerDay + timeOfDay - offset
        return timestampSeconds.contains(seconds) ? (seconds, nanos) : nil
    }

    private static func parseDuration(_ text: String) -> (seconds: Int64, nanos: Int32)? {
        var reader = DigitReader(text)
        let sign: Int64 = reader.take("-") ? -1 : 1
        guard let seconds = reader.number(upTo: 12), let nanos = reader.fraction(), reader.take("s"), reader.isAtEnd else { return nil }
        guard durationSeconds.contains(seconds), seconds < durationSeconds.upperBound || nanos == 0 else { return nil }
        return (sign * seconds, Int32(sign) * nanos)
    }
}

/// A day of the Gregorian calendar, extended before its introduction as RFC 3339 does.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    /// Days before the first of each month, in a year that is not a leap year.
    private static let daysBeforeMonth: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func days(beforeMonth month: Int64, in year: Int64) -> Int64 {
        daysBeforeMonth[Int(month) - 1] + (month > 2 && isLeap(year) ? 1 : 0)
    }

    private static func days(beforeYear year: Int64) -> Int64 {
        let past = year - 1
        return past * 365 + past / 4 - past / 100 + past / 400
    }

    /// nil if there is no such day in the years 1 to 9999.
    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        guard day <= Self.days(beforeMonth: month + 1, in: year) - Self.days(beforeMonth: month, in: year) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// - Parameter days: at least 0.
    init(daysSinceYearOne days: Int64) {
        // By the mean length of a year (146,097 days in 400), which is a year off at most.
        var year = days * 400 / 146_097 + 1
        while Self.days(beforeYear: year) > days { year -= 1 }
        while Self.days(beforeYear: year + 1) <= days { year += 1 }
        let dayOfYear = days - Self.days(beforeYear: year)
        var month: Int64 = 12
        while Self.days(beforeMonth: month, in: year) > dayOfYear { month -= 1 }
        (self.year, self.month, day) = (year, month, dayOfYear - Self.days(beforeMonth: month, in: year) + 1)
    }

    var daysSinceYearOne: Int64 {
        Self.days(beforeYear: year) + Self.days(beforeMonth: month, in: year) + day - 1
    }
}

/// Takes numbers and punctuation off the front of a text.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = text[...].utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: scalar) else { return false }
        rest.removeFirst()
        return true
    }

    /// A number of exactly `width` digits.
    mutating func number(_ width: Int) -> Int64? {
        let before = rest.count
        guard let value = number(upTo: width), before - rest.count == width else { return nil }
        return value
    }

    /// A number of one to `limit` digits.
    mutating func number(upTo limit: Int) -> Int64? {
        var value: Int64 = 0
        var count = 0
        while count < limit, let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
            rest.removeFirst()
            count += 1
        }
        return count > 0 ? value : nil
    }

    /// The nanoseconds that a point and one to nine digits stand for; 0 if there is no point.
    mutating func fraction() -> Int32? {
        guard take(".") else { return 0 }
        let before = rest.count
        guard let value = number(upTo: 9) else { return nil }
        return (before - rest.count..<9).reduce(Int32(value)) { nanos, _ in nanos * 10 }
    }

    /// The offset from UTC in seconds.
    mutating func zone() -> Int64? {
        if take("Z") { return 0 }
        let isNegative = take("-")
        guard isNegative || take("+"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else {
            return nil
        }
        return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
