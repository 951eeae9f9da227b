/// What somebody wants to happen to a referral.
public enum ReferralCommand: Sendable {
    case submit(Submission)
    /// Hand the case out to a unit of its owner until a moment.
    case lease(AssignmentID, until: Instant)
    case acknowledge(AssignmentID)
    case accept(AssignmentID)
    case giveBack(AssignmentID, reason: ReturnReason)
    /// Look at a case and what may be seen of its content.
    case show(AssignmentID)
    /// What a participant does with a case, once however often it is asked for.
    case perform(CaseRequest)
    /// The exchange's own clock: a deadline has come.
    case timerFired(Deadline)

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
