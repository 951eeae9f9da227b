/// What a decision comes to.
public struct DecisionResult: Equatable, Sendable {
    /// Null when it could not be decided, which the problems tell, or when null is the answer.
    public let value: FEELValue
    /// Everything that stood in the way, of this decision and of those it requires. Empty when nothing did.
    public let problems: [DecisionProblem]
}

/// Why a decision, or a part of it, has no value. Never holds a value of the input.
public struct DecisionProblem: Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case unknownDecision
        /// The model asks for this input, and there is none.
        case missingInput(String)
        /// An input, or the value of a column, is of another type or not among those allowed.
        case invalidInput(String)
        case noMatch
        /// Rules that contradict each other, by their ids.
        case conflict([String])
        /// A rule gives a value that its column does not allow.
        case invalidOutput(rule: String, column: String)
        /// The result is not of the type that is declared for it.
        case invalidResult
        /// An operation or function that has no value for what it was given.
        case notComputable(String)
        /// More work than is allowed for one decision.
        case tooMuchWork
    }

    /// The name of the decision or function.
    public let decision: String
    public let reason: Reason

    public var description: String { "decision \"\(decision)\": \(reason.text)" }
}

extension DecisionProblem.Reason {
    fileprivate var text: String {
        switch self {
        case .unknownDecision: "the model has no such decision"
        case .missingInput(let name): "the input \"\(name)\" is missing"
        case .invalidInput(let name): "the value of \"\(name)\" is of another type or not among those allowed"
        case .noMatch: "no rule matches"
        case .conflict(let rules): "the rules \(rules.joined(separator: ", ")) contradict each other"
        case .invalidOutput(let rule, let column): "rule \(rule) gives a value that column \"\(column)\" does not allow"
        case .invalidResult: "the result is not of the declared type"
        case .notComputable(let what): "\(what) cannot be computed"
        case .tooMuchWork: "deciding takes more work than is allowed"
        }
    }
}
