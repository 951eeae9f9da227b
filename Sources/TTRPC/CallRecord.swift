public import NIOCore

/// How a call went: what logs and metrics are made of.
public struct CallRecord: Sendable {
    public var method: MethodName
    /// Who called; nil on the client's side.
    public var peer: Peer?
    /// `ok` for a call that went well.
    public var code: Status.Code
    /// From the call to its end: for a stream, to the end of its body or handler.
    public var duration: Duration

    public init(method: MethodName, peer: Peer? = nil, code: Status.Code, duration: Duration) {
        self.method = method
        self.peer = peer
        self.code = code
        self.duration = duration
    }
}

/// Hands a record of every call to a closure when the call has ended: for metrics and logs.
public struct CallObserving: ClientInterceptor, ServerInterceptor {
    private let now: @Sendable () -> NIODeadline
    private let ended: @Sendable (CallRecord) -> Void

    /// - Parameters:
    ///   - now: the clock of durations and deadlines.
    ///   - ended: called once for each call, on the task that made or answered it; must not block.
    public init(now: @escaping @Sendable () -> NIODeadline = { .now() }, ended: @escaping @Sendable (CallRecord) -> Void) {
        self.now = now
        self.ended = ended
    }

    public func intercept<Answer>(_ call: OutgoingCall, next: (OutgoingCall) async throws -> Answer) async throws -> Answer {
        try await observe(call.method, nil, deadline: nil) { try await next(call) }
    }

    public func intercept<Answer: Sendable>(
        _ context: CallContext, next: (CallContext) async throws -> Answer
    ) async throws -> Answer {
        try await observe(context.method, context.peer, deadline: context.deadline) { try await next(context) }
    }

    private func observe<Answer>(
        _ method: MethodName, _ peer: Peer?, deadline: NIODeadline?, _ body: () async throws -> Answer
    ) async throws -> Answer {
        let start = now()
        func end(_ code: Status.Code) {
            ended(CallRecord(method: method, peer: peer, code: code, duration: .nanoseconds((now() - start).nanoseconds)))
        }
        do {
            let answer = try await body()
            end(.ok)
            return answer
        } catch {
            // The connection has answered a call whose deadline passed, and cancelled its handler.
            let isLate = error is CancellationError && deadline.map { $0 <= now() } ?? false
            end(isLate ? .deadlineExceeded : Status.code(of: error))
            throw error
        }
    }
}

extension Status {
    /// What a failed call counts as.
    static func code(of error: any Error) -> Code {
        switch error {
        case let status as Status: status.code
        case is CancellationError: .cancelled
        default: .internal
        }
    }
}
