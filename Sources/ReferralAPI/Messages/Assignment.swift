public import Referral
public import TTRPC

/// One service at one organisation for one person, with the content that this organisation may see.
public struct Assignment: Hashable, Sendable {
    public var id: AssignmentID
    public var service: Service
    /// The clock of every promise starts here.
    public var availableAt: Instant
    /// Acknowledge before this, or the case is handed out again.
    public var leasedUntil: Instant
    public var sender: Participant
    public var content: ReferralContent
    public var decision: RoutingDecision

    public init(
        id: AssignmentID, service: Service, availableAt: Instant, leasedUntil: Instant, sender: Participant, content: ReferralContent,
        decision: RoutingDecision
    ) {
        self.id = id
        self.service = service
        self.availableAt = availableAt
        self.leasedUntil = leasedUntil
        self.sender = sender
        self.content = content
        self.decision = decision
    }
}

/// What goes up a pull: more room, or word that a case arrived.
public enum PullRequest: Hashable, Sendable {
    case credit(Credit)
    case acknowledge(AcknowledgeRequest)
}

/// The caller can take this many more.
public struct Credit: Hashable, Sendable {
    /// The most that may be outstanding on one stream.
    public static let limit = 1_000

    /// 1 to `limit`.
    public var assignments: Int

    public init(assignments: Int) {
        self.assignments = assignments
    }
}

/// What comes down a pull.
public enum PullResponse: Hashable, Sendable {
    case assignment(Assignment)
    case acknowledged(AcknowledgeResult)
}

public struct AcknowledgeResult: Hashable, Sendable {
    public var assignmentID: AssignmentID
    /// As a unary acknowledgement would have answered; `ok` when the case is the caller's.
    public var code: Status.Code
    public var message: String

    public init(assignmentID: AssignmentID, code: Status.Code = .ok, message: String = "") {
        self.assignmentID = assignmentID
        self.code = code
        self.message = message
    }
}

public struct FetchRequest: Hashable, Sendable {
    /// 1 to 100.
    public var limit: Int
    /// How long to wait for the first, 0 to 60,000 milliseconds.
    public var wait: Duration

    public init(limit: Int = 10, wait: Duration = .zero) {
        self.limit = limit
        self.wait = wait
    }
}

public struct FetchResponse: Hashable, Sendable {
    public var assignments: [Assignment]

    public init(assignments: [Assignment]) {
        self.assignments = assignments
    }
}

public struct AcknowledgeRequest: Hashable, Sendable {
    public var assignmentID: AssignmentID

    public init(assignmentID: AssignmentID) {
        self.assignmentID = assignmentID
    }
}

public struct AcceptRequest: Hashable, Sendable {
    public var assignmentID: AssignmentID

    public init(assignmentID: AssignmentID) {
        self.assignmentID = assignmentID
    }
}

public struct ReturnRequest: Hashable, Sendable {
    public var assignmentID: AssignmentID
    public var reason: ReturnReason

    public init(assignmentID: AssignmentID, reason: ReturnReason) {
        self.assignmentID = assignmentID
        self.reason = reason
    }
}

/// Where an assignment stands after the caller has acted on it: `AssignmentState` on the wire.
public struct AssignmentProgress: Hashable, Sendable {
    public var assignmentID: AssignmentID
    public var phase: AssignmentPhase
    public var since: Instant

    public init(assignmentID: AssignmentID, phase: AssignmentPhase, since: Instant) {
        self.assignmentID = assignmentID
        self.phase = phase
        self.since = since
    }
}

public enum AssignmentPhase: Hashable, Sendable, CaseIterable {
    case leased, received, accepted, returned
}
