import Foundation
import SeededRandom
import Testing

@testable import DecisionTable

@Suite("Analysis of tables")
struct DecisionTableAnalysisTests {
    private static func routing(_ policy: String, _ rules: [[String]]) throws -> DecisionTable {
        try TableText(
            hitPolicy: policy, inputs: [("role", "string", "\"victim\", \"witness\", \"other\""), ("age", "number", "[0..130]")],
            rules: rules
        ).table()
    }

    @Test("Gaps come in the largest regions, with a person in each")
    func gaps() throws {
        let table = try Self.routing(
            "UNIQUE", [["\"victim\"", "[10..21]", "1"], ["\"witness\"", "< 18", "2"], ["\"witness\"", "[18..130]", "3"]])
        let analysis = table.analysed(wholeNumbers: [1])
        #expect(
            analysis.gaps.map(\.description).sorted() == [
                "\"other\" | -", "\"victim\", \"other\" | [0..9], [22..130]",
            ])
        for gap in analysis.gaps { #expect(table.evaluate(gap.example) == .noMatch) }
        #expect(analysis.undecided.isEmpty && analysis.overlaps.isEmpty && analysis.undecidingRules.isEmpty)
        #expect(analysis.unnamedValues == [.init(column: 0, value: .string("other"))])
    }

    @Test("Something lies between 17 and 18, unless numbers are whole")
    func wholeNumbers() throws {
        let table = try TableText(inputs: [("age", "number", "[0..130]")], rules: [["<= 17", "1"], [">= 18", "2"]]).table()
        #expect(table.analysed().gaps.map(\.description) == ["(17..18)"])
        #expect(table.analysed(wholeNumbers: [0]).gaps.isEmpty)
    }

    @Test("Null and other texts belong to a column that names them, or that has no list")
    func domain() throws {
        let open = try TableText(inputs: [("word", "string", "")], rules: [["\"a\"", "1"]]).table()
        #expect(open.analysed().gaps.map(\.description) == ["not(\"a\")"])
        let withNull = try TableText(inputs: [("age", "number", "null, [0..1]")], rules: [["[0..1]", "1"]]).table()
        #expect(withNull.analysed().gaps.map(\.description) == ["null"])
        let free = try TableText(inputs: [("age", "number", "")], rules: [["[0..1]", "1"]]).table()
        #expect(free.analysed().gaps.map(\.description) == ["< 0, > 1"])
    }

    @Test("A rule that others cover only together never decides")
    func coveredByUnion() throws {
        let rules = [["-", "< 18", "1"], ["-", ">= 18", "2"], ["\"victim\"", "[10..30]", "3"], ["\"victim\"", "> 200", "4"]]
        let first = try TableText(
            hitPolicy: "FIRST", inputs: [("role", "string", ""), ("age", "number", "[0..130]")], rules: rules
        ).table().analysed()
        #expect(first.undecidingRules == [2])
        #expect(first.unmatchedRules == [3])
        #expect(first.overlaps.map { [$0.first, $0.second] } == [[0, 2], [1, 2]])
        #expect(first.overlaps.allSatisfy { !$0.isConflict })
        #expect(first.idleColumns == [0])
        let unique = try TableText(inputs: [("role", "string", ""), ("age", "number", "[0..130]")], rules: rules).table().analysed()
        #expect(unique.overlaps.map(\.region.description) == ["\"victim\" | [10..18)", "\"victim\" | [18..30]"])
        #expect(unique.overlaps.map(\.isConflict) == [true, true])
        #expect(unique.undecidingRules == [2])
    }

    @Test("ANY forbids overlaps with different outputs only; collections have no rule that never decides")
    func otherPolicies() throws {
        let rules = [["-", "< 18", "1"], ["-", "> 10", "1"], ["\"victim\"", "[12..15]", "2"]]
        let any = try Self.routing("ANY", rules).analysed()
        #expect(any.overlaps.map(\.isConflict) == [false, true, true])
        #expect(any.undecidingRules == [2])
        let collect = try Self.routing("COLLECT", rules).analysed()
        #expect(collect.overlaps.map(\.isConflict) == [false, false, false])
        #expect(collect.undecidingRules.isEmpty)
    }

    /// All combinations of values that stand for everything the columns hold, by looking at each column's text anew.
    private static func points(_ table: DecisionTable, whole: Bool) -> [[Value]] {
        let columns = table.inputs.enumerated().map { index, input -> [Value] in
            let tests = table.rules.flatMap { $0.conditions[index].tests } + (input.allowed?.tests ?? [])
            var values: [Value] = tests.contains(.equal(.null)) ? [.null] : []
            switch input.type {
            case .boolean: values += [.boolean(true), .boolean(false)]
            case .string: values += ["a", "b", "c", "zz"].map { .string($0) }
            case .number: values += stride(from: -1, through: 12, by: whole ? 1 : 0.5).map { .number($0) }
            }
            return values.filter { $0 == .null || input.allowed?.contains($0) ?? true }
        }
        return columns.reduce([[]]) { points, values in points.flatMap { point in values.map { point + [$0] } } }
    }

    private static func holds(_ cell: String, _ value: Value, _ type: ValueType) throws -> Bool {
        let text = cell.replacing(", null", with: "")
        if cell == "null" || (value == .null && text != cell) { return value == .null }
        if text == "-" { return true }
        if value == .null { return false }
        if text == "any text" || text == "any number" { return true }
        return try UnaryTestsParser.parse(text, type: type).contains(value)
    }

    private static func randomTable(_ generator: inout SplitMix64) throws -> DecisionTable {
        let types = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            ["string", "number", "boolean"].randomElement(using: &generator) ?? "string"
        }
        func literal(_ type: String) -> String {
            switch type {
            case "string": ["\"a\"", "\"b\"", "\"c\""].randomElement(using: &generator) ?? ""
            case "boolean": Bool.random(using: &generator) ? "true" : "false"
            default: "\(Int.random(in: 0...11, using: &generator))"
            }
        }
        func cell(_ type: String) -> String {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0, 1: return "-"
            case 2: return "not(\(literal(type)))"
            case 3: return "\(literal(type)), null"
            case 4, 5, 6:
                guard type == "number" else { return "\(literal(type)), \(literal(type))" }
                let lower = Int.random(in: 0...8, using: &generator)
                return "\(["[", "("].randomElement(using: &generator) ?? "[")\(lower)..\(lower + Int.random(in: 1...5, using: &generator))]"
            default:
                return type == "number" ? [">= ", "< "].randomElement(using: &generator).map { $0 + literal(type) } ?? "" : literal(type)
            }
        }
        let inputs = types.enumerated().map { index, type in
            let list = ["string": "\"a\", \"b\", \"c\"", "number": "[0..11]", "boolean": "true, false"][type] ?? ""
            return ("c\(index)", type, Bool.random(using: &generator) ? list : "")
        }
        var rules = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
            types.map { cell($0) } + ["\(Int.random(in: 1...2, using: &generator))"]
        }
        // Planted: a rule twice, a rule for everything, a column that nobody asks.
        if let rule = rules.randomElement(using: &generator), Int.random(in: 0..<3, using: &generator) == 0 { rules.append(rule) }
        if Int.random(in: 0..<3, using: &generator) == 0 { rules.append(types.map { _ in "-" } + ["1"]) }
        if Int.random(in: 0..<3, using: &generator) == 0 {
            let column = Int.random(in: 0..<types.count, using: &generator)
            for index in rules.indices { rules[index][column] = "-" }
        }
        let policy = ["UNIQUE", "ANY", "PRIORITY", "FIRST", "COLLECT", "OUTPUT ORDER"].randomElement(using: &generator) ?? "UNIQUE"
        return try TableText(hitPolicy: policy, inputs: inputs, outputs: [("out", "number", "2, 1")], rules: rules).table()
    }

    @Test("A hundred and sixty small random tables: what is found is what looking at every value finds", arguments: 0..<20)
    func bruteForce(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        for _ in 0..<8 {
            let table = try Self.randomTable(&generator)
            let isWhole = Bool.random(using: &generator)
            let whole = isWhole ? Set(table.inputs.indices) : []
            let points = Self.points(table, whole: isWhole)
            let matches = points.map { point in
                table.rules.indices.filter { rule in zip(table.rules[rule].conditions, point).allSatisfy { $0.contains($1) } }
            }
            let analysis = table.analysed(wholeNumbers: whole)
            #expect(analysis.undecided.isEmpty)
            for (point, rules) in zip(points, matches) {
                let isInRegion = try analysis.gaps.contains { gap in
                    try zip(zip(gap.cells, point), table.inputs).allSatisfy { try Self.holds($0.0, $0.1, $1.type) }
                }
                #expect(isInRegion == rules.isEmpty, "\(point) in \(analysis.gaps)")
            }
            let pairs = Set(matches.flatMap { rules in rules.flatMap { first in rules.filter { $0 > first }.map { [first, $0] } } })
            #expect(Set(analysis.overlaps.map { [$0.first, $0.second] }) == pairs)
            #expect(analysis.unmatchedRules == table.rules.indices.filter { rule in !matches.contains { $0.contains(rule) } })
            let deciding = Set(
                points.flatMap { point -> [Int] in
                    switch table.evaluate(point) {
                    case .matched(let rule):
                        // With ANY the one that is named stands for all alike.
                        table.hitPolicy == .any && matches[points.firstIndex(of: point) ?? 0].count > 1 ? [] : [rule]
                    case .collected(let rules): rules
                    default: []
                    }
                })
            #expect(
                analysis.undecidingRules
                    == table.rules.indices.filter { rule in matches.contains { $0.contains(rule) } && !deciding.contains(rule) })
            let said = points.map { point in
                let outcome = table.evaluate(point)
                return if case .conflict = outcome { "conflict" } else if outcome == .noMatch { "none" } else {
                    "\(table.value(of: outcome))"
                }
            }
            let idle = table.inputs.indices.filter { column in
                var answers: [[Value]: Set<String>] = [:]
                for (point, answer) in zip(points, said) {
                    var key = point
                    key[column] = .null
                    answers[key, default: []].insert(answer)
                }
                return answers.values.allSatisfy { $0.count == 1 }
            }
            #expect(
                analysis.idleColumns == idle,
                "\(table.hitPolicy) \(table.rules.map { $0.conditions.map(\.text) })"
            )
        }
    }

    @Test("With a small budget it says what is undecided, and nothing that is wrong", arguments: [0, 1, 5, 20, 100])
    func budget(budget: Int) throws {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<50 {
            let table = try Self.randomTable(&generator)
            let (all, some) = (table.analysed(), table.analysed(budget: budget))
            for gap in some.gaps { #expect(table.evaluate(gap.example) == .noMatch) }
            if !some.undecided.contains(.gaps) { #expect(some.gaps == all.gaps) }
            if !some.undecided.contains(.rules) {
                #expect(some.undecidingRules == all.undecidingRules && some.unmatchedRules == all.unmatchedRules)
            }
            #expect(Set(some.unmatchedRules).isSubset(of: all.unmatchedRules))
            #expect(Set(some.idleColumns).isSubset(of: all.idleColumns))
            if !some.undecided.contains(.columns) { #expect(some.idleColumns == all.idleColumns) }
            #expect(all.overlaps.starts(with: some.overlaps))
            if !some.undecided.contains(.overlaps) { #expect(some.overlaps == all.overlaps) }
            if budget == 0, !table.rules.isEmpty { #expect(some.undecided.isSuperset(of: [.gaps, .rules, .columns])) }
        }
    }

    @Test(
        "The shipped tables have no gap and no conflict",
        arguments: ["2004", "2022", "2023"].flatMap { ["\($0)/support", "\($0)/mediation"] })
    func shipped(name: String) throws {
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = project.appending(path: "config/routing/\(name).dmn")
        let table = try #require(try DecisionModel(xml: Array(Data(contentsOf: file)), file: name).tables.first)
        let analysis = table.analysed(wholeNumbers: Set(table.inputs.indices))
        #expect(analysis.undecided.isEmpty)
        #expect(analysis.gaps.map(\.description) == [])
        #expect(
            analysis.overlaps.filter(\.isConflict).map { "\(table.rules[$0.first].id) \(table.rules[$0.second].id) \($0.region)" } == [])
        #expect(analysis.unmatchedRules == [] && analysis.undecidingRules == [] && analysis.idleColumns == [])
    }
}
