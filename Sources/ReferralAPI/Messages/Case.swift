public import Referral

/// Where one service at one organisation for one person (uppdrag) stands: `Case` on the wire. Codes, times and numbers; nothing about a
/// person.
public struct CaseState: Hashable, Sendable {
    public var id: AssignmentID
    public var service: Service
    /// Grows with every change.
    public var version: Int
    public var phase: CasePhase
    public var since: Instant
    /// When the present owner became responsible: the clocks count from here.
    public var availableAt: Instant
    /// The organisation that answers for it; of an ended case, the one that did.
    public var owner: OrganisationID
    public var sender: Participant
    /// Why people decide, in `review`.
    public var reviewReason: ReviewReason?
    /// What the exchange's clock does next about it, the earliest first.
    public var deadlines: [CaseDeadline]
    /// Promises that were not kept in time, and have not been kept since.
    public var overdue: [Deadline.Kind]
    /// By the present owner.
    public var attempts: Int
    public var contactedAt: Instant?
    /// A first meeting was held, or the person wanted none.
    public var meetingSettledAt: Instant?
    /// In `onHold`.
    public var hold: CaseHold?
    /// In `handoverOffered`.
    public var handover: CaseHandover?
    /// The sender wants it back and waits for an answer.
    public var recallRequested: RecallReason?
    /// From the acceptance of a mediation on.
    public var mediation: CaseMediation?
    /// How it ended, once it has. The phase says the same with less.
    public var ending: Ending?
    /// How far the owner has come, also on hold or while a handover is offered.
    public var stage: CasePhase?

    public init(
        id: AssignmentID, service: Service, version: Int, phase: CasePhase, since: Instant, availableAt: Instant, owner: OrganisationID,
        sender: Participant, reviewReason: ReviewReason? = nil, deadlines: [CaseDeadline] = [], overdue: [Deadline.Kind] = [],
        attempts: Int = 0, contactedAt: Instant? = nil, meetingSettledAt: Instant? = nil, hold: CaseHold? = nil,
        handover: CaseHandover? = nil, recallRequested: RecallReason? = nil, mediation: CaseMediation? = nil, ending: Ending? = nil,
        stage: CasePhase? = nil
    ) {
        self.id = id
        self.service = service
        self.version = version
        self.phase = phase
        self.since = since
        self.availableAt = availableAt
        self.owner = owner
        self.sender = sender
        self.reviewReason = reviewReason
        self.deadlines = deadlines
        self.overdue = overdue
        self.attempts = attempts
        self.contactedAt = contactedAt
        self.meetingSettledAt = meetingSettledAt
        self.hold = hold
        self.handover = handover
        self.recallRequested = recallRequested
        self.mediation = mediation
        self.ending = ending
        self.stage = stage
    }

    /// Where an assignment of a referral stands by the rules in force, for somebody who may know how far it has come. Deadlines of the whole
    /// referral are left out: they would tell of its other services.
    public init(_ assignment: AssignmentState, of referral: ReferralState, to reader: CaseReader, policy: Policy) {
        let groups = Disclosure.groups(for: reader, of: assignment, in: referral)
        self.init(
            id: assignment.id, service: assignment.service, version: assignment.version, phase: CasePhase(assignment.phase),
            since: assignment.since, availableAt: assignment.availableAt, owner: assignment.owner, sender: referral.sender,
            deadlines: referral.deadlines(policy).filter { $0.assignment == assignment.id }.map {
                CaseDeadline(kind: $0.kind, due: $0.due)
            },
            overdue: assignment.overdue, attempts: assignment.progress.attempts.count, contactedAt: assignment.progress.contactedAt,
            meetingSettledAt: assignment.progress.meetingSettledAt, recallRequested: assignment.recallRequest,
            mediation: groups.contains(.parties) ? assignment.mediation.map(CaseMediation.init) : nil,
            stage: assignment.stage.map(CasePhase.init))
        switch assignment.phase {
        case .review(let reason): reviewReason = reason
        case .onHold(let hold): self.hold = CaseHold(reason: hold.reason, until: hold.until)
        case .handoverOffered(let offer): handover = CaseHandover(to: offer.to, reason: offer.reason, until: offer.until)
        case .ended(let ending): self.ending = ending
        case .offered, .leased, .received, .working: break
        }
    }
}

/// Everything that a case can be in.
public enum CasePhase: Hashable, Sendable, CaseIterable {
    case review, offered, leased, received
    case accepted, contacting, contacted, inSupport
    case eligible, leaderConsulted, askingParties, preMeetings, meeting, agreed, notAgreed, interrupted
    case onHold, handoverOffered
    case completed, reported, unreachable, declined, withdrawn, recalled, enteredInError

    public init(_ phase: AssignmentState.Phase) {
        self =
            switch phase {
            case .review: .review
            case .offered: .offered
            case .leased: .leased
            case .received: .received
            case .working(let stage): CasePhase(stage)
            case .onHold: .onHold
            case .handoverOffered: .handoverOffered
            case .ended(let ending): CasePhase(ending)
            }
    }

    public init(_ stage: Stage) {
        self =
            switch stage {
            case .accepted: .accepted
            case .contacting: .contacting
            case .contacted: .contacted
            case .inSupport: .inSupport
            case .eligible: .eligible
            case .leaderConsulted: .leaderConsulted
            case .askingParties: .askingParties
            case .preMeetings: .preMeetings
            case .meeting: .meeting
            case .agreed: .agreed
            case .notAgreed: .notAgreed
            case .interrupted: .interrupted
            }
    }

    public init(_ ending: Ending) {
        self =
            switch ending {
            case .completed: .completed
            case .reported: .reported
            case .unreachable: .unreachable
            case .declined: .declined
            case .withdrawn: .withdrawn
            case .recalled: .recalled
            case .enteredInError: .enteredInError
            }
    }
}

/// What the exchange's clock does about a case, and when.
public struct CaseDeadline: Hashable, Sendable {
    public var kind: Deadline.Kind
    public var due: Instant

    public init(kind: Deadline.Kind, due: Instant) {
        self.kind = kind
        self.due = due
    }
}

/// Why a case rests, and until the morning of which day.
public struct CaseHold: Hashable, Sendable {
    public var reason: HoldReason
    public var until: CivilDate

    public init(reason: HoldReason, until: CivilDate) {
        self.reason = reason
        self.until = until
    }
}

/// To whom a case is offered, and until when.
public struct CaseHandover: Hashable, Sendable {
    public var to: OrganisationID
    public var reason: HandoverReason
    /// Then it is the owner's alone again.
    public var until: Instant

    public init(to: OrganisationID, reason: HandoverReason, until: Instant) {
        self.to = to
        self.reason = reason
        self.until = until
    }
}

/// What is known of a mediation, without anybody's identity.
public struct CaseMediation: Hashable, Sendable {
    public var parties: [MediationParty]
    public var reported: Answer
    public var investigation: Investigation
    public var leader: LeaderView?
    public var suitable: Answer
    public var hasExceptionalReasons: Bool
    public var metAt: Instant?
    public var interruption: Interruption?
    /// All that is missing before parties may be asked, for people.
    public var missing: [String]

    public init(
        parties: [MediationParty], reported: Answer, investigation: Investigation, leader: LeaderView? = nil, suitable: Answer,
        hasExceptionalReasons: Bool = false, metAt: Instant? = nil, interruption: Interruption? = nil, missing: [String] = []
    ) {
        self.parties = parties
        self.reported = reported
        self.investigation = investigation
        self.leader = leader
        self.suitable = suitable
        self.hasExceptionalReasons = hasExceptionalReasons
        self.metAt = metAt
        self.interruption = interruption
        self.missing = missing
    }

    init(_ proceeding: MediationProceeding) {
        self.init(
            parties: proceeding.parties, reported: proceeding.reported, investigation: proceeding.investigation,
            leader: proceeding.leader, suitable: proceeding.suitable, hasExceptionalReasons: proceeding.hasExceptionalReasons,
            metAt: proceeding.metAt, interruption: proceeding.interruption, missing: proceeding.gaps.map(\.description))
    }
}

/// Which of its cases an organisation asks for.
public enum CaseFilter: Hashable, Sendable, CaseIterable {
    /// Those of which a promise was not kept in time.
    case overdue
    /// Those that other organisations have offered.
    case handovers
    /// Those of people with a protected identity.
    case protected
}

public struct ListCasesRequest: Hashable, Sendable {
    /// The most that one answer can have.
    public static let mostCases = 500

    /// Nil: those that have not ended, protected ones left out.
    public var filter: CaseFilter?
    /// 1 to `mostCases`.
    public var limit: Int
    /// From the answer before; nil: from the start.
    public var pageToken: String?

    public init(filter: CaseFilter? = nil, limit: Int = 100, pageToken: String? = nil) {
        self.filter = filter
        self.limit = limit
        self.pageToken = pageToken
    }
}

public struct ListCasesResponse: Hashable, Sendable {
    public var cases: [CaseState]
    /// Nil: that is all.
    public var nextPageToken: String?

    public init(cases: [CaseState], nextPageToken: String? = nil) {
        self.cases = cases
        self.nextPageToken = nextPageToken
    }
}

public struct GetCaseRequest: Hashable, Sendable {
    public var assignmentID: AssignmentID

    public init(assignmentID: AssignmentID) {
        self.assignmentID = assignmentID
    }
}

/// One case with what the caller may see of its content.
public struct CaseFile: Hashable, Sendable {
    public var state: CaseState
    /// Nil after it was erased, and until the case has been fetched.
    public var content: ReferralContent?
    /// Nil when there is no content.
    public var decision: RoutingDecision?

    public init(state: CaseState, content: ReferralContent? = nil, decision: RoutingDecision? = nil) {
        self.state = state
        self.content = content
        self.decision = decision
    }
}

/// To something that was asked.
public enum Reply: Hashable, Sendable, CaseIterable {
    case yes, no
}

/// How a mediation ended, without why it was interrupted.
public enum MediationResult: Hashable, Sendable, CaseIterable {
    case agreed, notAgreed, interrupted

    public init(_ outcome: MediationOutcome) {
        self =
            switch outcome {
            case .agreed: .agreed
            case .notAgreed: .notAgreed
            case .interrupted: .interrupted
            }
    }
}
