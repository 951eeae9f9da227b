public import NIOCore
import Synchronization

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
    /// What never changes is shared: it would be copied several times for every call.
    private final class Call: Sendable {
        let method: MethodName
        let peer: Peer
        let deadline: NIODeadline?
        let drain: DrainSignal
        /// Nil when the caller could not understand trailers.
        let trailerLimits: ConnectionLimits?
        let trailers = Mutex(Metadata())

        init(method: MethodName, peer: Peer, deadline: NIODeadline?, drain: DrainSignal, trailerLimits: ConnectionLimits?) {
            self.method = method
            self.peer = peer
            self.deadline = deadline
            self.drain = drain
            self.trailerLimits = trailerLimits
        }
    }

    private let call: Call
    public var metadata: Metadata

    public var method: MethodName { call.method }
    public var peer: Peer { call.peer }
    /// When the caller stops waiting; the call is answered with `deadlineExceeded` and its task cancelled at this time. Nil: no limit.
    public var deadline: NIODeadline? { call.deadline }
    /// Raised when the call's connection drains. A handler that could go on for ever should end soon after.
    public var drain: DrainSignal { call.drain }

    public init(
        method: MethodName, peer: Peer, metadata: Metadata = Metadata(), deadline: NIODeadline? = nil, drain: DrainSignal = DrainSignal()
    ) {
        self.init(method: method, peer: peer, metadata: metadata, deadline: deadline, drain: drain, trailerLimits: nil)
    }

    /// - Parameter trailerLimits: nil when the caller could not understand trailers.
    init(
        method: MethodName, peer: Peer, metadata: Metadata, deadline: NIODeadline?, drain: DrainSignal, trailerLimits: ConnectionLimits?
    ) {
        call = Call(method: method, peer: peer, deadline: deadline, drain: drain, trailerLimits: trailerLimits)
        self.metadata = metadata
    }

    /// Sets the metadata sent with the end of the call, whether it goes well or fails; the last ones set count. A caller that does not
    /// speak `lots/1` does not get them.
    ///
    /// - Throws: `resourceExhausted` for more than a request's metadata may be, `invalidArgument` for a NUL character.
    public func setTrailers(_ metadata: Metadata) throws(Status) {
        guard let limits = call.trailerLimits else { return }
        try metadata.check(limits)
        call.trailers.withLock { $0 = metadata }
    }

    /// What was set last.
    var trailers: Metadata { call.trailers.withLock { $0 } }

    /// Runs `body`, which reads `messages`. When the connection drains, `messages` ends after what has arrived by then, so that `body`
    /// can answer that and return; a conversation cut short this way fails with `unavailable` once `body` has returned.
    public func endingAtDrain(_ messages: MessageStream, _ body: () async throws -> Void) async throws {
        let isCutShort = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await drain.wait()
                return drain.isRaised && messages.finish()
            }
            try await body()
            group.cancelAll()
            return try await group.next() ?? false
        }
        if isCutShort {
            throw Status(.unavailable, "the server is stopping; what has no answer may be sent again, to another server or later")
        }
    }
}

extension Metadata {
    /// May it be sent?
    func check(_ limits: ConnectionLimits) throws(Status) {
        guard entries.count <= limits.metadataEntries, byteCount <= limits.metadataBytes else {
            throw Status(
                .resourceExhausted, "metadata exceeds \(limits.metadataEntries) entries or \(limits.metadataBytes) bytes")
        }
        guard !entries.contains(where: { $0.key.utf8.contains(0) || $0.value.utf8.contains(0) }) else {
            throw Status(.invalidArgument, "metadata must not contain a NUL character")
        }
    }
}
