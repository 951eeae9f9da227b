import NIOCore
import Synchronization
import TLS
import TTRPC

/// The connections of a server: counts them against their bounds and reaches all of them when the server stops.
final class ConnectionRegistry: Sendable {
    private struct Connection {
        var channel: any Channel
        var organisation: String?
        var handler: NIOLoopBound<ServerChannelHandler>?
        var peer: PeerCertificate?
        /// Its peer may not go on, and it has been taken to be ended.
        var isEnding = false
    }

    /// A connection whose peer is known.
    struct Identified {
        fileprivate let key: ObjectIdentifier
        let channel: any Channel
        let handler: NIOLoopBound<ServerChannelHandler>
        let peer: PeerCertificate
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var connectionsOf: [String: Int] = [:]
        /// No peer's certificate ends before this, in seconds since 1970.
        var firstEnd = Int64.max
        var isDraining = false
        var whenEmpty: EventLoopPromise<Void>?
    }

    private let limit: Int
    private let limitPerOrganisation: Int
    private let state = Mutex(State())

    init(limit: Int, limitPerOrganisation: Int) {
        self.limit = limit
        self.limitPerOrganisation = limitPerOrganisation
    }

    var count: Int { state.withLock { $0.connections.count } }

    /// Counts a new connection until it closes. False: there are too many, or the server is stopping.
    func admit(_ channel: any Channel) -> Bool {
        let isAdmitted = state.withLock { state in
            guard !state.isDraining, state.connections.count < limit else { return false }
            state.connections[ObjectIdentifier(channel)] = Connection(channel: channel)
            return true
        }
        if isAdmitted { channel.closeFuture.whenComplete { _ in self.remove(channel) } }
        return isAdmitted
    }

    /// Counts a connection for its organisation. Nil: it has too many, or the connection is closed already.
    func identify(_ channel: any Channel, as peer: PeerCertificate, handler: NIOLoopBound<ServerChannelHandler>) -> Identified? {
        let identifier = peer.identity.identifier
        let organisation = "\(identifier.trustDomain)/\(identifier.organisation)"
        let (isAdmitted, isDraining) = state.withLock { state in
            let key = ObjectIdentifier(channel)
            let count = state.connectionsOf[organisation, default: 0]
            guard count < limitPerOrganisation, state.connections[key] != nil else { return (false, false) }
            state.connections[key]?.organisation = organisation
            state.connections[key]?.handler = handler
            state.connections[key]?.peer = peer
            state.firstEnd = min(state.firstEnd, peer.identity.notAfter)
            state.connectionsOf[organisation] = count + 1
            return (true, state.isDraining)
        }
        if isDraining { handler.value.drain() }
        return isAdmitted ? Identified(key: ObjectIdentifier(channel), channel: channel, handler: handler, peer: peer) : nil
    }

    /// The connections whose peer is known and may still go on.
    var identified: [Identified] {
        state.withLock { state in state.connections.compactMap(Self.identified) }
    }

    /// Those of them whose peer's certificate has ended before `now`, in seconds since 1970.
    func expired(at now: Int64) -> [Identified] {
        state.withLock { state in
            guard now > state.firstEnd else { return [] }
            var expired: [Identified] = []
            state.firstEnd = .max
            for connection in state.connections.lazy.compactMap(Self.identified) {
                let end = connection.peer.identity.notAfter
                if end < now { expired.append(connection) } else { state.firstEnd = min(state.firstEnd, end) }
            }
            return expired
        }
    }

    private static func identified(_ key: ObjectIdentifier, _ connection: Connection) -> Identified? {
        guard let handler = connection.handler, let peer = connection.peer, !connection.isEnding else { return nil }
        return Identified(key: key, channel: connection.channel, handler: handler, peer: peer)
    }

    /// True, once: the connection is still open, and the caller is to end it.
    func takeToEnd(_ connection: Identified) -> Bool {
        state.withLock { state in
            // Another channel may have taken the place of one that has closed.
            guard let present = state.connections[connection.key], present.peer === connection.peer, !present.isEnding else { return false }
            state.connections[connection.key]?.isEnding = true
            return true
        }
    }

    private func remove(_ channel: any Channel) {
        let whenEmpty = state.withLock { state -> EventLoopPromise<Void>? in
            guard let connection = state.connections.removeValue(forKey: ObjectIdentifier(channel)) else { return nil }
            if let organisation = connection.organisation, let count = state.connectionsOf[organisation] {
                state.connectionsOf[organisation] = count > 1 ? count - 1 : nil
            }
            return state.connections.isEmpty ? state.whenEmpty.take() : nil
        }
        whenEmpty?.succeed()
    }

    /// Lets every connection finish its calls and close; `whenEmpty` succeeds when the last one has. Handshakes under way are broken off.
    func drain(whenEmpty: EventLoopPromise<Void>) {
        let connections = state.withLock { state in
            state.isDraining = true
            if !state.connections.isEmpty { state.whenEmpty = whenEmpty }
            return Array(state.connections.values)
        }
        if connections.isEmpty { whenEmpty.succeed() }
        for connection in connections {
            if let handler = connection.handler {
                connection.channel.eventLoop.execute { handler.value.drain() }
            } else {
                connection.channel.close(promise: nil)
            }
        }
    }

    /// Answers the calls still under way with an error and closes each connection once that is sent.
    func stopAll() {
        for connection in state.withLock({ Array($0.connections.values) }) {
            guard let handler = connection.handler else {
                connection.channel.close(promise: nil)
                continue
            }
            connection.channel.eventLoop.execute { handler.value.stop() }
        }
    }

    /// Closes every connection; one whose peer does not take its end within two seconds is cut off.
    func closeAll() {
        for connection in state.withLock({ Array($0.connections.values) }) {
            let channel = connection.channel
            channel.close(promise: nil)
            channel.eventLoop.scheduleTask(in: .seconds(2)) {
                channel.triggerUserOutboundEvent(TLSHandler.CloseNow(), promise: nil)
            }
        }
    }
}
