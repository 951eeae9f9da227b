import NIOCore
import NIOEmbedded
import Synchronization

@testable import TTRPC

extension FuzzTarget {
    /// A client's connection lives through anything a server may send: every call has an outcome, what is sent keeps to the protocol,
    /// bounds hold, and nothing is held when all is over.
    static let clientConnection = FuzzTarget(name: "client-connection") { bytes in
        try ClientTrial().run(Choices(bytes))
    }
}

private final class ClientTrial {
    private let loop = EmbeddedEventLoop()
    private let wire = EmbeddedWire()
    private let limits = ConnectionLimits.tight
    private let connection: ClientConnection
    private let client: Client
    private var calls: [Task<Void, Never>] = []
    private let outcomes = Outcomes()
    /// The streams this side has opened, and whether it may still write on them.
    private var mayWrite: [StreamID: Bool] = [:]
    private var lastID: UInt32 = 0

    init() {
        connection = ClientConnection(limits: limits, eventLoop: loop)
        client = Client(connection)
        wire.whenClosed = { [connection] in connection.closed() }
        wire.inspect = { [unowned self] in try inspect($0) }
        connection.opened(wire)
    }

    func run(_ choices: Choices) throws {
        var choices = choices
        while !choices.isEmpty {
            step(&choices)
            let holdings = connection.holdings
            try require(holdings.streams <= limits.streams, "streams have a bound")
            try require(holdings.inboundBytes <= limits.connectionInboundBytes, "bytes received have a bound")
            if let rule = wire.brokenRule { throw rule }
        }
        wire.letGo()
        loop.run()
        wire.close()
        loop.run()
        if let rule = wire.brokenRule { throw rule }
        try require(outcomes.count == calls.count, "each call has an outcome: \(outcomes.count) of \(calls.count)")
        let holdings = connection.holdings
        try require(
            holdings.streams == 0 && holdings.inboundBytes == 0 && !holdings.parkedWrites,
            "nothing is held when all is over: \(holdings)")
        try loop.close()
    }

    private func step(_ choices: inout Choices) {
        switch choices.number(below: 16) {
        case 0...3: call(&choices)
        case 4, 5: respond(&choices)
        case 6...8:
            receive(Frame(streamID: choices.streamID(), type: .data, flags: choices.flags(), body: choices.payload()))
        case 9:
            receive(Frame(streamID: choices.streamID(), type: FrameType(rawValue: choices.byte()), body: choices.payload()))
        case 10:
            let type: FrameType = choices.byte() & 1 == 0 ? .response : .data
            receive(Frame(streamID: choices.streamID(), type: type, body: ByteBuffer(repeating: 0, count: limits.largestBody + 1)))
        case 11:
            if choices.byte() & 1 == 0 { wire.holdBack() } else { wire.letGo() }
        case 12: loop.advanceTime(by: .milliseconds(Int64(choices.byte())))
        case 13:
            let index = choices.number(below: 8)
            if index < calls.count { calls[index].cancel() }
        case 14: loop.run()
        default:
            switch choices.number(below: 8) {
            case 0: client.close()
            case 1: wire.close()
            case 2: receive(ByteBuffer(bytes: choices.bytes(1 + choices.number(below: 32))))
            default: connection.readingPaused()
            }
        }
    }

    private func call(_ choices: inout Choices) {
        guard calls.count < 8 else { return }
        let method = MethodName(service: "s", method: "m")
        let kind = choices.number(below: 4)
        let message = choices.payload()
        let timeout = [nil, nil, Duration.milliseconds(50), .zero][choices.number(below: 4)]
        let options = CallOptions(timeout: timeout)
        let count = choices.number(below: 6)
        let (client, outcomes) = (client, outcomes)
        calls.append(
            Task(executorPreference: client.taskExecutor) {
                do {
                    switch kind {
                    case 0: _ = try await client.unary(method, message, options: options)
                    case 1: try await client.serverStreaming(method, message, options: options) { for try await _ in $0 {} }
                    case 2:
                        _ = try await client.clientStreaming(method, options: options) { writer in
                            for _ in 0..<count { try await writer.write(message) }
                        }
                    default:
                        try await client.bidirectional(method, options: options) { writer, messages in
                            for _ in 0..<count { try await writer.write(message) }
                            if count & 1 == 0 { writer.finish() }
                            for try await _ in messages {}
                        }
                    }
                } catch {
                    // A failure is an outcome like any other.
                }
                outcomes.add()
            })
    }

    private func respond(_ choices: inout Choices) {
        let id = choices.streamID()
        var bytes = ByteBuffer()
        switch choices.number(below: 4) {
        case 0:
            bytes.writeResponse(Status(.notFound, "no", details: [StatusDetail(typeURL: "t", value: [1])]), streamID: id, largestBody: 1024)
        case 1: bytes.writeFrame(Frame(streamID: id, type: .response, body: choices.payload()))
        default: bytes.writeResponse(choices.payload(), streamID: id)
        }
        receive(bytes)
    }

    private func receive(_ frame: Frame) {
        var bytes = ByteBuffer()
        bytes.writeFrame(frame)
        receive(bytes)
    }

    private func receive(_ bytes: ByteBuffer) {
        guard !wire.isClosed else { return }
        connection.receive(bytes)
    }

    private func inspect(_ frame: Frame) throws {
        let id = frame.streamID
        switch frame.type {
        case .request:
            try require(id.isClientInitiated && id.rawValue > lastID, "ids are odd and grow")
            lastID = id.rawValue
            mayWrite[id] = frame.flags.contains(.remoteOpen)
            _ = try RequestEnvelope(decoding: frame.body, limits: limits)
        case .data:
            try require(mayWrite[id] == true, "messages belong to an open stream (stream \(id))")
            if frame.flags.contains(.remoteClosed) { mayWrite[id] = false }
        default:
            throw BrokenRule(description: "a client sends requests and data, not type \(frame.type.rawValue)")
        }
    }
}

/// Counts the calls that have ended.
private final class Outcomes: Sendable {
    private let ended = Atomic<Int>(0)

    var count: Int { ended.load(ordering: .relaxed) }

    func add() { ended.add(1, ordering: .relaxed) }
}
