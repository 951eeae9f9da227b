import Logging
import Referral

extension Exchange {
    /// Does what the rules say of every deadline that has come, each once.
    /// - Returns: how many referrals were looked at, the longest due first; there may be more when it equals the deadline batch.
    public func fireDeadlines() async throws -> Int {
        let now = now()
        let policy = policy
        let limit = settings.deadlineBatch
        let due = try await read { reader in try reader.due(at: now, limit: limit) }
        metrics.looked(atOldestDueSince: due.first.map { now - $0.due } ?? .zero)
        // One by one, so that no referral holds up another; the queue puts them into one commit.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in due.map(\.referral) { group.addTask { try await fireDeadlines(of: id, at: now, policy: policy) } }
            try await group.waitForAll()
        }
        return due.count
    }

    private func fireDeadlines(of id: ReferralID, at now: Instant, policy: Policy) async throws {
        do {
            let (after, fired, recipients) = try await write(.exchange) { transaction in
                guard let before = try transaction.referral(id) else { throw Self.damagedLog(of: id) }
                var (state, fired) = (before, [Deadline]())
                while let deadline = state.deadlines(policy).first, deadline.due <= now {
                    let events = try ReferralState.decide(.timerFired(deadline), on: state, by: nil, at: now, policy: policy)
                    guard !events.isEmpty else { throw StoreError(.damaged, "referral \(id): a deadline leads to nothing") }
                    state = try Self.append(events, to: state, at: now, by: nil, policy: policy, in: transaction)
                    fired.append(deadline)
                }
                // The rules have changed since, or it has just been brought here.
                if fired.isEmpty { try transaction.setDue(state.nextDue(policy), of: id) }
                return (state, fired, state.fetchable(since: before))
            }
            offers.ring(recipients)
            for deadline in fired {
                metrics.fired(deadline.kind)
                var metadata: Logger.Metadata = ["referral": "\(id)", "deadline": "\(deadline.kind.rawValue)"]
                metadata["assignment"] = deadline.assignment.map { "\($0)" }
                logger.notice("a deadline has come", metadata: after.logged(metadata))
            }
        } catch let error as StoreError where error.code == .damaged {
            logger.error("the deadlines of a referral cannot be met; trying again in an hour", metadata: ["referral": "\(id)"])
            try await write(.exchange) { try $0.setDue(now + .seconds(3_600), of: id) }
        }
    }
}
