import NIOCore
import NIOPosix
import Synchronization
import TLS
import TTRPC
import TTRPCOverTLS
import TTRPCTestSupport
import TestSupport
import Testing

/// What only a server with sockets has: connections, their bounds and its end.
@Suite(.timeLimit(.minutes(3)))
struct ServerTests {
    private let message = EchoMessage(text: "hej").encoded

    private func configuration(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
        var configuration = ServerConfiguration.patient
        change(&configuration)
        return configuration
    }

    /// A plain TCP connection that never says anything.
    private func connectSilently(_ server: Server) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: server.port).get()
    }

    @Test func connectionsAreBounded() async throws {
        try await withServer(EchoService.router(), configuration { $0.connections = 1 }) { server in
            let first = try await connect(to: server)
            await #expect(throws: (any Error).self) { try await connect(to: server) }
            #expect(try await first.unary(EchoService.method("Unary"), message) == message)
            first.close()
            try await eventually { server.connectionCount == 0 }
            let second = try await connect(to: server)
            #expect(try await second.unary(EchoService.method("Unary"), message) == message)
            second.close()
        }
    }

    @Test func connectionsOfAnOrganisationAreBounded() async throws {
        try await withServer(EchoService.router(), configuration { $0.connectionsPerOrganisation = 1 }) { server in
            let first = try await connect(to: server)
            _ = try await first.unary(EchoService.method("Unary"), message)
            let second = try await connect(to: server)
            await #expect { _ = try await second.unary(EchoService.method("Unary"), message) } throws: {
                ($0 as? Status)?.code == .unavailable
            }
            let other = try await connect(to: server, as: "clients/jouren/farsta")
            #expect(try await other.unary(EchoService.method("Unary"), message) == message)
            for client in [first, second, other] { client.close() }
        }
    }

    @Test func aStrangerIsRefused() async throws {
        try await withServer { server in
            let stranger = try await connect(to: server, as: "foreign/clients/polisen/region-syd")
            await #expect { _ = try await stranger.unary(EchoService.method("Unary"), message) } throws: {
                ($0 as? Status)?.code == .unauthenticated && "\($0)".contains("unknown CA")
            }
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func aHandshakeThatDoesNotBeginIsEnded() async throws {
        try await withServer(EchoService.router(), configuration { $0.handshakeTimeout = .milliseconds(50) }) { server in
            let channel = try await connectSilently(server)
            try await channel.closeFuture.get()
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func anIdleConnectionIsClosedAndABusyOneIsNot() async throws {
        try await withServer(EchoService.router(), configuration { $0.idleTimeout = .seconds(2) }) { server in
            let busy = try await connect(to: server)
            try await busy.bidirectional(EchoService.method("Bidi")) { writer, responses in
                let idle = try await connect(to: server)
                try await eventually { server.connectionCount == 2 }
                try await eventually { server.connectionCount == 1 }
                await #expect(throws: Status.self) { _ = try await idle.unary(EchoService.method("Unary"), message) }
                try await writer.write(message)
                var responses = responses.makeAsyncIterator()
                #expect(try await responses.next() == message)
            }
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func stoppingLetsCallsFinish() async throws {
        let context = try await DevelopmentPKI.current.server { $0.applicationProtocols = WireProtocol.names }
        let server = try await Server.bind(
            .patient, router: EchoService.router(), context: { context }, logger: .silent)
        async let running: Void = server.run()
        let client = try await connect(to: server)
        let silent = try await connectSilently(server)
        try await client.bidirectional(EchoService.method("Bidi")) { writer, responses in
            var responses = responses.makeAsyncIterator()
            try await writer.write(message)
            #expect(try await responses.next() == message)
            server.stop()
            try await silent.closeFuture.get()
            await #expect { _ = try await client.unary(EchoService.method("Unary"), message) } throws: {
                ($0 as? Status)?.code == .unavailable
            }
            try await writer.write(message)
            #expect(try await responses.next() == message)
            writer.finish()
            #expect(try await responses.next() == nil)
        }
        try await running
        #expect(server.connectionCount == 0)
        await #expect(throws: (any Error).self) { try await connect(to: server) }
    }

    @Test func stoppingDoesNotWaitForever() async throws {
        let context = try await DevelopmentPKI.current.server { $0.applicationProtocols = WireProtocol.names }
        let server = try await Server.bind(
            configuration { $0.stopTimeout = .milliseconds(50) }, router: EchoService.router(), context: { context }, logger: .silent)
        async let running: Void = server.run()
        let client = try await connect(to: server)
        async let call = client.unary(EchoService.method("Forever"), message)
        try await eventually { client.connection.holdings.streams == 1 }
        server.stop()
        do {
            _ = try await call
            Issue.record("the call has been answered")
        } catch let status as Status {
            #expect(status.code == .unavailable)
        }
        try await running
    }

    /// A client that sends nothing more and would still read: there is no half of a connection.
    @Test func aHalfClosedConnectionIsClosed() async throws {
        let started = Mutex(false)
        let cancelled = Mutex(false)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Wait"),
                unary: { payload, _ in
                    started.withLock { $0 = true }
                    defer { cancelled.withLock { $0 = Task.isCancelled } }
                    try await Task.sleep(for: .seconds(3600))
                    return payload
                })
        }
        try await withServer(router) { server in
            let context = try await DevelopmentPKI.current.client { $0.applicationProtocols = WireProtocol.names }
            let request = ByteBuffer.request(1, EchoService.method("Wait"))
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try TLSHandler(context: context, serverName: nil, handshakeTimeout: .patient) { channel, _, _ in
                            channel.writeAndFlush(request, promise: nil)
                        }
                        try channel.pipeline.syncOperations.addHandlers([SocketEnd(), tls])
                    }
                }
                .connect(host: "127.0.0.1", port: server.port).get()
            try await eventually { started.withLock { $0 } }
            try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.context(handlerType: SocketEnd.self).close(mode: .output, promise: nil)
            }.get()
            try await eventually { cancelled.withLock { $0 } }
            try await eventually { server.connectionCount == 0 }
        }
    }

    /// A client that stops reading its socket: the server's writers wait, other connections work.
    @Test func aClientThatDoesNotReadItsSocket() async throws {
        let written = Mutex(0)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Flood"),
                serverStreaming: { _, writer, _ in
                    let block = ByteBuffer(repeating: 1, count: 100_000)
                    for _ in 0..<1000 {
                        try await writer.write(block)
                        written.withLock { $0 += 1 }
                    }
                })
        }
        try await withServer(router) { server in
            let context = try await DevelopmentPKI.current.client()
            let request = ByteBuffer.request(1, EchoService.method("Flood"))
            // Reads by hand, and stops after the handshake.
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try TLSHandler(context: context, serverName: nil, handshakeTimeout: .patient) { channel, _, _ in
                            channel.writeAndFlush(request, promise: nil)
                            channel.setOption(.autoRead, value: false).whenFailure { _ in }
                        }
                        try channel.pipeline.syncOperations.addHandler(tls)
                    }
                }
                .connect(host: "127.0.0.1", port: server.port).get()
            try await eventually { written.withLock { $0 } > 0 }
            let other = try await connect(to: server)
            for _ in 0..<100 { #expect(try await other.unary(EchoService.method("Unary"), message) == message) }
            #expect(written.withLock { $0 } < 1000)
            other.close()
            try await channel.close()
            try await eventually { server.connectionCount == 0 }
        }
    }
}

/// Stands below TLS, where the socket can be closed in one direction.
private final class SocketEnd: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
}

extension ByteBuffer {
    /// A whole Request frame without a payload; both names shorter than 128 bytes.
    static func request(_ id: UInt32, _ method: MethodName) -> ByteBuffer {
        var body = ByteBuffer()
        for (tag, text) in [(0x0A, method.service), (0x12, method.method)] as [(UInt8, String)] {
            body.writeMultipleIntegers(tag, UInt8(text.utf8.count))
            body.writeString(text)
        }
        var frame = ByteBuffer()
        frame.writeFrameHeader(FrameHeader(length: UInt32(body.readableBytes), streamID: StreamID(id), type: .request))
        frame.writeImmutableBuffer(body)
        return frame
    }
}
