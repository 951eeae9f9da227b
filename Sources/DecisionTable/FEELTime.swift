import Foundation

/// A day of the calendar (proleptic Gregorian).
public struct FEELDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let year: Int
    public let month: Int
    public let day: Int

    static let years = -999_999_999...999_999_999

    /// Nil when there is no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard Self.years.contains(year), (1...12).contains(month), (1...Self.length(ofMonth: month, year)).contains(day) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// `2024-02-29`; years have four digits or more, the first of more no zero.
    public init?(_ text: some StringProtocol) {
        guard let match = Substring(text).wholeMatch(of: /(-?)([1-9][0-9]{4,8}|[0-9]{4})-([0-9]{2})-([0-9]{2})/),
            let year = Int(match.2), let month = Int(match.3), let day = Int(match.4)
        else { return nil }
        self.init(year: match.1.isEmpty ? year : -year, month: month, day: day)
    }

    /// Nil when the year is out of range.
    init?(daysSinceEpoch days: Int) {
        // Eras of 400 years from March, so that the leap day is a year's last.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        self.init(year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month, day: dayOfYear - (153 * march + 2) / 5 + 1)
    }

    /// From 1970-01-01.
    var daysSinceEpoch: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// 1 is Monday.
    var weekday: Int { ((daysSinceEpoch + 3) % 7 + 7) % 7 + 1 }

    /// The day of the month is cut to the month's length.
    func adding(months: Int) -> FEELDate? {
        let (sum, isTooLarge) = (year * 12 + month - 1).addingReportingOverflow(months)
        guard !isTooLarge else { return nil }
        let newYear = (sum >= 0 ? sum : sum - 11) / 12
        let newMonth = sum - newYear * 12 + 1
        guard Self.years.contains(newYear) else { return nil }
        return FEELDate(year: newYear, month: newMonth, day: min(day, Self.length(ofMonth: newMonth, newYear)))
    }

    static func length(ofMonth month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    public static func < (left: FEELDate, right: FEELDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    public var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
}

/// Where a clock stands.
public enum FEELZone: Hashable, Sendable, CustomStringConvertible {
    /// Seconds east of UTC.
    case offset(Int)
    /// By the name of the tz database: `Europe/Stockholm`.
    case named(String)

    init?(_ text: some StringProtocol) {
        if text == "Z" || text == "z" {
            self = .offset(0)
        } else if text.first == "@" {
            let name = String(text.dropFirst())
            guard TimeZone(identifier: name) != nil else { return nil }
            self = .named(name)
        } else {
            guard let match = Substring(text).wholeMatch(of: /([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?/), let hours = Int(match.2),
                let minutes = Int(match.3), let seconds = Int(match.4 ?? "0"), hours <= 18, minutes < 60, seconds < 60
            else { return nil }
            let offset = hours * 3600 + minutes * 60 + seconds
            self = .offset(match.1 == "-" ? -offset : offset)
        }
    }

    /// Seconds east of UTC at a local time, given in seconds since 1970.
    func offset(atLocal seconds: Int) -> Int {
        switch self {
        case .offset(let offset): return offset
        case .named(let name):
            guard let zone = TimeZone(identifier: name) else { return 0 }
            let first = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
            return zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds - first)))
        }
    }

    public var description: String {
        switch self {
        case .offset(0): return "Z"
        case .offset(let offset):
            let size = abs(offset)
            let seconds = size % 60 == 0 ? "" : ":\(padded(size % 60, 2))"
            return "\(offset < 0 ? "-" : "+")\(padded(size / 3600, 2)):\(padded(size / 60 % 60, 2))\(seconds)"
        case .named(let name): return "@\(name)"
        }
    }
}

/// A time of day.
public struct FEELTime: Hashable, Sendable, CustomStringConvertible {
    public let hour: Int
    public let minute: Int
    public let second: Int
    public let nanosecond: Int
    /// Nil when the time is local, wherever that may be.
    public let zone: FEELZone?

    /// Nil when there is no such time.
    public init?(hour: Int, minute: Int, second: Int, nanosecond: Int = 0, zone: FEELZone? = nil) {
        guard (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second), (0..<1_000_000_000).contains(nanosecond) else {
            return nil
        }
        self.hour = hour
        self.minute = minute
        self.second = second
        self.nanosecond = nanosecond
        self.zone = zone
    }

    /// `10:30:00`, `10:30:00.5+01:00`, `10:30:00@Europe/Stockholm`; up to nine digits of a second.
    public init?(_ text: some StringProtocol) {
        guard
            let match = Substring(text).wholeMatch(of: /([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(.*)/), let hour = Int(match.1),
            let minute = Int(match.2), let second = Int(match.3)
        else { return nil }
        let digits = String(match.4 ?? "")
        let nanosecond = Int(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
        let zone = match.5.isEmpty ? nil : FEELZone(match.5)
        guard match.5.isEmpty || zone != nil else { return nil }
        self.init(hour: hour, minute: minute, second: second, nanosecond: nanosecond, zone: zone)
    }

    /// Of a day; nil when there are too many.
    init?(nanosecondOfDay nanoseconds: Int, zone: FEELZone?) {
        let seconds = nanoseconds / 1_000_000_000
        self.init(
            hour: seconds / 3600, minute: seconds / 60 % 60, second: seconds % 60, nanosecond: nanoseconds % 1_000_000_000, zone: zone)
    }

    /// At UTC, where there is a zone; beyond a day's for zones far off.
    var universalSecondOfDay: Int { secondOfDay - (zone?.offset(atLocal: secondOfDay) ?? 0) }

    var secondOfDay: Int { hour * 3600 + minute * 60 + second }
    var nanosecondOfDay: Int { secondOfDay * 1_000_000_000 + nanosecond }

    public var description: String {
        var fraction = nanosecond == 0 ? "" : "." + padded(nanosecond, 9)
        while fraction.last == "0" { fraction.removeLast() }
        return "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))\(fraction)\(zone.map(\.description) ?? "")"
    }
}

/// A day and a time of day.
public struct FEELDateTime: Hashable, Sendable, CustomStringConvertible {
    public let date: FEELDate
    public let time: FEELTime

    public init(date: FEELDate, time: FEELTime) {
        self.date = date
        self.time = time
    }

    /// `2024-02-29T10:30:00Z`
    public init?(_ text: some StringProtocol) {
        guard let separator = text.firstIndex(of: "T"), let date = FEELDate(text[..<separator]),
            let time = FEELTime(text[text.index(after: separator)...])
        else { return nil }
        self.init(date: date, time: time)
    }

    /// Since 1970, at UTC or, without a zone, wherever it is.
    var seconds: Int {
        let local = date.daysSinceEpoch * 86_400 + time.secondOfDay
        return local - (time.zone?.offset(atLocal: local) ?? 0)
    }

    var nanoseconds: Int128 { Int128(seconds) * 1_000_000_000 + Int128(time.nanosecond) }

    /// The clock is put forward, the zone stays as it is written.
    func adding(nanoseconds: Int128) -> FEELDateTime? {
        let day: Int128 = 86_400_000_000_000
        let sum = Int128(time.nanosecondOfDay) + nanoseconds
        let days = (sum >= 0 ? sum : sum - day + 1) / day
        guard let shift = Int(exactly: days), shift.magnitude < 1 << 45, let rest = Int(exactly: sum - days * day),
            let date = FEELDate(daysSinceEpoch: date.daysSinceEpoch + shift), let time = FEELTime(nanosecondOfDay: rest, zone: time.zone)
        else { return nil }
        return FEELDateTime(date: date, time: time)
    }

    public var description: String { "\(date)T\(time)" }
}

/// A span of time in days or less, or in months; the two are not comparable.
public enum FEELDuration: Hashable, Sendable, CustomStringConvertible {
    case nanoseconds(Int128)
    case months(Int)

    /// `P1DT2H30M`, `-PT0.5S`, `P1Y2M`; up to nine digits of a second.
    public init?(_ text: some StringProtocol) {
        let text = Substring(text)
        let number = { (digits: Substring?) -> Int128? in
            guard let digits else { return 0 }
            return digits.count > 18 ? nil : Int128(String(digits))
        }
        if let match = text.wholeMatch(of: /(-?)P(?:([0-9]+)Y)?(?:([0-9]+)M)?/), match.2 != nil || match.3 != nil {
            guard let years = number(match.2), let months = number(match.3), let total = Int(exactly: years * 12 + months) else {
                return nil
            }
            self = .months(match.1.isEmpty ? total : -total)
        } else if let match = text.wholeMatch(
            of: /(-?)P(?:([0-9]+)D)?(T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]{1,9}))?S)?)?/)
        {
            guard match.2 != nil || match.4 != nil || match.5 != nil || match.6 != nil, match.3.map({ $0.count > 1 }) ?? true,
                let days = number(match.2), let hours = number(match.4), let minutes = number(match.5), let seconds = number(match.6)
            else { return nil }
            let digits = String(match.7 ?? "")
            let fraction = Int128(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
            let total = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000_000 + fraction
            self = .nanoseconds(match.1.isEmpty ? total : -total)
        } else {
            return nil
        }
    }

    public static prefix func - (duration: FEELDuration) -> FEELDuration {
        switch duration {
        case .nanoseconds(let count): .nanoseconds(-count)
        case .months(let count): .months(-count)
        }
    }

    public var description: String {
        switch self {
        case .months(let count):
            let size = count.magnitude
            let parts = (size >= 12 ? "\(size / 12)Y" : "") + (size % 12 > 0 || size == 0 ? "\(size % 12)M" : "")
            return "\(count < 0 ? "-" : "")P\(parts)"
        case .nanoseconds(let count):
            let size = count.magnitude
            let seconds = size / 1_000_000_000
            var fraction = size % 1_000_000_000 == 0 ? "" : "." + padded(Int(size % 1_000_000_000), 9)
            while fraction.last == "0" { fraction.removeLast() }
            let day = seconds >= 86_400 ? "\(seconds / 86_400)D" : ""
            let hour = seconds / 3600 % 24 > 0 ? "\(seconds / 3600 % 24)H" : ""
            let minute = seconds / 60 % 60 > 0 ? "\(seconds / 60 % 60)M" : ""
            let second = seconds % 60 > 0 || !fraction.isEmpty ? "\(seconds % 60)\(fraction)S" : ""
            let time = hour + minute + second
            if day.isEmpty, time.isEmpty { return "PT0S" }
            return "\(count < 0 ? "-" : "")P\(day)\(time.isEmpty ? "" : "T" + time)"
        }
    }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number.magnitude)
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}
