/// A moment as a recording writes it: `2026-03-02T06:00:00Z`, with up to three decimals of a second.
package struct RecordedTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let millisecondsSince1970: Int64

    package init(millisecondsSince1970: Int64) {
        self.millisecondsSince1970 = millisecondsSince1970
    }

    /// Nil unless the text has exactly that form, in UTC, and the moment exists in a year from 1970 to 9999.
    package init?(_ text: String) {
        let characters = Array(text.utf8)
        let form = Array("0000-00-00T00:00:00".utf8)
        guard characters.count > form.count, characters.last == UInt8(ascii: "Z") else { return nil }
        for (character, expected) in zip(characters, form) {
            guard expected == UInt8(ascii: "0") ? Self.isDigit(character) : character == expected else { return nil }
        }
        func number(_ range: Range<Int>) -> Int64 { characters[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) } }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard year >= 1970, (1...12).contains(month), (1...Self.days(inMonth: month, of: year)).contains(day), hour < 24, minute < 60,
            second < 60
        else { return nil }
        var thousandths: Int64 = 0
        if characters.count > form.count + 1 {
            let decimals = form.count + 1..<characters.count - 1
            guard characters[form.count] == UInt8(ascii: "."), (1...3).contains(decimals.count),
                characters[decimals].allSatisfy(Self.isDigit)
            else { return nil }
            thousandths = number(decimals) * [100, 10, 1][decimals.count - 1]
        }
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

    private static func isDigit(_ character: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) }

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
