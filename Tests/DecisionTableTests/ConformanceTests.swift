import Foundation
import Testing

@testable import DecisionTable

/// The folders of the Technology Compatibility Kit for DMN (github.com/dmn-tck/tck): each has a model and cases. They are read from a
/// checkout, and are no part of this project.
private let folders: [URL] = {
    guard let root = ProcessInfo.processInfo.environment["LOTS_TCK_DIR"] else { return [] }
    let levels = ["compliance-level-2", "compliance-level-3"].map { URL(filePath: root).appending(path: $0) }
    let found = levels.flatMap { (try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)) ?? [] }
    return found.sorted { $0.path < $1.path }
}()

/// Most of the kit is about FEEL expressions: those models have to be refused, not misread.
@Suite("DMN Technology Compatibility Kit", .enabled(if: !folders.isEmpty, "LOTS_TCK_DIR names no folder with cases"))
struct ConformanceTests {
    @Test("Every model is refused, or decides as the kit says", arguments: folders)
    func folder(_ folder: URL) throws {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let modelFile = try #require(files.first { $0.pathExtension == "dmn" })
        let xml = Array(try Data(contentsOf: modelFile))
        let model: DecisionModel
        do throws(DecisionTableFaults) {
            model = try DecisionModel(xml: xml, file: modelFile.lastPathComponent)
        } catch {
            #expect(folder.lastPathComponent != "0004-simpletable-U", "\(error)")
            print("refused \(error.faults.first?.description ?? "")")
            return
        }
        var count = 0
        for file in files where file.pathExtension == "xml" {
            for testCase in try XMLTree.read(Array(try Data(contentsOf: file))).children("testCase") {
                for result in testCase.children("resultNode") {
                    let table = try #require(model.tables.first { $0.name == result.attributes["name"] })
                    check(table, testCase: testCase, result: result)
                    count += 1
                }
            }
        }
        #expect(count > 0)
        print("passed \(folder.lastPathComponent): \(count) results")
    }

    private func check(_ table: DecisionTable, testCase: XMLElementNode, result: XMLElementNode) {
        let inputs = testCase.children("inputNode")
        let outcome = table.evaluate(table.inputs.map { value(at: $0.name.split(separator: "."), among: inputs) })
        if result.attributes["errorResult"] == "true" {
            if case .matched = outcome { Issue.record("\(table.name): \(outcome), not an error") }
            return
        }
        guard let expected = result.children("expected").first else {
            Issue.record("\(table.name): no expected result")
            return
        }
        let names = table.outputs.count == 1 ? [[]] : table.outputs.map { [Substring($0.name)] }
        let values = names.map { name in name.isEmpty ? self.value(of: expected) : value(at: name, among: expected.children("component")) }
        if case .matched(let rule) = outcome {
            #expect(table.rules[rule].outputs == values, "\(table.name)")
        } else {
            #expect(values.allSatisfy { $0 == .null }, "\(table.name): \(outcome)")
        }
    }

    private func value(at path: [Substring], among nodes: [XMLElementNode]) -> Value {
        guard let name = path.first, let node = nodes.first(where: { $0.attributes["name"] == String(name) }) else { return .null }
        return path.count == 1 ? value(of: node) : value(at: Array(path.dropFirst()), among: node.children("component"))
    }

    private func value(of node: XMLElementNode) -> Value {
        guard let value = node.children("value").first, value.attributes["xsi:nil"] != "true" else { return .null }
        switch value.attributes["xsi:type"] {
        case "xsd:boolean": return .boolean(value.text == "true")
        case "xsd:decimal", "xsd:double": return Double(value.text).map { .number($0) } ?? .null
        default: return .string(value.text)
        }
    }
}
