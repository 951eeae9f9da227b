/// Something that happened to a referral. The log of these is the truth; every table is a fold of it. No event holds a name, a
/// number, a contact or a text.
public enum ReferralEvent: Hashable, Codable, Sendable {
    case submitted(Submitted)
    /// Not taken, and no content kept.
    case refused(RefusalReason)
    /// Parked until somebody has asked the person, or the given moment has come.
    case awaitingConsent(until: Instant)
    /// The rules have spoken about one service; `offered` or `review` follows.
    case routed(AssignmentID, RoutingDecision)
    /// `to` is responsible from now and can fetch the case.
    case offered(AssignmentID, to: OrganisationID)
    /// People decide; `owner` is responsible until they have.
    case review(AssignmentID, reason: ReviewReason, owner: OrganisationID)
    /// Handed out, with the groups of fields that were shown.
    case leased(AssignmentID, Lease, disclosed: [FieldGroup])
    case leaseExpired(AssignmentID)
    case received(AssignmentID, by: Participant)
    case accepted(AssignmentID, by: Participant)
    case returned(AssignmentID, by: Participant, reason: ReturnReason)

    public struct Submitted: Hashable, Codable, Sendable {
        public let referral: ReferralID
        public let sender: Participant
        public let message: MessageID
        public let digest: ContentDigest
        public let facts: CaseFacts

        public init(referral: ReferralID, sender: Participant, message: MessageID, digest: ContentDigest, facts: CaseFacts) {
            self.referral = referral
            self.sender = sender
            self.message = message
            self.digest = digest
            self.facts = facts
        }
    }
}

/// Why a referral was not taken.
public enum RefusalReason: String, Codable, Sendable {
    case consentRefused = "consent-refused"
    case consentWithdrawn = "consent-withdrawn"
}

/// Why people have to decide. Decision tables may name reasons of their own; these are the exchange's.
public struct ReviewReason: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static let noRule = ReviewReason(rawValue: "no-rule")
    public static let severalRules = ReviewReason(rawValue: "several-rules")
    public static let noRuleSet = ReviewReason(rawValue: "no-rule-set-on-this-date")
    public static let valueOutsideTable = ReviewReason(rawValue: "value-outside-table")
    public static let unknownArea = ReviewReason(rawValue: "unknown-area")
    public static let noRecipientForArea = ReviewReason(rawValue: "no-recipient-for-area")
    public static let severalRecipientsForArea = ReviewReason(rawValue: "several-recipients-for-area")
    public static let returnedTwice = ReviewReason(rawValue: "returned-twice")
    public static let returnedByOnlyRecipient = ReviewReason(rawValue: "returned-by-only-recipient")
}

/// A technical delivery: the holder has until then to say that the case arrived.
public struct Lease: Hashable, Codable, Sendable {
    public let holder: Participant
    public let until: Instant

    public init(holder: Participant, until: Instant) {
        self.holder = holder
        self.until = until
    }
}

/// The events of one decision, as they stand in the log.
public struct LogEntry: Hashable, Sendable {
    /// Position in the exchange's log, from 1.
    public let sequence: Int64
    public let referral: ReferralID
    public let at: Instant
    /// Who caused it; nil when the exchange itself did.
    public let actor: Participant?
    public let events: [ReferralEvent]

    public init(sequence: Int64, referral: ReferralID, at: Instant, actor: Participant?, events: [ReferralEvent]) {
        self.sequence = sequence
        self.referral = referral
        self.at = at
        self.actor = actor
        self.events = events
    }
}
