/// The condition in one cell: a list of tests of which one has to hold, `not(…)` of such a list, or `-`.
///
/// A value that is not known satisfies `-` and `null`, and nothing else: neither a comparison nor `not(…)` holds of it.
public struct UnaryTests: Hashable, Sendable {
    enum Test: Hashable, Sendable {
        case equal(Value)
        case interval(Interval)
    }

    /// The cell as written.
    public let text: String
    let tests: [Test]
    let isNegated: Bool

    /// Whether the cell is `-`.
    public var isAny: Bool { tests.isEmpty }

    /// Whether a value satisfies the cell.
    public func contains(_ value: Value) -> Bool {
        if isAny { return true }
        let isHit = tests.contains { $0.contains(value) }
        return isNegated ? value != .null && !isHit : isHit
    }
}

extension UnaryTests.Test {
    func contains(_ value: Value) -> Bool {
        switch self {
        case .equal(let expected): value == expected
        case .interval(let interval):
            if case .number(let number) = value { interval.contains(number) } else { false }
        }
    }
}

/// Numbers between two ends; an end may be open, and may lie at infinity.
struct Interval: Hashable, Sendable {
    var lower: Double
    var lowerIsIncluded: Bool
    var upper: Double
    var upperIsIncluded: Bool

    func contains(_ number: Double) -> Bool {
        (lowerIsIncluded ? number >= lower : number > lower) && (upperIsIncluded ? number <= upper : number < upper)
    }

    var isEmpty: Bool { lower > upper || (lower == upper && !(lowerIsIncluded && upperIsIncluded)) }
}
