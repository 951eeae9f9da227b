/// Why a sender wants a referral back.
public enum RecallReason: String, Codable, Sendable, CaseIterable {
    case duplicate
    case sentTooEarly = "sent too early"
    case otherHelp = "other help"
    case eventDidNotHappen = "event did not happen"
}

/// Why the owner keeps a case that its sender wants back.
public enum RecallRefusal: String, Codable, Sendable, CaseIterable {
    case personWantsSupport = "person wants support"
    case supportUnderWay = "support under way"
}

public enum RecallAnswer: Hashable, Codable, Sendable {
    case granted
    case refused(RecallRefusal)
}

public enum RecallEvent: Hashable, Codable, Sendable {
    /// The owner has to answer.
    case requested(RecallReason)
    case refused(RecallRefusal)
}

extension SenderDecision {
    /// What nobody has accepted ends; of the rest the owner decides.
    func recall(_ reason: RecallReason) throws(Rejection) -> [ReferralEvent] {
        switch state.phase {
        case .refused, .closed: throw .forbidden("the referral is closed")
        case .awaitingConsent: return [.closed(.recalled), .erased(Erasure(.content, .recalled))]
        case .routed:
            let open = state.assignments.filter(\.isOpen)
            guard !open.isEmpty else { throw .forbidden("the referral is closed") }
            return open.flatMap { assignment -> [ReferralEvent] in
                if assignment.progress.acceptedAt == nil { return [.ended(assignment.id, .recalled)] }
                return assignment.recallRequest == nil ? [.recall(assignment.id, .requested(reason))] : []
            }
        }
    }
}

extension CaseDecision {
    func answerRecall(_ answer: RecallAnswer) throws(Rejection) -> [ReferralEvent] {
        guard assignment.isOpen else { throw closed }
        guard assignment.recallRequest != nil else { throw .forbidden("the sender has not asked for the case back") }
        return switch answer {
        case .granted: ending(.recalled)
        case .refused(let reason): [.recall(id, .refused(reason))]
        }
    }
}
