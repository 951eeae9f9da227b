import DecisionTable
import Foundation
import Testing

@Suite("A model is written as DMN 1.3")
struct DecisionModelWriterTests {
    static let ownRoot = Bundle.module.bundleURL.appending(path: "Fixtures/cases")

    @Test("What is written decides as what was read", arguments: ConformanceCases.folders(below: ownRoot))
    func cases(folder: URL) throws {
        let report = try ConformanceCases.run(folder, below: Self.ownRoot) { try DecisionModel(xml: $0.xml, file: "written.dmn") }
        #expect(report.remarks == [])
        #expect(report.tally.passed > 0)
    }

    @Test(
        "Written, read and written again it is the same, and of version 1.3",
        arguments: ["camunda-modeler", "dmn-js", "prefixed", "dmn-1.1"])
    func stable(name: String) throws {
        let model = try DecisionModel(xml: fixture(name), file: "t.dmn")
        let written = model.xml
        let again = try DecisionModel(xml: written, file: "t.dmn")
        #expect(again.xml == written)
        #expect(String(decoding: written, as: UTF8.self).contains("xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\""))
        let (before, after) = (try model.tables, try again.tables)
        #expect(before.map(\.name) == after.map(\.name))
        #expect(before.map { $0.rules.map(\.conditions) } == after.map { $0.rules.map(\.conditions) })
        #expect(before.map { $0.rules.map(\.outputs) } == after.map { $0.rules.map(\.outputs) })
        #expect(before.map { $0.rules.map(\.text) } == after.map { $0.rules.map(\.text) })
        #expect(before.map { $0.inputs.map(\.label) } == after.map { $0.inputs.map(\.label) })
        #expect(before.map(\.hitPolicy) == after.map(\.hitPolicy))
    }

    @Test("Signs of XML, quotation marks and line ends come back as they were")
    func escaping() throws {
        let table = TableText(
            inputs: [("a < b & \"c\"", "string", "")], outputs: [("out", "string", "")], rules: [[#""<&>\"'""#, "\"x\ny\tå\""]])
        // The heading is not a name; the expression has to be one.
        let xml = table.xml.replacing("<text>a < b & \"c\"</text>", with: "<text>x</text>")
            .replacing("label=\"a < b & \"c\"\"", with: "label=\"a &lt; b &amp; &quot;c&quot;\"")
        let model = try DecisionModel(xml: Array(xml.utf8), file: "t.dmn")
        let again = try DecisionModel(xml: model.xml, file: "t.dmn")
        let written = try #require(try again.tables.first)
        #expect(written.inputs.first?.label == "a < b & \"c\"")
        #expect(written.rules.first?.outputs == [.string("x\ny\tå")])
        #expect(written.evaluate([.string("<&>\"'")]) == .matched(0))
    }
}
