import NIOCore
import Protobuf
import Referral
import TTRPC

@testable import ReferralAPI

extension FuzzTarget {
    /// A message that can be read says the same after it has been written and read again: as JSON by its descriptor, and as the value
    /// that the exchange makes of it.
    static let messages = FuzzTarget(name: "messages") { bytes in
        var choices = Choices(bytes)
        let index = choices.number(below: codecs.count)
        let packed = choices.remaining()
        try codecs[index].check(packed)
    }

    /// Reads JSON and packs it by a descriptor. What is packed, written as JSON and packed again is the same bytes.
    static let json = FuzzTarget(name: "json") { bytes in
        var choices = Choices(bytes)
        let type = codecs[choices.number(below: codecs.count)].type
        let text = choices.remaining()
        let value: JSONValue
        do throws(JSONFaults) {
            value = try JSONValue(parsing: text)
        } catch {
            return try check(error)
        }
        try require(try JSONValue(parsing: value.text()) == value, "a value is the same when written and read again")
        try require(try JSONValue(parsing: value.text(pretty: true)) == value, "white space means nothing")
        let packed: [UInt8]
        do throws(JSONFaults) {
            packed = try type.packed(fromJSON: value)
        } catch {
            return try check(error)
        }
        try require(try type.packed(fromJSONText: text) == packed, "a text packs as its value does")
        let written = try type.json(fromPacked: packed)
        try require(try type.packed(fromJSON: written) == packed, "canonical JSON packs to the same bytes")
    }

    private static func check(_ faults: JSONFaults) throws {
        try require(!faults.faults.isEmpty, "a refusal says why")
    }

    static let codecs: [Codec] =
        [
            Codec(Submission.wireType), Codec(Receipt.self), Codec(SubmitResult.self), Codec(GetStatusRequest.self),
            Codec(ReferralStatus.self),
            Codec(PreviewRequest.self), Codec(PreviewResponse.self), Codec(PullRequest.self), Codec(PullResponse.self),
            Codec(FetchRequest.self), Codec(FetchResponse.self), Codec(AcknowledgeRequest.self), Codec(AcceptRequest.self),
            Codec(ReturnRequest.self), Codec(AssignmentProgress.self), Codec(HealthCheckRequest.self), Codec(HealthCheckResponse.self),
            Codec(Assignment.self), Codec(RoutingDecision.self), Codec(Refusal.self),
            Codec(ListVersionsRequest.self), Codec(ListVersionsResponse.self), Codec(GetVersionRequest.self), Codec(VersionTexts.self),
            Codec(PublishRuleSetRequest.self), Codec(PublishDirectoryRequest.self), Codec(RollbackRequest.self),
            Codec(CaseState.self), Codec(CaseFile.self), Codec(ListCasesRequest.self), Codec(ListCasesResponse.self),
            Codec(GetCaseRequest.self), Codec(WatchRequest.self), Codec(WatchResponse.self), Codec(ReviewListMessage.self),
            Codec(WatchStatusResponse.self),
        ] + (CaseMethod.ofRecipients + CaseMethod.ofCoordinators + [.read]).map { Codec($0) } + SenderMethod.ofSenders.map { Codec($0) }
}

/// A message of the contract: its descriptor and its value.
struct Codec: Sendable {
    let type: AnyMessageType
    let check: @Sendable ([UInt8]) throws -> Void

    /// A message whose value is checked elsewhere.
    init<Wire>(_ type: MessageType<Wire>) {
        let type = AnyMessageType(type)
        self.type = type
        check = { try Self.checkJSON(type, $0) }
    }

    init<Message: WireMessage>(_ message: Message.Type) {
        let type = AnyMessageType(Message.wireType)
        self.type = type
        check = { packed in
            try Self.checkJSON(type, packed)
            let value: Message
            do throws(Faults) {
                value = try Message(unpacking: ByteBuffer(bytes: packed), .shown)
            } catch {
                return try require(!error.faults.isEmpty, "a refusal says why")
            }
            let written = try value.packed()
            let again = try Message(unpacking: written, .shown).packed()
            try require(written == again, "\(Message.self) says the same when written again")
        }
    }

    /// A message that is one command about a case.
    init(_ method: CaseMethod) {
        type = method.request
        check = { packed in
            try Self.checkJSON(method.request, packed)
            let request: CaseRequest
            do {
                request = try method.read(ByteBuffer(bytes: packed))
            } catch let faults as Faults {
                return try require(!faults.faults.isEmpty, "a refusal says why")
            }
            guard case .assignment(let id, let command) = request.command else { return }
            let written = try method.pack(request.id, id, request.expecting, command)
            try require(try method.read(written) == request, "\(method.name) says the same when written again")
        }
    }

    /// A message that is one command about a whole referral.
    init(_ method: SenderMethod) {
        type = method.request
        check = { packed in
            try Self.checkJSON(method.request, packed)
            let request: SenderRequest
            do {
                request = try method.read(ByteBuffer(bytes: packed), .shown)
            } catch let faults as Faults {
                return try require(!faults.faults.isEmpty, "a refusal says why")
            }
            try require(try method.read(method.pack(request), .shown) == request, "\(method.name) says the same when written again")
        }
    }

    private static func checkJSON(_ type: AnyMessageType, _ packed: [UInt8]) throws {
        let value: JSONValue
        do {
            value = try type.json(fromPacked: packed)
        } catch let faults as DecodeFaults {
            return try require(!faults.faults.isEmpty, "a refusal says why")
        }
        let again = try type.packed(fromJSON: value)
        try require(try type.json(fromPacked: again) == value, "JSON says the same when packed and written again")
    }
}
