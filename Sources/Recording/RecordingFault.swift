package import Protobuf

/// What is wrong with one place of a recording. Never contains a value.
package struct RecordingFault: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    package let position: JSONPosition
    /// The member, for example `body.referral.areas`; empty for the whole line.
    package let path: String
    /// For people: the rule that was broken.
    package let rule: String

    package init(file: String, position: JSONPosition, path: String, rule: String) {
        self.file = file
        self.position = position
        self.path = path
        self.rule = rule
    }

    /// `week.jsonl:12:34: body.referral.role: rule`
    package var description: String { "\(file):\(position): \(path.isEmpty ? rule : "\(path): \(rule)")" }
}

/// Everything that is wrong with a recording, in the order of the file. Never empty.
package struct RecordingFaults: Error, Hashable, Sendable, CustomStringConvertible {
    /// At most `limit` of them: reading stops there.
    package let faults: [RecordingFault]

    package static let limit = 64

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
