import NIOCore
import TTRPC

/// The messages that the other end sends on one stream, as values. It is read once.
///
/// Iterating throws what reading a message that cannot be understood throws, and what `MessageStream` throws.
public struct TypedStream<Element: Sendable>: AsyncSequence, Sendable {
    let messages: MessageStream
    let read: @Sendable (ByteBuffer) throws -> Element
    /// What iterating throws for an error of the stream itself.
    var failure: @Sendable (any Error) -> any Error = { $0 }

    public func makeAsyncIterator() -> Iterator {
        Iterator(messages: messages.makeAsyncIterator(), read: read, failure: failure)
    }

    /// Ends the stream for its reader after the messages that have arrived; what comes later is dropped.
    public func finish() {
        messages.finish()
    }

    public struct Iterator: AsyncIteratorProtocol {
        var messages: MessageStream.Iterator
        let read: @Sendable (ByteBuffer) throws -> Element
        let failure: @Sendable (any Error) -> any Error

        /// The next message, or nil after the other end has ended the stream.
        public mutating func next() async throws -> Element? {
            do {
                return try await messages.next().map(read)
            } catch {
                throw failure(error)
            }
        }
    }
}

/// Sends values as the messages of one stream. Tasks may write at the same time; each message is sent as a whole.
public struct TypedWriter<Message: Sendable>: Sendable {
    let send: @Sendable (Message) async throws -> Void

    /// Sends one message; waits while the other end does not keep up.
    public func write(_ message: Message) async throws {
        try await send(message)
    }
}

extension TypedWriter where Message: WireMessage {
    init(_ writer: MessageWriter) {
        self.init { try await writer.write($0.packed()) }
    }
}
