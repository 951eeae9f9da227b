import Foundation
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import TLS

@Suite struct HandshakeTests {
    @Test("Both sides learn who the other is, and bytes go both ways")
    func echo() async throws {
        let pki = try await DevelopmentPKI.current
        let clientName = "clients/polisen/region-syd"
        let (serial, fingerprint) = (try await pki.serialNumber(of: clientName), try await pki.fingerprint(of: clientName))
        let joined = try JoinedChannels(client: pki.client(), server: pki.server(), serverName: "localhost", echoes: true)
        try joined.pump()

        let peer = try #require(joined.server.record.peer)
        #expect(peer.identifier.description == "spiffe://lots.example/polisen/region-syd")
        #expect(peer.identifier.organisation == "polisen")
        #expect(peer.identifier.unit == "region-syd")
        #expect(peer.serialNumber == serial)
        #expect(peer.fingerprint == fingerprint)
        #expect(joined.client.record.peer?.identifier.description == "spiffe://lots.example/lots/exchange")

        joined.client.write("hej")
        try joined.pump()
        #expect(String(buffer: joined.server.record.plaintext) == "hej")
        #expect(String(buffer: joined.client.record.plaintext) == "hej")
        #expect(joined.server.record.errors.isEmpty && joined.client.record.errors.isEmpty)
    }

    @Test("The certificate's end of validity is given in seconds since 1970")
    func notAfter() async throws {
        let pki = try await DevelopmentPKI.current
        let output = try await Program.run(
            "openssl", ["x509", "-in", pki.path("server.crt"), "-noout", "-enddate", "-dateopt", "iso_8601"])
        let text = try #require(output.text.firstMatch(of: /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)Z/)).output
        let date = try Date("\(text.1)T\(text.2)Z", strategy: .iso8601)
        let joined = try JoinedChannels(client: pki.client(), server: pki.server())
        try joined.pump()
        let seconds = try #require(joined.client.record.peer?.notAfter)
        #expect(seconds == Int64(date.timeIntervalSince1970))
        #expect(try pki.server().certificateFaults(at: seconds) == [])
        #expect(try pki.server().certificateFaults(at: seconds + 1).count == 1)
    }

    @Test(
        "The server chooses the protocol it prefers",
        arguments: [
            (["lots/1", "ttrpc"], ["lots/1", "ttrpc"], "lots/1"),
            (["ttrpc", "lots/1"], ["lots/1", "ttrpc"], "lots/1"),
            (["ttrpc"], ["lots/1", "ttrpc"], "ttrpc"),
            ([], ["lots/1", "ttrpc"], nil),
            (["lots/1"], [], nil),
            ([], [], nil),
        ] as [([String], [String], String?)])
    func applicationProtocol(offered: [String], known: [String], expected: String?) async throws {
        let pki = try await DevelopmentPKI.current
        let joined = try JoinedChannels(
            client: pki.client { $0.applicationProtocols = offered },
            server: pki.server { $0.applicationProtocols = known }
        )
        try joined.pump()
        for end in [joined.client, joined.server] {
            #expect(end.record.peer != nil)
            #expect(end.record.applicationProtocol == expected)
        }
    }

    @Test("A client that offers only unknown protocols is refused")
    func noCommonApplicationProtocol() async throws {
        let pki = try await DevelopmentPKI.current
        let joined = try JoinedChannels(
            client: pki.client { $0.applicationProtocols = ["h2"] },
            server: pki.server { $0.applicationProtocols = ["lots/1"] }
        )
        try joined.pump()
        #expect(joined.server.record.codes == [.handshakeFailed])
        #expect(joined.client.record.codes == [.alertReceived])
        #expect(joined.client.record.messages.contains("no application protocol"))
        #expect(joined.server.record.peer == nil && joined.client.record.peer == nil)
    }

    @Test("The protocol handler is there before the first byte, also when that arrives with the end of the handshake")
    func order() async throws {
        let pki = try await DevelopmentPKI.current
        let loop = EmbeddedEventLoop()
        let server = try End(pki.server(), loop: loop)
        let client = try End(pki.client(), loop: loop) { RecordingHandler($0, greeting: "at once") }
        // Hello, answer, then the client's Finished and its first data in one piece.
        for bytes in try client.takeWrites() { server.receive(bytes) }
        for bytes in try server.takeWrites() { client.receive(bytes) }
        let flight = try client.takeWrites()
        #expect(flight.count == 1, "the client's last flight and its first data travel together")
        for bytes in flight { server.receive(bytes) }
        #expect(server.record.events == [.handshake, .added, .read(7), .readComplete])
        #expect(String(buffer: server.record.plaintext) == "at once")
    }

    @Test("An error from the callback closes the connection")
    func callbackThrows() async throws {
        struct NoHandler: Error {}
        let pki = try await DevelopmentPKI.current
        let loop = EmbeddedEventLoop()
        let server = try End(pki.server(), loop: loop) { _ in throw NoHandler() }
        let client = try End(pki.client(), loop: loop)
        for bytes in try client.takeWrites() { server.receive(bytes) }
        for bytes in try server.takeWrites() { client.receive(bytes) }
        for bytes in try client.takeWrites() { server.receive(bytes) }
        #expect(server.record.errors.first is NoHandler)
        #expect(!server.channel.isActive)
    }

    @Test("A handshake that is not complete in time closes the channel, one that is does not")
    func timeout() async throws {
        let pki = try await DevelopmentPKI.current
        let loop = EmbeddedEventLoop()
        let server = try End(pki.server(), loop: loop, handshakeTimeout: .seconds(3))
        loop.advanceTime(by: .milliseconds(2_999))
        #expect(server.channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(!server.channel.isActive)
        #expect(server.record.codes == [.handshakeTimeout])

        let joined = try JoinedChannels(client: pki.client(), server: pki.server())
        try joined.pump()
        joined.loop.advanceTime(by: .hours(1))
        #expect(joined.client.channel.isActive && joined.server.channel.isActive)
        #expect(joined.client.record.errors.isEmpty && joined.server.record.errors.isEmpty)
    }

    @Test(
        "TLS 1.3 with AES-GCM is what two sides agree on; a session ticket only where sessions may be continued", arguments: [true, false])
    func suite(allowsResumption: Bool) async throws {
        let pki = try await DevelopmentPKI.current
        let client = try TLSEngine(context: pki.client(), serverName: nil)
        let server = try TLSEngine(context: pki.server { $0.allowsResumption = allowsResumption }, serverName: nil)
        var isDone = (client: false, server: false)
        for _ in 0..<3 where !isDone.server {
            isDone.client = try client.handshake()
            server.receive(client.takeOutput())
            isDone.server = try server.handshake()
            if isDone.server { break }
            client.receive(server.takeOutput())
        }
        #expect(isDone == (true, true))
        #expect((server.takeOutput().readableBytes > 0) == allowsResumption)
        #expect(client.suite == "TLSv1.3 TLS_AES_128_GCM_SHA256")
    }
}
