/// As what somebody looks at a case.
public enum CaseReader: Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// The unit that has referred.
    case sender
    /// The organisation that answers for the case, or did when it ended.
    case owner(RecipientClass)
    /// The organisation that the owner has offered the case.
    case asked(RecipientClass)
    /// An organisation that had the case and has given it back or handed it over.
    case formerOwner
    case coordinator
    /// The coordinator, for a reason that is logged and told to the owner.
    case coordinatorReading
    case auditor

    public static var allCases: [CaseReader] {
        [.sender] + RecipientClass.allCases.map { .owner($0) } + RecipientClass.allCases.map { .asked($0) }
            + [.formerOwner, .coordinator, .coordinatorReading, .auditor]
    }

    public var description: String {
        switch self {
        case .sender: "sender"
        case .owner(let recipient): "owner, \(recipient.rawValue)"
        case .asked(let recipient): "asked at a handover, \(recipient.rawValue)"
        case .formerOwner: "former owner"
        case .coordinator: "coordinator"
        case .coordinatorReading: "coordinator with a logged reason"
        case .auditor: "auditor"
        }
    }
}

/// How far a case has come, as far as it decides what is shown of it.
public enum DisclosureState: String, Sendable, CaseIterable {
    /// Under review, or offered and not fetched since.
    case waiting
    /// Fetched and not ended, also on hold.
    case atWork = "at work"
    case handoverOffered = "handover offered"
    /// Ended, and the content is kept for the grace period.
    case ended
    /// The content is erased, or may not be seen any longer for this assignment.
    case erased

    public init(_ assignment: AssignmentState, in referral: ReferralState) {
        switch assignment.phase {
        case _ where referral.erasedAt != nil: self = .erased
        case .review, .offered: self = .waiting
        case .leased, .received, .working, .onHold: self = .atWork
        case .handoverOffered: self = .handoverOffered
        case .ended(let ending): self = ending.erasesBecause == nil ? .ended : .erased
        }
    }
}

extension Disclosure {
    /// One cell of the table.
    public enum Rule: Sendable {
        case shown
        case withheld
        /// Shown when the person agreed that the sender is told the outcome.
        case withConsent
    }

    /// Whether somebody sees a group of fields of a case: the one table, of which DISCLOSURE.md is the print.
    ///
    /// Content needs, besides, a consent that covers the service.
    public static func rule(_ group: FieldGroup, for reader: CaseReader, service: Service, in state: DisclosureState) -> Rule {
        let isShown: Bool
        switch reader {
        case .sender:
            switch group {
            case .deliveryStatus: isShown = true
            case .outcome:
                // Of a mediation the police or the prosecutor are told in any case (lag 2002:445).
                guard state == .ended || state == .erased else { return .withheld }
                return service == .mediation ? .shown : .withConsent
            default: isShown = false
            }
        case .owner(let recipient):
            switch group {
            case .deliveryStatus: isShown = false
            // A private body never mediates.
            case _ where recipient == .privateBody && service == .mediation: isShown = false
            case .progress, .outcome: isShown = true
            default:
                let isOpen = state == .atWork || state == .handoverOffered || state == .ended
                isShown = isOpen && owns(group, as: recipient, service: service)
            }
        case .asked(let recipient):
            let mayTakeIt = recipient == .publicBody || service == .support
            isShown = group == .progress && state == .handoverOffered && mayTakeIt
        case .formerOwner: isShown = false
        case .coordinator, .auditor:
            switch group {
            case .progress, .outcome, .explanation: isShown = true
            case .deliveryStatus: isShown = reader == .coordinator
            default: isShown = false
            }
        case .coordinatorReading:
            switch group {
            case .progress, .outcome, .explanation, .deliveryStatus: isShown = true
            // Data about offenders go to mediators only.
            case .offenders, .parties: isShown = false
            default: isShown = state != .erased
            }
        }
        return isShown ? .shown : .withheld
    }

    /// What the owner of a case may hold of it.
    private static func owns(_ group: FieldGroup, as recipient: RecipientClass, service: Service) -> Bool {
        switch group {
        case .person, .consent, .protectedIdentity, .contacts, .areas, .event, .conflictGroup, .explanation: true
        // A private body may as a rule not hold data on offences of identified persons (GDPR article 10).
        case .personalNumber, .crimeDetail, .exploitation, .policeReference, .freeText: recipient == .publicBody
        case .offenders, .parties: recipient == .publicBody && service == .mediation
        case .progress, .deliveryStatus, .outcome: false
        }
    }

    /// The groups of fields that somebody may see of an assignment now.
    public static func groups(for reader: CaseReader, of assignment: AssignmentState, in referral: ReferralState) -> [FieldGroup] {
        groups(
            for: reader, service: assignment.service, in: DisclosureState(assignment, in: referral), consent: referral.facts.consent)
    }

    /// The groups of fields that somebody may see in a state, when the person has given this consent.
    public static func groups(
        for reader: CaseReader, service: Service, in state: DisclosureState, consent: Consent
    ) -> [FieldGroup] {
        let isCovered = consent.status.isYes && consent.covers(service)
        return FieldGroup.allCases.filter { group in
            if group.isContent, !isCovered { return false }
            return switch rule(group, for: reader, service: service, in: state) {
            case .shown: true
            case .withheld: false
            case .withConsent: consent.coversOutcome
            }
        }
    }
}
