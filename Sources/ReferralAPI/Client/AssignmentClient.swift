import NIOCore
public import Referral
public import TTRPC

/// Calls the exchange for those who help. Calls throw `CallFailure`, or `CancellationError` when the calling task is cancelled.
public struct AssignmentClient: Sendable {
    private let client: Client

    public init(_ client: Client) {
        self.client = client
    }

    /// Cases as they are routed, no more at a time than there is credit for. The stream ends when `body` returns.
    public func pull<R>(
        options: CallOptions = CallOptions(), _ body: (PullWriter, TypedStream<PullResponse>) async throws -> R
    ) async throws -> R {
        try await calling {
            try await client.bidirectional(.pull, options: options) { writer, messages in
                try await body(PullWriter(writer: writer), TypedStream(answers: messages))
            }
        }
    }

    /// The cases that wait; an empty answer after the time of waiting is not an error.
    ///
    /// Not made again when its outcome is not known: the cases of an answer that is lost come again when their leases have ended.
    /// - Parameter options: without a time limit, 30 seconds beyond the time of waiting.
    public func fetch(_ request: FetchRequest = FetchRequest(), options: CallOptions = CallOptions()) async throws -> [Assignment] {
        var options = options
        if options.timeout == nil { options.timeout = request.wait + .seconds(30) }
        let response: FetchResponse = try await client.call(.fetch, request, options)
        return response.assignments
    }

    /// "We have it": ends the lease.
    public func acknowledge(_ id: AssignmentID, options: CallOptions = CallOptions()) async throws -> AssignmentProgress {
        try await client.call(.acknowledge, AcknowledgeRequest(assignmentID: id), options)
    }

    /// "We take it."
    public func accept(_ id: AssignmentID, options: CallOptions = CallOptions()) async throws -> AssignmentProgress {
        try await client.call(.accept, AcceptRequest(assignmentID: id), options)
    }

    /// "Somebody else should have it."
    public func giveBack(
        _ id: AssignmentID, reason: ReturnReason, options: CallOptions = CallOptions()
    ) async throws -> AssignmentProgress {
        try await client.call(.giveBack, ReturnRequest(assignmentID: id, reason: reason), options)
    }

    /// The organisation's cases without anything about persons, page by page.
    public func cases(_ request: ListCasesRequest = ListCasesRequest(), options: CallOptions = CallOptions()) async throws
        -> ListCasesResponse
    {
        try await client.call(.listCases, request, options)
    }

    /// One case with its content. The exchange logs that it was shown.
    public func file(_ id: AssignmentID, options: CallOptions = CallOptions()) async throws -> CaseFile {
        try await client.call(.getCase, GetCaseRequest(assignmentID: id), options)
    }

    /// Does one thing with one case. Safe to repeat with the same id.
    /// - Parameters:
    ///   - id: the caller's own, unique per referral: 1 to 64 visible ASCII characters.
    ///   - version: of the case as the caller saw it; when it is another by now the call is `ABORTED`. Nil: whatever it is.
    public func perform(
        _ command: AssignmentCommand, on assignment: AssignmentID, id: CommandID, expecting version: Int? = nil,
        options: CallOptions = CallOptions()
    ) async throws -> CaseState {
        guard let method = CaseMethod.ofRecipient(command) else {
            throw CallFailure(Status(.permissionDenied, "only the coordinator of the case may do this"))
        }
        return try await calling {
            let request = try method.pack(id, assignment, version, command)
            return try await CaseState(answer: client.unary(method.name, request, options: options.of(method.name)))
        }
    }
}

extension AssignmentClient {
    /// Every change to the organisation's cases, and alarms about those who send to it: those after a place, and then each as it comes.
    /// Ends when `body` returns.
    public func watch<R>(
        _ request: WatchRequest = WatchRequest(), options: CallOptions = CallOptions(),
        _ body: (TypedStream<WatchResponse>) async throws -> R
    ) async throws -> R {
        try await client.watch(.watchCases, request, options, body)
    }
}

/// Sends what goes up a pull.
public struct PullWriter: Sendable {
    let writer: RequestWriter

    /// Makes room for this many more assignments, 1 to `Credit.limit`.
    public func credit(_ assignments: Int) async throws {
        try await write(.credit(Credit(assignments: assignments)))
    }

    /// Answered by an `AcknowledgeResult` on the stream.
    public func acknowledge(_ id: AssignmentID) async throws {
        try await write(.acknowledge(AcknowledgeRequest(assignmentID: id)))
    }

    /// Ends the pull; what is under way still arrives.
    public func finish() {
        writer.finish()
    }

    private func write(_ request: PullRequest) async throws {
        try await calling { try await writer.write(request.packed()) }
    }
}
