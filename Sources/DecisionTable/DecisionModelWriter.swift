extension DecisionModel {
    /// The model as a file of DMN 1.3, which the common editors open, with a plain diagram of its requirements.
    ///
    /// What reading passes over is not in it: diagrams as they were drawn, extensions, descriptions of elements other than rules. What
    /// has no id gets one. The same model always gives the same bytes.
    public var xml: [UInt8] {
        var writer = DecisionModelWriter(model: self)
        writer.write()
        return Array(writer.text.utf8)
    }
}

private struct DecisionModelWriter {
    let model: DecisionModel
    private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private var depth = 0
    private let inputIDs: [String]
    private let decisionIDs: [String]
    private let functionIDs: [String]
    /// Ids of requirements, with what they join.
    private var edges: [(id: String, from: String, to: String)] = []

    init(model: DecisionModel) {
        self.model = model
        var used = Set(model.inputs.compactMap(\.id) + model.decisions.compactMap(\.id) + model.functions.compactMap(\.id))
        func ids(_ given: [String?], _ prefix: String) -> [String] {
            given.enumerated().map { index, id in
                if let id { return id }
                var new = "\(prefix)_\(index + 1)"
                while !used.insert(new).inserted { new += "_" }
                return new
            }
        }
        inputIDs = ids(model.inputs.map(\.id), "InputData")
        decisionIDs = ids(model.decisions.map(\.id), "Decision")
        functionIDs = ids(model.functions.map(\.id), "Function")
    }

    mutating func write() {
        element(
            "definitions",
            [
                ("xmlns", "https://www.omg.org/spec/DMN/20191111/MODEL/"), ("xmlns:dmndi", "https://www.omg.org/spec/DMN/20191111/DMNDI/"),
                ("xmlns:dc", "http://www.omg.org/spec/DMN/20180521/DC/"), ("xmlns:di", "http://www.omg.org/spec/DMN/20180521/DI/"),
                ("id", "Definitions_1"), ("name", model.name.isEmpty ? "model" : model.name),
                ("namespace", model.namespace.isEmpty ? "urn:lots:model" : model.namespace),
            ]
        ) { writer in
            for type in writer.model.types { writer.write(type, as: "itemDefinition") }
            for (input, id) in zip(writer.model.inputs, writer.inputIDs) where !input.isImplied {
                writer.element("inputData", [("id", id), ("name", input.name)]) { $0.variable(input.name, input.type) }
            }
            for (function, id) in zip(writer.model.functions, writer.functionIDs) { writer.write(function, id) }
            for (decision, id) in zip(writer.model.decisions, writer.decisionIDs) { writer.write(decision, id) }
            writer.diagram()
        }
    }

    private mutating func write(_ type: DecisionModel.ItemDefinition, as name: String) {
        element(name, [("name", type.name), ("isCollection", type.isCollection ? "true" : nil)]) { writer in
            if let typeName = type.typeName { writer.leaf("typeRef", typeName) }
            if let allowed = type.allowed, !allowed.isEmpty { writer.element("allowedValues") { $0.leaf("text", allowed) } }
            for component in type.components { writer.write(component, as: "itemComponent") }
        }
    }

    private mutating func write(_ function: DecisionModel.Function, _ id: String) {
        element("businessKnowledgeModel", [("id", id), ("name", function.name)]) { writer in
            writer.variable(function.name, function.typeName)
            writer.element("encapsulatedLogic") { writer in
                for parameter in function.parameters { writer.variable(parameter.name, parameter.typeName, as: "formalParameter") }
                writer.write(function.logic, id)
            }
            writer.write(function.requirements, id)
        }
    }

    private mutating func write(_ decision: DecisionModel.Decision, _ id: String) {
        element("decision", [("id", id), ("name", decision.name)]) { writer in
            if let question = decision.question, !question.isEmpty { writer.leaf("question", question) }
            if let answers = decision.allowedAnswers, !answers.isEmpty { writer.leaf("allowedAnswers", answers) }
            writer.variable(decision.name, decision.type)
            writer.write(decision.requirements, id)
            writer.write(decision.logic, id)
        }
    }

    private mutating func write(_ requirements: DecisionModel.Requirements, _ id: String) {
        let decisions = requirements.decisions.map { ("informationRequirement", "requiredDecision", decisionIDs[$0]) }
        let inputs = requirements.inputs.filter { !model.inputs[$0].isImplied }.map {
            ("informationRequirement", "requiredInput", inputIDs[$0])
        }
        let functions = requirements.functions.map { ("knowledgeRequirement", "requiredKnowledge", functionIDs[$0]) }
        for (index, (name, child, target)) in (decisions + inputs + functions).enumerated() {
            let requirement = "\(id)_requirement_\(index + 1)"
            edges.append((requirement, target, id))
            element(name, [("id", requirement)]) { $0.element(child, [("href", "#\(target)")]) }
        }
    }

    private mutating func variable(_ name: String, _ type: String?, as element: String = "variable") {
        self.element(element, [("name", name), ("typeRef", type)])
    }

    // MARK: Logic

    /// - Parameter id: what ids of parts begin with.
    private mutating func write(_ logic: DecisionLogic, _ id: String) {
        switch logic {
        case .literal(let expression): element("literalExpression") { $0.leaf("text", expression.text) }
        case .table(let table): write(table, id)
        case .invocation(let function, let bindings):
            element("invocation") { writer in
                writer.element("literalExpression") { $0.leaf("text", function.text) }
                for (index, binding) in bindings.enumerated() {
                    writer.element("binding") { writer in
                        writer.element("parameter", [("name", binding.name)])
                        writer.write(binding.logic, "\(id)_binding\(index + 1)")
                    }
                }
            }
        case .context(let entries):
            element("context") { writer in
                for (index, entry) in entries.enumerated() {
                    writer.element("contextEntry") { writer in
                        if let variable = entry.variable { writer.variable(variable.name, variable.typeName) }
                        writer.write(entry.logic, "\(id)_entry\(index + 1)")
                    }
                }
            }
        case .list(let items): element("list") { $0.write(items, id) }
        case .relation(let columns, let rows):
            element("relation") { writer in
                for column in columns { writer.variable(column.name, column.typeName, as: "column") }
                for (index, row) in rows.enumerated() { writer.element("row") { $0.write(row, "\(id)_row\(index + 1)") } }
            }
        case .function(let parameters, let body):
            element("functionDefinition") { writer in
                for parameter in parameters { writer.variable(parameter.name, parameter.typeName, as: "formalParameter") }
                writer.write(body, "\(id)_body")
            }
        }
    }

    private mutating func write(_ items: [DecisionLogic], _ id: String) {
        for (index, item) in items.enumerated() { write(item, "\(id)_item\(index + 1)") }
    }

    private mutating func write(_ table: TableLogic, _ id: String) {
        let policy = table.hitPolicy.rawValue.split(separator: " ").map(String.init)
        let isAggregated = table.hitPolicy.isAggregated
        element(
            "decisionTable",
            [
                ("id", "\(id)_table"), ("hitPolicy", isAggregated ? policy[0] : table.hitPolicy.rawValue),
                ("aggregation", isAggregated ? policy[1] : nil),
            ]
        ) { writer in
            for (index, input) in table.inputs.enumerated() {
                let inputID = "\(id)_input\(index + 1)"
                writer.element("input", [("id", inputID), ("label", input.label.isEmpty ? nil : input.label)]) { writer in
                    writer.element("inputExpression", [("id", "\(inputID)_expression"), ("typeRef", input.typeName)]) {
                        $0.leaf("text", input.expression.text)
                    }
                    if let allowed = input.allowed { writer.textElement("inputValues", "\(inputID)_values", allowed.text) }
                }
            }
            for (index, output) in table.outputs.enumerated() {
                let outputID = "\(id)_output\(index + 1)"
                writer.element(
                    "output",
                    [
                        ("id", outputID), ("label", output.label.isEmpty ? nil : output.label),
                        ("name", output.name.isEmpty ? nil : output.name), ("typeRef", output.typeName),
                    ]
                ) { writer in
                    if let allowed = output.allowed { writer.textElement("outputValues", "\(outputID)_values", allowed.text) }
                    if let entry = output.defaultEntry { writer.textElement("defaultOutputEntry", "\(outputID)_default", entry.text) }
                }
            }
            for (index, rule) in table.rules.enumerated() { writer.write(rule, "\(id)_rule\(index + 1)") }
        }
    }

    private mutating func write(_ rule: TableLogic.Rule, _ generated: String) {
        element("rule", [("id", rule.id ?? generated)]) { writer in
            if !rule.annotations.isEmpty { writer.leaf("description", rule.annotations.joined(separator: " – ")) }
            for (index, cell) in rule.conditions.enumerated() {
                writer.textElement("inputEntry", "\(generated)_input\(index + 1)", cell.text)
            }
            for (index, cell) in rule.outputs.enumerated() {
                writer.textElement("outputEntry", "\(generated)_output\(index + 1)", cell.text)
            }
        }
    }

    // MARK: Diagram

    /// Inputs in the lowest row, and each decision or function above what it requires.
    private mutating func diagram() {
        var heights: [String: Int] = [:]
        for id in inputIDs { heights[id] = 0 }
        for id in functionIDs + decisionIDs { heights[id] = 1 }
        // A round raises everything by a row at the least until nothing stands too low.
        for _ in 0...(functionIDs.count + decisionIDs.count) {
            for edge in edges { heights[edge.to] = max(heights[edge.to] ?? 0, (heights[edge.from] ?? 0) + 1) }
        }
        let top = heights.values.max() ?? 0
        let shown = zip(inputIDs, model.inputs).filter { !$1.isImplied }.map(\.0) + functionIDs + decisionIDs
        var columns: [Int: Int] = [:]
        var centres: [String: (x: Int, y: Int)] = [:]
        for id in shown {
            let height = heights[id] ?? 0
            centres[id] = (x: 240 + 220 * columns[height, default: 0], y: 140 + 140 * (top - height))
            columns[height, default: 0] += 1
        }
        element("dmndi:DMNDI") { writer in
            writer.element("dmndi:DMNDiagram", [("id", "Diagram_1")]) { writer in
                for id in shown {
                    guard let centre = centres[id] else { continue }
                    writer.element("dmndi:DMNShape", [("id", "Shape_\(id)"), ("dmnElementRef", id)]) {
                        $0.element(
                            "dc:Bounds", [("height", "80"), ("width", "180"), ("x", "\(centre.x - 90)"), ("y", "\(centre.y - 40)")])
                    }
                }
                for edge in writer.edges {
                    guard let from = centres[edge.from], let to = centres[edge.to] else { continue }
                    writer.element("dmndi:DMNEdge", [("id", "Edge_\(edge.id)"), ("dmnElementRef", edge.id)]) {
                        $0.element("di:waypoint", [("x", "\(from.x)"), ("y", "\(from.y - 40)")])
                        $0.element("di:waypoint", [("x", "\(to.x)"), ("y", "\(to.y + 40)")])
                    }
                }
            }
        }
    }

    // MARK: XML

    private mutating func element(
        _ name: String, _ attributes: [(String, String?)] = [], _ content: ((inout DecisionModelWriter) -> Void)? = nil
    ) {
        indent()
        text += "<\(name)"
        for case (let key, let value?) in attributes { text += " \(key)=\"\(Self.escaped(value))\"" }
        guard let content else {
            text += "/>\n"
            return
        }
        text += ">\n"
        depth += 1
        content(&self)
        depth -= 1
        indent()
        text += "</\(name)>\n"
    }

    private mutating func textElement(_ name: String, _ id: String, _ content: String) {
        element(name, [("id", id)]) { $0.leaf("text", content) }
    }

    private mutating func leaf(_ name: String, _ content: String) {
        indent()
        text += "<\(name)>\(Self.escaped(content))</\(name)>\n"
    }

    private mutating func indent() { text += String(repeating: "  ", count: depth) }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r", "\n", "\t": result += "&#\(scalar.value);"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
