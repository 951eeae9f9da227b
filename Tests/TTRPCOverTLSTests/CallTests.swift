import NIOCore
import Synchronization
import TTRPC
import TTRPCTestSupport
import Testing

/// What callers and handlers may rely on, whatever carries the calls.
@Suite(.timeLimit(.minutes(3)))
struct CallTests {
    private let message = EchoMessage(text: "hej", number: 7).encoded

    private func expect(_ code: Status.Code, _ call: () async throws -> Void) async {
        do {
            try await call()
            Issue.record("the call has not failed")
        } catch let status as Status {
            #expect(status.code == code)
        } catch {
            Issue.record(error)
        }
    }

    @Test(arguments: Transport.allCases, ["Unary", "Immediate"])
    func unary(_ transport: Transport, _ method: String) async throws {
        try await transport.withClient { client in
            for message in [message, ByteBuffer()] {
                let answer = try await client.unary(EchoService.method(method), message)
                #expect(answer == message)
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func serverStreaming(_ transport: Transport) async throws {
        try await transport.withClient { client in
            for count in [0, 1, 1000] {
                let request = EchoMessage(text: "a", number: count).encoded
                let numbers = try await client.serverStreaming(EchoService.method("Expand"), request) { responses in
                    try await responses.reduce(into: []) { $0.append(try EchoMessage(decoding: $1).number) }
                }
                #expect(numbers == Array(1..<count + 1))
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func clientStreaming(_ transport: Transport) async throws {
        try await transport.withClient { client in
            for count in [0, 1, 1000] {
                let answer = try await client.clientStreaming(EchoService.method("Collect")) { writer in
                    for _ in 0..<count { try await writer.write(EchoMessage(text: "a").encoded) }
                }
                #expect(try EchoMessage(decoding: answer) == EchoMessage(text: String(repeating: "a", count: count), number: count))
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func bidirectional(_ transport: Transport) async throws {
        try await transport.withClient { client in
            try await client.bidirectional(EchoService.method("Bidi")) { writer, responses in
                var responses = responses.makeAsyncIterator()
                for number in 0..<100 {
                    let message = EchoMessage(number: number).encoded
                    try await writer.write(message)
                    #expect(try await responses.next() == message)
                }
                writer.finish()
                #expect(try await responses.next() == nil)
                await expect(.cancelled) { try await writer.write(message) }
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func errors(_ transport: Transport) async throws {
        let detail = StatusDetail(typeURL: "type.googleapis.com/echo.v1.Detail", value: [1, 2, 3])
        let router = EchoService.router { router in
            router.register(EchoService.method("Detailed"), unary: { _, _ in throw Status(.notFound, "gone", details: [detail]) })
            router.register(EchoService.method("Odd"), unary: { _, _ in throw Status(.ok, "not an error") })
            router.register(EchoService.method("Refuse"), clientStreaming: { _, _ in throw Status(.permissionDenied, "no") })
            router.register(
                EchoService.method("Half"),
                serverStreaming: { payload, writer, _ in
                    try await writer.write(payload)
                    throw Status(.dataLoss, "rest lost")
                })
        }
        try await transport.withClient(router) { client in
            await #expect(throws: Status(.notFound, "gone", details: [detail])) {
                _ = try await client.unary(EchoService.method("Detailed"), message)
            }
            await expect(.internal) { _ = try await client.unary(EchoService.method("Odd"), message) }
            await expect(.internal) { _ = try await client.unary(EchoService.method("Crash"), message) }
            await expect(.unimplemented) { _ = try await client.unary(EchoService.method("Nope"), message) }
            await expect(.unimplemented) { _ = try await client.unary(MethodName(service: "no.Such", method: "M"), message) }
            await expect(.permissionDenied) {
                _ = try await client.clientStreaming(EchoService.method("Refuse")) { writer in
                    while true { try await writer.write(message) }
                }
            }
            try await client.serverStreaming(EchoService.method("Half"), message) { responses in
                var responses = responses.makeAsyncIterator()
                let first = try await responses.next()
                #expect(first == message)
                await #expect(throws: Status(.dataLoss, "rest lost")) { _ = try await responses.next() }
            }
            try await client.bidirectional(EchoService.method("Bidi")) { writer, responses in
                try await writer.write(EchoMessage(text: "fail").encoded)
                await expect(.aborted) { for try await _ in responses {} }
            }
            let answer = try await client.unary(EchoService.method("Unary"), message)
            #expect(answer == message)
        }
    }

    @Test(arguments: Transport.allCases)
    func metadataPeerAndDeadlineReachTheHandler(_ transport: Transport) async throws {
        let seen = Mutex<CallContext?>(nil)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Look"),
                unary: { payload, context in
                    seen.withLock { $0 = context }
                    return payload
                })
        }
        let metadata: Metadata = ["trace": "abc", "trace": "def"]
        try await transport.withClient(router) { client in
            let before = NIODeadline.now()
            _ = try await client.unary(EchoService.method("Look"), message, options: CallOptions(metadata: metadata, timeout: .seconds(60)))
            let context = try #require(seen.withLock { $0 })
            #expect(context.metadata == metadata)
            #expect(context.metadata[all: "trace"] == ["abc", "def"])
            #expect(context.method == EchoService.method("Look"))
            #expect(context.peer.identity == "spiffe://lots.example/polisen/region-syd")
            let deadline = try #require(context.deadline)
            #expect(deadline >= before + .seconds(60))
        }
    }

    @Test(arguments: Transport.allCases)
    func deadlines(_ transport: Transport) async throws {
        let cancelled = Mutex(0)
        let router = EchoService.router { router in
            @Sendable func wait() async throws {
                do {
                    try await Task.sleep(for: .seconds(3600))
                } catch {
                    cancelled.withLock { $0 += 1 }
                    throw error
                }
            }
            router.register(
                EchoService.method("U"),
                unary: { _, _ in
                    try await wait(); return ByteBuffer()
                })
            router.register(EchoService.method("S"), serverStreaming: { _, _, _ in try await wait() })
            router.register(
                EchoService.method("C"),
                clientStreaming: { _, _ in
                    try await wait(); return ByteBuffer()
                })
            router.register(EchoService.method("B"), bidirectional: { _, _, _ in try await wait() })
        }
        let options = CallOptions(timeout: .milliseconds(20))
        try await transport.withClient(router) { client in
            await expect(.deadlineExceeded) { _ = try await client.unary(EchoService.method("U"), message, options: options) }
            await expect(.deadlineExceeded) {
                try await client.serverStreaming(EchoService.method("S"), message, options: options) { for try await _ in $0 {} }
            }
            await expect(.deadlineExceeded) { _ = try await client.clientStreaming(EchoService.method("C"), options: options) { _ in } }
            await expect(.deadlineExceeded) {
                try await client.bidirectional(EchoService.method("B"), options: options) { for try await _ in $1 {} }
            }
            for timeout in [Duration.zero, .seconds(-1), .seconds(Int64.min)] {
                await expect(.deadlineExceeded) {
                    _ = try await client.unary(EchoService.method("Unary"), message, options: CallOptions(timeout: timeout))
                }
            }
            _ = try await client.unary(EchoService.method("Unary"), message, options: CallOptions(timeout: .seconds(Int64.max)))
            // The server enforces each deadline by itself.
            try await eventually { cancelled.withLock { $0 } == 4 }
        }
    }

    @Test(arguments: Transport.allCases)
    func cancellingTheCallerEndsTheCall(_ transport: Transport) async throws {
        try await transport.withClient { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await client.unary(EchoService.method("Forever"), message) }
                group.addTask { try await client.bidirectional(EchoService.method("Bidi")) { for try await _ in $1 {} } }
                group.addTask {
                    _ = try await client.clientStreaming(EchoService.method("Collect")) { _ in try await Task.sleep(for: .seconds(3600)) }
                }
                try await eventually { client.connection.holdings.streams == 3 }
                group.cancelAll()
                while let result = await group.nextResult() {
                    #expect(throws: CancellationError.self) { try result.get() }
                }
            }
            #expect(client.connection.holdings.streams == 0)
            let answer = try await client.unary(EchoService.method("Unary"), message)
            #expect(answer == message)
        }
    }

    @Test(arguments: Transport.allCases)
    func closingFailsCallsAndCancelsHandlers(_ transport: Transport) async throws {
        let started = Mutex(0)
        let cancelled = Mutex(0)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Wait"),
                bidirectional: { messages, _, _ in
                    started.withLock { $0 += 1 }
                    defer { cancelled.withLock { $0 += 1 } }
                    for try await _ in messages {}
                })
        }
        try await transport.withClient(router) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask { try await client.bidirectional(EchoService.method("Wait")) { for try await _ in $1 {} } }
                }
                try await eventually { started.withLock { $0 } == 10 }
                client.close()
                while let result = await group.nextResult() {
                    #expect { try result.get() } throws: { ($0 as? Status)?.code == .unavailable }
                }
            }
            try await eventually { cancelled.withLock { $0 } == 10 }
            await expect(.unavailable) { _ = try await client.unary(EchoService.method("Unary"), message) }
        }
    }

    /// The answers of one stream pile up unread: in plain ttrpc that call fails, others on the connection do not notice.
    @Test(arguments: [Transport.plainInProcess, .plainTLS])
    func aSlowReaderDoesNotDelayOtherStreams(_ transport: Transport) async throws {
        var limits = ConnectionLimits()
        limits.streamInboundBytes = 1 << 20
        try await transport.withClient(limits: limits) { client in
            let flood = EchoMessage(number: 1000, blob: [UInt8](repeating: 1, count: 10_000)).encoded
            try await client.serverStreaming(EchoService.method("Expand"), flood) { responses in
                try await eventually {
                    let answer = try await client.unary(EchoService.method("Unary"), message)
                    #expect(answer == message)
                    return client.connection.holdings.streams == 0
                }
                await expect(.resourceExhausted) { for try await _ in responses {} }
            }
            let answer = try await client.unary(EchoService.method("Unary"), message)
            #expect(answer == message)
            #expect(client.connection.holdings.inboundBytes == 0)
        }
    }

    @Test(arguments: Transport.allCases)
    func largeMessages(_ transport: Transport) async throws {
        try await transport.withClient { client in
            let large = ByteBuffer(repeating: 0xAB, count: 4_194_304 - 100)
            let largeAnswer = try await client.unary(EchoService.method("Immediate"), large)
            #expect(largeAnswer == large)
            let whole = ByteBuffer(repeating: 0xCD, count: 4_194_304)
            await expect(.resourceExhausted) { _ = try await client.unary(EchoService.method("Immediate"), whole) }
            try await client.bidirectional(EchoService.method("Bidi")) { writer, responses in
                var responses = responses.makeAsyncIterator()
                let blob = EchoMessage(blob: [UInt8](repeating: 1, count: 4_000_000)).encoded
                for _ in 0..<3 {
                    try await writer.write(blob)
                    #expect(try await responses.next() == blob)
                }
                await expect(.resourceExhausted) { try await writer.write(ByteBuffer(repeating: 0, count: 4_194_305)) }
            }
        }
    }

    @Test(arguments: Transport.allCases)
    func answerOverTheLimitFailsItsCall(_ transport: Transport) async throws {
        let router = EchoService.router { router in
            router.register(EchoService.method("Huge"), unary: { _, _ in ByteBuffer(repeating: 0, count: 4_194_304) })
        }
        try await transport.withClient(router) { client in
            await expect(.resourceExhausted) { _ = try await client.unary(EchoService.method("Huge"), message) }
            let answer = try await client.unary(EchoService.method("Unary"), message)
            #expect(answer == message)
        }
    }

    @Test(arguments: Transport.allCases, [false, true])
    func aThousandCallsAtOnce(_ transport: Transport, onLoop: Bool) async throws {
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Yield"),
                unary: { payload, _ in
                    await Task.yield()
                    return payload
                })
        }
        try await transport.withClient(router) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1000 {
                    group.addTask(executorPreference: onLoop ? client.taskExecutor : nil) {
                        for method in ["Unary", "Yield", "Immediate"] {
                            let message = EchoMessage(text: method, number: number).encoded
                            let answer = try await client.unary(EchoService.method(method), message)
                            #expect(answer == message)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(client.connection.holdings.streams == 0)
        }
    }

    /// Metadata and a time limit go with calls of every kind.
    @Test(arguments: Transport.allCases)
    func metadataOfStreamsReachesTheHandler(_ transport: Transport) async throws {
        let seen = Mutex<[CallContext]>([])
        @Sendable func see(_ context: CallContext) { seen.withLock { $0.append(context) } }
        let router = EchoService.router { router in
            router.register(EchoService.method("S"), serverStreaming: { _, _, context in see(context) })
            router.register(
                EchoService.method("C"),
                clientStreaming: { _, context in
                    see(context)
                    return ByteBuffer()
                })
            router.register(EchoService.method("B"), bidirectional: { _, _, context in see(context) })
        }
        let options = CallOptions(metadata: ["trace": "abc", "empty": ""], timeout: .seconds(60))
        try await transport.withClient(router) { client in
            try await client.serverStreaming(EchoService.method("S"), message, options: options) { for try await _ in $0 {} }
            _ = try await client.clientStreaming(EchoService.method("C"), options: options) { _ in }
            try await client.bidirectional(EchoService.method("B"), options: options) { for try await _ in $1 {} }
            let contexts = seen.withLock { $0 }
            #expect(contexts.map(\.method.method) == ["S", "C", "B"])
            for context in contexts {
                #expect(context.metadata == options.metadata)
                #expect(context.deadline != nil)
            }
        }
    }

    /// Writers work from tasks that do not run on the connection's event loop, also when they have to wait.
    @Test(arguments: Transport.allCases)
    func handlersWriteFromOtherTasks(_ transport: Transport) async throws {
        var limits = ConnectionLimits()
        limits.streamOutboundBytes = 1000
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Many"),
                serverStreaming: { payload, writer, _ in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<4 {
                            let writing = Task.detached {
                                for _ in 0..<250 { try await writer.write(payload) }
                            }
                            group.addTask { try await writing.value }
                        }
                        try await group.waitForAll()
                    }
                })
        }
        try await transport.withClient(router, limits: limits) { client in
            let count = try await client.serverStreaming(EchoService.method("Many"), message) { responses in
                try await responses.reduce(into: 0) { count, _ in count += 1 }
            }
            #expect(count == 1000)
        }
    }

    @Test(arguments: Transport.allCases)
    func tooManyCallsAndTooMuchMetadata(_ transport: Transport) async throws {
        var limits = ConnectionLimits()
        limits.streams = 1
        limits.metadataEntries = 1
        try await transport.withClient(limits: limits) { client in
            try await client.bidirectional(EchoService.method("Bidi")) { _, _ in
                await expect(.resourceExhausted) { _ = try await client.unary(EchoService.method("Unary"), message) }
            }
            let metadata: Metadata = ["a": "", "b": ""]
            await expect(.resourceExhausted) {
                _ = try await client.unary(EchoService.method("Unary"), message, options: CallOptions(metadata: metadata))
            }
            await expect(.invalidArgument) {
                _ = try await client.unary(EchoService.method("Unary"), message, options: CallOptions(metadata: ["a": "\0"]))
            }
        }
    }
}
