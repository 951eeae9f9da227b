/// A moment at which the exchange itself does something about a case.
public struct Deadline: Hashable, Codable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// A referral without an answer to the question of consent is closed and erased.
        case consent
        /// A case that was fetched and not acknowledged can be fetched again.
        case lease
        /// Nobody has accepted the case: the owner is warned.
        case untaken
        /// Nobody has accepted the case: people decide.
        case untakenReview = "untaken, to review"
        /// The person has not been reached, and the promised time will soon have passed.
        case contactWarning = "contact warning"
        case contact
        case meeting
        /// Nobody has decided about a case under review.
        case review
        /// A handover that was not answered is off.
        case handover
        /// A case on hold goes on.
        case resume
        /// The content is not needed any longer.
        case erasure

        /// Something that somebody answers for has not been done when it comes; the others warn, or do something themselves.
        public var isPromise: Bool {
            switch self {
            case .contact, .meeting, .review, .untakenReview: true
            case .consent, .lease, .untaken, .contactWarning, .handover, .resume, .erasure: false
            }
        }
    }

    /// Nil when it is about the whole referral.
    public let assignment: AssignmentID?
    public let kind: Kind
    public let due: Instant

    public init(_ kind: Kind, of assignment: AssignmentID? = nil, due: Instant) {
        self.kind = kind
        self.assignment = assignment
        self.due = due
    }
}

extension ReferralState {
    /// Everything that the exchange's clock has to do about this referral if nothing else happens, the earliest first. What has been told
    /// once is not among it.
    public func deadlines(_ policy: Policy) -> [Deadline] {
        var deadlines: [Deadline] = []
        if case .awaitingConsent(let until) = phase { deadlines.append(Deadline(.consent, due: until)) }
        for assignment in assignments { deadlines += assignment.deadlines(policy) }
        if erasedAt == nil, let last = lastEnd {
            deadlines.append(Deadline(.erasure, due: policy.gracePeriod.deadline(from: last, policy.office)))
        }
        return deadlines.sorted { ($0.due, $0.kind.rawValue) < ($1.due, $1.kind.rawValue) }
    }

    /// When the last assignment ended; nil while one is open.
    private var lastEnd: Instant? {
        guard case .routed = phase, assignments.allSatisfy({ !$0.isOpen }) else { return nil }
        return assignments.map(\.since).max()
    }

    /// What a deadline leads to. A timer that is too early, too late, or of a deadline that is no more leads to nothing.
    func fired(_ deadline: Deadline, at now: Instant, policy: Policy) -> [ReferralEvent] {
        guard deadline.due <= now, deadlines(policy).contains(deadline) else { return [] }
        guard let id = deadline.assignment else {
            return switch deadline.kind {
            case .consent: [.closed(.consentExpired), .erased(Erasure(.content, .consentExpired))]
            case .erasure: [.erased(Erasure(.content, .noLongerNeeded))]
            default: []
            }
        }
        return switch deadline.kind {
        case .lease: [.leaseExpired(id)]
        case .untaken, .contactWarning: [.warned(id, deadline.kind, due: deadline.due)]
        case .contact, .meeting, .review: [.overdue(id, deadline.kind, due: deadline.due)]
        case .untakenReview:
            [
                .overdue(id, .untakenReview, due: deadline.due),
                .review(id, reason: .untaken, owner: policy.directory(at: now).coordinator),
            ]
        case .handover: [.handover(id, .expired)]
        case .resume: [.resumed(id)]
        case .consent, .erasure: []
        }
    }
}

extension AssignmentState {
    fileprivate func deadlines(_ policy: Policy) -> [Deadline] {
        var deadlines: [Deadline] = []
        let agreement = policy.agreement(with: owner, at: availableAt)
        func add(_ kind: Deadline.Kind, _ due: Instant) {
            if !progress.alarms.contains(kind) { deadlines.append(Deadline(kind, of: id, due: due)) }
        }
        func add(_ kind: Deadline.Kind, after span: TimeSpan?) {
            // What has stood still is added in the end.
            if let span { add(kind, span.deadline(from: availableAt, policy.office) + progress.paused) }
        }
        switch phase {
        case .ended: return []
        case .review:
            add(.review, after: agreement.review)
            return deadlines
        case .onHold(let hold):
            // All other clocks stand still.
            return [Deadline(.resume, of: id, due: hold.end(policy.office))]
        case .leased(let lease):
            add(.lease, lease.until)
            add(.untaken, after: agreement.untaken)
        case .offered, .received:
            add(.untaken, after: agreement.untaken)
            // Whoever holds a lease may still acknowledge.
            add(.untakenReview, after: agreement.untakenReview)
        case .handoverOffered(let offer): add(.handover, offer.until)
        case .working: break
        }
        guard service == .support else { return deadlines }
        if progress.contactedAt == nil {
            add(.contactWarning, after: agreement.contactWarning)
            add(.contact, after: agreement.contact)
        }
        if progress.meetingSettledAt == nil { add(.meeting, after: agreement.meeting) }
        return deadlines
    }
}
