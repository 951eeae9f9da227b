import Referral
import Testing

private let today = day("2026-03-15")

private func day(_ text: String) -> CivilDate {
    guard let date = CivilDate(text) else { preconditionFailure("not a day: \(text)") }
    return date
}

@Suite struct PersonalNumberTests {
    @Test(arguments: [
        ("198112189876", "1981-12-18"),
        ("19811218-9876", "1981-12-18"),
        ("811218-9876", "1981-12-18"),
        ("811278-9873", "1981-12-18"),
        ("198112789873", "1981-12-18"),
        ("121212-1212", "2012-12-12"),
        ("121212+1212", "1912-12-12"),
        ("191212121212", "1912-12-12"),
        ("260315-0000", "2026-03-15"),
        ("000229-0005", "2000-02-29"),
    ])
    func reads(_ text: String, _ birthDate: String) throws {
        let number = try PersonalNumber(reading: text, today: today)
        #expect(number.birthDate == day(birthDate))
        #expect(number.digits.utf8.count == 12)
        #expect(number.digits.hasPrefix(birthDate.prefix(4)))
        #expect(number.digits.suffix(4) == text.suffix(4))
        #expect(PersonalNumber(text, today: today) == number)
    }

    @Test(arguments: [
        "", "-", "+", "8112189876", "811218 9876", "811218-98765", "811218-987", "8112-189876", "81121-89876", "19811218+9876",
        "1981-12189876", "1981121898765", "11981121898765", "811218--9876", "-8112189876", "8112189876-", "81121৮-9876", "８11218-9876",
        "198112189876 ", " 198112189876", "19811218987a", "19811218\u{0}9876", "99999999999999999999999999",
    ])
    func refusesOtherForms(_ text: String) {
        #expect(fault(text) == .form)
        #expect(PersonalNumber(text, today: today) == nil)
    }

    @Test func everyOtherCheckDigitIsWrong() {
        for digit in 0...9 where digit != 6 {
            #expect(fault("19811218987\(digit)") == .checkDigit)
        }
    }

    @Test(arguments: [
        "811232-9878", "198102308000", "198113018006", "198100018001", "190002298009", "198112009004", "260316-0008", "203003150006",
        "000101010005", "198112609000", "198112929007",
    ])
    func refusesDaysThatAreNone(_ text: String) {
        // The check digits are right, so that only the day can be what is wrong.
        #expect(fault(withCheckDigit(text)) == .day)
    }

    @Test func aShortYearIsTheLatestThatHasBeen() throws {
        #expect(try PersonalNumber(reading: withCheckDigit("260101-0000"), today: day("2026-01-01")).birthDate.year == 2026)
        #expect(try PersonalNumber(reading: withCheckDigit("270101-0000"), today: day("2026-12-31")).birthDate.year == 1927)
        #expect(try PersonalNumber(reading: withCheckDigit("260101+0000"), today: day("2026-12-31")).birthDate.year == 1926)
    }

    private func fault(_ text: String) -> PersonalNumber.Fault? {
        do throws(PersonalNumber.Fault) {
            _ = try PersonalNumber(reading: text, today: today)
            return nil
        } catch {
            return error
        }
    }

    /// Replaces the last digit by the right one, reckoned as a person would: from the left over the ten digits.
    private func withCheckDigit(_ text: String) -> String {
        let digits = text.compactMap(\.wholeNumberValue).suffix(10).dropLast()
        let sum = zip(digits, [2, 1, 2, 1, 2, 1, 2, 1, 2]).map { $0 * $1 }.map { $0 / 10 + $0 % 10 }.reduce(0, +)
        return text.dropLast() + String((10 - sum % 10) % 10)
    }
}

@Suite struct OrganisationNumberTests {
    @Test(arguments: ["802490-7720", "802476-1044", "802015-4822", "212000-0142"])
    func readsThoseOfRealOrganisations(_ text: String) {
        #expect(OrganisationNumber(text)?.description == text)
    }

    @Test(arguments: [
        "", "802490-7721", "8024907720", "802490 7720", "802490--772", "80249-07720", "802490-772", "802490-77201", "811218-9876",
        "802490-772O", "８02490-7720",
    ])
    func refusesTheRest(_ text: String) {
        #expect(OrganisationNumber(text) == nil)
    }
}

@Suite struct PoliceReferenceTests {
    @Test(arguments: ["5000-K123456-24", "K123456-24", "K1-00", "0000-K123456789-99"])
    func reads(_ text: String) {
        #expect(PoliceReference(text)?.description == text)
    }

    @Test(arguments: [
        "", "K", "K-24", "-K1-24", "500-K1-24", "50000-K1-24", "5000K1-24", "5000-k1-24", "k1-24", "K1234567890-24", "K1-2", "K1-234",
        "K1-24 ",
        " K1-24", "K1-2४", "K１-24", "5000-K1-24\n", "5000-", "5000-K", "K1", "K1-", "5000-5000-K1-24", "KK1-24", "K1--24",
    ])
    func refusesOtherForms(_ text: String) {
        #expect(PoliceReference(text) == nil)
    }
}
