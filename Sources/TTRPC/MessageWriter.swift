public import NIOCore
import Synchronization

/// Sends messages on one stream of a call.
public struct MessageWriter: Sendable {
    let sink: any MessageSink

    /// Sends one message, after those written before it. Waits while the stream or its connection has more unsent bytes than its
    /// bound; other streams are not held up by that.
    ///
    /// - Throws: ``Status`` when the call has ended or the message is larger than a frame may be; `CancellationError` when the
    ///   task is cancelled while it waits, in which case the message has not been sent.
    public func write(_ message: ByteBuffer) async throws {
        try await sink.write(message)
    }
}

/// One stream of a connection, seen by its writer.
protocol MessageSink: Sendable {
    func write(_ message: ByteBuffer) async throws
}

/// A write that waits for room: the message, and whom to tell.
struct ParkedWrite {
    /// Names a write from outside of the connection's event loop or lock, and remembers that it was cancelled even before it is parked.
    final class Ticket: Sendable {
        private let flag = Atomic<Bool>(false)

        var isCancelled: Bool { flag.load(ordering: .relaxed) }

        func cancel() { flag.store(true, ordering: .relaxed) }
    }

    var stream: StreamKey
    var message: ByteBuffer
    var ticket: Ticket
    var continuation: CheckedContinuation<Void, any Error>

    /// What it counts in the bound of all that wait: the message and what waits with it, in bytes.
    var cost: Int { message.readableBytes + 512 }
}
