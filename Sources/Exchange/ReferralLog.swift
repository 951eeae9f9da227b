import Referral

/// Reading and writing the log of one referral.
extension Exchange {
    static let damagedLog = StoreError(.damaged, "a referral's log does not begin with its submission")

    static func fold(_ entries: some Sequence<LogEntry>) throws -> ReferralState {
        let state = entries.reduce(ReferralState?.none) { ReferralState.evolve($0, $1.events, at: $1.at) }
        guard let state else { throw damagedLog }
        return state
    }

    /// A referral as it was at an earlier version.
    static func fold(_ entries: [LogEntry], to version: Int) throws -> ReferralState {
        var state: ReferralState?
        for entry in entries where (state?.version ?? 0) < version { state = ReferralState.evolve(state, entry.events, at: entry.at) }
        guard let state, state.version == version else { throw damagedLog }
        return state
    }

    static func state(of id: AssignmentID, in reader: any ReferralReader) throws -> ReferralState {
        guard let referral = try reader.referral(of: id), let state = try reader.referral(referral) else { throw damagedLog }
        return state
    }

    /// Nil when what is read is damaged. Other errors concern more than one case.
    static func undamaged<Value>(_ read: () throws -> Value?) throws -> Value? {
        do {
            return try read()
        } catch let error as StoreError where error.code == .damaged {
            return nil
        }
    }

    /// - Parameter content: replaces what is kept; nil: it stays.
    static func append(
        _ events: [ReferralEvent], to state: ReferralState, at now: Instant, by actor: Participant?, policy: Policy,
        content: [UInt8]? = nil, in transaction: any ReferralTransaction
    ) throws -> ReferralState {
        guard let after = ReferralState.evolve(state, events, at: now) else { throw damagedLog }
        try transaction.append(
            events, at: now, by: actor, resulting: after, content: content, due: after.nextDue(policy),
            readers: LogReader.readers(of: events, from: state, to: after))
        return after
    }
}

extension ReferralState {
    /// When the clock has to look at it next; nil: never.
    func nextDue(_ policy: Policy) -> Instant? { deadlines(policy).first?.due }
}
