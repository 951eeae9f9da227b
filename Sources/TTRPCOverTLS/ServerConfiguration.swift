public import NIOCore
public import TTRPC

/// What a server needs to know besides its methods and its certificate.
public struct ServerConfiguration: Sendable {
    /// A host name or address to listen on.
    public var host: String
    /// 0 lets the system choose; ``Server/port`` tells.
    public var port: Int
    public var limits = ConnectionLimits()
    /// Connections at once, those in their handshake included. Further ones are closed when they arrive.
    public var connections = 1_000
    /// Connections at once of one organisation, by the identity of its certificates. Further ones are closed after the handshake.
    public var connectionsPerOrganisation = 100
    /// Received bytes that all connections together may hold for their handlers.
    public var inboundBytes = 512 << 20
    /// How long a new connection may take to complete its handshake.
    public var handshakeTimeout = TimeAmount.seconds(10)
    /// How long a new connection may say nothing at all.
    public var firstByteTimeout = TimeAmount.seconds(5)
    /// How long a connection without a call may be silent, or one with something to send may make no progress.
    public var idleTimeout = TimeAmount.minutes(5)
    /// How often is looked for connections whose peer's certificate has expired.
    public var expiryInterval = TimeAmount.seconds(10)
    /// How long calls under way may take to finish once the server stops.
    public var stopTimeout = TimeAmount.seconds(20)

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
