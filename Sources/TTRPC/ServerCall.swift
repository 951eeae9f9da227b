import NIOCore

/// A call that a server connection is answering.
final class ServerCall {
    /// The client's messages, for a call that takes more than one.
    let messages: MessageBuffer?
    /// Bytes of the request counted in the connection's budget until the handler returns.
    let heldBytes: Int
    let context: CallContext
    let began: NIODeadline
    /// Its answer was decided on and told to the observer.
    var isCounted = false
    /// Set once the handler waits for the first time or has returned.
    var task: Task<Void, Never>? {
        didSet { if isCancelled { task?.cancel() } }
    }
    private var isCancelled = false

    init(messages: MessageBuffer?, heldBytes: Int, context: CallContext, began: NIODeadline) {
        self.messages = messages
        self.heldBytes = heldBytes
        self.context = context
        self.began = began
    }

    func cancel(_ error: any Error) {
        messages?.finish(throwing: error)
        isCancelled = true
        task?.cancel()
    }
}
