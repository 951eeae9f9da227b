import Referral

/// Reading and writing the log of one referral.
extension Exchange {
    /// - Parameter id: of the referral, or of what belongs to it.
    static func damagedLog(of id: (some Identifier)?) -> StoreError {
        let name = id.map { "\($0): the" } ?? "a"
        return StoreError(.damaged, "\(name) referral's log is missing, does not begin with its submission, or says something else")
    }

    static func fold(_ entries: some Sequence<LogEntry>) throws -> ReferralState {
        var (id, state): (ReferralID?, ReferralState?) = (nil, nil)
        for entry in entries { (id, state) = (entry.referral, ReferralState.evolve(state, entry.events, at: entry.at)) }
        guard let state else { throw damagedLog(of: id) }
        return state
    }

    /// A referral as it was at an earlier version.
    static func fold(_ entries: [LogEntry], to version: Int) throws -> ReferralState {
        var state: ReferralState?
        for entry in entries where (state?.version ?? 0) < version { state = ReferralState.evolve(state, entry.events, at: entry.at) }
        guard let state, state.version == version else { throw damagedLog(of: entries.first?.referral) }
        return state
    }

    static func state(of id: AssignmentID, in reader: any ReferralReader) throws -> ReferralState {
        guard let referral = try reader.referral(of: id), let state = try reader.referral(referral) else {
            throw damagedLog(of: id)
        }
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
        guard let after = ReferralState.evolve(state, events, at: now) else { throw damagedLog(of: state.id) }
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
