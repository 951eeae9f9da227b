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
    /// - Throws: `TLSError`, or what the system reports, when there is no connection.
    public static func connect(
        host: String, port: Int, context: TLSContext, serverName: String? = nil, limits: ConnectionLimits = ConnectionLimits(),
        timeout: TimeAmount = .seconds(10), group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
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
                            try channel.pipeline.syncOperations.addHandler(ClientChannelHandler(connection))
                            connected.succeed(Client(connection))
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
