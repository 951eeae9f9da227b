import Figures
import SeededRandom
import Testing

@Suite struct CostSharesTests {
    @Test func halfByPopulationAndHalfByTime() throws {
        let shares = try CostShares(minutes: ["0123": 300, "0191": 100], population: ["0123": 1_000, "0191": 3_000])
        #expect(shares.rows.map(\.byPopulation) == [2_500, 7_500])
        #expect(shares.rows.map(\.byTime) == [7_500, 2_500])
        #expect(shares.rows.map(\.share) == [5_000, 5_000])
        // Who used nothing pays by its population.
        let idle = try CostShares(minutes: ["0123": 60], population: ["0123": 1, "0191": 1])
        #expect(idle.rows.map(\.share) == [7_500, 2_500])
        // What is left after rounding goes to the largest remainder, the first of equals.
        let thirds = try CostShares(minutes: ["1": 1, "2": 1, "3": 1], population: ["1": 5, "2": 5, "3": 5])
        #expect(thirds.rows.map(\.share) == [3_334, 3_333, 3_333])
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func sharesAreExactlyTheWhole(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<50 {
            let count = Int.random(in: 1...12, using: &random)
            let codes = (0..<count).map { "\(1_000 + $0)" }
            let most = [3, 1_000, 1_000_000_000].randomElement(using: &random) ?? 3
            let population = Dictionary(uniqueKeysWithValues: codes.map { ($0, Int.random(in: 1...most, using: &random)) })
            var minutes = Dictionary(uniqueKeysWithValues: codes.map { ($0, Int.random(in: 0...most, using: &random)) })
            minutes[codes[0]] = 1
            let rows = try CostShares(minutes: minutes, population: population).rows
            for shares in [rows.map(\.byPopulation), rows.map(\.byTime), rows.map(\.share)] { #expect(shares.reduce(0, +) == 10_000) }
            let (people, time) = (Double(population.values.reduce(0, +)), Double(minutes.values.reduce(0, +)))
            for row in rows {
                let exact = 5_000 * (Double(row.population) / people + Double(row.minutes) / time)
                #expect(abs(Double(row.share) - exact) < 1.001)
            }
        }
    }

    @Test func whatCannotBeSharedSaysWhy() {
        func fault(_ minutes: [String: Int], _ population: [String: Int]) -> String? {
            do {
                _ = try CostShares(minutes: minutes, population: population)
                return nil
            } catch { return error.description }
        }
        #expect(fault(["0123": 1, "0191": 2], ["0191": 5]) == "no population for 0123")
        #expect(fault(["0123": 0], ["0123": 5])?.contains("no time") == true)
        #expect(fault(["0123": 1], ["0123": 0])?.contains("zero") == true)
        #expect(fault(["0123": 1], ["0123": -1])?.contains("negative") == true)
    }
}
