import NIOCore
import NIOEmbedded
import TLS

/// What the handlers above TLS saw on one side, in order.
final class Record {
    enum Event: Equatable {
        case handshake
        case added
        case read(Int)
        case readComplete
        case error
        case inactive
    }

    var events: [Event] = []
    var plaintext = ByteBuffer()
    var errors: [any Error] = []
    var peer: PeerIdentity?
    var applicationProtocol: String?

    var codes: [TLSError.Code] { errors.compactMap { ($0 as? TLSError)?.code } }
    var messages: String { errors.map { ($0 as? TLSError)?.message ?? "\($0)" }.joined(separator: "\n") }
    var reads: [Int] { events.compactMap { if case .read(let count) = $0 { count } else { nil } } }
}

/// Stands where a protocol's handler would stand.
final class RecordingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let record: Record
    private let echoes: Bool
    private let greeting: String?

    init(_ record: Record, echoes: Bool = false, greeting: String? = nil) {
        self.record = record
        self.echoes = echoes
        self.greeting = greeting
    }

    func handlerAdded(context: ChannelHandlerContext) {
        record.events.append(.added)
        if let greeting {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: greeting)), promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        record.events.append(.read(bytes.readableBytes))
        record.plaintext.writeImmutableBuffer(bytes)
        if echoes {
            context.write(wrapOutboundOut(bytes), promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        record.events.append(.readComplete)
        if echoes {
            context.flush()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        record.events.append(.inactive)
    }
}

/// Keeps errors that come up before or after there is a protocol handler.
final class ErrorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let record: Record

    init(_ record: Record) {
        self.record = record
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        record.events.append(.error)
        record.errors.append(error)
    }
}

/// What became of a promise on an embedded loop.
final class Outcome {
    let promise: EventLoopPromise<Void>
    private(set) var result: Result<Void, any Error>?

    init(_ loop: any EventLoop) {
        promise = loop.makePromise()
        promise.futureResult.assumeIsolated().whenComplete { self.result = $0 }
    }

    var isDone: Bool { result != nil }

    var error: (any Error)? {
        if case .failure(let error) = result { error } else { nil }
    }
}

/// One end of a connection in memory.
struct End {
    let channel: EmbeddedChannel
    let record = Record()

    init(
        _ context: TLSContext,
        loop: EmbeddedEventLoop,
        serverName: String? = nil,
        handshakeTimeout: TimeAmount = .seconds(10),
        makeHandler: @escaping (Record) throws -> any ChannelHandler = { RecordingHandler($0) }
    ) throws {
        let record = record
        let handler = try TLSHandler(context: context, serverName: serverName, handshakeTimeout: handshakeTimeout) {
            record.events.append(.handshake)
            record.peer = $1
            record.applicationProtocol = $2
            try $0.pipeline.syncOperations.addHandler(try makeHandler(record))
        }
        channel = EmbeddedChannel(handlers: [handler, ErrorHandler(record)], loop: loop)
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/memory"), promise: nil)
    }

    func write(_ text: String, flush: Bool = true) {
        channel.write(ByteBuffer(string: text), promise: nil)
        if flush { channel.flush() }
    }

    /// Writes with a promise, to look at its outcome.
    func send(_ bytes: ByteBuffer, flush: Bool = true) -> Outcome {
        let outcome = Outcome(channel.eventLoop)
        channel.write(bytes, promise: outcome.promise)
        if flush { channel.flush() }
        return outcome
    }

    func close() -> Outcome {
        let outcome = Outcome(channel.eventLoop)
        channel.close(promise: outcome.promise)
        return outcome
    }

    /// Ciphertext buffers written since the last call, each as one write.
    func takeWrites() throws -> [ByteBuffer] {
        var writes: [ByteBuffer] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
            writes.append(bytes)
        }
        return writes
    }

    func receive(_ bytes: ByteBuffer) {
        guard channel.isActive else { return }
        // Errors are in the record; what is thrown here would be those that passed the end of the pipeline.
        _ = try? channel.writeInbound(bytes)
    }
}

/// A client and a server joined in memory.
struct JoinedChannels {
    let loop = EmbeddedEventLoop()
    let client: End
    let server: End

    init(
        client: TLSContext,
        server: TLSContext,
        serverName: String? = nil,
        echoes: Bool = false
    ) throws {
        self.server = try End(server, loop: loop) { RecordingHandler($0, echoes: echoes) }
        self.client = try End(client, loop: loop, serverName: serverName)
    }

    /// Carries bytes both ways until both are quiet, then the end of the stream from a closed end to the other.
    ///
    /// - Parameter alter: sees each buffer before it arrives.
    func pump(alter: (inout ByteBuffer) -> Void = { _ in }) throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            for (from, to) in [(client, server), (server, client)] {
                for var bytes in try from.takeWrites() {
                    isQuiet = false
                    alter(&bytes)
                    to.receive(bytes)
                }
            }
        }
        for (from, to) in [(client, server), (server, client)] where !from.channel.isActive && to.channel.isActive {
            to.channel.pipeline.fireChannelInactive()
        }
        loop.run()
    }
}
