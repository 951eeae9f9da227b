import DecisionTable
import Foundation
import Testing

func fixture(_ name: String) throws -> [UInt8] {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: "dmn", subdirectory: "Fixtures"))
    return Array(try Data(contentsOf: url))
}

/// What is wrong with a file or with the fast form of its tables, a line for each; nil when nothing is.
func faults(_ xml: [UInt8]) -> [String]? {
    do throws(DecisionTableFaults) {
        _ = try DecisionModel(xml: xml, file: "t.dmn").tables
        return nil
    } catch {
        return error.description.split(separator: "\n").map(String.init)
    }
}

func faults(_ xml: String) -> [String]? { faults(Array(xml.utf8)) }

/// A file with a decision whose elements begin on line 3.
func decisionFile(_ elements: String) -> String {
    """
    <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">
    <decision name="T">
    \(elements)
    </decision>
    </definitions>
    """
}

/// A table as text, every element on a line of its own: its first input is on line 4.
struct TableText {
    var hitPolicy = "UNIQUE"
    /// Name, type, allowed values.
    var inputs: [(String, String, String)] = []
    var outputs: [(String, String, String)] = [("out", "number", "")]
    /// The cells of inputs, then those of outputs.
    var rules: [[String]] = []

    var xml: String {
        var lines = ["<decisionTable hitPolicy=\"\(hitPolicy)\">"]
        for (name, type, allowed) in inputs {
            lines.append(
                "<input label=\"\(name)\"><inputExpression typeRef=\"\(type)\"><text>\(name)</text></inputExpression>"
                    + (allowed.isEmpty ? "" : "<inputValues><text>\(escaped(allowed))</text></inputValues>") + "</input>")
        }
        for (name, type, allowed) in outputs {
            lines.append(
                "<output name=\"\(name)\" typeRef=\"\(type)\">"
                    + (allowed.isEmpty ? "" : "<outputValues><text>\(escaped(allowed))</text></outputValues>") + "</output>")
        }
        for rule in rules {
            let cells = rule.enumerated().map { index, cell in
                let name = index < inputs.count ? "inputEntry" : "outputEntry"
                return "<\(name)><text>\(escaped(cell))</text></\(name)>"
            }
            lines.append("<rule>\(cells.joined())</rule>")
        }
        return decisionFile((lines + ["</decisionTable>"]).joined(separator: "\n"))
    }

    func table() throws -> DecisionTable {
        try #require(try DecisionModel(xml: Array(xml.utf8), file: "t.dmn").tables.first)
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }
}
