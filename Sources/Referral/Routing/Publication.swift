/// What is published in numbered versions: each kind has its own numbers, from 1.
public enum VersionKind: String, Codable, Sendable, CaseIterable {
    case ruleSet = "rule set"
    case directory
}

/// A version of the rules or of the directory as whoever publishes it writes it down.
public struct PublicationContent: Hashable, Sendable {
    /// A file as its author wrote it.
    public struct Text: Hashable, Codable, Sendable {
        /// `support.dmn`, `mediation.dmn` or `directory.yaml`.
        public let name: String
        public let text: String

        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// The most UTF-8 bytes that one text may have.
    public static let textLimit = 524_288

    /// The files of a kind, in their order.
    public static func names(of kind: VersionKind) -> [String] {
        switch kind {
        case .ruleSet: ["support.dmn", "mediation.dmn"]
        case .directory: ["directory.yaml"]
        }
    }

    public let kind: VersionKind
    public let name: String
    /// The first day that it is for. Nil for a directory that is for all days of the past, too: the one that an exchange begins with.
    public let first: CivilDate?
    /// The last day that a rule set is for; nil: until another follows. Nil for a directory.
    public let last: CivilDate?
    /// As `names(of:)` says.
    public let texts: [Text]
    /// The person who answers for it.
    public let signedOffBy: String
    public let comment: String?
    /// What the check says of it and people have found to be right.
    public let accepted: [AcceptedFinding]

    public init(
        kind: VersionKind, name: String, first: CivilDate?, last: CivilDate? = nil, texts: [Text], signedOffBy: String,
        comment: String? = nil, accepted: [AcceptedFinding] = []
    ) {
        self.kind = kind
        self.name = name
        self.first = first
        self.last = last
        self.texts = texts
        self.signedOffBy = signedOffBy
        self.comment = comment
        self.accepted = accepted
    }

    /// The text of a file; nil when there is none of that name.
    public func text(_ name: String) -> String? { texts.first { $0.name == name }?.text }
}

/// One entry in the log of rule sets and directories. The log is only ever added to.
public struct Publication: Hashable, Sendable {
    public enum Change: Hashable, Sendable {
        /// - Parameter digest: of the texts; see `PublicationContent`.
        case published(number: Int, PublicationContent, digest: ContentDigest)
        case rolledBack(VersionKind, number: Int, reason: String)
    }

    /// Grows with every entry.
    public let sequence: Int64
    public let at: Instant
    /// Nil for what the exchange took from its configuration at the beginning.
    public let by: Participant?
    public let change: Change

    public init(sequence: Int64, at: Instant, by: Participant?, change: Change) {
        self.sequence = sequence
        self.at = at
        self.by = by
        self.change = change
    }
}
