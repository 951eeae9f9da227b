public import Referral
import Synchronization

/// Wakes those who wait for cases of an organisation. Says only that there may be something; who wakes asks the store.
///
/// A case wakes one waiter of each unit, since only one can have it, and what one unit may not have another may. Whoever was woken says what came of it: who found something wakes the next, since
/// there may be more, and who goes away before it has looked hands the wake-up on to another of its unit. So no case waits while somebody
/// waits for it, and a case costs about one look a unit, however many wait.
public final class OfferBoard: Sendable {
    /// A wait of one unit for cases of its organisation; ends when it is released.
    public final class Subscription: Sendable {
        private let signals: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation
        private let id: UInt64
        private let board: OfferBoard

        fileprivate init(
            _ id: UInt64, _ board: OfferBoard, _ stream: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
        ) {
            self.id = id
            self.board = board
            (signals, continuation) = stream
        }

        deinit {
            continuation.finish()
            board.remove(id)
        }

        /// Waits for the next wake-up; those that nobody has seen yet are one. After it, look, and then tell by ``foundNothing()`` or
        /// ``passOn()``. False: there will be none, or the task was cancelled.
        public func next() async -> Bool {
            var iterator = signals.makeAsyncIterator()
            guard await iterator.next() != nil else { return false }
            board.begin(id)
            return true
        }

        /// There is nothing now.
        public func foundNothing() { board.end(id, passesOn: false) }

        /// There may be more than this waiter has taken: somebody else is woken.
        public func passOn() { board.end(id, passesOn: true) }

        /// Wakes this one waiter.
        public func wake() { continuation.yield() }

        /// Whether it can take a case; else it is passed over. Who says yes again must look by itself: earlier cases are not told again.
        public func setWilling(_ isWilling: Bool) { board.setWilling(id, isWilling) }

        /// No further wake-ups: the waiter's loop ends.
        public func finish() { continuation.finish() }
    }

    private struct Waiter {
        var participant: Participant
        var continuation: AsyncStream<Void>.Continuation
        /// Can take a case.
        var isWilling = true
        /// Was woken and has not begun to look.
        var isWoken = false
        var isLooking = false
        var isInLine = false
    }

    /// Who is woken next. May name some who have gone or cannot take a case: they are left out when their turn comes.
    private struct Line {
        var ids: [UInt64] = []
        var gone = 0
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var lines: [OrganisationID: [UnitID: Line]] = [:]
        var nextID: UInt64 = 0
        var isClosed = false

        mutating func queue(_ id: UInt64) {
            guard var waiter = waiters[id], waiter.isWilling, !waiter.isWoken, !waiter.isInLine else { return }
            waiter.isInLine = true
            waiters[id] = waiter
            lines[waiter.participant.organisation, default: [:]][waiter.participant.unit, default: Line()].ids.append(id)
        }

        private mutating func put(_ line: Line, of participant: Participant) {
            lines[participant.organisation, default: [:]][participant.unit] = line.ids.isEmpty ? nil : line
            if lines[participant.organisation]?.isEmpty == true { lines[participant.organisation] = nil }
        }

        /// The next in line of each unit.
        mutating func wakeNext(of organisation: OrganisationID) -> [AsyncStream<Void>.Continuation] {
            (lines[organisation].map { Array($0.keys) } ?? [])
                .compactMap { wakeNext(of: Participant(organisation: organisation, unit: $0)) }
        }

        /// The next in line, which counts as woken from now on.
        mutating func wakeNext(of participant: Participant) -> AsyncStream<Void>.Continuation? {
            guard var line = lines[participant.organisation]?[participant.unit] else { return nil }
            defer { put(line, of: participant) }
            var passed = 0
            defer { line.ids.removeFirst(passed) }
            for id in line.ids {
                passed += 1
                guard var waiter = waiters[id] else {
                    line.gone -= 1
                    continue
                }
                waiter.isInLine = false
                waiter.isWoken = waiter.isWilling
                waiters[id] = waiter
                if waiter.isWoken { return waiter.continuation }
            }
            return nil
        }

        mutating func remove(_ id: UInt64) -> AsyncStream<Void>.Continuation? {
            guard let waiter = waiters.removeValue(forKey: id) else { return nil }
            if waiter.isInLine, var line = lines[waiter.participant.organisation]?[waiter.participant.unit] {
                line.gone += 1
                if line.gone * 2 > line.ids.count {
                    line.ids.removeAll { waiters[$0] == nil }
                    line.gone = 0
                }
                put(line, of: waiter.participant)
            }
            return waiter.isWoken || waiter.isLooking ? wakeNext(of: waiter.participant) : nil
        }
    }

    private let state = Mutex(State())

    public init() {}

    /// The caller keeps the subscription for as long as it waits.
    public func subscribe(to participant: Participant) -> Subscription {
        let stream = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (id, isClosed) = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.waiters[id] = Waiter(participant: participant, continuation: stream.continuation)
            state.queue(id)
            return (id, state.isClosed)
        }
        if isClosed { stream.continuation.finish() }
        return Subscription(id, self, stream)
    }

    /// Something became available to these organisations; one that is named twice can wake two.
    public func ring(_ organisations: some Sequence<OrganisationID>) {
        let woken = state.withLock { state in organisations.flatMap { state.wakeNext(of: $0) } }
        for continuation in woken { continuation.yield() }
    }

    /// Ends every wait, also those that would begin later.
    public func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            return state.waiters.values.map(\.continuation)
        }
        for continuation in waiting { continuation.finish() }
    }

    public var isClosed: Bool { state.withLock(\.isClosed) }

    /// How many wait.
    public var waiting: Int { state.withLock { $0.waiters.count } }

    private func begin(_ id: UInt64) {
        state.withLock { state in
            state.waiters[id]?.isWoken = false
            state.waiters[id]?.isLooking = true
            // Before it looks: what comes while it does may not be seen by it.
            state.queue(id)
        }
    }

    private func end(_ id: UInt64, passesOn: Bool) {
        let next = state.withLock { state -> AsyncStream<Void>.Continuation? in
            state.waiters[id]?.isLooking = false
            guard passesOn, let participant = state.waiters[id]?.participant else { return nil }
            return state.wakeNext(of: participant)
        }
        next?.yield()
    }

    private func setWilling(_ id: UInt64, _ isWilling: Bool) {
        state.withLock { state in
            state.waiters[id]?.isWilling = isWilling
            state.queue(id)
        }
    }

    private func remove(_ id: UInt64) {
        state.withLock { $0.remove(id) }?.yield()
    }
}

extension ReferralState {
    /// The organisations that can fetch something of it now that they could not before.
    func fetchable(since before: ReferralState) -> [OrganisationID] {
        assignments.filter { assignment in
            let former = before.assignment(assignment.id)
            return assignment.phase == .offered && (former?.phase != .offered || former?.owner != assignment.owner)
        }.map(\.owner)
    }
}
