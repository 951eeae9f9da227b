import DecisionTable
import SeededRandom
import Testing

@Suite("The compiled table decides as its cells read one by one")
struct AgreementTests {
    private static let words = ["", "a", "b", "å", "A\u{30A}", "Å", "null", "?", "-", "a long word that does not fit inline"]
    private static let numbers: [Double] = [-100, -1.5, -1, 0, 0.1, 1, 2, 3, 9.75, 10, 64, 1000, 0x1p53]

    /// Rule by rule, cell by cell.
    private static func naive(_ table: DecisionTable, _ values: [Value]) -> DecisionTable.Outcome {
        for (index, input) in table.inputs.enumerated() {
            guard input.type.contains(values[index]) else { return .invalidInput(column: index) }
            if values[index] != .null, let allowed = input.allowed, !allowed.contains(values[index]) {
                return .invalidInput(column: index)
            }
        }
        let matches = table.rules.indices.filter { rule in
            zip(table.rules[rule].conditions, values).allSatisfy { $0.contains($1) }
        }
        guard let first = matches.first else { return .noMatch }
        return matches.count == 1 || table.hitPolicy == .first ? .matched(first) : .conflict(matches)
    }

    private static func literal(_ type: ValueType, _ generator: inout SplitMix64) -> String {
        switch type {
        case .string: Value.string(words[Int.random(in: 0..<words.count, using: &generator)]).description
        case .number: Value.number(numbers[Int.random(in: 0..<numbers.count, using: &generator)]).description
        case .boolean: Bool.random(using: &generator) ? "true" : "false"
        }
    }

    private static func test(_ type: ValueType, _ generator: inout SplitMix64) -> String {
        let form = Int.random(in: 0..<10, using: &generator)
        if form == 0 { return "null" }
        guard type == .number, form > 3 else { return literal(type, &generator) }
        if form > 6 { return ["<", "<=", ">", ">="][Int.random(in: 0..<4, using: &generator)] + literal(type, &generator) }
        let lower = Int.random(in: 0..<numbers.count - 1, using: &generator)
        let upper = Int.random(in: lower + 1..<numbers.count, using: &generator)
        let (open, close) = (
            ["[", "(", "]"].randomElement(using: &generator) ?? "[", ["]", ")", "["].randomElement(using: &generator) ?? "]"
        )
        return "\(open)\(Value.number(numbers[lower]))..\(Value.number(numbers[upper]))\(close)"
    }

    private static func cell(_ type: ValueType, any: Int, _ generator: inout SplitMix64) -> String {
        if Int.random(in: 0..<100, using: &generator) < any { return "-" }
        let tests = (0..<Int.random(in: 1...3, using: &generator)).map { _ in test(type, &generator) }.joined(separator: ", ")
        return Int.random(in: 0..<4, using: &generator) == 0 ? "not(\(tests))" : tests
    }

    private static func text(_ policies: [String], _ generator: inout SplitMix64) -> TableText {
        let types = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
            [ValueType.string, .number, .boolean].randomElement(using: &generator) ?? .string
        }
        let any = Int.random(in: 10...90, using: &generator)
        let inputs = types.enumerated().map { index, type in
            // No literal is outside of these.
            let allowed =
                switch type {
                case .string: words.map { Value.string($0).description }.joined(separator: ",")
                case .number: "[-100..10], 64, 1000, 9007199254740992"
                case .boolean: "true, false"
                }
            return ("c\(index)", type.rawValue, Bool.random(using: &generator) ? allowed : "")
        }
        let rules = (0..<Int.random(in: 0...130, using: &generator)).map { _ in
            types.map { cell($0, any: any, &generator) } + ["\(Int.random(in: 1...3, using: &generator))"]
        }
        // Priorities go down.
        return TableText(
            hitPolicy: policies.randomElement(using: &generator) ?? "UNIQUE", inputs: inputs, outputs: [("out", "number", "3, 2, 1")],
            rules: rules)
    }

    private static func value(_ type: ValueType, _ generator: inout SplitMix64) -> Value {
        switch (Int.random(in: 0..<60, using: &generator), type) {
        case (0, _): return .string("other")
        case (1, _): return .number([.nan, .infinity, -.infinity, 5].randomElement(using: &generator) ?? 5)
        case (2, _): return .boolean(true)
        case (3...8, _): return .null
        case (_, .string): return .string(words.randomElement(using: &generator) ?? "")
        case (_, .number):
            let number = numbers.randomElement(using: &generator) ?? 0
            return .number([number, number.nextUp, number.nextDown, number + 0.5, -number].randomElement(using: &generator) ?? number)
        case (_, .boolean): return .boolean(.random(using: &generator))
        }
    }

    @Test("Fifty random tables, five hundred inputs each", arguments: 0..<50)
    func agreement(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let table = try Self.text(["UNIQUE", "FIRST"], &generator).table()
        for _ in 0..<500 {
            let values = table.inputs.map { Self.value($0.type, &generator) }
            let outcome = table.evaluate(values)
            guard outcome == Self.naive(table, values) else {
                Issue.record("\(outcome), not \(Self.naive(table, values)), for \(values)")
                return
            }
            // A rule matches just when no column excludes it.
            if case .matched(let rule) = outcome { #expect(table.mismatches(of: rule, values).isEmpty) }
            if case .noMatch = outcome, let rule = table.rules.indices.randomElement(using: &generator) {
                #expect(!table.mismatches(of: rule, values).isEmpty)
            }
        }
    }

    private static let policies = [
        "UNIQUE", "ANY", "PRIORITY", "FIRST", "RULE ORDER", "OUTPUT ORDER", "COLLECT", "COLLECT\" aggregation=\"SUM",
        "COLLECT\" aggregation=\"MIN", "COLLECT\" aggregation=\"MAX", "COLLECT\" aggregation=\"COUNT",
    ]

    @Test("The compiled table and the interpreter say the same, with every hit policy", arguments: 0..<66)
    func interpreter(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let text = Self.text([Self.policies[seed % Self.policies.count]], &generator)
        let model = try DecisionModel(xml: Array(text.xml.utf8), file: "t.dmn")
        let table = try #require(try model.tables.first)
        for _ in 0..<100 {
            let values = table.inputs.map { Self.value($0.type, &generator) }
            // FEEL has no such numbers.
            if values.contains(where: { if case .number(let number) = $0 { !number.isFinite } else { false } }) { continue }
            let outcome = table.evaluate(values)
            let inputs = Dictionary(uniqueKeysWithValues: zip(table.inputs.map(\.name), values.map { FEELValue($0) }))
            let result = model.evaluate("T", inputs)
            #expect(result.value == table.value(of: outcome), "\(values)")
            #expect(result.problems.map(\.reason) == table.problems(of: outcome), "\(values)")
        }
    }
}

extension DecisionTable {
    /// What the interpreter has to tell of the same outcome.
    fileprivate func problems(of outcome: Outcome) -> [DecisionProblem.Reason] {
        switch outcome {
        case .matched, .collected: []
        case .noMatch: [.noMatch]
        case .conflict(let indices): [.conflict(indices.map { rules[$0].id })]
        case .missingInput(let column): [.missingInput(inputs[column].name)]
        case .invalidInput(let column): [.invalidInput(inputs[column].label)]
        }
    }
}
