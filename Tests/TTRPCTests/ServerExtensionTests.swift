import NIOCore
import NIOEmbedded
import SeededRandom
import Synchronization
import TTRPCTestSupport
import Testing

@testable import TTRPC

/// What a server connection does with a client that speaks `lots/1`.
@Suite(.timeLimit(.minutes(3)))
struct ServerExtensionTests {
    private let message = EchoMessage(text: "x", number: 1).encoded

    /// The largest message that leaves a fresh stream without credit.
    private let large = EchoMessage(blob: [UInt8](repeating: 1, count: 100_000))

    private func expectAlive(_ client: RawClient, _ id: UInt32 = 1001) async throws {
        try await client.send(.request(id, "Unary", payload: message))
        #expect(await client.next() == .response(id, message))
    }

    private func expectFailure(_ client: RawClient, _ id: UInt32, _ code: Status.Code) async throws {
        let frame = try #require(await client.next())
        #expect(frame.streamID == StreamID(id))
        #expect(try frame.failure?.code == code)
    }

    // MARK: - CANCEL

    @Test(arguments: ["Forever", "Collect", "Bidi", "Deaf"])
    func cancelEndsTheHandlerWithoutAnAnswer(_ method: String) async throws {
        let ended = Mutex(0)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Deaf"),
                serverStreaming: { _, _, _ in
                    defer { ended.withLock { $0 += 1 } }
                    try await Task.sleep(for: .seconds(3600))
                })
        }
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 0
        let client = try await RawClient(router, wireProtocol: .lots1, limits: limits)
        try await client.send(.request(1, method, flags: .remoteOpen))
        #expect(try await client.holdings().handlers == 1)
        try await client.send(.control(.cancel(StreamID(1))))
        try await client.settle()
        #expect(ended.withLock { $0 } == (method == "Deaf" ? 1 : 0))
        try await client.send(.control(.cancel(StreamID(1))), .data(1, message))
        try await expectAlive(client)
        #expect(client.takeReceived() == [])
    }

    /// A client that grants no credit cannot make the server keep more and more for it.
    @Test func writesThatWaitAreBounded() async throws {
        var limits = ConnectionLimits()
        limits.parkedBytes = large.encoded.readableBytes + 600
        let client = try await RawClient(wireProtocol: .lots1, limits: limits)
        var request = large
        request.number = 3
        try await client.send(.request(1, "Expand", payload: request.encoded))
        #expect(await client.next()?.type == .data)
        try await eventually { try await client.holdings().parkedWrites }
        try await client.send(.request(3, "Expand", payload: request.encoded))
        #expect(await client.next()?.type == .data)
        try await expectFailure(client, 3, .resourceExhausted)
        // The first still waits, and goes on when it may.
        try await client.send(.control(.credit(StreamID(1), 1 << 20)))
        for _ in 0..<2 { #expect(await client.next()?.type == .data) }
        #expect(await client.next() == .data(1, flags: .endOfStream))
        #expect(try await !client.holdings().parkedWrites)
    }

    @Test func cancelWakesAWriterWithoutCredit() async throws {
        let client = try await RawClient(wireProtocol: .lots1)
        var request = large
        request.number = 3
        try await client.send(.request(1, "Expand", payload: request.encoded))
        #expect(await client.next()?.type == .data)
        try await eventually { try await client.holdings().parkedWrites }
        try await client.send(.control(.cancel(StreamID(1))))
        try await client.settle()
        #expect(client.takeReceived() == [])
    }

    // MARK: - CREDIT

    /// The stream without credit waits and is not failed; others go on.
    @Test func aStreamWithoutCreditWaitsAlone() async throws {
        let client = try await RawClient(wireProtocol: .lots1)
        var request = large
        request.number = 3
        try await client.send(.request(1, "Expand", payload: request.encoded))
        #expect(await client.next()?.type == .data)
        try await eventually { try await client.holdings().parkedWrites }
        try await expectAlive(client)
        // What is missing to one byte of credit; then one byte.
        let cost = Credit.cost(ofMessage: EchoMessage(number: 1, blob: large.blob).encoded.readableBytes)
        try await client.send(.control(.credit(StreamID(1), UInt32(cost - Credit.initial))))
        try await expectAlive(client, 1003)
        try await client.send(.control(.credit(StreamID(1), 1)))
        #expect(await client.next() == .data(1, EchoMessage(number: 2, blob: large.blob).encoded))
        try await expectAlive(client, 1005)
        try await client.send(.control(.credit(StreamID(1), 1_000_000)))
        #expect(await client.next() == .data(1, EchoMessage(number: 3, blob: large.blob).encoded))
        #expect(await client.next() == .data(1, flags: .endOfStream))
        try await client.settle()
    }

    /// Nothing is lost or doubled however credit comes in.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func creditInAnyPieces(_ seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let client = try await RawClient(wireProtocol: .lots1)
        let count = 40
        try await client.send(
            .request(1, "Expand", payload: EchoMessage(number: count, blob: [UInt8](repeating: 7, count: 30_000)).encoded))
        var received = 0
        var granted = Credit.initial
        var spent = 0
        while let frame = await client.next(), frame.flags != .endOfStream {
            received += 1
            #expect(try EchoMessage(decoding: frame.body).number == received)
            #expect(spent < granted)
            spent += Credit.cost(ofMessage: frame.body.readableBytes)
            while spent >= granted {
                let piece = Int.random(in: 1...60_000, using: &random)
                granted += piece
                try await client.send(.control(.credit(StreamID(1), UInt32(piece))))
            }
        }
        #expect(received == count)
        try await client.settle()
    }

    @Test func theServerGrantsItsWindowAndWhatItsHandlerTakes() async throws {
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 100_000
        let client = try await RawClient(wireProtocol: .lots1, limits: limits)
        try await client.send(.request(3, "Collect", flags: .remoteOpen))
        let blob = EchoMessage(text: String(repeating: "y", count: 50_000)).encoded
        for number in 0..<4 {
            try await client.send(.data(3, blob))
            // The first that is taken opens the window.
            let growth = number == 0 ? 100_000 - Credit.initial : 0
            let grant = UInt32(Credit.cost(ofMessage: blob.readableBytes) + growth)
            #expect(try await client.next()?.control == .credit(StreamID(3), grant))
        }
        try await client.send(.data(3, flags: .endOfStream))
        #expect(await client.next()?.type == .response)
        try await client.settle()
    }

    /// A handler that takes nothing: what is kept for it is bounded by its window and one message, in bytes and in messages.
    @Test(arguments: [0, 1000, 60_000])
    func aClientThatIgnoresItsCredit(_ size: Int) async throws {
        let router = EchoService.router { router in
            router.register(EchoService.method("Deaf"), bidirectional: { _, _, _ in try await Task.sleep(for: .seconds(3600)) })
        }
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 0
        let client = try await RawClient(router, wireProtocol: .lots1, limits: limits)
        try await client.send(.request(1, "Deaf", flags: .remoteOpen))
        let allowed = (Credit.initial + Credit.cost(ofMessage: size) - 1) / Credit.cost(ofMessage: size)
        for _ in 0..<allowed { try await client.send(.data(1, ByteBuffer(repeating: 0, count: size))) }
        #expect(try await client.holdings().inboundBytes <= Credit.initial + 2 * Credit.cost(ofMessage: size) + 128)
        #expect(client.takeReceived() == [])
        try await client.send(.data(1, ByteBuffer(repeating: 0, count: size)))
        try await expectFailure(client, 1, .resourceExhausted)
        try await expectAlive(client)
        try await client.settle()
    }

    // MARK: - PING

    @Test func pingsAreAnsweredInOrder() async throws {
        let client = try await RawClient(wireProtocol: .lots1)
        try await client.send(.control(.ping(1)), .control(.ping(.max)), .control(.pong(3)))
        #expect(try await client.next()?.control == .pong(1))
        #expect(try await client.next()?.control == .pong(.max))
        try await expectAlive(client)
    }

    @Test func aFloodOfPingsClosesTheConnection() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let client = try await RawClient(wireProtocol: .lots1, eventLoop: loop)
        for _ in 0..<KeepAlive.pingsPerSecond { try await client.send(.control(.ping(1))) }
        await loop.advanceTime(by: .seconds(1))
        for _ in 0..<KeepAlive.pingsPerSecond { try await client.send(.control(.ping(1))) }
        for _ in 0..<2 * KeepAlive.pingsPerSecond { #expect(try await client.next()?.control == .pong(1)) }
        try await client.send(.control(.ping(1)))
        #expect(
            try await client.next()?.control == .goAway(lastID: .connection, reason: "more than 100 PINGs within a second"))
        #expect(await client.next() == nil)
    }

    /// Who does not read what is sent gets no PONGs either: they would pile up.
    @Test func pongsNobodyReadsAreNotKept() async throws {
        var limits = ConnectionLimits()
        limits.connectionOutboundBytes = 100
        let client = try await RawClient(wireProtocol: .lots1, limits: limits)
        _ = try await client.onLoop { $1.holdsBack = true }
        for _ in 0..<50 { try await client.send(.control(.ping(1))) }
        #expect(client.takeReceived().count == 6)
        _ = try await client.onLoop { $1.letGo() }
        try await expectAlive(client)
    }

    @Test func aSilentClientIsPingedThenItsCallsAreCancelled() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let client = try await RawClient(wireProtocol: .lots1, eventLoop: loop)
        try await client.send(.request(1, "Forever"))
        await loop.advanceTime(by: .seconds(30))
        #expect(try await client.next()?.control == .ping(1))
        await loop.advanceTime(by: .seconds(2))
        try await client.send(.control(.pong(1)))
        #expect(try await client.onLoop { server, _ in server.roundTripTime } == .seconds(2))
        await loop.advanceTime(by: .seconds(30))
        #expect(try await client.next()?.control == .ping(2))
        await loop.advanceTime(by: .seconds(20))
        #expect(await client.next() == nil)
        try await client.settle()
    }

    @Test func aPlainClientIsNotPinged() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let client = try await RawClient(eventLoop: loop)
        await loop.advanceTime(by: .hours(1))
        try await expectAlive(client)
    }

    /// A client that sends PINGs, or answers the server's, does not use its connection by that.
    @Test(arguments: [true, false])
    func signsOfLifeAreNotUse(_ clientPings: Bool) async throws {
        let loop = NIOAsyncTestingEventLoop()
        var limits = ConnectionLimits()
        limits.pingInterval = clientPings ? .hours(1) : .seconds(1)
        limits.pingTimeout = .seconds(1)
        let client = try await RawClient(wireProtocol: .lots1, limits: limits, eventLoop: loop)
        try await expectAlive(client)
        for number in 1...5 as ClosedRange<UInt64> {
            #expect(try await client.onLoop { server, _ in !server.isIdle(for: .seconds(5)) })
            await loop.advanceTime(by: .seconds(1))
            if clientPings {
                try await client.send(.control(.ping(number)))
                #expect(try await client.next()?.control == .pong(number))
            } else {
                #expect(try await client.next()?.control == .ping(number))
                try await client.send(.control(.pong(number)))
            }
        }
        #expect(try await client.onLoop { server, _ in server.isIdle(for: .seconds(5)) })
        _ = try await client.onLoop { server, _ in server.closeIdle() }
        await loop.run()
        guard case .goAway(_, let reason) = try await client.next()?.control else { return #expect(Bool(false), "no GOAWAY") }
        #expect(reason.contains("was not used"))
        #expect(await client.next() == nil)
    }

    // MARK: - GOAWAY

    @Test func drainAnnouncesTheLastCallAndFinishesIt() async throws {
        let client = try await RawClient(wireProtocol: .lots1)
        try await client.send(.request(1, "Collect", flags: .remoteOpen), .request(3, "Unary", payload: message))
        #expect(await client.next() == .response(3, message))
        _ = try await client.onLoop { server, _ in
            server.drain()
            server.drain()
        }
        guard case .goAway(StreamID(3), _) = try await client.next()?.control else {
            Issue.record("no GOAWAY")
            return
        }
        try await client.send(.request(5, "Unary", payload: message), .data(1, message), .control(.ping(9)))
        #expect(try await client.next()?.control == .pong(9))
        try await client.send(.data(1, flags: .endOfStream))
        #expect(await client.next() == .response(1, message))
        #expect(await client.next() == nil)
    }

    @Test func drainOfAnUnusedConnectionClosesIt() async throws {
        let client = try await RawClient(wireProtocol: .lots1)
        _ = try await client.onLoop { server, _ in server.drain() }
        guard case .goAway(.connection, _) = try await client.next()?.control else {
            Issue.record("no GOAWAY")
            return
        }
        #expect(await client.next() == nil)
    }

    @Test(arguments: WireProtocol.allCases)
    func stoppingAnswersEveryCall(_ wireProtocol: WireProtocol) async throws {
        let client = try await RawClient(wireProtocol: wireProtocol)
        try await client.send(.request(1, "Forever"), .request(3, "Expand", payload: EchoMessage(number: 0).encoded))
        #expect(await client.next() == .data(3, flags: .endOfStream))
        // A handler that does not heed its cancellation must not hold the connection.
        _ = try await client.onLoop { server, wire in
            wire.holdsBack = true
            server.stop()
        }
        if wireProtocol == .lots1 {
            guard case .goAway(StreamID(3), _) = try await client.next()?.control else {
                Issue.record("no GOAWAY")
                return
            }
        }
        try await expectFailure(client, 1, .unavailable)
        #expect(client.takeReceived() == [])
        _ = try await client.onLoop { $1.letGo() }
        #expect(await client.next() == nil)
        try await client.settle()
    }

    /// What has arrived is answered, and the client learns that the conversation was cut short.
    @Test(arguments: WireProtocol.allCases)
    func aConversationThatEndsAtDrain(_ wireProtocol: WireProtocol) async throws {
        let router = EchoService.router { router in
            router.register(
                EchoService.method("UntilDrain"),
                bidirectional: { messages, writer, context in
                    try await context.endingAtDrain(messages) {
                        for try await message in messages { try await writer.write(message) }
                    }
                })
        }
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 0
        let client = try await RawClient(router, wireProtocol: wireProtocol, limits: limits)
        // One whose client ends it itself, one that drain cuts short.
        try await client.send(.request(1, "UntilDrain", flags: .remoteOpen), .data(1, flags: .endOfStream))
        #expect(await client.next() == .data(1, flags: .endOfStream))
        try await client.send(.request(3, "UntilDrain", flags: .remoteOpen), .data(3, message))
        #expect(await client.next() == .data(3, message))
        _ = try await client.onLoop { server, _ in
            var bytes = ByteBuffer()
            bytes.writeFrame(.data(3, message))
            server.receive(bytes)
            server.drain()
        }
        if wireProtocol == .lots1 { #expect(await client.next()?.type == .goAway) }
        #expect(await client.next() == .data(3, message))
        try await expectFailure(client, 3, .unavailable)
        #expect(await client.next() == nil)
        try await client.settle()
    }

    // MARK: - Trailers

    private func trailing(_ wireProtocol: WireProtocol) async throws -> RawClient {
        let router = EchoService.router { router in
            router.register(
                EchoService.method("T"),
                unary: { payload, context in
                    try context.setTrailers(["lost": "1"])
                    try context.setTrailers(["k": "v", "k": "ö"])
                    if payload.readableBytes == 0 { throw Status(.aborted, "no") }
                    return payload
                })
            router.register(
                EchoService.method("S"),
                serverStreaming: { payload, writer, context in
                    try context.setTrailers(["k": "v", "k": "ö"])
                    try await writer.write(payload)
                })
            router.register(
                EchoService.method("Bad"),
                unary: { payload, context in
                    try context.setTrailers(["k": payload.readableBytes == 0 ? "\0" : String(repeating: "x", count: 20_000)])
                    return payload
                })
        }
        return try await RawClient(router, wireProtocol: wireProtocol)
    }

    @Test func trailersComeWithTheEndOfACall() async throws {
        let client = try await trailing(.lots1)
        let trailers: Metadata = ["k": "v", "k": "ö"]
        try await client.send(.request(1, "T", payload: message))
        #expect(await client.next()?.body == ByteBuffer(responseWith: message, trailers: trailers))
        try await client.send(.request(3, "T"))
        let failure = try ResponseEnvelope(decoding: try #require(await client.next()).body)
        #expect(failure == ResponseEnvelope(failure: Status(.aborted, "no"), payload: ByteBuffer(), trailers: trailers))
        try await client.send(.request(5, "S", payload: message))
        #expect(await client.next() == .data(5, message))
        let end = try #require(await client.next())
        #expect(end.type == .response)
        #expect(end.body == ByteBuffer(responseWith: ByteBuffer(), trailers: trailers))
        try await client.settle()
        #expect(client.takeReceived() == [])
    }

    @Test func aPlainClientGetsNoTrailers() async throws {
        let client = try await trailing(.ttrpc)
        try await client.send(.request(1, "T", payload: message))
        #expect(await client.next() == .response(1, message))
        try await client.send(.request(3, "T"))
        #expect(await client.next() == .failure(3, Status(.aborted, "no")))
        try await client.send(.request(5, "S", payload: message))
        #expect(await client.next() == .data(5, message))
        #expect(await client.next() == .data(5, flags: .endOfStream))
    }

    @Test func trailersAreBounded() async throws {
        let client = try await trailing(.lots1)
        try await client.send(.request(1, "Bad"))
        try await expectFailure(client, 1, .invalidArgument)
        try await client.send(.request(3, "Bad", payload: message))
        try await expectFailure(client, 3, .resourceExhausted)
    }

    // MARK: - Broken rules

    @Test(arguments: ControlFrameTests.malformed + [try Frame.control(.goAway(lastID: StreamID(1), reason: ""))])
    func aFrameThatBreaksTheRulesClosesTheConnectionWithAReason(_ frame: Frame) async throws {
        let client = try await RawClient(wireProtocol: .lots1)
        try await client.send(.request(1, "Forever"))
        try await client.send(frame, .request(3, "Unary", payload: message))
        guard case .goAway(StreamID(1), let reason) = try await client.next()?.control else {
            Issue.record("no GOAWAY")
            return
        }
        #expect(!reason.isEmpty)
        #expect(await client.next() == nil)
        try await client.settle()
    }

    @Test func lengthOfFourBytesClosesTheConnectionWithAReason() async throws {
        let client = try await RawClient(wireProtocol: .lots1)
        try await client.send(ByteBuffer(hex: "01000000000000010300"))
        guard case .goAway(.connection, _) = try await client.next()?.control else {
            Issue.record("no GOAWAY")
            return
        }
        #expect(await client.next() == nil)
    }

    /// Valid frames of all types with bytes changed, cut out, doubled: no crash, no stream ended more often than begun, nothing left.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func mutations(_ seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        var valid = ByteBuffer()
        for frame in [
            Frame.request(1, "Bidi", flags: .remoteOpen), .data(1, message), try .control(.ping(1)), .request(3, "Forever"),
            try .control(.cancel(StreamID(3))), .request(5, "Expand", payload: EchoMessage(number: 5, blob: [1, 2]).encoded),
            try .control(.credit(StreamID(1), 1000)), try .control(.credit(StreamID(5), 70_000)), try .control(.pong(9)),
            .data(1, flags: .endOfStream), .request(7, "Collect", flags: .remoteOpen), .data(7, message),
            try .control(.cancel(StreamID(7))), .request(9, "Unary", payload: message),
        ] {
            valid.writeFrame(frame)
        }
        for _ in 0..<300 {
            let client = try await RawClient(wireProtocol: .lots1)
            let bytes = random.mutate(Array(valid.readableBytesView))
            try await client.send(ByteBuffer(bytes: bytes))
            try await client.disconnect()
            try await client.settle()
            let ends = client.takeReceived().filter { $0.type == .response || ($0.type == .data && $0.flags == .endOfStream) }
                .map(\.streamID)
            let beginnings = FrameDecoder.requests(in: bytes)
            for id in Set(ends) { #expect(ends.count { $0 == id } <= beginnings.count { $0 == id }) }
        }
    }
}

extension ByteBuffer {
    init(responseWith payload: ByteBuffer, trailers: Metadata) {
        self.init()
        writeResponse(payload, trailers: trailers, streamID: StreamID(1))
        moveReaderIndex(forwardBy: FrameHeader.byteCount)
    }
}
