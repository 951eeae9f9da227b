/// Decides by the logic of a model, tables included, as it is written.
extension FEELEvaluator {
    mutating func evaluate(_ logic: DecisionLogic, _ scope: FEELScope) -> FEELValue {
        switch logic {
        case .literal(let text): return evaluate(text.expression, scope)
        case .table(let table): return evaluate(table, scope)
        case .invocation(let function, let bindings):
            let function = evaluate(function.expression, scope)
            var arguments: [(name: String, value: FEELValue)] = []
            for binding in bindings { arguments.append((binding.name, evaluate(binding.logic, scope))) }
            return call(function, named: arguments)
        case .context(let entries):
            var scope = scope.adding([:])
            var context = FEELContext()
            for entry in entries {
                let value = evaluate(entry.logic, scope)
                guard let variable = entry.variable else { return value }
                context[variable.name] = declared(value, variable.type, scope)
                scope.set(variable.name, context[variable.name] ?? .null)
            }
            return .context(context)
        case .list(let items):
            var values: [FEELValue] = []
            for item in items { values.append(evaluate(item, scope)) }
            return .list(values)
        case .relation(let columns, let rows):
            var values: [FEELValue] = []
            for row in rows {
                var context = FEELContext()
                for (column, cell) in zip(columns, row) { context[column.name] = declared(evaluate(cell, scope), column.type, scope) }
                values.append(.context(context))
            }
            return .list(values)
        case .function(let parameters, let body):
            let parameters = parameters.map { FEELFunction.Parameter(name: $0.name, type: $0.type) }
            return .function(FEELFunction(body: .logic(parameters, body, scope, .any)))
        }
    }

    /// Null, and a problem, when the value is not of the type that is declared for it.
    mutating func declared(_ value: FEELValue, _ type: FEELType, _ scope: FEELScope) -> FEELValue {
        if let conformed = conformed(value, to: type), accepts(conformed, type, scope) { return conformed }
        note(.invalidResult)
        return .null
    }

    private mutating func evaluate(_ table: TableLogic, _ scope: FEELScope) -> FEELValue {
        var values: [FEELValue] = []
        for input in table.inputs {
            let value = evaluate(input.expression.expression, scope)
            guard let conformed = conformed(value, to: input.type), accepts(conformed, input.type, scope),
                value == .null || input.allowed.map({ holds($0.tests, of: conformed, scope) }) ?? true
            else {
                note(.invalidInput(input.heading))
                return .null
            }
            values.append(conformed)
        }
        var matches: [Int] = []
        for (index, rule) in table.rules.enumerated() {
            var isMatch = true
            for (condition, value) in zip(rule.conditions, values) where isMatch { isMatch = holds(condition.tests, of: value, scope) }
            if isMatch { matches.append(index) }
            if isMatch, table.hitPolicy == .first { break }
        }
        if matches.isEmpty { return unmatched(table, scope) }
        if table.hitPolicy == .unique, matches.count > 1 {
            note(.conflict(matches.map { table.id(of: $0) }))
            return .null
        }
        if table.hitPolicy == .collectCount { return .number(FEELNumber(matches.count)) }
        var rows: [[FEELValue]] = []
        for match in matches { rows.append(outputs(of: match, table, scope)) }
        return result(table, matches, rows, scope)
    }

    private mutating func outputs(of rule: Int, _ table: TableLogic, _ scope: FEELScope) -> [FEELValue] {
        var values: [FEELValue] = []
        for (cell, output) in zip(table.rules[rule].outputs, table.outputs) {
            let value = evaluate(cell.expression, scope)
            guard let conformed = conformed(value, to: output.type), accepts(conformed, output.type, scope),
                value == .null || output.allowed.map({ holds($0.tests, of: conformed, scope) }) ?? true
            else {
                note(.invalidOutput(rule: table.id(of: rule), column: output.name.isEmpty ? table.name : output.name))
                values.append(.null)
                continue
            }
            values.append(conformed)
        }
        return values
    }

    private mutating func unmatched(_ table: TableLogic, _ scope: FEELScope) -> FEELValue {
        if table.outputs.contains(where: { $0.defaultEntry != nil }) {
            var row: [FEELValue] = []
            for output in table.outputs { row.append(output.defaultEntry.map { evaluate($0.expression, scope) } ?? .null) }
            return combined(table, row)
        }
        note(.noMatch)
        return switch table.hitPolicy {
        case .collect: .list([])
        case .collectCount: .number(.zero)
        default: .null
        }
    }

    private mutating func result(_ table: TableLogic, _ rules: [Int], _ rows: [[FEELValue]], _ scope: FEELScope) -> FEELValue {
        let values = rows.map { combined(table, $0) }
        switch table.hitPolicy {
        case .unique, .first, .collectCount: return values[0]
        case .any:
            if rows.allSatisfy({ $0 == rows[0] }) { return values[0] }
            note(.conflict(rules.map { table.id(of: $0) }))
            return .null
        case .priority, .outputOrder:
            var ranked: [(rank: [Int], value: FEELValue)] = []
            for (row, value) in zip(rows, values) {
                var rank: [Int] = []
                for (cell, output) in zip(row, table.outputs) { rank.append(self.rank(of: cell, output, scope)) }
                ranked.append((rank, value))
            }
            // The sort keeps the order of rules of the same rank.
            let sorted = ranked.sorted { $0.rank.lexicographicallyPrecedes($1.rank) }.map(\.value)
            return table.hitPolicy == .priority ? sorted[0] : .list(sorted)
        case .ruleOrder, .collect: return .list(values)
        case .collectSum: return call(.function(FEELFunction(body: .builtin(.sum))), [.list(values)])
        case .collectMin: return call(.function(FEELFunction(body: .builtin(.min))), [.list(values)])
        case .collectMax: return call(.function(FEELFunction(body: .builtin(.max))), [.list(values)])
        }
    }

    /// Where a value stands among those that its column allows; behind them all when it is not there.
    private mutating func rank(of value: FEELValue, _ output: TableLogic.Output, _ scope: FEELScope) -> Int {
        let tests = output.allowed?.tests.tests ?? output.type.constraints.first?.tests.tests ?? []
        for (index, test) in tests.enumerated()
        where holds(FEELUnaryTests(tests: [test], isNegated: false), of: value, scope) {
            return index
        }
        return tests.count
    }

    private func combined(_ table: TableLogic, _ row: [FEELValue]) -> FEELValue {
        if row.count == 1 { return row[0] }
        var context = FEELContext()
        for (output, value) in zip(table.outputs, row) { context[output.name] = value }
        return .context(context)
    }
}
