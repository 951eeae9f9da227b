import Logging
import NIOCore
import NIOEmbedded
import Synchronization

@testable import TTRPC

extension FuzzTarget {
    /// A server's connection lives through any order of frames, garbage, answers, deadlines and stops: each request has one end, no
    /// message follows it, bounds hold, and nothing is held when all is over.
    static let serverConnection = FuzzTarget(name: "server-connection") { bytes in
        try ServerTrial().run(Choices(bytes))
    }
}

private final class ServerTrial {
    private let loop = EmbeddedEventLoop()
    private let wire = EmbeddedWire()
    private let limits = ConnectionLimits.tight
    private let daemonBudget = ByteBudget(limit: 4000)
    private let held = HeldCalls()
    private let connection: ServerConnection
    /// Sees what the connection sees.
    private var shadow = FrameDecoder(largestBody: ConnectionLimits.tight.largestBody)
    private var hasViolated = false
    private var requests: [StreamID: Int] = [:]
    private var ends: [StreamID: Int] = [:]
    /// Where frames begin is known.
    private var isInStep = true

    init() {
        connection = ServerConnection(
            router: Self.router(held), peer: Peer(identity: "spiffe://lots.example/test/client"), limits: limits, budget: daemonBudget,
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }, eventLoop: loop)
        wire.whenClosed = { [connection] in connection.closed() }
        wire.inspect = { [unowned self] in try inspect($0) }
        connection.opened(wire)
    }

    func run(_ choices: Choices) throws {
        var choices = choices
        while !choices.isEmpty {
            try step(&choices)
            let holdings = connection.holdings
            try require(holdings.streams <= limits.streams, "streams have a bound")
            try require(holdings.inboundBytes <= limits.connectionInboundBytes, "bytes received have a bound")
            if let rule = wire.brokenRule { throw rule }
        }
        try finish()
    }

    private func step(_ choices: inout Choices) throws {
        switch choices.number(below: 16) {
        case 0...3: send(request(&choices))
        case 4...6:
            send(Frame(streamID: choices.streamID(), type: .data, flags: choices.flags(), body: choices.payload()))
        case 7:
            send(Frame(streamID: choices.streamID(), type: FrameType(rawValue: choices.byte()), body: choices.payload()))
        case 8:
            let id = choices.streamID()
            let type: FrameType = choices.byte() & 1 == 0 ? .request : .data
            send(Frame(streamID: id, type: type, body: ByteBuffer(repeating: 0, count: limits.largestBody + 1)))
        case 9:
            isInStep = false
            send(ByteBuffer(bytes: choices.bytes(1 + choices.number(below: 32))))
        case 10: connection.readingPaused()
        case 11: held.release(choices.number(below: 4), failing: choices.byte() & 1 == 1)
        case 12: loop.advanceTime(by: .milliseconds(Int64(choices.byte())))
        case 13: if choices.byte() & 1 == 0 { wire.holdBack() } else { wire.letGo() }
        case 14: loop.run()
        default:
            switch choices.number(below: 8) {
            case 0: connection.drain()
            case 1: wire.close()
            default: loop.run()
            }
        }
    }

    private func request(_ choices: inout Choices) -> Frame {
        let id = choices.streamID()
        let method = ["Echo", "Now", "Hold", "Many", "Gather", "Talk", "Fail", "Nope"][choices.number(below: 8)]
        let flags = choices.flags()
        let timeout = [0, 0, 0, 1_000_000, 50_000_000, -1, Int64.max][choices.number(below: 7)]
        let metadata: Metadata = choices.byte() < 250 ? [:] : ["a": "1", "b": "2", "c": "3"]
        var body = ByteBuffer()
        body.writeRequest(
            RequestEnvelope(
                method: MethodName(service: "s", method: method), payload: choices.payload(), timeout: timeout, metadata: metadata),
            streamID: id, flags: flags)
        body.moveReaderIndex(forwardBy: FrameHeader.byteCount)
        return Frame(streamID: id, type: .request, flags: flags, body: body)
    }

    private func send(_ frame: Frame) {
        var bytes = ByteBuffer()
        bytes.writeFrame(frame)
        send(bytes)
    }

    private func send(_ bytes: ByteBuffer) {
        guard !wire.isClosed else { return }
        shadow.append(bytes)
        while !hasViolated {
            do {
                guard let output = try shadow.next() else { break }
                switch output {
                case .frame(let frame) where frame.type == .request: requests[frame.streamID, default: 0] += 1
                case .oversized(let header) where header.type == .request: requests[header.streamID, default: 0] += 1
                case .frame, .oversized: break
                }
            } catch {
                hasViolated = true
            }
        }
        connection.receive(bytes)
    }

    private func inspect(_ frame: Frame) throws {
        let id = frame.streamID
        try require(ends[id, default: 0] < requests[id, default: 0], "a request has one end, and nothing follows it (stream \(id))")
        switch frame.type {
        case .response:
            _ = try ResponseEnvelope(decoding: frame.body)
            ends[id, default: 0] += 1
        case .data where frame.flags.contains(.remoteClosed):
            try require(frame.flags == .endOfStream && frame.body.readableBytes == 0, "a stream ends with an empty frame")
            ends[id, default: 0] += 1
        case .data:
            try require(frame.flags == [], "a message has no flags")
        default:
            throw BrokenRule(description: "a server sends responses and data, not type \(frame.type.rawValue)")
        }
    }

    /// Everything ends by itself when the client ends its streams and the handlers return; else with the connection.
    private func finish() throws {
        wire.letGo()
        loop.run()
        try require(!hasViolated || wire.isClosed, "what is not ttrpc ends the connection")
        if !wire.isClosed, isInStep {
            for id in stride(from: 1, to: 10, by: 2) as StrideTo<UInt32> {
                send(Frame(streamID: StreamID(id), type: .data, flags: .endOfStream))
            }
            connection.readingPaused()
            while held.release(0, failing: false) { loop.run() }
            loop.run()
            if !wire.isClosed {
                try requireNothingIsHeld()
                for (id, count) in requests {
                    let ends = ends[id, default: 0]
                    try require(ends > 0 && ends <= count, "each request has an end (stream \(id))")
                    try require(count > 1 || ends == 1, "one request has one end (stream \(id))")
                }
            }
        }
        wire.close()
        while held.release(0, failing: true) { loop.run() }
        loop.run()
        if let rule = wire.brokenRule { throw rule }
        try requireNothingIsHeld()
        try loop.close()
    }

    private func requireNothingIsHeld() throws {
        let holdings = connection.holdings
        try require(
            holdings.streams == 0 && holdings.handlers == 0 && holdings.inboundBytes == 0 && !holdings.parkedWrites,
            "nothing is held when all is over: \(holdings)")
        try require(daemonBudget.bytesHeld == 0, "the daemon's bytes are given back: \(daemonBudget.bytesHeld)")
    }

    private static func router(_ held: HeldCalls) -> Router {
        func method(_ name: String) -> MethodName { MethodName(service: "s", method: name) }
        var router = Router()
        router.register(method("Echo"), unary: { payload, _ in payload })
        router.register(method("Now"), immediate: { payload, _ in payload })
        router.register(method("Fail"), unary: { _, _ in throw Status(.aborted, "asked to fail") })
        router.register(
            method("Hold"),
            unary: { payload, _ in
                try await held.hold()
                return payload
            })
        router.register(
            method("Many"),
            serverStreaming: { payload, writer, _ in
                for _ in 0..<min(payload.readableBytes, 20) { try await writer.write(payload) }
            })
        router.register(
            method("Gather"),
            clientStreaming: { messages, _ in
                var answer = ByteBuffer()
                for try await message in messages where answer.readableBytes < 2000 { answer.writeImmutableBuffer(message) }
                return answer
            })
        router.register(
            method("Talk"),
            bidirectional: { messages, writer, _ in
                try await held.hold()
                for try await message in messages {
                    if message.readableBytes == 13 { throw Status(.aborted, "asked to fail") }
                    try await writer.write(message)
                }
            })
        return router
    }
}

/// Handlers that wait until they are told to go on, whatever becomes of their calls.
private final class HeldCalls: Sendable {
    private let waiting = Mutex<[CheckedContinuation<Void, any Error>]>([])

    func hold() async throws {
        try await withCheckedThrowingContinuation { continuation in waiting.withLock { $0.append(continuation) } }
    }

    /// False when nobody waits.
    @discardableResult
    func release(_ index: Int, failing: Bool) -> Bool {
        let continuation = waiting.withLock { waiting in waiting.isEmpty ? nil : waiting.remove(at: index % waiting.count) }
        guard let continuation else { return false }
        if failing { continuation.resume(throwing: Status(.dataLoss, "told to fail")) } else { continuation.resume() }
        return true
    }
}
