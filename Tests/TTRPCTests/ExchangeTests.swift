import NIOCore
import TTRPCTestSupport
import Testing

@testable import TTRPC

/// The recorded bytes of other implementations, replayed against ours.
@Suite(.timeLimit(.minutes(3)))
struct ExchangeTests {
    /// The server gets the recorded client's frames and has to answer with the recorded server's, byte for byte.
    @Test(arguments: [
        Exchange.unary, .metadataAndTimeout, .errors, .allStreamingKinds, .abortedByServer, .emptyMessages, .emptyConversation,
        .rustSyncClient,
        .rustAsyncClient,
    ])
    func serverAnswersAsRecorded(_ exchange: Exchange) async throws {
        let client = try await RawClient()
        for step in exchange.steps {
            switch step {
            case .client(let hex): try await client.send(ByteBuffer(hex: hex))
            case .server(let hex): #expect(await client.next() == (try Frame(hex: hex)))
            }
        }
        try await client.settle()
    }

    /// The same when every byte arrives on its own.
    @Test(arguments: [Exchange.metadataAndTimeout, .allStreamingKinds, .rustAsyncClient])
    func serverAnswersAsRecordedByteByByte(_ exchange: Exchange) async throws {
        let client = try await RawClient()
        for step in exchange.steps {
            switch step {
            case .client(let hex):
                for byte in try ByteBuffer(hex: hex).readableBytesView { try await client.send(ByteBuffer(bytes: [byte])) }
            case .server(let hex):
                #expect(await client.next() == (try Frame(hex: hex)))
            }
        }
    }

    /// The recorded server said nothing when the deadline passed; ours says so and cancels the handler.
    @Test func deadlineOfAClientThatGoesAway() async throws {
        let router = EchoService.router { router in
            var changed = Router()
            for (method, _) in router.methods where method.method == "Sleep" {
                changed.register(
                    method,
                    unary: { _, _ in
                        try await Task.sleep(for: .seconds(3600))
                        return ByteBuffer()
                    })
            }
            router = changed
        }
        let client = try await RawClient(router)
        guard case .client(let hex) = Exchange.clientGoesAway.steps[0] else { return }
        try await client.send(ByteBuffer(hex: hex))
        let answer = try #require(await client.next())
        #expect(try answer.failure?.code == .deadlineExceeded)
        try await client.settle()
    }

    /// What our client sends where the recorded client's bytes hold no time.
    @Test func clientSendsAsRecorded() async throws {
        let server = try await RawServer()
        let message = EchoMessage(text: "rust", number: 5).encoded
        let steps = Exchange.rustAsyncClient.steps
        func expectSent(_ index: Int) async throws {
            guard case .client(let hex) = steps[index] else { return }
            #expect(await server.next() == (try Frame(hex: hex)))
        }
        func reply(_ index: Int) async throws {
            guard case .server(let hex) = steps[index] else { return }
            try await server.send(ByteBuffer(hex: hex))
        }

        async let first = server.client.unary(EchoService.method("Unary"), message)
        try await expectSent(0)
        try await reply(1)
        let answer = try await first
        #expect(answer == message)

        async let second = server.client.unary(EchoService.method("Nope"), message)
        try await expectSent(2)
        try await reply(3)
        do {
            _ = try await second
            Issue.record("an unknown method has answered")
        } catch let status as Status {
            #expect(status == Status(.unimplemented, "method Nope"))
        }

        try await server.client.bidirectional(EchoService.method("Bidi")) { writer, responses in
            var responses = responses.makeAsyncIterator()
            try await expectSent(4)
            for index in [5, 7] {
                try await writer.write(message)
                try await expectSent(index)
                try await reply(index + 1)
                #expect(try await responses.next() == message)
            }
            writer.finish()
            try await expectSent(9)
            try await reply(10)
            #expect(try await responses.next() == nil)
        }

        async let numbers = server.client.serverStreaming(EchoService.method("Expand"), EchoMessage(number: 2).encoded) { responses in
            try await responses.reduce(into: []) { $0.append(try EchoMessage(decoding: $1).number) }
        }
        try await expectSent(11)
        for index in 12...14 { try await reply(index) }
        let received = try await numbers
        #expect(received == [1, 2])
        try await server.settle()
    }

    /// A Response of zero bytes is an empty message.
    @Test func clientTakesAnEmptyResponse() async throws {
        let server = try await RawServer()
        async let answer = server.client.unary(EchoService.method("Unary"), ByteBuffer())
        guard case .client(let sent) = Exchange.emptyMessages.steps[0], case .server(let reply) = Exchange.emptyMessages.steps[1] else {
            return
        }
        #expect(await server.next() == (try Frame(hex: sent)))
        try await server.send(ByteBuffer(hex: reply))
        let message = try await answer
        #expect(message.readableBytes == 0)
    }

    /// ttrpc-rust says INVALID_ARGUMENT for a service it does not know.
    @Test func clientUnderstandsRustErrors() async throws {
        let server = try await RawServer()
        let message = EchoMessage(text: "hello", number: 2).encoded
        let calls = [
            (EchoService.method("Unary"), nil), (MethodName(service: "no.Such", method: "M"), Status.Code.unimplemented),
            (EchoService.method("Nope"), .unimplemented),
        ]
        for (index, (method, code)) in calls.enumerated() {
            async let answer = server.client.unary(method, message)
            guard case .client(let sent) = Exchange.rustServerErrors.steps[2 * index],
                case .server(let reply) = Exchange.rustServerErrors.steps[2 * index + 1]
            else { return }
            #expect(await server.next() == (try Frame(hex: sent)))
            try await server.send(ByteBuffer(hex: reply))
            do {
                let received = try await answer
                #expect(received == message)
                #expect(code == nil)
            } catch let status as Status {
                #expect(status.code == code)
            }
        }
    }

    /// The phantom message of ttrpc-rust is a message to us, and the recorded order of frames gives the recorded messages.
    @Test func clientReadsARustConversation() async throws {
        let server = try await RawServer()
        let received = try await server.client.bidirectional(EchoService.method("Bidi")) { _, responses in
            for case .server(let hex) in Exchange.rustServerConversation.steps { try await server.send(ByteBuffer(hex: hex)) }
            return try await responses.reduce(into: []) { $0.append(try EchoMessage(decoding: $1)) }
        }
        #expect(received == [EchoMessage(), EchoMessage(text: "hello", number: 1), EchoMessage(text: "hello", number: 2)])
    }
}
