import Referral

/// What a coordinator should know before rules or a directory are put in force.
enum PublicationCheck {
    struct Finding: Hashable, Sendable {
        let id: String
        let text: String
    }

    /// What the check says of content that is free of faults and nobody has accepted.
    static func unaccepted(_ content: PublicationContent, in after: RulesInForce.Snapshot) -> [Finding] {
        guard content.kind == .ruleSet, let number = after.history.versions(of: .ruleSet).last?.number else { return [] }
        let accepted = Set(content.accepted.map(\.finding))
        let findings = after.ruleSets[number]?.findings() ?? []
        return findings.enumerated().map { Finding(id: "\($1.service.rawValue)-\($0 + 1)", text: $1.description) }
            .filter { !accepted.contains($0.id) }
    }
}
