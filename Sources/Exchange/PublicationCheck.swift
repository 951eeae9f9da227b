import Referral

/// What a coordinator has to mend or accept before rules or a directory are put in force.
enum PublicationCheck {
    /// Of the days from the first of `content` on: what is found about its own rules, and what was not found before it. Takes up to some
    /// seconds.
    static func unaccepted(
        _ content: PublicationContent, before: Routing, after: RulesInForce.Snapshot
    ) -> [RoutingFinding] {
        let found = after.policy.routing.unaccepted(from: content.first)
        guard !found.isEmpty else { return [] }
        let own = content.kind == .ruleSet ? after.history.versions(of: .ruleSet).last?.number : nil
        let known = Set(before.unaccepted(from: content.first).map { Key(ruleSet: $0.ruleSet, id: $0.id) })
        return found.filter { $0.ruleSet == own || !known.contains(Key(ruleSet: $0.ruleSet, id: $0.id)) }
    }

    private struct Key: Hashable {
        let ruleSet: Int
        let id: String
    }
}
