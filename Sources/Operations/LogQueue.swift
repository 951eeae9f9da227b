public import Dispatch
public import Foundation
import Synchronization

/// Writes log lines on a thread of its own, so that whoever logs never waits for a disk or a pipe.
///
/// Lines are written in their order, several at once. What waits is bounded in bytes; past that lines are dropped, and the log says how
/// many as soon as it can. A log that cannot be written, on a full disk or into a pipe that nobody reads, is lost and stops nothing.
public final class LogQueue: Sendable {
    private struct State {
        var waiting = Data()
        var lines = 0
        var dropped = 0
        var isWriting = false
    }

    private let capacity: Int
    private let write: @Sendable (Data) throws -> Void
    private let droppedLine: @Sendable (Int) -> String
    private let whenDropped: @Sendable (Int) -> Void
    private let queue = DispatchQueue(label: "log")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: bytes that wait at most.
    ///   - droppedLine: the line that says how many were dropped.
    ///   - whenDropped: called for lines that are lost, for a metric: dropped, or not written. Must be quick.
    ///   - write: may block; what it throws is ignored.
    public init(
        capacity: Int, droppedLine: @escaping @Sendable (Int) -> String, whenDropped: @escaping @Sendable (Int) -> Void = { _ in },
        write: @escaping @Sendable (Data) throws -> Void
    ) {
        self.capacity = capacity
        self.droppedLine = droppedLine
        self.whenDropped = whenDropped
        self.write = write
    }

    /// Takes a line, without its end, or drops it. Never waits.
    public func append(_ line: String) {
        let (isDropped, mustStart) = state.withLock { state in
            guard state.waiting.count + line.utf8.count < capacity else {
                state.dropped += 1
                return (true, false)
            }
            state.waiting.append(contentsOf: line.utf8)
            state.waiting.append(UInt8(ascii: "\n"))
            state.lines += 1
            defer { state.isWriting = true }
            return (false, !state.isWriting)
        }
        if isDropped { whenDropped(1) }
        if mustStart { queue.async { self.writeAll() } }
    }

    /// Waits until what was taken is written, for `timeout` at most: the last thing before the process ends.
    /// - Returns: whether all was written in time.
    @discardableResult
    public func flush(timeout: DispatchTimeInterval) async -> Bool {
        await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let waiting = Mutex<CheckedContinuation<Bool, Never>?>(continuation)
            queue.async {
                self.writeAll()
                waiting.withLock { $0.take() }?.resume(returning: true)
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + timeout) {
                waiting.withLock { $0.take() }?.resume(returning: false)
            }
        }
    }

    private func writeAll() {
        while let (data, lines) = next() {
            do { try write(data) } catch { whenDropped(lines) }
        }
    }

    private func next() -> (Data, Int)? {
        state.withLock { state in
            if state.dropped > 0 {
                state.waiting.append(contentsOf: (droppedLine(state.dropped) + "\n").utf8)
                state.lines += 1
                state.dropped = 0
            }
            guard !state.waiting.isEmpty else {
                state.isWriting = false
                return nil
            }
            defer {
                state.waiting = Data()
                state.lines = 0
            }
            return (state.waiting, state.lines)
        }
    }
}
