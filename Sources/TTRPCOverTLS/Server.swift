public import Logging
public import NIOCore
public import NIOPosix
public import ServiceLifecycle
public import TLS
public import TTRPC

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
    private let stopped: EventLoopPromise<Void>
    private let logger: Logger

    private init(
        configuration: ServerConfiguration, listener: any Channel, address: SocketAddress, registry: ConnectionRegistry, logger: Logger
    ) {
        self.configuration = configuration
        self.listener = listener
        self.address = address
        self.registry = registry
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

    /// Opens the listening socket. Connections are accepted once ``run()`` is called.
    ///
    /// - Parameters:
    ///   - context: asked for each new connection, so that renewed certificates are used without a restart.
    ///   - group: where connections live and handlers run.
    /// - Throws: what the system reports when the address cannot be used.
    public static func bind(
        _ configuration: ServerConfiguration, router: Router, context: @escaping @Sendable () -> TLSContext, logger: Logger,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> Server {
        let registry = ConnectionRegistry(
            limit: configuration.connections, limitPerOrganisation: configuration.connectionsPerOrganisation)
        let acceptor = Acceptor(
            configuration: configuration, router: router, context: context, logger: logger, registry: registry,
            budget: ByteBudget(limit: configuration.inboundBytes))
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            // Begins small, since every connection keeps its buffer, and grows with what arrives.
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536))
            .childChannelInitializer(acceptor.accept)
            .bind(host: configuration.host, port: configuration.port)
            .get()
        guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
        return Server(configuration: configuration, listener: listener, address: address, registry: registry, logger: logger)
    }

    /// Serves until ``stop()``, a graceful shutdown or cancellation.
    ///
    /// Stopping refuses new connections and calls and lets those under way finish within the configured time; then they are answered with
    /// `unavailable`. Cancellation closes all connections at once. Returns when the last connection has closed.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await listener.setOption(.autoRead, value: true).get()
                logger.info("listening", metadata: ["address": "\(address)"])
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
    let budget: ByteBudget

    @Sendable
    func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard registry.admit(channel) else {
            logger.warning("refused a connection: too many", metadata: ["limit": "\(configuration.connections)"])
            return channel.close()
        }
        return channel.eventLoop.makeCompletedFuture {
            let handler = try TLSHandler(context: context(), serverName: nil, handshakeTimeout: configuration.handshakeTimeout) {
                channel, identity, name in try install(on: channel, identity, WireProtocol(negotiated: name))
            }
            try channel.pipeline.syncOperations.addHandlers([handler, HandshakeErrorHandler(logger: logger)])
        }
    }

    private func install(on channel: any Channel, _ identity: PeerIdentity, _ wireProtocol: WireProtocol) throws {
        let identifier = identity.identifier
        let address = channel.remoteAddress.map { "\($0)" }
        var logger = logger
        logger[metadataKey: "peer"] = "\(identifier)"
        let connection = ServerConnection(
            router: router, peer: Peer(identity: identifier.description, address: address), wireProtocol: wireProtocol,
            limits: configuration.limits, budget: budget, logger: logger, eventLoop: channel.eventLoop)
        let handler = ServerChannelHandler(connection, idleTimeout: configuration.idleTimeout)
        try channel.pipeline.syncOperations.addHandler(handler)
        let organisation = "\(identifier.trustDomain)/\(identifier.organisation)"
        let isAdmitted = registry.identify(
            channel, organisation: organisation, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
        if !isAdmitted {
            logger.warning("refused a connection: too many of this organisation")
            channel.close(promise: nil)
        }
    }
}

/// Logs why a handshake failed; later errors are the connection's.
private final class HandshakeErrorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("a connection failed", metadata: ["error": "\(error)"])
        context.fireErrorCaught(error)
    }
}
