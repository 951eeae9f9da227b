/// One mistake in a configuration, for the person who has to mend it.
public struct ConfigurationFault: Hashable, Sendable, CustomStringConvertible {
    /// Where the value was given.
    public enum Source: Hashable, Sendable {
        /// A file, as it was named, with a line counted from 1 when the mistake has one.
        case file(String, line: Int?)
        /// An environment variable.
        case variable(String)
    }

    public let source: Source
    /// The way to the value: `listen.port`, `organisations[3].units[0].name`; a table and column of a decision table. Empty for a whole file.
    public let path: String
    /// The rule that is broken and what to do.
    public let rule: String

    public init(source: Source, path: String, rule: String) {
        self.source = source
        self.path = path
        self.rule = rule
    }

    /// `config/lots.yaml:12: listen.port: not a whole number`
    public var description: String {
        let place =
            switch source {
            case .file(let name, let line): line.map { "\(name):\($0)" } ?? name
            case .variable(let name): name
            }
        return path.isEmpty ? "\(place): \(rule)" : "\(place): \(path): \(rule)"
    }
}

/// Every mistake that was found, in the order of the files.
public struct ConfigurationFaults: Error, Hashable, Sendable, CustomStringConvertible {
    public let faults: [ConfigurationFault]

    public init(_ faults: [ConfigurationFault]) { self.faults = faults }

    /// One fault a line.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
