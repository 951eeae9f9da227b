public import Referral

/// Which referral of the caller's own is meant.
public enum GetStatusRequest: Hashable, Sendable {
    case referral(ReferralID)
    case message(MessageID)
}

/// All that a sender learns of what became of a referral.
public struct ReferralStatus: Hashable, Sendable {
    public var referralID: ReferralID
    public var messageID: MessageID
    public var receivedAt: Instant
    public var outcome: SubmissionOutcome
    /// In the order asked for; empty unless the outcome is `accepted`.
    public var services: [ServiceStatus]
    /// Grows with every change, also with those that are not told.
    public var version: Int

    public init(
        referralID: ReferralID, messageID: MessageID, receivedAt: Instant, outcome: SubmissionOutcome, services: [ServiceStatus] = [],
        version: Int
    ) {
        self.referralID = referralID
        self.messageID = messageID
        self.receivedAt = receivedAt
        self.outcome = outcome
        self.services = services
        self.version = version
    }

    /// What the sender of a referral is told of it.
    public init(_ state: ReferralState) {
        let report = state.deliveryReport
        self.init(
            referralID: state.id, messageID: state.message, receivedAt: state.receivedAt, outcome: report.outcome,
            services: report.services.map(ServiceStatus.init), version: state.changes)
    }
}

public struct ServiceStatus: Hashable, Sendable {
    public var service: Service
    public var status: DeliveryStatus
    public var since: Instant
    /// How support ended, where the person agreed that the sender is told.
    public var outcome: SupportOutcome?
    /// How mediation ended.
    public var mediationOutcome: MediationResult?
    /// What the organisation said to a recall, once it has.
    public var recallAnswer: RecallAnswer?

    public init(
        service: Service, status: DeliveryStatus, since: Instant, outcome: SupportOutcome? = nil,
        mediationOutcome: MediationResult? = nil, recallAnswer: RecallAnswer? = nil
    ) {
        self.service = service
        self.status = status
        self.since = since
        self.outcome = outcome
        self.mediationOutcome = mediationOutcome
        self.recallAnswer = recallAnswer
    }

    init(_ report: DeliveryReport.ServiceReport) {
        self.init(
            service: report.service, status: report.status, since: report.since, outcome: report.outcome,
            mediationOutcome: report.mediationOutcome.map { MediationResult($0) }, recallAnswer: report.recallAnswer)
    }
}
