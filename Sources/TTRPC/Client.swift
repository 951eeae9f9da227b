public import NIOCore

/// What a call may carry besides its messages.
public struct CallOptions: Sendable {
    public var metadata: Metadata
    /// How long the whole call may take, all its attempts together. The server is told, and both sides end the call with
    /// `deadlineExceeded` when it has passed. Nil: what the client has for calls with one answer; no limit for others.
    public var timeout: Duration?
    /// Called with the metadata that the server sends with the end of the call, before the call returns, throws or its messages end. Not
    /// called when there is none; a server that does not speak `lots/1` never sends any. Runs on the connection's event loop: must not block.
    public var onTrailers: (@Sendable (Metadata) -> Void)?
    /// Carrying the call out twice does what carrying it out once does, so that it may be made again when its outcome is not known.
    public var isIdempotent: Bool

    public init(metadata: Metadata = Metadata(), timeout: Duration? = nil, isIdempotent: Bool = false) {
        self.metadata = metadata
        self.timeout = timeout
        self.isIdempotent = isIdempotent
    }
}

/// Calls the methods of a server, from any task.
///
/// A client that reconnects makes a connection when it needs one, and makes a call again when that is safe: see ``RetryPolicy``. Any
/// other is over when its connection is.
///
/// Calls throw ``Status`` when they fail: with the server's status, or with one made here, such as `unavailable` when the connection
/// is gone. They throw `CancellationError` when the calling task is cancelled; the server is told if it speaks `lots/1`, since plain
/// ttrpc has no way to.
public struct Client: Sendable {
    private enum Carrier {
        case connection(ClientConnection)
        case reconnector(Reconnector)
    }

    private let carrier: Carrier
    /// Of calls with one answer whose options have no time limit.
    private let callTimeout: Duration?
    private var interceptors: [any ClientInterceptor] = []

    package init(_ connection: ClientConnection, callTimeout: Duration? = nil) {
        carrier = .connection(connection)
        self.callTimeout = callTimeout
    }

    /// A client that connects when it is first called, and again whenever its connection is lost.
    ///
    /// - Parameters:
    ///   - addresses: one at least, for people.
    ///   - eventLoop: where the connections live.
    ///   - connect: makes a connection to the address of this index.
    package init(
        reconnectingTo addresses: [String], _ configuration: ReconnectionConfiguration, eventLoop: any EventLoop,
        connect: @escaping @Sendable (_ address: Int) async throws(ConnectionFailure) -> ClientConnection
    ) {
        carrier = .reconnector(Reconnector(to: addresses, configuration: configuration, eventLoop: eventLoop, connect: connect))
        callTimeout = configuration.callTimeout
    }

    private var currentConnection: ClientConnection? {
        switch carrier {
        case .connection(let connection): connection
        case .reconnector(let reconnector): reconnector.currentConnection
        }
    }

    /// The connection of a client that does not reconnect, for those who look into it.
    package var connection: ClientConnection {
        guard case .connection(let connection) = carrier else {
            preconditionFailure("a client that reconnects has no connection of its own")
        }
        return connection
    }

    /// Runs tasks on the connection's event loop. A task that makes many calls is fastest when it prefers this executor.
    public var taskExecutor: any TaskExecutor {
        switch carrier {
        case .connection(let connection): connection.executor
        case .reconnector(let reconnector): reconnector.executor
        }
    }

    /// How long the last PING took to be answered; nil before the first, which is sent when the server has been silent for a while, and
    /// with a server that speaks plain ttrpc.
    public var roundTripTime: Duration? {
        currentConnection?.roundTripTime.map { .nanoseconds($0.nanoseconds) }
    }

    /// Closes the connection. Calls under way fail with `unavailable`, and so do later ones.
    public func close() {
        switch carrier {
        case .connection(let connection): connection.close()
        case .reconnector(let reconnector): reconnector.close()
        }
    }

    /// The same client, with every call within the interceptors: the first outermost, and all within those it has already.
    public func intercepted(by interceptors: [any ClientInterceptor]) -> Client {
        var client = self
        client.interceptors += interceptors
        return client
    }

    /// One message there, one back.
    public func unary(_ method: MethodName, _ message: ByteBuffer, options: CallOptions = CallOptions()) async throws -> ByteBuffer {
        // Every frame of an asynchronous call costs, so the plainest call has the fewest.
        if interceptors.isEmpty, case .connection(let connection) = carrier {
            var options = options
            if options.timeout == nil { options.timeout = callTimeout }
            let call = ClientCall(onTrailers: options.onTrailers)
            let id = try connection.begin(call, .unary, method, message, options)
            return try await call.outcome { connection.abandon(id, CancellationError()) }
        }
        return try await call(method, .unary, options) { call in
            switch carrier {
            case .connection(let connection):
                try await ConnectionCalls(connection).unary(call.method, message, options: call.options)
            case .reconnector(let reconnector):
                try await reconnector.unary(call.method, message, options: call.options)
            }
        }
    }

    /// One message there, any number back. The call ends when `body` returns.
    public func serverStreaming<R>(
        _ method: MethodName, _ message: ByteBuffer, options: CallOptions = CallOptions(),
        _ body: (MessageStream) async throws -> R
    ) async throws -> R {
        try await call(method, .serverStreaming, options) { call in
            switch carrier {
            case .connection(let connection):
                try await ConnectionCalls(connection).serverStreaming(call.method, message, options: call.options, body)
            case .reconnector(let reconnector):
                try await reconnector.serverStreaming(call.method, message, options: call.options, body)
            }
        }
    }

    /// Any number of messages there, one back. `body` writes; when it returns, the server is told that nothing more comes.
    ///
    /// An answer that arrives before everything is written ends the call early and is returned.
    public func clientStreaming(
        _ method: MethodName, options: CallOptions = CallOptions(), _ body: (RequestWriter) async throws -> Void
    ) async throws -> ByteBuffer {
        try await call(method, .clientStreaming, options) { call in
            switch carrier {
            case .connection(let connection):
                try await ConnectionCalls(connection).clientStreaming(call.method, options: call.options, body)
            case .reconnector(let reconnector):
                try await reconnector.clientStreaming(call.method, options: call.options, body)
            }
        }
    }

    /// Any number of messages both ways. `body` writes and reads; the call ends when it returns.
    public func bidirectional<R>(
        _ method: MethodName, options: CallOptions = CallOptions(),
        _ body: (RequestWriter, MessageStream) async throws -> R
    ) async throws -> R {
        try await call(method, .bidirectional, options) { call in
            switch carrier {
            case .connection(let connection):
                try await ConnectionCalls(connection).bidirectional(call.method, options: call.options, body)
            case .reconnector(let reconnector):
                try await reconnector.bidirectional(call.method, options: call.options, body)
            }
        }
    }

    private func call<R>(
        _ method: MethodName, _ kind: CallKind, _ options: CallOptions, _ body: (OutgoingCall) async throws -> R
    ) async throws -> R {
        var call = OutgoingCall(method: method, kind: kind, options: options)
        if !kind.serverStreams, call.options.timeout == nil { call.options.timeout = callTimeout }
        if interceptors.isEmpty { return try await body(call) }
        return try await interceptors.intercept(call, body)
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
        let call = ClientCall(writes: true, onTrailers: options.onTrailers)
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
        let call = ClientCall(messages: messages, writes: true, onTrailers: options.onTrailers)
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
            connection.cancelWrite(ticket, on: id)
        }
    }

    /// Tells the server that nothing more is written. Happens by itself when the call's closure returns.
    public func finish() {
        connection.endWriting(id)
    }
}
