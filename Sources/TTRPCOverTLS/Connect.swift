public import NIOCore
public import NIOPosix
public import TLS
public import TTRPC

extension Client {
    /// Connects to a server over mutual TLS. Returns after the handshake, when the server's identity is verified.
    ///
    /// - Parameters:
    ///   - context: of a client; says whose certificate the server must have.
    ///   - serverName: the name sent with the handshake; nil sends none. Not an address.
    ///   - timeout: for the connection, and again for the handshake.
    ///   - callTimeout: the time limit of a call with one answer, when its options give none; nil: no limit.
    /// - Throws: `TLSError`, or what the system reports, when there is no connection.
    public static func connect(
        host: String, port: Int, context: TLSContext, serverName: String? = nil, limits: ConnectionLimits = ConnectionLimits(),
        timeout: TimeAmount = .seconds(10), callTimeout: Duration? = .seconds(30),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> Client {
        let eventLoop = group.any()
        let connected = eventLoop.makePromise(of: Client.self)
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(timeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = try TLSHandler(context: context, serverName: serverName, handshakeTimeout: timeout) {
                            channel, _, name in
                            let connection = ClientConnection(
                                wireProtocol: WireProtocol(negotiated: name), limits: limits, eventLoop: channel.eventLoop)
                            try channel.pipeline.syncOperations.addHandlers([RefusalWatcher(connection), ClientChannelHandler(connection)])
                            connected.succeed(Client(connection, callTimeout: callTimeout))
                        }
                        try channel.pipeline.syncOperations.addHandlers([handler, HandshakeWatcher(connected)])
                    }
                }
                .connect(host: host, port: port)
                .get()
            return try await withTaskCancellationHandler {
                try await connected.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            connected.fail(error)
            throw error
        }
    }
}

/// Where a server listens.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without brackets.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Client {
    /// A client that connects over mutual TLS when it is first called, and again whenever its connection is lost or takes no more calls.
    ///
    /// Calls wait for a connection as long as `configuration` says, and fail with `unavailable` and the reason for each address.
    ///
    /// - Parameters:
    ///   - addresses: of servers that are as good as each other; one at least.
    ///   - context: of a client; asked for each new connection, so that renewed certificates are used.
    ///   - serverName: the name sent with the handshake; nil sends none. Not an address.
    ///   - timeout: for each connection, and again for its handshake.
    public static func reconnecting(
        to addresses: [ServerAddress], context: @escaping @Sendable () throws -> TLSContext, serverName: String? = nil,
        _ configuration: ReconnectionConfiguration = ReconnectionConfiguration(), limits: ConnectionLimits = ConnectionLimits(),
        timeout: TimeAmount = .seconds(10), group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) -> Client {
        let eventLoop = group.any()
        return Client(reconnectingTo: addresses.map(\.description), configuration, eventLoop: eventLoop) {
            index async throws(ConnectionFailure) in
            let address = addresses[index]
            do {
                let client = try await Client.connect(
                    host: address.host, port: address.port, context: context(), serverName: serverName, limits: limits, timeout: timeout,
                    group: eventLoop)
                return client.connection
            } catch {
                throw ConnectionFailure(error)
            }
        }
    }
}

extension ConnectionFailure {
    /// In words for whoever can mend it.
    init(_ error: any Error) {
        switch error {
        case let error as TLSError where error.code == .certificateRefused:
            self.init(
                reason: "this is not the expected server: \(error.message); check the address, the expected server identity and the "
                    + "authorities", isHopeless: true)
        case let error as TLSError:
            self.init(reason: "\(error)", isHopeless: error.code == .configuration)
        default:
            self.init(reason: NetworkFault.meaning(of: error), isHopeless: false)
        }
    }
}

/// Tells who waits for the handshake that it has failed.
private final class HandshakeWatcher: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connected: EventLoopPromise<Client>

    init(_ connected: EventLoopPromise<Client>) {
        self.connected = connected
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connected.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connected.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

/// Finds the words for a server that does not accept this client's certificate: in TLS 1.3 it says so only after the client's handshake.
private final class RefusalWatcher: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ClientConnection
    private var hasRead = false

    init(_ connection: ClientConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasRead = true
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Waiting and trying again do not help, so it is not `unavailable`.
        if !hasRead, let error = error as? TLSError, error.code == .alertReceived {
            connection.closed(
                Status(
                    .unauthenticated,
                    "the server refused this client: \(error.message); check that its certificate is valid, not revoked and from an "
                        + "authority that the server trusts"))
        }
        context.fireErrorCaught(error)
    }
}
