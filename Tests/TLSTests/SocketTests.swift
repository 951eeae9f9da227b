import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import TLS

/// The handler on loopback sockets, with itself and with the `openssl` program.
@Suite struct SocketTests {
    /// What a server's connections saw. The results wait until those connections have ended.
    private final class Seen: Sendable {
        private struct State {
            var connections: [any Channel] = []
            var peers: [String] = []
            var messages: [String] = []
        }

        private let state = Mutex(State())

        func add(connection: any Channel) { state.withLock { $0.connections.append(connection) } }
        func add(peer: PeerIdentity) { state.withLock { $0.peers.append(peer.identifier.description) } }
        func add(error: any Error) { state.withLock { $0.messages.append((error as? TLSError)?.message ?? "\(error)") } }

        func peers() async throws -> [String] {
            try await ended()
            return state.withLock { $0.peers }
        }

        func messages() async throws -> [String] {
            try await ended()
            return state.withLock { $0.messages }
        }

        private func ended() async throws {
            for connection in state.withLock({ $0.connections }) {
                try await connection.closeFuture.get()
            }
        }
    }

    /// Runs `body` with an echo server that closes a connection after it has read `echoLimit` bytes. It sends each byte `factor` times.
    private func withServer(
        _ context: TLSContext, echoLimit: Int = .max, factor: Int = 1, _ body: (_ port: Int, _ seen: Seen) async throws -> Void
    ) async throws {
        let seen = Seen()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                seen.add(connection: channel)
                return channel.eventLoop.makeCompletedFuture {
                    let handler = try TLSHandler(context: context, serverName: nil, handshakeTimeout: .seconds(20)) { channel, peer, _ in
                        seen.add(peer: peer)
                        try channel.pipeline.syncOperations.addHandler(EchoHandler(limit: echoLimit, factor: factor))
                    }
                    try channel.pipeline.syncOperations.addHandlers([handler, ErrorCollector { seen.add(error: $0) }])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let result: Result<Void, any Error>
        do {
            try await body(port, seen)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await listener.close()
        try result.get()
    }

    /// Sends `message` at once, collects what comes back until as much as expected (as was sent) came or the connection closed, and closes.
    private func exchange(_ message: ByteBuffer, expecting count: Int? = nil, _ context: TLSContext, port: Int) async throws -> (
        answer: ByteBuffer, errors: [any Error]
    ) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: (ByteBuffer, [any Error]).self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let collector = Collector(message: message, expected: count ?? message.readableBytes, done: done)
                    let handler = try TLSHandler(context: context, serverName: "localhost", handshakeTimeout: .seconds(20)) {
                        channel, _, _ in
                        try channel.pipeline.syncOperations.addHandler(collector)
                    }
                    try channel.pipeline.syncOperations.addHandlers([handler, ErrorCollector { collector.errors.append($0) }])
                    // Also when there never was a handshake.
                    channel.closeFuture.assumeIsolated().whenComplete { _ in collector.finish() }
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let result = try await done.futureResult.get()
        try await channel.closeFuture.get()
        return result
    }

    @Test("Many connections echo through real sockets")
    func echo() async throws {
        let pki = try await DevelopmentPKI.current
        let client = try pki.client()
        try await withServer(pki.server()) { port, seen in
            let message = ByteBuffer(repeating: 0x5a, count: 1_000_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let (answer, errors) = try await exchange(message, client, port: port)
                        #expect(answer == message)
                        #expect(errors.isEmpty, "\(errors)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await seen.peers() == Array(repeating: "spiffe://lots.example/polisen/region-syd", count: 8))
        }
    }

    @Test("A refused client learns why, although it sends at once and the server closes with that unread")
    func refusalArrives() async throws {
        let pki = try await DevelopmentPKI.current
        let client = try pki.client("clients/polisen/revoked")
        let server = try pki.server { $0.revocationListFiles = [pki.path("ca.crl")] }
        try await withServer(server) { port, seen in
            for _ in 0..<20 {
                let (answer, errors) = try await exchange(ByteBuffer(repeating: 1, count: 5_000_000), client, port: port)
                #expect(answer.readableBytes == 0)
                let messages = errors.map { ($0 as? TLSError)?.message ?? "\($0)" }
                #expect(messages == ["the peer ended the connection with the alert \"certificate revoked\""])
            }
            #expect(try await seen.peers() == [])
        }
    }

    @Test("All that was written before a close arrives, although it is more than the socket takes at once")
    func closeAfterMuch() async throws {
        let pki = try await DevelopmentPKI.current
        let client = try pki.client()
        let message = ByteBuffer(repeating: 0x5a, count: 1_000)
        try await withServer(pki.server(), echoLimit: 1_000, factor: 20_000) { port, seen in
            let (answer, errors) = try await exchange(message, expecting: .max, client, port: port)
            #expect(answer.readableBytes == 20_000_000)
            #expect(errors.isEmpty, "\(errors)")
            #expect(try await seen.messages() == [])
        }
    }

    private func openssl(
        _ pki: DevelopmentPKI, port: Int, client: String?, isQuiet: Bool = true, _ arguments: String..., input: String
    ) async throws -> Program.Output {
        let certificate = client.map { ["-cert", pki.path("\($0).crt"), "-key", pki.path("\($0).key")] } ?? []
        let basic =
            ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", pki.path("ca.crt"), "-verify_return_error"]
            + (isQuiet ? ["-quiet"] : [])
        return try await Program.run("openssl", basic + certificate + arguments, input: input)
    }

    @Test("The openssl program with a client certificate is served", arguments: ["-tls1_3", "-no_ticket"])
    func opensslClient(option: String) async throws {
        let pki = try await DevelopmentPKI.current
        try await withServer(pki.server { $0.applicationProtocols = ["lots/1", "ttrpc"] }, echoLimit: 6) { port, seen in
            let client = "clients/jouren/farsta"
            let output = try await openssl(pki, port: port, client: client, "-alpn", "ttrpc", option, input: "hello\n")
            #expect(output.text == "hello\n", "\(output.errors)")
            #expect(output.end == .exit(0), "\(output.errors)")
            #expect(try await seen.peers() == ["spiffe://lots.example/jouren/farsta"])
            #expect(try await seen.messages() == [])
        }
    }

    /// The program keeps a session in a file; what it would send early stays behind.
    @Test("Another implementation continues a session, and never with early data")
    func opensslResumes() async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (session, early) = ("\(folder)/session", "\(folder)/early")
        try Data("hello\n".utf8).write(to: URL(filePath: early))
        try await withServer(pki.server(), echoLimit: 6) { port, seen in
            let client = "clients/jouren/farsta"
            let first = try await openssl(
                pki, port: port, client: client, isQuiet: false, "-tls1_3", "-ign_eof", "-sess_out", session, input: "hello\n")
            #expect(first.text.contains("New, TLSv1.3"), "\(first.text)")
            #expect(first.text.contains("Max Early Data: 0"), "\(first.text)")
            let second = try await openssl(
                pki, port: port, client: client, isQuiet: false, "-tls1_3", "-ign_eof", "-sess_in", session, "-early_data", early,
                input: "hello\n")
            #expect(second.text.contains("Reused, TLSv1.3"), "\(second.text)")
            #expect(second.text.contains("Early data was not sent"), "\(second.text)")
            #expect(try await seen.peers() == Array(repeating: "spiffe://lots.example/jouren/farsta", count: 2))
        }
    }

    @Test("A session of TLS 1.2 is not continued")
    func opensslDoesNotResumeOldSessions() async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let session = "\(folder)/session"
        try await withServer(pki.server { $0.minimumVersion = .tls12 }, echoLimit: 6) { port, _ in
            for option in ["-sess_out", "-sess_in"] {
                let output = try await openssl(
                    pki, port: port, client: "clients/jouren/farsta", isQuiet: false, "-tls1_2", "-ign_eof", option, session,
                    input: "hello\n")
                #expect(output.text.contains("New, TLSv1.2"), "\(output.text)")
            }
        }
    }

    @Test("The openssl program without a client certificate is refused")
    func opensslWithoutCertificate() async throws {
        let pki = try await DevelopmentPKI.current
        try await withServer(pki.server()) { port, seen in
            let output = try await openssl(pki, port: port, client: nil, input: "hello\n")
            #expect(output.text.isEmpty)
            #expect(output.errors.contains("certificate required"), "\(output.errors)")
            #expect(try await seen.peers() == [])
            #expect(try await seen.messages() == ["peer did not return a certificate"])
        }
    }

    @Test("TLS 1.2 is refused by default")
    func opensslOldVersion() async throws {
        let pki = try await DevelopmentPKI.current
        try await withServer(pki.server()) { port, seen in
            let output = try await openssl(pki, port: port, client: "clients/jouren/farsta", "-tls1_2", input: "hello\n")
            #expect(output.text.isEmpty)
            #expect(output.errors.contains("alert protocol version"), "\(output.errors)")
            #expect(try await seen.peers() == [])
        }
    }

    @Test(
        "TLS 1.2 by explicit setting serves authenticated ciphers only",
        arguments: [
            ("ECDHE-ECDSA-AES128-GCM-SHA256", true), ("ECDHE-ECDSA-CHACHA20-POLY1305", true), ("ECDHE-ECDSA-AES128-SHA256", false),
            ("ECDHE-ECDSA-AES256-SHA384", false),
        ])
    func opensslOldVersionAllowed(cipher: String, isServed: Bool) async throws {
        let pki = try await DevelopmentPKI.current
        try await withServer(pki.server { $0.minimumVersion = .tls12 }, echoLimit: 6) { port, seen in
            let client = "clients/jouren/farsta"
            let output = try await openssl(pki, port: port, client: client, "-tls1_2", "-cipher", cipher, input: "hello\n")
            #expect(output.text == (isServed ? "hello\n" : ""), "\(output.errors)")
            #expect(try await seen.peers().count == (isServed ? 1 : 0))
        }
    }

    @Test("TLS 1.2 connections are not renegotiated")
    func opensslRenegotiation() async throws {
        let pki = try await DevelopmentPKI.current
        try await withServer(pki.server { $0.minimumVersion = .tls12 }) { port, seen in
            // Without -quiet, a line "R" is the command to renegotiate.
            let client = "clients/jouren/farsta"
            let output = try await openssl(pki, port: port, client: client, isQuiet: false, "-tls1_2", input: "R\n")
            #expect(output.text.contains("Secure Renegotiation IS supported"))
            #expect(output.errors.contains("no renegotiation"), "\(output.errors)")
            #expect(try await seen.peers().count == 1)
        }
    }
}

private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var rest: Int
    private let factor: Int

    init(limit: Int, factor: Int) {
        rest = limit
        self.factor = factor
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        rest -= bytes.readableBytes
        for _ in 0..<factor {
            context.write(wrapOutboundOut(bytes), promise: nil)
        }
        context.flush()
        if rest <= 0 {
            context.close(promise: nil)
        }
    }
}

private final class ErrorCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let collect: (any Error) -> Void

    init(_ collect: @escaping (any Error) -> Void) {
        self.collect = collect
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        collect(error)
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var errors: [any Error] = []
    private let message: ByteBuffer
    private let expected: Int
    private var answer = ByteBuffer()
    private var done: EventLoopPromise<(ByteBuffer, [any Error])>?

    init(message: ByteBuffer, expected: Int, done: EventLoopPromise<(ByteBuffer, [any Error])>) {
        self.message = message
        self.expected = expected
        self.done = done
    }

    func finish() {
        done?.succeed((answer, errors))
        done = nil
    }

    func handlerAdded(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(message), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        answer.writeImmutableBuffer(unwrapInboundIn(data))
        if answer.readableBytes >= expected {
            context.close(promise: nil)
        }
    }
}
