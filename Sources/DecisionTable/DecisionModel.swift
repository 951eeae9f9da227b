/// The decisions of one DMN file (Object Management Group, Decision Model and Notation 1.1 to 1.6).
///
/// Understood are decisions, functions (business knowledge models), inputs and types; decision tables with every hit policy;
/// expressions of FEEL, invocations, contexts, lists, relations and functions. Diagrams, extensions and documentation are passed
/// over; anything else that would change a decision is refused, so that no model means something other than what its author sees.
/// The file has to be in UTF-8 and without a document type.
///
/// ```swift
/// let model = try DecisionModel(xml: bytes, file: "holidays.dmn")
/// let result = model.evaluate("Total Vacation Days", ["Age": .number(16), "Years of Service": .number(1)])
/// ```
public struct DecisionModel: Sendable {
    /// What is given to the model from outside.
    public struct Input: Equatable, Sendable {
        public let name: String
        /// As written; nil when the file does not say.
        public let type: String?
        let id: String?
        let valueType: FEELType
        /// Not written in the file, but asked for by a column of a table.
        let isImplied: Bool
    }

    public struct Decision: Equatable, Sendable {
        public let name: String
        /// The result's type, as written; nil when the file does not say.
        public let type: String?
        /// From 1.
        public let line: Int
        let id: String?
        let valueType: FEELType
        let question: String?
        let allowedAnswers: String?
        let requirements: Requirements
        let logic: DecisionLogic

        /// Whether the decision is a decision table.
        public var isTable: Bool { if case .table = logic { true } else { false } }
    }

    /// A business knowledge model.
    struct Function: Equatable, Sendable {
        let name: String
        let id: String?
        let typeName: String?
        let valueType: FEELType
        let parameters: [Variable]
        let requirements: Requirements
        let logic: DecisionLogic
    }

    /// Places among the inputs, decisions and functions of the model.
    struct Requirements: Equatable, Sendable {
        var inputs: [Int] = []
        var decisions: [Int] = []
        var functions: [Int] = []
    }

    /// A type of the file, as written.
    struct ItemDefinition: Equatable, Sendable {
        let name: String
        let typeName: String?
        let allowed: String?
        let isCollection: Bool
        let components: [ItemDefinition]
    }

    public let name: String
    /// The file's name, for faults.
    public let file: String
    public let inputs: [Input]
    /// In the order of the file; never empty.
    public let decisions: [Decision]
    let functions: [Function]
    let types: [ItemDefinition]
    let namespace: String

    /// - Parameters:
    ///   - xml: the file, at most 4 MiB and 200,000 elements.
    ///   - file: its name, for faults.
    /// - Throws: everything that is not understood, in the order of the file.
    public init(xml: [UInt8], file: String) throws(DecisionTableFaults) {
        var reader = DecisionModelReader(file: file)
        let model = reader.read(xml)
        guard let model, reader.faults.isEmpty else {
            throw DecisionTableFaults(reader.faults.sorted { $0.line < $1.line }, omitted: reader.omitted)
        }
        self = model
    }

    init(
        name: String, namespace: String, file: String, inputs: [Input], decisions: [Decision], functions: [Function],
        types: [ItemDefinition]
    ) {
        self.name = name
        self.namespace = namespace
        self.file = file
        self.inputs = inputs
        self.decisions = decisions
        self.functions = functions
        self.types = types
    }

    /// The decisions that are decision tables, in their fast form.
    /// - Throws: every column and cell that is not a text, a number or a truth value, of all tables.
    public var tables: [DecisionTable] {
        get throws(DecisionTableFaults) {
            var tables: [DecisionTable] = []
            var faults: [DecisionTableFault] = []
            var omitted = 0
            for case .table(let logic) in decisions.map(\.logic) {
                do throws(DecisionTableFaults) {
                    tables.append(try DecisionTableCompiler.compile(logic, file: file))
                } catch {
                    faults += error.faults
                    omitted += error.omitted
                }
            }
            guard faults.isEmpty else { throw DecisionTableFaults(faults, omitted: omitted) }
            return tables
        }
    }

    /// Decides, with everything that the decision requires. The same inputs always give the same result.
    ///
    /// - Parameters:
    ///   - decision: its name.
    ///   - values: by the names of `inputs`; others are not looked at.
    public func evaluate(_ decision: String, _ values: [String: FEELValue]) -> DecisionResult {
        guard let index = decisions.firstIndex(where: { $0.name == decision }) else {
            return DecisionResult(value: .null, problems: [DecisionProblem(decision: decision, reason: .unknownDecision)])
        }
        var evaluation = Evaluation(model: self, values: values)
        let value = evaluation.decide(index)
        return DecisionResult(value: value, problems: evaluation.evaluator.problems)
    }
}

/// One evaluation of a model. Decisions that several others require are decided once.
private struct Evaluation {
    let model: DecisionModel
    let values: [String: FEELValue]
    var evaluator = FEELEvaluator()
    private var inputs: [Int: FEELValue] = [:]
    private var decided: [Int: FEELValue] = [:]
    private var functions: [Int: FEELValue] = [:]

    init(model: DecisionModel, values: [String: FEELValue]) {
        self.model = model
        self.values = values
    }

    /// Requirements go round in no circle, so that this ends; a chain of them is as deep as `DecisionModelReader` lets it be.
    mutating func decide(_ index: Int) -> FEELValue {
        if let value = decided[index] { return value }
        let decision = model.decisions[index]
        let scope = scope(of: decision.requirements, for: decision.name)
        evaluator.decision = decision.name
        let value = evaluator.evaluate(decision.logic, scope)
        let result = evaluator.declared(value, decision.valueType, FEELScope())
        decided[index] = result
        return result
    }

    private mutating func scope(of requirements: DecisionModel.Requirements, for name: String) -> FEELScope {
        var frame: [String: FEELValue] = [:]
        for required in requirements.functions { frame[model.functions[required].name] = function(required) }
        for required in requirements.decisions { frame[model.decisions[required].name] = decide(required) }
        for required in requirements.inputs { frame[model.inputs[required].name] = input(required, for: name) }
        return FEELScope(frame)
    }

    private mutating func function(_ index: Int) -> FEELValue {
        if let value = functions[index] { return value }
        let function = model.functions[index]
        var frame: [String: FEELValue] = [:]
        for required in function.requirements.functions { frame[model.functions[required].name] = self.function(required) }
        let parameters = function.parameters.map { FEELFunction.Parameter(name: $0.name, type: $0.type) }
        let value = FEELValue.function(FEELFunction(body: .logic(parameters, function.logic, FEELScope(frame), function.valueType)))
        functions[index] = value
        return value
    }

    private mutating func input(_ index: Int, for decision: String) -> FEELValue {
        if let value = inputs[index] { return value }
        let input = model.inputs[index]
        evaluator.decision = decision
        var result = FEELValue.null
        if let value = values[input.name] {
            if let conformed = evaluator.conformed(value, to: input.valueType),
                evaluator.accepts(conformed, input.valueType, FEELScope())
            {
                result = conformed
            } else {
                evaluator.note(.invalidInput(input.name))
            }
        } else {
            evaluator.note(.missingInput(input.name))
        }
        inputs[index] = result
        return result
    }
}
