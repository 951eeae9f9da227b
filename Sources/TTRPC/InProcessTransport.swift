public import Logging
public import NIOCore

/// A client and a server in one process: the same frames and rules as over a socket, carried through memory.
///
/// Close the client when done; until then the two ends keep each other alive.
public struct InProcessTransport: Sendable {
    public let client: Client
    private let eventLoop: any EventLoop
    private let server: NIOLoopBoundBox<ServerConnection?>

    /// - Parameters:
    ///   - peer: who the server takes the client for.
    ///   - wireProtocol: what both ends speak.
    ///   - eventLoop: where both ends live and handlers run.
    public init(
        router: Router, peer: Peer, wireProtocol: WireProtocol = .lots1, limits: ConnectionLimits = ConnectionLimits(), logger: Logger,
        eventLoop: any EventLoop
    ) {
        let connection = ClientConnection(wireProtocol: wireProtocol, limits: limits, eventLoop: eventLoop)
        let box = NIOLoopBoundBox.makeEmptyBox(valueType: ServerConnection.self, eventLoop: eventLoop)
        client = Client(connection)
        self.eventLoop = eventLoop
        server = box
        eventLoop.runInLoop {
            let server = ServerConnection(
                router: router, peer: peer, wireProtocol: wireProtocol, limits: limits, logger: logger, eventLoop: eventLoop)
            box.value = server
            let (clientEnd, serverEnd) = InProcessEnd.pair(on: eventLoop)
            clientEnd.receiver = InProcessEnd.Receiver(
                receive: connection.receive, readingPaused: connection.readingPaused, closed: { connection.closed() })
            serverEnd.receiver = InProcessEnd.Receiver(
                receive: server.receive, readingPaused: server.readingPaused, closed: server.closed)
            server.opened(serverEnd)
            connection.opened(clientEnd)
        }
    }

    /// Takes no more calls, and closes the connection when those under way have been answered.
    public func drain() {
        eventLoop.runInLoop { server.value?.drain() }
    }

    /// Answers every call under way with `unavailable` and closes the connection.
    package func stop() {
        eventLoop.runInLoop { server.value?.stop() }
    }

    /// What the server's end holds: all zero when nothing is under way.
    package func serverHoldings() async throws -> (streams: Int, handlers: Int, inboundBytes: Int, parkedWrites: Bool)? {
        try await eventLoop.submit { server.value?.holdings }.get()
    }
}

/// One end of a connection through memory.
private final class InProcessEnd: ByteTransport {
    struct Receiver {
        var receive: (ByteBuffer) -> Void
        var readingPaused: () -> Void
        var closed: () -> Void
    }

    private let eventLoop: any EventLoop
    private var other: InProcessEnd?
    private var isReading = true
    private var isDeliveryScheduled = false
    private var arrived: [(bytes: ByteBuffer, whenSent: @Sendable () -> Void)] = []
    /// Nil after the connection has closed.
    var receiver: Receiver?

    private init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    static func pair(on eventLoop: any EventLoop) -> (InProcessEnd, InProcessEnd) {
        let (one, two) = (InProcessEnd(eventLoop: eventLoop), InProcessEnd(eventLoop: eventLoop))
        one.other = two
        two.other = one
        return (one, two)
    }

    func send(_ bytes: ByteBuffer, whenSent: @escaping @Sendable () -> Void) {
        guard let other else { return whenSent() }
        other.arrived.append((bytes, whenSent))
        other.scheduleDelivery()
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        scheduleDelivery()
    }

    func close() {
        let (one, two) = (NIOLoopBound(self, eventLoop: eventLoop), other.map { NIOLoopBound($0, eventLoop: eventLoop) })
        other?.other = nil
        other = nil
        eventLoop.execute {
            two?.value.finish()
            one.value.finish()
        }
    }

    private func finish() {
        for item in arrived { item.whenSent() }
        arrived = []
        receiver?.closed()
        receiver = nil
    }

    /// Never from within `send`: the other end is in the middle of something.
    private func scheduleDelivery() {
        guard isReading, !arrived.isEmpty, !isDeliveryScheduled else { return }
        isDeliveryScheduled = true
        let end = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { end.value.deliver() }
    }

    private func deliver() {
        isDeliveryScheduled = false
        guard isReading, let receiver else { return }
        let items = arrived
        arrived = []
        for item in items {
            receiver.receive(item.bytes)
            item.whenSent()
        }
        receiver.readingPaused()
    }
}
