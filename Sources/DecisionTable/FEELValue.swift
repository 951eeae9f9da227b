/// A value of FEEL, the expression language of DMN.
public indirect enum FEELValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(FEELNumber)
    case string(String)
    case date(FEELDate)
    case time(FEELTime)
    case dateTime(FEELDateTime)
    case duration(FEELDuration)
    case list([FEELValue])
    case context(FEELContext)
    case range(FEELRange)
    case function(FEELFunction)

    public init(_ value: Value) {
        switch value {
        case .string(let text): self = .string(text)
        case .number(let number): self = FEELNumber(number).map { .number($0) } ?? .null
        case .boolean(let truth): self = .boolean(truth)
        case .null: self = .null
        }
    }

    /// What kind of value it is, in FEEL's words.
    public var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        case .date: "date"
        case .time: "time"
        case .dateTime: "date and time"
        case .duration(.nanoseconds): "days and time duration"
        case .duration(.months): "years and months duration"
        case .list: "list"
        case .context: "context"
        case .range: "range"
        case .function: "function"
        }
    }
}

extension FEELValue: CustomStringConvertible {
    /// As an expression writes it, nearly: `"text"`, `[1, 2]`, `{a: 1}`.
    public var description: String {
        if case .string(let text) = self { Value.string(text).description } else { text }
    }

    /// What `string()` gives: texts stand without quotation marks, but for those in lists and contexts.
    public var text: String {
        switch self {
        case .null: "null"
        case .boolean(let truth): truth ? "true" : "false"
        case .number(let number): number.description
        case .string(let text): text
        case .date(let date): date.description
        case .time(let time): time.description
        case .dateTime(let instant): instant.description
        case .duration(let duration): duration.description
        case .list(let items): "[\(items.map(\.description).joined(separator: ", "))]"
        case .context(let context): "{\(context.entries.map { "\($0.name): \($0.value)" }.joined(separator: ", "))}"
        case .range(.interval(let lower, let lowerIsIncluded, let upper, let upperIsIncluded)):
            "\(lowerIsIncluded ? "[" : "(")\(lower)..\(upper)\(upperIsIncluded ? "]" : ")")"
        case .range(.comparison(let comparison, let end)): "(\(comparison.rawValue) \(end))"
        case .function: "function"
        }
    }
}

/// Named values, in an order.
public struct FEELContext: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        public let name: String
        public let value: FEELValue
    }

    public private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]

    public init() {}

    /// Replaces the entry of the same name where there is one.
    public subscript(name: String) -> FEELValue? {
        get { places[name].map { entries[$0].value } }
        set {
            if let newValue, let place = places[name] {
                entries[place] = Entry(name: name, value: newValue)
            } else if let newValue {
                places[name] = entries.count
                entries.append(Entry(name: name, value: newValue))
            } else if places[name] != nil {
                entries.removeAll { $0.name == name }
                places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
            }
        }
    }
}

/// The values between two ends, or on one side of one.
public enum FEELRange: Equatable, Sendable {
    case interval(FEELValue, lowerIsIncluded: Bool, FEELValue, upperIsIncluded: Bool)
    case comparison(FEELComparison, FEELValue)
}

public enum FEELComparison: String, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
}

/// Something that can be called: a function of FEEL, of an expression or of the model.
public struct FEELFunction: Equatable, Sendable {
    struct Parameter: Equatable, Sendable {
        let name: String
        let type: FEELType
    }

    enum Body: Equatable, Sendable {
        case builtin(FEELBuiltin)
        case logic([Parameter], DecisionLogic, FEELScope, FEELType)
    }

    let body: Body
}

/// What names mean in a place; inner frames hide outer ones.
struct FEELScope: Equatable, Sendable {
    private var frames: [[String: FEELValue]] = []

    init(_ frame: [String: FEELValue] = [:]) { frames = [frame] }

    subscript(name: String) -> FEELValue? {
        for frame in frames.reversed() { if let value = frame[name] { return value } }
        return nil
    }

    func adding(_ frame: [String: FEELValue]) -> FEELScope {
        var scope = self
        scope.frames.append(frame)
        return scope
    }

    mutating func set(_ name: String, _ value: FEELValue) { frames[frames.count - 1][name] = value }
}

extension FEELValue {
    /// Whether two values are the same, as `=` says; nil when they are of kinds that cannot be compared.
    func isEqual(to other: FEELValue) -> Bool? {
        switch (self, other) {
        case (.null, .null): return true
        case (.null, _), (_, .null): return false
        case (.boolean(let left), .boolean(let right)): return left == right
        case (.number(let left), .number(let right)): return left == right
        case (.string(let left), .string(let right)): return left == right
        case (.date(let left), .date(let right)): return left == right
        case (.time, .time), (.dateTime, .dateTime), (.duration, .duration): return order(to: other).map { $0 == 0 }
        case (.list(let left), .list(let right)):
            if left.count != right.count { return false }
            return Self.allEqual(zip(left, right).lazy.map { ($0, $1) })
        case (.context(let left), .context(let right)):
            if left.entries.count != right.entries.count { return false }
            return Self.allEqual(left.entries.lazy.map { ($0.value, right[$0.name] ?? .function(FEELFunction(body: .builtin(.not)))) })
        case (.range(let left), .range(let right)): return left == right
        default: return nil
        }
    }

    private static func allEqual(_ pairs: some Sequence<(FEELValue, FEELValue)>) -> Bool? {
        for (left, right) in pairs where left.isEqual(to: right) != true { return false }
        return true
    }

    /// Below zero when this value comes first; nil when the two have no order.
    ///
    /// Times are compared by whole seconds, as FEEL defines them; fractions only count in arithmetic.
    func order(to other: FEELValue) -> Int? {
        func compare<T: Comparable>(_ left: T, _ right: T) -> Int { left < right ? -1 : left == right ? 0 : 1 }
        switch (self, other) {
        case (.number(let left), .number(let right)): return compare(left, right)
        case (.string(let left), .string(let right)): return compare(left, right)
        case (.date(let left), .date(let right)): return compare(left, right)
        case (.duration(.nanoseconds(let left)), .duration(.nanoseconds(let right))): return compare(left, right)
        case (.duration(.months(let left)), .duration(.months(let right))): return compare(left, right)
        case (.time(let left), .time(let right)):
            guard (left.zone == nil) == (right.zone == nil) else { return nil }
            return compare(left.universalSecondOfDay, right.universalSecondOfDay)
        case (.dateTime(let left), .dateTime(let right)):
            guard (left.time.zone == nil) == (right.time.zone == nil) else { return nil }
            return compare(left.seconds, right.seconds)
        default: return nil
        }
    }

    func compared(_ comparison: FEELComparison, to other: FEELValue) -> Bool? {
        switch comparison {
        case .equal: isEqual(to: other)
        case .notEqual: isEqual(to: other).map { !$0 }
        case .less: order(to: other).map { $0 < 0 }
        case .lessOrEqual: order(to: other).map { $0 <= 0 }
        case .greater: order(to: other).map { $0 > 0 }
        case .greaterOrEqual: order(to: other).map { $0 >= 0 }
        }
    }

    /// Whether a range holds this value; nil when the two cannot be compared.
    func isIn(_ range: FEELRange) -> Bool? {
        switch range {
        case .comparison(let comparison, let end): return compared(comparison, to: end)
        case .interval(let lower, let lowerIsIncluded, let upper, let upperIsIncluded):
            guard let first = order(to: lower), let second = order(to: upper) else { return nil }
            return (lowerIsIncluded ? first >= 0 : first > 0) && (upperIsIncluded ? second <= 0 : second < 0)
        }
    }

    /// How a test of a cell, or what stands after `in`, holds of this value: it equals it, or lies in it.
    func meets(_ test: FEELValue) -> Bool? {
        if case .range(let range) = test, !isRange { return isIn(range) }
        if case .list(let items) = test {
            if isEqual(to: test) == true { return true }
            return items.contains { meets($0) == true }
        }
        return isEqual(to: test)
    }

    private var isRange: Bool { if case .range = self { true } else { false } }
}
