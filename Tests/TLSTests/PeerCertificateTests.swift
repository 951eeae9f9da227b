import Foundation
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import TLS

/// A peer that was accepted is judged again by what has replaced the files of its handshake.
@Suite struct PeerCertificateTests {
    /// The peer of a new connection, as the server has it.
    private func peer(_ client: TLSContext, _ server: TLSContext) throws -> PeerCertificate {
        let joined = try JoinedChannels(client: client, server: server)
        try joined.pump()
        #expect(joined.server.record.messages == "" && joined.client.record.messages == "")
        return try #require(try joined.server.channel.pipeline.syncOperations.handler(type: TLSHandler.self).peerCertificate)
    }

    @Test("A peer that is still welcome stays, by its full handshake or a continued one", arguments: [false, true])
    func accepted(isResumed: Bool) async throws {
        let pki = try await DevelopmentPKI.current
        let (client, server) = (try pki.client(), try pki.server())
        if isResumed { _ = try peer(client, server) }
        let peer = try peer(client, server)
        #expect(peer.identity.isResumed == isResumed)
        #expect(peer.wasAccepted(by: server))
        #expect(peer.refusal(by: server) == nil)
        let newer = try pki.server { $0.revocationListFiles = [pki.path("ca.crl")] }
        #expect(!peer.wasAccepted(by: newer))
        #expect(peer.refusal(by: newer) == nil)
    }

    @Test(
        "What a new handshake would be refused for, with the same words",
        arguments: ["list", "serial number", "no authority", "no list"], [false, true])
    func refused(for fault: String, isResumed: Bool) async throws {
        let pki = try await DevelopmentPKI.current
        let (client, server) = (try pki.client("clients/polisen/revoked"), try pki.server())
        if isResumed { _ = try peer(client, server) }
        let peer = try peer(client, server)
        #expect(peer.identity.isResumed == isResumed)
        let serial = try await pki.serialNumber(of: "clients/polisen/revoked")
        let newer = try pki.server {
            switch fault {
            case "list": $0.revocationListFiles = [pki.path("ca.crl")]
            case "serial number": $0.revokedSerialNumbers = [serial]
            case "no authority": $0.trustRootsFile = pki.path("foreign/ca.crt")
            default: $0.revocationListFiles = [pki.path("foreign/ca.crl")]
            }
        }
        let refusal = try #require(peer.refusal(by: newer))
        #expect(refusal.code == .certificateRefused)
        let joined = try JoinedChannels(client: client, server: newer)
        try joined.pump()
        #expect(joined.server.record.messages == refusal.message)
        #expect(refusal.message.contains(fault == "serial number" ? serial : "spiffe://lots.example/polisen/revoked"))
    }

    @Test("A list that is overdue keeps newcomers out, and of those who are in only whom it names")
    func overdueList() async throws {
        let pki = try await DevelopmentPKI.current
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let list = "\(folder)/list.crl"
        try await pki.makeRevocationList(list, revokes: true, isOverdue: true)
        let server = try pki.server()
        let (good, bad) = (try peer(pki.client(), server), try peer(pki.client("clients/polisen/revoked"), server))
        let newer = try pki.server { $0.revocationListFiles = [list] }
        #expect(good.refusal(by: newer) == nil)
        #expect(bad.refusal(by: newer)?.message.contains("certificate revoked") == true)
        let joined = try JoinedChannels(client: pki.client(), server: newer)
        try joined.pump()
        #expect(joined.server.record.messages.contains("CRL has expired"))
    }

    @Test("A continued session has no chain: what stood between the peer and the authority is known from its first handshake")
    func intermediates() async throws {
        let pki = try await DevelopmentPKI.current
        let authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash"
        try await pki.issue("root", extensions: authority, by: nil)
        try await pki.issue("intermediate", extensions: authority, by: "root")
        try await pki.issue("behind", extensions: "subjectAltName=URI:spiffe://lots.example/jouren/behind", by: "intermediate")
        let chain = URL(filePath: pki.path("behind.crt"))
        try (Data(contentsOf: chain) + Data(contentsOf: URL(filePath: pki.path("intermediate.crt")))).write(to: chain, options: .atomic)
        let trusting = { (change: (inout TLSConfiguration) -> Void) in
            try pki.server {
                $0.trustRootsFile = pki.path("root.crt")
                change(&$0)
            }
        }
        let (client, server) = (try pki.client("behind"), try trusting { _ in })
        let peers = try (0..<3).map { _ in try peer(client, server) }
        #expect(peers.map(\.identity.isResumed) == [false, true, true])
        let serial = try await pki.serialNumber(of: "intermediate")
        let (same, without) = (try trusting { _ in }, try trusting { $0.revokedSerialNumbers = [serial] })
        for peer in peers {
            #expect(peer.refusal(by: same) == nil)
            #expect(peer.refusal(by: without)?.message.contains(serial) == true)
            #expect(peer.isEquivalent(to: peers[0]))
        }
        #expect(try !peers[0].isEquivalent(to: peer(client, same)))
    }
}
