import NIOCore

/// A stream of a server connection, for its writer on any thread.
struct ServerMessageSink: MessageSink {
    let eventLoop: any EventLoop
    let connection: NIOLoopBound<ServerConnection>
    let key: StreamKey

    func write(_ message: ByteBuffer) async throws {
        try Task.checkCancellation()
        if eventLoop.inEventLoop, try connection.value.write(message, on: key) { return }
        let ticket = ParkedWrite.Ticket()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let write = ParkedWrite(stream: key, message: message, ticket: ticket, continuation: continuation)
                eventLoop.runInLoop { connection.value.write(write) }
            }
        } onCancel: {
            ticket.cancel()
            eventLoop.runInLoop { connection.value.cancelWrite(ticket, of: key) }
        }
    }
}
