import Protobuf
import TTRPC

/// What one line may say after those before it. Holds what is known of each call that waits for something, and nothing of the others.
struct CallRules {
    /// How many calls may wait for their answer at once. A recording of requests only never answers, so this bounds its calls.
    static let openCalls = 65_536
    /// How many connections a recording may have.
    static let connections = 1024

    private struct Call {
        let connection: Int
        let method: MethodName
        let types: RecordedTypes.Method
        let line: Int
        var isRequestOver: Bool
    }

    private let types: RecordedTypes
    private var header: RecordingHeader?
    private var lastTime: RecordedTime?
    private var lastCall = 0
    private var identities: [Int: String] = [:]
    private var open: [Int: Call] = [:]
    private(set) var summary = RecordingSummary()

    init(types: RecordedTypes) {
        self.types = types
    }

    mutating func begin(_ header: RecordingHeader) {
        self.header = header
        lastTime = header.clock
    }

    /// The faults of a line, each with the member it is about.
    mutating func check(_ line: RecordedLine, number: Int) -> [(path: String, rule: String)] {
        var faults: [(path: String, rule: String)] = []
        if let lastTime, line.time < lastTime { faults.append(("time", "is earlier than the line before")) }
        lastTime = max(lastTime ?? line.time, line.time)
        if identities[line.connection, default: line.identity] != line.identity {
            faults.append(("identity", "is not the identity of this connection in earlier lines"))
        } else if identities[line.connection] == nil, identities.count == Self.connections {
            faults.append(("connection", "is more than \(Self.connections) connections in one recording"))
        } else {
            identities[line.connection] = line.identity
        }

        if var call = open[line.call] {
            if call.connection != line.connection { faults.append(("connection", "is not the connection of this call in earlier lines")) }
            if call.method != line.method { faults.append(("method", "is not the method of this call in earlier lines")) }
            if let rule = Self.follow(&call, line.content) { faults.append(("direction", rule)) }
            open[line.call] = call
        } else if line.call <= lastCall {
            faults.append(("call", "is over, or was left out: the numbers of new calls grow"))
        } else {
            lastCall = line.call
            guard let method = types.method(line.method) else {
                return faults + [("method", "is not a method that is known here")]
            }
            switch method.kind {
            case .unary, .bidirectional: break
            case .clientStreaming, .serverStreaming:
                return faults + [("method", "is a call with one stream; only unary and bidirectional calls can be recorded")]
            }
            if case .request = line.content {} else { faults.append(("direction", "must be \"request\": the call begins here")) }
            if open.count == Self.openCalls { return faults + [("call", "more than \(Self.openCalls) calls are without an answer")] }
            open[line.call] = Call(
                connection: line.connection, method: line.method, types: method, line: number, isRequestOver: method.kind == .unary)
            summary.calls += 1
        }

        if let method = open[line.call]?.types { faults += check(line.content, of: method) }
        if header?.isTestData == false, line.content.isOfProtected {
            faults.append(("body", "is of a person whose identity is protected, or may be: such a case stands in no recording"))
        }
        switch line.content {
        case .status: close(line.call)
        case .response where open[line.call]?.types.kind == .unary: close(line.call)
        default: break
        }
        return faults
    }

    private mutating func close(_ call: Int) {
        open[call] = nil
        summary.answeredCalls += 1
    }

    /// The call with the lowest number that has no answer although others do: its line.
    var unanswered: Int? {
        guard summary.answeredCalls > 0 else { return nil }
        return open.min { $0.key < $1.key }?.value.line
    }

    private static func follow(_ call: inout Call, _ content: RecordedLine.Content) -> String? {
        switch content {
        case .request: return call.isRequestOver ? "a request after the last one of its call" : nil
        case .end:
            defer { call.isRequestOver = true }
            return call.isRequestOver ? "the requests of this call have ended already" : nil
        case .response, .status: return nil
        }
    }

    private func check(_ content: RecordedLine.Content, of method: RecordedTypes.Method) -> [(path: String, rule: String)] {
        do throws(JSONFaults) {
            switch content {
            case .request(.body(let body)): _ = try method.request.packed(fromJSON: body)
            case .response(.body(let body)): _ = try method.response.packed(fromJSON: body)
            case .status(let status): for detail in status.details { try types.check(detail: detail) }
            case .request(.raw), .response(.raw), .end: break
            }
            return []
        } catch {
            let member = if case .status = content { "status.details" } else { "body" }
            return error.faults.map { ($0.path.isEmpty ? member : "\(member).\($0.path)", $0.rule) }
        }
    }
}

/// What a recording holds.
package struct RecordingSummary: Hashable, Sendable {
    package fileprivate(set) var calls = 0
    package fileprivate(set) var answeredCalls = 0

    /// False when the recording holds requests only.
    package var hasAnswers: Bool { answeredCalls > 0 }
}
