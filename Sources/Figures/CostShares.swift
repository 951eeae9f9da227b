/// How a cost is shared by municipalities: half by the number of children and young people, half by the time used.
public struct CostShares: Hashable, Sendable {
    public struct Row: Hashable, Sendable {
        public let municipality: String
        public let population: Int
        public let minutes: Int
        /// In hundredths of a percent.
        public let byPopulation: Int
        /// In hundredths of a percent.
        public let byTime: Int
        /// In hundredths of a percent; those of all rows are 10 000 together.
        public let share: Int
    }

    public let rows: [Row]

    public struct Fault: Error, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - minutes: used, by municipality; those without a population are a fault.
    ///   - population: children and young people, by municipality, none negative; not all zero.
    /// - Throws: `Fault` when there is nothing to share by.
    public init(minutes: [String: Int], population: [String: Int]) throws(Fault) {
        let missing = minutes.filter { $0.value > 0 && population[$0.key] == nil }.keys.sorted()
        guard missing.isEmpty else { throw Fault(description: "no population for \(missing.joined(separator: ", "))") }
        let codes = population.keys.sorted()
        let people = codes.map { population[$0] ?? 0 }
        let time = codes.map { minutes[$0] ?? 0 }
        guard (people + time).allSatisfy({ (0...Self.largest).contains($0) }) else {
            throw Fault(description: "a number is negative or larger than \(Self.largest)")
        }
        let (allPeople, allTime) = (people.reduce(0, +), time.reduce(0, +))
        guard allPeople > 0 else { throw Fault(description: "the population is zero") }
        guard allTime > 0 else { throw Fault(description: "no time was used, so there is nothing to share half of the cost by") }
        let byPopulation = Self.shares(of: people.map { Int128($0) })
        let byTime = Self.shares(of: time.map { Int128($0) })
        // (p / P + t / T) / 2, over one denominator.
        let both = Self.shares(of: zip(people, time).map { Int128($0) * Int128(allTime) + Int128($1) * Int128(allPeople) })
        rows = codes.indices.map {
            Row(
                municipality: codes[$0], population: people[$0], minutes: time[$0], byPopulation: byPopulation[$0], byTime: byTime[$0],
                share: both[$0])
        }
    }

    private static let largest = 1_000_000_000

    /// Weights as hundredths of a percent that are 10 000 together: rounded down, and what is left goes to the largest remainders, the
    /// first of equals.
    private static func shares(of weights: [Int128]) -> [Int] {
        let total = weights.reduce(0, +)
        var shares = weights.map { $0 * 10_000 / total }
        let remainders = weights.indices.map { weights[$0] * 10_000 - shares[$0] * total }
        let order = weights.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
        for index in order.prefix(Int(10_000 - shares.reduce(0, +))) { shares[index] += 1 }
        return shares.map { Int($0) }
    }
}
