public import Referral
import Synchronization

/// Turns many concurrent writes into few durable commits: what arrives while a commit is under way goes into the next one.
///
/// A write that is refused by a rule affects no other. When a write meets damaged data, those of its commit are tried once more one by
/// one, so that it does not take its neighbours with it. When the store cannot be written at all, all of them fail at once.
public final class CommitQueue: Sendable {
    /// The queue takes no further write; the caller should try again later.
    public enum Full: Error, Sendable {
        /// As many writes wait as may; try again after this time.
        case tooManyWaiting(retryAfter: Duration)
        /// The write would wait longer than it may; try again after this time.
        case tooSlow(retryAfter: Duration)
        /// The exchange is stopping.
        case closed
    }

    /// Whose write it is.
    public enum Origin: Sendable {
        /// Somebody waits for its answer: refused when it would wait too long.
        case call
        /// Has waited for room: refused only when as many wait as may.
        case hasWaited
        /// The exchange's own work, which nobody could send again: never refused while the queue is open.
        case exchange
    }

    /// Does one write inside a transaction. Throws only when the transaction must not be committed.
    private typealias Step = @Sendable (any ReferralTransaction) throws -> Settlement

    /// What the caller gets after the commit.
    private typealias Settlement = @Sendable () -> Void

    private struct Pending: Sendable {
        let step: Step
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var pending: [Pending] = []
        var pace: CommitPace
        var isClosed = false
        /// The running loop, when it waits for work.
        var idle: CheckedContinuation<Void, Never>?
        /// Those who wait for room, the first first.
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var nextWaiter: UInt64 = 0

        mutating func takeWaiters(upTo count: Int) -> [CheckedContinuation<Void, Never>] {
            defer { waiters.removeFirst(min(count, waiters.count)) }
            return waiters.prefix(count).map(\.continuation)
        }
    }

    private let store: any ReferralStore
    private let capacity: Int
    private let batchSize: Int
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let metrics: ExchangeMetrics
    private let state: Mutex<State>

    /// - Parameters:
    ///   - capacity: how many writes may wait; one more is refused with `Full`.
    ///   - longestWait: a write that has to expect a longer wait than this is refused with `Full`; see ``CommitPace``.
    ///   - batchSize: how many share a commit at most.
    ///   - clock: for measuring commits.
    public init(
        store: any ReferralStore, capacity: Int = 16_384, longestWait: Duration = .seconds(10), batchSize: Int = 64,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }, metrics: ExchangeMetrics = ExchangeMetrics()
    ) {
        self.store = store
        self.capacity = capacity
        self.batchSize = batchSize
        self.clock = clock
        self.metrics = metrics
        state = Mutex(State(pace: CommitPace(bound: longestWait, batchSize: batchSize)))
    }

    /// Runs `body` in a transaction that others may share, and returns what it returned after the durable commit. What `body` throws
    /// is thrown here, and then nothing of it has happened; so it must throw before its first write, unless it throws `StoreError`.
    ///
    /// Cancelling the caller does not undo a write: what is queued is done.
    /// - Parameter origin: decides what it may be refused for.
    public func write<Result: Sendable>(
        _ origin: Origin = .call, _ body: @escaping @Sendable (any ReferralTransaction) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let pending = Pending(
                step: { transaction in
                    do {
                        let result = try body(transaction)
                        return { continuation.resume(returning: result) }
                    } catch let error as StoreError {
                        throw error
                    } catch {
                        return { continuation.resume(throwing: error) }
                    }
                },
                fail: { continuation.resume(throwing: $0) })
            let (refusal, idle) = state.withLock { state -> (Full?, CheckedContinuation<Void, Never>?) in
                if let refusal = self.refusal(of: origin, state) { return (refusal, nil) }
                state.pending.append(pending)
                return (nil, state.idle.take())
            }
            if let refusal { pending.fail(refusal) }
            idle?.resume()
        }
    }

    /// What a write that came now would be refused with; nil: it would be taken. Costs next to nothing, so that a call can be refused
    /// before any work is done for it.
    public var refusal: Full? { state.withLock { refusal(of: .call, $0) } }

    private func refusal(of origin: Origin, _ state: State) -> Full? {
        if state.isClosed { return .closed }
        if origin == .exchange { return nil }
        let now = clock()
        if state.pending.count >= capacity {
            let wait = state.pace.expectedWait(behind: state.pending.count, at: now)
            return .tooManyWaiting(retryAfter: max(wait, .milliseconds(1)))
        }
        if origin == .hasWaited { return nil }
        return state.pace.refusal(behind: state.pending.count, at: now).map { .tooSlow(retryAfter: $0) }
    }

    /// Returns when there is room for a write of somebody who does not mind waiting, such as an item of a stream, whose sender is held
    /// up meanwhile. There is always more room for those who do.
    /// - Throws: `CancellationError`.
    public func waitForRoom() async throws {
        let id = state.withLock { state -> UInt64? in
            if hasRoomForPatient(state) { return nil }
            state.nextWaiter += 1
            return state.nextWaiter
        }
        guard let id else { return }
        while try hasRoomUnlessCancelled() == false {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let hasRoom = state.withLock { state in
                        if hasRoomForPatient(state) { return true }
                        // Who was woken in vain keeps its place.
                        let place = state.waiters.firstIndex { $0.id > id } ?? state.waiters.endIndex
                        state.waiters.insert((id, continuation), at: place)
                        return false
                    }
                    if hasRoom { continuation.resume() }
                }
            } onCancel: {
                let waiter = state.withLock { state in
                    state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
                }
                waiter?.resume()
            }
        }
    }

    private func hasRoomUnlessCancelled() throws -> Bool {
        try Task.checkCancellation()
        return state.withLock { hasRoomForPatient($0) }
    }

    private func hasRoomForPatient(_ state: State) -> Bool {
        state.isClosed || state.pace.hasRoomForPatient(behind: state.pending.count, at: clock())
    }

    /// How many wait for room.
    public var waiting: Int { state.withLock { $0.waiters.count } }

    /// How many writes wait for the next commit.
    public var depth: Int { state.withLock { $0.pending.count } }

    /// How long a write that arrives now has to expect to wait for its commit.
    public var expectedWait: Duration { state.withLock { $0.pace.expectedWait(behind: $0.pending.count, at: clock()) } }

    /// Refuses further writes from now on; `run` returns when those that were accepted are done.
    public func close() {
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            return (state.idle.take(), state.takeWaiters(upTo: .max))
        }
        idle?.resume()
        for waiter in waiters { waiter.resume() }
    }

    /// Commits until `close` is called, then finishes what was accepted. Runs once.
    public func run() async {
        while let batch = await nextBatch() {
            let began = clock()
            state.withLock { $0.pace.commitBegan(at: began) }
            await commit(batch)
            let ended = clock()
            state.withLock { $0.pace.commitEnded(at: ended) }
            metrics.committed(batch.count, in: ended - began)
        }
    }

    private func nextBatch() async -> [Pending]? {
        while true {
            let (batch, waiters, isClosed) = state.withLock { state -> ([Pending], [CheckedContinuation<Void, Never>], Bool) in
                let count = min(batchSize, state.pending.count)
                let batch = Array(state.pending.prefix(count))
                state.pending.removeFirst(count)
                // Now there is room; for no more than as many as fit a commit.
                return (batch, batch.isEmpty ? [] : state.takeWaiters(upTo: batchSize), state.isClosed)
            }
            for waiter in waiters { waiter.resume() }
            if !batch.isEmpty { return batch }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let (workArrived, waiters) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                    if !state.pending.isEmpty || state.isClosed { return (true, []) }
                    state.idle = continuation
                    return (false, state.takeWaiters(upTo: .max))
                }
                if workArrived { continuation.resume() }
                for waiter in waiters { waiter.resume() }
            }
        }
    }

    private func commit(_ batch: [Pending]) async {
        do {
            let settlements = try await store.write { transaction in try batch.map { try $0.step(transaction) } }
            for settle in settlements { settle() }
        } catch let error as StoreError where error.code != .unavailable && error.code != .corrupt && batch.count > 1 {
            for pending in batch { await commit([pending]) }
        } catch {
            for pending in batch { pending.fail(error) }
        }
    }
}
