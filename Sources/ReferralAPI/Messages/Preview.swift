public import Referral

/// Asks where a referral would go, without storing it.
public struct PreviewRequest: Hashable, Sendable {
    public var content: ReferralContent
    /// Route as on this day; nil: today.
    public var asOf: CivilDate?

    public init(content: ReferralContent, asOf: CivilDate? = nil) {
        self.content = content
        self.asOf = asOf
    }
}

public struct PreviewResponse: Hashable, Sendable {
    public var outcome: SubmissionOutcome
    /// One for each service asked for, in that order; empty unless the outcome is `accepted`.
    public var decisions: [RoutingDecision]

    public init(outcome: SubmissionOutcome, decisions: [RoutingDecision] = []) {
        self.outcome = outcome
        self.decisions = decisions
    }
}
