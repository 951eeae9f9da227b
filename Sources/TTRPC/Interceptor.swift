import NIOCore

/// A call that a client is about to make.
public struct OutgoingCall: Sendable {
    public var method: MethodName
    public var kind: CallKind
    public var options: CallOptions

    public init(method: MethodName, kind: CallKind, options: CallOptions = CallOptions()) {
        self.method = method
        self.kind = kind
        self.options = options
    }
}

/// Does something around every call of a client, such as logging it or adding metadata.
///
/// A call is a call of `next`, whatever its kind: for a stream `next` runs as long as the body that reads and writes it. Attempts that
/// are repeated are one call. What is thrown instead of calling `next` fails the call before anything is sent.
public protocol ClientInterceptor: Sendable {
    /// - Parameter next: makes the call, and is called once at most.
    /// - Returns: what `next` has returned.
    func intercept<Answer>(_ call: OutgoingCall, next: (OutgoingCall) async throws -> Answer) async throws -> Answer
}

/// Does something around every call that a server answers.
///
/// A call is a call of `next`, whatever its kind: for a stream `next` runs as long as its handler. A call whose deadline passes or whose
/// client goes away throws `CancellationError` here: the connection has answered it. Calls of methods that nobody registered, and
/// requests that cannot be read, are answered by the connection alone.
public protocol ServerInterceptor: Sendable {
    /// - Parameter next: runs the handler, and is called once at most.
    /// - Returns: what `next` has returned.
    func intercept<Answer: Sendable>(
        _ context: CallContext, next: (CallContext) async throws -> Answer
    ) async throws -> Answer
}

extension [any ClientInterceptor] {
    /// Runs `body` within all of them, the first outermost.
    func intercept<Answer>(_ call: OutgoingCall, _ body: (OutgoingCall) async throws -> Answer) async throws -> Answer {
        try await dropFirst(0).intercept(call, body)
    }
}

extension ArraySlice<any ClientInterceptor> {
    fileprivate func intercept<Answer>(_ call: OutgoingCall, _ body: (OutgoingCall) async throws -> Answer) async throws -> Answer {
        guard let first else { return try await body(call) }
        return try await first.intercept(call) { try await dropFirst().intercept($0, body) }
    }
}

extension ArraySlice<any ServerInterceptor> {
    fileprivate func intercept<Answer: Sendable>(
        _ context: CallContext, _ body: (CallContext) async throws -> Answer
    ) async throws -> Answer {
        guard let first else { return try await body(context) }
        return try await first.intercept(context) { try await dropFirst().intercept($0, body) }
    }
}

extension Router {
    /// The same methods, each within the interceptors, the first outermost. Methods registered later are not within them.
    ///
    /// A method registered as immediate runs in a task of its own, like other unary methods.
    public func intercepted(by interceptors: [any ServerInterceptor]) -> Router {
        guard !interceptors.isEmpty else { return self }
        return mapHandlers { $0.intercepted(by: interceptors[...]) }
    }
}

extension Router.Handler {
    fileprivate func intercepted(by interceptors: ArraySlice<any ServerInterceptor>) -> Router.Handler {
        switch self {
        case .immediate(let handler):
            .unary { message, context in try await interceptors.intercept(context) { try handler(message, $0) } }
        case .unary(let handler):
            .unary { message, context in try await interceptors.intercept(context) { try await handler(message, $0) } }
        case .clientStreaming(let handler):
            .clientStreaming { messages, context in try await interceptors.intercept(context) { try await handler(messages, $0) } }
        case .serverStreaming(let handler):
            .serverStreaming { message, writer, context in
                try await interceptors.intercept(context) { try await handler(message, writer, $0) }
            }
        case .bidirectional(let handler):
            .bidirectional { messages, writer, context in
                try await interceptors.intercept(context) { try await handler(messages, writer, $0) }
            }
        }
    }
}
