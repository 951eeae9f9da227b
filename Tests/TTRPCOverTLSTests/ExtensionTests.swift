import NIOCore
import NIOPosix
import Synchronization
import TLS
import TTRPC
import TTRPCOverTLS
import TTRPCTestSupport
import TestSupport
import Testing

/// `lots/1` from end to end: negotiated, used, and not used with a peer that does not speak it.
@Suite(.timeLimit(.minutes(3)))
struct ExtensionTests {
    private let message = EchoMessage(text: "hej", number: 7).encoded
    static let extended = [Transport.inProcess, .tls]

    // MARK: - Negotiation

    @Test(
        arguments: [
            (["lots/1", "ttrpc"], ["lots/1", "ttrpc"], .lots1),
            (["ttrpc", "lots/1"], ["lots/1", "ttrpc"], .lots1),
            (["lots/2", "lots/1"], ["lots/1", "ttrpc"], .lots1),
            (["ttrpc"], ["lots/1", "ttrpc"], .ttrpc),
            ([], ["lots/1", "ttrpc"], .ttrpc),
            (["lots/1", "ttrpc"], ["ttrpc"], .ttrpc),
            (["lots/1", "ttrpc"], [], .ttrpc),
        ] as [([String], [String], WireProtocol)])
    func whatBothSpeakIsUsed(_ offered: [String], _ accepted: [String], _ expected: WireProtocol) async throws {
        let context = try await DevelopmentPKI.current.server { $0.applicationProtocols = accepted }
        try await withServer(context: context) { server in
            let client = try await connect(to: server, offering: offered)
            defer { client.close() }
            #expect(client.connection.wireProtocol == expected)
            try await client.bidirectional(EchoService.method("Bidi")) { writer, responses in
                var responses = responses.makeAsyncIterator()
                for _ in 0..<3 {
                    try await writer.write(message)
                    #expect(try await responses.next() == message)
                }
                writer.finish()
                #expect(try await responses.next() == nil)
            }
            #expect(try await client.unary(EchoService.method("Unary"), message) == message)
        }
    }

    @Test func aPeerThatSpeaksNeitherIsRefused() async throws {
        try await withServer { server in
            _ = await #expect(throws: (any Error).self) { try await connect(to: server, offering: ["h2"]) }
        }
    }

    // MARK: - CANCEL

    @Test(arguments: extended)
    func cancellingTheCallerCancelsTheHandler(_ transport: Transport) async throws {
        let (started, cancelled) = (Counter(), Counter())
        @Sendable func wait() async throws {
            started.add()
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                cancelled.add()
                throw error
            }
        }
        let router = EchoService.router { router in
            router.register(
                EchoService.method("U"),
                unary: { payload, _ in
                    try await wait()
                    return payload
                })
            router.register(EchoService.method("S"), serverStreaming: { _, _, _ in try await wait() })
            router.register(
                EchoService.method("C"),
                clientStreaming: { _, _ in
                    try await wait()
                    return ByteBuffer()
                })
            router.register(EchoService.method("B"), bidirectional: { _, _, _ in try await wait() })
        }
        try await transport.withClient(router) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await client.unary(EchoService.method("U"), message) }
                group.addTask { try await client.serverStreaming(EchoService.method("S"), message) { for try await _ in $0 {} } }
                group.addTask { _ = try await client.clientStreaming(EchoService.method("C")) { _ in } }
                group.addTask { try await client.bidirectional(EchoService.method("B")) { for try await _ in $1 {} } }
                try await eventually { started.value == 4 }
                group.cancelAll()
                while let result = await group.nextResult() { #expect(throws: CancellationError.self) { try result.get() } }
            }
            try await eventually { cancelled.value == 4 }
            #expect(try await client.unary(EchoService.method("Unary"), message) == message)
        }
    }

    // MARK: - CREDIT

    /// The answers of one stream pile up unread: the server waits, nobody is failed, nothing is lost.
    @Test(arguments: extended)
    func aSlowReaderStopsOnlyItsOwnStream(_ transport: Transport) async throws {
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 1 << 20
        try await transport.withClient(limits: limits) { client in
            let flood = EchoMessage(number: 500, blob: [UInt8](repeating: 1, count: 10_000)).encoded
            try await client.serverStreaming(EchoService.method("Expand"), flood) { responses in
                // Who takes the first messages gets the window. It fills up; then it does not grow any more.
                var responses = responses.makeAsyncIterator()
                for number in 1...4 { #expect(try await EchoMessage(decoding: try #require(responses.next())).number == number) }
                try await eventually { client.connection.holdings.inboundBytes >= 1 << 20 }
                for _ in 0..<100 { #expect(try await client.unary(EchoService.method("Unary"), message) == message) }
                #expect(client.connection.holdings.inboundBytes <= (1 << 20) + 11_000)
                var number = 4
                while let response = try await responses.next() {
                    number += 1
                    #expect(try EchoMessage(decoding: response).number == number)
                }
                #expect(number == 500)
            }
            #expect(client.connection.holdings.inboundBytes == 0)
        }
    }

    /// Many streams that nobody reads leave room for the others, on both sides.
    @Test(arguments: extended)
    func manySlowStreamsStopOnlyThemselves(_ transport: Transport) async throws {
        let (mayRead, permit) = AsyncStream.makeStream(of: Void.self)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("LateEcho"),
                bidirectional: { messages, writer, _ in
                    for await _ in mayRead {}
                    for try await message in messages { try await writer.write(message) }
                })
        }
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 1 << 20
        limits.connectionInboundBytes = 5 << 20
        let (streams, count) = (20, 150)
        let block = ByteBuffer(repeating: 1, count: 10_000)
        try await transport.withClient(router, limits: limits) { client in
            let blocked = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<streams {
                    group.addTask {
                        try await client.bidirectional(EchoService.method("LateEcho")) { writer, responses in
                            try await withThrowingTaskGroup(of: Void.self) { group in
                                group.addTask {
                                    for number in 0..<count {
                                        // More than a stream begins with is out: those without a larger window wait.
                                        if number == 6 { blocked.add() }
                                        try await writer.write(block)
                                    }
                                    writer.finish()
                                }
                                var received = 0
                                for try await response in responses {
                                    #expect(response == block)
                                    received += 1
                                }
                                #expect(received == count)
                                try await group.waitForAll()
                            }
                        }
                    }
                }
                try await eventually { blocked.value == streams && client.connection.holdings.parkedWrites }
                for _ in 0..<20 {
                    #expect(try await client.unary(EchoService.method("Unary"), message) == message)
                }
                permit.finish()
                try await group.waitForAll()
            }
            #expect(client.connection.holdings.inboundBytes == 0)
        }
    }

    /// The same with a handler that is slow: the client's writer waits.
    @Test(arguments: extended)
    func aSlowHandlerStopsOnlyItsOwnStream(_ transport: Transport) async throws {
        let (mayRead, permit) = AsyncStream.makeStream(of: Void.self)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Late"),
                clientStreaming: { messages, _ in
                    for await _ in mayRead {}
                    var count = 0
                    for try await _ in messages { count += 1 }
                    return EchoMessage(number: count).encoded
                })
        }
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 1 << 20
        try await transport.withClient(router, limits: limits) { client in
            let written = Counter()
            async let answer = client.clientStreaming(EchoService.method("Late")) { writer in
                for _ in 0..<500 {
                    try await writer.write(ByteBuffer(repeating: 1, count: 10_000))
                    written.add()
                }
            }
            try await eventually { client.connection.holdings.parkedWrites }
            for _ in 0..<100 { #expect(try await client.unary(EchoService.method("Unary"), message) == message) }
            #expect(written.value <= (1 << 20) / 10_000 + 1)
            permit.finish()
            #expect(try await EchoMessage(decoding: answer).number == 500)
        }
    }

    // MARK: - PING

    @Test(arguments: extended)
    func theRoundTripTimeIsMeasured(_ transport: Transport) async throws {
        var limits = ConnectionLimits()
        limits.pingInterval = .milliseconds(5)
        try await transport.withClient(limits: limits) { client in
            try await eventually { client.roundTripTime != nil }
            let time = try #require(client.roundTripTime)
            #expect(time > .zero && time < .seconds(20))
            #expect(try await client.unary(EchoService.method("Unary"), message) == message)
        }
    }

    /// A client whose machine has gone: it says nothing and hears nothing. Its handlers are cancelled.
    @Test func aHalfOpenConnectionIsClosedByTheServer() async throws {
        var configuration = ServerConfiguration.patient
        configuration.limits.pingInterval = .milliseconds(50)
        configuration.limits.pingTimeout = .milliseconds(50)
        let (started, ended) = (Counter(), Counter())
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Wait"),
                unary: { payload, _ in
                    started.add()
                    defer { ended.add() }
                    try await Task.sleep(for: .seconds(3600))
                    return payload
                })
        }
        try await withServer(router, configuration) { server in
            let context = try await DevelopmentPKI.current.client { $0.applicationProtocols = WireProtocol.names }
            let request = ByteBuffer.request(1, EchoService.method("Wait"))
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try TLSHandler(context: context, serverName: nil, handshakeTimeout: .patient) { channel, _, _ in
                            channel.writeAndFlush(request, promise: nil)
                        }
                        try channel.pipeline.syncOperations.addHandler(tls)
                    }
                }
                .connect(host: "127.0.0.1", port: server.port).get()
            try await eventually { started.value == 1 }
            try await eventually { ended.value == 1 }
            try await channel.closeFuture.get()
            try await eventually { server.connectionCount == 0 }
        }
    }

    // MARK: - Trailers

    @Test(arguments: Transport.allCases)
    func trailersReachAPeerThatUnderstandsThem(_ transport: Transport) async throws {
        let router = EchoService.router { router in
            router.register(
                EchoService.method("T"),
                unary: { payload, context in
                    try context.setTrailers(["node": "a"])
                    if payload.readableBytes == 0 { throw Status(.aborted, "no") }
                    return payload
                })
            router.register(
                EchoService.method("S"),
                bidirectional: { messages, writer, context in
                    var count = 0
                    for try await message in messages {
                        try await writer.write(message)
                        count += 1
                    }
                    try context.setTrailers(["count": "\(count)"])
                })
        }
        try await transport.withClient(router) { client in
            let seen = Mutex<[Metadata]>([])
            let options = {
                var options = CallOptions()
                options.onTrailers = { trailers in seen.withLock { $0.append(trailers) } }
                return options
            }()
            #expect(try await client.unary(EchoService.method("T"), message, options: options) == message)
            await #expect(throws: Status(.aborted, "no")) {
                _ = try await client.unary(EchoService.method("T"), ByteBuffer(), options: options)
            }
            try await client.bidirectional(EchoService.method("S"), options: options) { writer, responses in
                try await writer.write(message)
                writer.finish()
                #expect(try await responses.reduce(into: []) { $0.append($1) } == [message])
            }
            let expected: [Metadata] = transport.wireProtocol == .lots1 ? [["node": "a"], ["node": "a"], ["count": "1"]] : []
            #expect(seen.withLock { $0 } == expected)
        }
    }

    // MARK: - GOAWAY

    /// Many callers while the server stops: what it has taken is answered, what it has not taken has not run.
    @Test(arguments: 0..<3)
    func stoppingUnderLoad(_ round: Int) async throws {
        let (ran, answered, notProcessed) = (Counter(), Counter(), Counter())
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Count"),
                unary: { payload, _ in
                    ran.add()
                    for _ in 0..<3 { await Task.yield() }
                    return payload
                })
        }
        let context = try await DevelopmentPKI.current.server { $0.applicationProtocols = WireProtocol.names }
        let server = try await Server.bind(
            .patient, router: router, context: { context }, logger: .silent)
        async let running: Void = server.run()
        let clients = [try await connect(to: server), try await connect(to: server)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<64 {
                group.addTask {
                    while true {
                        let client = clients[number % 2]
                        let result = await Result { try await client.unary(EchoService.method("Count"), message) }
                        guard case .failure(let error) = result else {
                            answered.add()
                            continue
                        }
                        let status = try #require(error as? Status)
                        #expect(status.code == .unavailable)
                        #expect(status.fate == .notProcessed, "\(status)")
                        notProcessed.add()
                        return
                    }
                }
            }
            try await eventually { answered.value > 200 * (round + 1) }
            server.stop()
            try await group.waitForAll()
        }
        try await running
        #expect(notProcessed.value == 64)
        #expect(ran.value == answered.value)
        #expect(clients.allSatisfy { !$0.connection.takesCalls })
    }

    /// At the end of the time for stopping, what still runs gets an answer that says so.
    @Test(arguments: [WireProtocol.names, ["ttrpc"]])
    func whatDoesNotFinishInTimeIsAnswered(_ names: [String]) async throws {
        var configuration = ServerConfiguration.patient
        configuration.stopTimeout = .milliseconds(50)
        let context = try await DevelopmentPKI.current.server { $0.applicationProtocols = WireProtocol.names }
        let server = try await Server.bind(configuration, router: EchoService.router(), context: { context }, logger: .silent)
        async let running: Void = server.run()
        let client = try await connect(to: server, offering: names)
        async let call = client.unary(EchoService.method("Forever"), message)
        try await eventually { client.connection.holdings.streams == 1 }
        _ = try await client.unary(EchoService.method("Unary"), message)
        server.stop()
        do {
            _ = try await call
            Issue.record("the call has been answered")
        } catch let status as Status {
            #expect(status == Status(.unavailable, "the server has stopped before the call was complete"))
            #expect(status.fate == .unknown)
        }
        try await running
    }

    /// An idle connection is not closed under the feet of a caller: he learns first that it takes no more calls.
    @Test func anIdleConnectionSaysThatItCloses() async throws {
        var configuration = ServerConfiguration.patient
        configuration.idleTimeout = .milliseconds(500)
        configuration.limits.pingInterval = .milliseconds(20)
        try await withServer(EchoService.router(), configuration) { server in
            // Pings both ways are not use.
            let client = try await connect(to: server, limits: configuration.limits)
            try await eventually { !client.connection.takesCalls }
            await #expect { _ = try await client.unary(EchoService.method("Unary"), message) } throws: {
                ($0 as? Status)?.fate == .notProcessed
            }
            try await eventually { server.connectionCount == 0 }
        }
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    func add() { count.add(1, ordering: .sequentiallyConsistent) }
}
