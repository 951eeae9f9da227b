public import NIOCore

/// What a call may carry besides its messages.
public struct CallOptions: Sendable {
    public var metadata: Metadata
    /// How long the whole call may take. The server is told, and both sides end the call with `deadlineExceeded` when it has passed.
    /// Nil: no limit.
    public var timeout: Duration?
    /// Called with the metadata that the server sends with the end of the call, before the call returns, throws or its messages end. Not
    /// called when there is none; a server that does not speak `lots/1` never sends any. Runs on the connection's event loop: must not block.
    public var onTrailers: (@Sendable (Metadata) -> Void)?

    public init(metadata: Metadata = Metadata(), timeout: Duration? = nil) {
        self.metadata = metadata
        self.timeout = timeout
    }
}

/// Calls the methods of a server, from any task.
///
/// Calls throw ``Status`` when they fail: with the server's status, or with one made here, such as `unavailable` when the connection
/// is gone. They throw `CancellationError` when the calling task is cancelled; the server is told if it speaks `lots/1`, since plain
/// ttrpc has no way to.
public struct Client: Sendable {
    package let connection: ClientConnection
    private var interceptors: [any ClientInterceptor] = []

    package init(_ connection: ClientConnection) {
        self.connection = connection
    }

    /// Runs tasks on the connection's event loop. A task that makes many calls is fastest when it prefers this executor.
    public var taskExecutor: any TaskExecutor { connection.executor }

    /// How long the last PING took to be answered; nil before the first, which is sent when the server has been silent for a while, and
    /// with a server that speaks plain ttrpc.
    public var roundTripTime: Duration? {
        connection.roundTripTime.map { .nanoseconds($0.nanoseconds) }
    }

    /// Closes the connection. Calls under way fail with `unavailable`.
    public func close() {
        connection.close()
    }

    /// The same client, with every call within the interceptors: the first outermost, and all within those it has already.
    public func intercepted(by interceptors: [any ClientInterceptor]) -> Client {
        var client = self
        client.interceptors += interceptors
        return client
    }

    /// One message there, one back.
    public func unary(_ method: MethodName, _ message: ByteBuffer, options: CallOptions = CallOptions()) async throws -> ByteBuffer {
        if interceptors.isEmpty { return try await ConnectionCalls(connection).unary(method, message, options: options) }
        return try await interceptors.intercept(OutgoingCall(method: method, kind: .unary, options: options)) { call in
            try await ConnectionCalls(connection).unary(method, message, options: call.options)
        }
    }

    /// One message there, any number back. The call ends when `body` returns.
    public func serverStreaming<R>(
        _ method: MethodName, _ message: ByteBuffer, options: CallOptions = CallOptions(),
        _ body: (MessageStream) async throws -> R
    ) async throws -> R {
        try await interceptors.intercept(OutgoingCall(method: method, kind: .serverStreaming, options: options)) { call in
            try await ConnectionCalls(connection).serverStreaming(method, message, options: call.options, body)
        }
    }

    /// Any number of messages there, one back. `body` writes; when it returns, the server is told that nothing more comes.
    ///
    /// An answer that arrives before everything is written ends the call early and is returned.
    public func clientStreaming(
        _ method: MethodName, options: CallOptions = CallOptions(), _ body: (RequestWriter) async throws -> Void
    ) async throws -> ByteBuffer {
        try await interceptors.intercept(OutgoingCall(method: method, kind: .clientStreaming, options: options)) { call in
            try await ConnectionCalls(connection).clientStreaming(method, options: call.options, body)
        }
    }

    /// Any number of messages both ways. `body` writes and reads; the call ends when it returns.
    public func bidirectional<R>(
        _ method: MethodName, options: CallOptions = CallOptions(),
        _ body: (RequestWriter, MessageStream) async throws -> R
    ) async throws -> R {
        try await interceptors.intercept(OutgoingCall(method: method, kind: .bidirectional, options: options)) { call in
            try await ConnectionCalls(connection).bidirectional(method, options: call.options, body)
        }
    }
}

/// The four kinds of calls on one connection.
struct ConnectionCalls {
    private let connection: ClientConnection

    init(_ connection: ClientConnection) {
        self.connection = connection
    }

    func unary(_ method: MethodName, _ message: ByteBuffer, options: CallOptions = CallOptions()) async throws -> ByteBuffer {
        let call = ClientCall(onTrailers: options.onTrailers)
        let id = try connection.begin(call, .unary, method, message, options)
        return try await outcome(of: call, id)
    }

    func serverStreaming<R>(
        _ method: MethodName, _ message: ByteBuffer, options: CallOptions = CallOptions(),
        _ body: (MessageStream) async throws -> R
    ) async throws -> R {
        let messages = connection.makeMessageBuffer()
        let call = ClientCall(messages: messages, onTrailers: options.onTrailers)
        let id = try connection.begin(call, .serverStreaming, method, message, options)
        defer { end(id, messages) }
        return try await body(MessageStream(buffer: messages))
    }

    func clientStreaming(
        _ method: MethodName, options: CallOptions = CallOptions(), _ body: (RequestWriter) async throws -> Void
    ) async throws -> ByteBuffer {
        let call = ClientCall(onTrailers: options.onTrailers)
        let id = try connection.begin(call, .clientStreaming, method, ByteBuffer(), options)
        do {
            try await body(RequestWriter(connection: connection, call: call, id: id))
        } catch let status as Status where status == ClientConnection.streamEnded {
            // Writing failed because the server has answered already: that answer is the outcome.
        } catch {
            connection.abandon(id, error)
            throw error
        }
        connection.endWriting(id)
        return try await outcome(of: call, id)
    }

    func bidirectional<R>(
        _ method: MethodName, options: CallOptions = CallOptions(),
        _ body: (RequestWriter, MessageStream) async throws -> R
    ) async throws -> R {
        let messages = connection.makeMessageBuffer()
        let call = ClientCall(messages: messages, onTrailers: options.onTrailers)
        let id = try connection.begin(call, .bidirectional, method, ByteBuffer(), options)
        defer { end(id, messages) }
        let result = try await body(RequestWriter(connection: connection, call: call, id: id), MessageStream(buffer: messages))
        // Not when `body` throws: to the server it would look like a whole conversation.
        connection.endWriting(id)
        return result
    }

    private func outcome(of call: ClientCall, _ id: StreamID) async throws -> ByteBuffer {
        try await call.outcome { [connection] in connection.abandon(id, CancellationError()) }
    }

    private func end(_ id: StreamID, _ messages: MessageBuffer) {
        connection.abandon(id, CancellationError())
        messages.discard()
    }
}

/// Sends the client's messages of one call.
public struct RequestWriter: Sendable {
    let connection: ClientConnection
    let call: ClientCall
    let id: StreamID

    /// Sends one message, after those written before it. Waits while the stream or its connection has more unsent bytes than its bound.
    ///
    /// - Throws: ``Status`` when the call has ended or the message is larger than a frame may be; `CancellationError` when the
    ///   task is cancelled while it waits, in which case the message has not been sent.
    public func write(_ message: ByteBuffer) async throws {
        try Task.checkCancellation()
        if try connection.write(message, on: id, of: call) { return }
        let ticket = ParkedWrite.Ticket()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                connection.write(
                    ParkedWrite(stream: StreamKey(id: id, serial: 0), message: message, ticket: ticket, continuation: continuation),
                    of: call)
            }
        } onCancel: {
            ticket.cancel()
            connection.cancelWrite(ticket)
        }
    }

    /// Tells the server that nothing more is written. Happens by itself when the call's closure returns.
    public func finish() {
        connection.endWriting(id)
    }
}
