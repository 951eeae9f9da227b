public import Referral

/// How it stands with one promise about one stint.
public enum PromiseStanding: String, Sendable, CaseIterable {
    case kept, broken
    /// There is time left.
    case open
    /// The case was over, or with somebody else, before the time was.
    case over
}

extension StintRecord {
    /// The promise to reach the person; nil when nothing is promised.
    /// - Parameters:
    ///   - agreement: the one that held when the case became available.
    ///   - now: for what is still open.
    public func contactPromise(_ agreement: Agreement, _ service: Service, at now: Instant) -> PromiseStanding? {
        guard service == .support, let span = agreement.contact else { return nil }
        return standing(of: span, done: contacted, paused: pausedBeforeContact, at: now)
    }

    /// The promise of a first meeting; nil when nothing is promised.
    public func meetingPromise(_ agreement: Agreement, _ service: Service, at now: Instant) -> PromiseStanding? {
        guard service == .support, let span = agreement.meeting else { return nil }
        return standing(of: span, done: meetingSettled, paused: pausedBeforeMeeting, at: now)
    }

    /// The promise that somebody takes the case before people have to decide anew.
    public func takingPromise(_ agreement: Agreement, at now: Instant) -> PromiseStanding {
        if end == .untaken { return .broken }
        return standing(of: agreement.untakenReview, done: accepted, paused: 0, at: now)
    }

    private func standing(of span: TimeSpan, done: Instant?, paused before: Int64, at now: Instant) -> PromiseStanding {
        let start = span.deadline(from: available)
        if let done { return done <= start + .milliseconds(before) ? .kept : .broken }
        let due = start + .milliseconds(paused)
        // On hold all clocks stand still.
        if let ended { return (heldSince ?? ended) < due ? .over : .broken }
        return (heldSince ?? now) < due ? .open : .broken
    }

    /// Completed hours and parts from when the case became available until the person was reached.
    var hoursToContact: Double? {
        contacted.map { Double($0.milliseconds - available.milliseconds) / 3_600_000 }
    }
}
