public import Referral
import Synchronization

/// Wakes those who watch. Says only that there may be something new for them; who wakes asks the store.
///
/// Everybody is told everything that concerns them, so everybody who watches as the same reader is woken. Wake-ups that a watcher has not
/// seen yet are one, so that a slow one costs nothing.
public final class ChangeBoard: Sendable {
    /// One watch; ends when it is released.
    public final class Subscription: Sendable {
        private let signals: AsyncStream<Void>
        fileprivate let continuation: AsyncStream<Void>.Continuation
        private let id: UInt64
        private let board: ChangeBoard

        fileprivate init(_ id: UInt64, _ board: ChangeBoard, _ stream: (AsyncStream<Void>, AsyncStream<Void>.Continuation)) {
            self.id = id
            self.board = board
            (signals, continuation) = stream
        }

        deinit {
            continuation.finish()
            board.remove(id)
        }

        /// Waits for the next wake-up; the first comes at once. False: there will be none, or the task was cancelled.
        public func next() async -> Bool {
            var iterator = signals.makeAsyncIterator()
            return await iterator.next() != nil
        }

        /// No further wake-ups.
        public func finish() { continuation.finish() }
    }

    private struct Watcher {
        let reader: LogReader
        let continuation: AsyncStream<Void>.Continuation
        /// The last entry for which it was woken.
        var noticed: Int64 = -1
    }

    private struct State {
        var watchers: [UInt64: Watcher] = [:]
        var nextID: UInt64 = 0
        var isClosed = false
        /// Wakes whoever looks into the store for all watchers.
        var look: AsyncStream<Void>.Continuation?
    }

    private let state = Mutex(State())

    public init() {}

    /// The caller keeps the subscription for as long as it watches.
    public func subscribe(to reader: LogReader) -> Subscription {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let (id, isClosed) = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.watchers[id] = Watcher(reader: reader, continuation: continuation)
            return (id, state.isClosed)
        }
        if isClosed { continuation.finish() }
        return Subscription(id, self, (stream, continuation))
    }

    /// Something was committed here: whoever looks is to look now.
    func look() { state.withLock(\.look)?.yield() }

    /// A stream of reasons to look into the store, those not seen yet as one. One at a time.
    func looks() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.look = continuation }
        return stream
    }

    /// Everybody for whom somebody watches.
    var readers: Set<LogReader> { state.withLock { Set($0.watchers.values.lazy.map(\.reader)) } }

    /// Wakes those whose last entry is one that they have not been woken for.
    func ring(_ last: [LogReader: Int64]) {
        let woken = state.withLock { state in
            state.watchers.compactMap { id, watcher -> AsyncStream<Void>.Continuation? in
                guard let sequence = last[watcher.reader], sequence > watcher.noticed else { return nil }
                state.watchers[id]?.noticed = sequence
                return watcher.continuation
            }
        }
        for continuation in woken { continuation.yield() }
    }

    /// Wakes everybody: who may watch has changed, or there is something that is not in the log.
    public func ringAll() {
        for continuation in state.withLock({ $0.watchers.values.map(\.continuation) }) { continuation.yield() }
    }

    /// Ends every watch, also those that would begin later.
    public func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            return state.watchers.values.map(\.continuation)
        }
        for continuation in watchers { continuation.finish() }
    }

    /// How many watch.
    public var watching: Int { state.withLock { $0.watchers.count } }

    private func remove(_ id: UInt64) { state.withLock { $0.watchers[id] = nil } }
}
