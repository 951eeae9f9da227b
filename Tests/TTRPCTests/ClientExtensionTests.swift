import NIOCore
import NIOEmbedded
import SeededRandom
import Synchronization
import TTRPCTestSupport
import Testing

@testable import TTRPC

/// What a client connection does with a server that speaks `lots/1`.
@Suite(.timeLimit(.minutes(3)))
struct ClientExtensionTests {
    private let message = EchoMessage(text: "x", number: 1).encoded
    private let method = EchoService.method("M")

    private func call(
        _ kind: CallKind, _ server: RawServer, options: CallOptions = CallOptions(),
        _ whenReading: @escaping @Sendable () async throws -> Void = {}
    ) -> Task<[ByteBuffer], any Error> {
        Task { [message, method] in
            switch kind {
            case .unary:
                return [try await server.client.unary(method, message, options: options)]
            case .clientStreaming:
                return [try await server.client.clientStreaming(method, options: options) { _ in }]
            case .serverStreaming:
                return try await server.client.serverStreaming(method, message, options: options) { responses in
                    try await whenReading()
                    return try await responses.reduce(into: []) { $0.append($1) }
                }
            case .bidirectional:
                return try await server.client.bidirectional(method, options: options) { _, responses in
                    try await whenReading()
                    return try await responses.reduce(into: []) { $0.append($1) }
                }
            }
        }
    }

    /// Takes the frames that begin a call of this kind.
    private func takeBeginning(_ kind: CallKind, _ id: UInt32, of server: RawServer) async throws {
        let request = try #require(await server.next())
        #expect(request.type == .request)
        #expect(request.streamID == StreamID(id))
        if kind == .clientStreaming { #expect(await server.next() == .data(id, flags: .endOfStream)) }
    }

    // MARK: - CANCEL

    @Test(arguments: CallKind.allCases)
    func aCancelledCallerTellsTheServer(_ kind: CallKind) async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        let task = call(kind, server)
        try await takeBeginning(kind, 1, of: server)
        task.cancel()
        #expect(try await server.next()?.control == .cancel(StreamID(1)))
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        try await server.settle()
    }

    @Test(arguments: CallKind.allCases)
    func aCallerWhoseTimeIsOverTellsTheServer(_ kind: CallKind) async throws {
        let loop = NIOAsyncTestingEventLoop()
        let server = try await RawServer(wireProtocol: .lots1, eventLoop: loop)
        let task = call(kind, server, options: CallOptions(timeout: .seconds(5)))
        try await takeBeginning(kind, 1, of: server)
        await loop.advanceTime(by: .seconds(5))
        #expect(try await server.next()?.control == .cancel(StreamID(1)))
        await #expect { _ = try await task.value } throws: { ($0 as? Status)?.code == .deadlineExceeded }
    }

    /// The closure returns before the server has ended its stream: nobody reads the rest.
    @Test func aCallLeftEarlyIsCancelled() async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        try await server.client.serverStreaming(method, message) { responses in
            try await server.send(.data(1, message))
            for try await _ in responses { break }
        }
        try await takeBeginning(.serverStreaming, 1, of: server)
        #expect(try await server.next()?.control == .cancel(StreamID(1)))
        try await server.client.bidirectional(method) { _, _ in }
        try await takeBeginning(.bidirectional, 3, of: server)
        #expect(await server.next() == .data(3, flags: .endOfStream))
        #expect(try await server.next()?.control == .cancel(StreamID(3)))
        try await server.settle()
    }

    @Test func aCallThatHasEndedIsNotCancelled() async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        for (index, kind) in CallKind.allCases.enumerated() {
            let id = UInt32(2 * index + 1)
            let task = call(kind, server)
            try await takeBeginning(kind, id, of: server)
            try await server.send(kind.serverStreams ? .data(id, flags: .endOfStream) : .response(id, message))
            _ = try await task.value
        }
        // Each call's first frame followed the last of the call before: no CANCEL came between.
        let last = call(.unary, server)
        try await takeBeginning(.unary, 9, of: server)
        try await server.send(.response(9, message))
        _ = try await last.value
    }

    /// The server sends what the client cannot take.
    @Test func aCallThatFailsHereIsCancelledThere() async throws {
        var limits = ConnectionLimits()
        limits.messageBytes = 2000
        let server = try await RawServer(wireProtocol: .lots1, limits: limits)
        let task = call(.serverStreaming, server)
        try await takeBeginning(.serverStreaming, 1, of: server)
        try await server.send(.data(1, ByteBuffer(repeating: 0, count: 2001)))
        #expect(try await server.next()?.control == .cancel(StreamID(1)))
        await #expect { _ = try await task.value } throws: { ($0 as? Status)?.code == .resourceExhausted }
    }

    @Test(arguments: CallKind.allCases)
    func aPlainServerIsToldNothing(_ kind: CallKind) async throws {
        let server = try await RawServer()
        let task = call(kind, server)
        #expect(await server.next()?.type == .request)
        if kind == .clientStreaming { #expect(await server.next()?.type == .data) }
        task.cancel()
        _ = await task.result
        let next = call(.unary, server)
        #expect(await server.next()?.type == .request)
        try await server.send(.response(3, message))
        #expect(try await next.value == [message])
    }

    // MARK: - CREDIT

    @Test func aWriterWithoutCreditWaits() async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        let block = ByteBuffer(repeating: 1, count: 50_000)
        let task = Task { [method] in
            try await server.client.clientStreaming(method) { writer in
                for _ in 0..<4 { try await writer.write(block) }
            }
        }
        #expect(await server.next()?.type == .request)
        for _ in 0..<2 { #expect(await server.next() == .data(1, block)) }
        try await eventually { server.connection.holdings.parkedWrites }
        // Another stream is not held up.
        let other = call(.unary, server)
        #expect(await server.next()?.streamID == StreamID(3))
        try await server.send(.response(3, message))
        _ = try await other.value

        let missing = 2 * Credit.cost(ofMessage: 50_000) - Credit.initial
        try await server.send(.control(.credit(StreamID(1), UInt32(missing))))
        try await server.send(.control(.credit(StreamID(1), 1)))
        #expect(await server.next() == .data(1, block))
        try await server.send(.control(.credit(StreamID(1), 100_000)))
        #expect(await server.next() == .data(1, block))
        #expect(await server.next() == .data(1, flags: .endOfStream))
        try await server.send(.response(1, message))
        #expect(try await task.value == message)
        try await server.settle()
    }

    @Test func aWriterWithoutCreditWakesWhenItsCallEnds() async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        for isCancelled in [false, true] {
            let task = Task { [method] in
                try await server.client.clientStreaming(method) { writer in
                    while true { try await writer.write(ByteBuffer(repeating: 1, count: 70_000)) }
                }
            }
            let id = try #require(await server.next()).streamID.rawValue
            #expect(await server.next()?.type == .data)
            try await eventually { server.connection.holdings.parkedWrites }
            if isCancelled { task.cancel() } else { try await server.send(.response(id, message)) }
            let result = await task.result
            if isCancelled {
                #expect(throws: CancellationError.self) { try result.get() }
            } else {
                #expect(try result.get() == message)
            }
            try await server.settle()
        }
    }

    /// A reader who takes nothing stops the server at its window; what he takes is granted again.
    @Test func theReaderGrantsWhatItTakes() async throws {
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 0
        let server = try await RawServer(wireProtocol: .lots1, limits: limits)
        let block = ByteBuffer(repeating: 1, count: 40_000)
        try await server.client.serverStreaming(method, message) { responses in
            #expect(await server.next()?.type == .request)
            try await server.send(.data(1, block), .data(1, block))
            #expect(server.connection.holdings.inboundBytes == 2 * Credit.cost(ofMessage: 40_000))
            var responses = responses.makeAsyncIterator()
            for _ in 0..<2 {
                #expect(try await responses.next() == block)
                #expect(try await server.next()?.control == .credit(StreamID(1), UInt32(Credit.cost(ofMessage: 40_000))))
            }
            try await server.send(.data(1, flags: .endOfStream))
            #expect(try await responses.next() == nil)
        }
        try await server.settle()
    }

    @Test func aServerThatIgnoresItsCreditFailsTheCall() async throws {
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 0
        let server = try await RawServer(wireProtocol: .lots1, limits: limits)
        try await server.client.serverStreaming(method, message) { responses in
            _ = await server.next()
            for _ in 0..<3 { try await server.send(.data(1, ByteBuffer(repeating: 1, count: 40_000))) }
            #expect(try await server.next()?.control == .cancel(StreamID(1)))
            await #expect { for try await _ in responses {} } throws: { ($0 as? Status)?.code == .resourceExhausted }
        }
        try await server.settle()
    }

    // MARK: - PING

    @Test func pingsAreAnswered() async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        try await server.send(.control(.ping(77)))
        #expect(try await server.next()?.control == .pong(77))
    }

    @Test func aFloodOfPingsClosesTheConnection() async throws {
        let server = try await RawServer(wireProtocol: .lots1, eventLoop: NIOAsyncTestingEventLoop())
        for _ in 0..<KeepAlive.pingsPerSecond { try await server.send(.control(.ping(1))) }
        for _ in 0..<KeepAlive.pingsPerSecond { #expect(try await server.next()?.control == .pong(1)) }
        #expect(server.connection.takesCalls)
        try await server.send(.control(.ping(1)))
        #expect(await server.next() == nil)
        #expect(!server.connection.takesCalls)
    }

    /// A server whose machine is gone says nothing more, not even that it is gone.
    @Test func aHalfOpenConnectionIsFoundOut() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let server = try await RawServer(wireProtocol: .lots1, eventLoop: loop)
        let task = call(.unary, server)
        try await takeBeginning(.unary, 1, of: server)
        await loop.advanceTime(by: .seconds(30))
        #expect(try await server.next()?.control == .ping(1))
        #expect(server.client.roundTripTime == nil)
        await loop.advanceTime(by: .milliseconds(250))
        try await server.send(.control(.pong(1)))
        #expect(server.client.roundTripTime == .milliseconds(250))
        await loop.advanceTime(by: .seconds(30))
        #expect(try await server.next()?.control == .ping(2))
        await loop.advanceTime(by: .seconds(20))
        #expect(await server.next() == nil)
        await #expect { _ = try await task.value } throws: {
            ($0 as? Status)?.code == .unavailable && ($0 as? Status)?.fate == .unknown
        }
    }

    @Test func aPlainServerIsNotPinged() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let server = try await RawServer(eventLoop: loop)
        await loop.advanceTime(by: .hours(1))
        let task = call(.unary, server)
        #expect(await server.next()?.type == .request)
        try await server.send(.response(1, message))
        _ = try await task.value
    }

    // MARK: - GOAWAY

    @Test func afterGoAwayAcceptedCallsFinishAndOthersAreNotProcessed() async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        let accepted = call(.unary, server)
        try await takeBeginning(.unary, 1, of: server)
        let refused = call(.unary, server)
        try await takeBeginning(.unary, 3, of: server)
        try await server.send(.control(.goAway(lastID: StreamID(1), reason: "the server is stopping")))
        await #expect { _ = try await refused.value } throws: {
            $0 as? Status == Status(.unavailable, "the call has not been processed: the server is stopping")
                && ($0 as? Status)?.fate == .notProcessed
        }
        #expect(!server.connection.takesCalls)
        await #expect { _ = try await server.client.unary(method, message) } throws: {
            ($0 as? Status)?.code == .unavailable && ($0 as? Status)?.fate == .notProcessed
        }
        // Late, and for nobody.
        try await server.send(.response(3, message), .response(1, message))
        #expect(try await accepted.value == [message])
        try await server.settle()
    }

    @Test func aCallThatIsLostIsNotMarked() async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        let task = call(.unary, server)
        try await takeBeginning(.unary, 1, of: server)
        try await server.send(.control(.goAway(lastID: StreamID(1), reason: "")))
        try await server.disconnect()
        await #expect { _ = try await task.value } throws: {
            ($0 as? Status)?.code == .unavailable && ($0 as? Status)?.fate == .unknown
        }
    }

    // MARK: - Trailers

    @Test(arguments: CallKind.allCases)
    func trailersComeBeforeTheOutcome(_ kind: CallKind) async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        let seen = Mutex<[Metadata]>([])
        var options = CallOptions()
        options.onTrailers = { trailers in seen.withLock { $0.append(trailers) } }
        let task = call(kind, server, options: options)
        try await takeBeginning(kind, 1, of: server)
        let payload = kind.serverStreams ? ByteBuffer() : message
        try await server.send(
            Frame(streamID: StreamID(1), type: .response, body: ByteBuffer(responseWith: payload, trailers: ["a": "1", "a": "2"])))
        #expect(try await task.value == (kind.serverStreams ? [] : [message]))
        #expect(seen.withLock { $0 } == [["a": "1", "a": "2"]])
    }

    @Test func tooManyTrailersFailTheCall() async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        let task = call(.unary, server)
        try await takeBeginning(.unary, 1, of: server)
        let trailers = Metadata((0..<65).map { Metadata.Entry(key: "\($0)", value: "") })
        try await server.send(
            Frame(streamID: StreamID(1), type: .response, body: ByteBuffer(responseWith: message, trailers: trailers)))
        await #expect { _ = try await task.value } throws: { ($0 as? Status)?.code == .resourceExhausted }
    }

    // MARK: - Broken rules

    @Test(arguments: ControlFrameTests.malformed + [try Frame.control(.cancel(StreamID(1)))])
    func aFrameThatBreaksTheRulesClosesTheConnection(_ frame: Frame) async throws {
        let server = try await RawServer(wireProtocol: .lots1)
        let task = call(.unary, server)
        try await takeBeginning(.unary, 1, of: server)
        try await server.send(frame, .response(1, message))
        #expect(await server.next() == nil)
        await #expect { _ = try await task.value } throws: { ($0 as? Status)?.code == .unavailable }
        try await server.settle()
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func mutations(_ seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        var valid = ByteBuffer()
        for frame in [
            Frame.response(1, message), try .control(.ping(1)), .data(3, message), try .control(.credit(StreamID(7), 9)),
            Frame(streamID: StreamID(3), type: .response, body: ByteBuffer(responseWith: ByteBuffer(), trailers: ["a": "b"])),
            try .control(.pong(1)), try .control(.goAway(lastID: StreamID(5), reason: "bye")), .failure(5, Status(.aborted, "no")),
        ] {
            valid.writeFrame(frame)
        }
        for _ in 0..<100 {
            let server = try await RawServer(wireProtocol: .lots1)
            let calls = CallKind.allCases.map { call($0, server) }
            for _ in calls { _ = await server.next() }
            try await server.send(ByteBuffer(bytes: random.mutate(Array(valid.readableBytesView))))
            try await server.disconnect()
            for call in calls { _ = await call.result }
            try await server.settle()
        }
    }
}
