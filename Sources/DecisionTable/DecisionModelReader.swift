/// Takes the elements of a DMN file apart and notes every fault on the way.
struct DecisionModelReader {
    /// DMN 1.1 to 1.5: their decision tables are the same.
    private static let namespaces: Set<String> = [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/", "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ]
    /// What any element may have without a decision being another for it.
    private static let remarks: Set<String> = ["description", "extensionElements"]

    let file: String
    private(set) var faults: [DecisionTableFault] = []
    /// How many faults there are besides `faults`.
    private(set) var omitted = 0
    /// Of what is being read now.
    private var table: String?

    init(file: String) { self.file = file }

    mutating func read(_ xml: [UInt8]) -> [DecisionTable] {
        let root: XMLElementNode
        do throws(XMLTree.Fault) {
            root = try XMLTree.read(xml)
        } catch {
            fault(error.line, error.message)
            return []
        }
        guard root.name == "definitions", Self.namespaces.contains(root.namespace) else {
            fault(root.line, "not a DMN file: the outermost element has to be definitions of DMN 1.1 to 1.5")
            return []
        }
        check(
            root,
            may: [
                "decision", "inputData", "itemDefinition", "knowledgeSource", "textAnnotation", "association", "artifact", "group",
                "elementCollection", "performanceIndicator", "organizationUnit",
            ])
        let decisions = root.children("decision")
        if decisions.isEmpty { fault(root.line, "the file has no decision") }
        let names = decisions.map { (Self.name(of: $0), $0.line) }
        for (name, line) in repeated(names) { fault(line, "there are two decisions \"\(name.shortened)\"") }
        return decisions.compactMap { read(decision: $0) }
    }

    private static func name(of decision: XMLElementNode) -> String {
        decision.attributes["name"] ?? decision.attributes["id"] ?? "decision"
    }

    private mutating func read(decision: XMLElementNode) -> DecisionTable? {
        table = Self.name(of: decision)
        defer { table = nil }
        let before = faults.count + omitted
        check(
            decision,
            may: [
                "decisionTable", "variable", "question", "allowedAnswers", "informationRequirement", "authorityRequirement",
                "supportedObjective", "impactedPerformanceIndicator", "decisionMaker", "decisionOwner", "usingProcess", "usingTask",
            ],
            "; a decision has to be a decision table")
        for requirement in decision.children("informationRequirement") where !requirement.children("requiredDecision").isEmpty {
            fault(requirement.line, "a decision that requires another is not understood")
        }
        guard let element = only("decisionTable", of: decision) else {
            // What it has instead has been told already.
            if faults.count + omitted == before { fault(decision.line, "the decision has no decision table") }
            return nil
        }
        return read(table: element, type: only("variable", of: decision)?.attributes["typeRef"])
    }

    /// - Parameter type: the decision's, which is its output's where there is only one.
    private mutating func read(table element: XMLElementNode, type: String?) -> DecisionTable? {
        let before = faults.count + omitted
        let policyName = element.attributes["hitPolicy"] ?? "UNIQUE"
        let policy = DecisionTable.HitPolicy(rawValue: policyName)
        if policy == nil { fault(element.line, "hit policy \(policyName.shortened) is not understood; UNIQUE and FIRST are") }
        check(element, may: ["input", "output", "annotation", "rule"])
        let inputs = element.children("input").map { readInput($0) }
        let outputElements = element.children("output")
        let outputType = outputElements.count == 1 ? element.attributes["typeRef"] ?? type : nil
        let outputs = outputElements.map { readOutput($0, isOnly: outputElements.count == 1, type: outputType) }
        if inputs.isEmpty { fault(element.line, "the table has no input column") }
        if outputs.isEmpty { fault(element.line, "the table has no output column") }
        for (name, line) in repeated(inputs.map { ($0.name, $0.line) }) {
            fault(line, "there are two input columns \"\(name.shortened)\"")
        }
        for (name, line) in repeated(outputs.map { ($0.name, $0.line) }) {
            fault(line, "there are two output columns \"\(name.shortened)\"")
        }
        let rules = element.children("rule").enumerated().map { readRule($1, number: $0 + 1, inputs: inputs, outputs: outputs) }
        for (id, line) in repeated(rules.map { ($0.id, $0.line) }) {
            fault(line, "there are two rules with the id \"\(id.shortened)\"")
        }
        guard let policy, faults.count + omitted == before, let table else { return nil }
        guard let matcher = RuleMatcher(inputs: inputs, rules: rules) else {
            fault(element.line, "the table is too large: it has too many rules with too many different values; split it")
            return nil
        }
        return DecisionTable(
            name: table, file: file, hitPolicy: policy, inputs: inputs, outputs: outputs, rules: rules, matcher: matcher)
    }

    private mutating func readInput(_ element: XMLElementNode) -> DecisionTable.InputColumn {
        check(element, may: ["inputExpression", "inputValues"])
        let expression = only("inputExpression", of: element)
        let name = expression.map { text(of: $0, column: nil) } ?? ""
        let label = (element.attributes["label"] ?? "").trimmed
        if name.isEmpty { fault(element.line, column: label.isEmpty ? nil : label, "the input column has no expression") }
        let heading = label.isEmpty ? name : label
        let type = readType(expression?.attributes["typeRef"] ?? element.attributes["typeRef"], element.line, column: heading)
        return DecisionTable.InputColumn(
            name: name, label: heading, type: type,
            allowed: readAllowed(only("inputValues", of: element), type, column: heading), line: element.line)
    }

    private mutating func readOutput(_ element: XMLElementNode, isOnly: Bool, type: String?) -> DecisionTable.OutputColumn {
        check(element, may: ["outputValues", "defaultOutputEntry"])
        let name = (element.attributes["name"] ?? element.attributes["label"] ?? "").trimmed
        if name.isEmpty, !isOnly { fault(element.line, "the output column has no name") }
        if let defaultEntry = only("defaultOutputEntry", of: element) {
            fault(defaultEntry.line, column: name, "a default output is not understood; write a rule")
        }
        let type = readType(element.attributes["typeRef"] ?? type, element.line, column: name)
        return DecisionTable.OutputColumn(
            name: name, type: type, allowed: readAllowed(only("outputValues", of: element), type, column: name), line: element.line)
    }

    private mutating func readType(_ name: String?, _ line: Int, column: String) -> ValueType {
        // A prefix is DMN 1.1's: "feel:string".
        switch name?.split(separator: ":").last ?? "string" {
        case "string": return .string
        case "number", "integer", "long", "double": return .number
        case "boolean": return .boolean
        case let other:
            fault(line, column: column, "type \(String(other).shortened) is not understood; string, number and boolean are")
            return .string
        }
    }

    private mutating func readAllowed(_ element: XMLElementNode?, _ type: ValueType, column: String) -> UnaryTests? {
        guard let element else { return nil }
        let text = text(of: element, column: column)
        return text.isEmpty ? nil : readTests(text, type, line: element.line, rule: nil, column: column)
    }

    private mutating func readRule(
        _ element: XMLElementNode, number: Int, inputs: [DecisionTable.InputColumn], outputs: [DecisionTable.OutputColumn]
    ) -> DecisionTable.Rule {
        check(element, may: ["inputEntry", "outputEntry", "annotationEntry"], rule: number)
        let inputEntries = element.children("inputEntry")
        let outputEntries = element.children("outputEntry")
        if inputEntries.count != inputs.count {
            fault(element.line, rule: number, "\(inputEntries.count) input cells for \(inputs.count) input columns")
        }
        if outputEntries.count != outputs.count {
            fault(element.line, rule: number, "\(outputEntries.count) output cells for \(outputs.count) output columns")
        }
        let conditions = zip(inputEntries, inputs).compactMap { readCondition($0, $1, rule: number) }
        let values = zip(outputEntries, outputs).compactMap { readValue($0, $1, rule: number) }
        let annotations = element.children("description") + element.children("annotationEntry").flatMap { $0.children("text") }
        return DecisionTable.Rule(
            id: element.attributes["id"] ?? "#\(number)", conditions: conditions, outputs: values,
            text: annotations.map(\.text.trimmed).filter { !$0.isEmpty }.joined(separator: " – "), line: element.line)
    }

    private mutating func readCondition(
        _ entry: XMLElementNode, _ input: DecisionTable.InputColumn, rule: Int
    ) -> UnaryTests? {
        let text = text(of: entry, rule: rule, column: input.label)
        guard let tests = readTests(text, input.type, line: entry.line, rule: rule, column: input.label) else { return nil }
        for case .equal(let value) in tests.tests {
            check(value, in: input.allowed, line: entry.line, rule: rule, column: input.label)
        }
        return tests
    }

    private mutating func readValue(_ entry: XMLElementNode, _ output: DecisionTable.OutputColumn, rule: Int) -> Value? {
        let text = text(of: entry, rule: rule, column: output.name)
        do throws(UnaryTestsParser.Fault) {
            let value = try UnaryTestsParser.literal(text, type: output.type)
            check(value, in: output.allowed, line: entry.line, rule: rule, column: output.name)
            return value
        } catch {
            fault(entry.line, rule: rule, column: output.name, error.message)
            return nil
        }
    }

    private mutating func readTests(_ text: String, _ type: ValueType, line: Int, rule: Int?, column: String) -> UnaryTests? {
        do throws(UnaryTestsParser.Fault) {
            return try UnaryTestsParser.parse(text, type: type)
        } catch {
            fault(line, rule: rule, column: column, error.message)
            return nil
        }
    }

    private mutating func check(_ value: Value, in allowed: UnaryTests?, line: Int, rule: Int, column: String) {
        guard let allowed, value != .null, !allowed.contains(value) else { return }
        fault(
            line, rule: rule, column: column,
            "\(value.description.shortened) is not among the column's values \(allowed.text.shortened)")
    }

    /// What is written in an expression or a cell.
    private mutating func text(of element: XMLElementNode, rule: Int? = nil, column: String?) -> String {
        check(element, may: ["text"], rule: rule, column: column)
        let text = only("text", of: element, rule: rule, column: column)
        // Text that an editor does not show must not be taken for an empty cell.
        if !element.text.trimmed.isEmpty {
            fault(element.line, rule: rule, column: column, "text directly in \(element.name); it belongs into a text element")
        }
        for child in text?.children ?? [] {
            fault(child.line, rule: rule, column: column, "\(child.name.shortened) within a text is not understood")
        }
        return (text?.text ?? "").trimmed
    }

    private mutating func only(
        _ name: String, of element: XMLElementNode, rule: Int? = nil, column: String? = nil
    ) -> XMLElementNode? {
        let children = element.children(name)
        if children.count > 1 { fault(children[1].line, rule: rule, column: column, "a second \(name) is not understood") }
        return children.first
    }

    /// Notes what could make a decision another: elements of DMN that are not known in this place, and languages other than FEEL.
    /// What is of other namespaces belongs to editors.
    private mutating func check(
        _ element: XMLElementNode, may known: Set<String>, _ advice: String = "", rule: Int? = nil, column: String? = nil
    ) {
        for child in element.children where child.namespace.isEmpty || Self.namespaces.contains(child.namespace) {
            let isKnown = known.contains(child.name) || Self.remarks.contains(child.name)
            guard !isKnown || child.namespace != element.namespace else { continue }
            fault(child.line, rule: rule, column: column, "\(child.name.shortened) is not understood\(advice)")
        }
        if let language = element.attributes["expressionLanguage"], !language.isEmpty, !language.lowercased().contains("feel") {
            fault(
                element.line, rule: rule, column: column, "expression language \(language.shortened) is not understood; FEEL is")
        }
    }

    private func repeated(_ names: [(String, Int)]) -> [(String, Int)] {
        var seen: Set<String> = []
        return names.filter { !$0.0.isEmpty && !seen.insert($0.0).inserted }
    }

    /// - Parameter column: its heading; empty for the only output, which needs none.
    private mutating func fault(_ line: Int, rule: Int? = nil, column: String? = nil, _ message: String) {
        guard faults.count < DecisionTableFaults.most else {
            omitted += 1
            return
        }
        faults.append(
            DecisionTableFault(
                file: file, line: line, table: table?.shortened, rule: rule, column: column == "" ? nil : column?.shortened,
                message: message))
    }
}

extension String {
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[first...last])
    }

    /// Short enough for a fault.
    var shortened: String {
        let longest = 80
        return index(startIndex, offsetBy: longest + 1, limitedBy: endIndex) == nil ? self : prefix(longest) + "…"
    }
}
