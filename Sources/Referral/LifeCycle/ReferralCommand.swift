/// What somebody wants to happen to a referral.
public enum ReferralCommand: Sendable {
    case submit(Submission)
    /// Hand the case out to a unit of its owner until a moment.
    case lease(AssignmentID, until: Instant)
    /// The exchange's own clock.
    case expireLease(AssignmentID)
    case acknowledge(AssignmentID)
    case accept(AssignmentID)
    case giveBack(AssignmentID, reason: ReturnReason)

    public struct Submission: Sendable {
        public let referral: ReferralID
        /// At least one unused id per service asked for, in the same order.
        public let assignments: [AssignmentID]
        public let message: MessageID
        public let digest: ContentDigest
        public let facts: CaseFacts

        public init(
            referral: ReferralID, assignments: [AssignmentID], message: MessageID, digest: ContentDigest, facts: CaseFacts
        ) {
            self.referral = referral
            self.assignments = assignments
            self.message = message
            self.digest = digest
            self.facts = facts
        }
    }
}

/// Why a command was refused: the rule that forbids it, for people, without personal data.
public struct Rejection: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// There is nothing of that id that the caller may know of.
        case notFound
        /// The same message id with other content.
        case alreadyExists
        /// Not in this phase of the case.
        case failedPrecondition
    }

    public let code: Code
    public let rule: String

    public init(_ code: Code, _ rule: String) {
        self.code = code
        self.rule = rule
    }

    public var description: String { rule }
}

/// The rules in force: everything that is configured and that a decision depends on.
public struct Policy: Sendable {
    public let routing: Routing
    /// How long a referral waits for the person's answer.
    public let consentPeriod: Duration

    public init(routing: Routing, consentPeriod: Duration = .seconds(14 * 86_400)) {
        self.routing = routing
        self.consentPeriod = consentPeriod
    }
}
