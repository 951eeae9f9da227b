/// What the exchange did with a referral.
public enum SubmissionOutcome: Hashable, Sendable {
    case accepted
    /// Parked until somebody has asked the person.
    case awaitingConsent
    /// Not taken, and no content kept.
    case refused(RefusalReason)

    public init(_ phase: ReferralState.Phase) {
        self =
            switch phase {
            case .refused(let reason): .refused(reason)
            case .awaitingConsent: .awaitingConsent
            case .routed: .accepted
            case .closed(.consentWithdrawn), .closed(.consentExpired): .refused(.consentWithdrawn)
            case .closed(.recalled), .closed(.enteredInError): .accepted
            }
    }
}

/// How far a service has come on its way to an organisation.
public enum DeliveryStatus: Hashable, Sendable, CaseIterable {
    case stored, routed, taken, returned
    /// Called back, withdrawn or entered in error.
    case ended
}

/// All that a sender learns of what became of a referral. How those who help work is not their business: attempts, holds, handovers and
/// whom a case went to are not in it, nor how support ended unless the person agreed.
public struct DeliveryReport: Hashable, Sendable {
    public struct ServiceReport: Hashable, Sendable {
        public let service: Service
        public let status: DeliveryStatus
        public let since: Instant
        /// How support ended, where the person agreed that the sender is told.
        public let outcome: SupportOutcome?
        /// How mediation ended: who has reported the event is told in any case, but not why it was interrupted.
        public let mediationOutcome: MediationOutcome?
        /// What the organisation said to a recall, once it has.
        public let recallAnswer: RecallAnswer?
    }

    public let outcome: SubmissionOutcome
    /// In the order asked for; empty unless the outcome is `accepted`.
    public let services: [ServiceReport]
}

extension ReferralState {
    public var deliveryReport: DeliveryReport {
        let outcome = SubmissionOutcome(phase)
        // Ended before anything was routed.
        if outcome == .accepted, assignments.isEmpty {
            let services = facts.services.map {
                DeliveryReport.ServiceReport(
                    service: $0, status: .ended, since: erasedAt ?? receivedAt, outcome: nil, mediationOutcome: nil, recallAnswer: nil)
            }
            return DeliveryReport(outcome: outcome, services: services)
        }
        return DeliveryReport(outcome: outcome, services: assignments.map { $0.report(consent: facts.consent) })
    }
}

extension AssignmentState {
    fileprivate func report(consent: Consent) -> DeliveryReport.ServiceReport {
        var outcome: SupportOutcome?
        var mediationOutcome: MediationOutcome?
        if case .ended(let ending) = phase {
            switch ending {
            case .completed(let how): outcome = consent.status.isYes && consent.coversOutcome ? how : nil
            case .reported(let how): mediationOutcome = how
            case .unreachable, .declined, .withdrawn, .recalled, .enteredInError: break
            }
        }
        let status = deliveryStatus
        let since =
            switch status {
            case .ended: since
            // By the first who took it: a handover is not told.
            case .taken: takenAt ?? availableAt
            // Not when it was fetched.
            case .stored, .routed, .returned: availableAt
            }
        return DeliveryReport.ServiceReport(
            service: service, status: status, since: since, outcome: outcome, mediationOutcome: mediationOutcome,
            recallAnswer: recallAnswer)
    }

    private var deliveryStatus: DeliveryStatus {
        switch phase {
        case .working, .onHold, .handoverOffered: .taken
        // Whether the person was reached, or wanted no support, is not told.
        case .ended(.completed), .ended(.reported), .ended(.unreachable), .ended(.declined): .taken
        case .ended(.withdrawn), .ended(.recalled), .ended(.enteredInError): .ended
        case .review: returnedBy.isEmpty ? .stored : .returned
        case .offered, .leased, .received: .routed
        }
    }
}
