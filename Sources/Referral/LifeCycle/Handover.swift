/// Why a case goes to another organisation.
public enum HandoverReason: String, Codable, Sendable, CaseIterable {
    /// Under 21 to a support centre, older than 21 to a brottsofferjour.
    case age
    case moved
    case language
    case competence
    case conflictOfInterest = "conflict of interest"
    case personsWish = "person's wish"
    case noCapacity = "no capacity"
}

/// A case that its owner has offered to another organisation. The owner answers for it until the other has accepted.
public struct HandoverOffer: Hashable, Codable, Sendable {
    public let to: OrganisationID
    public let reason: HandoverReason
    /// Then it is the owner's alone again.
    public let until: Instant
    /// How far the owner has come.
    public internal(set) var stage: Stage

    public init(to: OrganisationID, reason: HandoverReason, until: Instant, stage: Stage) {
        self.to = to
        self.reason = reason
        self.until = until
        self.stage = stage
    }
}

public enum HandoverAnswer: Hashable, Codable, Sendable {
    case accepted
    case refused(ReturnReason)
}

public enum HandoverEvent: Hashable, Codable, Sendable {
    case offered(HandoverOffer)
    /// `by` answers for the case from now on and may see these groups of fields of it.
    case accepted(by: Participant, disclosed: [FieldGroup])
    case refused(by: Participant, reason: ReturnReason)
    case expired
}

extension CaseDecision {
    func offerHandover(to organisation: OrganisationID, reason: HandoverReason, personAgrees: Bool) throws(Rejection) -> [ReferralEvent] {
        let stage = try stageUndisturbed()
        guard !stage.isConcluding else { throw .mediationOver }
        guard organisation != assignment.owner else { throw Rejection(.invalid, "to: has the case already") }
        _ = try recipientClass(of: organisation)
        guard !assignment.letGoBy.contains(organisation) else {
            throw .forbidden(
                "the organisation has returned, handed over or refused the case; only the coordinator can give it to them again")
        }
        guard personAgrees else { throw .forbidden("a handover needs the person's consent") }
        let until = policy.agreement(with: assignment.owner, at: now).handover.deadline(from: now, policy.office)
        return [.handover(id, .offered(HandoverOffer(to: organisation, reason: reason, until: until, stage: stage)))]
    }

    func answerHandover(_ answer: HandoverAnswer) throws(Rejection) -> [ReferralEvent] {
        // Whoever is asked is so because an offer stands.
        guard case .handoverOffered(let offer) = assignment.phase else { throw .notYours }
        switch answer {
        case .refused(let reason): return [.handover(id, .refused(by: actor, reason: reason))]
        case .accepted:
            let groups = Disclosure.groups(for: try recipientClass(of: offer.to), service: assignment.service)
            return [.handover(id, .accepted(by: actor, disclosed: groups))]
        }
    }

    /// In what capacity an organisation of today's directory could take this case.
    func recipientClass(of organisation: OrganisationID) throws(Rejection) -> RecipientClass {
        let directory = policy.directory(at: now)
        guard let known = directory.organisation(organisation), known.existence.contains(CivilDate(inStockholmAt: now)),
            let recipient = known.kind.recipientClass
        else { throw Rejection(.invalid, "to: the directory has no organisation of this id that receives cases today") }
        if Disclosure.groups(for: recipient, service: assignment.service).isEmpty { throw .mediatorsOnly }
        if state.facts.protectedIdentity.isProtected, !known.hasProtectedReader(on: CivilDate(inStockholmAt: now)) {
            throw .forbidden("the organisation has no unit that may have cases of people with a protected identity")
        }
        return recipient
    }
}

extension AssignmentState {
    /// Who has had it or could have had it, and gets it again only when a person decides so.
    var letGoBy: Set<OrganisationID> { Set(returnedBy + handedOverBy + handoverRefusedBy) }

    mutating func apply(_ event: HandoverEvent, at: Instant) {
        switch event {
        case .offered(let offer): phase = .handoverOffered(offer)
        case .accepted(let participant, _):
            if !handedOverBy.contains(owner) { handedOverBy.append(owner) }
            owner = participant.organisation
            // Nobody has decided that this organisation may have both sides of an event.
            isAssignedByHand = false
            availableAt = at
            lastHolder = participant
            progress = Progress(acceptedAt: at)
            // A mediation goes on where it is; a person has to be reached anew by the new owner.
            phase = .working(mediation == nil ? .accepted : stage ?? .accepted)
        case .refused(let participant, _):
            if !handoverRefusedBy.contains(participant.organisation) { handoverRefusedBy.append(participant.organisation) }
            phase = .working(stage ?? .accepted)
        case .expired: phase = .working(stage ?? .accepted)
        }
    }
}
