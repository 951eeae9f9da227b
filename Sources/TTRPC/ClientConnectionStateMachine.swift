import NIOCore

/// The rules of a ttrpc connection on the client's side, without sockets, clocks or tasks.
///
/// `Call` is what the owner keeps with a stream. A stream is forgotten as soon as its outcome is known: frames that come for it later
/// are ignored, which also is all that cancelling a call can mean in plain ttrpc.
struct ClientConnectionStateMachine<Call> {
    private struct Stream {
        var kind: CallKind
        var service: String
        /// More messages may be written.
        var isLocalOpen: Bool
        var deadline: NIODeadline?
        var call: Call
    }

    private enum Phase {
        case open
        case closed(Status)
    }

    private let maximumStreams: Int
    private var phase = Phase.open
    private var streams: [StreamID: Stream] = [:]
    /// Nil when the ids have run out.
    private var nextID: StreamID?

    /// - Parameter firstID: odd.
    init(maximumStreams: Int, firstID: StreamID = StreamID(1)) {
        precondition(firstID.isClientInitiated)
        self.maximumStreams = maximumStreams
        nextID = firstID
    }

    var openStreams: Int { streams.count }

    // MARK: - Calls

    /// Takes an id for a call. Its request has to be sent before that of the next call: servers expect ids to grow.
    mutating func open(_ kind: CallKind, service: String, deadline: NIODeadline?, call: Call) throws(Status) -> StreamID {
        if case .closed(let reason) = phase { throw reason }
        guard let id = nextID else {
            throw Status(.unavailable, "the connection has used all of its stream ids; connect again")
        }
        guard streams.count < maximumStreams else {
            throw Status(.resourceExhausted, "more than \(maximumStreams) calls at once on one connection")
        }
        let (next, overflow) = id.rawValue.addingReportingOverflow(2)
        nextID = overflow ? nil : StreamID(next)
        streams[id] = Stream(kind: kind, service: service, isLocalOpen: kind.clientStreams, deadline: deadline, call: call)
        return id
    }

    func call(_ id: StreamID) -> Call? { streams[id]?.call }

    /// May a message be sent?
    func mayWrite(_ id: StreamID) -> Bool {
        streams[id]?.isLocalOpen ?? false
    }

    /// The caller writes nothing more. True: say so to the server.
    mutating func endWriting(_ id: StreamID) -> Bool {
        guard mayWrite(id) else { return false }
        streams[id]?.isLocalOpen = false
        return true
    }

    /// The caller has lost interest, or the call has failed on this side.
    mutating func forget(_ id: StreamID) -> Call? {
        streams.removeValue(forKey: id)?.call
    }

    // MARK: - Received

    enum FrameAction {
        case ignore
        /// Decode the Response and pass what comes of it to `receive(_:on:)`.
        case response(StreamID, ByteBuffer)
        case message(StreamID, Call, ByteBuffer)
        /// The call's stream of messages has ended well; a last message may come with that.
        case end(Call, last: ByteBuffer?)
        /// The call has its answer.
        case answer(Call, ByteBuffer)
        case fail(Call, Status)
    }

    mutating func receive(_ frame: Frame) -> FrameAction {
        guard let stream = streams[frame.streamID] else { return .ignore }
        switch frame.type {
        case .response:
            return .response(frame.streamID, frame.body)
        case .data:
            let message = frame.flags.contains(.noData) ? nil : frame.body
            let isEnd = frame.flags.contains(.remoteClosed)
            guard stream.kind.serverStreams else {
                guard message != nil else { return .ignore }
                streams[frame.streamID] = nil
                return .fail(stream.call, Status(.internal, "the server sent a message instead of its answer"))
            }
            guard isEnd else { return message.map { .message(frame.streamID, stream.call, $0) } ?? .ignore }
            streams[frame.streamID] = nil
            return .end(stream.call, last: message)
        default:
            return .ignore
        }
    }

    mutating func receive(_ response: Result<ResponseEnvelope, Status>, on id: StreamID) -> FrameAction {
        guard let stream = streams.removeValue(forKey: id) else { return .ignore }
        switch response {
        case .failure(let status):
            return .fail(stream.call, status)
        case .success(let response):
            if let failure = response.failure {
                return .fail(stream.call, failure.normalised(service: stream.service))
            }
            guard stream.kind.serverStreams else { return .answer(stream.call, response.payload) }
            return .end(stream.call, last: response.payload.readableBytes > 0 ? response.payload : nil)
        }
    }

    /// A frame whose body was too long and has been skipped.
    mutating func receiveOversized(_ header: FrameHeader, limit: Int) -> FrameAction {
        guard header.type == .response || header.type == .data, let call = forget(header.streamID) else { return .ignore }
        return .fail(
            call, Status(.resourceExhausted, "the server sent \(header.length) bytes, more than the maximum of \(limit)"))
    }

    // MARK: - Time

    var nextDeadline: NIODeadline? {
        streams.values.lazy.compactMap(\.deadline).min()
    }

    /// The calls whose deadline has passed; they are forgotten.
    mutating func expire(now: NIODeadline) -> [(StreamID, Call)] {
        let expired = streams.filter { $0.value.deadline.map { $0 <= now } ?? false }
        for id in expired.keys { streams[id] = nil }
        return expired.map { ($0.key, $0.value.call) }
    }

    // MARK: - End of the connection

    /// The connection is gone. Returns the calls that fail with it; later ones fail with `reason`.
    mutating func close(_ reason: Status) -> [Call] {
        if case .open = phase { phase = .closed(reason) }
        defer { streams = [:] }
        return streams.values.map(\.call)
    }
}

extension Status {
    /// ttrpc-rust reports an unknown service as INVALID_ARGUMENT with this text; callers need not know.
    func normalised(service: String) -> Status {
        guard code == .invalidArgument, message == "\(service) service does not exist" else { return self }
        return Status(.unimplemented, message, details: details)
    }
}
