public import Referral

/// From where a caller watches.
public struct WatchRequest: Hashable, Sendable {
    /// The sequence number of the last change that the caller has dealt with; 0: from the beginning.
    public var after: Int64
    /// The revision of the last alarm or notice that the caller has dealt with.
    public var afterAlarm: Int64

    public init(after: Int64 = 0, afterAlarm: Int64 = 0) {
        self.after = after
        self.afterAlarm = afterAlarm
    }
}

/// What comes down a watch of cases.
public enum WatchResponse: Hashable, Sendable {
    case change(CaseChange)
    case alarm(SilenceAlarm)
    case notice(ToldNotice)
    /// All that had happened when the call began has been told.
    case caughtUp(CaughtUp)
}

/// Places to watch from next time.
public struct CaughtUp: Hashable, Sendable {
    public var after: Int64
    public var afterAlarm: Int64

    public init(after: Int64, afterAlarm: Int64) {
        self.after = after
        self.afterAlarm = afterAlarm
    }
}

/// Something happened to a case.
public struct CaseChange: Hashable, Sendable {
    /// Position in the exchange's log.
    public var sequence: Int64
    public var at: Instant
    public var assignmentID: AssignmentID
    /// What happened, in order, as in the log: "overdue contact".
    public var what: [String]
    /// Right after it; nil when the case is no longer the caller's.
    public var state: CaseState?

    public init(sequence: Int64, at: Instant, assignmentID: AssignmentID, what: [String], state: CaseState?) {
        self.sequence = sequence
        self.at = at
        self.assignmentID = assignmentID
        self.what = what
        self.state = state
    }
}

/// A sending unit, or a unit with one recipient, sends less than is to be expected. One incident is one alarm with one id.
public struct SilenceAlarm: Hashable, Sendable {
    /// Grows with every change of any alarm and every notice about a source.
    public var revision: Int64
    public var id: String
    public var state: AlarmState
    public var sender: Participant
    /// Nil: what the unit sends to anybody.
    public var recipient: OrganisationID?
    public var kind: SilenceKind
    /// The first silent day.
    public var since: CivilDate
    /// The last day that was counted.
    public var through: CivilDate
    /// Cases that were to be expected since then.
    public var expected: Double
    /// Cases that came.
    public var seen: Int
    public var at: Instant
    /// For people, in Swedish.
    public var text: String

    public init(
        revision: Int64, id: String, state: AlarmState, sender: Participant, recipient: OrganisationID? = nil, kind: SilenceKind,
        since: CivilDate, through: CivilDate, expected: Double, seen: Int, at: Instant, text: String
    ) {
        self.revision = revision
        self.id = id
        self.state = state
        self.sender = sender
        self.recipient = recipient
        self.kind = kind
        self.since = since
        self.through = through
        self.expected = expected
        self.seen = seen
        self.at = at
        self.text = text
    }
}

public enum AlarmState: Hashable, Sendable, CaseIterable {
    case raised, updated, cleared
}

public enum SilenceKind: Hashable, Sendable, CaseIterable {
    /// Nothing comes.
    case silence
    /// About half of what is to be expected comes.
    case half
}
