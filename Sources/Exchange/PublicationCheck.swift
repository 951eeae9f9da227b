import Referral

/// What a coordinator has to mend or accept before rules or a directory are put in force.
enum PublicationCheck {
    /// Of the days from the first of `content` on: what is found about new rules, or with a new directory about all rules; and days without
    /// rules. What was so before, and is not about the new rules, does not count. Takes up to some seconds.
    static func unaccepted(
        _ content: PublicationContent, before: Routing, after: RulesInForce.Snapshot
    ) -> [RoutingFinding] {
        // New rules change nothing about others.
        let own = content.kind == .ruleSet ? after.history.versions(of: .ruleSet).last?.number : nil
        let numbers = own.map { Set([$0]) }
        let found = after.policy.routing.unaccepted(from: content.first, only: numbers)
        guard found.contains(where: { $0.ruleSet != own }) else { return found }
        let known = Set(before.unaccepted(from: content.first, only: numbers).map { Key(ruleSet: $0.ruleSet, id: $0.id) })
        return found.filter { $0.ruleSet == own || !known.contains(Key(ruleSet: $0.ruleSet, id: $0.id)) }
    }

    private struct Key: Hashable {
        let ruleSet: Int
        let id: String
    }
}
