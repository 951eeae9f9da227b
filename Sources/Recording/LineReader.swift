import Protobuf
import TTRPC

/// Reads the members of one line and notes everything that is missing, wrong or unknown.
struct LineReader {
    private let value: JSONValue
    private let path: String
    private var known: Set<String> = []
    private(set) var faults: [JSONFault] = []

    private init(_ value: JSONValue, path: String = "") {
        self.value = value
        self.path = path
    }

    /// - Throws: `JSONFaults`.
    static func header(_ value: JSONValue) throws(JSONFaults) -> RecordingHeader {
        var reader = LineReader(value)
        guard value["recording"] != nil else {
            throw JSONFaults([JSONFault(position: value.position, path: "", rule: "is not the header that a recording begins with")])
        }
        let version = reader.string("recording")
        if let version, version != RecordingHeader.version {
            reader.note("recording", "is not a version that this program reads: it reads \(RecordingHeader.version)")
        }
        let description = reader.string("description")
        let clock = reader.time("clock")
        let isTestData = reader.bool("testData")
        try reader.finish()
        guard let description, let clock, let isTestData else { throw reader.incomplete }
        return RecordingHeader(description: description, clock: clock, isTestData: isTestData)
    }

    /// - Throws: `JSONFaults`.
    static func line(_ value: JSONValue) throws(JSONFaults) -> RecordedLine {
        var reader = LineReader(value)
        let time = reader.time("time")
        let connection = reader.number("connection")
        let identity = reader.string("identity")
        let call = reader.number("call")
        let direction = reader.string("direction")
        let method = reader.method("method")
        let content: RecordedLine.Content? =
            switch direction {
            case "request": reader.message().map(RecordedLine.Content.request)
            case "response": reader.message().map(RecordedLine.Content.response)
            case "status": reader.status("status").map(RecordedLine.Content.status)
            case "end": .end
            default: nil
            }
        if direction != nil, content == nil, reader.faults.isEmpty {
            reader.note("direction", "must be \"request\", \"end\", \"response\" or \"status\"")
            throw JSONFaults(reader.faults)
        }
        try reader.finish()
        guard let time, let connection, let identity, let call, let method, let content else { throw reader.incomplete }
        return RecordedLine(time: time, connection: connection, identity: identity, call: call, method: method, content: content)
    }

    // MARK: - Members

    private mutating func member(_ name: String) -> JSONValue? {
        known.insert(name)
        if let member = value[name] { return member }
        note(name, "is missing")
        return nil
    }

    private mutating func string(_ name: String) -> String? {
        guard let member = member(name) else { return nil }
        guard let text = member.string, !text.isEmpty else {
            note(name, "must be a text")
            return nil
        }
        return text
    }

    private mutating func time(_ name: String) -> RecordedTime? {
        guard let text = string(name) else { return nil }
        if let time = RecordedTime(text) { return time }
        note(name, "must be a time such as \"2026-03-02T06:00:00Z\", in UTC")
        return nil
    }

    private mutating func bool(_ name: String) -> Bool? {
        guard let member = member(name) else { return nil }
        if case .bool(let value) = member.content { return value }
        note(name, "must be true or false")
        return nil
    }

    private mutating func number(_ name: String) -> Int? {
        guard let member = member(name) else { return nil }
        if case .number = member.content, let number: Int = member.integer(), number >= 1 { return number }
        note(name, "must be a whole number, counted from 1")
        return nil
    }

    private mutating func method(_ name: String) -> MethodName? {
        guard let text = string(name) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) { return MethodName(service: String(parts[0]), method: String(parts[1])) }
        note(name, "must be a service and a method such as \"lots.v1.ReferralService/Submit\"")
        return nil
    }

    /// Exactly one of `body` and `raw`.
    private mutating func message() -> RecordedMessage? {
        if value["raw"] != nil {
            guard let text = string("raw") else { return nil }
            if let bytes = RecordedTypes.decodeBase64(text) { return .raw(bytes) }
            note("raw", "must be base 64")
            return nil
        }
        return member("body").map(RecordedMessage.body)
    }

    private mutating func status(_ name: String) -> RecordedStatus? {
        guard let member = member(name) else { return nil }
        var reader = LineReader(member, path: name)
        defer { faults += reader.faults }
        var code: Status.Code?
        if let text = reader.string("code") {
            code = Status.Code(named: text)
            if code == nil { reader.note("code", "is not the name of a status code") }
        }
        let message = member["message"] == nil ? "" : reader.string("message")
        var details: [JSONValue] = []
        if member["details"] != nil, let list = reader.member("details") {
            if case .array(let elements) = list.content { details = elements } else { reader.note("details", "must be an array") }
        }
        reader.noteUnknownMembers()
        guard let code, let message else { return nil }
        return RecordedStatus(code: code, message: message, details: details)
    }

    // MARK: - Faults

    private mutating func note(_ name: String, _ rule: String) {
        let position = value[name]?.position ?? value.position
        faults.append(JSONFault(position: position, path: path.isEmpty ? name : "\(path).\(name)", rule: rule))
    }

    private mutating func noteUnknownMembers() {
        guard case .object(let members) = value.content else {
            faults = [JSONFault(position: value.position, path: path, rule: "must be an object")]
            return
        }
        for member in members where !known.contains(member.name) { note(member.name, "is not a member of this kind of line") }
    }

    private mutating func finish() throws(JSONFaults) {
        noteUnknownMembers()
        if !faults.isEmpty { throw JSONFaults(faults) }
    }

    private var incomplete: JSONFaults { JSONFaults([JSONFault(position: value.position, path: path, rule: "is incomplete")]) }
}

extension Status.Code {
    /// The code of this name, as `description` writes it.
    init?(named name: String) {
        if name.hasPrefix("CODE_"), let number = Int32(name.dropFirst(5)) {
            self.init(rawValue: number)
        } else if let number = (Int32(0)...16).first(where: { Status.Code(rawValue: $0).description == name }) {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }
}
