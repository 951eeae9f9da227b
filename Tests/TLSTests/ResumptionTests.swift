import Foundation
import NIOCore
import NIOEmbedded
import SeededRandom
import Synchronization
import TestSupport
import Testing

@testable import TLS

/// Continued sessions: worth as much as a full handshake, or not continued.
@Suite struct ResumptionTests {
    /// Whether a new connection continued a session; nil when the server refused it.
    private func connect(_ client: TLSContext, _ server: TLSContext) throws -> Bool? {
        let joined = try JoinedChannels(client: client, server: server, echoes: true)
        try joined.pump()
        guard let peer = joined.server.record.peer else { return nil }
        joined.client.write("hej")
        try joined.pump()
        #expect(String(buffer: joined.client.record.plaintext) == "hej")
        #expect(joined.server.record.errors.isEmpty && joined.client.record.errors.isEmpty)
        #expect(joined.client.record.peer?.isResumed == peer.isResumed)
        return peer.isResumed
    }

    @Test("The second connection of two contexts continues the first, as the same peer")
    func resumes() async throws {
        let pki = try await DevelopmentPKI.current
        let (client, server) = (try pki.client(), try pki.server { $0.revocationListFiles = [pki.path("ca.crl")] })
        #expect(try connect(client, server) == false)
        for _ in 0..<3 {
            let joined = try JoinedChannels(client: client, server: server)
            try joined.pump()
            let peer = try #require(joined.server.record.peer)
            #expect(peer.isResumed)
            #expect(peer.identifier.description == "spiffe://lots.example/polisen/region-syd")
            #expect(try await peer.serialNumber == pki.serialNumber(of: "clients/polisen/region-syd"))
            #expect(joined.client.record.peer?.identifier.description == "spiffe://lots.example/lots/exchange")
        }
    }

    @Test("A ticket is used once: two connections at a time cannot be told to belong together")
    func ticketsAreUsedOnce() async throws {
        let pki = try await DevelopmentPKI.current
        let (client, server) = (try pki.client(), try pki.server())
        #expect(try connect(client, server) == false)
        let first = try JoinedChannels(client: client, server: server)
        let second = try JoinedChannels(client: client, server: server)
        try first.pump()
        try second.pump()
        #expect(first.server.record.peer?.isResumed == true)
        #expect(second.server.record.peer?.isResumed == false)
    }

    @Test("Either side can do without", arguments: [(true, false), (false, true)])
    func notAllowed(client: Bool, server: Bool) async throws {
        let pki = try await DevelopmentPKI.current
        let client = try pki.client { $0.allowsResumption = client }
        let server = try pki.server { $0.allowsResumption = server }
        for _ in 0..<2 { #expect(try connect(client, server) == false) }
    }

    @Test("Another context of the same files continues nothing: a reload ends all sessions")
    func anotherContext() async throws {
        let pki = try await DevelopmentPKI.current
        let client = try pki.client()
        #expect(try connect(client, pki.server()) == false)
        #expect(try connect(client, pki.server()) == false)
    }

    @Test("A certificate that is revoked meanwhile is refused, session or not", arguments: ["list", "serial number"])
    func revoked(by way: String) async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let list = "\(folder)/list.crl"
        let client = try pki.client("clients/polisen/revoked")
        let server = try pki.server()
        #expect(try connect(client, server) == false)
        #expect(try connect(client, server) == true)

        try FileManager.default.copyItem(atPath: pki.path("ca.crl"), toPath: list)
        let serial = try await pki.serialNumber(of: "clients/polisen/revoked")
        let reloaded = try pki.server {
            if way == "list" { $0.revocationListFiles = [list] } else { $0.revokedSerialNumbers = [serial] }
        }
        let joined = try JoinedChannels(client: client, server: reloaded)
        try joined.pump()
        #expect(joined.server.record.codes == [.certificateRefused])
        #expect(joined.server.record.messages.contains("revoked"))
        #expect(joined.server.record.peer == nil)
    }

    @Test("A server reads its revocation list again: open connections go on, the revoked cannot come back")
    func reload() async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let list = "\(folder)/list.crl"
        try await pki.makeRevocationList(list, revokes: false)
        let credentials = try ReloadingTLSContext(
            TLSConfiguration(
                role: .server, certificateChainFile: pki.path("server.crt"), privateKeyFile: pki.path("server.key"),
                trustRootsFile: pki.path("ca.crt")
            ).with(list))
        let client = try pki.client("clients/polisen/revoked")
        let open = try JoinedChannels(client: client, server: credentials.current, echoes: true)
        try open.pump()
        #expect(open.server.record.peer?.isResumed == false)
        #expect(try connect(client, credentials.current) == true)

        try await pki.makeRevocationList(list, revokes: true)
        #expect(!credentials.haveFilesChanged(), "it may change still")
        #expect(credentials.haveFilesChanged())
        try credentials.reload()
        #expect(!credentials.haveFilesChanged())
        #expect(try connect(client, credentials.current) == nil)
        #expect(try connect(pki.client(), credentials.current) == false)
        open.client.write("still here")
        try open.pump()
        #expect(String(buffer: open.client.record.plaintext) == "still here")
    }

    @Test("Files that are no good leave the context of before in use")
    func failedReload() async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["server.crt", "server.key"] {
            try FileManager.default.copyItem(atPath: pki.path(name), toPath: "\(folder)/\(name)")
        }
        let credentials = try ReloadingTLSContext(
            TLSConfiguration(
                role: .server, certificateChainFile: "\(folder)/server.crt", privateKeyFile: "\(folder)/server.key",
                trustRootsFile: pki.path("ca.crt")))
        let before = credentials.current
        let certificate = URL(filePath: "\(folder)/server.crt")
        let good = try Data(contentsOf: certificate)
        for bad in [
            Data(), Data("nothing".utf8), good.prefix(good.count / 2), try Data(contentsOf: URL(filePath: pki.path("two-uris.crt"))),
            try Data(contentsOf: URL(filePath: pki.path("clients/polisen/expired.crt"))),
        ] {
            try bad.write(to: certificate)
            let error = #expect(throws: TLSError.self) { try credentials.reload() }
            #expect(error?.code == .configuration)
            #expect(error?.message.contains("server.crt") == true)
            #expect(credentials.current === before)
        }
        try FileManager.default.removeItem(at: certificate)
        #expect(throws: TLSError.self) { try credentials.reload() }
        #expect(try connect(pki.client(), credentials.current) == false)
        try good.write(to: certificate)
        try credentials.reload()
        #expect(credentials.current !== before)
    }

    @Test("A full handshake is due within the hour, however often a session is continued")
    func life() async throws {
        let pki = try await DevelopmentPKI.current
        let clock = Clock(1_000_000)
        let client = try pki.client()
        let server = try TLSContext(pki.server().configuration, now: { clock.now })
        #expect(try connect(client, server) == false)
        for _ in 0..<3 {
            clock.now += 1_100
            #expect(try connect(client, server) == true)
        }
        clock.now += 300
        #expect(try connect(client, server) == false)
        clock.now += 3_599
        #expect(try connect(client, server) == true)
    }

    @Test("The client does not continue what is too old either")
    func lifeAtTheClient() async throws {
        let pki = try await DevelopmentPKI.current
        let clock = Clock(1_000_000)
        let client = try TLSContext(pki.client().configuration, now: { clock.now })
        let server = try pki.server()
        #expect(try connect(client, server) == false)
        clock.now += 3_599
        #expect(try connect(client, server) == true)
        clock.now += 1
        #expect(try connect(client, server) == false)
    }

    @Test("A session ends with the certificate, and with the revocation list that it was checked against", arguments: [true, false])
    func endsWithTheCertificate(hasList: Bool) async throws {
        let pki = try await DevelopmentPKI.current
        let configuration = try pki.server { if hasList { $0.revocationListFiles = [pki.path("ca.crl")] } }.configuration
        let probe = try JoinedChannels(client: pki.client(), server: TLSContext(configuration))
        try probe.pump()
        let certificate = try #require(probe.server.record.peer?.notAfter)
        let list = try TLSContext(configuration).expiries.first { $0.kind == .revocationList }?.end
        let end = min(certificate, list ?? .max)
        let clock = Clock(end - 10)
        let client = try pki.client()
        let server = try TLSContext(configuration, now: { clock.now })
        #expect(try connect(client, server) == false)
        #expect(try connect(client, server) == true)
        clock.now = end
        #expect(try connect(client, server) == false)
    }

    @Test("What a context knows of ends")
    func expiries() async throws {
        let pki = try await DevelopmentPKI.current
        let expiries = try pki.server { $0.revocationListFiles = [pki.path("ca.crl")] }.expiries
        #expect(Set(expiries.map(\.kind)) == [.certificate, .trustRoots, .revocationList])
        #expect(Set(expiries.map(\.file)) == [pki.path("server.crt"), pki.path("ca.crt"), pki.path("ca.crl")])
        let now = Int64(Date().timeIntervalSince1970)
        #expect(expiries.allSatisfy { $0.end > now })
        let certificate = try #require(expiries.first { $0.kind == .certificate }).end
        #expect((certificate - now) / 86_400 <= 90)
        #expect(try pki.client("clients/polisen/expired").expiries.first { $0.kind == .certificate }?.end ?? .max < now)
    }

    @Test("Bytes that are no ticket of this server do no harm")
    func hostileTickets() async throws {
        let pki = try await DevelopmentPKI.current
        let (client, server) = (try pki.client(), try pki.server())
        var generator = SplitMix64(seed: 7)
        for _ in 0..<64 {
            #expect(try connect(client, server) != nil)
            let joined = try JoinedChannels(client: client, server: server)
            var isFirst = true
            // A bit of the ticket or of its binder, at the end of the client's hello.
            try joined.pump { bytes in
                guard isFirst else { return }
                isFirst = false
                let offset = Int(generator.next() % 300) + 1
                let index = bytes.writerIndex - offset
                guard index > bytes.readerIndex + 64, let byte: UInt8 = bytes.getInteger(at: index) else { return }
                bytes.setInteger(byte ^ (1 << UInt8(generator.next() % 8)), at: index)
            }
            #expect(joined.server.record.peer?.isResumed != true)
        }
    }
}

private final class Clock: Sendable {
    private let seconds: Mutex<Int64>

    init(_ seconds: Int64) {
        self.seconds = Mutex(seconds)
    }

    var now: Int64 {
        get { seconds.withLock(\.self) }
        set { seconds.withLock { $0 = newValue } }
    }
}

extension TLSConfiguration {
    fileprivate func with(_ list: String) -> TLSConfiguration {
        var configuration = self
        configuration.revocationListFiles = [list]
        return configuration
    }
}
