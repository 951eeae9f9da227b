public import NIOCore

/// The methods a server answers: their names, their kinds and what runs for a call.
///
/// Handlers work on encoded messages; what knows the message types wraps them at registration. A handler fails its call by throwing
/// ``Status``; any other error reaches the caller as `internal` without its text. Handlers run on the event loop of their connection
/// until they await something that runs elsewhere, so they must not block.
public struct Router: Sendable {
    public typealias UnaryHandler = @Sendable (ByteBuffer, CallContext) async throws -> ByteBuffer
    public typealias ImmediateHandler = @Sendable (ByteBuffer, CallContext) throws -> ByteBuffer
    public typealias ClientStreamingHandler = @Sendable (MessageStream, CallContext) async throws -> ByteBuffer
    public typealias ServerStreamingHandler = @Sendable (ByteBuffer, MessageWriter, CallContext) async throws -> Void
    public typealias BidirectionalHandler = @Sendable (MessageStream, MessageWriter, CallContext) async throws -> Void

    enum Handler: Sendable {
        case immediate(ImmediateHandler)
        case unary(UnaryHandler)
        case clientStreaming(ClientStreamingHandler)
        case serverStreaming(ServerStreamingHandler)
        case bidirectional(BidirectionalHandler)

        var kind: CallKind {
            switch self {
            case .immediate, .unary: .unary
            case .clientStreaming: .clientStreaming
            case .serverStreaming: .serverStreaming
            case .bidirectional: .bidirectional
            }
        }
    }

    private var handlers: [MethodName: Handler] = [:]
    private var services: Set<String> = []

    public init() {}

    /// The registered methods and their kinds.
    public var methods: [MethodName: CallKind] { handlers.mapValues(\.kind) }

    public mutating func register(_ method: MethodName, unary handler: @escaping UnaryHandler) {
        add(method, .unary(handler))
    }

    /// Registers a unary method that answers at once, without a task: for what only computes, and not for long, since its connections
    /// wait meanwhile.
    public mutating func register(_ method: MethodName, immediate handler: @escaping ImmediateHandler) {
        add(method, .immediate(handler))
    }

    public mutating func register(_ method: MethodName, clientStreaming handler: @escaping ClientStreamingHandler) {
        add(method, .clientStreaming(handler))
    }

    public mutating func register(_ method: MethodName, serverStreaming handler: @escaping ServerStreamingHandler) {
        add(method, .serverStreaming(handler))
    }

    public mutating func register(_ method: MethodName, bidirectional handler: @escaping BidirectionalHandler) {
        add(method, .bidirectional(handler))
    }

    private mutating func add(_ method: MethodName, _ handler: Handler) {
        precondition(handlers[method] == nil, "\(method) is registered twice")
        handlers[method] = handler
        services.insert(method.service)
    }

    /// The same methods with other handlers of the same kinds.
    func mapHandlers(_ transform: (Handler) -> Handler) -> Router {
        var router = self
        router.handlers = handlers.mapValues(transform)
        return router
    }

    /// - Throws: `unimplemented` for a method that is not registered, `invalidArgument` for one without a name.
    func handler(for method: MethodName) throws(Status) -> Handler {
        if let handler = handlers[method] { return handler }
        if method.service.isEmpty || method.method.isEmpty {
            throw Status(.invalidArgument, "the Request names no \(method.service.isEmpty ? "service" : "method")")
        }
        throw services.contains(method.service)
            ? Status(.unimplemented, "method \(method.method)") : Status(.unimplemented, "service \(method.service)")
    }
}
