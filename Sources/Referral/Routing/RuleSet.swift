public import DecisionTable

/// Routing rules for a span of days. Never changed once it has decided a case: new rules are a new rule set.
public struct RuleSet: Sendable {
    /// From 1, unique among the rule sets of an exchange.
    public let number: Int
    public let name: String
    public let validity: DatePeriod
    /// How a decision names it: `2 Stockholm 2023`.
    public let title: String
    /// Findings of `Routing.findings` that are known and let stand.
    public let accepted: [AcceptedFinding]

    private let support: RoutingTable
    private let mediation: RoutingTable

    /// - Throws: every column and entry of both tables that means nothing here, at once.
    public init(
        number: Int, name: String, validity: DatePeriod, support: DecisionTable, mediation: DecisionTable,
        accepted: [AcceptedFinding] = []
    ) throws(RuleSetFaults) {
        self.number = number
        self.name = name
        self.validity = validity
        title = "\(number) \(name)"
        self.accepted = accepted
        var faults: [RuleSetFault] = []
        func bind(_ table: DecisionTable, _ service: Service) -> RoutingTable? {
            do {
                return try RoutingTable(table, for: service)
            } catch {
                faults += error.faults
                return nil
            }
        }
        let boundSupport = bind(support, .support)
        let boundMediation = bind(mediation, .mediation)
        guard let boundSupport, let boundMediation else { throw RuleSetFaults(faults: faults) }
        self.support = boundSupport
        self.mediation = boundMediation
    }

    /// The same rules on other days.
    init(_ other: RuleSet, valid: DatePeriod) {
        number = other.number
        name = other.name
        validity = valid
        title = other.title
        accepted = other.accepted
        support = other.support
        mediation = other.mediation
    }

    func table(for service: Service) -> RoutingTable {
        switch service {
        case .support: support
        case .mediation: mediation
        }
    }
}

/// A column or entry of a routing table that means nothing to routing.
public struct RuleSetFault: Hashable, Sendable, CustomStringConvertible {
    /// Which of the two tables.
    public let service: Service
    /// In the table's file, from 1.
    public let line: Int
    public let column: String
    /// The rule's id; nil when the whole column is wrong.
    public let rule: String?
    public let problem: String

    public init(service: Service, line: Int, column: String, rule: String?, problem: String) {
        self.service = service
        self.line = line
        self.column = column
        self.rule = rule
        self.problem = problem
    }

    /// `support table, column "note", rule adult: must be a code …`
    public var description: String {
        "\(service.rawValue) table, column \"\(column)\"\(rule.map { ", rule \($0)" } ?? ""): \(problem)"
    }
}

public struct RuleSetFaults: Error, Hashable, Sendable, CustomStringConvertible {
    public let faults: [RuleSetFault]

    public init(faults: [RuleSetFault]) { self.faults = faults }

    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
