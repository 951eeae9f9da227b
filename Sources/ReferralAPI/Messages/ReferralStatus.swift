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

    public init(
        referralID: ReferralID, messageID: MessageID, receivedAt: Instant, outcome: SubmissionOutcome, services: [ServiceStatus] = []
    ) {
        self.referralID = referralID
        self.messageID = messageID
        self.receivedAt = receivedAt
        self.outcome = outcome
        self.services = services
    }
}

public struct ServiceStatus: Hashable, Sendable {
    public var service: Service
    public var status: DeliveryStatus
    public var since: Instant

    public init(service: Service, status: DeliveryStatus, since: Instant) {
        self.service = service
        self.status = status
        self.since = since
    }
}

extension ReferralStatus {
    /// What the sender of a referral is told of it.
    public init(_ state: ReferralState) {
        let report = state.deliveryReport
        self.init(
            referralID: state.id, messageID: state.message, receivedAt: state.receivedAt, outcome: report.outcome,
            services: report.services.map { ServiceStatus(service: $0.service, status: $0.status, since: $0.since) })
    }
}
