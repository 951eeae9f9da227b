/// Why the coordinator reads the content of a case that others answer for.
public enum ReadingReason: String, Codable, Sendable, CaseIterable {
    /// To decide who gets the case.
    case assignment
    /// Somebody may be in danger.
    case danger
    case ownerUnavailable = "owner unavailable"
    /// The person has asked what is kept about them.
    case personsRequest = "person's request"
    case complaint

    /// The groups of fields that serve this purpose, of those that the coordinator may read at all.
    func needs(_ group: FieldGroup) -> Bool {
        switch group {
        case .contacts, .personalNumber: self == .danger || self == .ownerUnavailable || self == .personsRequest
        // Says that somebody else is helped: nobody but who decides needs it.
        case .conflictGroup: self == .assignment
        case .policeReference, .crimeDetail, .exploitation, .freeText: self != .ownerUnavailable
        default: true
        }
    }
}

/// Somebody has looked at the content of a case without anything being done with it.
public struct ContentReading: Hashable, Codable, Sendable {
    public let by: Participant
    /// Why the coordinator did; nil when it was the owner.
    public let reason: ReadingReason?
    /// The groups of fields that were shown.
    public let disclosed: [FieldGroup]

    public init(by participant: Participant, reason: ReadingReason?, disclosed: [FieldGroup]) {
        by = participant
        self.reason = reason
        self.disclosed = disclosed
    }
}

extension CaseDecision {
    /// Shown is what a municipal support centre may see of a support case and the reason needs. The coordinator mediates nothing: data about
    /// offenders are not shown, not of a mediation either.
    func read(_ reason: ReadingReason) throws(Rejection) -> [ReferralEvent] {
        if state.isErased(for: assignment) { throw .contentErased }
        if !state.isOpen(to: actor, at: now, policy) { throw .protectedIdentity }
        let groups = Disclosure.groups(for: .coordinatorReading, of: assignment, in: state)
            .filter { ($0.isContent || $0 == .explanation) && reason.needs($0) }
        return [.read(id, ContentReading(by: actor, reason: reason, disclosed: groups))]
    }
}

extension Rejection {
    public static let contentErased = Rejection(.failedPrecondition, "the content has been erased")
    static let protectedIdentity = Rejection(
        .notPermitted, "the person's identity is protected or may be: only units that the directory names as its readers see the case")
}

extension ReferralState {
    /// Whether nobody may see the content for this assignment any longer, even while other assignments need it.
    public func isErased(for assignment: AssignmentState) -> Bool {
        erasedAt != nil || assignment.hasErasingEnd
    }
}

extension AssignmentState {
    /// Its organisation may see the content no longer, even while other assignments need it.
    var hasErasingEnd: Bool { if case .ended(let ending) = phase { ending.erasesBecause != nil } else { false } }
}
