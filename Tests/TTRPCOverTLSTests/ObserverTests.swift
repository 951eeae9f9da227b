import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TLS
import TTRPC
import TTRPCOverTLS
import TTRPCTestSupport
import TestSupport
import Testing

/// What a server tells of its connections and calls, and each bound as it is told.
@Suite(.timeLimit(.minutes(3))) struct ObserverTests {
    private let message = EchoMessage(text: "hej").encoded

    private func configuration(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
        var configuration = ServerConfiguration.patient
        change(&configuration)
        return configuration
    }

    private func connectSilently(_ server: Server) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: server.port).get()
    }

    @Test func callsBytesAndHandshakesAreTold() async throws {
        let observed = Observed()
        try await withServer(observer: observed) { server in
            let context = try await DevelopmentPKI.current.client()
            let first = try await Client.connect(host: "127.0.0.1", port: server.port, context: context, timeout: .patient)
            #expect(try await first.unary(EchoService.method("Unary"), message) == message)
            _ = await failure { _ = try await first.unary(EchoService.method("Nothing"), message) }
            _ = await failure {
                _ = try await first.unary(EchoService.method("Forever"), message, options: CallOptions(timeout: .milliseconds(1)))
            }
            try await eventually { observed.calls.count == 3 }
            first.close()
            try await eventually { server.connectionCount == 0 }
            let second = try await Client.connect(host: "127.0.0.1", port: server.port, context: context, timeout: .patient)
            #expect(try await second.unary(EchoService.method("Unary"), message) == message)
            second.close()
            try await eventually { server.connectionCount == 0 }
        }
        #expect(observed.handshakes == [.full, .resumed])
        #expect(
            Set(observed.calls) == [
                "\(EchoService.method("Unary")) OK", "none UNIMPLEMENTED", "\(EchoService.method("Forever")) DEADLINE_EXCEEDED",
            ])
        #expect(observed.calls.count == 4)
        #expect(observed.bytes.received > 0 && observed.bytes.sent > 0)
        #expect(observed.refusals == [])
    }

    @Test func aConnectionThatSaysNothingIsEndedBeforeItsHandshakeTime() async throws {
        let observed = Observed()
        let configuration = configuration { $0.firstByteTimeout = .seconds(2) }
        try await withServer(EchoService.router(), configuration, observer: observed) { server in
            // Whoever has begun has the time of the handshake, and afterwards that of an idle connection.
            let client = try await connect(to: server)
            let silent = try await connectSilently(server)
            try await silent.closeFuture.get()
            #expect(try await client.unary(EchoService.method("Unary"), message) == message)
            client.close()
        }
        #expect(observed.refusals == [.firstByte])
        #expect(observed.handshakes == [.full, .timeout])
    }

    @Test func aHandshakeThatStopsInTheMiddleIsEnded() async throws {
        let observed = Observed()
        let configuration = configuration { $0.handshakeTimeout = .milliseconds(50) }
        try await withServer(EchoService.router(), configuration, observer: observed) { server in
            let channel = try await connectSilently(server)
            try await channel.writeAndFlush(ByteBuffer(bytes: [0x16, 3, 1]))
            try await channel.closeFuture.get()
            try await eventually { server.connectionCount == 0 }
        }
        #expect(observed.refusals == [.handshakeTime])
        #expect(observed.handshakes == [.timeout])
    }

    @Test func refusedConnectionsAreTold() async throws {
        let observed = Observed()
        let configuration = configuration {
            $0.connections = 2
            $0.connectionsPerOrganisation = 1
            $0.firstByteTimeout = .minutes(1)
        }
        try await withServer(EchoService.router(), configuration, observer: observed) { server in
            let first = try await connect(to: server)
            _ = try await first.unary(EchoService.method("Unary"), message)
            let second = try await connect(to: server)
            let reason = await failure { _ = try await second.unary(EchoService.method("Unary"), message) }
            #expect(reason?.code == .unavailable && reason?.message.contains("no more than 1") == true)
            try await eventually { server.connectionCount == 1 }
            let silent = try await connectSilently(server)
            try await eventually { server.connectionCount == 2 }
            let refused = try await connectSilently(server)
            try await refused.closeFuture.get()
            try await silent.close()
            first.close()
        }
        #expect(observed.refusals == [.organisationConnections, .connections])
    }

    @Test func anIdleConnectionIsTold() async throws {
        let observed = Observed()
        try await withServer(EchoService.router(), configuration { $0.idleTimeout = .milliseconds(50) }, observer: observed) { server in
            _ = try await connect(to: server)
            try await eventually { server.connectionCount == 0 }
        }
        #expect(observed.refusals == [.idleTime])
    }

    @Test func streamsAndBytesPastTheirBoundAreTold() async throws {
        let observed = Observed()
        let configuration = configuration {
            $0.limits.streams = 1
            $0.limits.messageBytes = 1_024
        }
        try await withServer(EchoService.router(), configuration, observer: observed) { server in
            let client = try await connect(to: server)
            let waiting = Task { try await client.unary(EchoService.method("Forever"), message) }
            try await eventually { client.connection.holdings.streams == 1 }
            #expect(await failure { _ = try await client.unary(EchoService.method("Unary"), message) }?.code == .resourceExhausted)
            let long = EchoMessage(text: String(repeating: "x", count: 2_000)).encoded
            #expect(await failure { _ = try await client.unary(EchoService.method("Unary"), long) }?.code == .resourceExhausted)
            client.close()
            _ = await waiting.result
        }
        #expect(observed.refusals == [.streams, .messageBytes])
    }

    /// The bytes that all connections may hold are shared by them.
    @Test func theBytesOfAllConnectionsAreBounded() async throws {
        let observed = Observed()
        try await withServer(EchoService.router(), configuration { $0.inboundBytes = 3_000 }, observer: observed) { server in
            let clients = [try await connect(to: server), try await connect(to: server)]
            let long = EchoMessage(text: String(repeating: "x", count: 2_000)).encoded
            let holding = Task { try await clients[0].unary(EchoService.method("Forever"), long) }
            try await eventually { server.inboundBytes > 2_000 }
            #expect(await failure { _ = try await clients[1].unary(EchoService.method("Unary"), long) }?.code == .resourceExhausted)
            #expect(try await clients[1].unary(EchoService.method("Unary"), message) == message)
            clients[0].close()
            _ = await holding.result
            try await eventually { server.inboundBytes == 0 }
            #expect(try await clients[1].unary(EchoService.method("Unary"), long) == long)
            clients[1].close()
        }
        #expect(observed.refusals == [.inboundBytes])
    }

    @Test func aRefusedCertificateIsLoggedOnceAPeerAndTime() async throws {
        let log = Log()
        let observed = Observed()
        try await withServer(EchoService.router(), observer: observed, logger: log.logger) { server in
            for _ in 0..<5 {
                let stranger = try await connect(to: server, as: "foreign/clients/polisen/region-syd")
                _ = await failure { _ = try await stranger.unary(EchoService.method("Unary"), message) }
            }
            try await eventually { observed.handshakes.count == 5 }
        }
        #expect(Set(observed.handshakes) == [.refused])
        let notices = log.lines(.notice).filter { $0.contains("a connection failed") }
        // Once in ten seconds, which a busy machine may take.
        #expect((1..<5).contains(notices.count))
        #expect(notices.first?.contains("it says it is spiffe://lots.example/polisen/region-syd") == true, "\(notices)")
        #expect(notices.first?.contains("127.0.0.1") == true)
        #expect(log.lines(.debug).filter { $0.contains("a connection failed") }.count == 5 - notices.count)
    }

    /// As from a service manager that listens before the server runs.
    @Test func aSocketThatListensAlreadyIsUsed() async throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        try #require(status == 0 && listen(descriptor, 16) == 0)
        try await withServer(EchoService.router(), configuration { $0.host = "203.0.113.1" }, socket: descriptor) { server in
            #expect(server.address.ipAddress == "127.0.0.1" && server.port > 0)
            let client = try await connect(to: server)
            #expect(try await client.unary(EchoService.method("Unary"), message) == message)
            client.close()
        }
    }

    private func failure(_ call: () async throws -> Void) async -> Status? {
        do {
            try await call()
            return nil
        } catch {
            return error as? Status ?? Status(.unknown, "\(error)")
        }
    }
}
