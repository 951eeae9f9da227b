import Foundation
import Referral
import SeededRandom
import Testing

@Suite struct WorkingTimeTests {
    private static let calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "Europe/Stockholm") ?? .gmt
        return calendar
    }()

    private func utc(_ text: String) throws -> Instant {
        let date = try Date(text, strategy: .iso8601)
        return Instant(milliseconds: Int64(date.timeIntervalSince1970 * 1_000))
    }

    private func day(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

    /// `2026-03-02 08:00` in Sweden.
    private func local(_ text: String) throws -> Instant {
        let parts = text.split(separator: " ")
        let time = try parts[1].split(separator: ":").map { try #require(Int($0)) }
        return try #require(LocalTime(day(String(parts[0])), hour: time[0], minute: time[1])).instant
    }

    // MARK: Local time

    @Test(arguments: UInt64(0)..<8) func localTimeIsThatOfTheCalendar(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            // 1980 to 2100: as long as there has been summer time, and on.
            let moment = Int64.random(in: 315_532_800...4_102_444_800, using: &random)
            let parts = Self.calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .weekday], from: Date(timeIntervalSince1970: Double(moment)))
            let time = LocalTime(inStockholmAt: Instant(milliseconds: moment * 1_000))
            #expect(
                [time.date.year, time.date.month, time.date.day, time.hour, time.minute]
                    == [parts.year, parts.month, parts.day, parts.hour, parts.minute])
            #expect(time.date.weekday.rawValue % 7 + 1 == parts.weekday)
            // The way back: the same moment, or the first of the two that look the same.
            let back = time.instant.milliseconds / 60_000
            #expect(back == moment / 60 || (back == moment / 60 - 60 && LocalTime(inStockholmAt: time.instant) == time))
        }
    }

    @Test func theHourThatNeverComesAndTheOneThatComesTwice() throws {
        #expect(try local("2026-03-29 01:59") == utc("2026-03-29T00:59:00Z"))
        #expect(try local("2026-03-29 02:30") == utc("2026-03-29T01:30:00Z"))
        #expect(try LocalTime(inStockholmAt: local("2026-03-29 02:30")).description == "2026-03-29 03:30")
        #expect(try local("2026-03-29 03:00") == utc("2026-03-29T01:00:00Z"))
        #expect(try local("2026-10-25 02:30") == utc("2026-10-25T00:30:00Z"))
        #expect(try LocalTime(inStockholmAt: utc("2026-10-25T01:30:00Z")).description == "2026-10-25 02:30")
        #expect(try local("2026-10-25 03:00") == utc("2026-10-25T02:00:00Z"))
    }

    @Test func daysAreAddedAndCounted() throws {
        #expect(try day("2024-02-28").adding(days: 2) == day("2024-03-01"))
        #expect(try day("2026-01-01").adding(days: -1) == day("2025-12-31"))
        #expect(try day("1970-01-01").weekday == .thursday)
        #expect(try day("1900-01-01").weekday == .monday)
        #expect(try day("9999-12-31").adding(days: 5) == day("9999-12-31"))
        #expect(LocalTime(inStockholmAt: Instant(milliseconds: .max)).date.year == 9_999)
        #expect(LocalTime(inStockholmAt: Instant(milliseconds: .min)).date.year == 1_800)
    }

    @Test func theEveningIsFrom17To21InSweden() throws {
        for (time, isEvening) in [
            ("2026-03-02T15:59:59Z", false), ("2026-03-02T16:00:00Z", true), ("2026-03-02T19:59:59Z", true),
            ("2026-03-02T20:00:00Z", false),
            ("2026-07-02T14:59:59Z", false), ("2026-07-02T15:00:00Z", true), ("2026-07-02T18:59:59Z", true),
            ("2026-07-02T19:00:00Z", false),
        ] {
            #expect(try LocalHours.evening.contains(utc(time)) == isEvening, "\(time)")
        }
    }

    // MARK: Holidays

    @Test(arguments: [
        (2000, "04-23", "06-24", "11-04"), (2004, "04-11", "06-26", "11-06"), (2008, "03-23", "06-21", "11-01"),
        (2011, "04-24", "06-25", "11-05"), (2019, "04-21", "06-22", "11-02"), (2020, "04-12", "06-20", "10-31"),
        (2024, "03-31", "06-22", "11-02"), (2025, "04-20", "06-21", "11-01"), (2026, "04-05", "06-20", "10-31"),
        (2038, "04-25", "06-26", "11-06"), (2285, "03-22", "06-20", "10-31"),
    ])
    func theMovableDays(year: Int, easter: String, midsummer: String, allSaints: String) throws {
        #expect(try Holiday.easterSunday.date(in: year) == day("\(year)-\(easter)"))
        #expect(try Holiday.midsummerDay.date(in: year) == day("\(year)-\(midsummer)"))
        #expect(try Holiday.allSaints.date(in: year) == day("\(year)-\(allSaints)"))
    }

    @Test func theRulesOfTheLawHoldInEveryYear() throws {
        for year in 1_990...2_200 {
            let easter = try #require(Holiday.easterSunday.date(in: year))
            #expect(easter.weekday == .sunday)
            #expect(try easter >= day("\(year)-03-22") && easter <= day("\(year)-04-25"))
            #expect(Holiday.goodFriday.date(in: year)?.weekday == .friday)
            // The sixth Thursday and the seventh Sunday after Easter.
            #expect(Holiday.ascension.date(in: year) == easter.adding(days: 4 + 5 * 7))
            #expect(Holiday.whitSunday.date(in: year) == easter.adding(days: 7 * 7))
            let midsummer = try #require(Holiday.midsummerDay.date(in: year))
            #expect(midsummer.weekday == .saturday && midsummer.month == 6 && (20...26).contains(midsummer.day))
            let saints = try #require(Holiday.allSaints.date(in: year))
            #expect(try saints.weekday == .saturday && saints >= day("\(year)-10-31") && saints <= day("\(year)-11-06"))
            #expect((Holiday.whitMonday.date(in: year) == nil) == (year >= 2005))
            #expect((Holiday.nationalDay.date(in: year) == nil) == (year < 2005))
        }
    }

    @Test func theWorkingDaysOfKnownYears() throws {
        // Mondays to Fridays less the holidays and eves that fall on them.
        for (year, expected) in [(2024, 251), (2025, 249), (2026, 251)] {
            var count = 0
            var date = try day("\(year)-01-01")
            while date.year == year {
                if date.isWorkingDay { count += 1 }
                date = date.adding(days: 1)
            }
            #expect(count == expected, "\(year)")
        }
        for closed in [
            "2026-01-01", "2026-01-06", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-06-19", "2026-12-24", "2026-12-25",
            "2026-12-31", "2004-05-31", "2025-06-06",
        ] {
            #expect(try !day(closed).isWorkingDay, "\(closed)")
        }
        for open in ["2026-04-02", "2026-05-25", "2026-01-05", "2026-04-30", "2004-06-07", "2005-05-16"] {
            #expect(try day(open).isWorkingDay, "\(open)")
        }
        #expect(try day("2011-06-02").holidays == [.ascension])
    }

    // MARK: Working hours

    @Test(arguments: [
        ("2026-03-02 09:00", 4, "2026-03-02 13:00"), ("2026-03-02 13:00", 4, "2026-03-02 17:00"),
        ("2026-03-02 15:00", 4, "2026-03-03 10:00"),
        ("2026-03-06 16:30", 4, "2026-03-09 11:30"), ("2026-03-07 12:00", 4, "2026-03-09 12:00"),
        ("2026-03-02 03:00", 9, "2026-03-02 17:00"),
        ("2026-03-02 20:00", 10, "2026-03-04 09:00"),
        // Over Easter; over midsummer; over Christmas and New Year.
        ("2026-04-02 15:00", 4, "2026-04-07 10:00"), ("2026-06-18 16:00", 4, "2026-06-22 11:00"),
        ("2026-12-23 16:00", 4, "2026-12-28 11:00"), ("2026-12-30 16:00", 4, "2027-01-04 11:00"),
    ])
    func workingHoursAreCounted(start: String, hours: Int, end: String) throws {
        #expect(try TimeSpan.workingHours(hours).deadline(from: local(start)) == local(end))
    }

    @Test(arguments: UInt64(0)..<4) func theDeadlineIsTheFirstMomentByWhichTheTimeHasPassed(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for hours in [LocalHours.office, try #require(LocalHours(from: 0, to: 24)), try #require(LocalHours(from: 1, to: 4))] {
            let office = WorkingHours(hours)
            for _ in 0..<6 {
                let start = Instant(milliseconds: Int64.random(in: 1_577_836_800_000...1_893_456_000_000, using: &random))
                let time = Duration.milliseconds(Int64.random(in: 1...180_000_000, using: &random))
                let end = office.deadline(after: time, from: start)
                #expect(office.time(from: start, to: end) == time)
                #expect(office.time(from: start, to: Instant(milliseconds: end.milliseconds - 1)) == time - .milliseconds(1))
                #expect(office.contains(Instant(milliseconds: end.milliseconds - 1)))
                // As the calendar counts it, minute by minute.
                let minutes = sequence(first: start) { $0 + .seconds(60) }.prefix { $0 < end }
                let counted = minutes.count { moment in
                    let parts = Self.calendar.dateComponents(
                        [.weekday, .hour], from: Date(timeIntervalSince1970: Double(moment.milliseconds) / 1_000))
                    guard let weekday = parts.weekday, let hour = parts.hour, (2...6).contains(weekday) else { return false }
                    return hour * 60 >= hours.start && hour * 60 < hours.end && CivilDate(inStockholmAt: moment).holidays.isEmpty
                }
                #expect(abs(Double(counted) * 60 - time / .seconds(1)) <= 180)
            }
        }
    }

    @Test func spansOfDaysKeepTheTimeOfDayAndSpansOfHoursDoNot() throws {
        let beforeSummer = try local("2026-03-28 10:00")
        #expect(try TimeSpan.days(3).deadline(from: beforeSummer) == local("2026-03-31 10:00"))
        #expect(try TimeSpan.hours(72).deadline(from: beforeSummer) == local("2026-03-31 11:00"))
        let beforeWinter = try local("2026-10-24 10:00")
        #expect(try TimeSpan.days(3).deadline(from: beforeWinter) == local("2026-10-27 10:00"))
        #expect(try TimeSpan.hours(72).deadline(from: beforeWinter) == local("2026-10-27 09:00"))
        // The second 2:30 of the night: no days later is not an hour earlier.
        let second = try utc("2026-10-25T01:30:00Z")
        #expect(TimeSpan.days(0).deadline(from: second) == second)
        // Two days before the hour that never comes.
        #expect(try TimeSpan.days(2).deadline(from: local("2026-03-27 02:30")) == local("2026-03-29 03:30"))
    }
}
