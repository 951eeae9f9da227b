import CTTRPCMessages
import NIOCore
import Protobuf
import SeededRandom
import TTRPCTestSupport
import Testing

@testable import TTRPC

/// What a server connection does with a client that breaks the rules. Each ends with a call that works, unless the connection is closed.
@Suite(.timeLimit(.minutes(3)))
struct HostileClientTests {
    private let message = EchoMessage(text: "x", number: 1).encoded

    private func expectAlive(_ client: RawClient) async throws {
        try await client.send(.request(101, "Unary", payload: message))
        #expect(await client.next() == .response(101, message))
        try await client.settle()
    }

    private func expectFailure(_ client: RawClient, _ id: UInt32, _ code: Status.Code) async throws {
        let frame = try #require(await client.next())
        #expect(frame.streamID == StreamID(id))
        #expect(try frame.failure?.code == code)
    }

    @Test(arguments: [0, 2] as [UInt32])
    func evenID(_ id: UInt32) async throws {
        let client = try await RawClient()
        try await client.send(.request(id, "Unary", payload: message))
        try await expectFailure(client, id, .invalidArgument)
        try await expectAlive(client)
    }

    @Test func finishedIDsAndOldIDsAreAccepted() async throws {
        let client = try await RawClient()
        for id in [5, 3, 3] as [UInt32] {
            try await client.send(.request(id, "Unary", payload: message))
            #expect(await client.next() == .response(id, message))
        }
    }

    @Test func idInUse() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Forever"), .request(1, "Unary", payload: message))
        try await expectFailure(client, 1, .invalidArgument)
        try await expectAlive(client)
    }

    @Test func dataForNobody() async throws {
        let client = try await RawClient()
        try await client.send(.data(7, message), .data(8, message), .data(0, flags: .endOfStream))
        try await expectAlive(client)
        try await client.send(.data(101, message))
        try await expectAlive(client)
    }

    @Test func dataOnAUnaryCall() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Forever"), .data(1, message), .data(1, message))
        try await expectFailure(client, 1, .invalidArgument)
        try await expectAlive(client)
    }

    @Test func framesOnlyAServerSendsAndUnknownTypes() async throws {
        let client = try await RawClient()
        for type in [0, 2, 4, 5, 6, 7, 8, 9, 0x10, 0xFF] as [UInt8] {
            for id in [0, 1, 2] as [UInt32] {
                try await client.send(Frame(streamID: StreamID(id), type: FrameType(rawValue: type), body: message))
            }
        }
        try await expectAlive(client)
    }

    @Test func unknownFlags() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Unary", payload: message, flags: FrameFlags(rawValue: 0xF8)))
        #expect(await client.next() == .response(1, message))
    }

    @Test func undecodableAndEmptyRequests() async throws {
        let client = try await RawClient()
        try await client.send(Frame(streamID: StreamID(1), type: .request, body: ByteBuffer(hex: "ffffffff")))
        try await expectFailure(client, 1, .invalidArgument)
        try await client.send(Frame(streamID: StreamID(3), type: .request))
        #expect(await client.next() == .failure(3, Status(.invalidArgument, "the Request names no service")))
        try await expectAlive(client)
    }

    @Test func bodyOverTheLimit() async throws {
        let client = try await RawClient()
        var bytes = ByteBuffer()
        bytes.writeFrameHeader(FrameHeader(length: 4_194_305, streamID: StreamID(1), type: .request))
        try await client.send(bytes)
        try await expectFailure(client, 1, .resourceExhausted)
        for _ in 0..<64 { try await client.send(ByteBuffer(repeating: 1, count: 65_536)) }
        try await client.send(ByteBuffer(repeating: 1, count: 1))
        try await expectAlive(client)
    }

    @Test func bodyAtTheLimit() async throws {
        let client = try await RawClient()
        let envelope = Frame.request(1, "Immediate").body.readableBytes + 5
        let payload = ByteBuffer(repeating: 0, count: FrameHeader.largestBody - envelope)
        let request = Frame.request(1, "Immediate", payload: payload)
        #expect(request.body.readableBytes == FrameHeader.largestBody)
        try await client.send(request)
        #expect(await client.next() == .response(1, payload))
    }

    @Test func lengthOfFourBytesClosesTheConnection() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Forever"))
        try await client.send(ByteBuffer(hex: "01000000000000030100"))
        #expect(await client.next() == nil)
        try await client.settle()
    }

    @Test func deadlineThatHasPassed() async throws {
        let client = try await RawClient()
        for (id, method) in zip([1, 3, 5, 7] as [UInt32], ["Unary", "Expand", "Collect", "Bidi"]) {
            try await client.send(.request(id, method, timeout: id == 1 ? -1 : .min))
            try await expectFailure(client, id, .deadlineExceeded)
        }
        try await expectAlive(client)
    }

    @Test(arguments: ["Forever", "Collect", "Bidi"])
    func deadlineOfEachKind(_ method: String) async throws {
        let client = try await RawClient()
        try await client.send(.request(1, method, flags: .remoteOpen, timeout: 1))
        try await expectFailure(client, 1, .deadlineExceeded)
        try await expectAlive(client)
    }

    @Test func hugeTimeoutIsALongTime() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Unary", payload: message, timeout: .max))
        #expect(await client.next() == .response(1, message))
    }

    @Test func endWithABodyIsAMessageThenTheEnd() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Bidi", flags: .remoteOpen), .data(1, message, flags: .remoteClosed), .data(1, message))
        #expect(await client.next() == .data(1, message))
        #expect(await client.next() == .data(1, flags: .endOfStream))
        try await client.send(.request(3, "Bidi", flags: .remoteOpen), .data(3, flags: .remoteClosed))
        #expect(await client.next() == .data(3))
        #expect(await client.next() == .data(3, flags: .endOfStream))
        try await client.send(.request(5, "Bidi", flags: .remoteOpen), .data(5, flags: .noData), .data(5, flags: .endOfStream))
        #expect(await client.next() == .data(5, flags: .endOfStream))
        try await client.settle()
    }

    @Test func firstMessageInTheRequest() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Bidi", payload: message, flags: .remoteOpen), .data(1, flags: .endOfStream))
        #expect(await client.next() == .data(1, message))
        #expect(await client.next() == .data(1, flags: .endOfStream))
    }

    /// Whatever the flags and the payload say; more messages are not delivered.
    @Test(arguments: [[], .remoteClosed, .remoteOpen, [.remoteOpen, .noData]] as [FrameFlags])
    func serverStreamingHasExactlyOneRequest(_ flags: FrameFlags) async throws {
        let router = EchoService.router { router in
            router.register(EchoService.method("Once"), serverStreaming: { payload, writer, _ in try await writer.write(payload) })
        }
        let client = try await RawClient(router)
        for (id, payload) in [(1, ByteBuffer()), (3, message)] as [(UInt32, ByteBuffer)] {
            try await client.send(.request(id, "Once", payload: payload, flags: flags), .data(id, message), .data(id, flags: .endOfStream))
            #expect(await client.next() == .data(id, payload))
            #expect(await client.next() == .data(id, flags: .endOfStream))
        }
        try await client.settle()
    }

    @Test func anUndecodablePayloadNamesItsField() async throws {
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Decode"),
                immediate: { payload, _ in
                    try payload.withUnsafeReadableBytes {
                        try withDecoded(MessageType<Ttrpc__Request>(ttrpc__request__init), from: $0) { _ in ByteBuffer() }
                    }
                })
        }
        let client = try await RawClient(router)
        // metadata { value: bytes that are not UTF-8 }
        try await client.send(.request(1, "Decode", payload: ByteBuffer(hex: "2a031201ff")))
        let status = try #require(await client.next()?.failure)
        #expect(status.code == .invalidArgument)
        #expect(status.message.contains("metadata[0].value"), "\(status)")
        try await expectAlive(client)
    }

    @Test func aMessageOverTheLimitFailsItsStream() async throws {
        var limits = ConnectionLimits()
        limits.messageBytes = 2000
        let client = try await RawClient(limits: limits)
        try await client.send(.request(1, "Collect", flags: .remoteOpen), .data(1, ByteBuffer(repeating: 0, count: 2001)))
        try await expectFailure(client, 1, .resourceExhausted)
        try await client.send(.data(1, ByteBuffer(repeating: 0, count: 2001)), .data(3, ByteBuffer(repeating: 0, count: 2001)))
        try await expectAlive(client)
    }

    /// What one connection holds is missing to all others, and comes back when it closes.
    @Test func bytesOfAllConnectionsAreBounded() async throws {
        let budget = ByteBudget(limit: 5000)
        let (first, second) = (try await RawClient(budget: budget), try await RawClient(budget: budget))
        try await first.send(.request(1, "Forever", payload: ByteBuffer(repeating: 0, count: 3000)))
        try await second.send(.request(1, "Forever", payload: ByteBuffer(repeating: 0, count: 3000)))
        try await expectFailure(second, 1, .resourceExhausted)
        try await expectAlive(second)
        try await first.disconnect()
        try await first.settle()
        #expect(budget.bytesHeld == 0)
        try await second.send(.request(3, "Unary", payload: ByteBuffer(repeating: 0, count: 3000)))
        #expect(await second.next() == .response(3, ByteBuffer(repeating: 0, count: 3000)))
    }

    @Test func handlerErrorsAreNotShown() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Crash"))
        #expect(await client.next() == .failure(1, Status(.internal, "internal error")))
    }

    @Test func tooManyStreams() async throws {
        var limits = ConnectionLimits()
        limits.streams = 2
        let client = try await RawClient(limits: limits)
        try await client.send(.request(1, "Forever"), .request(3, "Bidi", flags: .remoteOpen), .request(5, "Unary", payload: message))
        try await expectFailure(client, 5, .resourceExhausted)
        try await client.send(.data(3, flags: .endOfStream))
        #expect(await client.next() == .data(3, flags: .endOfStream))
        try await client.send(.data(1))
        try await expectFailure(client, 1, .invalidArgument)
        try await expectAlive(client)
    }

    /// The handler takes no message: what is kept for it is bounded, in bytes and in messages.
    @Test(arguments: [0, 1000])
    func messagesNobodyReads(_ size: Int) async throws {
        let router = EchoService.router { router in
            router.register(EchoService.method("Deaf"), bidirectional: { _, _, _ in try await Task.sleep(for: .seconds(3600)) })
        }
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 10_000
        let client = try await RawClient(router, limits: limits)
        try await client.send(.request(1, "Deaf", flags: .remoteOpen))
        for _ in 0..<100 { try await client.send(.data(1, ByteBuffer(repeating: 0, count: size))) }
        try await expectFailure(client, 1, .resourceExhausted)
        try await expectAlive(client)
    }

    @Test func bytesOfTheWholeConnectionAreBounded() async throws {
        var limits = ConnectionLimits()
        limits.connectionInboundBytes = 5000
        let client = try await RawClient(limits: limits)
        try await client.send(.request(1, "Forever", payload: ByteBuffer(repeating: 0, count: 3000)))
        try await client.send(.request(3, "Forever", payload: ByteBuffer(repeating: 0, count: 3000)))
        try await expectFailure(client, 3, .resourceExhausted)
        try await client.send(.data(1))
        try await expectFailure(client, 1, .invalidArgument)
        try await expectAlive(client)
    }

    @Test func disconnectCancelsHandlers() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Forever"), .request(3, "Bidi", flags: .remoteOpen), .request(5, "Collect", flags: .remoteOpen))
        #expect(try await client.holdings().handlers == 3)
        try await client.disconnect()
        try await client.settle()
    }

    /// A client that does not read: writers wait, memory is bounded, and nothing more is read from it.
    @Test func clientThatDoesNotRead() async throws {
        var limits = ConnectionLimits()
        limits.connectionOutboundBytes = 100_000
        let client = try await RawClient(limits: limits)
        _ = try await client.onLoop { $1.holdsBack = true }
        let blob = [UInt8](repeating: 1, count: 10_000)
        try await client.send(.request(1, "Expand", payload: EchoMessage(number: 50, blob: blob).encoded))
        try await eventually { try await client.holdings().parkedWrites }
        #expect(try await client.onLoop { $1.isReading } == false)
        _ = try await client.onLoop { $1.letGo() }
        for number in 1...50 { #expect(await client.next() == .data(1, EchoMessage(number: number, blob: blob).encoded)) }
        #expect(await client.next() == .data(1, flags: .endOfStream))
        #expect(try await client.onLoop { $1.isReading })
        try await client.settle()
    }

    @Test func aWriteThatWaitsCanBeCancelled() async throws {
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Impatient"),
                bidirectional: { messages, writer, _ in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            while true { try await writer.write(ByteBuffer(repeating: 0, count: 600)) }
                        }
                        for try await _ in messages { break }
                        group.cancelAll()
                        await #expect(throws: CancellationError.self) { try await group.waitForAll() }
                    }
                })
        }
        var limits = ConnectionLimits()
        limits.connectionOutboundBytes = 1000
        let client = try await RawClient(router, limits: limits)
        _ = try await client.onLoop { $1.holdsBack = true }
        try await client.send(.request(1, "Impatient", flags: .remoteOpen))
        try await eventually { try await client.holdings().parkedWrites }
        try await client.send(.data(1))
        try await client.settle()
    }

    @Test func disconnectWakesWritersThatWait() async throws {
        var limits = ConnectionLimits()
        limits.connectionOutboundBytes = 1000
        let client = try await RawClient(limits: limits)
        _ = try await client.onLoop { $1.holdsBack = true }
        try await client.send(.request(1, "Expand", payload: EchoMessage(text: String(repeating: "x", count: 600), number: 50).encoded))
        try await eventually { try await client.holdings().parkedWrites }
        try await client.disconnect()
        try await client.settle()
    }

    /// A stream that fills its share waits for the next batch, and an answer of another goes out before the rest of it.
    @Test func greedyStreamDoesNotHoldUpOthers() async throws {
        var limits = ConnectionLimits()
        limits.streamOutboundBytes = 1000
        let client = try await RawClient(limits: limits)
        let greedy = EchoMessage(text: String(repeating: "x", count: 400), number: 1000)
        try await client.send(.request(1, "Expand", payload: greedy.encoded), .request(3, "Unary", payload: message))
        var before = 0
        while let frame = await client.next(), frame.streamID == StreamID(1) { before += 1 }
        #expect(before < 100)
    }

    @Test func drainFinishesCallsThenCloses() async throws {
        let client = try await RawClient()
        try await client.send(.request(1, "Bidi", flags: .remoteOpen))
        _ = try await client.onLoop { server, _ in server.drain() }
        try await client.send(.request(3, "Unary", payload: message), .data(1, message), .data(1, flags: .endOfStream))
        try await expectFailure(client, 3, .unavailable)
        #expect(await client.next() == .data(1, message))
        #expect(await client.next() == .data(1, flags: .endOfStream))
        #expect(await client.next() == nil)
    }

    /// Valid frames with bytes changed, cut out, doubled: no crash, no stream ended more often than begun, nothing left behind.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func mutations(_ seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        var valid = ByteBuffer()
        for step in [Exchange.metadataAndTimeout, .errors, .allStreamingKinds, .abortedByServer, .rustAsyncClient].flatMap(\.steps) {
            if case .client(let hex) = step { valid.writeImmutableBuffer(try ByteBuffer(hex: hex)) }
        }
        for _ in 0..<500 {
            let client = try await RawClient()
            let bytes = random.mutate(Array(valid.readableBytesView))
            try await client.send(ByteBuffer(bytes: bytes))
            try await client.disconnect()
            try await client.settle()
            let ends = client.takeReceived().filter { $0.type == .response || $0.flags == .endOfStream }.map(\.streamID)
            let beginnings = FrameDecoder.requests(in: bytes)
            for id in Set(ends) { #expect(ends.count { $0 == id } <= beginnings.count { $0 == id }) }
        }
    }

}

extension FrameDecoder {
    /// The streams that these bytes open, with a whole frame or the header of one too long.
    static func requests(in bytes: [UInt8]) -> [StreamID] {
        var decoder = FrameDecoder()
        decoder.append(ByteBuffer(bytes: bytes))
        var ids: [StreamID] = []
        do throws(FrameDecoder.ProtocolViolation) {
            while let output = try decoder.next() {
                switch output {
                case .frame(let frame) where frame.type == .request: ids.append(frame.streamID)
                case .oversized(let header) where header.type == .request: ids.append(header.streamID)
                case .frame, .oversized: break
                }
            }
        } catch {
            // What came before the violation counts.
        }
        return ids
    }
}

extension SplitMix64 {
    /// The same bytes with a few changed, cut out or doubled.
    mutating func mutate(_ valid: [UInt8]) -> [UInt8] {
        var bytes = valid
        for _ in 0..<Int.random(in: 1...8, using: &self) {
            let index = bytes.indices.randomElement(using: &self) ?? 0
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...20, using: &self)))
            default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 30)], at: index)
            }
            if bytes.isEmpty { bytes = [0] }
        }
        return bytes
    }
}
