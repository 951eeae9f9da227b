import Referral
import ReferralAPI
import TTRPC

/// Who may call what: from the certificate's identity to the directory.
struct Access: Sendable {
    let directory: Directory
    let trustDomain: String

    /// - Throws: `permissionDenied` when the caller is not a unit of an organisation that may send referrals.
    func sender(_ context: CallContext, on day: CivilDate) throws(Status) -> Participant {
        let (participant, organisation) = try caller(context, on: day)
        guard organisation.kind.maySend else { throw Status(.permissionDenied, "\(participant.organisation) does not send referrals") }
        return participant
    }

    /// - Throws: `permissionDenied` when the caller is not a unit of an organisation that receives cases.
    func recipient(_ context: CallContext, on day: CivilDate) throws(Status) -> Participant {
        let (participant, organisation) = try caller(context, on: day)
        guard organisation.kind.mayReceive else { throw Status(.permissionDenied, "\(participant.organisation) does not receive cases") }
        return participant
    }

    /// Senders ask where a referral would go, and so does the coordinator.
    func previewer(_ context: CallContext, on day: CivilDate) throws(Status) -> Participant {
        let (participant, organisation) = try caller(context, on: day)
        guard organisation.kind.maySend || organisation.kind.mayCoordinate else {
            throw Status(.permissionDenied, "\(participant.organisation) does not send referrals")
        }
        return participant
    }

    private func caller(_ context: CallContext, on day: CivilDate) throws(Status) -> (Participant, Organisation) {
        guard let identity = context.peer.identity, let participant = participant(of: identity) else {
            throw Status(.permissionDenied, "the certificate is not of this exchange's participants")
        }
        guard let organisation = directory.organisation(of: participant, on: day) else {
            throw Status(.permissionDenied, "the directory has no unit \(participant) today")
        }
        return (participant, organisation)
    }

    /// `spiffe://<trust domain>/<organisation>/<unit>`
    private func participant(of identity: String) -> Participant? {
        let parts = identity.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "spiffe:", parts[1].isEmpty, parts[2] == trustDomain else { return nil }
        return Participant(organisation: OrganisationID(String(parts[3])), unit: UnitID(String(parts[4])))
    }
}
