/// How a decision or a function reaches its value.
indirect enum DecisionLogic: Equatable, Sendable {
    struct Binding: Equatable, Sendable {
        let name: String
        let logic: DecisionLogic
    }

    struct Entry: Equatable, Sendable {
        /// Nil for the entry that is the whole context's value.
        let variable: Variable?
        let logic: DecisionLogic
    }

    case literal(ExpressionText)
    case table(TableLogic)
    case invocation(ExpressionText, [Binding])
    case context([Entry])
    case list([DecisionLogic])
    /// Rows of columns.
    case relation([Variable], [[DecisionLogic]])
    case function([Variable], DecisionLogic)
}

/// A name with a type.
struct Variable: Equatable, Sendable {
    let name: String
    /// As written; nil when nothing is.
    let typeName: String?
    let type: FEELType
}

/// An expression as written and as understood.
struct ExpressionText: Equatable, Sendable {
    let text: String
    let line: Int
    let expression: FEELExpression
}

/// A cell as written and as understood.
struct CellText: Equatable, Sendable {
    let text: String
    let line: Int
    let tests: FEELUnaryTests
}

/// A decision table as its author wrote it: what the interpreter evaluates, and what the fast form is compiled from.
struct TableLogic: Equatable, Sendable {
    struct Input: Equatable, Sendable {
        let expression: ExpressionText
        /// Empty when the column has none.
        let label: String
        let typeName: String?
        let type: FEELType
        let allowed: CellText?
        let line: Int

        var heading: String { label.isEmpty ? expression.text : label }
    }

    struct Output: Equatable, Sendable {
        let name: String
        let label: String
        let typeName: String?
        let type: FEELType
        let allowed: CellText?
        let defaultEntry: ExpressionText?
        let line: Int
    }

    struct Rule: Equatable, Sendable {
        /// Nil when the file gives none.
        let id: String?
        let conditions: [CellText]
        let outputs: [ExpressionText]
        let annotations: [String]
        let line: Int
    }

    /// The decision's or function's name.
    let name: String
    let hitPolicy: DecisionTable.HitPolicy
    let inputs: [Input]
    let outputs: [Output]
    let rules: [Rule]
    let line: Int

    /// As in the file; `#3` for the third rule when it has none.
    func id(of rule: Int) -> String { rules[rule].id ?? "#\(rule + 1)" }
}
