import Foundation
import Referral
import Testing

@testable import Inflow

/// The figures of the README: `swift test --filter InflowEvidenceTests` prints them.
struct InflowEvidenceTests {
    /// A year's cases of a unit on random days, by the weight of each day; the sum is exact.
    private func spread(_ total: Int, over days: ArraySlice<InflowDay>, stream: inout Stream, into counts: inout [Int]) {
        var cumulative: [Double] = []
        var sum = 0.0
        for day in days {
            sum += officeWeek[weekIndex(day)]
            cumulative.append(sum)
        }
        for _ in 0..<total {
            let draw = stream.uniform() * sum
            counts[days.startIndex + (cumulative.firstIndex { draw < $0 } ?? 0)] += 1
        }
    }

    @Test("1,198 cases in 2016, 867 in 2017: the unit that stops is noticed within 7 days, the others raise next to nothing")
    func nordväst() throws {
        let calendar = days(731)
        let stop = try #require(calendar.firstIndex { $0.date.description == "2017-09-06" })
        // False alarms of three units in 20 times two years.
        var others = 0
        for seed in 1...20 {
            var stream = Stream(seed: UInt64(seed))
            // 20 a week, and three that go on.
            let units = [(1_040, 709), (80, 80), (48, 48), (30, 30)]
            var totals = [0, 0]
            for (index, unit) in units.enumerated() {
                var counts = [Int](repeating: 0, count: 731)
                spread(unit.0, over: calendar[..<366], stream: &stream, into: &counts)
                spread(unit.1, over: calendar[366..<(index == 0 ? stop : 731)], stream: &stream, into: &counts)
                totals[0] += counts[..<366].reduce(0, +)
                totals[1] += counts[366...].reduce(0, +)
                var monitor = InflowMonitor()
                var raised: [(Int, InflowAlarm)] = []
                for (day, count) in zip(calendar, counts) {
                    if case .raised(let alarm) = monitor.evolve(day, count: count) {
                        raised.append((calendar.firstIndex { $0.date == alarm.through } ?? 0, alarm))
                    }
                }
                if index == 0 {
                    #expect(raised.count == 1)
                    let (day, alarm) = try #require(raised.first)
                    #expect(day >= stop && day - stop < 7, "seed \(seed): \(alarm)")
                    #expect(alarm.kind == .silence)
                } else {
                    others += raised.count
                }
            }
            #expect(totals == [1_198, 867])
        }
        print("1,198 and 867 cases, 20 times: \(others) false alarms of the units that go on, in 120 years")
        #expect(others <= 6)
    }

    struct Outcome {
        var alarms = [InflowAlarm.Kind.silence: 0, .half: 0]
        var delays: [Int] = []
        func quantile(_ part: Double) -> Int { delays.sorted()[min(delays.count - 1, Int(part * Double(delays.count)))] }
    }

    /// Sources of 25 years each, after one year of learning; in each of the years one copy falls to `left` on a day of autumn.
    private func years(_ sources: Int, perWeek: Double, dispersion: Double, left: Double, limit: Int) -> Outcome {
        let calendar = days(366 + 25 * 365 + limit)
        let means = calendar.map { perWeek / 7 * officeWeek[weekIndex($0)] }
        var outcome = Outcome()
        for seed in 1...sources {
            var stream = Stream(seed: UInt64(seed), dispersion: dispersion)
            var monitor = InflowMonitor()
            var fork = 0
            for index in 0..<(366 + 25 * 365) {
                if index >= 366 && (index - 366) % 365 == 0 { fork = index + 243 + Int(stream.uniform() * 91) }
                // While a false alarm is on no delay can be seen.
                if index == fork && monitor.alarm != nil { fork += 1 }
                if index == fork && index > 0 {
                    var copy = monitor
                    var delay = 0
                    while delay < limit {
                        let count = left == 0 ? 0 : stream.count(mean: means[index + delay] * left)
                        delay += 1
                        if case .raised = copy.evolve(calendar[index + delay - 1], count: count) { break }
                    }
                    outcome.delays.append(delay)
                }
                let event = monitor.evolve(calendar[index], count: stream.count(mean: means[index]))
                if index >= 366, case .raised(let alarm) = event { outcome.alarms[alarm.kind, default: 0] += 1 }
            }
        }
        return outcome
    }

    @Test(
        "1,000 years: delay and false alarms", .timeLimit(.minutes(5)),
        arguments: [
            (40, 20.0, 1.0, 0.0, 7, 60), (40, 20, 2, 0, 7, 60), (40, 20, 1, 0.5, 90, 200),
            (10, 20, 5, 0, 20, 100), (10, 20, 1, 0.1, 14, 60), (10, 5, 1, 0, 25, 100),
        ])
    func thousandYears(sources: Int, perWeek: Double, dispersion: Double, left: Double, most: Int, limit: Int) {
        let outcome = years(sources, perWeek: perWeek, dispersion: dispersion, left: left, limit: limit)
        print(
            "\(perWeek) a week, dispersion \(dispersion), falls to \(left): years \(outcome.delays.count), false alarms",
            "\(outcome.alarms[.silence] ?? 0) silence + \(outcome.alarms[.half] ?? 0) half; delay in days: median \(outcome.quantile(0.5)),",
            "95 % \(outcome.quantile(0.95)), 99 % \(outcome.quantile(0.99)), most \(outcome.quantile(1)); within 7 days",
            "\(outcome.delays.count { $0 <= 7 }), not within \(limit) days \(outcome.delays.count { $0 == limit })")
        #expect(outcome.delays.count >= sources * 25 - 2)
        #expect(outcome.alarms.values.reduce(0, +) * 2 <= sources * 25)
        #expect(outcome.quantile(0.99) <= most)
    }

    /// A source that does not send as the test assumes.
    enum Manner: String, CaseIterable {
        case asAssumed = "as assumed"
        case batches = "variance 20 times the mean"
        case weekly = "a week's cases on a random day of the week"
        case lumps = "a rate a sixth above or below the mean for four weeks at a time"
    }

    @Test("The first year, and sources that do not send as assumed: false alarms", arguments: Manner.allCases)
    func assumptions(manner: Manner) {
        let calendar = days(366 + 365)
        var alarms = [0, 0]
        for seed in 1...100 {
            var stream = Stream(seed: UInt64(seed), dispersion: manner == .batches ? 20 : 1)
            var monitor = InflowMonitor()
            var (weekday, factor) = (0, 1.0)
            for (index, day) in calendar.enumerated() {
                if index % 7 == 0 { weekday = Int(stream.uniform() * 5) }
                if index % 28 == 0 { factor = stream.uniform() < 0.5 ? 5.0 / 6 : 7.0 / 6 }
                let mean = 20.0 / 7 * officeWeek[weekIndex(day)]
                let count =
                    switch manner {
                    case .asAssumed, .batches: stream.count(mean: mean)
                    case .weekly: index % 7 == weekday ? stream.count(mean: 20) : 0
                    case .lumps: stream.count(mean: mean * factor)
                    }
                if case .raised = monitor.evolve(day, count: count) { alarms[index < 366 ? 0 : 1] += 1 }
            }
        }
        print("\(manner.rawValue): 100 sources, false alarms in the first year \(alarms[0]), in the second \(alarms[1])")
        // 0.5 a year are promised where the assumptions hold, and 1 is not to be passed by these.
        let most = manner == .asAssumed ? 50 : 100
        #expect(alarms[0] <= most && alarms[1] <= most)
    }

    @Test("The bound holds: false alarms a year by a Markov chain, the expectation being known", arguments: [0.07, 0.4, 20.0 / 7, 20])
    func markovChain(perDay: Double) {
        let price = FallTest.price(perDay: perDay, alarms: 0.25)
        var rates: [Double] = []
        for kind in InflowAlarm.Kind.allCases {
            let rate = alarmsPerYear(perDay: perDay, price: price, fraction: kind.fraction)
            rates.append(rate)
            #expect(rate <= 0.25 && rate > 0)
        }
        print("\(perDay) a day: price \(price), false alarms a year, silence and half: \(rates)")
    }

    /// Poisson counts on equal days. States are evidence from one price below the price to 0, in steps of about 0.02 nats, starts are weighed
    /// after each expected case. Rounds towards the alarm.
    private func alarmsPerYear(perDay: Double, price: Double, fraction: Double) -> Double {
        // So that a day without a case is a whole number of steps.
        let daily = (1 - fraction) * perDay
        let step = daily / max(1, (daily / 0.02).rounded(.down))
        let bottom = 3 * price
        let states = Int(bottom / step)
        let floorState = Int((bottom - price) / step)
        let period = max(1, Int((1 / perDay).rounded(.up)))
        let moves = Stream.probabilities(mean: perDay, dispersion: 1).enumerated().map { count, probability in
            let surplus = FallTest.surplus(count: count, expected: perDay, dispersion: 1, fraction: fraction)
            return (move: Int((-surplus / step - 1e-6).rounded(.up)), probability: probability)
        }
        var mass = [Double](repeating: 0, count: states)
        mass[floorState] = 1
        var alarms = 0.0
        for day in 0..<365 {
            if day % period == 0 {
                for state in 0..<floorState where mass[state] > 0 {
                    mass[floorState] += mass[state]
                    mass[state] = 0
                }
            }
            var next = [Double](repeating: 0, count: states)
            for state in 0..<states where mass[state] > 1e-15 {
                for (move, probability) in moves {
                    let target = state + move
                    if target >= states {
                        alarms += mass[state] * probability
                        next[floorState] += mass[state] * probability
                    } else {
                        next[max(0, target)] += mass[state] * probability
                    }
                }
            }
            mass = next
        }
        return alarms
    }
}
