/// Of one event, whose side a case is on. One unit of an organisation is never on two.
public enum Side: String, Codable, Sendable, CaseIterable {
    /// Support of the victim, of a witness, of a relative of the victim.
    case victim
    /// Support of a relative of the offender.
    case offender
    /// A mediator is on nobody's side, and so on a side of its own.
    case mediation

    /// Nil for professionals: they are of no side.
    public init?(_ service: Service, for role: Role) {
        switch (service, role) {
        case (.mediation, _): self = .mediation
        case (.support, .victim), (.support, .witness), (.support, .relativeOfVictim): self = .victim
        case (.support, .relativeOfOffender): self = .offender
        case (.support, .professional): return nil
        }
    }
}

/// A case's place in an event that other cases belong to.
public struct ConflictPlace: Hashable, Sendable {
    /// Of the event.
    public let mark: ContentDigest
    public let side: Side
}

extension ReferralState {
    /// Nil when the case is in no conflict group, is of no side, or a person has decided who has it.
    public func conflictPlace(of assignment: AssignmentState) -> ConflictPlace? {
        guard !assignment.isAssignedByHand else { return nil }
        return side(of: assignment)
    }

    /// The place that whoever sees the case is in from then on; nil when there is none.
    public func side(of assignment: AssignmentState) -> ConflictPlace? {
        guard let mark = facts.conflictMark, let side = Side(assignment.service, for: facts.role) else { return nil }
        return ConflictPlace(mark: mark, side: side)
    }
}

extension ConflictPlace {
    /// Whether a unit that has, or has had, cases of these sides of the event may not have a case here.
    public func isClosed(toThoseOn sides: Set<Side>) -> Bool { !sides.subtracting([side]).isEmpty }
}

extension ReferralEvent {
    /// Who sees the content of which assignment from this event on.
    public var shownTo: (assignment: AssignmentID, reader: Participant)? {
        switch self {
        case .leased(let id, let lease, _): (id, lease.holder)
        case .handover(let id, .accepted(let participant, _)): (id, participant)
        case .read(let id, let reading) where reading.reason == nil: (id, reading.by)
        default: nil
        }
    }
}
