import Protobuf

/// A field and the rule it breaks. Never holds a value.
public struct Fault: Hashable, Sendable, CustomStringConvertible {
    /// Field names of the wire with indexes: `referral.contacts[1].phone`. Empty for the message as a whole.
    public let path: String
    /// For people: what has to be so.
    public let rule: String

    public init(path: String, rule: String) {
        self.path = path
        self.rule = rule
    }

    public var description: String { path.isEmpty ? rule : "\(path): \(rule)" }
}

/// Everything that is wrong with one message, as far as it could be read. Never empty.
public struct Faults: Error, Hashable, Sendable, CustomStringConvertible {
    /// More faults than this are not looked for.
    public static let limit = 64

    /// In the order of the fields, at most `limit`.
    public let faults: [Fault]

    /// - Parameter faults: at least one; those past the limit are left out.
    public init(_ faults: [Fault]) {
        self.faults = Array(faults.prefix(Self.limit))
    }

    /// `2 faults: referral.role: must be …; referral.language: must be …`, at most 1,000 characters: what does not fit is counted.
    public var description: String {
        let number = faults.count < Self.limit ? "\(faults.count)" : "at least \(faults.count)"
        var text = "\(number) \(faults.count == 1 ? "fault" : "faults"): "
        for (index, fault) in faults.enumerated() {
            let next = (index == 0 ? "" : "; ") + fault.description
            guard text.utf8.count + next.utf8.count <= 970 else { return text + "; and \(faults.count - index) more" }
            text += next
        }
        return text
    }
}

extension Faults {
    /// What the bytes of a message have against them, before any field is looked at.
    init(_ faults: DecodeFaults) {
        self.faults = faults.faults.map { Fault(path: $0.path, rule: $0.rule) }
    }
}

/// Gathers faults while a message is read, with the path to where the reader is.
struct FaultCollector {
    private struct Step {
        let name: StaticString
        let index: Int?
    }

    private var steps: [Step] = []
    private(set) var faults: [Fault] = []

    init() {
        // As deep as any message of the contract is nested.
        steps.reserveCapacity(8)
    }

    var isEmpty: Bool { faults.isEmpty }

    /// Notes a fault of a field of the present message. An empty name is the message itself. Past the limit nothing is noted.
    mutating func note(_ field: StaticString, index: Int? = nil, _ rule: @autoclosure () -> String) {
        guard faults.count < Faults.limit else { return }
        var path = ""
        for step in steps { Self.append(step.name, step.index, to: &path) }
        Self.append(field, index, to: &path)
        faults.append(Fault(path: path, rule: rule()))
    }

    mutating func enter(_ name: StaticString, index: Int? = nil) {
        steps.append(Step(name: name, index: index))
    }

    mutating func leave() {
        steps.removeLast()
    }

    private static func append(_ name: StaticString, _ index: Int?, to path: inout String) {
        guard name.utf8CodeUnitCount > 0 else { return }
        if !path.isEmpty { path += "." }
        path += "\(name)"
        if let index { path += "[\(index)]" }
    }
}
