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
    /// A coordinator has decided; `offered` follows.
    case assigned(AssignmentID, reason: AssigningReason)
    /// Can be fetched again by the same organisation.
    case redriven(AssignmentID)
    case worked(AssignmentID, WorkEvent)
    case held(AssignmentID, Hold)
    case resumed(AssignmentID)
    case handover(AssignmentID, HandoverEvent)
    case mediation(AssignmentID, MediationEvent)
    case recall(AssignmentID, RecallEvent)
    /// A deadline comes near, or has passed with nothing worse to follow.
    case warned(AssignmentID, Deadline.Kind, due: Instant)
    /// A promise has not been kept in time.
    case overdue(AssignmentID, Deadline.Kind, due: Instant)
    case ended(AssignmentID, Ending)
    case consentAnswered(Consent)
    case consentWithdrawn(WithdrawalScope)
    /// Other contact data have come; only their digest stands here.
    case amended(ContentDigest)
    /// The content was looked at, which changes nothing.
    case read(AssignmentID, ContentReading)
    /// The whole referral.
    case closed(ReferralEnding)
    /// The store has to erase this.
    case erased(Erasure)
    /// The command that led to the events before it.
    case performed(CommandRecord)

    /// The assignment that it changes; nil when it is about the whole referral.
    public var assignment: AssignmentID? {
        switch self {
        case .routed(let id, _), .offered(let id, _), .review(let id, _, _), .leased(let id, _, _), .leaseExpired(let id),
            .received(let id, _), .accepted(let id, _), .returned(let id, _, _), .assigned(let id, _), .redriven(let id),
            .worked(let id, _), .held(let id, _), .resumed(let id), .handover(let id, _), .mediation(let id, _), .recall(let id, _),
            .warned(let id, _, _), .overdue(let id, _, _), .ended(let id, _), .read(let id, _):
            id
        case .performed(let record): record.command.assignment
        case .submitted, .refused, .awaitingConsent, .consentAnswered, .consentWithdrawn, .amended, .closed, .erased: nil
        }
    }

    /// Whether what the sender is told may be another after it, or the sender has asked for it.
    func isTold(toSenderWith consent: Consent?) -> Bool {
        switch self {
        case .submitted, .refused, .awaitingConsent, .offered, .review, .accepted, .recall, .consentAnswered, .consentWithdrawn, .amended,
            .closed:
            true
        case .ended(_, .completed): consent.map { $0.status.isYes && $0.coversOutcome } ?? false
        case .ended(_, .reported), .ended(_, .withdrawn), .ended(_, .recalled), .ended(_, .enteredInError): true
        case .performed(let record): if case .referral = record.command { true } else { false }
        case .ended(_, .unreachable), .ended(_, .declined), .routed, .leased, .leaseExpired, .received, .returned, .assigned, .redriven,
            .worked, .held, .resumed, .handover, .mediation, .warned, .overdue, .erased, .read:
            false
        }
    }

    /// Nothing is another after it.
    var isReading: Bool {
        switch self {
        case .read: true
        case .performed(let record): record.command.isReading
        default: false
        }
    }

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

/// A command under the id that its participant gave it.
public struct CommandRecord: Hashable, Codable, Sendable {
    public let id: CommandID
    public let by: Participant
    public let command: CaseCommand

    public init(id: CommandID, by participant: Participant, command: CaseCommand) {
        self.id = id
        by = participant
        self.command = command
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
    /// Nobody of the organisation took it in time.
    public static let untaken = ReviewReason(rawValue: "untaken")
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
