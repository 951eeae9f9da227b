import Referral

/// What a coordinator has to mend or accept before rules or a directory are put in force.
enum PublicationCheck {
    /// Of the days from the first of `content` on: what is found about new rules, or with a new directory about all rules; and days without
    /// rules. What was so before, and is not about the new rules, does not count; what is undecided always does. Takes up to some seconds.
    /// - Parameter budget: as in `Routing.check`.
    static func unaccepted(
        _ content: PublicationContent, before: Routing, after: RulesInForce.Snapshot, budget: Int = 1_000_000
    ) -> [RoutingFinding] {
        // New rules change nothing about others.
        let own = content.kind == .ruleSet ? after.history.versions(of: .ruleSet).last?.number : nil
        let numbers = own.map { Set([$0]) }
        let found = after.policy.routing.unaccepted(from: content.first, only: numbers, budget: budget)
        guard found.contains(where: { $0.ruleSet != own }) else { return found }
        let old = before.unaccepted(from: content.first, only: numbers, budget: budget)
        let known = Set(old.map { Key(ruleSet: $0.ruleSet, id: $0.id) })
        return found.filter { $0.ruleSet == own || $0.kind == .undecided || !known.contains(Key(ruleSet: $0.ruleSet, id: $0.id)) }
    }

    private struct Key: Hashable {
        let ruleSet: Int
        let id: String
    }
}
