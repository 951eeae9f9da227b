/// What a column's values fall into: within a cell no condition of the table changes. Null's cell is the last.
enum ColumnCells: Sendable {
    /// Each text that occurs; then every other text.
    case strings([String: Int])
    /// The numbers that occur, rising. Cell 2i+1 is the i-th of them, cell 2i what lies before it.
    case numbers([Double])
    /// False, true.
    case booleans

    init(_ type: ValueType, separating tests: [UnaryTests.Test]) {
        switch type {
        case .string:
            var known: [String: Int] = [:]
            for case .equal(.string(let text)) in tests where known[text] == nil { known[text] = known.count }
            self = .strings(known)
        case .number: self = .numbers(Set(tests.flatMap(\.bounds)).sorted())
        case .boolean: self = .booleans
        }
    }

    /// How many there are besides null's.
    var count: Int {
        switch self {
        case .strings(let known): known.count + 1
        case .numbers(let known): 2 * known.count + 1
        case .booleans: 2
        }
    }

    /// A value of each cell, null's included.
    var samples: [Value] {
        switch self {
        case .strings(let known):
            var other = "?"
            while known[other] != nil { other += "?" }
            return known.sorted { $0.value < $1.value }.map { .string($0.key) } + [.string(other), .null]
        case .numbers(let known):
            // Where two numbers have none between them, the cell between is never looked up.
            return known.flatMap { [.number($0.nextDown), .number($0)] } + [.number(known.last?.nextUp ?? 0), .null]
        case .booleans: return [.boolean(false), .boolean(true), .null]
        }
    }

    /// The numbers of a cell; nil for what is no number.
    func interval(ofCell index: Int) -> Interval? {
        guard case .numbers(let known) = self, index < count else { return nil }
        let rank = index / 2
        if index % 2 == 1 { return Interval(lower: known[rank], lowerIsIncluded: true, upper: known[rank], upperIsIncluded: true) }
        return Interval(
            lower: rank > 0 ? known[rank - 1] : -.infinity, lowerIsIncluded: false, upper: rank < known.count ? known[rank] : .infinity,
            upperIsIncluded: false)
    }
}

extension UnaryTests.Test {
    /// The numbers at which it begins or ceases to hold.
    fileprivate var bounds: [Double] {
        switch self {
        case .equal(.number(let number)): [number]
        case .equal: []
        case .interval(let interval): [interval.lower, interval.upper].filter(\.isFinite)
        }
    }
}
