public import Referral
public import TTRPC

/// Calls the exchange for the coordinator of cases. Calls throw `CallFailure`, or `CancellationError` when the calling task is cancelled.
public struct CoordinationClient: Sendable {
    private let client: Client

    public init(_ client: Client) {
        self.client = client
    }

    /// The cases under review, the longest waiting first, page by page.
    public func review(_ request: ListCasesRequest = ListCasesRequest(), options: CallOptions = CallOptions()) async throws
        -> ListCasesResponse
    {
        try await client.call(.listReview, ReviewListMessage(request), options)
    }

    /// Where any case stands, without its content.
    public func state(of id: AssignmentID, options: CallOptions = CallOptions()) async throws -> CaseState {
        try await client.call(.coordinatorGet, GetCaseRequest(assignmentID: id), options)
    }

    /// The content of a case. The reading is logged and its owner is told.
    /// - Parameter id: the caller's own, unique per referral.
    public func read(
        _ assignment: AssignmentID, because reason: ReadingReason, id: CommandID, options: CallOptions = CallOptions()
    ) async throws -> CaseFile {
        try await calling {
            let request = try CaseMethod.read.pack(id, assignment, nil, .read(reason))
            return try await CaseFile(answer: client.unary(.coordinatorRead, request, options: options.of(.coordinatorRead)))
        }
    }

    /// Assigns, reroutes, redrives or withdraws one case. Safe to repeat with the same id.
    /// - Parameters:
    ///   - id: the caller's own, unique per referral: 1 to 64 visible ASCII characters.
    ///   - version: of the case as the caller saw it; when it is another by now the call is `ABORTED`. Nil: whatever it is.
    public func perform(
        _ command: AssignmentCommand, on assignment: AssignmentID, id: CommandID, expecting version: Int? = nil,
        options: CallOptions = CallOptions()
    ) async throws -> CaseState {
        guard let method = CaseMethod.ofCoordinator(command) else {
            throw CallFailure(Status(.permissionDenied, "only the owner of the case may do this"))
        }
        return try await calling {
            let request = try method.pack(id, assignment, version, command)
            return try await CaseState(answer: client.unary(method.name, request, options: options.of(method.name)))
        }
    }

    /// The referral should never have been. Safe to repeat with the same id.
    public func enterInError(
        _ referral: ReferralID, because reason: ErrorReason, id: CommandID, expecting version: Int? = nil,
        options: CallOptions = CallOptions()
    ) async throws -> ReferralStatus {
        let method = SenderMethod.coordinatorEnterInError
        return try await calling {
            let request = try method.pack(
                SenderRequest(id: id, referralID: referral, expecting: version, .enterInError(reason)))
            return try await ReferralStatus(answer: client.unary(method.name, request, options: options.of(method.name)))
        }
    }

    /// Reviews, promises that were not kept in time, readings, and alarms: those after a place, and then each as it comes. Ends when
    /// `body` returns.
    public func watch<R>(
        _ request: WatchRequest = WatchRequest(), options: CallOptions = CallOptions(),
        _ body: (TypedStream<WatchResponse>) async throws -> R
    ) async throws -> R {
        try await client.watch(.coordinatorWatch, request, options, body)
    }
}

extension Client {
    func watch<Response: WireMessage, R>(
        _ method: MethodName, _ request: WatchRequest, _ options: CallOptions, _ body: (TypedStream<Response>) async throws -> R
    ) async throws -> R {
        try await calling {
            try await serverStreaming(method, request.packed(), options: options) { try await body(TypedStream(answers: $0)) }
        }
    }
}
