import Foundation

@testable import DecisionTable

/// Runs folders in the format of the Technology Compatibility Kit for DMN (github.com/dmn-tck/tck): a model and files with cases.
struct ConformanceCases {
    struct Tally: Equatable {
        var passed = 0
        var failed = 0
        /// Cases of models or decisions that are refused.
        var notAttempted = 0
    }

    struct Report {
        /// Of the folder, below the root.
        let name: String
        var tally = Tally()
        /// What failed and what was refused, a line for each.
        var remarks: [String] = []
    }

    /// Every folder below a root that holds a model.
    static func folders(below root: URL) -> [URL] {
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        return Set(files.filter { $0.pathExtension == "dmn" }.map { $0.deletingLastPathComponent() }).sorted { $0.path < $1.path }
    }

    /// - Parameter rewriting: what is made of a model before it decides.
    static func run(_ folder: URL, below root: URL, rewriting: (DecisionModel) throws -> DecisionModel = { $0 }) throws -> Report {
        var report = Report(name: String(folder.path.dropFirst(root.path.count + (root.path.hasSuffix("/") ? 0 : 1))))
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).sorted { $0.path < $1.path }
        for file in files where file.pathExtension == "xml" {
            let cases = try XMLTree.read(Array(try Data(contentsOf: file)))
            guard cases.name == "testCases" else { continue }
            let modelName = cases.children("modelName").first?.text.trimmed ?? ""
            var reader = DecisionModelReader(file: modelName)
            var model = reader.read(Array(try Data(contentsOf: folder.appending(path: modelName))))
            report.remarks += reader.faults.map { "refused: \($0)" }
            if reader.faults.isEmpty { model = try model.map { try rewriting($0) } }
            for testCase in cases.children("testCase") {
                if let model, isAttempted(testCase, model, reader.faults) {
                    let mistakes = mistakes(in: testCase, model)
                    if mistakes.isEmpty { report.tally.passed += 1 } else { report.tally.failed += 1 }
                    report.remarks += mistakes.map { "\(file.lastPathComponent) \(testCase.attributes["id"] ?? ""): \($0)" }
                } else {
                    report.tally.notAttempted += 1
                }
            }
        }
        return report
    }

    /// Whether everything that is asked for could be read.
    private static func isAttempted(_ testCase: XMLElementNode, _ model: DecisionModel, _ faults: [DecisionTableFault]) -> Bool {
        if faults.contains(where: { $0.table == nil }) || (testCase.attributes["type"] ?? "decision") != "decision" { return false }
        let refused = Set(faults.compactMap(\.table))
        func isRead(_ requirements: DecisionModel.Requirements) -> Bool {
            requirements.decisions.allSatisfy { isRead(model.decisions[$0]) }
                && requirements.functions.allSatisfy {
                    !refused.contains(model.functions[$0].name) && isRead(model.functions[$0].requirements)
                }
        }
        func isRead(_ decision: DecisionModel.Decision) -> Bool { !refused.contains(decision.name) && isRead(decision.requirements) }
        return testCase.children("resultNode").allSatisfy { result in
            (result.attributes["type"] ?? "decision") == "decision"
                && (model.decisions.first { $0.name == result.attributes["name"] }.map(isRead) ?? false)
        }
    }

    private static func mistakes(in testCase: XMLElementNode, _ model: DecisionModel) -> [String] {
        var inputs: [String: FEELValue] = [:]
        for node in testCase.children("inputNode") { inputs[node.attributes["name"] ?? ""] = value(of: node) }
        return testCase.children("resultNode").compactMap { node in
            let name = node.attributes["name"] ?? ""
            let result = model.evaluate(name, inputs)
            if node.attributes["errorResult"] == "true" {
                return result.value == .null && !result.problems.isEmpty ? nil : "\(name): \(result.value), not an error"
            }
            let expected = node.children("expected").first.map { value(of: $0) } ?? .null
            return isSame(result.value, expected) ? nil : "\(name): \(result.value), not \(expected); \(result.problems)"
        }
    }

    private static func isSame(_ left: FEELValue, _ right: FEELValue) -> Bool {
        switch (left, right) {
        case (.number(let first), .number(let second)): abs(first.double - second.double) <= 1e-8
        case (.list(let first), .list(let second)): first.count == second.count && zip(first, second).allSatisfy { isSame($0, $1) }
        case (.context(let first), .context(let second)):
            first.entries.count == second.entries.count
                && first.entries.allSatisfy { entry in second[entry.name].map { isSame(entry.value, $0) } ?? false }
        case (.null, .null): true
        default: left.isEqual(to: right) == true
        }
    }

    private static func value(of node: XMLElementNode) -> FEELValue {
        if let list = node.children("list").first { return .list(list.children("item").map { value(of: $0) }) }
        let components = node.children("component")
        if !components.isEmpty {
            var context = FEELContext()
            for component in components { context[component.attributes["name"] ?? ""] = value(of: component) }
            return .context(context)
        }
        guard let element = node.children("value").first, element.attributes["xsi:nil"] != "true" else { return .null }
        let text = element.text.trimmed
        switch element.attributes["xsi:type"]?.split(separator: ":").last {
        case "boolean": return .boolean(text == "true")
        case "decimal", "double", "integer", "int", "long", "float": return FEELNumber(text).map { .number($0) } ?? .null
        case "date": return FEELDate(text).map { .date($0) } ?? .null
        case "time": return FEELTime(text).map { .time($0) } ?? .null
        case "dateTime": return FEELDateTime(text).map { .dateTime($0) } ?? .null
        case "duration": return FEELDuration(text).map { .duration($0) } ?? .null
        default: return .string(element.text)
        }
    }
}
