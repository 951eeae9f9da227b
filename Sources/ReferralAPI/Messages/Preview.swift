public import Referral

/// Asks where a referral would go, without storing it.
public struct PreviewRequest: Hashable, Sendable {
    public var content: ReferralContent
    /// Route as on this day; nil: today.
    public var asOf: CivilDate?
    /// An organisation of which the answer tells why it is not the recipient.
    public var whyNot: OrganisationID?

    public init(content: ReferralContent, asOf: CivilDate? = nil, whyNot: OrganisationID? = nil) {
        self.content = content
        self.asOf = asOf
        self.whyNot = whyNot
    }
}

public struct PreviewResponse: Hashable, Sendable {
    public var outcome: SubmissionOutcome
    /// One for each service asked for, in that order; empty unless the outcome is `accepted`.
    public var decisions: [RoutingDecision]
    /// One for each service of which the organisation asked about is not the recipient.
    public var exclusions: [Exclusion]

    public init(outcome: SubmissionOutcome, decisions: [RoutingDecision] = [], exclusions: [Exclusion] = []) {
        self.outcome = outcome
        self.decisions = decisions
        self.exclusions = exclusions
    }
}

/// The first condition that keeps an organisation from one service of a case.
public struct Exclusion: Hashable, Sendable {
    public var service: Service
    /// As `WhyNot.Code` has them.
    public var code: String
    /// For people.
    public var text: String

    public init(service: Service, code: String, text: String) {
        self.service = service
        self.code = code
        self.text = text
    }
}
