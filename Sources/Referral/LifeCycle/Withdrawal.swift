/// How much of their consent a person takes back.
public enum WithdrawalScope: Hashable, Codable, Sendable, CaseIterable {
    case everything
    case service(Service)

    public static var allCases: [WithdrawalScope] { [.everything] + Service.allCases.map { .service($0) } }
}

extension ReferralState {
    /// Wins over everything: never refused, whatever the state. Nothing happens when there is nothing left to withdraw.
    func withdrawal(_ scope: WithdrawalScope) -> [ReferralEvent] {
        switch phase {
        case .refused, .closed: return []
        case .awaitingConsent:
            switch scope {
            case .service(let service) where facts.services != [service]: return [.consentWithdrawn(scope)]
            case .everything, .service:
                return [.consentWithdrawn(scope), .closed(.consentWithdrawn), .erased(Erasure(.content, .consentWithdrawn))]
            }
        case .routed:
            let open = assignments.filter(\.isOpen)
            switch scope {
            case .everything:
                if open.isEmpty, erasedAt != nil { return [] }
                let erasure: [ReferralEvent] = erasedAt == nil ? [.erased(Erasure(.content, .consentWithdrawn))] : []
                return [.consentWithdrawn(scope)] + open.map { .ended($0.id, .withdrawn) } + erasure
            case .service(let service):
                let ids = open.filter { $0.service == service }.map(\.id)
                return ids.isEmpty ? [] : [.consentWithdrawn(scope)] + ending(ids, .withdrawn)
            }
        }
    }
}

extension SenderDecision {
    /// What the person said when they were asked after all.
    func answerConsent(_ consent: Consent, assignments: [AssignmentID]) throws(Rejection) -> [ReferralEvent] {
        guard case .awaitingConsent = state.phase else { throw .forbidden("the referral does not wait for the person's answer") }
        switch consent.status {
        case .notAsked: throw Rejection(.invalid, "consent: the person's answer is missing")
        case .no:
            return [.consentAnswered(consent), .refused(.consentRefused), .erased(Erasure(.content, .consentRefused))]
        case .withdrawn:
            return [.consentAnswered(consent), .refused(.consentWithdrawn), .erased(Erasure(.content, .consentWithdrawn))]
        case .yes, .guardianYes:
            let services = state.facts.services.filter(consent.covers)
            guard !services.isEmpty else { throw Rejection(.invalid, "consent: covers none of the services asked for") }
            guard assignments.count >= services.count, Set(assignments).count == assignments.count else {
                throw Rejection(.invalid, "assignments: one unused id per service is needed")
            }
            var events: [ReferralEvent] = [.consentAnswered(consent)]
            for (service, id) in zip(services, assignments) {
                let decision = policy.routing.explain(state.facts, service: service, on: CivilDate(inStockholmAt: now))
                events += ReferralState.placement(of: id, by: decision, coordinator: policy.directory(at: now).coordinator)
            }
            return events
        }
    }

    /// Other ways to reach the person; the content itself goes to the store.
    func amend(_ digest: ContentDigest) throws(Rejection) -> [ReferralEvent] {
        switch state.phase {
        case .awaitingConsent: break
        case .routed where state.assignments.contains(where: \.isOpen): break
        // The same words however it ended: the sender does not learn that the person said no.
        case .refused, .closed, .routed: throw .forbidden("the referral is closed")
        }
        guard state.erasedAt == nil else { throw .forbidden("the content has been erased") }
        return [.amended(digest)]
    }

    /// The referral should never have been. What has ended stays as it ended.
    func enterInError() throws(Rejection) -> [ReferralEvent] {
        switch state.phase {
        case .refused, .closed: throw .forbidden("the referral is closed")
        case .awaitingConsent, .routed: break
        }
        let open = state.assignments.filter(\.isOpen).map { ReferralEvent.ended($0.id, .enteredInError) }
        let erasure: [ReferralEvent] = state.erasedAt == nil ? [.erased(Erasure(.content, .enteredInError))] : []
        return open + [.closed(.enteredInError)] + erasure
    }
}
