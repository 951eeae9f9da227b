extension ReferralState {
    /// The groups of fields of a case that a unit of its owner may see now. None before the unit, or once the case is accepted its
    /// organisation, has taken the case over, and none after the content was erased or its owner may have it no longer.
    public func shown(of id: AssignmentID, to participant: Participant, at now: Instant, policy: Policy) -> [FieldGroup] {
        guard let assignment = assignment(id), assignment.owner == participant.organisation, isOpen(to: participant, at: now, policy) else {
            return []
        }
        let hasIt =
            switch assignment.phase {
            case .review, .offered: false
            case .leased(let lease): lease.holder == participant
            case .received: assignment.lastHolder == participant
            case .working, .onHold, .handoverOffered: true
            case .ended: assignment.progress.acceptedAt != nil || assignment.lastHolder == participant
            }
        guard hasIt else { return [] }
        let reader = policy.reader(participant.organisation, of: assignment, at: now)
        let groups = Disclosure.groups(for: reader, of: assignment, in: self).filter { $0.isContent || $0 == .explanation }
        // An explanation alone is no content.
        return groups.contains(where: \.isContent) ? groups : []
    }

    /// A look at one case: the organisation that answers for it, and the one that it is offered to, may look. No events when there is
    /// nothing of its content to see, or when it stands in the log already that the unit has been shown the same on that day: a system that
    /// asks again and again must not fill the log.
    static func decideShowing(
        _ id: AssignmentID, on state: ReferralState?, to actor: Participant?, at now: Instant, policy: Policy
    ) throws(Rejection) -> [ReferralEvent] {
        guard let state, let actor, state.isOpen(to: actor, at: now, policy),
            !state.capacities(of: actor, for: id, at: now, policy).isDisjoint(with: [.owner, .asked])
        else { throw .notYours }
        let groups = state.shown(of: id, to: actor, at: now, policy: policy)
        if let last = state.assignment(id)?.shown[actor], last.groups == groups, last.day == CivilDate(inStockholmAt: now) { return [] }
        return groups.isEmpty ? [] : [.read(id, ContentReading(by: actor, reason: nil, disclosed: groups))]
    }
}

/// Which of the cases that have not ended an organisation lists. People whose identity is protected, or may be, are in none but
/// `protected`.
public enum CaseList: Hashable, Sendable, CaseIterable {
    /// Its own.
    case open
    /// Its own of which a promise was not kept in time.
    case overdue
    /// Those of others that have been offered to it.
    case handovers
    /// Its own of people whose identity is protected, or of whom it is not known.
    case protected
}

/// A place in a list of cases: those for which somebody has been responsible the longest come first.
public struct CasePlace: Hashable, Sendable {
    public let availableAt: Instant
    public let assignment: AssignmentID

    public init(availableAt: Instant, assignment: AssignmentID) {
        self.availableAt = availableAt
        self.assignment = assignment
    }
}
