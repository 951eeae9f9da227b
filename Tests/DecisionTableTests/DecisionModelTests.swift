import DecisionTable
import Testing

@Suite("Files of table editors are understood")
struct DecisionModelTests {
    @Test("Camunda Modeler: extension attributes, labels, allowed values, a diagram")
    func camundaModeler() throws {
        let model = try DecisionModel(xml: fixture("camunda-modeler"), file: "loan.dmn")
        let tables = try model.tables
        let table = try #require(tables.first)
        #expect(tables.count == 1)
        #expect(table.name == "Loan & deposit")
        #expect(table.file == "loan.dmn")
        #expect(table.hitPolicy == .first)
        #expect(table.inputs.map(\.name) == ["member", "age", "insured"])
        #expect(table.inputs.map(\.label) == ["Member <kind>", "Age", "Insured"])
        #expect(table.inputs.map(\.type) == [.string, .number, .boolean])
        #expect(table.inputs.map { $0.allowed?.text } == ["\"adult\",\"child\",\"school\"", nil, nil])
        #expect(table.inputs.map(\.line) == [5, 13, 18])
        #expect(table.outputs.map(\.name) == ["decision", "deposit"])
        #expect(table.outputs.map(\.type) == [.string, .number])
        #expect(table.outputs.map(\.line) == [23, 28])
        #expect(table.rules.map(\.id) == ["DecisionRule_school", "DecisionRule_adult", "DecisionRule_rest"])
        #expect(table.rules.map(\.text) == ["Schools have their own insurance", "", ""])
        #expect(table.rules.map(\.line) == [29, 47, 64])
        #expect(
            table.rules.map(\.outputs) == [
                [.string("lend"), .number(0)], [.string("lend"), .number(200.5)], [.string("ask"), .null],
            ])
        #expect(table.rules[1].conditions.map(\.text) == ["\"adult\"", ">= 18", "true"])
        #expect(table.rules[0].conditions.map(\.isAny) == [false, true, true])
        #expect(table.evaluate([.string("adult"), .number(18), .boolean(true)]) == .matched(1))
        #expect(table.evaluate([.string("adult"), .number(18), .boolean(false)]) == .matched(2))
        #expect(table.evaluate([.string("school"), .null, .null]) == .matched(0))
        #expect(table.evaluate([.string("club"), .null, .null]) == .invalidInput(column: 0))
    }

    @Test("dmn-js: several decisions, CDATA, comments in cells, annotations, requirements, extension elements")
    func dmnJS() throws {
        let tables = try DecisionModel(xml: fixture("dmn-js"), file: "season.dmn").tables
        try #require(tables.count == 2)
        #expect(tables.map(\.name) == ["Season", "Daylight saving"])
        #expect(tables.map(\.hitPolicy) == [.unique, .unique])
        #expect(tables[0].inputs[0].label == "month")
        #expect(tables[0].outputs.map(\.name) == [""])
        #expect(tables[0].rules.map(\.text) == ["Cold, & dark", "", "Long – days"])
        #expect(tables[0].rules.map { $0.outputs[0].string } == ["winter", "spring", "summer"])
        let rules = (1...12).map { tables[0].evaluate([.number(Double($0))]) }
        #expect(
            rules == [
                .matched(0), .matched(0), .matched(1), .matched(1), .matched(1), .matched(2), .matched(2), .matched(2),
                .noMatch, .noMatch, .noMatch, .matched(0),
            ])
        #expect(tables[1].evaluate([.number(4)]) == .matched(0))
    }

    @Test("Prefixes, tags over several lines, text over several lines, a character reference, a missing text")
    func prefixed() throws {
        let table = try #require(try DecisionModel(xml: fixture("prefixed"), file: "p.dmn").tables.first)
        #expect(table.name == "Påse")
        #expect(table.inputs.map(\.name) == ["weight", "stadsdel"])
        #expect(table.inputs.map(\.label) == ["Vikt", "stadsdel"])
        #expect(table.inputs.map(\.type) == [.number, .string])
        // A tag's line is where it ends.
        #expect(table.inputs.map(\.line) == [16, 22])
        #expect(table.rules.map(\.id) == ["#1", "#2"])
        #expect(table.evaluate([.number(1), .string("Farsta")]) == .matched(0))
        #expect(table.evaluate([.number(1), .string("Årsta")]) == .matched(1))
        // The same letter as A and a ring.
        #expect(table.evaluate([.number(1), .string("A\u{30A}rsta")]) == .matched(1))
        #expect(table.evaluate([.number(2.5), .string("Farsta")]) == .noMatch)
        #expect(table.evaluate([.number(-1), .string("Farsta")]) == .invalidInput(column: 0))
    }

    @Test("DMN 1.1: no declaration, types with a prefix, a decision without a name")
    func dmn11() throws {
        let table = try #require(try DecisionModel(xml: fixture("dmn-1.1"), file: "old.dmn").tables.first)
        #expect(table.name == "colour")
        #expect(table.evaluate([.string("lemon")]) == .matched(0))
    }

    @Test("A byte order mark, line ends of Windows and white space at the end change nothing")
    func encodingOfText() throws {
        let plain = try fixture("camunda-modeler")
        let table = try #require(try DecisionModel(xml: plain, file: "t.dmn").tables.first)
        let windows = plain.flatMap { $0 == UInt8(ascii: "\n") ? Array("\r\n".utf8) : [$0] }
        for xml in [[0xEF, 0xBB, 0xBF] + plain, windows, [0xEF, 0xBB, 0xBF] + windows + Array("\r\n \t".utf8)] {
            let other = try #require(try DecisionModel(xml: xml, file: "t.dmn").tables.first)
            #expect(other.rules.map(\.line) == table.rules.map(\.line))
            #expect(other.rules.map(\.conditions) == table.rules.map(\.conditions))
            #expect(other.rules.map(\.outputs) == table.rules.map(\.outputs))
        }
    }

    @Test(
        "The type of the only output is that of the table or the decision when it has none itself",
        arguments: [
            ("<variable typeRef='boolean'/><decisionTable>", "<output/>", ValueType.boolean),
            ("<variable typeRef='boolean'/><decisionTable typeRef='number'>", "<output/>", .number),
            ("<variable typeRef='boolean'/><decisionTable typeRef='number'>", "<output typeRef='string'/>", .string),
            ("<decisionTable>", "<output/>", .string),
        ])
    func typeOfTheOnlyOutput(start: String, output: String, type: ValueType) throws {
        let input = "<input><inputExpression><text>x</text></inputExpression></input>"
        let model = try DecisionModel(xml: Array(decisionFile(start + input + output + "</decisionTable>").utf8), file: "t.dmn")
        let tables = try model.tables
        #expect(tables.first?.outputs.map(\.type) == [type])
    }

    @Test("A table without rules decides nothing")
    func noRules() throws {
        let table = try TableText(inputs: [("x", "number", "")]).table()
        #expect(table.evaluate([.number(1)]) == .noMatch)
        #expect(table.evaluate([]) == .missingInput(column: 0))
    }
}
