import Logging
public import Referral
public import ReferralAPI
public import TTRPC

/// Answers the coordinator about cases: those that people have to decide, and all others by their ids.
public struct CoordinationEndpoint: CoordinationServing {
    private let exchange: Exchange
    private let access: Access

    public init(exchange: Exchange, trustDomain: String) {
        self.exchange = exchange
        access = Access(exchange, trustDomain: trustDomain)
    }

    public func admit(_ context: CallContext) throws {
        try access.admit(context)
    }

    public func review(_ request: ListCasesRequest, _ context: CallContext) async throws -> ListCasesResponse {
        let coordinator = try coordinator(context)
        let list: CaseList =
            switch request.filter {
            case nil, .handovers: .open
            case .overdue: .overdue
            case .protected: .protected
            }
        if list == .protected, !exchange.policy.readsProtected(coordinator, at: exchange.now()) {
            throw Status(.permissionDenied, "the directory does not name \(coordinator) as a reader of protected identities")
        }
        return try await exchange.list(list, request, for: coordinator)
    }

    public func state(_ request: GetCaseRequest, _ context: CallContext) async throws -> CaseState {
        let coordinator = try coordinator(context)
        let referral = try await exchange.referral(of: request.assignmentID)
        guard let referral, let assignment = referral.assignment(request.assignmentID) else {
            throw Rejection(.notFound, "no case has this id")
        }
        guard referral.isOpen(to: coordinator, at: exchange.now(), exchange.policy) else {
            throw Rejection(.notPermitted, "the directory does not name \(coordinator) as a reader of protected identities")
        }
        return CaseState(assignment, of: referral, to: .coordinator, policy: exchange.policy)
    }

    public func read(_ request: CaseRequest, _ context: CallContext) async throws -> CaseFile {
        let view = try await exchange.read(request, by: coordinator(context))
        return CaseFile(
            state: CaseState(view.assignment, of: view.referral, to: .coordinatorReading, policy: exchange.policy),
            content: Disclosure.project(
                view.content, to: view.disclosed, service: view.assignment.service, facts: view.referral.facts),
            decision: Disclosure.project(view.assignment.decision, to: view.disclosed))
    }

    public func perform(_ request: CaseRequest, _ context: CallContext) async throws -> CaseState {
        let referral = try await exchange.perform(request, by: coordinator(context))
        guard let assignment = request.command.assignment.flatMap({ referral.assignment($0) }) else {
            throw Status(.internal, "the exchange has lost the case that it has just changed")
        }
        return CaseState(assignment, of: referral, to: .coordinator, policy: exchange.policy)
    }

    public func enterInError(_ request: SenderRequest, _ context: CallContext) async throws -> ReferralStatus {
        ReferralStatus(try await exchange.perform(request, by: coordinator(context)))
    }

    public func watch(_ request: WatchRequest, _ responses: WatchResponses, _ context: CallContext) async throws {
        try await exchange.watchCases(
            request, responses, drain: context.drain, access: { try coordinator(context) }, as: { _ in .coordinator })
    }

    private func coordinator(_ context: CallContext) throws -> Participant {
        try access.coordinator(context, on: CivilDate(inStockholmAt: exchange.now()))
    }
}

extension Exchange {
    /// What the coordinator is shown of the content of a case.
    struct Reading: Sendable {
        let assignment: AssignmentState
        let referral: ReferralState
        let content: ReferralContent
        let disclosed: [FieldGroup]
    }

    /// How long the answer to a reading may be asked for again: it is there for an answer that was lost. Later the same request would show
    /// what nobody has logged.
    static let readingTime = Duration.seconds(3_600)

    /// Shows the content of a case for a reason, which is logged in the same commit.
    func read(_ request: CaseRequest, by participant: Participant) async throws -> Reading {
        let now = now()
        let policy = policy
        let decoder = decoder
        let (reading, isNew) = try await write { transaction -> (Reading, Bool) in
            let state = try request.command.assignment.flatMap { try transaction.referral(of: $0) }.flatMap { try transaction.referral($0) }
            let events = try ReferralState.decide(.perform(request), on: state, by: participant, at: now, policy: policy)
            guard let state, let id = request.command.assignment, let assignment = state.assignment(id) else {
                throw Self.damagedLog(of: request.command.assignment)
            }
            let disclosed: [FieldGroup]
            if events.isEmpty {
                let entries = try transaction.log(of: state.id)
                guard let (at, reading) = entries.reading(of: request.id, by: participant) else { throw Self.damagedLog(of: state.id) }
                if state.isErased(for: assignment) { throw Rejection.contentErased }
                guard now - at < Self.readingTime else {
                    throw Rejection(.failedPrecondition, "command_id: was used for a reading some time ago; to read again needs a new id")
                }
                disclosed = reading.disclosed
            } else {
                guard case .read(_, let reading)? = events.first else { throw Self.damagedLog(of: state.id) }
                disclosed = reading.disclosed
            }
            guard let stored = try transaction.content(of: state.id),
                let content = try? decoder.content(stored: stored, received: CivilDate(inStockholmAt: state.receivedAt))
            else { throw StoreError(.damaged, "referral \(state.id): its content is missing or cannot be read") }
            let after =
                events.isEmpty
                ? state : try Self.append(events, to: state, at: now, by: participant, policy: policy, in: transaction)
            return (Reading(assignment: assignment, referral: after, content: content, disclosed: disclosed), !events.isEmpty)
        }
        logger.notice(
            isNew ? "a case was read by the coordinator" : "a case was shown to the coordinator again",
            metadata: reading.referral.logged(["assignment": "\(reading.assignment.id)", "by": "\(participant)"]))
        return reading
    }

    /// The referral that an assignment belongs to; nil when there is none of that id.
    func referral(of id: AssignmentID) async throws -> ReferralState? {
        try await read { reader in try reader.referral(of: id).flatMap { try reader.referral($0) } }
    }
}

extension [LogEntry] {
    /// The reading that a command has led to, and when.
    fileprivate func reading(of id: CommandID, by participant: Participant) -> (at: Instant, reading: ContentReading)? {
        for entry in self where entry.actor == participant {
            guard case .performed(let record)? = entry.events.last, record.id == id, case .read(_, let reading)? = entry.events.first else {
                continue
            }
            return (entry.at, reading)
        }
        return nil
    }
}
