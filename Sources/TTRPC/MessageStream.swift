public import NIOCore
import Synchronization

/// The messages that the peer sends on one stream, in order. It is read once: a second iterator takes messages from the first.
///
/// Iterating throws ``Status`` when the call fails and `CancellationError` when the reading task is cancelled.
public struct MessageStream: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer

    let buffer: MessageBuffer

    public func makeAsyncIterator() -> Iterator {
        Iterator(buffer: buffer)
    }

    /// Ends the stream for its reader after the messages that have arrived; what comes later is dropped. False: it had ended already.
    @discardableResult
    public func finish() -> Bool {
        buffer.finish()
    }

    public struct Iterator: AsyncIteratorProtocol {
        let buffer: MessageBuffer

        /// The next message, or nil after the peer has ended the stream.
        public mutating func next() async throws -> ByteBuffer? {
            try await buffer.next()
        }
    }
}

/// Messages between the connection that receives them and the task that reads them.
///
/// What arrives while nobody waits is kept up to a bound. It is one lock, not a channel of the event loop, so that a reader on any
/// thread takes what is there without a hop.
final class MessageBuffer: Sendable {
    private struct State {
        var messages = CircularBuffer<ByteBuffer>()
        var bytesHeld = 0
        var end: Result<Void, any Error>?
        var waiter: CheckedContinuation<ByteBuffer?, any Error>?
        var consumption: Consumption?
    }

    /// Counts what has been read, so that the sender is told it may send more: in few steps, not for each message.
    private struct Consumption {
        var step: Int
        let report: @Sendable (Int) -> Void
        var bytes = 0

        /// What to report now, if anything.
        mutating func add(_ count: Int) -> Report? {
            bytes += count
            guard bytes >= step else { return nil }
            defer { bytes = 0 }
            return Report(bytes: bytes, to: report)
        }
    }

    private struct Report {
        let bytes: Int
        let to: @Sendable (Int) -> Void

        func callAsFunction() { to(bytes) }
    }

    /// What holding a message costs besides its bytes, so that empty messages are bounded too.
    static let overheadPerMessage = 128
    /// A message shorter than this is copied before it is kept: as a slice it would keep the whole read alive, thousands of bytes
    /// for a few.
    private static let shortestSharedMessage = 4096

    private let limit: Int
    private let budget: ByteBudget
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: bytes kept for this stream; a single message is always kept.
    ///   - budget: what the streams of a connection share.
    init(limit: Int, budget: ByteBudget) {
        self.limit = limit
        self.budget = budget
    }

    deinit {
        state.withLock { budget.giveBack($0.bytesHeld) }
    }

    /// Has `report` called, on any thread, each time `step` bytes or more have been read since the last time; each message counts with
    /// its overhead.
    func reportConsumption(every step: Int, _ report: @escaping @Sendable (Int) -> Void) {
        state.withLock { $0.consumption = Consumption(step: step, report: report) }
    }

    /// From now on at each `step` bytes; what has been read since the last report counts.
    func setReportStep(_ step: Int) {
        state.withLock { $0.consumption?.step = step }
    }

    /// Hands over a message. False: a bound is reached, the message is lost and the stream has to be failed.
    func push(_ message: ByteBuffer) -> Bool {
        let cost = message.readableBytes + Self.overheadPerMessage
        let (accepted, waiter, report) = state.withLock { state -> (Bool, CheckedContinuation<ByteBuffer?, any Error>?, Report?) in
            if state.end != nil { return (true, nil, nil) }
            if let waiter = state.waiter.take() { return (true, waiter, state.consumption?.add(cost)) }
            guard state.messages.isEmpty || state.bytesHeld + cost <= limit, budget.take(cost) else { return (false, nil, nil) }
            state.bytesHeld += cost
            state.messages.append(message.readableBytes < Self.shortestSharedMessage ? ByteBuffer(copyOf: message) : message)
            return (true, nil, nil)
        }
        waiter?.resume(returning: message)
        report?()
        return accepted
    }

    /// Ends the stream, well or with an error; the messages that came before are still read. Only the first end counts: false for
    /// later ones.
    @discardableResult
    func finish(throwing error: (any Error)? = nil) -> Bool {
        let (isFirst, waiter) = state.withLock { state -> (Bool, CheckedContinuation<ByteBuffer?, any Error>?) in
            guard state.end == nil else { return (false, nil) }
            state.end = error.map { .failure($0) } ?? .success(())
            return (true, state.waiter.take())
        }
        if let error { waiter?.resume(throwing: error) } else { waiter?.resume(returning: nil) }
        return isFirst
    }

    /// Nobody reads the messages any more: those that are here, and those that still come, are dropped.
    func discard() {
        finish(throwing: CancellationError())
        state.withLock { state in
            budget.giveBack(state.bytesHeld)
            state.bytesHeld = 0
            state.messages.removeAll()
        }
    }

    func next() async throws -> ByteBuffer? {
        if let ready = try takeReady() { return ready.message }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait($0) }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume(throwing: CancellationError())
        }
    }

    private enum Ready {
        case message(ByteBuffer, Report?)
        case end

        var message: ByteBuffer? {
            if case .message(let message, _) = self { message } else { nil }
        }

        func report() {
            if case .message(_, let report?) = self { report() }
        }
    }

    private func takeReady() throws -> Ready? {
        try Task.checkCancellation()
        let ready = try state.withLock { try takeReady(from: &$0) }
        ready?.report()
        return ready
    }

    private func takeReady(from state: inout State) throws -> Ready? {
        if let message = state.messages.popFirst() {
            let cost = message.readableBytes + Self.overheadPerMessage
            state.bytesHeld -= cost
            budget.giveBack(cost)
            return .message(message, state.consumption?.add(cost))
        }
        return try state.end.map {
            try $0.get(); return .end
        }
    }

    private func wait(_ continuation: CheckedContinuation<ByteBuffer?, any Error>) {
        let ready = state.withLock { state -> Result<Ready, any Error>? in
            // The cancellation handler has run already, or it will see the waiter: it takes the same lock.
            if Task.isCancelled { return .failure(CancellationError()) }
            do {
                if let ready = try takeReady(from: &state) { return .success(ready) }
            } catch {
                return .failure(error)
            }
            guard state.waiter == nil else {
                return .failure(Status(.failedPrecondition, "a stream of messages is read by two tasks at once"))
            }
            state.waiter = continuation
            return nil
        }
        guard let ready else { return }
        continuation.resume(with: ready.map(\.message))
        if case .success(let ready) = ready { ready.report() }
    }
}

extension ByteBuffer {
    fileprivate init(copyOf other: ByteBuffer) {
        self.init(bytes: other.readableBytesView)
    }
}
