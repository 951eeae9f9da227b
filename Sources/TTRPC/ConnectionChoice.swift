import NIOCore

/// Which connection a call gets, and when and where to connect: the rules of a client that reconnects, without sockets, clocks or tasks.
///
/// There is one connection, and one attempt to connect, shared by all calls that wait for it. A round tries every address once; after
/// a round in vain there is a pause, longer each time. A connection that is lost before it has been of use counts as a failed round, so
/// that a server that accepts and hangs up is not asked without end.
struct ConnectionChoice<Connection: AnyObject> {
    typealias CallID = UInt64

    private enum Phase {
        case idle
        case connecting
        case pausing
        case ready(Connection, since: NIODeadline, hasAnswered: Bool)
        case closed
    }

    private let addresses: [String]
    /// Where a round begins.
    private let firstAddress: Int
    private let backoff: Backoff
    private let maximumCalls: Int

    private var phase = Phase.idle
    /// Where the next attempt goes, or the present one.
    private var address: Int
    /// Addresses tried in vain in this round.
    private var failures = 0
    /// A failure of this round is one that waiting does not mend.
    private var isHopeless = false
    private var failedRounds = 0
    private var pauseEnd = NIODeadline.uptimeNanoseconds(0)
    /// Why the last attempt at each address failed.
    private var reasons: [String?]
    /// The calls that wait, with the end of their patience.
    private var calls: [CallID: NIODeadline] = [:]

    /// - Parameters:
    ///   - addresses: one at least, as people write them.
    ///   - firstAddress: where a round begins, an index of `addresses`.
    ///   - maximumCalls: how many calls may wait for a connection.
    init(addresses: [String], firstAddress: Int = 0, backoff: Backoff, maximumCalls: Int) {
        precondition(addresses.indices.contains(firstAddress), "a client needs the address of a server")
        self.addresses = addresses
        self.firstAddress = firstAddress
        self.backoff = backoff
        self.maximumCalls = maximumCalls
        address = firstAddress
        reasons = Array(repeating: nil, count: addresses.count)
    }

    var waitingCalls: Int { calls.count }

    /// The connection in use; nil while there is none.
    var current: Connection? {
        if case .ready(let connection, _, _) = phase { connection } else { nil }
    }

    // MARK: - Calls

    enum Answer {
        case use(Connection)
        /// The call waits. A step is to be taken when there is one; else one is under way.
        case wait(Step?)
        case refuse(Status)
    }

    /// What the owner does next; it says how that went.
    enum Step: Hashable {
        /// Answered by `connected` or `failed`.
        case connect(address: Int)
        /// Answered by `pauseEnded`.
        case pause(Duration)
    }

    /// A call needs a connection.
    ///
    /// - Parameters:
    ///   - patience: until when it waits for servers that cannot be reached; a round that is under way is waited for in any case.
    ///   - isUsable: whether a connection takes calls.
    ///   - jitter: 0 to 1.
    mutating func acquire(
        for call: CallID, patience: NIODeadline, now: NIODeadline, jitter: Double, isUsable: (Connection) -> Bool
    ) -> Answer {
        if case .ready(let connection, let since, let hasAnswered) = phase {
            if isUsable(connection) { return .use(connection) }
            phase = .idle
            address = firstAddress
            if !hasAnswered, now < since.advanced(by: backoff.cap) {
                beginPause(now: now, jitter: jitter)
                reasons = reasons.map { _ in "the connection was closed before a call was answered" }
            } else {
                failedRounds = 0
                pauseEnd = now
            }
        }
        if case .closed = phase { return .refuse(Self.closed) }
        guard calls.count < maximumCalls else {
            return .refuse(Status(.resourceExhausted, "more than \(maximumCalls) calls wait for a connection").notProcessed)
        }
        switch phase {
        case .idle:
            guard pauseEnd > now else {
                calls[call] = patience
                phase = .connecting
                return .wait(.connect(address: address))
            }
            guard patience >= pauseEnd else { return .refuse(unreachable) }
            calls[call] = patience
            phase = .pausing
            return .wait(.pause(now.duration(to: pauseEnd)))
        case .pausing where patience < pauseEnd:
            return .refuse(unreachable)
        default:
            calls[call] = patience
            return .wait(nil)
        }
    }

    /// The connection there is, when it takes calls.
    func ready(where isUsable: (Connection) -> Bool) -> Connection? {
        if case .ready(let connection, _, _) = phase, isUsable(connection) { connection } else { nil }
    }

    /// A call does not wait any longer. False: it did not wait.
    mutating func leave(_ call: CallID) -> Bool {
        calls.removeValue(forKey: call) != nil
    }

    /// The server has answered a call on this connection: it has been of use.
    mutating func answered(on connection: Connection) {
        guard case .ready(let current, let since, false) = phase, current === connection else { return }
        phase = .ready(connection, since: since, hasAnswered: true)
        failedRounds = 0
    }

    // MARK: - Steps

    /// Returns the calls that get the connection; nil when nobody wants it any more and it has to be closed.
    mutating func connected(_ connection: Connection, now: NIODeadline) -> [CallID]? {
        guard case .connecting = phase else { return nil }
        phase = .ready(connection, since: now, hasAnswered: false)
        (failures, isHopeless) = (0, false)
        reasons = reasons.map { _ in nil }
        defer { calls = [:] }
        return Array(calls.keys)
    }

    /// - Parameters:
    ///   - reason: for people, without the address.
    ///   - isHopeless: whether waiting cannot help, as when the server is another than expected.
    /// - Returns: what to do next, and the calls that fail, with their status.
    mutating func failed(
        _ reason: String, isHopeless: Bool, now: NIODeadline, jitter: Double
    ) -> (step: Step?, calls: [CallID], status: Status) {
        guard case .connecting = phase else { return (nil, [], Self.closed) }
        reasons[address] = reason
        failures += 1
        self.isHopeless = self.isHopeless || isHopeless
        address = (address + 1) % addresses.count
        var given: [CallID] = []
        if failures == addresses.count {
            let isHopeless = self.isHopeless
            beginPause(now: now, jitter: jitter)
            given = calls.filter { isHopeless || $0.value < pauseEnd }.map(\.key)
            for call in given { calls[call] = nil }
            phase = .pausing
        }
        return (nextStep(now: now), given, unreachable)
    }

    mutating func pauseEnded(now: NIODeadline) -> Step? {
        guard case .pausing = phase else { return nil }
        pauseEnd = now
        return nextStep(now: now)
    }

    private mutating func nextStep(now: NIODeadline) -> Step? {
        if calls.isEmpty {
            phase = .idle
            return nil
        }
        if case .pausing = phase, pauseEnd > now { return .pause(now.duration(to: pauseEnd)) }
        phase = .connecting
        return .connect(address: address)
    }

    private mutating func beginPause(now: NIODeadline, jitter: Double) {
        failedRounds += 1
        (failures, isHopeless) = (0, false)
        pauseEnd = now.advanced(by: backoff.delay(afterFailures: failedRounds, jitter: jitter))
    }

    // MARK: - End

    /// Returns the connection to close and the calls that fail with the status.
    mutating func close() -> (connection: Connection?, calls: [CallID], status: Status) {
        defer { (phase, calls) = (.closed, [:]) }
        let connection: Connection? = if case .ready(let connection, _, _) = phase { connection } else { nil }
        return (connection, Array(calls.keys), Self.closed)
    }

    private static var closed: Status { Status(.unavailable, "the client has been closed").notProcessed }

    private var unreachable: Status { Status(.unavailable, "cannot reach the server\(knownReasons)").notProcessed }

    /// For a call whose deadline passes while it waits.
    var tooLate: Status {
        Status(.deadlineExceeded, "the deadline has passed before the server was reached\(knownReasons)").notProcessed
    }

    private var knownReasons: String {
        let known = zip(addresses, reasons).compactMap { address, reason in reason.map { "\(address): \($0)" } }
        return known.isEmpty ? "" : ": " + known.joined(separator: "; ")
    }
}

extension NIODeadline {
    /// Overflow ends at the distant future.
    func advanced(by duration: Duration) -> NIODeadline {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowed) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || overflowed ? (seconds < 0 ? self : .distantFuture) : advanced(byNanoseconds: sum)
    }

    /// Zero when that is past.
    func duration(to later: NIODeadline) -> Duration {
        .nanoseconds(max(0, (later - self).nanoseconds))
    }
}
