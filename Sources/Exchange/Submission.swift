import Logging
public import Referral
public import ReferralAPI
import TTRPC

extension Exchange {
    /// Takes responsibility for a referral. The same message again gives the first answer, however often and however late. The content
    /// is kept for the recipients unless the referral is refused.
    /// - Returns: the referral as it was right after its submission.
    /// - Throws: `Rejection`, `StoreError`, or `Status` when too much waits or the exchange stops.
    public func submit(
        _ request: SubmitRequest, from sender: Participant, _ origin: CommitQueue.Origin = .call
    ) async throws -> ReferralState {
        let now = now()
        let message = request.messageID
        let content = request.canonical
        let facts = decoder.facts(request.content, received: CivilDate(inStockholmAt: now))
        let submission = ReferralCommand.Submission(
            referral: ReferralID(identifiers.next(at: now)),
            assignments: facts.services.map { _ in AssignmentID(identifiers.random()) },
            message: message, digest: request.digest, facts: facts)
        let policy = policy
        let (state, isNew) = try await write(origin) { transaction in
            if let known = try transaction.referral(from: sender, message: message) {
                let first = try transaction.log(of: known).prefix(1)
                let submitted = try Self.fold(first)
                _ = try ReferralState.decide(.submit(submission), on: submitted, by: sender, at: now, policy: policy)
                return (submitted, false)
            }
            let events = try ReferralState.decide(.submit(submission), on: nil, by: sender, at: now, policy: policy)
            guard let state = ReferralState.evolve(nil, events, at: now) else { throw Self.damagedLog(of: submission.referral) }
            let isRefused = if case .refused = state.phase { true } else { false }
            try transaction.append(
                events, at: now, by: sender, resulting: state, content: isRefused ? nil : content, due: state.nextDue(policy),
                readers: LogReader.readers(of: events, from: nil, to: state))
            return (state, true)
        }
        if isNew {
            offers.ring(state.assignments.lazy.filter { $0.phase == .offered }.map(\.owner))
            logger.info(
                "referral submitted",
                metadata: state.logged([
                    "referral": "\(state.id)", "sender": "\(sender)", "phase": "\(state.phase.name)",
                    "assignments": .array(state.assignments.map { "\($0.id) \($0.phase.name) \($0.owner)" }),
                ]))
        } else {
            logger.info("referral submitted again", metadata: state.logged(["referral": "\(state.id)", "sender": "\(sender)"]))
        }
        return state
    }
}
