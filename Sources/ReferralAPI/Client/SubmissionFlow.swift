import NIOCore
import Synchronization
import TTRPC

/// Submits the items of a sequence over one stream after the other, until each has its answer.
struct SubmissionFlow<Item: Sendable, Answer> {
    let client: Client
    let options: CallOptions
    let persistence: SubmissionPersistence
    let pack: @Sendable (Item) throws -> ByteBuffer
    let read: (ByteBuffer) throws -> Answer
    /// The number of the item on its stream that an answer is for, and of its refusal the code and how long it asks to wait.
    let place: (Answer) -> (number: UInt64, refusal: Status.Code?, retryAfter: Duration?)

    /// - Parameters:
    ///   - lost: told when a stream is over before its time: why, and how many items are sent again.
    ///   - answered: gets each item's place in the sequence, from 1, and its answer. What it throws ends everything.
    func run<Source: AsyncSequence & Sendable>(
        _ source: Source, lost: (Status, Int) -> Void, answered: (Int, Item, Answer) async throws -> Void
    ) async throws where Source.Element == Item {
        let pipe = SubmissionPipe<Item>(window: SubmissionPersistence.window)
        // Not a child: an input that is slow to give its next line must not hold up an error.
        let reading = Task {
            do {
                for try await item in source { try await pipe.add(item) }
                pipe.end(nil)
            } catch {
                pipe.end(error)
            }
        }
        defer { reading.cancel() }

        let deadline = options.timeout.map { ContinuousClock.now + $0 }
        var failures = 0
        while try await pipe.needsStream() {
            var (hasBegun, hasAnswers) = (false, false)
            var ownError: (any Error)?
            let reason: Status
            var delay = Duration.zero
            do {
                var options = options
                options.timeout = deadline.map { ContinuousClock.now.duration(to: $0) }
                try await client.bidirectional(.submitStream, options: options) { writer, messages in
                    hasBegun = true
                    try await exchange(pipe, writer, messages, delay: &delay) {
                        hasAnswers = true
                        do {
                            try await answered($0, $1, $2)
                        } catch {
                            ownError = error
                            throw error
                        }
                    }
                }
                reason = Status(.unavailable, "the exchange ended the stream")
            } catch let status as Status where ownError == nil {
                // A client that reconnects has waited for a connection already.
                guard hasBegun, status.code == .unavailable || status.retryDelay != nil else { throw status }
                reason = status
            }
            let unanswered = pipe.restart()
            failures = hasAnswers ? 1 : failures + 1
            if hasAnswers, unanswered == 0 { continue }
            guard failures < persistence.attempts else { throw reason }
            if unanswered > 0 { lost(reason, unanswered) }
            let pause = persistence.backoff.delay(afterFailures: failures, jitter: persistence.jitter())
            try await persistence.sleep(max(reason.retryDelay ?? .zero, delay) + pause)
        }
        if let error = pipe.sourceError { throw error }
    }

    /// One stream, to its end.
    /// - Parameter delay: set to the longest time that the exchange asks to wait before an item is sent again.
    private func exchange(
        _ pipe: SubmissionPipe<Item>, _ writer: RequestWriter, _ messages: MessageStream, delay: inout Duration,
        _ answered: (Int, Item, Answer) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [pack] in
                // However writing ends, the exchange then ends the stream, and that ends reading.
                defer { writer.finish() }
                while let item = try await pipe.next() { try await writer.write(pack(item)) }
            }
            for try await message in messages {
                let answer = try read(message)
                let (number, refusal, retryAfter) = place(answer)
                let isForNow = refusal == .unavailable || refusal == .resourceExhausted
                let again = isForNow ? persistence.attempts : nil
                guard let entry = pipe.answered(number, againUnlessSent: again) else {
                    delay = max(delay, retryAfter ?? .zero)
                    continue
                }
                try await answered(entry.index, entry.item, answer)
            }
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch let status as Status where status.code == .cancelled {
                // The exchange had ended the stream first.
            } catch is CancellationError {
                try Task.checkCancellation()
            }
        }
    }
}

/// How long submitting many goes on when streams are lost.
struct SubmissionPersistence: Sendable {
    /// How many items the exchange works on at a time.
    static let window = 256

    /// Streams in a row without an answer, and how often one item is sent.
    var attempts = 8
    /// Before the next stream.
    var backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
    /// Random numbers from 0 to 1.
    var jitter: @Sendable () -> Double = { .random(in: 0..<1) }
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
}

/// A ``SubmissionQueue`` between the task that reads the items and those that send them and take the answers.
private final class SubmissionPipe<Item: Sendable>: Sendable {
    private struct State {
        var queue: SubmissionQueue<Item>
        var sourceError: (any Error)?
    }

    private let state: Mutex<State>
    /// There may be room for another item.
    private let room = Signal()
    /// There may be something to send, or nothing any more.
    private let work = Signal()

    init(window: Int) {
        state = Mutex(State(queue: SubmissionQueue(window: window)))
    }

    /// Why the sequence has ended early.
    var sourceError: (any Error)? { state.withLock(\.sourceError) }

    func add(_ item: Item) async throws {
        while state.withLock({ $0.queue.isFull }) {
            await room.wait()
            try Task.checkCancellation()
        }
        state.withLock { $0.queue.add(item) }
        work.set()
    }

    func end(_ error: (any Error)?) {
        state.withLock { state in
            state.queue.end()
            state.sourceError = error
        }
        work.set()
    }

    func next() async throws -> Item? {
        while true {
            try Task.checkCancellation()
            switch state.withLock({ $0.queue.next() }) {
            case .send(let item): return item
            case .finish: return nil
            case .wait: await work.wait()
            }
        }
    }

    func needsStream() async throws -> Bool {
        while true {
            try Task.checkCancellation()
            if let answer = state.withLock({ $0.queue.needsStream }) { return answer }
            await work.wait()
        }
    }

    func answered(_ number: UInt64, againUnlessSent attempts: Int?) -> SubmissionQueue<Item>.Entry? {
        let entry = state.withLock { $0.queue.answered(number, againUnlessSent: attempts) }
        if entry != nil { room.set() } else { work.set() }
        return entry
    }

    /// Returns how many items are sent again.
    func restart() -> Int {
        state.withLock { state in
            defer { state.queue.restart() }
            return state.queue.unanswered
        }
    }
}

/// Wakes a task that waits; a signal that finds nobody waiting is kept. One task waits at a time.
private final class Signal: Sendable {
    private enum State {
        case unset
        case set
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.unset)

    func set() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if case .waiting(let continuation) = state {
                state = .unset
                return continuation
            }
            state = .set
            return nil
        }
        waiter?.resume()
    }

    /// Returns after the next signal, or when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isSet = state.withLock { state in
                    if case .set = state {
                        state = .unset
                        return true
                    }
                    state = .waiting(continuation)
                    return false
                }
                if isSet { continuation.resume() }
            }
        } onCancel: {
            set()
        }
    }
}
