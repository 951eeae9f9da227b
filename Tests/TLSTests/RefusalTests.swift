import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import TLS

@Suite struct RefusalTests {
    /// The server must refuse, tell the client why with `alert`, and make no protocol handler.
    private func expectServerRefuses(
        _ client: TLSContext, _ server: TLSContext, reason: String, alert: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        #expect(joined.server.record.codes == [.certificateRefused], sourceLocation: sourceLocation)
        #expect(joined.server.record.messages.contains(reason), "\(joined.server.record.messages)", sourceLocation: sourceLocation)
        #expect(!joined.server.record.events.contains(.handshake), sourceLocation: sourceLocation)
        #expect(!joined.server.channel.isActive, sourceLocation: sourceLocation)
        // In TLS 1.3 the client is done before the server has seen its certificate.
        #expect(joined.client.record.codes == [.alertReceived], sourceLocation: sourceLocation)
        #expect(joined.client.record.messages.contains(alert), "\(joined.client.record.messages)", sourceLocation: sourceLocation)
        #expect(!joined.client.channel.isActive, sourceLocation: sourceLocation)
    }

    @Test("An expired client certificate")
    func expired() async throws {
        let pki = try await DevelopmentPKI.current
        let client = try pki.client("clients/polisen/expired")
        try expectServerRefuses(client, pki.server(), reason: "certificate has expired", alert: "certificate expired")
    }

    @Test("A client of another authority")
    func foreign() async throws {
        let pki = try await DevelopmentPKI.current
        let client = try pki.client("foreign/clients/polisen/region-syd")
        try expectServerRefuses(client, pki.server(), reason: "unable to get local issuer certificate", alert: "unknown CA")
    }

    @Test("A certificate made for a server, used by a client")
    func wrongPurpose() async throws {
        let pki = try await DevelopmentPKI.current
        try expectServerRefuses(pki.client("server"), pki.server(), reason: "certificate purpose", alert: "unsupported certificate")
    }

    @Test("A client on the revocation list; another client is served")
    func revokedByList() async throws {
        let pki = try await DevelopmentPKI.current
        let server = try pki.server { $0.revocationListFiles = [pki.path("ca.crl")] }
        try expectServerRefuses(
            pki.client("clients/polisen/revoked"), server, reason: "certificate revoked", alert: "certificate revoked")

        let joined = try JoinedChannels(client: pki.client(), server: server)
        try joined.pump()
        #expect(joined.server.record.peer?.identifier.unit == "region-syd")
    }

    @Test("With revocation lists, an authority without one vouches for nobody")
    func missingList() async throws {
        let pki = try await DevelopmentPKI.current
        let server = try pki.server { $0.revocationListFiles = [pki.path("foreign/ca.crl")] }
        try expectServerRefuses(pki.client(), server, reason: "unable to get certificate CRL", alert: "unknown CA")
    }

    @Test("A client whose serial number is revoked by configuration; another client is served")
    func revokedByConfiguration() async throws {
        let pki = try await DevelopmentPKI.current
        let serial = try await pki.serialNumber(of: "clients/jouren/farsta")
        // Lower case, colons and leading zeros are spellings of the same number.
        let spelling = "00:" + serial.lowercased()
        let server = try pki.server { $0.revokedSerialNumbers = ["0123", spelling] }
        try expectServerRefuses(
            pki.client("clients/jouren/farsta"), server, reason: "\(serial) is revoked by", alert: "certificate revoked")

        let joined = try JoinedChannels(client: pki.client(), server: server)
        try joined.pump()
        #expect(joined.server.record.peer != nil)
    }

    @Test("Certificates without exactly one well-formed URI name", arguments: DevelopmentPKI.oddNames.map(\.name))
    func oddNames(name: String) async throws {
        let pki = try await DevelopmentPKI.current
        let reason = "exactly one of the form spiffe://<trust domain>/<organisation>/<unit> is required"
        try expectServerRefuses(pki.client(name), pki.server(), reason: reason, alert: "bad certificate")
    }

    @Test(
        "A server that is not the expected one",
        arguments: [
            (.init(spiffeIdentifier: "spiffe://lots.example/lots/other"), "expected spiffe://lots.example/lots/other"),
            (.init(hostName: "exchange.lots.example"), "is not for exchange.lots.example"),
            (.init(hostName: "127.0.0.2"), "is not for 127.0.0.2"),
            (.init(spiffeIdentifier: "spiffe://lots.example/lots/exchange", hostName: "elsewhere"), "is not for elsewhere"),
        ] as [(TLSConfiguration.ExpectedServer, String)])
    func wrongServer(expected: TLSConfiguration.ExpectedServer, reason: String) async throws {
        let pki = try await DevelopmentPKI.current
        // The server name that is sent is right: it must not count.
        let joined = try JoinedChannels(client: pki.client(expecting: expected), server: pki.server(), serverName: "localhost")
        try joined.pump()
        #expect(joined.client.record.codes == [.certificateRefused])
        #expect(joined.client.record.messages.contains(reason), "\(joined.client.record.messages)")
        #expect(joined.client.record.peer == nil)
        #expect(joined.server.record.codes == [.alertReceived])
        #expect(joined.server.record.peer == nil)
    }

    @Test(
        "The expected server by name, address or both",
        arguments: [
            .init(hostName: "localhost"), .init(hostName: "127.0.0.1"), .init(hostName: "::1"),
            .init(spiffeIdentifier: "spiffe://lots.example/lots/exchange", hostName: "localhost"),
        ] as [TLSConfiguration.ExpectedServer])
    func rightServer(expected: TLSConfiguration.ExpectedServer) async throws {
        let pki = try await DevelopmentPKI.current
        let joined = try JoinedChannels(client: pki.client(expecting: expected), server: pki.server(), serverName: "127.0.0.1")
        try joined.pump()
        #expect(joined.client.record.peer != nil && joined.server.record.peer != nil)
    }

    @Test("A server of another authority")
    func foreignServer() async throws {
        let pki = try await DevelopmentPKI.current
        let server = try pki.server {
            $0.certificateChainFile = pki.path("foreign/server.crt")
            $0.privateKeyFile = pki.path("foreign/server.key")
        }
        let joined = try JoinedChannels(client: pki.client(), server: server)
        try joined.pump()
        #expect(joined.client.record.codes == [.certificateRefused])
        #expect(joined.client.record.peer == nil && joined.server.record.peer == nil)
    }
}
