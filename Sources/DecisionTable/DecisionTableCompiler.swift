/// Makes the fast form of a table whose columns are texts, numbers and truth values, and whose cells are literals.
struct DecisionTableCompiler {
    private var collector: FaultCollector

    private init(file: String) { collector = FaultCollector(file: file) }

    static func compile(_ logic: TableLogic, file: String) throws(DecisionTableFaults) -> DecisionTable {
        var compiler = DecisionTableCompiler(file: file)
        compiler.collector.table = logic.name
        guard let table = compiler.table(logic), compiler.collector.faults.isEmpty else {
            throw compiler.collector.thrown ?? DecisionTableFaults([])
        }
        return table
    }

    private mutating func table(_ logic: TableLogic) -> DecisionTable? {
        let inputs = logic.inputs.map { input($0) }
        let outputs = logic.outputs.map { output($0) }
        var names: Set<String> = []
        for input in inputs where !names.insert(input.name).inserted {
            collector.add(input.line, "there are two input columns \"\(input.name.shortened)\"")
        }
        let rules = logic.rules.enumerated().map { index, rule in
            DecisionTable.Rule(
                id: logic.id(of: index),
                conditions: zip(rule.conditions, inputs).compactMap { condition($0, $1, rule: index + 1) },
                outputs: zip(rule.outputs, outputs).compactMap { value($0, $1, rule: index + 1) },
                text: rule.annotations.joined(separator: " – "), line: rule.line)
        }
        var defaults: [Value]?
        if logic.outputs.contains(where: { $0.defaultEntry != nil }) {
            defaults = zip(logic.outputs, outputs).compactMap { logic, output in
                logic.defaultEntry.map { value($0, output, rule: nil) } ?? .null
            }
        }
        guard collector.faults.isEmpty else { return nil }
        guard let matcher = RuleMatcher(inputs: inputs, rules: rules) else {
            collector.add(logic.line, "the table is too large: it has too many rules with too many different values; split it")
            return nil
        }
        return DecisionTable(
            name: logic.name, file: collector.file, hitPolicy: logic.hitPolicy, inputs: inputs, outputs: outputs, rules: rules,
            defaultOutputs: defaults, matcher: matcher)
    }

    private mutating func input(_ logic: TableLogic.Input) -> DecisionTable.InputColumn {
        let type = type(logic.type, logic.typeName, logic.line, column: logic.heading)
        return DecisionTable.InputColumn(
            name: logic.expression.text, label: logic.heading, type: type,
            allowed: allowed(logic.allowed, logic.type, type, column: logic.heading), line: logic.line)
    }

    private mutating func output(_ logic: TableLogic.Output) -> DecisionTable.OutputColumn {
        let type = type(logic.type, logic.typeName, logic.line, column: logic.name)
        return DecisionTable.OutputColumn(
            name: logic.name, type: type, allowed: allowed(logic.allowed, logic.type, type, column: logic.name), line: logic.line)
    }

    /// Texts when nothing is said.
    private mutating func type(_ type: FEELType, _ name: String?, _ line: Int, column: String) -> ValueType {
        switch type.base {
        case .any, .string: return .string
        case .number: return .number
        case .boolean: return .boolean
        default:
            collector.add(
                line, column: column,
                "type \((name ?? "\(type.base)").shortened) is not for this kind of table; string, number and boolean are")
            return .string
        }
    }

    /// The column's own values, or those of its type.
    private mutating func allowed(_ own: CellText?, _ logic: FEELType, _ type: ValueType, column: String) -> UnaryTests? {
        var found: UnaryTests?
        for cell in (own.map { [$0] } ?? []) + logic.constraints {
            guard let tests = tests(cell, type, rule: nil, column: column) else { return nil }
            if let found, found.tests != tests.tests || found.isNegated != tests.isNegated {
                collector.add(
                    cell.line, column: column, "the column and its type allow different values; give them in one place")
            }
            found = found ?? tests
        }
        return found
    }

    private mutating func condition(_ cell: CellText, _ input: DecisionTable.InputColumn, rule: Int) -> UnaryTests? {
        guard let tests = tests(cell, input.type, rule: rule, column: input.label) else { return nil }
        for case .equal(let value) in tests.tests { check(value, in: input.allowed, line: cell.line, rule: rule, column: input.label) }
        return tests
    }

    private mutating func value(_ cell: ExpressionText, _ output: DecisionTable.OutputColumn, rule: Int?) -> Value? {
        do throws(UnaryTestsParser.Fault) {
            let value = try UnaryTestsParser.literal(cell.text, type: output.type)
            check(value, in: output.allowed, line: cell.line, rule: rule, column: output.name)
            return value
        } catch {
            collector.add(cell.line, rule: rule, column: output.name, error.message)
            return nil
        }
    }

    private mutating func tests(_ cell: CellText, _ type: ValueType, rule: Int?, column: String) -> UnaryTests? {
        do throws(UnaryTestsParser.Fault) {
            return try UnaryTestsParser.parse(cell.text, type: type)
        } catch {
            collector.add(cell.line, rule: rule, column: column, error.message)
            return nil
        }
    }

    private mutating func check(_ value: Value, in allowed: UnaryTests?, line: Int, rule: Int?, column: String) {
        guard let allowed, value != .null, !allowed.contains(value) else { return }
        collector.add(
            line, rule: rule, column: column, "\(value.description.shortened) is not among the column's values \(allowed.text.shortened)")
    }
}
