/// What the log says about one referral now.
public struct ReferralState: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        case refused(RefusalReason)
        case awaitingConsent(until: Instant)
        /// Its assignments tell the rest.
        case routed
        case closed(ReferralEnding)

        /// As stored and logged.
        public var name: String {
            switch self {
            case .refused: "refused"
            case .awaitingConsent: "awaiting consent"
            case .routed: "routed"
            case .closed: "closed"
            }
        }
    }

    public let id: ReferralID
    public let sender: Participant
    public let message: MessageID
    public let digest: ContentDigest
    public let receivedAt: Instant
    /// The consent is what the person has said last; all else is as it was sent.
    public internal(set) var facts: CaseFacts
    public internal(set) var phase: Phase
    /// One per service, in the order asked for.
    public internal(set) var assignments: [AssignmentState] = []
    /// When it was decided that the content must be erased; nil while it is kept.
    public internal(set) var erasedAt: Instant?
    /// How many events have been folded in.
    public internal(set) var version = 0
    /// How many of them a sender may know of: the version that it is told. How support goes shows in no version either.
    public internal(set) var changes = 0
    /// What the rules said of assignments whose placement follows in the next event.
    private var decisions: [AssignmentID: RoutingDecision] = [:]
    /// Assignments that a person has given to whom the next event offers them.
    private var assignedByHand: Set<AssignmentID> = []
    private var commands: [CommandKey: PerformedCommand] = [:]

    private struct CommandKey: Hashable {
        let participant: Participant
        let id: CommandID
    }

    private init(_ submitted: ReferralEvent.Submitted, at: Instant) {
        id = submitted.referral
        sender = submitted.sender
        message = submitted.message
        digest = submitted.digest
        receivedAt = at
        facts = submitted.facts
        phase = .routed
        version = 1
        changes = 1
    }

    public func assignment(_ id: AssignmentID) -> AssignmentState? {
        assignments.first { $0.id == id }
    }

    /// The command that a participant gave under this id. The answer to it is the fold of the log up to its version.
    public func performed(_ id: CommandID, by participant: Participant) -> PerformedCommand? {
        commands[CommandKey(participant: participant, id: id)]
    }
}

/// A command that has been done, and the version of the referral that it led to.
public struct PerformedCommand: Hashable, Sendable {
    public let record: CommandRecord
    public let version: Int
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
                state?.version += 1
                if event.isTold(toSenderWith: state?.facts.consent) { state?.changes += 1 }
                state?.apply(event, at: at)
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
        case .leaseExpired(let id), .redriven(let id): change(id, at) { $0.phase = .offered }
        case .received(let id, let holder):
            change(id, at) {
                $0.phase = .received
                $0.lastHolder = holder
            }
        case .accepted(let id, _):
            let proceeding = MediationProceeding(facts)
            change(id, at) {
                $0.phase = .accepted
                $0.progress.acceptedAt = at
                if $0.takenAt == nil { $0.takenAt = at }
                $0.progress.alarms.remove(.untaken)
                if $0.service == .mediation, $0.mediation == nil { $0.mediation = proceeding }
            }
        case .returned(let id, let participant, _):
            change(id, at) { $0.returnedBy.append(participant.organisation) }
        case .assigned(let id, _):
            assignedByHand.insert(id)
            change(id, at) { _ in }
        case .worked(let id, let event): change(id, at) { $0.apply(event) }
        case .held(let id, let hold): change(id, at) { $0.phase = .onHold(hold) }
        case .resumed(let id):
            change(id, at) {
                guard case .onHold(let hold) = $0.phase else { return }
                $0.progress.paused += at - hold.from
                $0.phase = .working(hold.stage)
            }
        case .handover(let id, let event): change(id, at) { $0.apply(event, at: at) }
        case .mediation(let id, let event): change(id, at) { $0.apply(event) }
        case .recall(let id, .requested(let reason)):
            change(id, at) {
                $0.recallRequest = reason
                $0.recallAnswer = nil
            }
        case .recall(let id, .refused(let reason)):
            change(id, at) {
                $0.recallRequest = nil
                $0.recallAnswer = .refused(reason)
            }
        case .warned(let id, let kind, _), .overdue(let id, let kind, _): change(id, at) { $0.progress.alarms.insert(kind) }
        case .ended(let id, let ending):
            change(id, at) {
                if ending == .recalled, $0.recallRequest != nil { $0.recallAnswer = .granted }
                $0.phase = .ended(ending)
                $0.recallRequest = nil
                $0.progress.alarms = []
            }
        case .consentAnswered(let consent):
            facts.consent = consent
            phase = .routed
        case .consentWithdrawn(.everything): facts.consent.status = .withdrawn
        case .consentWithdrawn(.service(.support)): facts.consent.coversSupport = false
        case .consentWithdrawn(.service(.mediation)): facts.consent.coversMediation = false
        case .amended: break
        case .read(let id, let reading):
            guard reading.reason == nil, let index = assignments.firstIndex(where: { $0.id == id }) else { return }
            let shown = AssignmentState.Shown(day: CivilDate(inStockholmAt: at), groups: reading.disclosed)
            assignments[index].shown[reading.by] = shown
        case .closed(let ending): phase = .closed(ending)
        case .erased(let erasure): if erasure.extent == .content { erasedAt = at }
        case .performed(let record):
            commands[CommandKey(participant: record.by, id: record.id)] = PerformedCommand(record: record, version: version)
            if let id = record.command.assignment, !record.command.isReading { change(id, nil) { _ in } }
        }
    }

    /// Makes `owner` responsible from now on. The clocks start again.
    private mutating func place(_ id: AssignmentID, at: Instant, owner: OrganisationID, phase: AssignmentState.Phase) {
        let former = assignment(id)
        guard let decision = decisions.removeValue(forKey: id) ?? former?.decision else { return }
        let placed = AssignmentState(
            id: id, decision: decision, owner: owner, phase: phase, availableAt: at, since: at, returnedBy: former?.returnedBy ?? [],
            handedOverBy: former?.handedOverBy ?? [], handoverRefusedBy: former?.handoverRefusedBy ?? [],
            isAssignedByHand: assignedByHand.remove(id) != nil,
            recallRequest: former?.recallRequest, recallAnswer: former?.recallAnswer, version: (former?.version ?? 0) + 1)
        if let index = assignments.firstIndex(where: { $0.id == id }) {
            assignments[index] = placed
        } else {
            assignments.append(placed)
        }
    }

    /// - Parameter at: when a change of phase happened; nil for what is only noted.
    private mutating func change(_ id: AssignmentID, _ at: Instant?, _ body: (inout AssignmentState) -> Void) {
        guard let index = assignments.firstIndex(where: { $0.id == id }) else { return }
        let before = assignments[index].phase.name
        body(&assignments[index])
        assignments[index].version += 1
        if let at, assignments[index].phase.name != before { assignments[index].since = at }
    }
}
