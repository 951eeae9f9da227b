import NIOCore
import TTRPC

/// A bidirectional call under way. A task of its own keeps it open until `close`.
struct ReplayedStream {
    /// The line that began it.
    let opening: RecordedLine
    let method: RecordedTypes.Method
    /// Answers since the last request, not yet compared.
    var recorded: [(line: Int, message: RecordedMessage)] = []
    var live: [RecordedMessage] = []
    /// Set when the server has ended the call.
    private(set) var status: RecordedStatus?

    private let writer: RequestWriter
    private let messages: MessageStream
    private let close: AsyncStream<Never>.Continuation

    static func open(
        _ line: RecordedLine, _ method: RecordedTypes.Method, on client: Client, options: CallOptions,
        _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> ReplayedStream {
        let (closed, close) = AsyncStream.makeStream(of: Never.self)
        let (opened, open) = AsyncThrowingStream.makeStream(of: (RequestWriter, MessageStream).self)
        group.addTask {
            do {
                try await client.bidirectional(line.method, options: options) { writer, messages in
                    open.yield((writer, messages))
                    for await _ in closed {}
                }
            } catch {
                open.finish(throwing: error)
            }
        }
        for try await (writer, messages) in opened {
            return ReplayedStream(opening: line, method: method, writer: writer, messages: messages, close: close)
        }
        throw CancellationError()
    }

    private init(
        opening: RecordedLine, method: RecordedTypes.Method, writer: RequestWriter, messages: MessageStream,
        close: AsyncStream<Never>.Continuation
    ) {
        self.opening = opening
        self.method = method
        self.writer = writer
        self.messages = messages
        self.close = close
    }

    func write(_ message: ByteBuffer) async throws {
        do {
            try await writer.write(message)
        } catch is Status {
            // The call has ended; why, is read after its last answer.
        }
    }

    func endWriting() { writer.finish() }

    /// The next answer; nil when there is none any more, and then `status` says why.
    mutating func next(_ replay: Replay) async throws -> RecordedMessage? {
        guard status == nil else { return nil }
        do {
            var iterator = messages.makeAsyncIterator()
            if let bytes = try await iterator.next() { return replay.message(bytes, as: method.response) }
            status = RecordedStatus(code: .ok)
        } catch let failure as Status {
            status = replay.status(failure)
        }
        return nil
    }

    func end() { close.finish() }
}
