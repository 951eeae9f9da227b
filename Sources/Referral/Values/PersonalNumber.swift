/// A Swedish personnummer or samordningsnummer with a valid check digit, kept in its twelve-digit form.
public struct PersonalNumber: Hashable, Sendable {
    /// What is wrong with a text that was meant as a personal number.
    public enum Fault: Error, Hashable, Sendable, CaseIterable {
        /// Not written in one of the known forms.
        case form
        /// The last digit does not follow from those before it.
        case checkDigit
        /// The day of birth does not exist or lies after today.
        case day
    }

    /// `YYYYMMDDNNNC`; in a samordningsnummer the day is 60 higher.
    public let digits: String
    public let birthDate: CivilDate

    /// Nil when the form, the day or the check digit is wrong; see `init(reading:today:)`.
    public init?(_ text: String, today: CivilDate) {
        guard let number = try? PersonalNumber(reading: text, today: today) else { return nil }
        self = number
    }

    /// Reads `YYYYMMDDNNNC` (also with a hyphen before the last four), `YYMMDD-NNNC`, and `YYMMDD+NNNC` from the year of turning 100.
    /// The check digit is Luhn's over the last ten digits.
    /// - Parameter today: decides the century of the short forms.
    public init(reading text: String, today: CivilDate) throws(Fault) {
        var number = 0
        var count = 0
        var separator: (character: UInt8, position: Int)?
        for character in text.utf8 {
            if let digit = Decimal.value(of: character) {
                guard count < 12 else { throw .form }
                number = number * 10 + digit
                count += 1
            } else {
                guard separator == nil else { throw .form }
                separator = (character, count)
            }
        }
        switch (count, separator?.character, separator?.position) {
        case (12, nil, _), (12, UInt8(ascii: "-"), 8): break
        case (10, UInt8(ascii: "-"), 6): number += Self.century(of: number, today: today) * 10_000_000_000
        case (10, UInt8(ascii: "+"), 6): number += (Self.century(of: number, today: today) - 1) * 10_000_000_000
        default: throw .form
        }
        guard Luhn.isValid(number, digits: 10) else { throw .checkDigit }
        let day = number / 10_000 % 100
        guard
            let date = CivilDate(year: number / 100_000_000, month: number / 1_000_000 % 100, day: day > 60 ? day - 60 : day),
            date <= today
        else { throw .day }
        // The year has four digits, so that the number has twelve.
        digits = String(number)
        birthDate = date
    }

    /// The latest century in which the year of a ten-digit number is not after this year's.
    private static func century(of number: Int, today: CivilDate) -> Int {
        let year = number / 100_000_000
        return today.year / 100 - (year > today.year % 100 ? 1 : 0)
    }
}

/// The check digit of personal and organisation numbers (ISO/IEC 7812-1 annex B).
enum Luhn {
    /// Whether the last of the `digits` lowest decimal digits of `number` is the check digit of those before it.
    static func isValid(_ number: Int, digits: Int) -> Bool {
        var sum = 0
        var rest = number
        for position in 0..<digits {
            let digit = rest % 10
            rest /= 10
            let weighted = position.isMultiple(of: 2) ? digit : digit * 2
            sum += weighted > 9 ? weighted - 9 : weighted
        }
        return sum.isMultiple(of: 10)
    }
}

/// A Swedish organisationsnummer, written `NNNNNN-NNNN`.
public struct OrganisationNumber: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil unless the text is ten digits with a hyphen after the sixth, the third digit is at least 2 and the check digit is right.
    public init?(_ text: String) {
        var number = 0
        var position = 0
        for character in text.utf8 {
            if position == 6 {
                guard character == UInt8(ascii: "-") else { return nil }
            } else {
                guard position < 11, let digit = Decimal.value(of: character) else { return nil }
                number = number * 10 + digit
            }
            position += 1
        }
        guard position == 11, number / 10_000_000 % 10 >= 2, Luhn.isValid(number, digits: 10) else { return nil }
        description = text
    }
}

/// A police report's number (K-nummer): an optional four-digit unit, `K` and a serial, a two-digit year: `5000-K123456-24`.
/// It has no check digit.
public struct PoliceReference: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil unless the text has this form with a serial of one to nine digits.
    public init?(_ text: String) {
        var rest = Substring(text).utf8
        if Decimal.count(rest) > 0 {
            guard Decimal.count(rest) == 4, rest.dropFirst(4).first == UInt8(ascii: "-") else { return nil }
            rest = rest.dropFirst(5)
        }
        guard rest.popFirst() == UInt8(ascii: "K") else { return nil }
        let serial = Decimal.count(rest)
        guard (1...9).contains(serial) else { return nil }
        rest = rest.dropFirst(serial)
        guard rest.popFirst() == UInt8(ascii: "-"), Decimal.count(rest) == 2, rest.count == 2 else { return nil }
        description = text
    }
}

/// The ASCII digits.
private enum Decimal {
    static func value(of character: UInt8) -> Int? {
        let digit = character &- UInt8(ascii: "0")
        return digit < 10 ? Int(digit) : nil
    }

    /// How many digits the text begins with.
    static func count(_ text: Substring.UTF8View) -> Int {
        text.prefix { value(of: $0) != nil }.count
    }
}
