import CReferralMessages
import Protobuf
import TTRPC

@testable import Recording

/// The methods of `lots.v1`.
let lotsTypes = RecordedTypes(method: { lotsMethods[$0.description] }, detail: { $0 == "lots.v1.Faults" ? .faults : nil })

extension AnyMessageType {
    static let faults = AnyMessageType(MessageType(lots__v1__faults__init))
}

private let lotsMethods: [String: RecordedTypes.Method] = [
    "lots.v1.ReferralService/Submit": method(.unary, submitRequest, MessageType(lots__v1__receipt__init)),
    "lots.v1.ReferralService/SubmitStream": method(.bidirectional, submitRequest, MessageType(lots__v1__submit_result__init)),
    "lots.v1.ReferralService/GetStatus": method(
        .unary, MessageType(lots__v1__get_status_request__init), MessageType(lots__v1__referral_status__init)),
    "lots.v1.ReferralService/Preview": method(
        .unary, MessageType(lots__v1__preview_request__init), MessageType(lots__v1__preview_response__init)),
    "lots.v1.AssignmentService/Fetch": method(
        .unary, MessageType(lots__v1__fetch_request__init), MessageType(lots__v1__fetch_response__init)),
    "lots.v1.AssignmentService/Pull": method(
        .bidirectional, MessageType(lots__v1__pull_request__init), MessageType(lots__v1__pull_response__init)),
    "lots.v1.AssignmentService/Acknowledge": method(.unary, MessageType(lots__v1__acknowledge_request__init), assignmentState),
    "lots.v1.AssignmentService/Accept": method(.unary, MessageType(lots__v1__accept_request__init), assignmentState),
    "lots.v1.AssignmentService/Return": method(.unary, MessageType(lots__v1__return_request__init), assignmentState),
]

private let submitRequest = MessageType(lots__v1__submit_request__init)
private let assignmentState = MessageType(lots__v1__assignment_state__init)

private func method<Request, Response>(
    _ kind: CallKind, _ request: MessageType<Request>, _ response: MessageType<Response>
) -> RecordedTypes.Method {
    RecordedTypes.Method(kind: kind, request: AnyMessageType(request), response: AnyMessageType(response))
}

func requestType(_ method: String) throws -> AnyMessageType { try lotsType(method).request }
func responseType(_ method: String) throws -> AnyMessageType { try lotsType(method).response }

struct UnknownMethod: Error {}

private func lotsType(_ method: String) throws -> RecordedTypes.Method {
    guard let found = lotsMethods["lots.v1.\(method)"] else { throw UnknownMethod() }
    return found
}

// MARK: - Recordings in tests

let header = #"{"recording":"lots/1","description":"A test","clock":"2026-03-02T06:00:00Z","testData":true}"#
let secretHeader = header.replacing("true", with: "false")

/// A line of a recording; `rest` begins after the method.
func line(
    _ call: Int, _ direction: String, _ method: String, _ rest: String = "", connection: Int = 1, time: String = "2026-03-02T06:00:00Z"
) -> String {
    let identity = "spiffe://lots.example/org/unit-\(connection)"
    return #"{"time":"\#(time)","connection":\#(connection),"identity":"\#(identity)","call":\#(call),"direction":"\#(direction)","#
        + #""method":"lots.v1.\#(method)"\#(rest.isEmpty ? "" : "," + rest)}"#
}

func source(_ lines: [String], name: String = "test.jsonl") -> RecordingSource {
    RecordingSource(name: name, bytes: Array((lines.joined(separator: "\n") + "\n").utf8))
}

/// What is read when it is read to the end.
func entries(_ source: RecordingSource) async throws -> [RecordingReader.Entry] {
    var entries: [RecordingReader.Entry] = []
    try await source.forEachEntry(types: lotsTypes) { entries.append($0) }
    return entries
}
