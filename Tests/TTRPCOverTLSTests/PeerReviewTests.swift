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

/// Connections that are open when their client's certificate is revoked, loses its authority or expires.
@Suite(.timeLimit(.minutes(3)))
struct PeerReviewTests {
    private static let (good, revoked) = ("clients/polisen/region-syd", "clients/polisen/revoked")
    private let message = EchoMessage(text: "hej").encoded

    /// A server on files of its own, whose list names nobody yet.
    private func withFiles(
        connectionsPerOrganisation: Int = 100, _ router: Router = EchoService.router(),
        _ body: (Files, Server, Observed, Log) async throws -> Void
    ) async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = try await Files(pki: pki, folder: folder)
        let (observed, log) = (Observed(), Log())
        var configuration = ServerConfiguration.patient
        configuration.connectionsPerOrganisation = connectionsPerOrganisation
        let credentials = files.credentials
        try await withServer(router, configuration, observer: observed, logger: log.logger, contexts: { credentials.current }) { server in
            try await body(files, server, observed, log)
        }
    }

    private struct Files {
        let list: String
        let authorities: URL
        let credentials: ReloadingTLSContext
        let pki: DevelopmentPKI

        init(pki: DevelopmentPKI, folder: String) async throws {
            self.pki = pki
            list = "\(folder)/list.crl"
            authorities = URL(filePath: "\(folder)/authorities.crt")
            try await pki.makeRevocationList(list, revokes: false)
            try FileManager.default.copyItem(atPath: pki.path("ca.crt"), toPath: authorities.path)
            var configuration = TLSConfiguration(
                role: .server, certificateChainFile: pki.path("server.crt"), privateKeyFile: pki.path("server.key"),
                trustRootsFile: authorities.path)
            configuration.revocationListFiles = [list]
            configuration.applicationProtocols = WireProtocol.names
            credentials = try ReloadingTLSContext(configuration)
        }

        /// What `lotsd` does with files that are good.
        func reload(_ server: Server) async throws {
            try credentials.reload()
            await server.judgePeers(by: credentials.current)
        }

        func revoke(_ server: Server) async throws {
            try await pki.makeRevocationList(list, revokes: true)
            try await reload(server)
        }
    }

    @Test(arguments: WireProtocol.allCases) func theRevokedAreEndedAndTheOthersGoOn(_ wireProtocol: WireProtocol) async throws {
        try await withFiles { files, server, observed, log in
            let good = try await connect(to: server, as: Self.good, offering: [wireProtocol.rawValue])
            let bad = try await connect(to: server, as: Self.revoked, offering: [wireProtocol.rawValue])
            try await good.bidirectional(EchoService.method("Bidi")) { writer, responses in
                var responses = responses.makeAsyncIterator()
                try await writer.write(message)
                #expect(try await responses.next() == message)
                let status = await failure {
                    try await bad.bidirectional(EchoService.method("Bidi")) { writer, responses in
                        var responses = responses.makeAsyncIterator()
                        try await writer.write(message)
                        #expect(try await responses.next() == message)
                        try await files.revoke(server)
                        _ = try await responses.next()
                    }
                }
                #expect(status?.code == .unauthenticated)
                try await eventually { server.connectionCount == 1 }
                // This one's stream has noticed nothing, and a second reading changes nothing.
                try await files.reload(server)
                try await writer.write(message)
                #expect(try await responses.next() == message)
            }
            #expect(observed.cuts == [.withdrawn])
            let lines = log.lines(.warning)
            #expect(lines.count == 1)
            #expect(lines.first?.contains("spiffe://lots.example/polisen/revoked") == true)
            #expect(lines.first?.contains("certificate revoked") == true)
            // It cannot come back.
            let again = try await connect(to: server, as: Self.revoked, offering: [wireProtocol.rawValue])
            #expect(await failure { _ = try await again.unary(EchoService.method("Unary"), message) }?.code == .unauthenticated)
            good.close()
        }
    }

    /// An open connection without a call, too, and one that continued a session.
    @Test func continuedSessionsAreEndedToo() async throws {
        try await withFiles { files, server, observed, _ in
            var clients: [String: [Client]] = [:]
            for name in [Self.good, Self.revoked] {
                let context = try files.pki.client(name) { $0.applicationProtocols = WireProtocol.names }
                for _ in 0..<2 {
                    let client = try await Client.connect(host: "127.0.0.1", port: server.port, context: context, timeout: .patient)
                    _ = try await client.unary(EchoService.method("Unary"), message)
                    clients[name, default: []].append(client)
                }
            }
            #expect(observed.handshakes == [.full, .resumed, .full, .resumed])
            try await files.revoke(server)
            try await eventually { server.connectionCount == 2 }
            for client in clients[Self.good, default: []] {
                #expect(try await client.unary(EchoService.method("Unary"), message) == message)
                client.close()
            }
            #expect(observed.cuts == [.withdrawn, .withdrawn])
        }
    }

    @Test func theClientsOfAnAuthorityThatIsRemovedAreEnded() async throws {
        try await withFiles { files, server, observed, log in
            let both = try Data(contentsOf: files.authorities) + Data(contentsOf: URL(filePath: files.pki.path("foreign/ca.crt")))
            try both.write(to: files.authorities, options: .atomic)
            let lists = try Data(contentsOf: URL(filePath: files.list))
            try (lists + Data(contentsOf: URL(filePath: files.pki.path("foreign/ca.crl")))).write(
                to: URL(filePath: files.list), options: .atomic)
            try files.credentials.reload()
            let (own, foreign) = (try await connect(to: server), try await connect(to: server, as: "foreign/clients/polisen/region-syd"))
            for client in [own, foreign] { _ = try await client.unary(EchoService.method("Unary"), message) }

            try FileManager.default.removeItem(at: files.authorities)
            try FileManager.default.copyItem(atPath: files.pki.path("ca.crt"), toPath: files.authorities.path)
            try await files.reload(server)
            try await eventually { server.connectionCount == 1 }
            #expect(try await own.unary(EchoService.method("Unary"), message) == message)
            #expect(observed.cuts == [.withdrawn])
            #expect(log.lines(.warning).first?.contains("unable to get local issuer certificate") == true)
            own.close()
        }
    }

    @Test func hundredsAtOnce() async throws {
        try await withFiles(connectionsPerOrganisation: 400) { files, server, observed, _ in
            var clients: [String: [Client]] = [:]
            for number in 0..<300 {
                let name = number.isMultiple(of: 3) ? Self.revoked : Self.good
                clients[name, default: []].append(try await connect(to: server, as: name))
            }
            for client in clients.values.joined() { _ = try await client.unary(EchoService.method("Unary"), message) }
            try await files.revoke(server)
            try await eventually { server.connectionCount == 200 }
            for client in clients[Self.good, default: []] {
                #expect(try await client.unary(EchoService.method("Unary"), message) == message)
            }
            #expect(observed.cuts.count == 100)
            for client in clients.values.joined() { client.close() }
        }
    }

    /// The files are replaced between the beginning of a handshake and its end, and the open connections are judged in between.
    @Test func aHandshakeUnderWayIsNotMissed() async throws {
        let pki = try await DevelopmentPKI.current
        let names: @Sendable (inout TLSConfiguration) -> Void = { $0.applicationProtocols = WireProtocol.names }
        let old = try pki.server(names)
        let new = try pki.server {
            names(&$0)
            $0.revocationListFiles = [pki.path("ca.crl")]
        }
        let isReplaced = Mutex(false)
        let observed = Observed()
        let contexts: @Sendable () -> TLSContext = {
            isReplaced.withLock { isReplaced in
                defer { isReplaced = true }
                return isReplaced ? new : old
            }
        }
        try await withServer(observer: observed, contexts: contexts) { server in
            let client = try await connect(to: server, as: Self.revoked)
            let status = await failure { _ = try await client.unary(EchoService.method("Unary"), message) }
            #expect(status?.code == .unauthenticated || status?.code == .unavailable)
            try await eventually { server.connectionCount == 0 }
        }
        #expect(observed.handshakes == [.full])
        #expect(observed.cuts == [.withdrawn])
        #expect(observed.calls == [])
    }

    /// A thief who takes nothing of what he is told is cut off all the same, long before the connection counts as idle.
    @Test func aClientThatDoesNotReadIsCutOff() async throws {
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Flood"),
                serverStreaming: { _, writer, _ in
                    try await writer.write(ByteBuffer(repeating: 1, count: 4_000_000))
                    try await Task.sleep(for: .seconds(3600))
                })
        }
        try await withFiles(router) { files, server, observed, _ in
            let context = try files.pki.client(Self.revoked)
            let request = ByteBuffer.request(1, EchoService.method("Flood"))
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                // So that the message does not fit between the two.
                .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
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
            try await eventually { observed.bytes.sent >= 4_000_000 }
            try await files.revoke(server)
            try await eventually { server.connectionCount == 0 }
            #expect(observed.cuts == [.withdrawn])
            try? await channel.close()
        }
    }

    @Test func aCertificateThatExpiresEndsItsConnection() async throws {
        let pki = try await DevelopmentPKI.current
        try await pki.issue("short", extensions: "subjectAltName=URI:spiffe://lots.example/jouren/short")
        let context = try pki.server { $0.applicationProtocols = WireProtocol.names }
        let (observed, log) = (Observed(), Log())
        let ahead = Mutex<Int64>(0)
        var configuration = ServerConfiguration.patient
        configuration.expiryInterval = .milliseconds(10)
        try await withServer(
            EchoService.router(), configuration, observer: observed, logger: log.logger, contexts: { context },
            now: { TLSContext.systemTime() + ahead.withLock(\.self) }
        ) { server in
            let (long, short) = (try await connect(to: server), try await connect(to: server, as: "short"))
            for client in [long, short] { _ = try await client.unary(EchoService.method("Unary"), message) }
            let status = await failure {
                try await short.bidirectional(EchoService.method("Bidi")) { writer, responses in
                    var responses = responses.makeAsyncIterator()
                    try await writer.write(message)
                    #expect(try await responses.next() == message)
                    #expect(observed.cuts == [])
                    ahead.withLock { $0 = 3 * 86_400 }
                    _ = try await responses.next()
                }
            }
            #expect(status?.code == .unavailable)
            #expect(status?.message.contains("expired") == true)
            try await eventually { server.connectionCount == 1 }
            #expect(try await long.unary(EchoService.method("Unary"), message) == message)
            long.close()
        }
        #expect(observed.cuts == [.expired])
        #expect(log.lines(.warning).count == 1)
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
