public import NIOCore

/// A bound past which something is refused or ended; its name stands in metrics.
public enum Bound: String, CaseIterable, Sendable {
    /// Connections of the whole server.
    case connections
    /// Connections of one organisation.
    case organisationConnections = "organisation_connections"
    /// The time from a connection's beginning to its first byte.
    case firstByte = "first_byte"
    /// The time of the handshake.
    case handshakeTime = "handshake_time"
    /// The time without a frame.
    case idleTime = "idle_time"
    /// Calls at once on a connection.
    case streams
    /// The length of a frame.
    case messageBytes = "message_bytes"
    /// Received bytes that wait for a stream's, a connection's or all connections' handlers.
    case inboundBytes = "inbound_bytes"
    /// Answers that the client does not read.
    case outboundBytes = "outbound_bytes"
    /// Calls of an organisation in a time.
    case rate
    /// Writes that wait for a commit.
    case pendingWrites = "pending_writes"
    /// The time that a write would wait for its commit.
    case queueTime = "queue_time"
}

/// Hears what the connections of a server do, for metrics. Called on their event loops and often: it must be quick and must not block.
public protocol ConnectionObserver: Sendable {
    /// A call was answered, or its connection has gone.
    /// - Parameter method: of the router; nil for a request that named no method of it or did not get that far.
    func callEnded(_ method: MethodName?, _ code: Status.Code, after duration: TimeAmount)

    /// Frames' bytes that arrived, as they do.
    func received(byteCount: Int)

    /// Frames' bytes that were handed on to be sent.
    func sent(byteCount: Int)

    /// Something was refused, or a connection ended, because of this bound.
    func refused(_ bound: Bound)
}
