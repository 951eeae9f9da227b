/// A moment as a recording writes it: `2026-03-02T06:00:00Z`, with up to three decimals of a second.
package struct RecordedTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let millisecondsSince1970: Int64

    package init(millisecondsSince1970: Int64) {
        self.millisecondsSince1970 = millisecondsSince1970
    }

    /// Nil unless the text has exactly that form, in UTC, and the moment exists in a year from 1970 to 9999.
    package init?(_ text: String) {
        guard
            let match = text.wholeMatch(
                of: /([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,3}))?Z/),
            let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3),
            let hour = Int64(match.4), let minute = Int64(match.5), let second = Int64(match.6),
            let thousandths = match.7.map({ Int64($0 + String(repeating: "0", count: 3 - $0.count)) }) ?? 0,
            year >= 1970, (1...12).contains(month), (1...Self.days(inMonth: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let daysBeforeYear = Self.daysBefore(year: year) - Self.daysBefore(year: 1970)
        let daysBeforeMonth = (1..<month).reduce(0) { $0 + Self.days(inMonth: $1, of: year) }
        let days = daysBeforeYear + daysBeforeMonth + day - 1
        millisecondsSince1970 = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + thousandths
    }

    package var description: String {
        let (seconds, thousandths) = millisecondsSince1970.quotientAndRemainder(dividingBy: 1000)
        var days = seconds / 86_400
        var year: Int64 = 1970 + days / 366
        while Self.daysBefore(year: year + 1) - Self.daysBefore(year: 1970) <= days { year += 1 }
        days -= Self.daysBefore(year: year) - Self.daysBefore(year: 1970)
        var month: Int64 = 1
        while days >= Self.days(inMonth: month, of: year) {
            days -= Self.days(inMonth: month, of: year)
            month += 1
        }
        let day = "\(padded(year, 4))-\(padded(month, 2))-\(padded(days + 1, 2))"
        let time = "\(padded(seconds / 3600 % 24, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(day)T\(time)\(thousandths == 0 ? "" : "." + padded(thousandths, 3))Z"
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.millisecondsSince1970 < right.millisecondsSince1970
    }

    private static func isLeap(_ year: Int64) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days of the Gregorian calendar from the first of the year 1.
    private static func daysBefore(year: Int64) -> Int64 {
        let years = year - 1
        return 365 * years + years / 4 - years / 100 + years / 400
    }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
