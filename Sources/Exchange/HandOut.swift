import Logging
public import Referral
import ReferralAPI

extension Exchange {
    /// A case as it is handed out, with its content and the groups of fields that the recipient may see of it.
    public struct Delivery: Sendable {
        public let assignment: AssignmentState
        public let lease: Lease
        public let referral: ReferralState
        public let content: ReferralContent
        public let disclosed: [FieldGroup]
    }

    /// Hands out up to `limit` cases that wait for the participant's organisation, the longest waiting first.
    public func lease(upTo limit: Int, by participant: Participant) async throws -> [Delivery] {
        let now = now()
        let policy = policy
        let readsProtected = policy.readsProtected(participant, at: now)
        // Most look in vain: that costs no commit.
        let isWaiting = try await read { reader in
            try !reader.available(to: participant, readsProtected: readsProtected, limit: 1).isEmpty
        }
        guard isWaiting else { return [] }
        let until = now + settings.lease
        let decoder = decoder
        let count = min(limit, settings.leaseBatch)
        let mostBytes = settings.leaseBytes
        let (deliveries, damaged) = try await write { transaction in
            var deliveries: [Delivery] = []
            // One case that contradicts itself must not keep the others from being fetched.
            var damaged: Set<AssignmentID> = []
            // Closed to the unit by a case that it was handed out just now.
            var closed: Set<AssignmentID> = []
            var bytes = 0
            while deliveries.count < count, bytes < mostBytes {
                let missing = count - deliveries.count
                let waiting = try transaction.available(
                    to: participant, readsProtected: readsProtected, limit: missing + damaged.count + closed.count
                ).filter { !damaged.contains($0) && !closed.contains($0) }.prefix(missing)
                if waiting.isEmpty { break }
                for id in waiting where bytes < mostBytes {
                    switch try Self.handOut(
                        id, until: until, to: participant, at: now, policy: policy, decoder: decoder, in: transaction)
                    {
                    case .done(let delivery, let length):
                        deliveries.append(delivery)
                        bytes += length
                    case .damaged: damaged.insert(id)
                    case .closed: closed.insert(id)
                    }
                }
            }
            return (deliveries, damaged)
        }
        storeFault.report(damaged, logger)
        for delivery in deliveries {
            logger.info(
                "assignment handed out",
                metadata: delivery.referral.logged([
                    "assignment": "\(delivery.assignment.id)", "to": "\(participant)", "referral": "\(delivery.referral.id)",
                ]))
        }
        return deliveries
    }

    private enum HandOut {
        case done(Delivery, bytes: Int)
        /// The case contradicts itself: its content is missing, or its log says something else than the tables.
        case damaged
        /// The unit has had another side of the same event.
        case closed
    }

    private static func handOut(
        _ id: AssignmentID, until: Instant, to participant: Participant, at now: Instant, policy: Policy, decoder: ReferralDecoder,
        in transaction: any ReferralTransaction
    ) throws -> HandOut {
        guard let state = try undamaged({ try Self.state(of: id, in: transaction) }),
            let stored = try undamaged({ try transaction.content(of: state.id) }),
            // Read before the case is handed out: what cannot be shown must not be leased.
            let content = try? decoder.content(stored: stored, received: CivilDate(inStockholmAt: state.receivedAt)),
            let offered = state.assignment(id)
        else { return .damaged }
        guard try !isClosed(offered, of: state, to: participant, in: transaction) else { return .closed }
        guard
            let events = try? ReferralState.decide(.lease(id, until: until), on: state, by: participant, at: now, policy: policy),
            case .leased(_, let lease, let disclosed)? = events.first
        else { return .damaged }
        let leased = try append(events, to: state, at: now, by: participant, policy: policy, in: transaction)
        guard let assignment = leased.assignment(id) else { throw damagedLog(of: id) }
        return .done(
            Delivery(assignment: assignment, lease: lease, referral: leased, content: content, disclosed: disclosed), bytes: stored.count)
    }
}
