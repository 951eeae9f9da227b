import DecisionTable

extension FuzzTarget {
    /// A decision table that is accepted decides as its own cells say, for every value that they mention and some that they do not.
    static let decisionModel = FuzzTarget(name: "decision-model") { bytes in
        let model: DecisionModel
        do throws(DecisionTableFaults) {
            model = try DecisionModel(xml: bytes, file: "fuzz.dmn")
        } catch {
            let lines = 1 + bytes.count { $0 == UInt8(ascii: "\n") }
            try require(!error.faults.isEmpty, "a refusal says why")
            for fault in error.faults {
                try require((0...lines).contains(fault.line), "a fault is on a line of the file: \(fault.line) of \(lines)")
                try require(!fault.message.isEmpty, "a fault has words")
            }
            return
        }
        try require(!model.tables.isEmpty, "a model has a table")
        for table in model.tables { try check(table) }
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
                try require(
                    table.hitPolicy == .unique ? matching == [rule] : matching.first == rule,
                    "the rule that decides is the one that matches")
            case .noMatch: try require(matching.isEmpty, "no rule decides when none matches")
            case .conflict(let rules):
                try require(table.hitPolicy == .unique && rules == matching && rules.count > 1, "a conflict names the rules that match")
            case .invalidInput(let column):
                try require(table.inputs[column].allowed != nil, "a value of the right type is only refused when others are allowed")
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
