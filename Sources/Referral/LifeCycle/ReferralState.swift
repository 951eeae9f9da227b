/// What the log says about one referral now.
public struct ReferralState: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        case refused(RefusalReason)
        case awaitingConsent(until: Instant)
        /// Its assignments tell the rest.
        case routed
    }

    public let id: ReferralID
    public let sender: Participant
    public let message: MessageID
    public let digest: ContentDigest
    public let receivedAt: Instant
    public let facts: CaseFacts
    public internal(set) var phase: Phase
    /// One per service, in the order asked for.
    public internal(set) var assignments: [AssignmentState] = []
    /// How many events have been folded in.
    public internal(set) var version = 0
    /// What the rules said of assignments whose placement follows in the next event.
    private var decisions: [AssignmentID: RoutingDecision] = [:]

    private init(_ submitted: ReferralEvent.Submitted, at: Instant) {
        id = submitted.referral
        sender = submitted.sender
        message = submitted.message
        digest = submitted.digest
        receivedAt = at
        facts = submitted.facts
        phase = .routed
        version = 1
    }

    public func assignment(_ id: AssignmentID) -> AssignmentState? {
        assignments.first { $0.id == id }
    }
}

/// One service for one person: exactly one owner at every instant.
public struct AssignmentState: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        case review(ReviewReason)
        case offered
        case leased(Lease)
        case received
        case accepted
    }

    public let id: AssignmentID
    public internal(set) var decision: RoutingDecision
    public internal(set) var owner: OrganisationID
    public internal(set) var phase: Phase
    /// When the present owner became responsible: the clocks count from here.
    public internal(set) var availableAt: Instant
    /// When the present phase began.
    public internal(set) var since: Instant
    /// Who held the last lease from the present owner; may acknowledge late as long as nobody else holds one.
    public internal(set) var lastHolder: Participant?
    /// Who has given it back, in order.
    public internal(set) var returnedBy: [OrganisationID] = []

    public var service: Service { decision.service }
}

extension ReferralState {
    /// The state after `events`, which happened at `at`. Nil when the first event of a referral is not its submission: such a log is
    /// damaged.
    public static func evolve(_ state: ReferralState?, _ events: [ReferralEvent], at: Instant) -> ReferralState? {
        var state = state
        for event in events {
            if case .submitted(let submitted) = event {
                guard state == nil else { return nil }
                state = ReferralState(submitted, at: at)
            } else {
                guard state != nil else { return nil }
                state?.apply(event, at: at)
                state?.version += 1
            }
        }
        return state
    }

    private mutating func apply(_ event: ReferralEvent, at: Instant) {
        switch event {
        case .submitted: break
        case .refused(let reason): phase = .refused(reason)
        case .awaitingConsent(let until): phase = .awaitingConsent(until: until)
        case .routed(let id, let decision): decisions[id] = decision
        case .offered(let id, let recipient): place(id, at: at, owner: recipient, phase: .offered)
        case .review(let id, let reason, let owner): place(id, at: at, owner: owner, phase: .review(reason))
        case .leased(let id, let lease, _):
            change(id, at) {
                $0.phase = .leased(lease)
                $0.lastHolder = lease.holder
            }
        case .leaseExpired(let id): change(id, at) { $0.phase = .offered }
        case .received(let id, let holder):
            change(id, at) {
                $0.phase = .received
                $0.lastHolder = holder
            }
        case .accepted(let id, _): change(id, at) { $0.phase = .accepted }
        case .returned(let id, let participant, _): change(id, at) { $0.returnedBy.append(participant.organisation) }
        }
    }

    /// Makes `owner` responsible from now on. The clocks start again.
    private mutating func place(_ id: AssignmentID, at: Instant, owner: OrganisationID, phase: AssignmentState.Phase) {
        guard let decision = decisions.removeValue(forKey: id) ?? assignment(id)?.decision else { return }
        let placed = AssignmentState(
            id: id, decision: decision, owner: owner, phase: phase, availableAt: at, since: at,
            returnedBy: assignment(id)?.returnedBy ?? [])
        if let index = assignments.firstIndex(where: { $0.id == id }) {
            assignments[index] = placed
        } else {
            assignments.append(placed)
        }
    }

    private mutating func change(_ id: AssignmentID, _ at: Instant, _ body: (inout AssignmentState) -> Void) {
        guard let index = assignments.firstIndex(where: { $0.id == id }) else { return }
        body(&assignments[index])
        assignments[index].since = at
    }
}
