import Protobuf
import TTRPC

/// Writes the lines of a recording. The same value gives the same bytes, always: members in a fixed order, no white space.
package enum RecordingWriter {
    /// The line with its end.
    package static func bytes(_ header: RecordingHeader) -> [UInt8] {
        finished([
            .init("recording", .string(RecordingHeader.version)),
            .init("description", .string(header.description)),
            .init("clock", .string(header.clock.description)),
            .init("testData", .bool(header.isTestData)),
        ])
    }

    /// The line with its end.
    package static func bytes(_ line: RecordedLine) -> [UInt8] {
        var members: [JSONValue.Member] = [
            .init("time", .string(line.time.description)),
            .init("connection", .number(line.connection)),
            .init("identity", .string(line.identity)),
            .init("call", .number(line.call)),
            .init("direction", .string(line.content.direction)),
            .init("method", .string(line.method.description)),
        ]
        switch line.content {
        case .request(.body(let body)), .response(.body(let body)): members.append(.init("body", body))
        case .request(.raw(let bytes)), .response(.raw(let bytes)): members.append(.init("raw", .string(RecordedTypes.encodeBase64(bytes))))
        case .end: break
        case .status(let status): members.append(.init("status", status.json))
        }
        return finished(members)
    }

    private static func finished(_ members: [JSONValue.Member]) -> [UInt8] {
        JSONValue(.object(members)).utf8() + [UInt8(ascii: "\n")]
    }
}

extension RecordedLine.Content {
    var direction: String {
        switch self {
        case .request: "request"
        case .end: "end"
        case .response: "response"
        case .status: "status"
        }
    }
}

extension RecordedStatus {
    /// Without the members that say nothing.
    var json: JSONValue {
        var members: [JSONValue.Member] = [.init("code", .string(code.description))]
        if !message.isEmpty { members.append(.init("message", .string(message))) }
        if !details.isEmpty { members.append(.init("details", .array(details))) }
        return JSONValue(.object(members))
    }
}
