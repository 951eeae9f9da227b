/// What a command about one assignment is decided on.
struct CaseDecision {
    let state: ReferralState
    let assignment: AssignmentState
    let actor: Participant
    let now: Instant
    let policy: Policy

    var id: AssignmentID { assignment.id }
}

/// What a command about a whole referral is decided on.
struct SenderDecision {
    let state: ReferralState
    let now: Instant
    let policy: Policy
}

extension ReferralState {
    /// What follows from a participant's command. The same id again gives no events: it has been done, see `performed`.
    static func decide(
        _ request: CaseRequest, on state: ReferralState?, by actor: Participant?, at now: Instant, policy: Policy
    ) throws(Rejection) -> [ReferralEvent] {
        guard let state, let actor else { throw request.command.unknown }
        let record = CommandRecord(id: request.id, by: actor, command: request.command)
        if let done = state.performed(request.id, by: actor) {
            guard done.record == record else {
                throw Rejection(.alreadyExists, "command_id: was used before for another command; a new command needs a new id")
            }
            return []
        }
        let capacities = state.capacities(of: actor, for: request.command.assignment, at: now, policy)
        guard !capacities.isEmpty else { throw request.command.unknown }
        // A withdrawal is taken from anybody of the owner, as soon as the person says so.
        let isHelper = capacities.isSubset(of: [.owner, .asked])
        if isHelper, !request.command.winsOverEverything, !state.isOpen(to: actor, at: now, policy) { throw .notYours }
        let permitted = request.command.permitted
        guard !capacities.isDisjoint(with: permitted) else {
            throw Rejection(.notPermitted, "only the \(permitted.map(\.rawValue).joined(separator: " or the ")) of the case may do this")
        }
        if let expected = request.expecting, !request.command.winsOverEverything {
            let version = request.command.assignment.flatMap { state.assignment($0)?.version } ?? state.changes
            guard version == expected else {
                throw Rejection(.conflict, "the case has changed: its version is \(version), not \(expected); look at it again")
            }
        }
        switch request.command {
        case .referral(let command):
            return try SenderDecision(state: state, now: now, policy: policy).decide(command) + [.performed(record)]
        case .assignment(let id, let command):
            guard let assignment = state.assignment(id) else { throw .notYours }
            let decision = CaseDecision(state: state, assignment: assignment, actor: actor, now: now, policy: policy)
            return try decision.decide(command) + [.performed(record)]
        }
    }

    /// As what a participant may act: on one of the assignments, or on the referral as a whole.
    func capacities(of actor: Participant, for id: AssignmentID?, at now: Instant, _ policy: Policy) -> Set<Capacity> {
        var capacities: Set<Capacity> = []
        if actor.organisation == policy.directory(at: now).coordinator { capacities.insert(.coordinator) }
        if let id {
            guard let assignment = assignment(id) else { return [] }
            if assignment.owner == actor.organisation { capacities.insert(.owner) }
            if case .handoverOffered(let offer) = assignment.phase, offer.to == actor.organisation { capacities.insert(.asked) }
        } else if sender == actor {
            capacities.insert(.sender)
        }
        return capacities
    }
}

extension CaseCommand {
    var permitted: [Capacity] {
        switch self {
        case .assignment(_, let command): command.permitted
        case .referral(let command): command.permitted
        }
    }

    /// The same for what somebody else has and for what is not there.
    fileprivate var unknown: Rejection {
        assignment == nil ? Rejection(.notFound, "no referral with this id is yours") : .notYours
    }

    /// A withdrawal is taken whatever has happened in between.
    fileprivate var winsOverEverything: Bool {
        switch self {
        case .assignment(_, .withdraw), .referral(.withdraw): true
        default: false
        }
    }
}

extension SenderDecision {
    fileprivate func decide(_ command: SenderCommand) throws(Rejection) -> [ReferralEvent] {
        switch command {
        case .answerConsent(let consent, let assignments): try answerConsent(consent, assignments: assignments)
        case .amend(let digest): try amend(digest)
        case .recall(let reason): try recall(reason)
        case .withdraw(let scope): state.withdrawal(scope)
        case .enterInError: try enterInError()
        }
    }
}

extension CaseDecision {
    fileprivate func decide(_ command: AssignmentCommand) throws(Rejection) -> [ReferralEvent] {
        switch command {
        case .recordAttempt(let attempt): try work(.attempted(attempt))
        case .recordContact(let contact): try work(.contacted(contact))
        case .recordMeeting(let meeting): try work(.met(meeting))
        case .recordService(let service): try work(.served(service))
        case .hold(let reason, let day): try hold(reason, until: day)
        case .resume: try resume()
        case .offerHandover(let organisation, let reason, let agrees):
            try offerHandover(to: organisation, reason: reason, personAgrees: agrees)
        case .answerHandover(let answer): try answerHandover(answer)
        case .complete(let outcome): try complete(outcome)
        case .closeUnreachable: try closeUnreachable()
        case .decline: try decline()
        case .withdraw(let scope): state.withdrawal(scope)
        case .answerRecall(let answer): try answerRecall(answer)
        case .assign(let organisation, let reason): try assign(to: organisation, reason: reason)
        case .reroute: try reroute()
        case .redrive: try redrive()
        case .read(let reason): try read(reason)
        case .mediate(let command): try mediate(command)
        }
    }

    func ending(_ ending: Ending) -> [ReferralEvent] { state.ending([id], ending) }

    // MARK: What the state allows

    var closed: Rejection { assignment.closed }

    /// How far the owner has come, also while a handover is offered: the owner answers until it is accepted.
    func stageAtWork() throws(Rejection) -> Stage {
        switch assignment.phase {
        case .working(let stage): return stage
        case .handoverOffered(let offer): return offer.stage
        case .onHold: throw .forbidden("the case is on hold; resume it first")
        case .review: throw .forbidden("the case is under review")
        case .offered, .leased, .received: throw .forbidden("the case has to be accepted first")
        case .ended: throw closed
        }
    }

    /// How far the owner has come, when nothing else is going on.
    func stageUndisturbed() throws(Rejection) -> Stage {
        if case .handoverOffered = assignment.phase { throw .forbidden("a handover is offered; its answer comes first") }
        return try stageAtWork()
    }

    /// How far the owner has come, also when the case is on hold.
    func stageOrHold() throws(Rejection) -> Stage {
        if case .onHold(let hold) = assignment.phase { return hold.stage }
        return try stageAtWork()
    }
}

extension AssignmentState {
    /// The refusal of everything that comes after the end.
    var closed: Rejection {
        if case .ended(let ending) = phase { .forbidden("the case is closed: \(ending.name)") } else { .forbidden("the case is closed") }
    }
}
