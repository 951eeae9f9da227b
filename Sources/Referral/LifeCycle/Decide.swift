extension ReferralState {
    /// What follows from a command, or the rule that forbids it. No events means that it has been done already.
    ///
    /// Pure: the same arguments give the same answer.
    /// - Parameters:
    ///   - state: the referral that the command is about; nil for a submission that is new.
    ///   - actor: who asks; nil for the exchange itself.
    public static func decide(
        _ command: ReferralCommand, on state: ReferralState?, by actor: Participant?, at now: Instant, policy: Policy
    ) throws(Rejection) -> [ReferralEvent] {
        switch command {
        case .submit(let submission):
            return try decideSubmission(submission, on: state, by: actor, at: now, policy: policy)
        case .lease(let id, let until):
            let (assignment, holder) = try owned(id, in: state, by: actor, at: now, policy)
            guard case .offered = assignment.phase else {
                throw .forbidden("only a case that waits to be fetched can be handed out")
            }
            let directory = policy.directory(at: now)
            let recipient = directory.recipientClass(of: holder.organisation)
            let consent = state?.facts.consent
            let isCovered = consent.map { $0.status.isYes && $0.covers(assignment.service) } ?? false
            let groups = isCovered ? recipient.map { Disclosure.groups(for: $0, service: assignment.service) } ?? [] : []
            return [.leased(id, Lease(holder: holder, until: until), disclosed: groups)]
        case .acknowledge(let id):
            let (assignment, holder) = try owned(id, in: state, by: actor, at: now, policy)
            return try receipt(of: assignment, by: holder)
        case .accept(let id):
            let (assignment, holder) = try owned(id, in: state, by: actor, at: now, policy)
            if assignment.isOpen, assignment.progress.acceptedAt != nil { return [] }
            return try receipt(of: assignment, by: holder) + [.accepted(id, by: holder)]
        case .giveBack(let id, let reason):
            return try decideReturn(id, reason: reason, on: state, by: actor, at: now, policy: policy)
        case .show(let id): return try decideShowing(id, on: state, to: actor, at: now, policy: policy)
        case .perform(let request):
            return try decide(request, on: state, by: actor, at: now, policy: policy)
        case .timerFired(let deadline):
            guard actor == nil else { throw Rejection(.notPermitted, "only the exchange's own clock may do this") }
            return state?.fired(deadline, at: now, policy: policy) ?? []
        }
    }

    private static func decideSubmission(
        _ submission: ReferralCommand.Submission, on state: ReferralState?, by actor: Participant?, at now: Instant, policy: Policy
    ) throws(Rejection) -> [ReferralEvent] {
        if let state {
            guard state.digest == submission.digest else {
                throw Rejection(.alreadyExists, "message_id: was used before with other content; a new message needs a new id")
            }
            return []
        }
        guard let actor else { throw Rejection(.failedPrecondition, "a referral needs a sender") }
        let facts = submission.facts
        var events: [ReferralEvent] = [
            .submitted(
                .init(
                    referral: submission.referral, sender: actor, message: submission.message, digest: submission.digest,
                    facts: facts))
        ]
        switch facts.consent.status {
        case .no: events.append(.refused(.consentRefused))
        case .withdrawn: events.append(.refused(.consentWithdrawn))
        case .notAsked: events.append(.awaitingConsent(until: policy.consentPeriod.deadline(from: now, policy.office)))
        case .yes, .guardianYes:
            let today = CivilDate(inStockholmAt: now)
            for (service, id) in zip(facts.services, submission.assignments) {
                let decision = policy.routing.explain(facts, service: service, on: today)
                events += placement(of: id, by: decision, coordinator: policy.routing.directory(on: today).coordinator)
            }
        }
        return events
    }

    private static func decideReturn(
        _ id: AssignmentID, reason: ReturnReason, on state: ReferralState?, by actor: Participant?, at now: Instant, policy: Policy
    ) throws(Rejection) -> [ReferralEvent] {
        if let actor, let assignment = state?.assignment(id), assignment.returnedBy.contains(actor.organisation),
            assignment.owner != actor.organisation
        {
            return []
        }
        let (assignment, holder) = try owned(id, in: state, by: actor, at: now, policy)
        guard let state else { throw .notYours }
        // Until the organisation has accepted the case, only the unit that fetched it can give it back.
        if assignment.progress.acceptedAt == nil {
            guard assignment.isOpen else { throw assignment.closed }
            guard let lastHolder = assignment.lastHolder else { throw .forbidden("a case can be given back after it was fetched") }
            guard lastHolder == holder else { throw .forbidden("another unit of the organisation has fetched the case") }
        }
        let decision = CaseDecision(state: state, assignment: assignment, actor: holder, now: now, policy: policy)
        return try decision.giveBack(reason)
    }

    static func placement(
        of id: AssignmentID, by decision: RoutingDecision, coordinator: OrganisationID
    ) -> [ReferralEvent] {
        switch decision.outcome {
        case .recipient(let recipient): [.routed(id, decision), .offered(id, to: recipient)]
        case .review(let reason): [.routed(id, decision), .review(id, reason: reason, owner: coordinator)]
        }
    }

    /// Somebody else's case is as unknown as one that does not exist.
    private static func owned(
        _ id: AssignmentID, in state: ReferralState?, by actor: Participant?, at now: Instant, _ policy: Policy
    ) throws(Rejection) -> (AssignmentState, Participant) {
        guard let actor, let state, let assignment = state.assignment(id), assignment.owner == actor.organisation,
            state.isOpen(to: actor, at: now, policy)
        else { throw .notYours }
        return (assignment, actor)
    }

    /// Late is in time as long as nobody else holds the case: after its lease has ended the last holder may still say that it arrived.
    private static func receipt(of assignment: AssignmentState, by holder: Participant) throws(Rejection) -> [ReferralEvent] {
        switch assignment.phase {
        case .received, .working, .onHold, .handoverOffered: return []
        case .leased(let lease) where lease.holder == holder: return [.received(assignment.id, by: holder)]
        case .leased: throw .forbidden("another unit of the organisation has fetched the case")
        case .offered where assignment.lastHolder == holder: return [.received(assignment.id, by: holder)]
        case .offered: throw .forbidden("the case has to be fetched first")
        case .review: throw .forbidden("the case is under review")
        case .ended: throw assignment.closed
        }
    }
}
