import Logging
import NIOCore
import NIOPosix
import Synchronization
import TTRPCTestSupport
import Testing

@testable import TTRPC

/// One end of a connection in the hands of a test: it sees every frame the other end sends.
///
/// Call from any task; the connection under test lives on `eventLoop`.
final class Wire: ByteTransport {
    private let frames: FrameQueue
    private var decoder = FrameDecoder()
    private var heldBack: [@Sendable () -> Void] = []
    var holdsBack = false
    private(set) var isReading = true
    var whenClosed: () -> Void = {}

    init(frames: FrameQueue) {
        self.frames = frames
    }

    func send(_ bytes: ByteBuffer, whenSent: @escaping @Sendable () -> Void) {
        decoder.append(bytes)
        while case .frame(let frame) = try? decoder.next() { frames.push(frame) }
        if holdsBack { heldBack.append(whenSent) } else { whenSent() }
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
    }

    func close() {
        frames.finish()
        whenClosed()
    }

    func letGo() {
        holdsBack = false
        let waiting = heldBack
        heldBack = []
        for sent in waiting { sent() }
    }
}

/// A server connection fed with raw bytes.
struct RawClient: Sendable {
    let eventLoop: any EventLoop
    let server: NIOLoopBound<ServerConnection>
    let wire: NIOLoopBound<Wire>
    private let received = FrameQueue()

    init(
        _ router: Router = EchoService.router(), wireProtocol: WireProtocol = .ttrpc, limits: ConnectionLimits = ConnectionLimits(),
        budget: ByteBudget? = nil, eventLoop: (any EventLoop)? = nil
    ) async throws {
        let eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        self.eventLoop = eventLoop
        let received = received
        (server, wire) = try await eventLoop.submit {
            let server = ServerConnection(
                router: router, peer: Peer(identity: "spiffe://lots.example/test/client"), wireProtocol: wireProtocol, limits: limits,
                budget: budget, logger: .silent, eventLoop: eventLoop)
            let wire = Wire(frames: received)
            wire.whenClosed = { server.closed() }
            server.opened(wire)
            return (NIOLoopBound(server, eventLoop: eventLoop), NIOLoopBound(wire, eventLoop: eventLoop))
        }.get()
    }

    func send(_ bytes: ByteBuffer) async throws {
        try await eventLoop.submit {
            server.value.receive(bytes)
            server.value.readingPaused()
        }.get()
    }

    func send(_ frames: Frame...) async throws {
        var bytes = ByteBuffer()
        for frame in frames { bytes.writeFrame(frame) }
        try await send(bytes)
    }

    /// The next frame from the server; nil when it has closed the connection.
    func next() async -> Frame? {
        await received.next()
    }

    /// What the server has sent and nobody has looked at.
    func takeReceived() -> [Frame] {
        received.takeAll()
    }

    func disconnect() async throws {
        try await eventLoop.submit { server.value.closed() }.get()
    }

    func holdings() async throws -> (streams: Int, handlers: Int, inboundBytes: Int, parkedWrites: Bool) {
        try await eventLoop.submit { server.value.holdings }.get()
    }

    func onLoop<R: Sendable>(_ body: @escaping @Sendable (ServerConnection, Wire) -> R) async throws -> R {
        try await eventLoop.submit { body(server.value, wire.value) }.get()
    }

    /// Waits until no stream, handler or byte is held.
    func settle() async throws {
        try await eventually {
            let held = try await holdings()
            return held.streams == 0 && held.handlers == 0 && held.inboundBytes == 0 && !held.parkedWrites
        }
    }
}

/// A client connection answered with raw bytes.
struct RawServer: Sendable {
    let eventLoop: any EventLoop
    let connection: ClientConnection
    let client: Client
    private let received = FrameQueue()
    private let wire: NIOLoopBound<Wire>

    init(
        wireProtocol: WireProtocol = .ttrpc, limits: ConnectionLimits = ConnectionLimits(), eventLoop: (any EventLoop)? = nil
    ) async throws {
        let eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        self.eventLoop = eventLoop
        let connection = ClientConnection(wireProtocol: wireProtocol, limits: limits, eventLoop: eventLoop)
        self.connection = connection
        client = Client(connection)
        let received = received
        wire = try await eventLoop.submit {
            let wire = Wire(frames: received)
            wire.whenClosed = { connection.closed() }
            connection.opened(wire)
            return NIOLoopBound(wire, eventLoop: eventLoop)
        }.get()
    }

    func send(_ bytes: ByteBuffer) async throws {
        try await eventLoop.submit {
            connection.receive(bytes)
            connection.readingPaused()
        }.get()
    }

    func send(_ frames: Frame...) async throws {
        var bytes = ByteBuffer()
        for frame in frames { bytes.writeFrame(frame) }
        try await send(bytes)
    }

    func next() async -> Frame? {
        await received.next()
    }

    func disconnect() async throws {
        try await eventLoop.submit { connection.closed() }.get()
    }

    func onWire<R: Sendable>(_ body: @escaping @Sendable (Wire) -> R) async throws -> R {
        try await eventLoop.submit { body(wire.value) }.get()
    }

    func settle() async throws {
        try await eventually {
            let held = connection.holdings
            return held.streams == 0 && held.inboundBytes == 0 && !held.parkedWrites
        }
    }
}

/// The frames seen so far; one task reads them.
final class FrameQueue: Sendable {
    private struct State {
        var frames: [Frame] = []
        var isFinished = false
        var waiter: CheckedContinuation<Frame?, Never>?
    }

    private let state = Mutex(State())

    func push(_ frame: Frame) {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.frames.append(frame) }
            return state.waiter.take()
        }
        waiter?.resume(returning: frame)
    }

    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            return state.waiter.take()
        }
        waiter?.resume(returning: nil)
    }

    func takeAll() -> [Frame] {
        state.withLock { state in
            defer { state.frames = [] }
            return state.frames
        }
    }

    func next() async -> Frame? {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> Frame?? in
                if !state.frames.isEmpty { return .some(state.frames.removeFirst()) }
                if state.isFinished { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}

extension ByteBuffer {
    init(hex: String) throws {
        self.init()
        var digits = hex.utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            let byte = try #require(UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16))
            writeInteger(byte)
        }
    }
}

extension Frame {
    init(hex: String) throws {
        var decoder = FrameDecoder()
        decoder.append(try ByteBuffer(hex: hex))
        guard case .frame(let frame) = try decoder.next() else { throw Status(.internal, "not one frame") }
        self = frame
    }

    static func request(
        _ id: UInt32, _ method: String, service: String = EchoService.name, payload: ByteBuffer = ByteBuffer(), flags: FrameFlags = [],
        timeout: Int64 = 0, metadata: Metadata = Metadata()
    ) -> Frame {
        var bytes = ByteBuffer()
        bytes.writeRequest(
            RequestEnvelope(
                method: MethodName(service: service, method: method), payload: payload, timeout: timeout, metadata: metadata),
            streamID: StreamID(id), flags: flags)
        bytes.moveReaderIndex(forwardBy: FrameHeader.byteCount)
        return Frame(streamID: StreamID(id), type: .request, flags: flags, body: bytes)
    }

    static func data(_ id: UInt32, _ body: ByteBuffer = ByteBuffer(), flags: FrameFlags = []) -> Frame {
        Frame(streamID: StreamID(id), type: .data, flags: flags, body: body)
    }

    static func response(_ id: UInt32, _ payload: ByteBuffer) -> Frame {
        var bytes = ByteBuffer()
        bytes.writeResponse(payload, streamID: StreamID(id))
        bytes.moveReaderIndex(forwardBy: FrameHeader.byteCount)
        return Frame(streamID: StreamID(id), type: .response, body: bytes)
    }

    static func failure(_ id: UInt32, _ status: Status) -> Frame {
        var bytes = ByteBuffer()
        bytes.writeResponse(status, streamID: StreamID(id), largestBody: FrameHeader.largestBody)
        bytes.moveReaderIndex(forwardBy: FrameHeader.byteCount)
        return Frame(streamID: StreamID(id), type: .response, body: bytes)
    }

    static func control(_ control: ControlFrame) throws -> Frame {
        var bytes = ByteBuffer()
        bytes.writeControlFrame(control)
        var decoder = FrameDecoder()
        decoder.append(bytes)
        guard case .frame(let frame) = try decoder.next() else { throw Status(.internal, "not one frame") }
        return frame
    }

    var control: ControlFrame? {
        get throws { try ControlFrame(self) }
    }

    var failure: Status? {
        get throws { type == .response ? try ResponseEnvelope(decoding: body).failure : nil }
    }
}
