import Logging
import NIOCore
import Synchronization
import TTRPC
import TTRPCTestSupport
import Testing

/// What interceptors see and may do, for every kind of call and whatever carries it.
@Suite(.timeLimit(.minutes(3)))
struct InterceptorTests {
    private let message = EchoMessage(text: "hej").encoded

    /// Notes when a call goes in and comes out.
    private struct Noting: ClientInterceptor, ServerInterceptor {
        let name: String
        let notes: Notes<String>

        func intercept<Answer>(_ call: OutgoingCall, next: (OutgoingCall) async throws -> Answer) async throws -> Answer {
            notes.add("client \(name) in \(call.method.method)")
            defer { notes.add("client \(name) out") }
            var call = call
            call.options.metadata.append(name, for: "by")
            return try await next(call)
        }

        func intercept<Answer: Sendable>(
            _ context: CallContext, next: (CallContext) async throws -> Answer
        ) async throws -> Answer {
            notes.add("server \(name) in \(context.metadata[all: "by"].joined(separator: "+"))")
            defer { notes.add("server \(name) out") }
            var context = context
            context.metadata.append(name, for: "seen")
            return try await next(context)
        }
    }

    final class Notes<Note: Sendable>: Sendable {
        private let notes = Mutex<[Note]>([])

        var all: [Note] { notes.withLock { $0 } }

        func add(_ note: Note) { notes.withLock { $0.append(note) } }
    }

    /// One call of each kind.
    private func call(_ kind: CallKind, _ client: Client) async throws {
        switch kind {
        case .unary: _ = try await client.unary(EchoService.method("Unary"), message)
        case .clientStreaming: _ = try await client.clientStreaming(EchoService.method("Collect")) { try await $0.write(message) }
        case .serverStreaming:
            try await client.serverStreaming(EchoService.method("Expand"), EchoMessage(number: 2).encoded) { responses in
                for try await _ in responses {}
            }
        case .bidirectional:
            try await client.bidirectional(EchoService.method("Bidi")) { writer, responses in
                try await writer.write(message)
                writer.finish()
                for try await _ in responses {}
            }
        }
    }

    @Test(arguments: Transport.allCases, CallKind.allCases)
    func theFirstIsOutermostOnBothSides(_ transport: Transport, _ kind: CallKind) async throws {
        let notes = Notes<String>()
        let interceptors = ["one", "two"].map { Noting(name: $0, notes: notes) }
        try await transport.withClient(EchoService.router().intercepted(by: interceptors)) { client in
            try await call(kind, client.intercepted(by: [interceptors[0]]).intercepted(by: [interceptors[1]]))
            try await eventually { notes.all.count == 8 }
        }
        let side = { (name: String) in notes.all.filter { $0.hasPrefix(name) } }
        let method = [CallKind.unary: "Unary", .clientStreaming: "Collect", .serverStreaming: "Expand", .bidirectional: "Bidi"][kind] ?? ""
        #expect(side("client") == ["client one in \(method)", "client two in \(method)", "client two out", "client one out"])
        #expect(side("server") == ["server one in one+two", "server two in one+two", "server two out", "server one out"])
    }

    @Test func aServerInterceptorMayRefuse() async throws {
        struct Refusing: ServerInterceptor {
            func intercept<Answer: Sendable>(
                _ context: CallContext, next: (CallContext) async throws -> Answer
            ) async throws -> Answer {
                throw Status(.permissionDenied, "not today")
            }
        }
        try await Transport.inProcess.withClient(EchoService.router().intercepted(by: [Refusing()])) { client in
            for method in ["Unary", "Immediate"] {
                await #expect(throws: Status(.permissionDenied, "not today")) {
                    try await client.unary(EchoService.method(method), message)
                }
            }
        }
    }

    /// Each call is told once, with the code its caller sees.
    @Test func observing() async throws {
        let (clientSide, serverSide) = (Notes<CallRecord>(), Notes<CallRecord>())
        // A clock that goes on a millisecond whenever it is looked at.
        let ticks = Atomic<Int64>(0)
        let now = { @Sendable in NIODeadline.uptimeNanoseconds(UInt64(ticks.add(1_000_000, ordering: .relaxed).newValue)) }
        let router = EchoService.router().intercepted(by: [CallObserving(ended: serverSide.add)])
        try await Transport.tls.withClient(router) { plain in
            let client = plain.intercepted(by: [CallObserving(now: now, ended: clientSide.add)])
            try await call(.bidirectional, client)
            _ = try? await client.unary(EchoService.method("Fail"), EchoMessage(number: 5).encoded)
            _ = try? await client.unary(EchoService.method("Crash"), message)
            try await eventually { serverSide.all.count == 3 }
        }
        #expect(clientSide.all.map(\.code) == [.ok, .notFound, .internal])
        #expect(clientSide.all.map(\.method.method) == ["Bidi", "Fail", "Crash"])
        #expect(clientSide.all.allSatisfy { $0.duration == .milliseconds(1) && $0.peer == nil })
        #expect(serverSide.all.map(\.code) == [.ok, .notFound, .internal])
        #expect(serverSide.all.allSatisfy { $0.peer?.identity == "spiffe://lots.example/polisen/region-syd" && $0.duration >= .zero })
    }

    /// A handler is cancelled when its deadline passes and when its caller goes away; the record tells the two apart.
    @Test(arguments: [(100, Status.Code.deadlineExceeded), (101, .cancelled), (nil, .cancelled)] as [(Int64?, Status.Code)])
    func aCancelledHandler(_ deadline: Int64?, _ code: Status.Code) async throws {
        let records = Notes<CallRecord>()
        let observing = CallObserving(now: { .uptimeNanoseconds(100) }, ended: records.add)
        let context = CallContext(
            method: EchoService.method("Forever"), peer: Peer(), deadline: deadline.map { .uptimeNanoseconds(UInt64($0)) })
        await #expect(throws: CancellationError.self) {
            try await observing.intercept(context) { _ in throw CancellationError() }
        }
        #expect(records.all.map(\.code) == [code])
    }

    /// The log of a call holds ids and its status, and nothing that was sent or said.
    @Test func logging() async throws {
        let lines = Notes<String>()
        let logger = Logger(label: "test") { _ in LineLog(lines: lines) }
        let router = EchoService.router().intercepted(by: [TracePropagation(), CallLogging(logger: logger)])
        try await Transport.tls.withClient(router) { client in
            let options = CallOptions(metadata: ["traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
            _ = try await client.unary(EchoService.method("Immediate"), EchoMessage(text: "secret").encoded, options: options)
            _ = try? await client.unary(EchoService.method("Fail"), EchoMessage(text: "secret", number: 9).encoded, options: options)
            try await eventually { lines.all.count == 2 }
        }
        #expect(lines.all[0].hasPrefix("debug call") && lines.all[1].hasPrefix("info call"))
        for (line, parts) in zip(
            lines.all, [["echo.v1.Echo/Immediate", "status=OK"], ["echo.v1.Echo/Fail", "status=FAILED_PRECONDITION"]])
        {
            for part in parts + ["polisen/region-syd", "trace=4bf92f3577b34da6a3ce929d0e0e4736"] { #expect(line.contains(part)) }
            #expect(!line.contains("secret") && !line.contains("00f067aa0ba902b7"))
        }
    }

    private struct LineLog: LogHandler {
        let lines: Notes<String>
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = (event.metadata ?? [:]).map { " \($0)=\($1)" }.sorted().joined()
            lines.add("\(event.level) \(event.message)\(metadata)")
        }
    }

    /// A trace goes from client to server and on from there; each step is a span of its own.
    @Test(arguments: CallKind.allCases) func tracesGoOnOverTLS(_ kind: CallKind) async throws {
        let seen = Notes<(sent: String?, current: TraceContext?)>()
        struct Looking: ServerInterceptor {
            let seen: Notes<(sent: String?, current: TraceContext?)>
            func intercept<Answer: Sendable>(
                _ context: CallContext, next: (CallContext) async throws -> Answer
            ) async throws -> Answer {
                seen.add((context.metadata[first: "traceparent"], TraceContext.current))
                return try await next(context)
            }
        }
        let router = EchoService.router().intercepted(by: [TracePropagation(), Looking(seen: seen)])
        let trace = try #require(
            TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", tracestate: ["a=1"]))
        try await Transport.tls.withClient(router) { plain in
            let client = plain.intercepted(by: [TracePropagation()])
            try await TraceContext.$current.withValue(trace) { try await call(kind, client) }
            try await call(kind, client)
            try await eventually { seen.all.count == 2 }
        }
        let (continued, begun) = (seen.all[0], seen.all[1])
        let sent = try #require(continued.sent.flatMap { TraceContext(traceparent: $0) })
        let current = try #require(continued.current)
        #expect(sent.traceID == trace.traceID && current.traceID == trace.traceID && current.state == "a=1" && current.isSampled)
        #expect(Set([trace.spanID, sent.spanID, current.spanID]).count == 3)
        #expect(begun.current != nil && begun.current?.traceID != trace.traceID)
    }
}
