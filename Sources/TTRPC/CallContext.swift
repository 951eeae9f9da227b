public import NIOCore

/// Who is at the other end of a connection, as the layer that carries it has established.
public struct Peer: Hashable, Sendable {
    /// The URI of the peer's verified certificate; nil when there is none.
    public var identity: String?
    /// Where the peer is, for logs; nil when it has no address.
    public var address: String?

    public init(identity: String? = nil, address: String? = nil) {
        self.identity = identity
        self.address = address
    }
}

/// What a handler knows of its call besides the messages.
public struct CallContext: Sendable {
    public var method: MethodName
    public var peer: Peer
    public var metadata: Metadata
    /// When the caller stops waiting; the call is answered with `deadlineExceeded` and its task cancelled at this time. Nil: no limit.
    public var deadline: NIODeadline?

    public init(method: MethodName, peer: Peer, metadata: Metadata = Metadata(), deadline: NIODeadline? = nil) {
        self.method = method
        self.peer = peer
        self.metadata = metadata
        self.deadline = deadline
    }
}
