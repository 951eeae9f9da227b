import Logging
import NIOCore
import NIOPosix
import Operations
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3))) struct PagesServerTests {
    private func withPages<R>(_ body: (PagesServer) async throws -> R) async throws -> R {
        let server = try await PagesServer.bind(
            host: "127.0.0.1", port: 0,
            pages: ["/live": { Page(text: "live\n") }, "/ready": { Page(isWell: false, text: "stopping\n") }],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            return try await body(server)
        }
    }

    /// What the server sends until it closes.
    private func exchange(_ server: PagesServer, _ request: String) async throws -> String {
        try await connect(server) { channel, text in
            try await channel.writeAndFlush(ByteBuffer(string: request))
            try await channel.closeFuture.get()
            return text.withLock(\.self)
        }
    }

    private func connect<R>(_ server: PagesServer, _ body: (any Channel, borrowing Mutex<String>) async throws -> R) async throws -> R {
        let text = Collected()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(text)) }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        return try await body(channel, text.text)
    }

    @Test func eachPageHasItsStatus() async throws {
        try await withPages { server async throws in
            let live = try await exchange(server, "GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(live.hasPrefix("HTTP/1.1 200 OK\r\n") && live.hasSuffix("\r\n\r\nlive\n"))
            let ready = try await exchange(server, "GET /ready?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(ready.hasPrefix("HTTP/1.1 503 ") && ready.hasSuffix("stopping\n"))
            let head = try await exchange(server, "HEAD /live HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n"))
            #expect(try await exchange(server, "GET /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
            #expect(try await exchange(server, "POST /live HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").hasPrefix("HTTP/1.1 405 "))
        }
    }

    @Test func aRequestThatIsNoneOrTooLongIsNotServed() async throws {
        try await withPages { server async throws in
            #expect(try await exchange(server, "\u{16}\u{3}\u{1} hello\r\n\r\n").contains("200 OK") == false)
            let long = "GET /live HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "x", count: 9_000))\r\n\r\n"
            #expect(try await exchange(server, long) == "")
            #expect(try await exchange(server, "GET /live HTTP/1.1\r\nHost: x\r\n\r\n").contains("200 OK"))
        }
    }

    @Test func connectionsAreBounded() async throws {
        try await withPages { server async throws in
            var silent: [any Channel] = []
            for _ in 0..<32 {
                silent.append(
                    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: server.port)
                        .get())
            }
            let refused = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: server.port).get()
            try await refused.closeFuture.get()
            // The server may have closed some of them for their silence.
            for channel in silent { try? await channel.close() }
            while try await !exchange(server, "GET /live HTTP/1.1\r\nHost: x\r\n\r\n").contains("200 OK") { await Task.yield() }
        }
    }
}

private final class Collected: Sendable {
    let text = Mutex("")
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let collected: Collected

    init(_ collected: Collected) {
        self.collected = collected
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        collected.text.withLock { $0 += String(buffer: unwrapInboundIn(data)) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
