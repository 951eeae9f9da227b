import DecisionTable

/// Something about a routing table that a coordinator should know before it decides cases. Unlike a fault, it does not keep the table from
/// being used: a case without a rule goes to review.
public struct RuleSetFinding: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// No rule for these people.
        case gap
        /// Rules that say different things of the same people.
        case conflict
        /// A rule that never decides: it matches nobody, or others always come first.
        case idleRule
        /// A column whose value never changes the answer.
        case idleColumn
        /// A value that no rule names.
        case unnamedValue
        /// The search was too long; what it has found is true, but may not be all.
        case undecided
    }

    /// Which of the two tables.
    public let service: Service
    public let kind: Kind
    /// For people: whom it concerns, and the rules.
    public let text: String

    public var description: String { "\(service.rawValue) table: \(text)" }
}

extension RuleSet {
    /// Every finding of both tables, the support table first. Takes up to some seconds: not for an event loop.
    /// - Parameter budget: steps for each question about a table; see `DecisionTable.analysed`.
    public func findings(budget: Int = 1_000_000) -> [RuleSetFinding] {
        Service.allCases.flatMap { table(for: $0).findings(for: $0, budget: budget) }
    }
}

extension RoutingTable {
    fileprivate func findings(for service: Service, budget: Int) -> [RuleSetFinding] {
        // Ages are completed years.
        let ages = Set(columns.indices.filter { columns[$0].type == .number })
        let analysis = table.analysed(budget: budget, wholeNumbers: ages)
        func finding(_ kind: RuleSetFinding.Kind, _ text: String) -> RuleSetFinding {
            RuleSetFinding(service: service, kind: kind, text: text)
        }
        let gaps = analysis.gaps.map { finding(.gap, "no rule for \(people($0))") }
        let conflicts = analysis.overlaps.filter(\.isConflict).map {
            finding(.conflict, "rules \(table.rules[$0.first].id) and \(table.rules[$0.second].id) both hold for \(people($0.region))")
        }
        let idleRules =
            analysis.unmatchedRules.map { finding(.idleRule, "rule \(table.rules[$0].id) holds for nobody") }
            + analysis.undecidingRules.map {
                finding(.idleRule, "rule \(table.rules[$0].id) never decides: wherever it holds, other rules do")
            }
        let idleColumns = analysis.idleColumns.map {
            finding(.idleColumn, "column \"\(columns[$0].rawValue)\" never changes the answer")
        }
        let values = analysis.unnamedValues.map {
            finding(.unnamedValue, "no rule names \($0.value) of column \"\(columns[$0.column].rawValue)\"")
        }
        let undecided = analysis.undecided.sorted { $0.rawValue < $1.rawValue }.map {
            finding(.undecided, "too large to know all about its \($0.rawValue)")
        }
        return gaps + conflicts + idleRules + idleColumns + values + undecided
    }

    /// `role "witness", deciding age [18..25]; one of them: role "witness", deciding age 18`. Columns that allow everything are left out.
    private func people(_ region: DecisionTableAnalysis.Region) -> String {
        let telling = columns.indices.filter { region.cells[$0] != "-" }
        guard !telling.isEmpty else { return "anybody" }
        func list(_ cell: (Int) -> String) -> String { telling.map { "\(columns[$0].rawValue) \(cell($0))" }.joined(separator: ", ") }
        return "\(list { region.cells[$0] }); one of them: \(list { region.example[$0].description })"
    }
}
