import DecisionTable

extension FuzzTarget {
    /// A decision table that is accepted decides as its own cells say, for every value that they mention and some that they do not.
    static let decisionModel = FuzzTarget(name: "decision-model") { bytes in
        let lines = 1 + bytes.count { $0 == UInt8(ascii: "\n") }
        do {
            let model = try DecisionModel(xml: bytes, file: "fuzz.dmn")
            try checkInterpreter(model)
            for table in try model.tables { try check(table) }
        } catch let error as DecisionTableFaults {
            try require(!error.faults.isEmpty, "a refusal says why")
            for fault in error.faults {
                try require((0...lines).contains(fault.line), "a fault is on a line of the file: \(fault.line) of \(lines)")
                try require(!fault.message.isEmpty, "a fault has words")
            }
        }
    }

    /// Whatever a decision is made of, it ends, and says why it has no value.
    private static func checkInterpreter(_ model: DecisionModel) throws {
        try require(!model.decisions.isEmpty, "a model decides something")
        for decision in model.decisions.prefix(8) {
            let missing = model.evaluate(decision.name, [:])
            try require(missing == model.evaluate(decision.name, [:]), "the same inputs give the same result")
        }
    }

    private static func check(_ table: DecisionTable) throws {
        for rule in table.rules {
            try require(rule.conditions.count == table.inputs.count, "a rule has a cell for each input")
            try require(rule.outputs.count == table.outputs.count, "a rule has a value for each output")
        }
        let samples = table.inputs.map { Self.samples(of: $0.type) }
        for round in 0..<12 {
            let values = samples.enumerated().map { column, samples in samples[(round + column * round) % samples.count] }
            let matching = table.rules.indices.filter { table.mismatches(of: $0, values).isEmpty }
            switch table.evaluate(values) {
            case .matched(let rule):
                try require(matching.contains(rule) && table.hitPolicy.isSingle, "the rule that decides matches")
                if table.hitPolicy == .unique { try require(matching == [rule], "it is the only one") }
                if table.hitPolicy == .first { try require(matching.first == rule, "it is the first") }
            case .collected(let rules):
                try require(!rules.isEmpty && rules.sorted() == matching && !table.hitPolicy.isSingle, "all that match are collected")
            case .noMatch: try require(matching.isEmpty, "no rule decides when none matches")
            case .conflict(let rules):
                try require(table.hitPolicy.isSingle && rules == matching && rules.count > 1, "a conflict names the rules that match")
            case .invalidInput(let column):
                try require(table.inputs[column].allowed != nil, "a value of the right type is only refused when others are allowed")
            case .missingInput: try require(false, "every column was given a value")
            }
        }
    }

    private static func samples(of type: ValueType) -> [Value] {
        switch type {
        case .string: [.string("victim"), .string(""), .string("å"), .null]
        case .number: [.number(0), .number(17), .number(18), .number(-1e9), .number(17.5), .null]
        case .boolean: [.boolean(true), .boolean(false), .null]
        }
    }
}
