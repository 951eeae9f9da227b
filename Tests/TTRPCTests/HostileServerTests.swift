import NIOCore
import SeededRandom
import TTRPCTestSupport
import Testing

@testable import TTRPC

/// What a client connection does with a server that breaks the rules, or is slow.
@Suite(.timeLimit(.minutes(3)))
struct HostileServerTests {
    private let message = EchoMessage(text: "x", number: 1).encoded

    /// Begins a call of each kind; `answer` says what the server does with it.
    private func outcome(
        _ kind: CallKind, limits: ConnectionLimits = ConnectionLimits(), _ answer: @Sendable (RawServer) async throws -> Void
    ) async throws -> Result<[ByteBuffer], any Error> {
        let server = try await RawServer(limits: limits)
        let call = Task { [message] in
            let method = EchoService.method("M")
            switch kind {
            case .unary:
                return [try await server.client.unary(method, message)]
            case .clientStreaming:
                return [try await server.client.clientStreaming(method) { _ in }]
            case .serverStreaming:
                return try await server.client.serverStreaming(method, message) { try await $0.reduce(into: []) { $0.append($1) } }
            case .bidirectional:
                return try await server.client.bidirectional(method) { try await $1.reduce(into: []) { $0.append($1) } }
            }
        }
        _ = await server.next()
        try await answer(server)
        let result = await call.result
        try await server.settle()
        return result
    }

    private func expect(
        _ code: Status.Code, _ kind: CallKind, limits: ConnectionLimits = ConnectionLimits(),
        _ answer: @Sendable (RawServer) async throws -> Void
    ) async throws {
        let result = try await outcome(kind, limits: limits, answer)
        #expect { try result.get() } throws: { ($0 as? Status)?.code == code }
    }

    @Test(arguments: CallKind.allCases)
    func undecodableResponse(_ kind: CallKind) async throws {
        try await expect(.internal, kind) {
            try await $0.send(Frame(streamID: StreamID(1), type: .response, body: ByteBuffer(hex: "ffff")))
        }
    }

    @Test(arguments: CallKind.allCases)
    func bodyOverTheLimit(_ kind: CallKind) async throws {
        var limits = ConnectionLimits()
        limits.messageBytes = 2000
        try await expect(.resourceExhausted, kind, limits: limits) {
            try await $0.send(.response(1, ByteBuffer(repeating: 0, count: 2000)))
        }
    }

    @Test(arguments: CallKind.allCases)
    func lengthOfFourBytes(_ kind: CallKind) async throws {
        try await expect(.unavailable, kind) { try await $0.send(ByteBuffer(hex: "01000000000000010200")) }
    }

    @Test(arguments: CallKind.allCases)
    func disconnect(_ kind: CallKind) async throws {
        try await expect(.unavailable, kind) { try await $0.disconnect() }
    }

    @Test(arguments: [CallKind.unary, .clientStreaming])
    func messageInsteadOfAnAnswer(_ kind: CallKind) async throws {
        try await expect(.internal, kind) { try await $0.send(.data(1)) }
    }

    @Test(arguments: CallKind.allCases)
    func framesThatAreNotForTheCall(_ kind: CallKind) async throws {
        let result = try await outcome(kind) { server in
            try await server.send(
                .response(3, ByteBuffer(string: "3")), .data(2), .data(0), .request(1, "Unary"),
                Frame(streamID: StreamID(1), type: FrameType(rawValue: 9)),
                .data(1, flags: .noData), .response(1, ByteBuffer(string: "1")), .response(1, ByteBuffer(string: "again")))
        }
        #expect(try result.get() == [ByteBuffer(string: "1")])
    }

    /// The server takes nothing: the write waits, and ends with the caller's task or the call.
    @Test func aWriteThatWaits() async throws {
        var limits = ConnectionLimits()
        limits.connectionOutboundBytes = 1000
        for endsWithStatus in [false, true] {
            let server = try await RawServer(limits: limits)
            try await server.onWire { $0.holdsBack = true }
            let call = Task {
                try await server.client.clientStreaming(EchoService.method("Collect")) { writer in
                    while true { try await writer.write(ByteBuffer(repeating: 0, count: 600)) }
                }
            }
            try await eventually { server.connection.holdings.parkedWrites }
            if endsWithStatus { try await server.send(.failure(1, Status(.aborted, "enough"))) } else { call.cancel() }
            let result = await call.result
            #expect { try result.get() } throws: {
                endsWithStatus ? $0 as? Status == Status(.aborted, "enough") : $0 is CancellationError
            }
            try await server.settle()
        }
    }

    /// An answer that comes before everything is written is the outcome of the call.
    @Test func anEarlyAnswer() async throws {
        let server = try await RawServer()
        let answer = try await server.client.clientStreaming(EchoService.method("Collect")) { writer in
            try await writer.write(message)
            try await server.send(.response(1, message))
            while true { try await writer.write(message) }
        }
        #expect(answer == message)
        try await server.settle()
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func mutations(_ seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let valid = try (Exchange.allStreamingKinds.steps + Exchange.errors.steps).flatMap { step -> [UInt8] in
            if case .server(let hex) = step { Array(try ByteBuffer(hex: hex).readableBytesView) } else { [] }
        }
        for _ in 0..<100 {
            let server = try await RawServer()
            let calls = (0..<4).map { number in
                Task { [message] in
                    if number % 2 == 0 { return try await server.client.unary(EchoService.method("Unary"), message).readableBytes }
                    return try await server.client.serverStreaming(EchoService.method("Expand"), message) { responses in
                        try await responses.reduce(into: 0) { $0 += $1.readableBytes }
                    }
                }
            }
            for _ in calls { _ = await server.next() }
            var bytes = valid
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            try await server.send(ByteBuffer(bytes: bytes))
            try await server.disconnect()
            for call in calls { _ = await call.result }
            try await server.settle()
        }
    }
}
