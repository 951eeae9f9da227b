import Foundation
import Inflow
import Referral
import SeededRandom

/// Counts drawn from known rates.
struct Stream {
    /// Variance over mean; 1 is Poisson.
    var dispersion = 1.0
    var random: SplitMix64
    /// Cumulative probabilities by mean, as means recur.
    private var tables: [Double: [Double]] = [:]

    init(seed: UInt64, dispersion: Double = 1) {
        random = SplitMix64(seed: seed &* 0x2545_F491_4F6C_DD1D)
        self.dispersion = dispersion
    }

    mutating func uniform() -> Double { Double(random.next() >> 11) / 9_007_199_254_740_992 }

    mutating func count(mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        let table: [Double]
        if let known = tables[mean] {
            table = known
        } else {
            table = Self.cumulative(mean: mean, dispersion: dispersion)
            tables[mean] = table
        }
        let draw = uniform()
        var index = 0
        while index < table.count && table[index] < draw { index += 1 }
        return index
    }

    static func probabilities(mean: Double, dispersion: Double) -> [Double] {
        var result: [Double] = []
        let size = dispersion > 1 ? mean / (dispersion - 1) : 0
        var current = dispersion > 1 ? pow(dispersion, -size) : exp(-mean)
        var total = 0.0
        while total < 1 - 1e-12 && result.count < 2_000 {
            result.append(current)
            total += current
            let next = Double(result.count)
            current *= dispersion > 1 ? (size + next - 1) * (dispersion - 1) / dispersion / next : mean / next
        }
        return result
    }

    private static func cumulative(mean: Double, dispersion: Double) -> [Double] {
        var sum = 0.0
        return probabilities(mean: mean, dispersion: dispersion).map {
            sum += $0
            return sum
        }
    }
}

/// Monday to Friday, and little on other days; sums to 7.
let officeWeek = [1.4, 1.3, 1.3, 1.3, 1.3, 0.2, 0.2]

extension CivilDate {
    static let start = CivilDate(year: 2016, month: 1, day: 1) ?? CivilDate(inStockholmAt: Instant(milliseconds: 0))
}

func days(_ count: Int, from start: CivilDate = .start) -> [InflowDay] { (0..<count).map { InflowDay(start.adding(days: $0)) } }

/// 0 Monday to 6 Sunday, and a public holiday like a Sunday.
func weekIndex(_ day: InflowDay) -> Int {
    let weekday = day.date.weekday.rawValue - 1
    return weekday < 5 && !day.date.isWorkingDay ? 6 : weekday
}
