public import Logging
public import NIOCore
public import NIOPosix
public import ServiceLifecycle
public import TLS
public import TTRPC

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Answers calls over mutual TLS on one listening socket.
///
/// ```swift
/// let server = try await Server.bind(configuration, router: router, context: { context }, logger: logger)
/// try await server.run()
/// ```
public final class Server: Service {
    /// Where the server listens.
    public let address: SocketAddress

    private let configuration: ServerConfiguration
    private let listener: any Channel
    private let registry: ConnectionRegistry
    private let budget: ByteBudget
    private let stopped: EventLoopPromise<Void>
    private let review: PeerReview
    private let logger: Logger

    private init(
        configuration: ServerConfiguration, listener: any Channel, address: SocketAddress, registry: ConnectionRegistry,
        budget: ByteBudget, review: PeerReview, logger: Logger
    ) {
        self.configuration = configuration
        self.listener = listener
        self.address = address
        self.registry = registry
        self.budget = budget
        self.review = review
        self.logger = logger
        stopped = listener.eventLoop.makePromise()
    }

    deinit {
        stopped.succeed()
        listener.close(promise: nil)
    }

    /// The port listened on.
    public var port: Int { address.port ?? 0 }

    /// Connections open now, those in their handshake included.
    public var connectionCount: Int { registry.count }

    /// Received bytes that all connections hold for their handlers now.
    public var inboundBytes: Int { budget.bytesHeld }

    /// Opens the listening socket. Connections are accepted once ``run()`` is called.
    ///
    /// - Parameters:
    ///   - socket: a listening stream socket to use instead of the configured address; the server owns it. Nil: opens one.
    ///   - observer: hears what connections do.
    ///   - context: asked for each new connection, so that renewed certificates are used without a restart. For those that are open call
    ///     ``judgePeers(by:)``.
    ///   - now: the time in seconds since 1970, for the end of the peers' certificates.
    ///   - group: where connections live and handlers run.
    /// - Throws: what the system reports when the address cannot be used.
    public static func bind(
        _ configuration: ServerConfiguration, router: Router, socket: CInt? = nil, context: @escaping @Sendable () -> TLSContext,
        logger: Logger, observer: (any ServerObserver)? = nil, now: @escaping @Sendable () -> Int64 = TLSContext.systemTime,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> Server {
        let registry = ConnectionRegistry(
            limit: configuration.connections, limitPerOrganisation: configuration.connectionsPerOrganisation)
        let budget = ByteBudget(limit: configuration.inboundBytes)
        let review = PeerReview(registry: registry, observer: observer, logger: logger, now: now)
        let acceptor = Acceptor(
            configuration: configuration, router: router, context: context, logger: logger, registry: registry, review: review,
            budget: budget, observer: observer)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Without the first the listener would try again at once, without end.
                    try channel.pipeline.syncOperations.addHandlers([
                        AcceptBackoffHandler { AcceptWatcher.isShortage($0) ? .seconds(1) : nil }, AcceptWatcher(logger: logger),
                    ])
                }
            }
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            // Begins small, since every connection keeps its buffer, and grows with what arrives.
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536))
            .childChannelInitializer(acceptor.accept)
        let listener =
            if let socket {
                try await bootstrap.withBoundSocket(socket).get()
            } else {
                try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
            }
        guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
        return Server(
            configuration: configuration, listener: listener, address: address, registry: registry, budget: budget, review: review,
            logger: logger)
    }

    /// Serves until ``stop()``, a graceful shutdown or cancellation.
    ///
    /// Stopping refuses new connections and calls and lets those under way finish within the configured time; then they are answered with
    /// `unavailable`. Cancellation closes all connections, within two seconds. Returns when the last connection has closed.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await listener.setOption(.autoRead, value: true).get()
                logger.info("listening", metadata: ["address": "\(address)"])
                let review = review
                let looking = listener.eventLoop.scheduleRepeatedTask(
                    initialDelay: configuration.expiryInterval, delay: configuration.expiryInterval
                ) { _ in review.endExpired() }
                defer { looking.cancel() }
                try await stopped.futureResult.get()
            } onGracefulShutdown: {
                self.stop()
            }
            try? await listener.close()
            let allClosed = listener.eventLoop.makePromise(of: Void.self)
            registry.drain(whenEmpty: allClosed)
            if Task.isCancelled { registry.closeAll() }
            let answering = listener.eventLoop.scheduleTask(in: configuration.stopTimeout) { self.registry.stopAll() }
            let closing = listener.eventLoop.scheduleTask(in: configuration.stopTimeout + .seconds(2)) { self.registry.closeAll() }
            try await allClosed.futureResult.get()
            answering.cancel()
            closing.cancel()
        } onCancel: {
            stop()
            registry.closeAll()
        }
    }

    /// Ends the open connections whose peers `context` would refuse: each call under way is answered with `unauthenticated`, and what the
    /// peer has not taken within two seconds is lost. The others go on. To be called after `context` has become the one for new connections:
    /// then a connection in its handshake is not missed.
    ///
    /// A revocation list that is overdue ends the connections of those on it, and keeps everybody new out.
    public func judgePeers(by context: TLSContext) async {
        let review = review
        do {
            let (open, ended) = try await NIOThreadPool.singleton.runIfActive { review.judge(by: context) }
            logger.notice("open connections were judged by the new certificates", metadata: ["open": "\(open)", "ended": "\(ended)"])
        } catch {
            logger.error("open connections were not judged by the new certificates: read them again", metadata: ["error": "\(error)"])
        }
    }

    /// Begins to stop; ``run()`` returns when that is done. May be called more than once.
    public func stop() {
        stopped.succeed()
    }
}

/// Makes a connection of an accepted socket.
private struct Acceptor: Sendable {
    let configuration: ServerConfiguration
    let router: Router
    let context: @Sendable () -> TLSContext
    let logger: Logger
    let registry: ConnectionRegistry
    let review: PeerReview
    let budget: ByteBudget
    let observer: (any ServerObserver)?
    let throttle = LogThrottle()

    @Sendable
    func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard registry.admit(channel) else {
            observer?.refused(.connections)
            warn("refused a connection: too many", about: channel, ["limit": "\(configuration.connections)"])
            return channel.close()
        }
        return channel.eventLoop.makeCompletedFuture {
            let watcher = HandshakeWatcher(
                address: channel.remoteAddress?.ipAddress ?? "", logger: logger, throttle: throttle, observer: observer,
                began: channel.eventLoop.now)
            let handler = try TLSHandler(context: context(), serverName: nil, handshakeTimeout: configuration.handshakeTimeout) {
                channel, identity, name in
                watcher.succeeded(identity, at: channel.eventLoop.now)
                try install(on: channel, identity, WireProtocol(negotiated: name))
            }
            let firstByte = FirstByteTimer(timeout: configuration.firstByteTimeout) { watcher.noFirstByte(at: $0) }
            try channel.pipeline.syncOperations.addHandlers([firstByte, handler, watcher])
        }
    }

    private func install(on channel: any Channel, _ identity: PeerIdentity, _ wireProtocol: WireProtocol) throws {
        let identifier = identity.identifier
        let address = channel.remoteAddress.map { "\($0)" }
        var logger = logger
        logger[metadataKey: "peer"] = "\(identifier)"
        let connection = ServerConnection(
            router: router, peer: Peer(identity: identifier.description, address: address), wireProtocol: wireProtocol,
            limits: configuration.limits, budget: budget, logger: logger, eventLoop: channel.eventLoop,
            observer: observer)
        let handler = ServerChannelHandler(connection, idleTimeout: configuration.idleTimeout)
        try channel.pipeline.syncOperations.addHandler(handler)
        guard channel.isActive, let peer = try channel.pipeline.syncOperations.handler(type: TLSHandler.self).peerCertificate else {
            return channel.close(promise: nil)
        }
        let boundHandler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        guard let identified = registry.identify(channel, as: peer, handler: boundHandler) else {
            observer?.refused(.organisationConnections)
            warn("refused a connection: too many of this organisation", about: channel, ["peer": "\(identifier)"])
            let most = configuration.connectionsPerOrganisation
            return channel.end(boundHandler, Status(.unavailable, "this organisation may have no more than \(most) connections at once"))
        }
        // What it began with may have been replaced during the handshake, after the open connections were judged.
        review.judge(identified, by: context())
    }

    private func warn(_ message: Logger.Message, about channel: any Channel, _ metadata: Logger.Metadata) {
        let address = channel.remoteAddress?.ipAddress ?? ""
        guard let suppressed = throttle.admit("\(message) \(address)", at: channel.eventLoop.now) else { return }
        logger.warning(message, metadata: metadata.merging(["address": "\(address)", "suppressed": "\(suppressed)"]) { $1 })
    }
}

/// Tells once a minute that connections cannot be accepted. The listener goes on.
private final class AcceptWatcher: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let logger: Logger
    private let throttle = LogThrottle(interval: .minutes(1))

    init(logger: Logger) {
        self.logger = logger
    }

    /// Whether waiting may help. Other errors are of a connection that its peer has given up.
    static func isShortage(_ error: IOError) -> Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError, Self.isShortage(error),
            let suppressed = throttle.admit("\(error.errnoCode)", at: context.eventLoop.now)
        {
            logger.error(
                error.errnoCode == EMFILE
                    ? "connections cannot be accepted, those that are open go on: raise LimitNOFILE, or lower limits.connections"
                    : "connections cannot be accepted, those that are open go on",
                metadata: ["error": "\(error.meaning)", "suppressed": "\(suppressed)"])
        }
        context.fireErrorCaught(error)
    }
}

/// Ends a connection that says nothing: the first handler, since what arrives need not be TLS.
private final class FirstByteTimer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let timeout: TimeAmount
    private let whenOver: (NIODeadline) -> Void
    private var timer: Scheduled<Void>?

    init(timeout: TimeAmount, whenOver: @escaping (NIODeadline) -> Void) {
        self.timeout = timeout
        self.whenOver = whenOver
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.whenOver(context.eventLoop.now)
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

/// Tells how a handshake ended: the observer always, the log when it failed. Later errors are the connection's.
private final class HandshakeWatcher: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let address: String
    private let logger: Logger
    private let throttle: LogThrottle
    private let observer: (any ServerObserver)?
    private let began: NIODeadline
    private var isOver = false

    init(address: String, logger: Logger, throttle: LogThrottle, observer: (any ServerObserver)?, began: NIODeadline) {
        self.address = address
        self.logger = logger
        self.throttle = throttle
        self.observer = observer
        self.began = began
    }

    func succeeded(_ identity: PeerIdentity, at now: NIODeadline) {
        end(identity.isResumed ? .resumed : .full, at: now)
    }

    func noFirstByte(at now: NIODeadline) {
        observer?.refused(.firstByte)
        end(.timeout, at: now)
        logger.debug("a connection said nothing", metadata: ["address": "\(address)"])
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isOver {
            let code = (error as? TLSError)?.code
            let outcome: HandshakeOutcome =
                switch code {
                case .certificateRefused?: .refused
                case .alertReceived?: .alert
                case .handshakeTimeout?: .timeout
                default: .failed
                }
            if outcome == .timeout { observer?.refused(.handshakeTime) }
            end(outcome, at: context.eventLoop.now)
            log(error, isNotable: outcome == .refused, at: context.eventLoop.now)
        }
        context.fireErrorCaught(error)
    }

    private func end(_ outcome: HandshakeOutcome, at now: NIODeadline) {
        guard !isOver else { return }
        isOver = true
        observer?.handshakeEnded(outcome, after: now - began)
    }

    /// Refused certificates are the operator's business, but a peer who insists must not fill the log.
    private func log(_ error: any Error, isNotable: Bool, at now: NIODeadline) {
        var metadata: Logger.Metadata = ["error": "\(error)", "address": "\(address)"]
        let suppressed = isNotable ? throttle.admit(address, at: now) : nil
        if let suppressed, suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.log(level: suppressed == nil ? .debug : .notice, "a connection failed", metadata: metadata)
    }
}
