public import Referral
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
        access = Access(exchange, trustDomain: trustDomain)
    }

    public func admit(_ context: CallContext) throws {
        try access.admit(context)
    }

    public func fetch(_ request: FetchRequest, _ context: CallContext) async throws -> FetchResponse {
        let recipient = try recipient(context)
        // Subscribed before the first look, so that nothing that arrives in between is missed.
        let subscription = exchange.offers.subscribe(to: recipient)
        let first = try await assignments(upTo: request.limit, context)
        guard first.isEmpty, request.wait > .zero else { return FetchResponse(assignments: first) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await clock.sleep(for: request.wait)
                subscription.finish()
            }
            defer { group.cancelAll() }
            while await subscription.next() {
                let found = try await assignments(upTo: request.limit, context)
                if !found.isEmpty {
                    subscription.passOn()
                    return FetchResponse(assignments: found)
                }
                subscription.foundNothing()
            }
            try Task.checkCancellation()
            return FetchResponse(assignments: [])
        }
    }

    public func pull(_ requests: PullRequests, _ responses: PullResponses, _ context: CallContext) async throws {
        let recipient = try recipient(context)
        let subscription = exchange.offers.subscribe(to: recipient)
        subscription.setWilling(false)
        let credit = CreditBalance()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while await subscription.next() {
                    try await handOut(responses, context, credit, subscription)
                }
                // When the exchange stops, the acknowledgements that have arrived are still answered.
                if exchange.offers.isClosed { requests.finish() }
            }
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { acknowledgements in
                    var underWay = 0
                    for try await request in requests {
                        switch request {
                        case .credit(let more):
                            guard credit.add(more.assignments) <= Credit.limit else {
                                throw Status(.resourceExhausted, "credit: at most \(Credit.limit) assignments may be asked for at once")
                            }
                            subscription.wake()
                        case .acknowledge(let request):
                            // Several at a time, so that they share a commit; no further one is read while so many wait.
                            if underWay == Self.acknowledgementLimit { try await acknowledgements.next() } else { underWay += 1 }
                            acknowledgements.addTask {
                                try await responses.write(.acknowledged(acknowledged(request, context)))
                            }
                        }
                    }
                    try await acknowledgements.waitForAll()
                }
                subscription.finish()
            }
            // The first failure of either ends both.
            while try await group.next() != nil {}
        }
        if exchange.offers.isClosed { throw Status(.unavailable, "the exchange is stopping; pull again later") }
    }

    /// Acknowledgements of one pull that wait for their commit or for their answer to be taken.
    private static let acknowledgementLimit = 256

    /// Hands out what there is as far as the credit goes.
    private func handOut(
        _ responses: PullResponses, _ context: CallContext, _ credit: CreditBalance, _ subscription: OfferBoard.Subscription
    ) async throws {
        while case let room = credit.value, room > 0 {
            subscription.setWilling(true)
            let found = try await assignments(upTo: room, context)
            if found.isEmpty { return subscription.foundNothing() }
            // Somebody else is to look while these are written, which takes as long as the caller takes to read them.
            subscription.setWilling(false)
            subscription.passOn()
            credit.add(-found.count)
            for assignment in found { try await responses.write(.assignment(assignment)) }
        }
        subscription.setWilling(false)
        subscription.passOn()
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

    public func cases(_ request: ListCasesRequest, _ context: CallContext) async throws -> ListCasesResponse {
        let recipient = try recipient(context)
        let list: CaseList =
            switch request.filter {
            case nil: .open
            case .overdue: .overdue
            case .handovers: .handovers
            case .protected: .protected
            }
        if list == .protected, !exchange.policy.readsProtected(recipient, at: exchange.now()) {
            throw Status(.permissionDenied, "the directory does not name \(recipient) as a reader of protected identities")
        }
        return try await exchange.list(list, request, for: recipient)
    }

    public func watch(_ request: WatchRequest, _ responses: WatchResponses, _ context: CallContext) async throws {
        try await exchange.watchCases(
            request, responses, drain: context.drain, access: { try recipient(context) }, as: { .organisation($0.organisation) })
    }

    public func file(_ request: GetCaseRequest, _ context: CallContext) async throws -> CaseFile {
        let recipient = try recipient(context)
        let view = try await exchange.show(request.assignmentID, to: recipient)
        let state = exchange.state(view.assignment, of: view.referral, seenBy: recipient)
        guard let (content, groups) = view.content else { return CaseFile(state: state) }
        return CaseFile(
            state: state,
            content: Disclosure.project(content, to: groups, service: view.assignment.service, facts: view.referral.facts),
            decision: Disclosure.project(view.assignment.decision, to: groups))
    }

    public func perform(_ request: CaseRequest, _ context: CallContext) async throws -> CaseState {
        let recipient = try recipient(context)
        let referral = try await exchange.perform(request, by: recipient)
        guard let assignment = request.command.assignment.flatMap({ referral.assignment($0) }) else {
            throw Status(.internal, "the exchange has lost the case that it has just changed")
        }
        var state = exchange.state(assignment, of: referral, seenBy: recipient)
        if state.mediation != nil, try await exchange.partiesAreHidden(of: assignment.id, from: recipient) { state.mediation = nil }
        return state
    }

    private func recipient(_ context: CallContext) throws -> Participant {
        try access.recipient(context, on: CivilDate(inStockholmAt: exchange.now()))
    }

    private func acknowledged(_ request: AcknowledgeRequest, _ context: CallContext) async throws -> AcknowledgeResult {
        do {
            try access.admit(context)
            let recipient = try recipient(context)
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

    /// Hands cases out and shows of each what its recipient may see. Who has lost access since the call began gets none.
    private func assignments(upTo limit: Int, _ context: CallContext) async throws -> [Assignment] {
        let recipient = try recipient(context)
        return try await exchange.lease(upTo: limit, by: recipient).map { delivery in
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
                case .working, .onHold, .handoverOffered, .ended: .accepted
                case .leased, .offered, .review: .leased
                }
            }
        self.init(assignmentID: assignment.id, phase: phase, since: assignment.since)
    }
}
