import Logging
public import Referral
import ReferralAPI

extension Exchange {
    /// One case as a participant may see it now.
    public struct View: Sendable {
        public let assignment: AssignmentState
        public let referral: ReferralState
        /// With the groups of fields that the participant may see of it; nil when it may see none.
        public let content: (ReferralContent, disclosed: [FieldGroup])?
    }

    /// What a participant may see of a case that it answers for or has been offered. What is shown of its content is logged first.
    public func show(_ id: AssignmentID, to participant: Participant) async throws -> View {
        let now = now()
        let policy = policy
        let decoder = decoder
        typealias Look = (ReferralState, AssignmentState, groups: [FieldGroup], events: [ReferralEvent])
        @Sendable func look(_ reader: any ReferralReader) throws -> Look {
            let state = try reader.referral(of: id).flatMap { try reader.referral($0) }
            let events = try ReferralState.decide(.show(id), on: state, by: participant, at: now, policy: policy)
            guard let state, let assignment = state.assignment(id) else { throw Self.damagedLog(of: id) }
            let groups = state.shown(of: id, to: participant, at: now, policy: policy)
            if !groups.isEmpty, try Self.isOnOtherSide(participant, than: assignment, of: state, in: reader) {
                _ = try ReferralState.decide(.show(id), on: nil, by: participant, at: now, policy: policy)
            }
            return (state, assignment, groups, events)
        }
        @Sendable func view(_ seen: Look, in reader: any ReferralReader) throws -> View {
            let (state, assignment, groups, _) = seen
            if groups.isEmpty { return View(assignment: assignment, referral: state, content: nil) }
            guard let stored = try reader.content(of: state.id),
                let content = try? decoder.content(stored: stored, received: CivilDate(inStockholmAt: state.receivedAt))
            else { throw StoreError(.damaged, "referral \(state.id): its content is missing or cannot be read") }
            return View(assignment: assignment, referral: state, content: (content, groups))
        }
        // What the log need not be told costs no commit.
        let known = try await read { reader in
            let seen = try look(reader)
            return seen.events.isEmpty ? try view(seen, in: reader) : nil
        }
        if let known { return known }
        let view = try await write { transaction in
            let seen = try look(transaction)
            let view = try view(seen, in: transaction)
            if !seen.events.isEmpty {
                _ = try Self.append(seen.events, to: view.referral, at: now, by: participant, policy: policy, in: transaction)
            }
            return view
        }
        logger.info("a case was shown", metadata: view.referral.logged(["assignment": "\(id)", "to": "\(participant)"]))
        return view
    }

    /// Whether somebody may see the parties of a mediation no longer, whatever an earlier answer has told them.
    func partiesAreHidden(of id: AssignmentID, from participant: Participant) async throws -> Bool {
        let referral = try await read { reader in try reader.referral(of: id).flatMap { try reader.referral($0) } }
        guard let referral, let assignment = referral.assignment(id) else { return true }
        return state(assignment, of: referral, seenBy: participant).mediation == nil
    }

    /// Where a case stands, as far as a participant may know it.
    func state(_ assignment: AssignmentState, of referral: ReferralState, seenBy participant: Participant) -> CaseState {
        let policy = policy
        let now = now()
        let isCoordinator = policy.routing.directory(on: CivilDate(inStockholmAt: now)).coordinator == participant.organisation
        let reader = isCoordinator ? .coordinator : policy.reader(participant.organisation, of: assignment, at: now)
        return CaseState(assignment, of: referral, to: reader, policy: policy)
    }
}
