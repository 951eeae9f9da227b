package import Protobuf
package import TTRPC

/// The first line of a recording.
package struct RecordingHeader: Hashable, Sendable {
    /// The version of the format that this module reads and writes.
    package static let version = "lots/1"

    /// For people: what was recorded.
    package var description: String
    /// Where the clock of the exchange stood at the start; no line is earlier.
    package var clock: RecordedTime
    /// Every person in the recording is invented. Without it no value of a message is ever shown.
    package var isTestData: Bool

    package init(description: String, clock: RecordedTime, isTestData: Bool) {
        self.description = description
        self.clock = clock
        self.isTestData = isTestData
    }
}

/// One message of one call, or what ended the call.
package struct RecordedLine: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case request(RecordedMessage)
        /// The client has sent the last message of its stream.
        case end
        case response(RecordedMessage)
        /// The call is over: failed, or a stream that ended well with `ok`. A unary call that goes well ends with its response.
        case status(RecordedStatus)
    }

    package var time: RecordedTime
    /// Numbered by the recording; one connection has one identity.
    package var connection: Int
    /// The URI of the caller's certificate.
    package var identity: String
    /// Numbered by the recording, each call with a higher number than those that began before it.
    package var call: Int
    package var method: MethodName
    package var content: Content

    package init(time: RecordedTime, connection: Int, identity: String, call: Int, method: MethodName, content: Content) {
        self.time = time
        self.connection = connection
        self.identity = identity
        self.call = call
        self.method = method
        self.content = content
    }
}

extension RecordedLine.Content {
    /// Whether it is about a person whose identity is protected, or of whom that is not known.
    var isOfProtected: Bool {
        switch self {
        case .request(.body(let body)), .response(.body(let body)):
            body.texts(inMembers: ["protectedIdentity"]).contains { $0.text != "PROTECTED_IDENTITY_NONE" }
        case .request, .response, .end, .status: false
        }
    }
}

/// A message: readable, or the bytes of one that cannot be read.
package enum RecordedMessage: Equatable, Sendable {
    /// Proto3 JSON.
    case body(JSONValue)
    case raw([UInt8])
}

/// How a call ended.
package struct RecordedStatus: Equatable, Sendable {
    package var code: Status.Code
    package var message: String
    /// Proto3 JSON of `google.protobuf.Any`: an object with `@type` and the members of the message, or `value` in base 64 when the
    /// type is unknown.
    package var details: [JSONValue]

    package init(code: Status.Code, message: String = "", details: [JSONValue] = []) {
        self.code = code
        self.message = message
        self.details = details
    }
}
