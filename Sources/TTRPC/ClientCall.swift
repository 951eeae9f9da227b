import NIOCore
import Synchronization

/// A call that waits for the server, seen from the caller's task and from the connection.
///
/// The single answer of a unary or client-streaming call is kept here until the caller asks for it; a stream of messages goes through
/// `messages`.
final class ClientCall: Sendable {
    private enum State {
        case pending
        /// Resumed once, by whoever takes it out of this state.
        case waiting(UnsafeContinuation<ByteBuffer, any Error>)
        case done(Result<ByteBuffer, any Error>)
    }

    /// Nil when the server answers once.
    let messages: MessageBuffer?
    /// Called with the trailers, if any, before the call has its outcome.
    let onTrailers: (@Sendable (Metadata) -> Void)?
    /// Whether its caller sends more than one message.
    let writes: Bool
    private let state = Mutex(State.pending)

    init(messages: MessageBuffer? = nil, writes: Bool = false, onTrailers: (@Sendable (Metadata) -> Void)? = nil) {
        self.messages = messages
        self.writes = writes
        self.onTrailers = onTrailers
    }

    /// Why the call has failed; nil while it goes on or when it went well.
    var failure: (any Error)? {
        state.withLock {
            if case .done(.failure(let error)) = $0 { error } else { nil }
        }
    }

    /// The first outcome counts.
    func complete(_ result: Result<ByteBuffer, any Error>) {
        let waiter = state.withLock { state -> UnsafeContinuation<ByteBuffer, any Error>? in
            switch state {
            case .done:
                return nil
            case .pending:
                state = .done(result)
                return nil
            case .waiting(let continuation):
                state = .done(result)
                return continuation
            }
        }
        switch result {
        case .success: messages?.finish()
        case .failure(let error): messages?.finish(throwing: error)
        }
        waiter?.resume(with: result)
    }

    /// Waits for the outcome. One task waits, once; `onCancel` has to complete the call.
    func outcome(onCancel: @escaping @Sendable () -> Void) async throws -> ByteBuffer {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<ByteBuffer, any Error>? in
                    if case .done(let result) = state { return result }
                    state = .waiting(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            onCancel()
        }
    }
}
