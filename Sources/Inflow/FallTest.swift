import Foundation
import Referral

/// A CUSUM for a fall of the rate, on negative binomial counts.
///
/// The evidence of a start, a day on which the fall may have begun, is the logarithm of the likelihood ratio since then, less the price of a
/// start. Only the best start is kept, and it alarms at 0. What starts may cost is what makes false alarms rare: see the README.
struct FallTest: Codable, Sendable, Equatable {
    /// Nats; alarms at 0. Nil before the first start.
    private(set) var evidence: Double?
    /// What was to be expected since a start was last weighed.
    private var expectedSinceWeighed = 1.0
    /// Since the best start, by the full expectation.
    private(set) var since: CivilDate?
    private(set) var expected = 0.0
    private(set) var seen = 0
    private(set) var days = 0
    /// Whether nothing speaks for a fall.
    private(set) var isQuiet = true

    var hasAlarmed: Bool { (evidence ?? -1) >= 0 }

    /// The price of a start in nats, when `alarms` may be false in a year and about `perDay` cases are expected a day: starts are weighed at
    /// most once a day, and at most once for each case that is expected.
    static func price(perDay: Double, alarms: Double) -> Double { max(0, log(max(1, 365 * min(1, perDay)) / alarms)) }

    /// - Parameters:
    ///   - expected: cases by the full expectation
    ///   - assured: cases the test may count on, at most `expected`
    ///   - fraction: of the rate that is left after the fall, above 0 and below 1
    ///   - price: of a start on this day
    mutating func add(
        _ date: CivilDate, count: Int, expected: Double, assured: Double, dispersion: Double, fraction: Double, price: Double
    ) {
        guard assured > 0 else { return }
        expectedSinceWeighed += assured
        if expectedSinceWeighed >= 1 {
            expectedSinceWeighed = 0
            if evidence.map({ $0 <= -price }) ?? true { start(date, price: price) }
        }
        guard let evidence else { return }
        // More than a floor below is forgotten at the next start, so it need not be stored exactly.
        let sum = max(evidence - Self.surplus(count: count, expected: assured, dispersion: dispersion, fraction: fraction), -1_000)
        self.evidence = sum
        self.expected += expected
        seen += count
        days += 1
        isQuiet = sum <= -price
    }

    private mutating func start(_ date: CivilDate, price: Double) {
        evidence = -price
        since = date
        expected = 0
        seen = 0
        days = 0
    }

    /// ln P(count | expected) − ln P(count | fraction × expected): how much a count speaks against the fall, in nats.
    ///
    /// Negative binomial with variance `dispersion` × mean on both sides: batches of the same kind, but fewer of them.
    static func surplus(count: Int, expected: Double, dispersion: Double, fraction: Double) -> Double {
        guard dispersion > 1.000_001 else { return Double(count) * log(1 / fraction) - (1 - fraction) * expected }
        let size = expected / (dispersion - 1)
        var sum = -(1 - fraction) * size * log(dispersion)
        // What a ten-thousandth case would add is nothing.
        for index in 0..<min(count, 10_000) {
            sum += log((size + Double(index)) / (fraction * size + Double(index)))
        }
        return sum
    }

    /// How much each expected case that does not come adds, in nats.
    static func evidencePerMissingCase(dispersion: Double, fraction: Double) -> Double {
        dispersion > 1.000_001 ? (1 - fraction) * log(dispersion) / (dispersion - 1) : 1 - fraction
    }
}
