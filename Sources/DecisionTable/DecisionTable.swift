/// A decision table as its author wrote it, ready to be evaluated.
///
/// ```swift
/// let model = try DecisionModel(xml: bytes, file: "support.dmn")
/// let table = model.tables[0]
/// switch table.evaluate([.string("victim"), .number(17)]) {
/// case .matched(let rule): print(table.rules[rule].id, table.rules[rule].outputs)
/// case .noMatch, .conflict, .invalidInput: …
/// }
/// ```
public struct DecisionTable: Sendable {
    /// What holds when several rules match.
    public enum HitPolicy: String, Sendable {
        /// At most one rule may match.
        case unique = "UNIQUE"
        /// The topmost rule wins.
        case first = "FIRST"
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
        case matched(Int)
        case noMatch
        /// Several rules match where only one may.
        case conflict([Int])
        /// The value of this column is of another type or not among those allowed.
        case invalidInput(column: Int)
    }

    public let name: String
    public let file: String
    public let hitPolicy: HitPolicy
    public let inputs: [InputColumn]
    public let outputs: [OutputColumn]
    public let rules: [Rule]
    private let matcher: RuleMatcher

    /// - Parameter matcher: of the same inputs and rules.
    init(
        name: String, file: String, hitPolicy: HitPolicy, inputs: [InputColumn], outputs: [OutputColumn], rules: [Rule],
        matcher: RuleMatcher
    ) {
        self.name = name
        self.file = file
        self.hitPolicy = hitPolicy
        self.inputs = inputs
        self.outputs = outputs
        self.rules = rules
        self.matcher = matcher
    }

    /// Decides. `values` are in the order of `inputs`; a missing one is null, one too many is not looked at.
    ///
    /// The time does not depend on how many rules match, but for a conflict.
    public func evaluate(_ values: [Value]) -> Outcome {
        matcher.withMatches(values) { matches in
            guard let first = matches.first else { return .noMatch }
            switch hitPolicy {
            case .first: return .matched(first)
            case .unique: return matches.hasSeveral ? .conflict(matches.all) : .matched(first)
            }
        } otherwise: { column in
            .invalidInput(column: column)
        }
    }

    /// The columns whose cells exclude a rule, in their order; empty when the rule matches. For values that `evaluate` accepts.
    ///
    /// - Parameter rule: an index into `rules`.
    public func mismatches(of rule: Int, _ values: [Value]) -> [Int] {
        inputs.indices.filter { !rules[rule].conditions[$0].contains($0 < values.count ? values[$0] : .null) }
    }
}
