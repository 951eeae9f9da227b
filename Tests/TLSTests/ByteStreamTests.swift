import NIOCore
import NIOEmbedded
import SeededRandom
import TestSupport
import Testing

@testable import TLS

@Suite struct ByteStreamTests {
    private func open(echoes: Bool = false) async throws -> (TLSContext, TLSContext) {
        let pki = try await DevelopmentPKI.current
        return (try pki.client(), try pki.server())
    }

    private func pattern(_ count: Int) -> ByteBuffer {
        var generator = SplitMix64(seed: UInt64(count))
        var buffer = ByteBuffer()
        while buffer.readableBytes < count {
            buffer.writeInteger(generator.next())
        }
        return buffer.getSlice(at: 0, length: count) ?? ByteBuffer()
    }

    @Test("What goes in comes out, whatever the sizes", arguments: [1, 16_383, 16_384, 16_385, 65_536, 65_537, 1_000_003])
    func transfer(size: Int) async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server, echoes: true)
        try joined.pump()
        let sent = pattern(size)
        joined.client.channel.writeAndFlush(sent, promise: nil)
        try joined.pump()
        #expect(joined.server.record.plaintext == sent)
        #expect(joined.client.record.plaintext == sent)
        #expect(joined.server.record.reads.allSatisfy { $0 <= 65_536 })
        #expect(joined.server.record.reads.count <= size / 65_536 + 1)
    }

    @Test("Ciphertext may arrive in pieces of any size", arguments: [1, 5, 1_000, 16_385])
    func pieces(size: Int) async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        let sent = pattern(40_000)
        joined.client.channel.writeAndFlush(sent, promise: nil)
        for var bytes in try joined.client.takeWrites() {
            while let piece = bytes.readSlice(length: min(size, max(bytes.readableBytes, 1))) { joined.server.receive(piece) }
        }
        #expect(joined.server.record.plaintext == sent)
        #expect(!joined.server.record.reads.contains(0))
    }

    @Test("All writes up to a flush become one record and one write")
    func coalescing() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        for number in 0..<100 {
            joined.client.write("message \(number);", flush: false)
        }
        #expect(try joined.client.takeWrites().isEmpty)
        joined.client.channel.flush()
        let writes = try joined.client.takeWrites()
        let plaintext = (0..<100).map { "message \($0);" }.joined()
        #expect(writes.map(\.readableBytes) == [plaintext.utf8.count + 22], "one record: header, content type and tag")
        for bytes in writes { joined.server.receive(bytes) }
        #expect(String(buffer: joined.server.record.plaintext) == plaintext)
        #expect(joined.server.record.reads.count == 1)
        joined.client.channel.flush()
        #expect(try joined.client.takeWrites().isEmpty, "a flush of nothing sends nothing")
    }

    @Test("A flush of many records is one write, and so is what they decrypt to")
    func oneWritePerFlush() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        for size in [10_000, 10_000, 20_000, 3] {
            joined.client.channel.write(pattern(size), promise: nil)
        }
        joined.client.channel.flush()
        let writes = try joined.client.takeWrites()
        #expect(writes.count == 1)
        for bytes in writes { joined.server.receive(bytes) }
        #expect(joined.server.record.reads == [40_003])
    }

    @Test("Much unflushed data is passed down, where it counts for the channel's writability; nothing is sent before the flush")
    func backPressure() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        let below = OutboundRecorder()
        try joined.client.channel.pipeline.syncOperations.addHandler(below, position: .first)
        for _ in 0..<20 {
            _ = joined.client.send(pattern(10_000), flush: false)
        }
        #expect(below.writtenByteCount > 100_000)
        #expect(try joined.client.takeWrites().isEmpty)
        joined.client.channel.flush()
        #expect(below.writtenByteCount > 200_000)
        for bytes in try joined.client.takeWrites() { joined.server.receive(bytes) }
        #expect(joined.server.record.plaintext.readableBytes == 200_000)
    }

    @Test("Each write's promise is kept when its bytes are sent, also for nothing")
    func promises() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        let first = joined.client.send(ByteBuffer(string: "a"), flush: false)
        let second = joined.client.send(ByteBuffer(string: "b"), flush: false)
        #expect(!first.isDone && !second.isDone)
        joined.client.channel.flush()
        #expect(first.isDone && second.isDone)
        let nothing = joined.client.send(ByteBuffer())
        #expect(nothing.isDone)
    }

    @Test("Writes before the end of the handshake are held, in order")
    func earlyWrites() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        let done = joined.client.send(ByteBuffer(string: "early "), flush: false)
        joined.client.write("bird")
        #expect(!done.isDone)
        try joined.pump()
        #expect(done.isDone)
        #expect(String(buffer: joined.server.record.plaintext) == "early bird")
    }

    @Test("More than the bound before the end of the handshake is an error that closes")
    func earlyWritesBound() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        let fits = joined.client.send(pattern(TLSHandler.maximumHeldLength))
        #expect(joined.client.channel.isActive)
        let tooMuch = joined.client.send(ByteBuffer(string: "x"))
        #expect(!joined.client.channel.isActive)
        #expect(fits.error is TLSError)
        #expect(tooMuch.error is TLSError)
        #expect(joined.client.record.codes == [.bufferFull])
    }

    @Test("A close sends what is pending and close_notify; the peer sees a clean end")
    func close() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        let last = joined.client.send(ByteBuffer(string: "last words"), flush: false)
        let closed = joined.client.close()
        #expect(last.isDone && closed.isDone)
        let again = joined.client.close()
        #expect(again.isDone)
        let late = joined.client.send(ByteBuffer(string: "too late"))
        #expect(late.error is ChannelError)
        try joined.pump()
        #expect(String(buffer: joined.server.record.plaintext) == "last words")
        #expect(joined.server.record.errors.isEmpty && joined.client.record.errors.isEmpty)
        #expect(joined.server.record.events.suffix(2).contains(.inactive))
        #expect(!joined.server.channel.isActive)
    }

    @Test("A stream that ends without close_notify is reported as truncated", arguments: [true, false])
    func truncation(byEvent: Bool) async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        let promise = joined.server.send(ByteBuffer(string: "unflushed"), flush: false)
        if byEvent {
            joined.server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            joined.server.channel.pipeline.fireChannelInactive()
        }
        #expect(joined.server.record.codes == [.truncated])
        #expect(joined.server.record.events.contains(.inactive))
        #expect(promise.error is ChannelError)
    }

    @Test("A stream that ends during the handshake is a failed handshake")
    func endDuringHandshake() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        let promise = joined.client.send(ByteBuffer(string: "held"))
        joined.client.channel.pipeline.fireChannelInactive()
        #expect(joined.client.record.codes == [.handshakeFailed])
        #expect(promise.error is ChannelError)
    }

    @Test("A connection that has ended leaves nothing behind", arguments: [true, false])
    func lifetime(isClean: Bool) async throws {
        let (client, server) = try await open()
        weak var engineOwner: TLSHandler?
        weak var protocolHandler: RecordingHandler?
        do {
            let joined = try JoinedChannels(client: client, server: server)
            try joined.pump()
            engineOwner = try joined.server.channel.pipeline.syncOperations.handler(type: TLSHandler.self)
            protocolHandler = try joined.server.channel.pipeline.syncOperations.handler(type: RecordingHandler.self)
            #expect(engineOwner != nil && protocolHandler != nil)
            if isClean {
                _ = joined.client.close()
            } else {
                joined.server.receive(ByteBuffer(string: "not a record"))
            }
            try joined.pump()
        }
        #expect(engineOwner == nil && protocolHandler == nil)
    }

    @Test("Keys are renewed after a number of records without either side noticing")
    func keyUpdate() async throws {
        let (clientContext, serverContext) = try await open()
        let client = try TLSEngine(context: clientContext, serverName: nil, recordsPerKey: 3)
        let server = try TLSEngine(context: serverContext, serverName: nil)
        for _ in 0..<4 {
            _ = try client.handshake()
            server.receive(client.takeOutput())
            _ = try server.handshake()
            client.receive(server.takeOutput())
        }
        var sizes: [Int] = []
        for number in 0..<10 {
            let sent = ByteBuffer(integer: number)
            try client.write(sent)
            let ciphertext = client.takeOutput()
            sizes.append(ciphertext.readableBytes)
            server.receive(ciphertext)
            var received = ByteBuffer()
            #expect(try server.read(into: &received, upTo: 1024) == .needsInput)
            #expect(received == sent)
        }
        #expect(Set(sizes).count == 2, "some writes carry a key update")
        #expect(sizes.filter { $0 > sizes[0] }.count == 3)
    }

    @Test("Without automatic reads, a read that gives no plaintext asks for the next")
    func manualReads() async throws {
        let (client, server) = try await open()
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        let below = OutboundRecorder()
        try joined.server.channel.pipeline.syncOperations.addHandler(below, position: .first)
        joined.client.write("record")
        var bytes = try #require(try joined.client.takeWrites().first)
        let start = bytes.readSlice(length: 7)
        joined.server.receive(try #require(start))
        #expect(below.readCount == 1)
        joined.server.receive(bytes)
        #expect(below.readCount == 1, "now it is the protocol handler's turn to ask")
        #expect(joined.server.record.reads == [6])
    }
}

/// Stands below TLS and counts what reaches the channel.
private final class OutboundRecorder: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var readCount = 0
    private(set) var writtenByteCount = 0

    func read(context: ChannelHandlerContext) {
        readCount += 1
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        writtenByteCount += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }
}
