import NIOCore
public import Referral
public import TTRPC

/// What goes up a pull, in order.
public typealias PullRequests = TypedStream<PullRequest>
/// What comes down a pull.
public typealias PullResponses = TypedWriter<PullResponse>

/// What answers those who help. Messages have been read and checked; a method fails its call by throwing `Status`, `Faults`,
/// `Rejection` or `StoreError`.
public protocol AssignmentServing: Admitting {
    /// Serves until the caller ends the stream. Never writes more assignments than the caller gave credit for.
    func pull(_ requests: PullRequests, _ responses: PullResponses, _ context: CallContext) async throws
    func fetch(_ request: FetchRequest, _ context: CallContext) async throws -> FetchResponse
    func acknowledge(_ request: AcknowledgeRequest, _ context: CallContext) async throws -> AssignmentProgress
    func accept(_ request: AcceptRequest, _ context: CallContext) async throws -> AssignmentProgress
    func giveBack(_ request: ReturnRequest, _ context: CallContext) async throws -> AssignmentProgress
    func cases(_ request: ListCasesRequest, _ context: CallContext) async throws -> ListCasesResponse
    func file(_ request: GetCaseRequest, _ context: CallContext) async throws -> CaseFile
    /// Every command about one case, from an attempt to reach the person to the report of a mediation. The same id again gets the first
    /// answer.
    func perform(_ request: CaseRequest, _ context: CallContext) async throws -> CaseState
    /// Writes what has happened after a place, and then each change as it comes, until the caller goes.
    func watch(_ request: WatchRequest, _ responses: WatchResponses, _ context: CallContext) async throws
}

extension Router {
    /// Answers `lots.v1.AssignmentService`.
    public mutating func register(_ service: some AssignmentServing) {
        register(
            .pull,
            bidirectional: { messages, writer, context in
                try await answering {
                    try service.admit(context)
                    let requests = PullRequests(messages: messages, read: { try PullRequest(unpacking: $0, .shown) })
                    try await context.endingAtDrain(messages) { try await service.pull(requests, PullResponses(writer), context) }
                }
            })
        registerUnary(.fetch, admit: service.admit) { try await service.fetch($0, $1) }
        registerUnary(.acknowledge, admit: service.admit) { try await service.acknowledge($0, $1) }
        registerUnary(.accept, admit: service.admit) { try await service.accept($0, $1) }
        registerUnary(.giveBack, admit: service.admit) { try await service.giveBack($0, $1) }
        registerUnary(.listCases, admit: service.admit) { try await service.cases($0, $1) }
        registerUnary(.getCase, admit: service.admit) { try await service.file($0, $1) }
        for method in CaseMethod.ofRecipients { register(method, admit: service.admit) { try await service.perform($0, $1) } }
        registerWatch(.watchCases, admit: service.admit) { try await service.watch($0, $1, $2) }
    }

    /// A method whose messages need neither a day nor a key to be read.
    mutating func registerUnary<Request: WireMessage, Response: WireMessage>(
        _ method: MethodName, admit: @escaping @Sendable (CallContext) throws -> Void = { _ in },
        _ handler: @escaping @Sendable (Request, CallContext) async throws -> Response
    ) {
        register(
            method,
            unary: { message, context in
                try await answering {
                    try admit(context)
                    return try await handler(Request(unpacking: message, .shown), context).packed()
                }
            })
    }
}
