/// Whom an entry of the log concerns: who is told of it.
public enum LogReader: Hashable, Sendable {
    /// The unit that has referred.
    case sender(Participant)
    /// An organisation that answers for a case, did until now, or is asked whether it takes it over.
    case organisation(OrganisationID)
    /// Whoever coordinates when it is read.
    case coordinator
}

extension LogReader {
    /// Everybody whom the events of one entry concern, each once.
    ///
    /// Pure. What each of them is told is decided when it is read, by `LoggedChange`; nobody who is told something is missing here.
    /// - Parameters:
    ///   - before: the referral before the events; nil when they begin with its submission.
    ///   - after: `before` with the events folded in.
    public static func readers(of events: [ReferralEvent], from before: ReferralState?, to after: ReferralState) -> [LogReader] {
        var readers: [LogReader] = []
        func add(_ reader: LogReader) { if !readers.contains(reader) { readers.append(reader) } }
        if after.isNewsToSender(events, since: before) { add(.sender(after.sender)) }
        for assignment in after.assignments where events.contains(where: { $0.concerns(assignment) }) {
            let former = before?.assignment(assignment.id)
            for organisation in (former?.organisations ?? []) + assignment.organisations { add(.organisation(organisation)) }
            if assignment.isNewsToCoordinator(events, since: former) { add(.coordinator) }
        }
        return readers
    }
}

/// An entry of the log, with the referral before and after it.
public struct LoggedChange: Sendable {
    public let entry: LogEntry
    /// Nil when the entry is the submission.
    public let before: ReferralState?
    public let after: ReferralState

    public init(_ entry: LogEntry, from before: ReferralState?, to after: ReferralState) {
        self.entry = entry
        self.before = before
        self.after = after
    }

    /// What somebody is told of one case.
    public struct Told: Hashable, Sendable {
        public let assignment: AssignmentID
        /// Its position among the assignments of the referral.
        public let index: Int
        /// What happened, in order, as far as it happened while the case was theirs.
        public let what: [String]
        /// The case right after it; nil when it is theirs no longer.
        public let state: AssignmentState?
    }

    /// What an organisation is told: of the cases that it answers or answered for, or is asked to take over, and no others.
    public func told(to organisation: OrganisationID) -> [Told] {
        told {
            $0.organisations.contains(organisation)
        } isNews: { _, _ in
            true
        }
    }

    /// What the coordinator is told: reviews, promises that were not kept in time or are kept after all, what coordinators have done, and
    /// their reading.
    public var toldToCoordinator: [Told] {
        told { _ in
            true
        } isNews: {
            $0.isNewsToCoordinator(entry.events, since: $1)
        }
    }

    /// Whether the sender is told: by `GetStatus` now and not before.
    public var isToldToSender: Bool { after.isNewsToSender(entry.events, since: before) }

    /// - Parameters:
    ///   - isTheirs: whether a case in this state is for the eyes of whoever is told.
    ///   - isNews: whether they are told of a case at all that was the second and is the first.
    private func told(
        isTheirs: (AssignmentState) -> Bool, isNews: (AssignmentState, AssignmentState?) -> Bool
    ) -> [Told] {
        after.assignments.enumerated().compactMap { index, assignment in
            let id = assignment.id
            var state = before
            var former = before?.assignment(id)
            guard isNews(assignment, former) else { return nil }
            var what: [String] = []
            var hasConcerned = false
            for event in entry.events {
                state = ReferralState.evolve(state, [event], at: entry.at)
                guard let current = state?.assignment(id) else { continue }
                defer { former = current }
                guard event.concerns(current) else { continue }
                let (was, isNow) = (former.map(isTheirs) ?? false, isTheirs(current))
                hasConcerned = hasConcerned || was || isNow
                // Where a case goes is told to who gets it, not to who had it.
                if event.isPlacement ? isNow : was || isNow, let word = event.word { what.append(word) }
            }
            guard hasConcerned else { return nil }
            return Told(assignment: id, index: index, what: what, state: isTheirs(assignment) ? assignment : nil)
        }
    }
}

extension AssignmentState {
    /// Who may know of it: who answers for it, and who is asked to. Nobody while people decide, which is the coordinator's.
    fileprivate var organisations: [OrganisationID] {
        switch phase {
        case .review: []
        case .handoverOffered(let offer): [owner, offer.to]
        case .offered, .leased, .received, .working, .onHold, .ended: [owner]
        }
    }

    fileprivate func isNewsToCoordinator(_ events: [ReferralEvent], since former: AssignmentState?) -> Bool {
        func isReview(_ phase: Phase?) -> Bool { if case .review? = phase { true } else { false } }
        if former?.progress.alarms ?? [] != progress.alarms { return true }
        let isCoordinators = isReview(former?.phase) || isReview(phase)
        return events.contains { event in
            guard event.concerns(self) else { return false }
            return switch event {
            case .assigned, .redriven: true
            case .read(_, let reading): reading.reason != nil
            default: isCoordinators
            }
        }
    }
}

extension ReferralState {
    fileprivate func isNewsToSender(_ events: [ReferralEvent], since before: ReferralState?) -> Bool {
        let isAmended = events.contains { if case .amended = $0 { true } else { false } }
        return isAmended || before?.deliveryReport != deliveryReport
    }
}

extension ReferralEvent {
    /// Whether those whose case it is are told, each of their own.
    fileprivate func concerns(_ assignment: AssignmentState) -> Bool {
        switch self {
        case .amended: assignment.isOpen
        case .erased(let erasure): erasure.extent == .content || erasure.extent == .assignment(assignment.id)
        // An owner knows what it has looked at itself.
        case .read(let id, let reading): id == assignment.id && reading.reason != nil
        case .performed(let record): !record.command.isReading && record.command.assignment == assignment.id
        default: self.assignment == assignment.id
        }
    }

    /// Says who answers for a case from now on.
    fileprivate var isPlacement: Bool {
        switch self {
        case .routed, .offered, .review: true
        default: false
        }
    }

    /// What happened, for whoever has the case; nil for what only explains another event. Says nothing of other cases.
    public var word: String? {
        switch self {
        case .submitted, .refused, .awaitingConsent, .routed, .consentAnswered, .consentWithdrawn, .closed, .performed: nil
        case .offered: "offered"
        case .review(_, let reason, _): "review: \(reason)"
        case .leased: "handed out"
        case .leaseExpired: "lease ended"
        case .received: "received"
        case .accepted: "accepted"
        case .returned: "returned"
        case .assigned(_, let reason): "assigned: \(reason.rawValue)"
        case .redriven: "redriven"
        case .worked(_, .attempted): "attempt"
        case .worked(_, .contacted): "contact"
        case .worked(_, .met(let meeting)): "meeting \(meeting.result.rawValue)"
        case .worked(_, .served): "service given"
        case .held: "on hold"
        case .resumed: "resumed"
        case .handover(_, .offered): "handover offered"
        case .handover(_, .accepted): "handover accepted"
        case .handover(_, .refused): "handover refused"
        case .handover(_, .expired): "handover expired"
        case .mediation(_, let event): event.word
        case .recall(_, .requested(let reason)): "recall requested: \(reason.rawValue)"
        case .recall(_, .refused): "recall refused"
        case .warned(_, let kind, _): "warned \(kind.rawValue)"
        case .overdue(_, let kind, _): "overdue \(kind.rawValue)"
        case .ended(_, let ending): ending.name
        case .amended: "contacts amended"
        case .erased(let erasure): "erased: \(erasure.reason.rawValue)"
        case .read(_, let reading): reading.reason.map { "read by the coordinator: \($0.rawValue)" } ?? "read"
        }
    }
}

extension MediationEvent {
    fileprivate var word: String {
        switch self {
        case .partyAdded: "party added"
        case .found: "finding"
        case .eligible: "eligible"
        case .leaderConsulted: "leader consulted"
        case .asked: "party asked"
        case .answered: "party answered"
        case .preMeeting: "pre-meeting"
        case .met: "mediation meeting"
        case .concluded: "concluded"
        case .interrupted: "interrupted"
        case .reported: "report sent"
        }
    }
}
