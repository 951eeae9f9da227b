/// A decision table of texts, numbers and truth values, ready to be evaluated many times.
///
/// ```swift
/// let table = try DecisionModel(xml: bytes, file: "support.dmn").tables[0]
/// switch table.evaluate([.string("victim"), .number(17)]) {
/// case .matched(let rule): print(table.rules[rule].id, table.rules[rule].outputs)
/// case .collected, .noMatch, .conflict, .missingInput, .invalidInput: …
/// }
/// ```
public struct DecisionTable: Sendable {
    /// What holds when several rules match.
    public enum HitPolicy: String, Sendable, CaseIterable {
        /// At most one rule may match.
        case unique = "UNIQUE"
        /// Several may, when their outputs are the same.
        case any = "ANY"
        /// The rule with the outputs that come first in the lists of output values wins.
        case priority = "PRIORITY"
        /// The topmost rule wins.
        case first = "FIRST"
        /// All that match, from the top.
        case ruleOrder = "RULE ORDER"
        /// All that match, in the order of the lists of output values.
        case outputOrder = "OUTPUT ORDER"
        /// All that match, as a list.
        case collect = "COLLECT"
        case collectSum = "COLLECT SUM"
        case collectMin = "COLLECT MIN"
        case collectMax = "COLLECT MAX"
        case collectCount = "COLLECT COUNT"

        /// - Parameter aggregation: of COLLECT; empty when there is none.
        init?(name: String, aggregation: String) {
            // Editors leave the attribute where it was when a policy is changed.
            self.init(rawValue: name == "COLLECT" && !aggregation.isEmpty ? "COLLECT \(aggregation)" : name)
        }

        /// Whether one rule decides.
        public var isSingle: Bool {
            switch self {
            case .unique, .any, .priority, .first: true
            case .ruleOrder, .outputOrder, .collect, .collectSum, .collectMin, .collectMax, .collectCount: false
            }
        }

        /// Whether the outputs of all rules make one value.
        public var isAggregated: Bool {
            switch self {
            case .collectSum, .collectMin, .collectMax, .collectCount: true
            default: false
            }
        }
    }

    public struct InputColumn: Sendable {
        /// The input's name: the text of its expression.
        public let name: String
        /// The heading; the name when there is none.
        public let label: String
        public let type: ValueType
        /// What a value must be in, when the table says so.
        public let allowed: UnaryTests?
        public let line: Int
    }

    public struct OutputColumn: Sendable {
        public let name: String
        public let type: ValueType
        public let allowed: UnaryTests?
        public let line: Int
    }

    public struct Rule: Sendable {
        /// As in the file; `#3` for the third rule when it has none.
        public let id: String
        /// One cell per input column.
        public let conditions: [UnaryTests]
        /// One value per output column.
        public let outputs: [Value]
        /// The rule's description and annotations, for people.
        public let text: String
        public let line: Int
    }

    /// What a table says of an input. Rules are indices into `rules`.
    public enum Outcome: Hashable, Sendable {
        /// This rule decides.
        case matched(Int)
        /// All of these do, in the order that the hit policy says; never empty.
        case collected([Int])
        /// No rule matches: `defaultOutputs` hold, where there are any.
        case noMatch
        /// Several rules match that contradict each other.
        case conflict([Int])
        /// There is no value for this column, not even null.
        case missingInput(column: Int)
        /// The value of this column is of another type or not among those allowed.
        case invalidInput(column: Int)
    }

    public let name: String
    public let file: String
    public let hitPolicy: HitPolicy
    public let inputs: [InputColumn]
    public let outputs: [OutputColumn]
    public let rules: [Rule]
    /// What holds when no rule matches; nil when the table does not say.
    public let defaultOutputs: [Value]?
    private let matcher: RuleMatcher
    /// By rule: how far its outputs stand from the front of the lists of output values.
    private let ranks: [Int]
    /// By rule: the first one with the same outputs.
    private let alike: [Int]

    /// - Parameter matcher: of the same inputs and rules.
    init(
        name: String, file: String, hitPolicy: HitPolicy, inputs: [InputColumn], outputs: [OutputColumn], rules: [Rule],
        defaultOutputs: [Value]?, matcher: RuleMatcher
    ) {
        self.name = name
        self.file = file
        self.hitPolicy = hitPolicy
        self.inputs = inputs
        self.outputs = outputs
        self.rules = rules
        self.defaultOutputs = defaultOutputs
        self.matcher = matcher
        var first: [[Value]: Int] = [:]
        alike = rules.enumerated().map { index, rule in
            first[rule.outputs] = first[rule.outputs] ?? index
            return first[rule.outputs] ?? index
        }
        let places = rules.map { rule in zip(rule.outputs, outputs).map { $1.allowed?.place(of: $0) ?? 0 } }
        let order = rules.indices.sorted {
            places[$0] == places[$1] ? $0 < $1 : places[$0].lexicographicallyPrecedes(places[$1])
        }
        var ranks = [Int](repeating: 0, count: rules.count)
        for (rank, rule) in order.enumerated() { ranks[rule] = rank }
        self.ranks = ranks
    }

    /// Decides. `values` are in the order of `inputs`; one too many is not looked at.
    ///
    /// Nothing is allocated but for the rules of a conflict or a collection. With UNIQUE, ANY and FIRST the time does not depend on
    /// how many rules match, but for a conflict.
    public func evaluate(_ values: [Value]) -> Outcome {
        if values.count < inputs.count { return .missingInput(column: values.count) }
        return matcher.withMatches(values) { matches in
            guard let first = matches.first else { return .noMatch }
            switch hitPolicy {
            case .first: return .matched(first)
            case .unique: return matches.hasSeveral ? .conflict(matches.all) : .matched(first)
            case .any:
                if !matches.hasSeveral { return .matched(first) }
                return matches.allSatisfy { alike[$0] == alike[first] } ? .matched(first) : .conflict(matches.all)
            case .priority:
                var best = first
                matches.forEach { if ranks[$0] < ranks[best] { best = $0 } }
                return .matched(best)
            case .outputOrder: return .collected(matches.all.sorted { ranks[$0] < ranks[$1] })
            case .ruleOrder, .collect, .collectSum, .collectMin, .collectMax, .collectCount: return .collected(matches.all)
            }
        } otherwise: { column in
            .invalidInput(column: column)
        }
    }

    /// What the table says where exactly these rules match.
    /// - Parameter matches: rising.
    func outcome(of matches: [Int]) -> Outcome {
        guard let first = matches.first else { return .noMatch }
        switch hitPolicy {
        case .first: return .matched(first)
        case .unique: return matches.count > 1 ? .conflict(matches) : .matched(first)
        case .any: return matches.allSatisfy { alike[$0] == alike[first] } ? .matched(first) : .conflict(matches)
        case .priority: return .matched(matches.min { ranks[$0] < ranks[$1] } ?? first)
        case .outputOrder: return .collected(matches.sorted { ranks[$0] < ranks[$1] })
        case .ruleOrder, .collect, .collectSum, .collectMin, .collectMax, .collectCount: return .collected(matches)
        }
    }

    /// How far its outputs stand from the front of the lists of output values, among all rules.
    func rank(of rule: Int) -> Int { ranks[rule] }

    /// What an outcome comes to, as DMN has it: the value of the only output or a context of all; a list of these or one number where
    /// rules are collected; null where there is no value.
    public func value(of outcome: Outcome) -> FEELValue {
        switch outcome {
        case .matched(let rule): return combined(rules[rule].outputs)
        case .collected(let indices):
            let values = indices.map { combined(rules[$0].outputs) }
            let builtin: FEELBuiltin
            switch hitPolicy {
            case .collectCount: return .number(FEELNumber(values.count))
            case .collectSum: builtin = .sum
            case .collectMin: builtin = .min
            case .collectMax: builtin = .max
            default: return .list(values)
            }
            return builtin.apply([.list(values)]) ?? .null
        case .noMatch:
            if let defaultOutputs { return combined(defaultOutputs) }
            return hitPolicy == .collect ? .list([]) : hitPolicy == .collectCount ? .number(.zero) : .null
        case .conflict, .missingInput, .invalidInput: return .null
        }
    }

    /// The numbers at which a condition of a column, or its list of values, begins or ceases to hold, rising. Between two of them the table
    /// says the same, as far as this column is concerned; at one of them it may say something else.
    ///
    /// - Parameter column: an index into `inputs`.
    public func bounds(ofInput column: Int) -> [Double] {
        let tests = rules.flatMap { $0.conditions[column].tests } + (inputs[column].allowed?.tests ?? [])
        guard case .numbers(let bounds) = ColumnCells(.number, separating: tests) else { return [] }
        return bounds
    }

    private func combined(_ row: [Value]) -> FEELValue {
        if row.count == 1 { return FEELValue(row[0]) }
        var context = FEELContext()
        for (output, value) in zip(outputs, row) { context[output.name] = FEELValue(value) }
        return .context(context)
    }

    /// The columns whose cells exclude a rule, in their order; empty when the rule matches. For values that `evaluate` accepts.
    ///
    /// - Parameter rule: an index into `rules`.
    public func mismatches(of rule: Int, _ values: [Value]) -> [Int] {
        inputs.indices.filter { !rules[rule].conditions[$0].contains($0 < values.count ? values[$0] : .null) }
    }
}

extension UnaryTests {
    /// Of the test that holds of a value, among those of a column; behind them all when none does.
    fileprivate func place(of value: Value) -> Int {
        tests.firstIndex { $0.contains(value) } ?? tests.count
    }
}
