import NIOCore
import Synchronization
import TLS
import TTRPC
import TTRPCOverTLS
import TTRPCTestSupport
import TestSupport
import Testing

/// A client that reconnects, against real servers that die, refuse and return.
@Suite(.timeLimit(.minutes(3)))
struct ReconnectingTests {
    private let message = EchoMessage(text: "hej", number: 7).encoded

    private typealias Events = InterceptorTests.Notes<ConnectionEvent>

    private func configuration(_ events: Events = Events(), _ change: (inout ReconnectionConfiguration) -> Void = { _ in })
        -> ReconnectionConfiguration
    {
        var configuration = ReconnectionConfiguration()
        configuration.backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(5))
        configuration.observe = events.add
        change(&configuration)
        return configuration
    }

    private func withClient<R>(
        to ports: [Int], _ configuration: ReconnectionConfiguration? = nil,
        expecting server: TLSConfiguration.ExpectedServer = .init(spiffeIdentifier: "spiffe://lots.example/lots/exchange"),
        _ body: (Client) async throws -> R
    ) async throws -> R {
        let context = try await DevelopmentPKI.current.client(expecting: server) { $0.applicationProtocols = WireProtocol.names }
        let client = Client.reconnecting(
            to: ports.map { ServerAddress(host: "127.0.0.1", port: $0) }, context: { context }, configuration ?? self.configuration())
        defer { client.close() }
        return try await body(client)
    }

    /// A port where nobody listens: one that was free a moment ago.
    private func deadPort() async throws -> Int {
        let server = try await Server.bind(
            ServerConfiguration(host: "127.0.0.1", port: 0), router: Router(),
            context: { [context = try await DevelopmentPKI.current.server()] in context }, logger: .silent)
        let port = server.port
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            server.stop()
            try await group.waitForAll()
        }
        return port
    }

    private func on(_ port: Int) -> ServerConfiguration {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: port)
        configuration.stopTimeout = .milliseconds(1)
        return configuration
    }

    @Test func aServerThatReturnsOnItsPortIsFoundAgain() async throws {
        let port = try await deadPort()
        let events = Events()
        try await withClient(to: [port], configuration(events)) { client in
            for _ in 0..<3 {
                try await withServer(EchoService.router(), on(port)) { _ in
                    for _ in 0..<3 {
                        let answer = try await client.unary(EchoService.method("Unary"), message)
                        #expect(answer == message)
                    }
                }
            }
        }
        #expect(events.all.filter { $0 == .connected(address: "127.0.0.1:\(port)") }.count == 3)
    }

    @Test func callsWaitForAServerThatIsNotThereYet() async throws {
        let port = try await deadPort()
        let events = Events()
        try await withClient(to: [port], configuration(events)) { client in
            try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
                for _ in 0..<20 { group.addTask { try await client.unary(EchoService.method("Unary"), message) } }
                try await eventually { events.all.contains { if case .waiting = $0 { true } else { false } } }
                try await withServer(EchoService.router(), on(port)) { _ in
                    for try await answer in group { #expect(answer == message) }
                }
            }
        }
        #expect(events.all.filter { $0 == .connected(address: "127.0.0.1:\(port)") }.count == 1)
    }

    @Test func theSecondAddressAnswersWhenTheFirstIsDead() async throws {
        let dead = try await deadPort()
        let events = Events()
        try await withServer { server in
            try await withClient(to: [dead, server.port], configuration(events)) { client in
                #expect(try await client.unary(EchoService.method("Unary"), message) == message)
                try await client.bidirectional(EchoService.method("Bidi")) { writer, responses in
                    try await writer.write(message)
                    var responses = responses.makeAsyncIterator()
                    #expect(try await responses.next() == message)
                }
            }
            #expect(events.all.last == .connected(address: "127.0.0.1:\(server.port)"))
            #expect(events.all.count == 2)
        }
    }

    /// Who was expected, who answered, and what to check; at once, since waiting does not help.
    @Test func anotherServerThanExpected() async throws {
        try await withServer { server in
            let patient = configuration { $0.patience = .seconds(3600) }
            try await withClient(to: [server.port], patient, expecting: .init(spiffeIdentifier: "spiffe://lots.example/lots/other")) {
                client in
                let status = try await failure(of: client, options: CallOptions(timeout: .seconds(3600)))
                #expect(status.code == .unavailable && status.fate == .notProcessed)
                for part in ["127.0.0.1:\(server.port)", "lots.example/lots/other", "lots.example/lots/exchange", "check the address"] {
                    #expect(status.message.contains(part), "\(status)")
                }
            }
        }
    }

    /// The other way round: it is told at once and no call is made again.
    @Test func aServerThatRefusesTheClient() async throws {
        let context = try await DevelopmentPKI.current.client("foreign/clients/polisen/region-syd")
        let events = Events()
        try await withServer { server in
            let client = Client.reconnecting(
                to: [ServerAddress(host: "127.0.0.1", port: server.port)], context: { context }, configuration(events))
            defer { client.close() }
            let status = try await failure(of: client, options: CallOptions(isIdempotent: true))
            #expect(status.code == .unauthenticated && status.message.contains("unknown CA"), "\(status)")
            #expect(events.all.count == 1)
        }
    }

    private func failure(of client: Client, _ method: String = "Unary", options: CallOptions = CallOptions()) async throws -> Status {
        try #require(
            await #expect(throws: Status.self) { _ = try await client.unary(EchoService.method(method), message, options: options) })
    }

    @Test func withoutPatienceEveryAddressIsTriedOnce() async throws {
        let ports = [try await deadPort(), try await deadPort()]
        let events = Events()
        try await withClient(to: ports, configuration(events) { $0.patience = .zero }) { client in
            let status = try await failure(of: client)
            #expect(status.code == .unavailable && ports.allSatisfy { status.message.contains("127.0.0.1:\($0): ") }, "\(status)")
        }
        #expect(events.all.count == 2)
    }

    @Test func theDeadlineBoundsTheWaitForAConnection() async throws {
        let port = try await deadPort()
        // It connects once and then pauses for ever.
        let events = Events()
        let never = configuration(events) { $0.sleep = { _ in try await Task.sleep(for: .seconds(3600)) } }
        try await withClient(to: [port], never) { client in
            let first = Task { try await client.unary(EchoService.method("Unary"), message) }
            defer { first.cancel() }
            try await eventually { events.all.count == 2 }
            let status = try await failure(of: client, options: CallOptions(timeout: .milliseconds(50)))
            #expect(status.code == .deadlineExceeded && status.message.contains("127.0.0.1:\(port): "), "\(status)")
            await #expect(throws: Status.self) {
                try await client.bidirectional(EchoService.method("Bidi"), options: CallOptions(timeout: .milliseconds(20))) { _, _ in }
            }
            let task = Task { try await client.unary(EchoService.method("Unary"), message) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func closingFailsThoseWhoWait() async throws {
        let port = try await deadPort()
        let events = Events()
        try await withClient(to: [port], configuration(events)) { client in
            async let status = failure(of: client)
            try await eventually { !events.all.isEmpty }
            client.close()
            #expect(try await status.message == "the client has been closed")
            #expect(try await failure(of: client).message == "the client has been closed")
        }
    }

    /// A service whose first calls cost their client its connection, as when the server dies after it has begun.
    private final class Dying: Sendable {
        private let deaths: Int
        private let runs = Mutex(0)

        init(deaths: Int) { self.deaths = deaths }

        var runCount: Int { runs.withLock { $0 } }

        func router() -> Router {
            EchoService.router { router in
                router.register(
                    EchoService.method("Die"),
                    unary: { message, _ in
                        let run = self.runs.withLock { runs in
                            runs += 1
                            return runs
                        }
                        if run <= self.deaths { throw Status(.unavailable, "the server has begun and failed") }
                        return message
                    })
            }
        }
    }

    @Test func onlyIdempotentCallsAreMadeAgainWhenTheServerHasBegun() async throws {
        let dying = Dying(deaths: 2)
        try await withServer(dying.router()) { server in
            try await withClient(to: [server.port]) { client in
                #expect(try await failure(of: client, "Die").code == .unavailable)
                #expect(dying.runCount == 1)
                let answer = try await client.unary(EchoService.method("Die"), message, options: CallOptions(isIdempotent: true))
                #expect(answer == message && dying.runCount == 3)
            }
        }
    }

    @Test func anEmptyBudgetEndsRepetitions() async throws {
        let dying = Dying(deaths: .max)
        try await withServer(dying.router()) { server in
            let thrifty = configuration {
                $0.budget = RetryBudget(tokens: 8)
                $0.retry.attempts = 3
            }
            try await withClient(to: [server.port], thrifty) { client in
                for expected in [3, 4, 5, 6] {
                    _ = try await failure(of: client, "Die", options: CallOptions(isIdempotent: true))
                    #expect(dying.runCount == expected)
                }
            }
        }
    }

    /// The connection is lost while the handler runs: the call is made again on the next connection, or not.
    @Test(arguments: [true, false])
    func aCallUnderWayWhenTheServerDies(_ isIdempotent: Bool) async throws {
        let port = try await deadPort()
        let runs = InterceptorTests.Notes<Bool>()
        func router(hangs: Bool) -> Router {
            EchoService.router { router in
                router.register(
                    EchoService.method("Once"),
                    unary: { message, _ in
                        runs.add(hangs)
                        if hangs { try await Task.sleep(for: .seconds(3600)) }
                        return message
                    })
            }
        }
        try await withClient(to: [port]) { client in
            let call = try await withServer(router(hangs: true), on(port)) { _ in
                let call = Task {
                    try await client.unary(EchoService.method("Once"), message, options: CallOptions(isIdempotent: isIdempotent))
                }
                try await eventually { runs.all == [true] }
                return call
            }
            try await withServer(router(hangs: false), on(port)) { _ in
                if isIdempotent {
                    let answer = try await call.value
                    #expect(answer == message)
                } else {
                    let status = await #expect(throws: Status.self) { try await call.value }
                    #expect(status?.code == .unavailable && status?.fate == .unknown)
                    // The connection is made anew for the next call all the same.
                    let answer = try await client.unary(EchoService.method("Unary"), message)
                    #expect(answer == message)
                }
            }
        }
        #expect(runs.all == (isIdempotent ? [true, false] : [true]))
    }

    /// The first attempt may have run: that nobody could be reached for the second does not make the call one that never ran.
    @Test func theFateOfACallIsThatOfAllItsAttempts() async throws {
        let port = try await deadPort()
        let runs = InterceptorTests.Notes<Void>()
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Once"),
                unary: { message, _ in
                    runs.add(())
                    try await Task.sleep(for: .seconds(3600))
                    return message
                })
        }
        try await withClient(to: [port], configuration { $0.patience = .zero }) { client in
            let call = try await withServer(router, on(port)) { _ in
                let call = Task { try await client.unary(EchoService.method("Once"), message, options: CallOptions(isIdempotent: true)) }
                try await eventually { !runs.all.isEmpty }
                return call
            }
            let status = await #expect(throws: Status.self) { try await call.value }
            #expect(status?.code == .unavailable && status?.fate == .unknown)
        }
    }

    /// Calls from many tasks over several restarts: each that may be repeated is answered.
    @Test func manyCallsOverSeveralRestarts() async throws {
        let port = try await deadPort()
        let done = InterceptorTests.Notes<Int>()
        try await withClient(
            to: [port],
            configuration {
                $0.retry.attempts = 20; $0.budget = RetryBudget(tokens: 1_000, gain: 1_000)
            }
        ) {
            client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<20 {
                    group.addTask {
                        for number in 0..<20 {
                            let message = EchoMessage(number: caller * 100 + number + 1).encoded
                            let answer = try await client.unary(
                                EchoService.method("Unary"), message, options: CallOptions(isIdempotent: true))
                            #expect(answer == message)
                            done.add(number)
                        }
                    }
                }
                for restart in 1...4 {
                    try await withServer(EchoService.router(), on(port)) { _ in
                        try await eventually { done.all.count >= restart * 100 }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(done.all.count == 400)
    }

    /// The server says when to come again; whoever may be repeated does not come earlier.
    @Test func theServersRetryInfoIsHeeded() async throws {
        let runs = InterceptorTests.Notes<Void>()
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Full"),
                unary: { message, _ in
                    runs.add(())
                    if runs.all.count != 2 { return message }
                    // 90 seconds.
                    let detail = StatusDetail(typeURL: StatusDetail.retryInfoTypeURL, value: [0x0A, 0x02, 0x08, 90])
                    throw Status(.resourceExhausted, "full", details: [detail])
                })
        }
        let pauses = InterceptorTests.Notes<Duration>()
        try await withServer(router) { server in
            try await withClient(to: [server.port], configuration { $0.sleep = pauses.add }) { client in
                for _ in 0..<2 {
                    let answer = try await client.unary(
                        EchoService.method("Full"), message, options: CallOptions(timeout: .seconds(600), isIdempotent: true))
                    #expect(answer == message)
                }
            }
        }
        #expect(pauses.all.count == 1 && pauses.all.allSatisfy { $0 >= .seconds(90) && $0 < .seconds(91) })
    }

    /// With `lots/1` a server that stops says so: what it has accepted finishes there, everything else goes to another, and no call fails,
    /// whether it may be repeated or not.
    @Test func aServerThatDrainsIsLeftWhileItsCallsFinish() async throws {
        let begun = InterceptorTests.Notes<Void>()
        let (release, releasing) = AsyncStream.makeStream(of: Void.self)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Held"),
                unary: { message, _ in
                    begun.add(())
                    for await _ in release {}
                    return message
                })
        }
        let events = Events()
        try await withServer(router) { first in
            try await withServer { second in
                try await withClient(to: [first.port, second.port], configuration(events)) { client in
                    let held = Task { try await client.unary(EchoService.method("Held"), message) }
                    try await eventually { !begun.all.isEmpty }
                    first.stop()
                    while events.all.last != .connected(address: "127.0.0.1:\(second.port)") {
                        let answer = try await client.unary(EchoService.method("Unary"), message)
                        #expect(answer == message)
                    }
                    releasing.finish()
                    let answer = try await held.value
                    #expect(answer == message)
                }
            }
        }
    }

    /// The stream under way is over, the next one finds the new server.
    @Test func aStreamEndsWithItsServerAndTheNextOneGoesOn() async throws {
        let port = try await deadPort()
        try await withClient(to: [port]) { client in
            let answers = InterceptorTests.Notes<ByteBuffer>()
            let stream = try await withServer(EchoService.router(), on(port)) { _ in
                let stream = Task {
                    try await client.bidirectional(EchoService.method("Bidi")) { writer, responses in
                        try await writer.write(message)
                        for try await response in responses { answers.add(response) }
                    }
                }
                try await eventually { answers.all == [message] }
                return stream
            }
            let status = await #expect(throws: Status.self) { try await stream.value }
            #expect(status?.code == .unavailable)
            try await withServer(EchoService.router(), on(port)) { _ in
                let answer = try await client.clientStreaming(EchoService.method("Collect")) { try await $0.write(message) }
                #expect(try EchoMessage(decoding: answer) == EchoMessage(text: "hej", number: 1))
            }
        }
    }

    @Test func aDefaultDeadlineForCallsWithOneAnswer() async throws {
        try await withServer { server in
            try await withClient(to: [server.port], configuration { $0.callTimeout = .milliseconds(50) }) { client in
                let status = try await failure(of: client, "Forever")
                #expect(status.code == .deadlineExceeded)
            }
        }
    }
}
