public import Referral

/// Every version, without the texts and without what was accepted.
public struct ListVersionsRequest: Hashable, Sendable {
    public init() {}
}

public struct ListVersionsResponse: Hashable, Sendable {
    /// The rule sets before the directories, each by number; `accepted` is empty.
    public var versions: [VersionSummary]

    public init(versions: [VersionSummary]) {
        self.versions = versions
    }
}

public struct GetVersionRequest: Hashable, Sendable {
    public var kind: VersionKind
    /// From 1.
    public var number: Int

    public init(kind: VersionKind, number: Int) {
        self.kind = kind
        self.number = number
    }
}

/// A version with its texts.
public struct VersionTexts: Hashable, Sendable {
    public var version: VersionSummary
    public var texts: [PublicationContent.Text]

    public init(version: VersionSummary, texts: [PublicationContent.Text]) {
        self.version = version
        self.texts = texts
    }
}

/// A version as it is told to those who may know: everything but its texts. `Version` on the wire.
public struct VersionSummary: Hashable, Sendable {
    public struct Rollback: Hashable, Sendable {
        public var at: Instant
        public var by: Participant?
        public var reason: String

        public init(at: Instant, by: Participant?, reason: String) {
            self.at = at
            self.by = by
            self.reason = reason
        }
    }

    public var kind: VersionKind
    public var number: Int
    public var name: String
    /// The days that it was published for.
    public var validity: DatePeriod
    /// The days on which it is in force as things stand.
    public var inForce: [DatePeriod]
    public var digest: ContentDigest
    public var publishedAt: Instant
    /// Nil for what the exchange took from its configuration.
    public var publishedBy: Participant?
    public var signedOffBy: String
    public var comment: String?
    public var accepted: [AcceptedFinding]
    public var rollback: Rollback?

    public init(
        kind: VersionKind, number: Int, name: String, validity: DatePeriod, inForce: [DatePeriod], digest: ContentDigest,
        publishedAt: Instant, publishedBy: Participant?, signedOffBy: String, comment: String?, accepted: [AcceptedFinding],
        rollback: Rollback?
    ) {
        self.kind = kind
        self.number = number
        self.name = name
        self.validity = validity
        self.inForce = inForce
        self.digest = digest
        self.publishedAt = publishedAt
        self.publishedBy = publishedBy
        self.signedOffBy = signedOffBy
        self.comment = comment
        self.accepted = accepted
        self.rollback = rollback
    }
}

/// Asks for new rules. `content` is of the kind `ruleSet`.
public struct PublishRuleSetRequest: Hashable, Sendable {
    public var content: PublicationContent

    public init(content: PublicationContent) {
        self.content = content
    }
}

/// Asks for a new directory. `content` is of the kind `directory`.
public struct PublishDirectoryRequest: Hashable, Sendable {
    public var content: PublicationContent

    public init(content: PublicationContent) {
        self.content = content
    }
}

/// Asks for the version before to be in force again.
public struct RollbackRequest: Hashable, Sendable {
    public var kind: VersionKind
    public var number: Int
    public var reason: String

    public init(kind: VersionKind, number: Int, reason: String) {
        self.kind = kind
        self.number = number
        self.reason = reason
    }
}
