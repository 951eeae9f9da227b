/// Turns the texts of publications into rules and directories. Pure; may take a moment, so not for an event loop.
public protocol PublicationReading: Sendable {
    /// - Throws: everything that is wrong with the tables.
    func ruleSet(_ content: PublicationContent, number: Int) throws(PublicationFaults) -> RuleSet
    /// - Throws: everything that is wrong with the directory.
    func directory(_ content: PublicationContent) throws(PublicationFaults) -> Directory
}

/// One mistake in a text, for the person who wrote it.
public struct PublicationFault: Hashable, Sendable, CustomStringConvertible {
    /// `support.dmn:41: table "Support", rule 3, column "Role"`
    public let place: String
    /// The rule that is broken and what to do.
    public let rule: String

    public init(place: String, rule: String) {
        self.place = place
        self.rule = rule
    }

    public var description: String { "\(place): \(rule)" }
}

/// Everything that is wrong with the texts of a publication. Never empty.
public struct PublicationFaults: Error, Hashable, Sendable, CustomStringConvertible {
    public let faults: [PublicationFault]

    public init(_ faults: [PublicationFault]) { self.faults = faults }

    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
