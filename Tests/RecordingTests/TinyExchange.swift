import Logging
import NIOCore
import NIOPosix
import Protobuf
import Synchronization
import TTRPC

@testable import Recording

/// Just enough of an exchange to be recorded: takes messages, hands them out in some order, and forgets nothing.
final class TinyExchange: Sendable {
    private struct State {
        var made = 0
        var waiting: [(id: String, name: String)] = []
        var taken: Set<String> = []
        var identities: [String] = []
        var requests: [String] = []
    }

    private let prefix: String
    private let mistake: Mistake?
    private let state = Mutex(State())

    enum Mistake: Sendable {
        case wrongOutcome, sameIdTwice, oneAnswerTooMany, oneAnswerTooFew, refusesAcknowledgements
    }

    /// - Parameter prefix: of the ids it makes; two exchanges make different ones.
    init(prefix: String, mistake: Mistake? = nil) {
        self.prefix = prefix
        self.mistake = mistake
    }

    /// Who connected, in order.
    var identities: [String] { state.withLock { $0.identities } }
    /// The ids in the acknowledgements that arrived, in order.
    var acknowledged: [String] { state.withLock { $0.requests } }

    func connect(_ identity: String) -> Client {
        state.withLock { $0.identities.append(identity) }
        return InProcessTransport(
            router: router, peer: Peer(identity: identity), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            eventLoop: MultiThreadedEventLoopGroup.singleton.any()
        ).client
    }

    private var router: Router {
        var router = Router()
        router.register(.init(service: "lots.v1.ReferralService", method: "Submit"), unary: { bytes, _ in try self.submit(bytes) })
        router.register(
            .init(service: "lots.v1.ReferralService", method: "SubmitStream"),
            bidirectional: { requests, answers, _ in
                var results: [String] = []
                for try await bytes in requests {
                    results.append(try self.result(bytes, item: results.count + 1))
                }
                if self.mistake == .oneAnswerTooFew { results.removeFirst() }
                if self.mistake == .oneAnswerTooMany { results += results.prefix(1) }
                // The last is decided first: the order says nothing.
                for result in results.reversed() { try await answers.write(self.packed(result, "ReferralService/SubmitStream")) }
            })
        router.register(.init(service: "lots.v1.AssignmentService", method: "Fetch"), unary: { _, _ in try self.fetch() })
        router.register(
            .init(service: "lots.v1.AssignmentService", method: "Acknowledge"),
            unary: { bytes, _ in
                let id = try self.json(bytes, "AssignmentService/Acknowledge")["assignmentId"]?.string ?? ""
                try self.acknowledge(id)
                return try self.packed(#"{"assignmentId":"\#(id)","phase":"ASSIGNMENT_PHASE_RECEIVED"}"#, "AssignmentService/Acknowledge")
            })
        router.register(
            .init(service: "lots.v1.AssignmentService", method: "Pull"),
            bidirectional: { requests, answers, _ in
                for try await bytes in requests {
                    let request = try self.json(bytes, "AssignmentService/Pull")
                    for answer in try self.pull(request) { try await answers.write(self.packed(answer, "AssignmentService/Pull")) }
                }
            })
        return router
    }

    // MARK: - Answers

    private func makeID() -> String {
        state.withLock { state in
            if mistake != .sameIdTwice || state.made == 0 { state.made += 1 }
            return "\(prefix)\(state.made)"
        }
    }

    private func submit(_ bytes: ByteBuffer) throws -> ByteBuffer {
        try packed(try receipt(bytes), "ReferralService/Submit")
    }

    private func receipt(_ bytes: ByteBuffer) throws -> String {
        let request: JSONValue
        do {
            request = try json(bytes, "ReferralService/Submit")
        } catch let faults as DecodeFaults {
            let detail = try AnyMessageType.faults.packed(
                fromJSONText: Array(#"{"faults":[{"path":"\#(faults.faults[0].path)","rule":"broken"}]}"#.utf8))
            throw Status(.invalidArgument, "1 fault", details: [.init(typeURL: "type.googleapis.com/lots.v1.Faults", value: detail)])
        }
        let message = request["messageId"]?.string ?? ""
        guard !message.isEmpty else { throw Status(.invalidArgument, "message_id: is required") }
        let id = makeID()
        state.withLock { $0.waiting.append(("\(prefix)-assignment-\(message)", message)) }
        let outcome = mistake == .wrongOutcome && message == "b" ? "OUTCOME_REFUSED" : "OUTCOME_ACCEPTED"
        return
            #"{"messageId":"\#(message)","referralId":"\#(id)","receivedAt":"2026-03-02T06:00:0\#(prefix.count)Z","outcome":"\#(outcome)"}"#
    }

    private func result(_ bytes: ByteBuffer, item: Int) throws -> String {
        do {
            return #"{"item":"\#(item)","receipt":\#(try receipt(bytes))}"#
        } catch let status as Status {
            return #"{"item":"\#(item)","refusal":{"code":\#(status.code.rawValue),"message":"\#(status.message)"}}"#
        }
    }

    private func fetch() throws -> ByteBuffer {
        try packed(#"{"assignments":[\#(handOut(Int.max).joined(separator: ","))]}"#, "AssignmentService/Fetch")
    }

    /// In an order that depends on the exchange.
    private func handOut(_ count: Int) -> [String] {
        let cases = state.withLock { state in
            let cases = state.waiting.prefix(count)
            state.waiting.removeFirst(cases.count)
            return cases
        }
        let ordered = prefix.count.isMultiple(of: 2) ? Array(cases) : cases.reversed()
        return ordered.map { #"{"assignmentId":"\#($0.id)","sender":"\#($0.name)"}"# }
    }

    private func acknowledge(_ id: String) throws {
        state.withLock { $0.requests.append(id) }
        guard mistake != .refusesAcknowledgements, id.hasPrefix("\(prefix)-assignment-") else {
            throw Status(.notFound, "no assignment with this id is yours")
        }
    }

    private func pull(_ request: JSONValue) throws -> [String] {
        if let credit: Int = request["credit"]?["assignments"]?.integer() {
            return handOut(credit).map { #"{"assignment":\#($0)}"# }
        }
        let id = request["acknowledge"]?["assignmentId"]?.string ?? ""
        do {
            try acknowledge(id)
            return [#"{"acknowledged":{"assignmentId":"\#(id)"}}"#]
        } catch let status as Status {
            return [#"{"acknowledged":{"assignmentId":"\#(id)","code":\#(status.code.rawValue)}}"#]
        }
    }

    private func json(_ bytes: ByteBuffer, _ method: String) throws -> JSONValue {
        try requestType(method).json(fromPacked: Array(buffer: bytes))
    }

    private func packed(_ text: String, _ method: String) throws -> ByteBuffer {
        ByteBuffer(bytes: try responseType(method).packed(fromJSONText: Array(text.utf8)))
    }
}
