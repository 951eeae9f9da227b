import NIOCore
import TTRPC
import TTRPCOverTLS
import TTRPCTestSupport
import TestSupport
import Testing

/// Our client calls a server of containerd's ttrpc for Go over mutual TLS.
@Suite(.enabled(if: GoPeer.isAvailable, GoPeer.whereToGetIt), .timeLimit(.minutes(6)))
struct GoServerTests {
    private let message = EchoMessage(text: "räksmörgås", number: 1 << 31, blob: [0, 255])

    private func withGoServer(_ body: (Client) async throws -> Void) async throws {
        let pki = try await DevelopmentPKI.current
        let arguments = ["serve", pki.path("ca.crt"), pki.path("server.crt"), pki.path("server.key")]
        try await RunningProgram.with(GoPeer.program, arguments) { program in
            let port = try await program.wait {
                program.text.contains("\n") ? program.text.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } : nil
            }
            let client = try await Client.connect(host: "127.0.0.1", port: port, context: pki.client(), callTimeout: nil)
            defer { client.close() }
            try await body(client)
            let answer = try await client.unary(EchoService.method("Unary"), message.encoded)
            #expect(answer == message.encoded, "the connection works after what was done to it")
            #expect(client.connection.holdings.streams == 0)
            #expect(client.connection.holdings.inboundBytes == 0)
        }
    }

    private func expect(_ code: Status.Code, _ text: String? = nil, _ call: () async throws -> Void) async {
        do {
            try await call()
            Issue.record("the call has not failed")
        } catch let status as Status {
            #expect(status.code == code)
            if let text { #expect(status.message == text) }
        } catch {
            Issue.record(error)
        }
    }

    @Test func echo() async throws {
        try await withGoServer { client in
            for sent in [message, EchoMessage()] {
                let answer = try await client.unary(EchoService.method("Unary"), sent.encoded)
                #expect(answer == sent.encoded)
            }
        }
    }

    @Test func statuses() async throws {
        try await withGoServer { client in
            for code in 1...16 as ClosedRange<Int32> {
                let text = "skäl \(code)"
                await expect(Status.Code(rawValue: code), text) {
                    _ = try await client.unary(EchoService.method("Fail"), EchoMessage(text: text, number: Int(code)).encoded)
                }
            }
            await expect(.unknown, "crashed") { _ = try await client.unary(EchoService.method("Crash"), message.encoded) }
            await expect(.unimplemented, "method Nope") { _ = try await client.unary(EchoService.method("Nope"), message.encoded) }
            await expect(.unimplemented, "service no.Such") {
                _ = try await client.unary(MethodName(service: "no.Such", method: "M"), message.encoded)
            }
            await expect(.internal) { _ = try await client.unary(EchoService.method("Unary"), ByteBuffer(bytes: [0xFF])) }
        }
    }

    @Test func metadata() async throws {
        try await withGoServer { client in
            let answer = try await client.unary(
                EchoService.method("Unary"), EchoMessage(text: "x:").encoded,
                options: CallOptions(metadata: ["trace": "åäö", "other": "no", "trace": ""]))
            #expect(try EchoMessage(decoding: answer).text == "x:åäö,")
        }
    }

    @Test func deadlines() async throws {
        try await withGoServer { client in
            await expect(.deadlineExceeded) {
                _ = try await client.unary(
                    EchoService.method("Forever"), message.encoded, options: CallOptions(timeout: .milliseconds(50)))
            }
            // What the server has left of the time that the client gave.
            for (timeout, expected) in [(Duration.seconds(1000), 900...1000), (nil, 0...0)] {
                let answer = try EchoMessage(
                    decoding: await client.unary(
                        EchoService.method("Remaining"), EchoMessage().encoded, options: CallOptions(timeout: timeout)))
                #expect(expected.contains(answer.number))
                #expect(answer.text == (timeout == nil ? "none" : ""))
            }
        }
    }

    /// The server answers a call nobody waits for any more; that answer disturbs nobody.
    @Test func cancelledCalls() async throws {
        try await withGoServer { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try await client.unary(
                        EchoService.method("Forever"), EchoMessage().encoded, options: CallOptions(timeout: .seconds(1)))
                }
                try await eventually { client.connection.holdings.streams == 1 }
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
            }
        }
    }

    @Test func aThousandCallsAtOnce() async throws {
        try await withGoServer { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        let message = EchoMessage(text: "call", number: number).encoded
                        let answer = try await client.unary(EchoService.method("Unary"), message)
                        #expect(answer == message)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func largeMessages() async throws {
        try await withGoServer { client in
            // The largest request there is: two names, and the payload after its tag and length.
            let room = 4_194_304 - (2 + 12) - (2 + 5) - (1 + 4)
            let largest = EchoMessage(blob: [UInt8](repeating: 1, count: room - 11 - (1 + 4))).encoded
            let answer = try await client.unary(EchoService.method("Unary"), largest)
            #expect(answer == largest)
            await expect(.resourceExhausted) {
                _ = try await client.unary(EchoService.method("Unary"), EchoMessage(blob: [UInt8](repeating: 1, count: room)).encoded)
            }
            // The Go server sends what our client does not take: that call fails.
            await expect(.resourceExhausted) {
                _ = try await client.unary(EchoService.method("Blob"), EchoMessage(number: 5_000_000).encoded)
            }
        }
    }
}
