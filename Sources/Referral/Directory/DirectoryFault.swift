/// What is wrong with one entry of a directory.
public struct DirectoryFault: Hashable, Sendable, CustomStringConvertible {
    /// One step on the way to an entry.
    public enum Step: Hashable, Sendable {
        case key(String)
        /// Counted from 0.
        case index(Int)
    }

    /// From the directory to the entry: `organisations`, 3, `catchment`, 0, `areas`, 2.
    public let path: [Step]
    /// The rule that is broken and what to do.
    public let rule: String

    public init(path: [Step], rule: String) {
        self.path = path
        self.rule = rule
    }

    /// `organisations[3].catchment[0].areas[2]: no such area in the list`
    public var description: String { "\(path.text): \(rule)" }
}

extension [DirectoryFault.Step] {
    /// `organisations[3].catchment[0].areas[2]`
    public var text: String {
        reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index(let index): text += "[\(index)]"
            }
        }
    }
}

/// Everything that is wrong with a directory, in the order of its entries.
public struct DirectoryFaults: Error, Hashable, Sendable, CustomStringConvertible {
    public let faults: [DirectoryFault]

    public init(faults: [DirectoryFault]) { self.faults = faults }

    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
