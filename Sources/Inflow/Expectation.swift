import Foundation

/// What one source sends on a day, learned from its own days: level × weekday × season, and how much more than a Poisson count it varies.
/// The formulas are in the README of this module.
public struct Expectation: Sendable, Equatable {
    /// Cases and days, both fading, the days weighted by weekday and season.
    private var level = Cell()
    private var weekday = [Cell](repeating: Cell(), count: InflowDay.weekdays)
    private var season = [Cell](repeating: Cell(), count: InflowDay.seasons)
    /// Squared differences from what was expected, and what was expected.
    private var spread = Cell()
    /// The first days since the level was learned anew, until there are enough of them.
    private var firstDays: [FirstDay] = []
    /// Days learned from, ever.
    public private(set) var days = 0
    /// Cases since the level was learned anew.
    private(set) var cases = 0.0

    /// What came and what was expected, so that their ratio is a factor.
    struct Cell: Codable, Sendable, Equatable {
        var seen = 0.0
        var expected = 0.0

        mutating func add(_ seen: Double, _ expected: Double, memory: Double) {
            let kept = 1 - 1 / memory
            self.seen = self.seen * kept + seen
            self.expected = self.expected * kept + expected
        }

        /// The ratio as if `weight` more had been expected and `weight` × `usual` had come.
        func ratio(_ usual: Double, weight: Double) -> Double { (seen + weight * usual) / (expected + weight) }

        var isSound: Bool { seen.isFinite && expected.isFinite && seen >= 0 && expected >= 0 }
    }

    struct FirstDay: Codable, Sendable, Equatable {
        var weekday: Int
        var season: Int
        var count: Double
    }

    init() {}

    /// Whether there is enough to say what is to be expected.
    public var isKnown: Bool { firstDays.isEmpty && level.expected > 0 && cases >= InflowPolicy.learningCases }
    /// Whether every part of the year has been seen once.
    public var knowsSeasons: Bool { days >= InflowPolicy.seasonDays }
    /// Cases on an average day of an average week; 0 before anything is known.
    public var perDay: Double { level.expected > 0 ? level.seen / level.expected : 0 }
    /// Variance over mean of a day's count, from 1.05 to 40. 1 is a Poisson count, more is work that comes in batches.
    public var dispersion: Double { min(max(spread.ratio(1.5, weight: 20), 1.05), 40) }
    /// The share of `perDay` that a test may count on: one standard error less, at least a quarter.
    var caution: Double { level.seen > 0 ? max(0.25, 1 - (dispersion / level.seen).squareRoot()) : 0.25 }

    /// Cases to be expected on a day.
    public func expected(on day: InflowDay) -> Double { perDay * weekdayFactor(day.weekday) * seasonFactor(day.season) }

    /// 1 on an average day of the week; without days of its own 1, a holiday like a Sunday.
    private func weekdayFactor(_ index: Int) -> Double {
        var sum = 0.0
        for index in 0..<7 { sum += rawFactor(index) }
        return rawFactor(index) * 7 / sum
    }

    private func rawFactor(_ index: Int) -> Double {
        index == InflowDay.holiday ? weekday[index].ratio(weekday[6].ratio(1, weight: 2), weight: 2) : weekday[index].ratio(1, weight: 2)
    }

    /// 1 in an average month; before it has been seen 1, Christmas one half.
    private func seasonFactor(_ index: Int) -> Double { season[index].ratio(index == InflowDay.christmas ? 0.5 : 1, weight: 15) }

    /// Learns from a day.
    mutating func learn(_ day: InflowDay, count: Int) {
        days += 1
        guard firstDays.isEmpty, level.expected > 0 else { return learnFirst(day, count: Double(count)) }
        let expected = expected(on: day)
        // A day may pull upwards by four standard deviations and two cases.
        let taken = min(Double(count), expected + 4 * (dispersion * expected).squareRoot() + 2)
        cases += taken
        spread.add((taken - expected) * (taken - expected), expected, memory: 365)
        // Long enough for 50 cases, between 87 days (half-life 60) and three years.
        let memory = min(max(87, 50 / max(perDay, 0.001)), 1_095)
        let (weekdayFactor, seasonFactor, perDay) = (weekdayFactor(day.weekday), seasonFactor(day.season), perDay)
        level.add(taken, weekdayFactor * seasonFactor, memory: memory)
        weekday[day.weekday].add(taken, perDay * seasonFactor, memory: 104)
        season[day.season].add(taken, perDay * weekdayFactor, memory: 120)
    }

    private mutating func learnFirst(_ day: InflowDay, count: Double) {
        firstDays.append(FirstDay(weekday: day.weekday, season: day.season, count: count))
        guard firstDays.count >= InflowPolicy.learningDays else { return }
        // The two highest days count as the third: an upload of old cases at the start is not the level.
        let cap = firstDays.map(\.count).sorted(by: >)[2]
        let taken = firstDays.map { min($0.count, cap) }
        cases = taken.reduce(0, +)
        let exposure = firstDays.reduce(0) { $0 + weekdayFactor($1.weekday) * seasonFactor($1.season) }
        // Never nothing, so that a source that wakes up later is learned.
        level = Cell(seen: max(cases, 0.01), expected: max(exposure, 0.01))
        let perDay = perDay
        for (first, count) in zip(firstDays, taken) {
            let (weekdayFactor, seasonFactor) = (weekdayFactor(first.weekday), seasonFactor(first.season))
            weekday[first.weekday].add(count, perDay * seasonFactor, memory: 104)
            season[first.season].add(count, perDay * weekdayFactor, memory: 120)
        }
        for (first, count) in zip(firstDays, taken) {
            let expected = perDay * weekdayFactor(first.weekday) * seasonFactor(first.season)
            spread.add((count - expected) * (count - expected), expected, memory: 365)
        }
        firstDays = []
    }

    /// Forgets the level, keeps weekdays, seasons and dispersion.
    mutating func forgetLevel() {
        level = Cell()
        cases = 0
        firstDays = []
    }
}

extension Expectation: Codable {
    private enum CodingKeys: String, CodingKey { case level, weekday, season, spread, firstDays, days, cases }

    /// Throws when a stored value could not have been written by this type.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        level = try values.decode(Cell.self, forKey: .level)
        weekday = try values.decode([Cell].self, forKey: .weekday)
        season = try values.decode([Cell].self, forKey: .season)
        spread = try values.decode(Cell.self, forKey: .spread)
        firstDays = try values.decode([FirstDay].self, forKey: .firstDays)
        days = try values.decode(Int.self, forKey: .days)
        cases = try values.decode(Double.self, forKey: .cases)
        let cellsAreSound = ([level, spread] + weekday + season).allSatisfy(\.isSound)
        let daysAreSound = firstDays.allSatisfy {
            (0..<InflowDay.weekdays).contains($0.weekday) && (0..<InflowDay.seasons).contains($0.season) && $0.count >= 0
        }
        let sizesAreSound =
            weekday.count == InflowDay.weekdays && season.count == InflowDay.seasons && firstDays.count < InflowPolicy.learningDays
            && (0..<Int.max / 2).contains(days) && cases >= 0
        guard cellsAreSound, daysAreSound, sizesAreSound else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "not an expectation of inflow"))
        }
    }
}
