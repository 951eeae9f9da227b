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
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var connectionsOf: [String: Int] = [:]
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

    /// Counts a connection for its organisation. False: it has too many, or the connection is closed already.
    func identify(_ channel: any Channel, organisation: String, handler: NIOLoopBound<ServerChannelHandler>) -> Bool {
        let (isAdmitted, isDraining) = state.withLock { state in
            let key = ObjectIdentifier(channel)
            let count = state.connectionsOf[organisation, default: 0]
            guard count < limitPerOrganisation, state.connections[key] != nil else { return (false, false) }
            state.connections[key]?.organisation = organisation
            state.connections[key]?.handler = handler
            state.connectionsOf[organisation] = count + 1
            return (true, state.isDraining)
        }
        if isDraining { handler.value.drain() }
        return isAdmitted
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
