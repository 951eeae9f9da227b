import DecisionTable
import Testing

@Suite("Decisions")
struct DecisionTableTests {
    /// What to wear.
    private static func wardrobe(_ hitPolicy: String) throws -> DecisionTable {
        try TableText(
            hitPolicy: hitPolicy,
            inputs: [("weather", "string", "\"sun\",\"rain\",\"snow\""), ("degrees", "number", ""), ("indoors", "boolean", "")],
            outputs: [("wear", "string", ""), ("layers", "number", "")],
            rules: [
                ["\"rain\"", "-", "false", "\"coat\"", "1"],
                ["-", "< 0", "false", "\"jacket\"", "3"],
                ["not(\"snow\")", "[0..15]", "-", "\"jumper\"", "2"],
                ["-", "> 15", "true", "\"shirt\"", "1"],
                ["null", "null", "-", "\"ask\"", "-"],
            ]
        ).table()
    }

    private static let decisions: [([Value], unique: DecisionTable.Outcome, first: DecisionTable.Outcome)] = [
        ([.string("sun"), .number(10), .boolean(true)], .matched(2), .matched(2)),
        ([.string("rain"), .number(20), .boolean(false)], .matched(0), .matched(0)),
        ([.string("rain"), .number(10), .boolean(false)], .conflict([0, 2]), .matched(0)),
        ([.string("rain"), .number(-1), .boolean(false)], .conflict([0, 1]), .matched(0)),
        ([.string("snow"), .number(10), .boolean(false)], .noMatch, .noMatch),
        ([.string("sun"), .number(20), .boolean(true)], .matched(3), .matched(3)),
        ([.null, .null, .boolean(true)], .matched(4), .matched(4)),
        ([], .missingInput(column: 0), .missingInput(column: 0)),
        ([.string("sun"), .number(10)], .missingInput(column: 2), .missingInput(column: 2)),
    ]

    @Test("UNIQUE tells of rules that contradict each other, FIRST takes the topmost", arguments: decisions)
    func hitPolicies(values: [Value], unique: DecisionTable.Outcome, first: DecisionTable.Outcome) throws {
        #expect(try Self.wardrobe("UNIQUE").evaluate(values) == unique)
        #expect(try Self.wardrobe("FIRST").evaluate(values) == first)
    }

    @Test("Between the bounds of a column the table says the same")
    func bounds() throws {
        let table = try Self.wardrobe("FIRST")
        #expect(table.bounds(ofInput: 1) == [0, 15])
        #expect(table.bounds(ofInput: 0).isEmpty && table.bounds(ofInput: 2).isEmpty)
        let listed = try TableText(
            hitPolicy: "FIRST", inputs: [("age", "number", "[0..130]")], outputs: [("wear", "string", "")],
            rules: [["< 10.5, 21", "\"a\""], ["not([30..40])", "\"b\""]]
        ).table()
        #expect(listed.bounds(ofInput: 0) == [0, 10.5, 21, 30, 40, 130])
    }

    private static let invalidInputs: [([Value], column: Int)] = [
        ([.string("hail"), .number(1), .boolean(true)], 0),
        ([.string(""), .number(1), .boolean(true)], 0),
        ([.number(1), .number(1), .boolean(true)], 0),
        ([.boolean(true), .null, .null], 0),
        ([.string("sun"), .string("10"), .boolean(true)], 1),
        ([.string("sun"), .number(.nan), .boolean(true)], 1),
        ([.string("sun"), .number(.infinity), .null], 1),
        ([.null, .number(-.infinity), .null], 1),
        ([.string("sun"), .number(1), .number(1)], 2),
        ([.string("hail"), .number(.nan), .number(1)], 0),
    ]

    @Test("A value of another type or outside those allowed is no match but invalid", arguments: invalidInputs)
    func invalidInput(values: [Value], column: Int) throws {
        #expect(try Self.wardrobe("UNIQUE").evaluate(values) == .invalidInput(column: column))
    }

    @Test("Values too many are not looked at")
    func numberOfValues() throws {
        let table = try Self.wardrobe("UNIQUE")
        let values: [Value] = [.string("sun"), .number(10), .null]
        #expect(table.evaluate(values) == .matched(2))
        #expect(table.evaluate(values + [.number(.nan), .string("x")]) == .matched(2))
    }

    @Test(
        "Allowed numbers may have ends that no rule names",
        arguments: [
            (-1.0, DecisionTable.Outcome.invalidInput(column: 0)), (-0.0, .noMatch), (18, .matched(0)), (150, .matched(0)),
            (150.5, .invalidInput(column: 0)), (999, .matched(0)),
        ])
    func allowedNumbers(number: Double, outcome: DecisionTable.Outcome) throws {
        let table = try TableText(inputs: [("age", "number", "[0..150], 999")], rules: [[">= 18", "1"]]).table()
        #expect(table.evaluate([.number(number)]) == outcome)
    }

    @Test("Negated allowed values, booleans with one value allowed")
    func otherAllowedValues() throws {
        let table = try TableText(
            inputs: [("name", "string", "not(\"\")"), ("agreed", "boolean", "true")],
            rules: [["\"?\"", "-", "1"], ["not(\"?\")", "-", "2"]]
        ).table()
        #expect(table.evaluate([.string(""), .boolean(true)]) == .invalidInput(column: 0))
        #expect(table.evaluate([.string("?"), .boolean(false)]) == .invalidInput(column: 1))
        #expect(table.evaluate([.string("?"), .null]) == .matched(0))
        #expect(table.evaluate([.string("??"), .boolean(true)]) == .matched(1))
    }

    @Test("Which columns exclude a rule")
    func mismatches() throws {
        let table = try Self.wardrobe("UNIQUE")
        let values: [Value] = [.string("snow"), .number(20), .boolean(true)]
        #expect(table.rules.indices.map { table.mismatches(of: $0, values) } == [[0, 2], [1, 2], [0, 1], [], [0, 1]])
        #expect(table.mismatches(of: 0, []) == [0, 2])
        #expect(table.mismatches(of: 4, []) == [])
    }

    @Test("Rules past a word of the masks are found", arguments: [1, 2, 63, 64, 65, 127, 128, 129, 200])
    func manyRules(count: Int) throws {
        let rules = (0..<count).map { ["\($0)", "\($0)"] }
        let table = try TableText(inputs: [("x", "number", "")], rules: rules).table()
        for rule in 0..<count { #expect(table.evaluate([.number(Double(rule))]) == .matched(rule)) }
        #expect(table.evaluate([.number(Double(count))]) == .noMatch)
        #expect(table.evaluate([.number(0.5)]) == .noMatch)
        let twice = try TableText(inputs: [("x", "number", "")], rules: rules.map { _ in [">= 0", "1"] }).table()
        #expect(twice.evaluate([.number(1)]) == (count == 1 ? .matched(0) : .conflict(Array(0..<count))))
        #expect(twice.evaluate([.number(-1)]) == .noMatch)
    }
}
