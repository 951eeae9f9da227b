import Logging
public import Referral
import ReferralAPI

/// What those who answer for a case, and the coordinator, do with it.
extension Exchange {
    /// Does what a recipient asks for with one of its cases.
    /// - Returns: the case afterwards.
    public func perform(
        _ command: ReferralCommand, on id: AssignmentID, by participant: Participant
    ) async throws -> AssignmentState {
        let now = now()
        let policy = policy
        let (assignment, after, changed) = try await write { transaction in
            guard let referral = try transaction.referral(of: id) else {
                // An unknown case and somebody else's give the same answer.
                _ = try ReferralState.decide(command, on: nil, by: participant, at: now, policy: policy)
                throw Self.damagedLog(of: id)
            }
            let state = try transaction.referral(referral)
            let events = try ReferralState.decide(command, on: state, by: participant, at: now, policy: policy)
            guard var state else { throw Self.damagedLog(of: id) }
            if events.isEmpty, state.assignment(id)?.owner != participant.organisation {
                // Given back before. The answer is the first one: what others have done since is their business.
                state = try Self.fold(transaction.log(of: referral).through { $0.isReturn(of: id, by: participant.organisation) })
            }
            let after =
                events.isEmpty
                ? state : try Self.append(events, to: state, at: now, by: participant, policy: policy, in: transaction)
            guard let assignment = after.assignment(id) else { throw Self.damagedLog(of: id) }
            return (assignment, after, !events.isEmpty)
        }
        if changed {
            if assignment.phase == .offered { offers.ring([assignment.owner]) }
            logger.info(
                "assignment changed",
                metadata: after.logged([
                    "assignment": "\(id)", "by": "\(participant)", "phase": "\(assignment.phase.name)", "owner": "\(assignment.owner)",
                ])
            )
        }
        return assignment
    }

    /// What a participant asks for of one case. The same id again gives the first answer, whoever has the case by now.
    /// - Returns: the referral right after the command was carried out for the first time.
    public func perform(_ request: CaseRequest, by participant: Participant) async throws -> ReferralState {
        let now = now()
        let policy = policy
        let (after, changed, offered) = try await write { transaction -> (ReferralState, Bool, [OrganisationID]) in
            let id = try request.command.assignment.flatMap { try transaction.referral(of: $0) }
            let state = try id.flatMap { try transaction.referral($0) }
            let events = try ReferralState.decide(.perform(request), on: state, by: participant, at: now, policy: policy)
            guard let state else { throw Self.damagedLog(of: request.command.assignment) }
            if events.isEmpty {
                return (try Self.answer(to: request.id, by: participant, on: state, in: transaction), false, [])
            }
            if case .assignment(let id, .answerHandover(.accepted)) = request.command, let assignment = state.assignment(id),
                try Self.isOnOtherSide(participant, than: assignment, of: state, in: transaction)
            {
                throw Rejection(
                    .failedPrecondition, "this unit cannot have the case; another unit of the organisation may accept it")
            }
            let after = try Self.append(events, to: state, at: now, by: participant, policy: policy, in: transaction)
            return (after, true, after.fetchable(since: state))
        }
        guard changed else { return after }
        offers.ring(offered)
        var metadata: Logger.Metadata = ["referral": "\(after.id)", "by": "\(participant)", "command": "\(request.command.name)"]
        metadata["assignment"] = request.command.assignment.map { "\($0)" }
        logger.info("a command was carried out", metadata: after.logged(metadata))
        return after
    }
}

extension LogEntry {
    fileprivate func isReturn(of id: AssignmentID, by organisation: OrganisationID) -> Bool {
        events.contains { event in
            if case .returned(id, let holder, _) = event { holder.organisation == organisation } else { false }
        }
    }
}

extension Array {
    /// Up to and including the last element that satisfies the condition; empty when none does.
    fileprivate func through(_ condition: (Element) -> Bool) -> ArraySlice<Element> {
        lastIndex(where: condition).map { self[...$0] } ?? []
    }
}
