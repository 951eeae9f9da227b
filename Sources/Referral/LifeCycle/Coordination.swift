/// Why a coordinator gives a case to an organisation.
public enum AssigningReason: String, Codable, Sendable, CaseIterable {
    case reviewed
    case language
    case competence
    case conflictOfInterest = "conflict of interest"
    case personsWish = "person's wish"
    case noCapacity = "no capacity"
    /// The only reason that takes a case from an organisation that has accepted it.
    case ownerUnavailable = "owner unavailable"
}

extension CaseDecision {
    /// A person decides: also an organisation that has had the case before may get it.
    func assign(to organisation: OrganisationID, reason: AssigningReason) throws(Rejection) -> [ReferralEvent] {
        guard assignment.isOpen else { throw closed }
        guard organisation != assignment.owner else { throw Rejection(.invalid, "to: has the case already") }
        if assignment.progress.acceptedAt != nil, reason != .ownerUnavailable {
            throw .forbidden("an organisation has accepted the case and hands it over itself, unless it is unavailable")
        }
        _ = try recipientClass(of: organisation)
        return placing([.assigned(id, reason: reason), .offered(id, to: organisation)])
    }

    func reroute() throws(Rejection) -> [ReferralEvent] {
        try checkNotAccepted()
        let decision = policy.routing.explain(
            state.facts, service: assignment.service, on: CivilDate(inStockholmAt: now),
            excluding: assignment.letGoBy)
        switch (decision.outcome, assignment.phase) {
        case (.recipient(assignment.owner), _): throw .forbidden("by the rules of today the case is where it is")
        case (.review(let reason), .review): throw .forbidden("by the rules of today people decide: \(reason)")
        default: break
        }
        return placing(ReferralState.placement(of: id, by: decision, coordinator: policy.directory(at: now).coordinator))
    }

    func redrive() throws(Rejection) -> [ReferralEvent] {
        try checkNotAccepted()
        if case .review = assignment.phase { throw .forbidden("the case is under review: assign it") }
        return assignment.phase == .offered ? [] : [.redriven(id)]
    }

    private func checkNotAccepted() throws(Rejection) {
        guard assignment.isOpen else { throw closed }
        if assignment.progress.acceptedAt != nil { throw .forbidden("an organisation has accepted the case") }
    }

    /// What the sender wants back goes to nobody else.
    func placing(_ events: [ReferralEvent]) -> [ReferralEvent] {
        assignment.recallRequest == nil ? events : [.ended(id, .recalled)]
    }
}
