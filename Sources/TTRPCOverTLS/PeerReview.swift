import Logging
import NIOCore
import TLS
import TTRPC

/// Ends the connections of peers who were accepted and no longer would be.
struct PeerReview: Sendable {
    let registry: ConnectionRegistry
    let observer: (any ServerObserver)?
    let logger: Logger
    /// The time in seconds since 1970.
    let now: @Sendable () -> Int64

    /// Judges the peers of all connections by `context`, the same certificate once. Takes as long as
    /// ``PeerCertificate/refusal(by:)`` for each certificate: not to be called on an event loop.
    /// - Returns: connections open, and of them those that were ended.
    func judge(by context: TLSContext) -> (open: Int, ended: Int) {
        let connections = registry.identified
        // Equal fingerprints, and seldom more than one of them: the contexts that accepted them may differ.
        var judged: [String: [(peer: PeerCertificate, refusal: TLSError?)]] = [:]
        var ended = 0
        for connection in connections where !connection.peer.wasAccepted(by: context) {
            let peer = connection.peer
            let refusal: TLSError?
            if let known = judged[peer.identity.fingerprint]?.first(where: { $0.peer.isEquivalent(to: peer) }) {
                refusal = known.refusal
            } else {
                refusal = peer.refusal(by: context)
                judged[peer.identity.fingerprint, default: []].append((peer, refusal))
            }
            if let refusal, end(connection, refusal) { ended += 1 }
        }
        return (connections.count, ended)
    }

    /// Judges one peer, on the connection's event loop, who was perhaps accepted by what has been replaced meanwhile.
    func judge(_ connection: ConnectionRegistry.Identified, by context: TLSContext) {
        guard !connection.peer.wasAccepted(by: context), let refusal = connection.peer.refusal(by: context) else { return }
        _ = end(connection, refusal)
    }

    /// Ends the connections of peers whose certificate has expired. Quick while there is none.
    func endExpired() {
        for connection in registry.expired(at: now()) { _ = end(connection, nil) }
    }

    /// - Parameter refusal: nil: the certificate has expired.
    private func end(_ connection: ConnectionRegistry.Identified, _ refusal: TLSError?) -> Bool {
        guard registry.takeToEnd(connection) else { return false }
        let identity = connection.peer.identity
        let isExpired = refusal == nil || identity.notAfter < now()
        observer?.connectionCut(isExpired ? .expired : .withdrawn)
        logger.warning(
            "ending a connection whose client may not go on",
            metadata: [
                "peer": "\(identity.identifier)", "address": "\(connection.channel.remoteAddress?.ipAddress ?? "")",
                "reason": "\(refusal?.message ?? "certificate \(identity.serialNumber) has expired")",
            ])
        let status =
            isExpired
            ? Status(.unavailable, "the certificate that this connection began with has expired: connect again with a new one")
            : Status(.unauthenticated, "the server no longer accepts the certificate of this client")
        connection.channel.end(connection.handler, status)
        return true
    }
}

extension Channel {
    /// Tells the client why its connection ends, answers every call under way with `status`, and closes: after two seconds also if the
    /// client takes nothing of that.
    func end(_ handler: NIOLoopBound<ServerChannelHandler>, _ status: Status) {
        let stop = { @Sendable in handler.value.stop(because: status.message, status) }
        // At once where that is possible: what the peer has sent with the end of its handshake is not begun.
        if eventLoop.inEventLoop { stop() } else { eventLoop.execute(stop) }
        eventLoop.scheduleTask(in: .seconds(2)) { self.triggerUserOutboundEvent(TLSHandler.CloseNow(), promise: nil) }
    }
}
