import Referral
public import ReferralAPI
import Synchronization
public import TTRPC

/// Answers those who help. Everybody reaches the cases of their own organisation only.
public struct AssignmentEndpoint: AssignmentServing {
    private let exchange: Exchange
    private let access: Access
    private let clock: any Clock<Duration>

    /// - Parameter clock: for the time that a fetch waits.
    public init(exchange: Exchange, trustDomain: String, clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        self.clock = clock
        access = Access(directory: exchange.policy.routing.directory, trustDomain: trustDomain)
    }

    public func fetch(_ request: FetchRequest, _ context: CallContext) async throws -> FetchResponse {
        let recipient = try recipient(context)
        // Subscribed before the first look, so that nothing that arrives in between is missed.
        let subscription = exchange.offers.subscribe(to: recipient.organisation)
        let first = try await assignments(upTo: request.limit, for: recipient)
        guard first.isEmpty, request.wait > .zero else { return FetchResponse(assignments: first) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await clock.sleep(for: request.wait)
                subscription.finish()
            }
            defer { group.cancelAll() }
            for await _ in subscription.signals {
                let found = try await assignments(upTo: request.limit, for: recipient)
                if !found.isEmpty { return FetchResponse(assignments: found) }
            }
            try Task.checkCancellation()
            return FetchResponse(assignments: [])
        }
    }

    public func pull(_ requests: PullRequests, _ responses: PullResponses, _ context: CallContext) async throws {
        let recipient = try recipient(context)
        let subscription = exchange.offers.subscribe(to: recipient.organisation)
        let credit = CreditBalance()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in subscription.signals {
                    while case let room = credit.value, room > 0 {
                        let found = try await assignments(upTo: room, for: recipient)
                        if found.isEmpty { break }
                        credit.add(-found.count)
                        for assignment in found { try await responses.write(.assignment(assignment)) }
                    }
                }
                // When the exchange stops, the acknowledgements that have arrived are still answered.
                if exchange.offers.isClosed { requests.finish() }
            }
            group.addTask {
                for try await request in requests {
                    switch request {
                    case .credit(let more):
                        guard credit.add(more.assignments) <= Credit.limit else {
                            throw Status(.resourceExhausted, "credit: at most \(Credit.limit) assignments may be asked for at once")
                        }
                        subscription.wake()
                    case .acknowledge(let request):
                        try await responses.write(.acknowledged(acknowledge(request, by: recipient)))
                    }
                }
                subscription.finish()
            }
            // The first failure of either ends both.
            while try await group.next() != nil {}
        }
        if exchange.offers.isClosed { throw Status(.unavailable, "the exchange is stopping; pull again later") }
    }

    public func acknowledge(_ request: AcknowledgeRequest, _ context: CallContext) async throws -> AssignmentProgress {
        let recipient = try recipient(context)
        return AssignmentProgress(
            try await exchange.perform(.acknowledge(request.assignmentID), on: request.assignmentID, by: recipient), seenBy: recipient)
    }

    public func accept(_ request: AcceptRequest, _ context: CallContext) async throws -> AssignmentProgress {
        let recipient = try recipient(context)
        return AssignmentProgress(
            try await exchange.perform(.accept(request.assignmentID), on: request.assignmentID, by: recipient), seenBy: recipient)
    }

    public func giveBack(_ request: ReturnRequest, _ context: CallContext) async throws -> AssignmentProgress {
        let recipient = try recipient(context)
        return AssignmentProgress(
            try await exchange.perform(
                .giveBack(request.assignmentID, reason: request.reason), on: request.assignmentID, by: recipient), seenBy: recipient)
    }

    private func recipient(_ context: CallContext) throws -> Participant {
        try access.recipient(context, on: CivilDate(inStockholmAt: exchange.now()))
    }

    private func acknowledge(_ request: AcknowledgeRequest, by recipient: Participant) async throws -> AcknowledgeResult {
        do {
            _ = try await exchange.perform(.acknowledge(request.assignmentID), on: request.assignmentID, by: recipient)
            return AcknowledgeResult(assignmentID: request.assignmentID)
        } catch let rejection as Rejection {
            return AcknowledgeResult(assignmentID: request.assignmentID, Status(rejection))
        } catch let error as StoreError {
            return AcknowledgeResult(assignmentID: request.assignmentID, Status(error))
        } catch let status as Status {
            return AcknowledgeResult(assignmentID: request.assignmentID, status)
        }
    }

    /// Hands cases out and shows of each what its recipient may see.
    private func assignments(upTo limit: Int, for recipient: Participant) async throws -> [Assignment] {
        try await exchange.lease(upTo: limit, by: recipient).map { delivery in
            Assignment(
                id: delivery.assignment.id, service: delivery.assignment.service, availableAt: delivery.assignment.availableAt,
                leasedUntil: delivery.lease.until, sender: delivery.referral.sender,
                content: Disclosure.project(
                    delivery.content, to: delivery.disclosed, service: delivery.assignment.service, facts: delivery.referral.facts),
                decision: Disclosure.project(delivery.assignment.decision, to: delivery.disclosed))
        }
    }
}

extension AcknowledgeResult {
    fileprivate init(assignmentID: AssignmentID, _ status: Status) {
        self.init(assignmentID: assignmentID, code: status.code, message: status.message)
    }
}

/// How many more assignments the caller of a pull can take.
private final class CreditBalance: Sendable {
    private let balance = Mutex(0)

    var value: Int { balance.withLock { $0 } }

    /// The balance afterwards.
    @discardableResult
    func add(_ change: Int) -> Int {
        balance.withLock { balance in
            balance += change
            return balance
        }
    }
}

extension AssignmentProgress {
    /// A case that has moved on is, to whoever gave it back, returned and no more.
    init(_ assignment: AssignmentState, seenBy recipient: Participant) {
        let phase: AssignmentPhase =
            if assignment.owner != recipient.organisation {
                .returned
            } else {
                switch assignment.phase {
                case .received: .received
                case .accepted: .accepted
                case .leased, .offered, .review: .leased
                }
            }
        self.init(assignmentID: assignment.id, phase: phase, since: assignment.since)
    }
}
