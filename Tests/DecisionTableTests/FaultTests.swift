import DecisionTable
import Testing

@Suite("What is wrong with a file, and where")
struct FaultTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let xml: String
        let faults: [String]

        init(_ description: String, _ xml: String, _ faults: String...) {
            testDescription = description
            self.xml = xml
            self.faults = faults
        }
    }

    private static let start = "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/'>"
    private static let columns = """
        <input label="In"><inputExpression typeRef="number"><text>in</text></inputExpression></input>
        <output name="out" typeRef="string"/>
        """
    private static let rule = "<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>\"a\"</text></outputEntry></rule>"

    /// The columns are on lines 4 and 5, the rest from 6.
    private static func table(_ rest: String, attributes: String = "") -> String {
        decisionFile("<decisionTable \(attributes)>\n\(columns)\n\(rest)\n</decisionTable>")
    }

    @Test(
        "The file",
        arguments: [
            Case("nothing", "", "t.dmn:1: the file has no element"),
            Case("blanks", " \n\n", "t.dmn:1: the file has no element"),
            Case("no XML", "hello", "t.dmn:1: not well-formed XML"),
            Case(
                "truncated", "<a>\n<b/>\n",
                "t.dmn:3: not well-formed XML: the file ends too early, or goes on after its outermost element"),
            Case(
                "two files in one", "<a/>\n<b/>",
                "t.dmn:2: not well-formed XML: the file ends too early, or goes on after its outermost element"),
            Case(
                "tags crossed", "<a>\n<b>\n</a></b>",
                "t.dmn:3: not well-formed XML: an element is closed that is not the one open"),
            Case(
                "unknown entity", "<a>\n&nbsp;</a>",
                "t.dmn:2: not well-formed XML: an unknown entity; &amp; &lt; &gt; &quot; and &apos; are known"),
            Case("attribute twice", "<a\nb='1' b='2'/>", "t.dmn:2: not well-formed XML: an attribute is given twice"),
            Case("unknown prefix", "<q:a/>", "t.dmn:1: not well-formed XML"),
            Case("another file", "<html/>", "t.dmn:1: not a DMN file: the outermost element has to be definitions of DMN 1.1 to 1.5"),
            Case(
                "another version", "\n<definitions xmlns='https://www.omg.org/spec/DMN/20300101/MODEL/'/>",
                "t.dmn:2: not a DMN file: the outermost element has to be definitions of DMN 1.1 to 1.5"),
            Case("no decision", "\(start)<inputData/></definitions>", "t.dmn:1: the file has no decision"),
            Case(
                "other elements", "\(start)\n<import/>\n<businessKnowledgeModel/>\n<decisionService/></definitions>",
                "t.dmn:1: the file has no decision", "t.dmn:2: import is not understood",
                "t.dmn:3: businessKnowledgeModel is not understood", "t.dmn:4: decisionService is not understood"),
            Case(
                "another language", "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' expressionLanguage='urn:js'/>",
                "t.dmn:1: expression language urn:js is not understood; FEEL is", "t.dmn:1: the file has no decision"),
            Case(
                "two decisions with a name",
                start
                    + String(
                        repeating: "\n<decision name='A'><decisionTable>\(columns)</decisionTable></decision>", count: 2)
                    + "</definitions>",
                "t.dmn:4: there are two decisions \"A\""),
        ])
    func file(_ test: Case) { #expect(faults(test.xml) == test.faults) }

    @Test(
        "The decision",
        arguments: [
            Case("empty", decisionFile(""), "t.dmn:2: table \"T\": the decision has no decision table"),
            Case(
                "an expression", decisionFile("<literalExpression/>"),
                "t.dmn:3: table \"T\": literalExpression is not understood; a decision has to be a decision table"),
            Case(
                "requires another",
                table("").replacing(
                    "<decisionTable", with: "<informationRequirement><requiredDecision/></informationRequirement><decisionTable"),
                "t.dmn:3: table \"T\": a decision that requires another is not understood"),
            Case(
                "calls a function", table("").replacing("<decisionTable", with: "<knowledgeRequirement/><decisionTable"),
                "t.dmn:3: table \"T\": knowledgeRequirement is not understood; a decision has to be a decision table"),
            Case(
                "two tables", decisionFile("<decisionTable>\(columns)</decisionTable>\n<decisionTable>\(columns)</decisionTable>"),
                "t.dmn:5: table \"T\": a second decisionTable is not understood"),
            Case(
                "hit policy", table("", attributes: "hitPolicy='COLLECT' aggregation='SUM'"),
                "t.dmn:3: table \"T\": hit policy COLLECT is not understood; UNIQUE and FIRST are"),
            Case(
                "no columns", decisionFile("<decisionTable/>"), "t.dmn:3: table \"T\": the table has no input column",
                "t.dmn:3: table \"T\": the table has no output column"),
            Case(
                "an unknown part", table("<context/>"), "t.dmn:6: table \"T\": context is not understood"),
            Case(
                "a rule of another version of DMN",
                table("<rule xmlns='http://www.omg.org/spec/DMN/20180521/MODEL/'/>"), "t.dmn:6: table \"T\": rule is not understood"),
            Case("a rule without a namespace", table("<rule xmlns=''/>"), "t.dmn:6: table \"T\": rule is not understood"),
        ])
    func decision(_ test: Case) { #expect(faults(test.xml) == test.faults) }

    @Test(
        "Columns",
        arguments: [
            Case(
                "no expression", table("<input label='Age'/>\n<input/>"),
                "t.dmn:6: table \"T\", column \"Age\": the input column has no expression",
                "t.dmn:7: table \"T\": the input column has no expression"),
            Case(
                "unknown types",
                table(
                    "<input label='Day'><inputExpression typeRef='feel:date'><text>day</text></inputExpression></input>\n<output name='x' typeRef='tX'/>"
                ),
                "t.dmn:6: table \"T\", column \"Day\": type date is not understood; string, number and boolean are",
                "t.dmn:7: table \"T\", column \"x\": type tX is not understood; string, number and boolean are"),
            Case("no output name", table("<output/>"), "t.dmn:6: table \"T\": the output column has no name"),
            Case(
                "names twice", table("<input><inputExpression><text> in </text></inputExpression></input>\n<output name='out'/>"),
                "t.dmn:6: table \"T\": there are two input columns \"in\"", "t.dmn:7: table \"T\": there are two output columns \"out\""),
            Case(
                "default output", table("<output name='x'>\n<defaultOutputEntry><text>1</text></defaultOutputEntry></output>"),
                "t.dmn:7: table \"T\", column \"x\": a default output is not understood; write a rule"),
            Case(
                "allowed values",
                table(
                    "<input label='A'><inputExpression typeRef='boolean'><text>a</text></inputExpression>\n<inputValues><text>yes</text></inputValues></input>"
                ),
                "t.dmn:7: table \"T\", column \"A\": not understood at \"y\"; a cell is -, texts in quotation marks, numbers, true, false, "
                    + "null, comparisons, intervals like [10..17], lists of these with commas, or not(…)"),
            Case(
                "imported values",
                table("<input><inputExpression><text>a</text><importedValues/></inputExpression></input>"),
                "t.dmn:6: table \"T\": importedValues is not understood"),
        ])
    func columns(_ test: Case) { #expect(faults(test.xml) == test.faults) }

    @Test(
        "Rules",
        arguments: [
            Case(
                "cells missing and too many", table("<rule/>\n\(rule.replacing("</rule>", with: "<outputEntry/></rule>"))"),
                "t.dmn:6: table \"T\", rule 1: 0 input cells for 1 input columns",
                "t.dmn:6: table \"T\", rule 1: 0 output cells for 1 output columns",
                "t.dmn:7: table \"T\", rule 2: 2 output cells for 1 output columns"),
            Case(
                "a cell", table("\(rule)\n<rule><inputEntry>\n<text>\"x\"</text></inputEntry><outputEntry/></rule>"),
                "t.dmn:7: table \"T\", rule 2, column \"In\": \"x\" in a number column"),
            Case(
                "an output", table(rule.replacing("\"a\"", with: "a")),
                "t.dmn:6: table \"T\", rule 1, column \"out\": not understood; an output is one text in quotation marks, number, true, "
                    + "false or null"),
            Case(
                "text without an element", table("<rule><inputEntry>5</inputEntry><outputEntry>\"a\"</outputEntry></rule>"),
                "t.dmn:6: table \"T\", rule 1, column \"In\": text directly in inputEntry; it belongs into a text element",
                "t.dmn:6: table \"T\", rule 1, column \"out\": text directly in outputEntry; it belongs into a text element"),
            Case(
                "two texts", table(rule.replacing("<text>1</text>", with: "<text>1</text><text>2</text>")),
                "t.dmn:6: table \"T\", rule 1, column \"In\": a second text is not understood"),
            Case(
                "an element in a text", table(rule.replacing("<text>1</text>", with: "<text>1<b>2</b></text>")),
                "t.dmn:6: table \"T\", rule 1, column \"In\": b within a text is not understood"),
            Case(
                "an expression in a cell", table(rule.replacing("<text>1</text>", with: "<literalExpression/>")),
                "t.dmn:6: table \"T\", rule 1, column \"In\": literalExpression is not understood"),
            Case(
                "another language",
                table(rule.replacing("<inputEntry>", with: "<inputEntry expressionLanguage='javascript'>")),
                "t.dmn:6: table \"T\", rule 1, column \"In\": expression language javascript is not understood; FEEL is"),
            Case(
                "an id twice",
                table("\(rule)\n\(rule.replacing("<rule>", with: "<rule id='r'>"))\n\(rule.replacing("<rule>", with: "<rule id='r'>"))"),
                "t.dmn:8: table \"T\": there are two rules with the id \"r\""),
        ])
    func rules(_ test: Case) { #expect(faults(test.xml) == test.faults) }

    @Test("A cell with a value that its column does not allow")
    func allowedValues() {
        let table = TableText(
            inputs: [("role", "string", "\"victim\", \"witness\""), ("age", "number", "[0..150]")],
            outputs: [("to", "string", "\"a\",\"b\""), ("days", "number", ">0")],
            rules: [
                ["\"victim\"", "17", "\"a\"", "1"], ["not(\"wittness\")", "151, >10, -1", "\"c\"", "0"], ["null", "null", "", "null"],
            ])
        #expect(
            faults(table.xml) == [
                "t.dmn:9: table \"T\", rule 2, column \"role\": \"wittness\" is not among the column's values \"victim\", \"witness\"",
                "t.dmn:9: table \"T\", rule 2, column \"age\": 151 is not among the column's values [0..150]",
                "t.dmn:9: table \"T\", rule 2, column \"age\": -1 is not among the column's values [0..150]",
                "t.dmn:9: table \"T\", rule 2, column \"to\": \"c\" is not among the column's values \"a\",\"b\"",
                "t.dmn:9: table \"T\", rule 2, column \"days\": 0 is not among the column's values >0",
            ])
    }

    @Test("Faults of all tables are told at once, in the order of the file")
    func severalFaults() {
        let xml =
            Self.start + """

                <import/>
                <decision name="A"><decisionTable hitPolicy="ANY">\(Self.columns)
                \(Self.rule.replacing(">1<", with: ">x<"))
                </decisionTable></decision>
                <decision name="B"><decisionTable>\(Self.columns)
                <rule/>
                </decisionTable></decision>
                <unknown/>
                </definitions>
                """
        #expect(
            faults(xml)?.map { $0.prefix(44) } == [
                "t.dmn:2: import is not understood", "t.dmn:3: table \"A\": hit policy ANY is not unde",
                "t.dmn:5: table \"A\", rule 1, column \"In\": not", "t.dmn:9: table \"B\", rule 1: 0 input cells fo",
                "t.dmn:9: table \"B\", rule 1: 0 output cells f", "t.dmn:11: unknown is not understood",
            ])
    }

    @Test("A hundred faults are told, the others counted; long names are cut")
    func manyFaults() throws {
        let name = String(repeating: "å", count: 100)
        let rules = (0..<250).map { _ in ["<", "1"] }
        let xml = TableText(inputs: [(name, "number", "")], rules: rules).xml
        let thrown = #expect(throws: DecisionTableFaults.self) { try DecisionModel(xml: Array(xml.utf8), file: "t.dmn") }
        let faults = try #require(thrown)
        #expect(faults.faults.count == 100)
        #expect(faults.omitted == 150)
        #expect(faults.faults.last?.rule == 100)
        #expect(faults.faults.last?.column == name.prefix(80) + "…")
        #expect(faults.description.hasSuffix("\nand 150 more"))
    }

    @Test("A fault after the hundredth leaves no half-read table")
    func faultPastTheBound() {
        let broken = (0..<100).map { _ in "<literalExpression/>" }.joined(separator: "\n")
        #expect(faults(decisionFile(broken + "<decisionTable>\(Self.columns)<rule/></decisionTable>"))?.last == "and 2 more")
    }
}
