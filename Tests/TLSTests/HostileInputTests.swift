import NIOCore
import NIOEmbedded
import SeededRandom
import TestSupport
import Testing

@testable import TLS

@Suite struct HostileInputTests {
    @Test(
        "Bytes that are not TLS are refused with a reason",
        arguments: ["GET / HTTP/1.1\r\nHost: lots\r\n\r\n", "\u{16}\u{3}\u{1}\u{7f}\u{7f}garbage", String(repeating: "x", count: 100_000)])
    func notTLS(text: String) async throws {
        let pki = try await DevelopmentPKI.current
        let server = try End(pki.server(), loop: EmbeddedEventLoop())
        server.receive(ByteBuffer(string: text))
        if server.channel.isActive {
            // An unfinished record: only the timeout can end it.
            server.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        }
        #expect(!server.channel.isActive)
        #expect(server.record.codes.count == 1)
        #expect(!server.record.messages.isEmpty)
        #expect(server.record.peer == nil)
    }

    @Test("An altered record after the handshake ends the connection; what came before it is delivered")
    func alteredRecord() async throws {
        let pki = try await DevelopmentPKI.current
        let joined = try JoinedChannels(client: pki.client(), server: pki.server())
        try joined.pump()
        joined.client.write("good")
        joined.client.write("evil")
        var bytes = ByteBuffer()
        for write in try joined.client.takeWrites() { bytes.writeImmutableBuffer(write) }
        let last = bytes.writerIndex - 1
        let byte = try #require(bytes.getInteger(at: last, as: UInt8.self))
        bytes.setInteger(byte ^ 1, at: last)
        joined.server.receive(bytes)
        #expect(String(buffer: joined.server.record.plaintext) == "good")
        #expect(joined.server.record.codes == [.protocolViolation])
        #expect(!joined.server.channel.isActive)
        try joined.pump()
        #expect(joined.client.record.messages.contains("bad record mac"))
    }

    @Test("2,000 mutated connections neither crash nor let anybody in under a wrong name", arguments: 0..<8)
    func mutations(part: Int) async throws {
        let pki = try await DevelopmentPKI.current
        let (client, server) = (try pki.client(), try pki.server())
        var (failed, survived) = (0, 0)
        for round in 0..<250 {
            var generator = SplitMix64(seed: UInt64(part * 250 + round))
            // Client hello, server's flight, client's flight, data, answer.
            let target = Int.random(in: 0..<5, using: &generator)
            let joined = try JoinedChannels(client: client, server: server, echoes: true)
            joined.client.write("secret")
            var index = 0
            try joined.pump { bytes in
                if index == target { mutate(&bytes, using: &generator) }
                index += 1
            }
            for (end, name) in [(joined.client, "lots/exchange"), (joined.server, "polisen/region-syd")] {
                if let peer = end.record.peer {
                    #expect(peer.identifier.description == "spiffe://lots.example/\(name)", "seed \(part * 250 + round)")
                }
                let text = String(buffer: end.record.plaintext)
                #expect("secret".hasPrefix(text), "seed \(part * 250 + round)")
            }
            joined.loop.advanceTime(by: .minutes(1))
            if joined.client.record.errors.isEmpty && joined.server.record.errors.isEmpty { survived += 1 } else { failed += 1 }
        }
        #expect(failed > survived, "most mutations hit something that matters")
    }

    private func mutate(_ bytes: inout ByteBuffer, using generator: inout SplitMix64) {
        var content = Array(bytes.readableBytesView)
        guard !content.isEmpty else { return }
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let position = Int.random(in: 0..<content.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: content[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: content[position] = UInt8.random(in: 0...255, using: &generator)
            case 2: content.insert(UInt8.random(in: 0...255, using: &generator), at: position)
            case 3: content.removeSubrange(position..<min(content.count, position + Int.random(in: 1...16, using: &generator)))
            default: content.insert(contentsOf: content[position...].prefix(Int.random(in: 1...64, using: &generator)), at: position)
            }
            if content.isEmpty { break }
        }
        bytes = ByteBuffer(bytes: content)
    }
}
