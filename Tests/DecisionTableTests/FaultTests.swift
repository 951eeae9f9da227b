import DecisionTable
import Testing

/// A file and the faults it has to have.
private struct FaultCase: CustomTestStringConvertible {
    let testDescription: String
    let xml: String
    let faults: [String]

    init(_ description: String, _ xml: String, _ faults: String...) {
        testDescription = description
        self.xml = xml
        self.faults = faults
    }
}

private let start = "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/'>"
private let twoColumns = """
    <input label="In"><inputExpression typeRef="number"><text>in</text></inputExpression></input>
    <output name="out" typeRef="string"/>
    """
private let oneRule = "<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>\"a\"</text></outputEntry></rule>"

/// The columns are on lines 4 and 5, the rest from 6.
private func tableFile(_ rest: String, attributes: String = "") -> String {
    decisionFile("<decisionTable \(attributes)>\n\(twoColumns)\n\(rest)\n</decisionTable>")
}

@Suite("What is wrong with a file, and where")
struct FaultTests {
    @Test(
        "The file",
        arguments: [
            FaultCase("nothing", "", "t.dmn:1: the file has no element"),
            FaultCase("blanks", " \n\n", "t.dmn:1: the file has no element"),
            FaultCase("no XML", "hello", "t.dmn:1: not well-formed XML"),
            FaultCase(
                "truncated", "<a>\n<b/>\n",
                "t.dmn:2: not well-formed XML: the file ends too early, or goes on after its outermost element"),
            FaultCase(
                "two files in one", "<a/>\n<b/>",
                "t.dmn:2: not well-formed XML: the file ends too early, or goes on after its outermost element"),
            FaultCase(
                "tags crossed", "<a>\n<b>\n</a></b>",
                "t.dmn:3: not well-formed XML: an element is closed that is not the one open"),
            FaultCase(
                "unknown entity", "<a>\n&nbsp;</a>",
                "t.dmn:2: not well-formed XML: an unknown entity; &amp; &lt; &gt; &quot; and &apos; are known"),
            FaultCase("attribute twice", "<a\nb='1' b='2'/>", "t.dmn:2: not well-formed XML: an attribute is given twice"),
            FaultCase("unknown prefix", "<q:a/>", "t.dmn:1: not well-formed XML"),
            FaultCase("another file", "<html/>", "t.dmn:1: not a DMN file: the outermost element has to be definitions of DMN 1.1 to 1.6"),
            FaultCase(
                "another version", "\n<definitions xmlns='https://www.omg.org/spec/DMN/20300101/MODEL/'/>",
                "t.dmn:2: not a DMN file: the outermost element has to be definitions of DMN 1.1 to 1.6"),
            FaultCase("no decision", "\(start)<inputData/></definitions>", "t.dmn:1: the file has no decision"),
            FaultCase(
                "other elements", "\(start)\n<import/>\n<businessKnowledgeModel/>\n<decisionService/></definitions>",
                "t.dmn:1: the file has no decision", "t.dmn:2: import is not understood",
                "t.dmn:3: table \"businessKnowledgeModel\": the business knowledge model has no logic",
                "t.dmn:4: decisionService is not understood"),
            FaultCase(
                "another language", "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' expressionLanguage='urn:js'/>",
                "t.dmn:1: expression language urn:js is not understood; FEEL is", "t.dmn:1: the file has no decision"),
            FaultCase(
                "two decisions with a name",
                start
                    + String(
                        repeating: "\n<decision name='A'><decisionTable>\(twoColumns)</decisionTable></decision>", count: 2)
                    + "</definitions>",
                "t.dmn:4: there are two decisions, functions or inputs \"A\""),
        ])
    fileprivate func file(_ test: FaultCase) { #expect(faults(test.xml) == test.faults) }

    @Test(
        "The decision",
        arguments: [
            FaultCase("empty", decisionFile(""), "t.dmn:2: table \"T\": decision has no decision table and no other expression"),
            FaultCase(
                "an expression of a later version", decisionFile("<conditional/>"),
                "t.dmn:3: table \"T\": conditional is not understood"),
            FaultCase(
                "requires another",
                tableFile("").replacing(
                    "<decisionTable", with: "<informationRequirement><requiredDecision/></informationRequirement><decisionTable"),
                "t.dmn:3: table \"T\": the file has no decision \"\""),
            FaultCase(
                "requires one of another file",
                tableFile("").replacing(
                    "<decisionTable",
                    with: "<knowledgeRequirement><requiredKnowledge href='urn:other#f'/></knowledgeRequirement><decisionTable"),
                "t.dmn:3: table \"T\": the file has no business knowledge model \"urn:other#f\""),
            FaultCase(
                "requires itself",
                decisionFile("<informationRequirement><requiredDecision href='#t'/></informationRequirement><literalExpression/>")
                    .replacing("<decision ", with: "<decision id='t' "),
                "t.dmn:2: table \"T\": requires itself, or a chain of more than 50 others"),
            FaultCase(
                "two tables", decisionFile("<decisionTable>\(twoColumns)</decisionTable>\n<decisionTable>\(twoColumns)</decisionTable>"),
                "t.dmn:5: table \"T\": a second decisionTable is not understood"),
            FaultCase(
                "hit policy", tableFile("", attributes: "hitPolicy='COLLECT' aggregation='AVERAGE'"),
                "t.dmn:3: table \"T\": hit policy COLLECT AVERAGE is not understood"),
            FaultCase(
                "an aggregation of several outputs", tableFile("<output name='x'/>", attributes: "hitPolicy='COLLECT' aggregation='SUM'"),
                "t.dmn:3: table \"T\": COLLECT SUM is for tables with one output"),
            FaultCase(
                "a priority without an order", tableFile("", attributes: "hitPolicy='PRIORITY'"),
                "t.dmn:3: table \"T\": hit policy PRIORITY needs a column with output values, the most important first"),
            FaultCase(
                "no columns", decisionFile("<decisionTable/>"), "t.dmn:3: table \"T\": the table has no input column",
                "t.dmn:3: table \"T\": the table has no output column"),
            FaultCase(
                "an unknown part", tableFile("<context/>"), "t.dmn:6: table \"T\": context is not understood"),
            FaultCase(
                "a rule of another version of DMN",
                tableFile("<rule xmlns='http://www.omg.org/spec/DMN/20180521/MODEL/'/>"), "t.dmn:6: table \"T\": rule is not understood"),
            FaultCase("a rule without a namespace", tableFile("<rule xmlns=''/>"), "t.dmn:6: table \"T\": rule is not understood"),
        ])
    fileprivate func decision(_ test: FaultCase) { #expect(faults(test.xml) == test.faults) }

    @Test(
        "Columns",
        arguments: [
            FaultCase(
                "no expression", tableFile("<input label='Age'/>\n<input/>"),
                "t.dmn:6: table \"T\", column \"Age\": the input column has no expression",
                "t.dmn:7: table \"T\": the input column has no expression"),
            FaultCase(
                "a type of another kind of table",
                tableFile("<input label='Day'><inputExpression typeRef='feel:date'><text>day</text></inputExpression></input>"),
                "t.dmn:6: table \"T\", column \"Day\": type date is not for this kind of table; string, number and boolean are"),
            FaultCase(
                "an unknown type", tableFile("<output name='x' typeRef='tX'/>"),
                "t.dmn:6: table \"T\", column \"x\": there is no type \"tX\""),
            FaultCase("no output name", tableFile("<output/>"), "t.dmn:6: table \"T\": the output column has no name"),
            FaultCase(
                "an input twice", tableFile("<input><inputExpression><text> in </text></inputExpression></input>"),
                "t.dmn:6: table \"T\": there are two input columns \"in\""),
            FaultCase(
                "an output twice", tableFile("<output name='out'/>"), "t.dmn:6: table \"T\": there are two output columns \"out\""),
            FaultCase(
                "a default output of another type",
                tableFile("<output name='x'>\n<defaultOutputEntry><text>1</text></defaultOutputEntry></output>"),
                "t.dmn:7: table \"T\", column \"x\": 1 in a string column"),
            FaultCase(
                "allowed values",
                tableFile(
                    "<input label='A'><inputExpression typeRef='boolean'><text>a</text></inputExpression>\n<inputValues><text>yes</text></inputValues></input>"
                ),
                "t.dmn:7: table \"T\", column \"A\": there is no \"yes\" here; a text stands in quotation marks"),
            FaultCase(
                "imported values",
                tableFile("<input><inputExpression><text>a</text><importedValues/></inputExpression></input>"),
                "t.dmn:6: table \"T\": importedValues is not understood"),
        ])
    fileprivate func columns(_ test: FaultCase) { #expect(faults(test.xml) == test.faults) }

    @Test(
        "Rules",
        arguments: [
            FaultCase(
                "cells missing and too many", tableFile("<rule/>\n\(oneRule.replacing("</rule>", with: "<outputEntry/></rule>"))"),
                "t.dmn:6: table \"T\", rule 1: 0 input cells for 1 input columns",
                "t.dmn:6: table \"T\", rule 1: 0 output cells for 1 output columns",
                "t.dmn:7: table \"T\", rule 2: 2 output cells for 1 output columns"),
            FaultCase(
                "a cell", tableFile("\(oneRule)\n<rule><inputEntry>\n<text>\"x\"</text></inputEntry><outputEntry/></rule>"),
                "t.dmn:7: table \"T\", rule 2, column \"In\": \"x\" in a number column"),
            FaultCase(
                "an output", tableFile(oneRule.replacing("\"a\"", with: "a")),
                "t.dmn:6: table \"T\", rule 1, column \"out\": there is no \"a\" here; a text stands in quotation marks"),
            FaultCase(
                "an output that is computed", tableFile(oneRule.replacing("\"a\"", with: "\"a\" + \"b\"")),
                "t.dmn:6: table \"T\", rule 1, column \"out\": not understood; an output is one text in quotation marks, number, true, "
                    + "false or null"),
            FaultCase(
                "text without an element", tableFile("<rule><inputEntry>5</inputEntry><outputEntry>\"a\"</outputEntry></rule>"),
                "t.dmn:6: table \"T\", rule 1, column \"In\": text directly in inputEntry; it belongs into a text element",
                "t.dmn:6: table \"T\", rule 1, column \"out\": text directly in outputEntry; it belongs into a text element"),
            FaultCase(
                "two texts", tableFile(oneRule.replacing("<text>1</text>", with: "<text>1</text><text>2</text>")),
                "t.dmn:6: table \"T\", rule 1, column \"In\": a second text is not understood"),
            FaultCase(
                "an element in a text", tableFile(oneRule.replacing("<text>1</text>", with: "<text>1<b>2</b></text>")),
                "t.dmn:6: table \"T\", rule 1, column \"In\": b within a text is not understood"),
            FaultCase(
                "an expression in a cell", tableFile(oneRule.replacing("<text>1</text>", with: "<literalExpression/>")),
                "t.dmn:6: table \"T\", rule 1, column \"In\": literalExpression is not understood"),
            FaultCase(
                "another language",
                tableFile(oneRule.replacing("<inputEntry>", with: "<inputEntry expressionLanguage='javascript'>")),
                "t.dmn:6: table \"T\", rule 1, column \"In\": expression language javascript is not understood; FEEL is"),
            FaultCase(
                "an id twice",
                tableFile(
                    "\(oneRule)\n\(oneRule.replacing("<rule>", with: "<rule id='r'>"))\n\(oneRule.replacing("<rule>", with: "<rule id='r'>"))"
                ),
                "t.dmn:8: table \"T\": there are two rules with the id \"r\""),
        ])
    fileprivate func rules(_ test: FaultCase) { #expect(faults(test.xml) == test.faults) }

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
            start + """

                <import/>
                <decision name="A"><decisionTable hitPolicy="SOME">\(twoColumns)
                \(oneRule.replacing(">1<", with: ">x<"))
                </decisionTable></decision>
                <decision name="B"><decisionTable>\(twoColumns)
                <rule/>
                </decisionTable></decision>
                <unknown/>
                </definitions>
                """
        #expect(
            faults(xml)?.map { $0.prefix(44) } == [
                "t.dmn:2: import is not understood", "t.dmn:3: table \"A\": hit policy SOME is not u",
                "t.dmn:5: table \"A\", rule 1, column \"In\": the", "t.dmn:9: table \"B\", rule 1: 0 input cells fo",
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
        let broken = (0..<100).map { _ in "<conditional/>" }.joined(separator: "\n")
        #expect(faults(decisionFile(broken + "<decisionTable>\(twoColumns)<rule/></decisionTable>"))?.last == "and 2 more")
    }
}
