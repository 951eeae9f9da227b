import Foundation
package import Protobuf
package import TTRPC

/// Which messages a method takes and gives: what turns bytes into readable lines and back.
package struct RecordedTypes: Sendable {
    package struct Method: Sendable {
        package let kind: CallKind
        package let request: AnyMessageType
        package let response: AnyMessageType

        package init(kind: CallKind, request: AnyMessageType, response: AnyMessageType) {
            self.kind = kind
            self.request = request
            self.response = response
        }
    }

    package let method: @Sendable (MethodName) -> Method?
    /// A status detail's type by its full name.
    package let detail: @Sendable (String) -> AnyMessageType?

    package init(
        method: @escaping @Sendable (MethodName) -> Method?, detail: @escaping @Sendable (String) -> AnyMessageType? = { _ in nil }
    ) {
        self.method = method
        self.detail = detail
    }

    /// The readable form of a message, or its bytes when it has none.
    func message(_ bytes: [UInt8], as type: AnyMessageType) -> RecordedMessage {
        if let body = try? type.json(fromPacked: bytes) { .body(body) } else { .raw(bytes) }
    }

    /// The bytes of a message.
    /// - Throws: `JSONFaults`.
    func bytes(_ message: RecordedMessage, as type: AnyMessageType) throws(JSONFaults) -> [UInt8] {
        switch message {
        case .body(let body): try type.packed(fromJSON: body)
        case .raw(let bytes): bytes
        }
    }

    func status(_ status: Status) -> RecordedStatus {
        RecordedStatus(code: status.code, message: status.message, details: status.details.map(readable))
    }

    /// The faults of a status detail as it stands in a recording.
    func check(detail: JSONValue) throws(JSONFaults) {
        func fault(_ rule: String) -> JSONFaults { JSONFaults([JSONFault(position: detail.position, path: "", rule: rule)]) }
        guard case .object(let members) = detail.content, let url = detail["@type"]?.string else {
            throw fault("must be an object with the member \"@type\"")
        }
        let rest = members.filter { $0.name != "@type" }
        if let type = self.detail(Self.name(in: url)) {
            _ = try type.packed(fromJSON: JSONValue(.object(rest), position: detail.position))
        } else if rest.map(\.name) != ["value"] || Self.decodeBase64(detail["value"]?.string) == nil {
            throw fault("a detail of an unknown type has the member \"value\" in base 64 and no other")
        }
    }

    private func readable(_ detail: StatusDetail) -> JSONValue {
        let type = JSONValue.Member("@type", .string(detail.typeURL))
        if let known = self.detail(Self.name(in: detail.typeURL)), let body = try? known.json(fromPacked: detail.value),
            case .object(let members) = body.content
        {
            return JSONValue(.object([type] + members))
        }
        return JSONValue(.object([type, .init("value", .string(Self.encodeBase64(detail.value)))]))
    }

    private static func name(in typeURL: String) -> String {
        typeURL.split(separator: "/").last.map(String.init) ?? ""
    }

    static func encodeBase64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    static func decodeBase64(_ text: String?) -> [UInt8]? { text.flatMap { Data(base64Encoded: $0) }.map { Array($0) } }
}
