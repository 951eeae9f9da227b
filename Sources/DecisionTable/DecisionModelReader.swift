/// Takes the elements of a DMN file apart and notes every fault on the way.
struct DecisionModelReader {
    /// DMN 1.1 to 1.6.
    private static let namespaces: Set<String> = [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/", "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/", "https://www.omg.org/spec/DMN/20240513/MODEL/",
    ]
    /// What any element may have without a decision being another for it.
    private static let remarks: Set<String> = ["description", "extensionElements"]
    /// Decisions, functions or types that require one another, one behind the other.
    private static let deepestChain = 50

    private(set) var collector: FaultCollector
    private var types: [String: FEELType] = [:]
    /// Names of the parts that values may have.
    private var components: Set<String> = []
    private var inputs: [DecisionModel.Input] = []
    /// By id.
    private var inputPlaces: [String: Int] = [:]
    private var decisionPlaces: [String: Int] = [:]
    private var functionPlaces: [String: Int] = [:]
    private var namespace = ""
    /// Of the decision or function that is being read.
    private var requirements = DecisionModel.Requirements()

    var faults: [DecisionTableFault] { collector.faults }
    var omitted: Int { collector.omitted }

    init(file: String) { collector = FaultCollector(file: file) }

    /// Nil when there is nothing to be read. With faults, the parts that have none are right.
    mutating func read(_ xml: [UInt8]) -> DecisionModel? {
        let root: XMLElementNode
        do throws(XMLTree.Fault) {
            root = try XMLTree.read(xml)
        } catch {
            fault(error.line, error.message)
            return nil
        }
        guard root.name == "definitions", Self.namespaces.contains(root.namespace) else {
            fault(root.line, "not a DMN file: the outermost element has to be definitions of DMN 1.1 to 1.6")
            return nil
        }
        check(
            root,
            may: [
                "decision", "inputData", "itemDefinition", "businessKnowledgeModel", "knowledgeSource", "textAnnotation", "association",
                "artifact", "group", "elementCollection", "performanceIndicator", "organizationUnit",
            ])
        namespace = root.attributes["namespace"] ?? ""
        let definitions = readTypes(root.children("itemDefinition"))
        collectComponents(root)

        let decisions = root.children("decision")
        let functions = root.children("businessKnowledgeModel")
        if decisions.isEmpty { fault(root.line, "the file has no decision") }
        for element in root.children("inputData") { readInput(element) }
        for (index, element) in decisions.enumerated() { if let id = element.attributes["id"] { decisionPlaces[id] = index } }
        for (index, element) in functions.enumerated() { if let id = element.attributes["id"] { functionPlaces[id] = index } }
        for (name, line) in repeated((decisions + functions + root.children("inputData")).map { (Self.name(of: $0), $0.line) }) {
            fault(line, "there are two decisions, functions or inputs \"\(name.shortened)\"")
        }
        let names = Names(decisions: decisions.map(Self.name), functions: functions.map(Self.name))
        let readFunctions = functions.map { readFunction($0, names) }
        let readDecisions = decisions.map { readDecision($0, names) }
        checkChains(readDecisions.map(\.requirements.decisions), decisions)
        checkChains(readFunctions.map(\.requirements.functions), functions)
        return DecisionModel(
            name: root.attributes["name"] ?? "", namespace: namespace, file: collector.file, inputs: inputs, decisions: readDecisions,
            functions: readFunctions, types: definitions)
    }

    /// What can be required, by place.
    private struct Names {
        let decisions: [String]
        let functions: [String]
    }

    private static func name(of element: XMLElementNode) -> String {
        FEELNames.normalized(element.attributes["name"] ?? element.attributes["id"] ?? element.name)
    }

    private mutating func collectComponents(_ element: XMLElementNode) {
        for child in element.children {
            if ["itemComponent", "output", "variable", "column"].contains(child.name), let name = child.attributes["name"], !name.isEmpty {
                components.insert(FEELNames.normalized(name))
            }
            collectComponents(child)
        }
    }

    // MARK: Types

    private mutating func readTypes(_ elements: [XMLElementNode]) -> [DecisionModel.ItemDefinition] {
        let byName = Dictionary(elements.map { (Self.name(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
        for (name, line) in repeated(elements.map { (Self.name(of: $0), $0.line) }) {
            fault(line, "there are two types \"\(name.shortened)\"")
        }
        for element in elements { _ = resolve(Self.name(of: element), byName, line: element.line, depth: 0) }
        return elements.map { definition($0) }
    }

    private mutating func definition(_ element: XMLElementNode) -> DecisionModel.ItemDefinition {
        DecisionModel.ItemDefinition(
            name: Self.name(of: element), typeName: typeName(of: element),
            allowed: element.children("allowedValues").first?.children("text").first?.text.trimmed,
            isCollection: element.attributes["isCollection"] == "true", components: element.children("itemComponent").map { definition($0) }
        )
    }

    private func typeName(of element: XMLElementNode) -> String? {
        element.children("typeRef").first.map { Self.withoutPrefix($0.text.trimmed) }
    }

    /// A prefix is DMN 1.1's: `feel:string`.
    private static func withoutPrefix(_ name: String) -> String {
        name.split(separator: ":").last.map(String.init) ?? name
    }

    private mutating func resolve(_ name: String, _ elements: [String: XMLElementNode], line: Int, depth: Int) -> FEELType {
        if let type = FEELType(name: name) ?? types[name] { return type }
        guard let element = elements[name] else {
            fault(line, "there is no type \"\(name.shortened)\"")
            return .any
        }
        guard depth <= Self.deepestChain else {
            fault(line, "the type \"\(name.shortened)\" refers to itself, or to a chain of more than \(Self.deepestChain) others")
            return .any
        }
        let type = resolve(element, elements, depth: depth + 1)
        types[name] = type
        return type
    }

    private mutating func resolve(_ element: XMLElementNode, _ elements: [String: XMLElementNode], depth: Int) -> FEELType {
        check(element, may: ["typeRef", "allowedValues", "typeConstraint", "itemComponent", "functionItem"])
        var type = FEELType.any
        if let name = typeName(of: element) {
            type = resolve(name, elements, line: element.line, depth: depth)
        } else if !element.children("functionItem").isEmpty {
            type = .function
        } else if !element.children("itemComponent").isEmpty {
            type = .context(
                element.children("itemComponent").map {
                    FEELType.Component(name: Self.name(of: $0), type: resolve($0, elements, depth: depth + 1))
                })
        }
        if let allowed = readTests(only("allowedValues", of: element), FEELNames([], components: components), column: nil) {
            type = .constrained(type, allowed)
        }
        if element.attributes["isCollection"] == "true" { type = .list(type) }
        if let constraint = readTests(only("typeConstraint", of: element), FEELNames([], components: components), column: nil) {
            type = .constrained(type, constraint)
        }
        return type
    }

    private mutating func readType(_ name: String?, _ line: Int, rule: Int? = nil, column: String? = nil) -> (String?, FEELType) {
        guard let name, !name.isEmpty else { return (nil, .any) }
        let plain = Self.withoutPrefix(name.trimmed)
        if let type = FEELType(name: plain) ?? types[plain] { return (plain, type) }
        fault(line, rule: rule, column: column, "there is no type \"\(plain.shortened)\"")
        return (plain, .any)
    }

    private mutating func readVariable(_ element: XMLElementNode) -> Variable {
        let (typeName, type) = readType(element.attributes["typeRef"], element.line)
        return Variable(name: Self.name(of: element), typeName: typeName, type: type)
    }

    // MARK: Inputs, functions, decisions

    private mutating func readInput(_ element: XMLElementNode) {
        check(element, may: ["variable"])
        let variable = only("variable", of: element)
        let (typeName, type) = readType(variable?.attributes["typeRef"], variable?.line ?? element.line)
        if let id = element.attributes["id"] { inputPlaces[id] = inputs.count }
        inputs.append(
            DecisionModel.Input(
                name: Self.name(of: element), type: typeName, id: element.attributes["id"], valueType: type, isImplied: false))
    }

    private mutating func readRequirements(_ element: XMLElementNode) -> DecisionModel.Requirements {
        var found = DecisionModel.Requirements()
        for requirement in element.children("informationRequirement") {
            check(requirement, may: ["requiredDecision", "requiredInput"])
            for child in requirement.children("requiredDecision") {
                if let place = place(child, decisionPlaces, "decision") { found.decisions.append(place) }
            }
            for child in requirement.children("requiredInput") {
                if let place = place(child, inputPlaces, "input") { found.inputs.append(place) }
            }
        }
        for requirement in element.children("knowledgeRequirement") {
            check(requirement, may: ["requiredKnowledge"])
            for child in requirement.children("requiredKnowledge") {
                if let place = place(child, functionPlaces, "business knowledge model") { found.functions.append(place) }
            }
        }
        return found
    }

    private mutating func place(_ element: XMLElementNode, _ places: [String: Int], _ what: String) -> Int? {
        let reference = (element.attributes["href"] ?? "").trimmed
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts[0].isEmpty || parts[0] == namespace, let place = places[String(parts[1])] { return place }
        fault(element.line, "the file has no \(what) \"\(reference.shortened)\"")
        return nil
    }

    /// What a decision or function may name.
    private func scope(_ names: Names) -> FEELNames {
        FEELNames(
            requirements.inputs.map { inputs[$0].name } + requirements.decisions.map { names.decisions[$0] }
                + requirements.functions.map { names.functions[$0] }, components: components, types: types)
    }

    private mutating func readFunction(_ element: XMLElementNode, _ names: Names) -> DecisionModel.Function {
        collector.table = Self.name(of: element)
        defer { collector.table = nil }
        check(element, may: ["variable", "encapsulatedLogic", "knowledgeRequirement", "authorityRequirement"])
        requirements = readRequirements(element)
        let variable = only("variable", of: element).map { readVariable($0) }
        var function: (parameters: [Variable], logic: DecisionLogic) = ([], .literal(.missing))
        if let body = only("encapsulatedLogic", of: element) {
            function = readFunctionBody(body, scope(names), name: Self.name(of: element))
        } else {
            fault(element.line, "the business knowledge model has no logic")
        }
        return DecisionModel.Function(
            name: Self.name(of: element), id: element.attributes["id"], typeName: variable?.typeName,
            valueType: variable?.type == .function ? .any : variable?.type ?? .any, parameters: function.parameters,
            requirements: requirements, logic: function.logic)
    }

    private mutating func readFunctionBody(
        _ element: XMLElementNode, _ names: FEELNames, name: String
    ) -> (parameters: [Variable], logic: DecisionLogic) {
        if let kind = element.attributes["kind"], kind != "FEEL" {
            fault(element.line, "functions of kind \(kind.shortened) are not understood")
        }
        let parameters = element.children("formalParameter").map { readVariable($0) }
        let logic = readOnlyLogic(
            of: element, names.adding(parameters.map(\.name)), name: name, type: nil, besides: ["formalParameter"])
        return (parameters, logic)
    }

    private mutating func readDecision(_ element: XMLElementNode, _ names: Names) -> DecisionModel.Decision {
        let name = Self.name(of: element)
        collector.table = name
        defer { collector.table = nil }
        requirements = readRequirements(element)
        let variable = only("variable", of: element)
        let (typeName, type) = readType(variable?.attributes["typeRef"], variable?.line ?? element.line)
        let logic = readOnlyLogic(
            of: element, scope(names), name: name, type: typeName.map { ($0, type) },
            besides: [
                "variable", "question", "allowedAnswers", "informationRequirement", "knowledgeRequirement", "authorityRequirement",
                "supportedObjective", "impactedPerformanceIndicator", "decisionMaker", "decisionOwner", "usingProcess", "usingTask",
            ])
        return DecisionModel.Decision(
            name: name, type: typeName, line: element.line, id: element.attributes["id"], valueType: type,
            question: element.children("question").first?.text.trimmed,
            allowedAnswers: element.children("allowedAnswers").first?.text.trimmed, requirements: requirements, logic: logic)
    }

    /// Refuses what requires itself.
    private mutating func checkChains(_ required: [[Int]], _ elements: [XMLElementNode]) {
        var heights = [Int?](repeating: nil, count: required.count)
        func height(_ index: Int, _ depth: Int) -> Int? {
            if let height = heights[index] { return height }
            guard depth <= Self.deepestChain else { return nil }
            var highest = 0
            for other in required[index] {
                guard let below = height(other, depth + 1) else { return nil }
                highest = max(highest, below + 1)
            }
            heights[index] = highest
            return highest
        }
        for (index, element) in elements.enumerated() where height(index, 0).map({ $0 > Self.deepestChain }) ?? true {
            collector.table = Self.name(of: element)
            fault(element.line, "requires itself, or a chain of more than \(Self.deepestChain) others")
            collector.table = nil
        }
    }

    // MARK: Logic

    private static let logicNames: Set<String> = [
        "decisionTable", "literalExpression", "invocation", "context", "list", "relation", "functionDefinition",
    ]

    /// The one element of logic that an element has to have.
    /// - Parameter type: of a table's only output when it has none itself.
    private mutating func readOnlyLogic(
        of element: XMLElementNode, _ names: FEELNames, name: String, type: (String, FEELType)?, besides: Set<String>
    ) -> DecisionLogic {
        let before = collector.count
        check(element, may: besides.union(Self.logicNames))
        let found = element.children.filter { Self.logicNames.contains($0.name) && $0.namespace == element.namespace }
        if found.count > 1 { fault(found[1].line, "a second \(found[1].name) is not understood") }
        guard let first = found.first else {
            // What it has instead has been told already.
            if collector.count == before { fault(element.line, "\(element.name) has no decision table and no other expression") }
            return .literal(.missing)
        }
        return readLogic(first, names, name: name, type: type)
    }

    private mutating func readLogic(
        _ element: XMLElementNode, _ names: FEELNames, name: String, type: (String, FEELType)? = nil
    ) -> DecisionLogic {
        switch element.name {
        case "decisionTable": return .table(readTable(element, names, name: name, type: type))
        case "invocation":
            check(element, may: Self.logicNames.union(["binding"]))
            guard let callee = only("literalExpression", of: element) else {
                fault(element.line, "the invocation does not say of what")
                return .literal(.missing)
            }
            let function = readExpression(callee, names)
            var bindings: [DecisionLogic.Binding] = []
            for binding in element.children("binding") {
                guard let parameter = only("parameter", of: binding) else {
                    fault(binding.line, "the binding has no parameter")
                    continue
                }
                let logic = readOnlyLogic(of: binding, names, name: name, type: nil, besides: ["parameter"])
                bindings.append(.init(name: Self.name(of: parameter), logic: logic))
            }
            return .invocation(function, bindings)
        case "context":
            check(element, may: ["contextEntry"])
            var names = names
            var entries: [DecisionLogic.Entry] = []
            for entry in element.children("contextEntry") {
                let variable = only("variable", of: entry).map { readVariable($0) }
                let type = variable.flatMap { variable in variable.typeName.map { ($0, variable.type) } }
                let logic = readOnlyLogic(of: entry, names, name: variable?.name ?? name, type: type, besides: ["variable"])
                entries.append(.init(variable: variable, logic: logic))
                if let variable { names = names.adding([variable.name]) }
            }
            if let place = entries.firstIndex(where: { $0.variable == nil }), place != entries.count - 1 {
                fault(element.line, "only the last entry of a context may be without a name")
            }
            return .context(entries)
        case "list":
            check(element, may: Self.logicNames)
            return .list(readItems(of: element, names, name: name))
        case "relation":
            check(element, may: ["column", "row"])
            let columns = element.children("column").map { readVariable($0) }
            let rows = element.children("row").map { readItems(of: $0, names, name: name) }
            for (row, items) in zip(element.children("row"), rows) where items.count != columns.count {
                fault(row.line, "\(items.count) cells for \(columns.count) columns")
            }
            return .relation(columns, rows)
        case "functionDefinition":
            let function = readFunctionBody(element, names, name: name)
            return .function(function.parameters, function.logic)
        default: return .literal(readExpression(element, names))
        }
    }

    private mutating func readItems(of element: XMLElementNode, _ names: FEELNames, name: String) -> [DecisionLogic] {
        element.children.filter { $0.namespace == element.namespace && Self.logicNames.contains($0.name) }
            .map { readLogic($0, names, name: name) }
    }

    private mutating func readExpression(
        _ element: XMLElementNode, _ names: FEELNames, rule: Int? = nil, column: String? = nil
    ) -> ExpressionText {
        let text = text(of: element, rule: rule, column: column)
        var expression = FEELExpression.literal(.null)
        // `-` as an output is nothing, as editors have it.
        if text != "-" {
            do throws(FEELParser.Fault) {
                expression = try FEELParser.expression(text, names)
            } catch {
                fault(element.line, rule: rule, column: column, error.message)
            }
        }
        return ExpressionText(text: text, line: element.line, expression: expression)
    }

    /// Nil when there are none.
    private mutating func readTests(
        _ element: XMLElementNode?, _ names: FEELNames, rule: Int? = nil, column: String?
    ) -> CellText? {
        guard let element else { return nil }
        let text = text(of: element, rule: rule, column: column)
        if text.isEmpty, rule == nil { return nil }
        var tests = FEELUnaryTests(tests: [], isNegated: false)
        do throws(FEELParser.Fault) {
            tests = try FEELParser.unaryTests(text, names)
        } catch {
            fault(element.line, rule: rule, column: column, error.message)
        }
        return CellText(text: text, line: element.line, tests: tests)
    }

    // MARK: Tables

    private mutating func readTable(
        _ element: XMLElementNode, _ names: FEELNames, name: String, type: (String, FEELType)?
    ) -> TableLogic {
        check(element, may: ["input", "output", "annotation", "rule"])
        let policyName = element.attributes["hitPolicy"] ?? "UNIQUE"
        let aggregation = element.attributes["aggregation"] ?? ""
        let policy = DecisionTable.HitPolicy(name: policyName, aggregation: aggregation)
        if policy == nil { fault(element.line, "hit policy \((policyName + " " + aggregation).trimmed.shortened) is not understood") }
        var names = names
        let inputs = element.children("input").map { readInput($0, &names) }
        let outputElements = element.children("output")
        let ownType = readType(element.attributes["typeRef"], element.line)
        let onlyType = outputElements.count == 1 ? ownType.0.map { ($0, ownType.1) } ?? type : nil
        let outputs = outputElements.map {
            readOutput($0, names, isOnly: outputElements.count == 1, type: onlyType, policy: policy ?? .unique)
        }
        if inputs.isEmpty { fault(element.line, "the table has no input column") }
        if outputs.isEmpty { fault(element.line, "the table has no output column") }
        for (name, line) in repeated(outputs.map { ($0.name, $0.line) }) {
            fault(line, "there are two output columns \"\(name.shortened)\"")
        }
        if let policy, policy.isAggregated, outputs.count > 1 {
            fault(element.line, "COLLECT \(aggregation) is for tables with one output")
        }
        if policy == .priority || policy == .outputOrder,
            !outputs.contains(where: { $0.allowed != nil || !$0.type.constraints.isEmpty })
        {
            fault(element.line, "hit policy \(policyName) needs a column with output values, the most important first")
        }
        let rules = element.children("rule").enumerated().map { readRule($1, number: $0 + 1, names, inputs: inputs, outputs: outputs) }
        for (id, line) in repeated(rules.enumerated().map { ($1.id ?? "#\($0 + 1)", $1.line) }) {
            fault(line, "there are two rules with the id \"\(id.shortened)\"")
        }
        return TableLogic(name: name, hitPolicy: policy ?? .unique, inputs: inputs, outputs: outputs, rules: rules, line: element.line)
    }

    /// - Parameter names: gets the input that the column asks for, when the file does not declare it.
    private mutating func readInput(_ element: XMLElementNode, _ names: inout FEELNames) -> TableLogic.Input {
        check(element, may: ["inputExpression", "inputValues"])
        let label = (element.attributes["label"] ?? "").trimmed
        guard let expressionElement = only("inputExpression", of: element),
            let text = expressionElement.children("text").first?.text.trimmed, !text.isEmpty
        else {
            // Also for what it has instead of a text.
            if let expression = element.children("inputExpression").first { _ = self.text(of: expression, column: nil) }
            fault(element.line, column: label.isEmpty ? nil : label, "the input column has no expression")
            return TableLogic.Input(expression: .missing, label: label, typeName: nil, type: .any, allowed: nil, line: element.line)
        }
        if let implied = Self.impliedName(text), (try? FEELParser.expression(text, names)) == nil {
            requirements.inputs.append(place(ofImplied: implied))
            names = names.adding([implied])
        }
        let heading = label.isEmpty ? text : label
        let expression = readExpression(expressionElement, names, column: label.isEmpty ? nil : label)
        var (typeName, type) = readType(
            expressionElement.attributes["typeRef"] ?? element.attributes["typeRef"], element.line, column: heading)
        // A column that is just an input has the input's type.
        if typeName == nil, case .name(let name) = expression.expression,
            let input = requirements.inputs.first(where: { inputs[$0].name == name })
        {
            type = inputs[input].valueType
        }
        return TableLogic.Input(
            expression: expression, label: label, typeName: typeName, type: type,
            allowed: readTests(only("inputValues", of: element), names, column: heading), line: element.line)
    }

    private mutating func place(ofImplied name: String) -> Int {
        if let place = inputs.firstIndex(where: { $0.name == name }) { return place }
        inputs.append(DecisionModel.Input(name: name, type: nil, id: nil, valueType: .any, isImplied: true))
        return inputs.count - 1
    }

    /// Words, perhaps with parts behind a point: the words. Editors do not make people declare what a column asks for.
    private static func impliedName(_ text: String) -> String? {
        let name = FEELNames.normalized(String(text.prefix { $0 != "." }))
        guard let first = name.first, FEELScanner.isNameStart(first), !["true", "false", "null"].contains(name),
            text.allSatisfy({ FEELScanner.isNamePart($0) || $0.isWhitespace || $0 == "." }),
            !name.contains(" ")
                || !name.split(separator: " ").contains(where: {
                    ["if", "for", "some", "every", "in", "and", "or", "between"].contains($0)
                })
        else { return nil }
        return name
    }

    private mutating func readOutput(
        _ element: XMLElementNode, _ names: FEELNames, isOnly: Bool, type: (String, FEELType)?, policy: DecisionTable.HitPolicy
    ) -> TableLogic.Output {
        check(element, may: ["outputValues", "defaultOutputEntry"])
        let label = (element.attributes["label"] ?? "").trimmed
        let written = (element.attributes["name"] ?? "").trimmed
        let name = FEELNames.normalized(written.isEmpty ? label : written)
        if name.isEmpty, !isOnly { fault(element.line, "the output column has no name") }
        var (typeName, outputType) = readType(element.attributes["typeRef"], element.line, column: name)
        if typeName == nil, let type, policy != .collectCount {
            // A table that gives a list has the type of the list.
            switch (policy.isSingle || policy.isAggregated, type.1.base) {
            case (false, .list(let inner)): outputType = inner
            default: (typeName, outputType) = (type.0, type.1)
            }
        }
        return TableLogic.Output(
            name: name, label: label, typeName: typeName, type: outputType,
            allowed: readTests(only("outputValues", of: element), names, column: name),
            defaultEntry: only("defaultOutputEntry", of: element).map { readExpression($0, names, column: name) }, line: element.line)
    }

    private mutating func readRule(
        _ element: XMLElementNode, number: Int, _ names: FEELNames, inputs: [TableLogic.Input], outputs: [TableLogic.Output]
    ) -> TableLogic.Rule {
        check(element, may: ["inputEntry", "outputEntry", "annotationEntry"], rule: number)
        let inputEntries = element.children("inputEntry")
        let outputEntries = element.children("outputEntry")
        if inputEntries.count != inputs.count {
            fault(element.line, rule: number, "\(inputEntries.count) input cells for \(inputs.count) input columns")
        }
        if outputEntries.count != outputs.count {
            fault(element.line, rule: number, "\(outputEntries.count) output cells for \(outputs.count) output columns")
        }
        let conditions = zip(inputEntries, inputs).compactMap { readTests($0, names, rule: number, column: $1.heading) }
        let values = zip(outputEntries, outputs).map { readExpression($0, names, rule: number, column: $1.name) }
        let annotations = element.children("description") + element.children("annotationEntry").flatMap { $0.children("text") }
        return TableLogic.Rule(
            id: element.attributes["id"], conditions: conditions, outputs: values,
            annotations: annotations.map(\.text.trimmed).filter { !$0.isEmpty }, line: element.line)
    }

    // MARK: Elements

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
        _ element: XMLElementNode, may known: Set<String>, rule: Int? = nil, column: String? = nil
    ) {
        for child in element.children where child.namespace.isEmpty || Self.namespaces.contains(child.namespace) {
            let isKnown = known.contains(child.name) || Self.remarks.contains(child.name)
            guard !isKnown || child.namespace != element.namespace else { continue }
            fault(child.line, rule: rule, column: column, "\(child.name.shortened) is not understood")
        }
        if let language = element.attributes["expressionLanguage"] ?? element.attributes["typeLanguage"], !language.isEmpty,
            !language.lowercased().contains("feel")
        {
            fault(
                element.line, rule: rule, column: column, "expression language \(language.shortened) is not understood; FEEL is")
        }
    }

    private func repeated(_ names: [(String, Int)]) -> [(String, Int)] {
        var seen: Set<String> = []
        return names.filter { !$0.0.isEmpty && !seen.insert($0.0).inserted }
    }

    private mutating func fault(_ line: Int, rule: Int? = nil, column: String? = nil, _ message: String) {
        collector.add(line, rule: rule, column: column, message)
    }
}

extension ExpressionText {
    /// Stands where a fault was noted.
    fileprivate static let missing = ExpressionText(text: "", line: 0, expression: .literal(.null))
}
