import DecisionTable

/// A decision table bound to the facts of a case: which fact each column asks for, and what each rule says.
///
/// A class, so that a decision does not copy its many parts.
final class RoutingTable: Sendable {
    /// What one rule decides.
    struct Verdict: Sendable {
        enum Placement: Hashable, Sendable {
            /// To an organisation of this kind; to the alternative where the first has none that can take the case.
            case recipient(OrganisationKind, alternative: OrganisationKind?)
            case review(ReviewReason)
        }

        let placement: Placement
        let note: String?
        let rule: String
        let ruleText: String
    }

    enum Answer: Hashable {
        /// An index into `verdicts`.
        case rule(Int)
        /// No rule decides.
        case review(ReviewReason)
    }

    let table: DecisionTable
    let columns: [RoutingInput]
    /// By rule.
    let verdicts: [Verdict]
    /// What could have been otherwise, in the order in which it is told.
    let variations: [InputVariation]
    /// Columns that ask for what some recipients of the service may not see.
    let withheld: [Int]
    let withheldGroups: [FieldGroup]
    /// Every combination of values that these columns can have.
    let withheldValues: [[Value]]

    /// - Throws: every column and every entry that means nothing here.
    init(_ table: DecisionTable, for service: Service) throws(RuleSetFaults) {
        var faults: [RuleSetFault] = []
        if !table.hitPolicy.isSingle {
            faults.append(
                RuleSetFault(
                    service: service, line: table.outputs.first?.line ?? 0, column: table.outputs.first?.name ?? "", rule: nil,
                    problem: "has the hit policy \(table.hitPolicy.rawValue); one rule has to decide: UNIQUE, ANY, PRIORITY or FIRST"))
        }
        if table.defaultOutputs != nil {
            faults.append(
                RuleSetFault(
                    service: service, line: table.outputs.first?.line ?? 0, column: table.outputs.first?.name ?? "", rule: nil,
                    problem: "has a default output; write a rule, which can be explained"))
        }
        let allowed = RoutingInput.allowed(for: service)
        columns = table.inputs.enumerated().compactMap { index, column in
            guard let input = RoutingInput(rawValue: column.name), allowed.contains(input) else {
                faults.append(
                    RuleSetFault(
                        service: service, line: column.line, column: column.name, rule: nil,
                        problem: "is no input of \(service.rawValue); there are \(allowed.map(\.rawValue).joined(separator: ", "))"))
                return nil
            }
            faults += Self.check(index, asking: input, in: table, for: service)
            return input
        }
        let reader = VerdictReader(table, for: service)
        faults += reader.faults
        guard faults.isEmpty else { throw RuleSetFaults(faults: faults) }
        self.table = table
        verdicts = reader.verdicts
        variations = InputVariation.all(of: columns, in: table)
        let shown = RecipientClass.allCases.map { Disclosure.groups(for: $0, service: service) }.filter { !$0.isEmpty }
        let groups = columns.map(\.fieldGroup)
        let withheld = groups.indices.filter { column in !shown.allSatisfy { $0.contains(groups[column]) } }
        self.withheld = withheld
        withheldGroups = FieldGroup.allCases.filter { group in withheld.contains { groups[$0] == group } }
        let everyValue = columns.map(\.everyValue)
        withheldValues = withheld.map { everyValue[$0] }.reduce([[]]) { combinations, values in
            combinations.flatMap { combination in values.map { combination + [$0] } }
        }
    }

    /// Whether a column can hold the facts that it asks for.
    private static func check(
        _ index: Int, asking input: RoutingInput, in table: DecisionTable, for service: Service
    ) -> [RuleSetFault] {
        let column = table.inputs[index]
        func fault(_ line: Int, _ rule: String?, _ problem: String) -> RuleSetFault {
            RuleSetFault(service: service, line: line, column: column.name, rule: rule, problem: problem)
        }
        guard column.type == input.type else {
            return [fault(column.line, nil, "is of type \(column.type.rawValue) and has to be of type \(input.type.rawValue)")]
        }
        guard let words = input.words else { return [] }
        let list = words.joined(separator: ", ")
        var faults: [RuleSetFault] = []
        if let allowed = column.allowed {
            let missing = words.filter { !allowed.contains(.string($0)) }
            if !missing.isEmpty { faults.append(fault(column.line, nil, "the list of values lacks \(missing.joined(separator: ", "))")) }
        }
        for rule in table.rules {
            let cell = rule.conditions[index]
            if !cell.contains(.null), !words.contains(where: { cell.contains(.string($0)) }) {
                faults.append(fault(rule.line, rule.id, "\(cell.text) is never true: the values are \(list)"))
            }
        }
        return faults
    }

    /// What the table sees of a case, by column.
    /// - Parameter inputs: the same for the explanation is appended.
    func values(of facts: CaseFacts, inputs: inout [RoutingDecision.Input]) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(columns.count)
        for column in columns {
            let fact = column.fact(in: facts)
            values.append(fact.value)
            inputs.append(RoutingDecision.Input(name: column.rawValue, value: fact.shown, origin: fact.origin))
        }
        return values
    }

    func answer(to values: [Value]) -> Answer {
        switch table.evaluate(values) {
        case .matched(let index): .rule(index)
        case .noMatch: .review(.noRule)
        case .conflict, .collected: .review(.severalRules)
        case .missingInput, .invalidInput: .review(.valueOutsideTable)
        }
    }

    /// Which rules or which column kept the table from deciding.
    func note(on values: [Value]) -> String? {
        switch table.evaluate(values) {
        case .conflict(let indices), .collected(let indices): indices.map { verdicts[$0].rule }.joined(separator: " ")
        case .missingInput(let column), .invalidInput(let column): columns[column].rawValue
        case .matched, .noMatch: nil
        }
    }
}

/// Reads the output columns of a routing table.
private struct VerdictReader {
    private(set) var faults: [RuleSetFault] = []
    private(set) var verdicts: [RoutingTable.Verdict] = []

    private let service: Service

    private enum Output: String, CaseIterable {
        /// `support centre`, `brottsofferjour` or `review`
        case recipient
        /// A code, for `review` only.
        case reviewReason = "review reason"
        /// The kind to try when the first has no organisation for the area, or the one it has gave the case back.
        case alternative
        /// A code for the reader of the explanation: `boundary-age`.
        case note
    }

    init(_ table: DecisionTable, for service: Service) {
        self.service = service
        var columns: [Output: Int] = [:]
        for (index, column) in table.outputs.enumerated() {
            if let output = Output(rawValue: column.name) {
                columns[output] = index
            } else {
                fault(
                    column.name, column.line, nil,
                    "is no output of a routing table; there are \(Output.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }
        guard columns[.recipient] != nil else {
            fault(Output.recipient.rawValue, table.outputs.first?.line ?? 0, nil, "the output is missing")
            return
        }
        for rule in table.rules {
            func entry(_ output: Output) -> Value { columns[output].map { rule.outputs[$0] } ?? .null }
            let placement = readPlacement(
                recipient: entry(.recipient), alternative: entry(.alternative), reason: entry(.reviewReason), rule: rule)
            let note = readCode(entry(.note), .note, rule: rule)
            if let placement {
                verdicts.append(.init(placement: placement, note: note, rule: rule.id, ruleText: rule.text))
            }
        }
    }

    private mutating func fault(_ column: String, _ line: Int, _ rule: String?, _ problem: String) {
        faults.append(RuleSetFault(service: service, line: line, column: column, rule: rule, problem: problem))
    }

    private mutating func readPlacement(
        recipient: Value, alternative: Value, reason: Value, rule: DecisionTable.Rule
    ) -> RoutingTable.Verdict.Placement? {
        let reason = readCode(reason, .reviewReason, rule: rule)
        if recipient == .string("review") {
            if alternative != .null {
                fault(Output.alternative.rawValue, rule.line, rule.id, "a case under review has no alternative recipient")
            }
            guard let reason else {
                fault(Output.reviewReason.rawValue, rule.line, rule.id, "a review needs a reason: a code like protected-identity")
                return nil
            }
            return .review(ReviewReason(rawValue: reason))
        }
        if reason != nil { fault(Output.reviewReason.rawValue, rule.line, rule.id, "only a review has a reason") }
        let first = readKind(recipient, .recipient, rule: rule)
        let second = alternative == .null ? nil : readKind(alternative, .alternative, rule: rule)
        if let first, first == second { fault(Output.alternative.rawValue, rule.line, rule.id, "is the same as the recipient") }
        return first.map { .recipient($0, alternative: second) }
    }

    private mutating func readKind(_ value: Value, _ output: Output, rule: DecisionTable.Rule) -> OrganisationKind? {
        let kinds = OrganisationKind.allCases.filter { kind in
            // Mediation needs data about offenders, which a private body may not hold.
            kind.recipientClass.map { !Disclosure.groups(for: $0, service: service).isEmpty } ?? false
        }
        if case .string(let word) = value, let kind = kinds.first(where: { $0.rawValue == word }) { return kind }
        let words = kinds.map { "\"\($0.rawValue)\"" } + (output == .recipient ? ["\"review\""] : [])
        fault(output.rawValue, rule.line, rule.id, "must be \(words.joined(separator: " or "))")
        return nil
    }

    private mutating func readCode(_ value: Value, _ output: Output, rule: DecisionTable.Rule) -> String? {
        if value == .null { return nil }
        guard case .string(let code) = value, code.wholeMatch(of: /[a-z0-9]+(?:-[a-z0-9]+)*/) != nil else {
            fault(output.rawValue, rule.line, rule.id, "must be a code of a-z, 0-9 and hyphens, like boundary-age")
            return nil
        }
        return code
    }
}
