import NIOCore

/// The rules of a ttrpc connection on the client's side, without sockets, clocks or tasks.
///
/// `Call` is what the owner keeps with a stream. A stream is forgotten as soon as its outcome is known: frames that come for it later
/// are ignored, which also is all that cancelling a call can mean in plain ttrpc. With `lots/1` the owner sends a CANCEL for each stream
/// that it or this machine forgets while the server may still work on it.
struct ClientConnectionStateMachine<Call> {
    private struct Stream {
        var kind: CallKind
        var service: String
        /// More messages may be written.
        var isLocalOpen: Bool
        var deadline: NIODeadline?
        /// What may be sent to the server, and what the server may send (`lots/1`).
        var outboundCredit = Credit()
        var inboundCredit = Credit()
        /// What of the pool the stream has.
        var grant = 0
        var call: Call
    }

    private enum Phase {
        case open
        /// The server takes no calls after this id.
        case goingAway(lastID: StreamID, Status)
        case closed(Status)
    }

    let hasExtensions: Bool
    private let maximumStreams: Int
    private let window: Int
    /// What may still be granted beyond what streams begin with.
    private var pool: Int
    private var phase = Phase.open
    private var streams: [StreamID: Stream] = [:]
    /// Nil when the ids have run out.
    private var nextID: StreamID?

    /// - Parameters:
    ///   - window: bytes that a stream may hold for its reader (`lots/1`).
    ///   - pool: what all windows together may have beyond what streams begin with.
    ///   - firstID: odd.
    init(
        maximumStreams: Int, wireProtocol: WireProtocol = .ttrpc, window: Int = Credit.initial, pool: Int = .max,
        firstID: StreamID = StreamID(1)
    ) {
        precondition(firstID.isClientInitiated)
        self.maximumStreams = maximumStreams
        self.window = window
        self.pool = pool
        hasExtensions = wireProtocol == .lots1
        nextID = firstID
    }

    var openStreams: Int { streams.count }

    /// A call may be begun, as far as the connection is concerned: it is neither closed nor going away, and has ids left.
    var takesCalls: Bool {
        if case .open = phase { nextID != nil } else { false }
    }

    // MARK: - Calls

    /// Takes an id for a call. Its request has to be sent before that of the next call: servers expect ids to grow.
    mutating func open(_ kind: CallKind, service: String, deadline: NIODeadline?, call: Call) throws(Status) -> StreamID {
        switch phase {
        case .open: break
        case .goingAway(_, let reason), .closed(let reason): throw reason.notProcessed
        }
        guard let id = nextID else {
            throw Status(.unavailable, "the connection has used all of its stream ids; connect again").notProcessed
        }
        guard streams.count < maximumStreams else {
            throw Status(.resourceExhausted, "more than \(maximumStreams) calls at once on one connection").notProcessed
        }
        let (next, overflow) = id.rawValue.addingReportingOverflow(2)
        nextID = overflow ? nil : StreamID(next)
        let stream = Stream(kind: kind, service: service, isLocalOpen: kind.clientStreams, deadline: deadline, call: call)
        streams[id] = stream
        return id
    }

    @discardableResult
    private mutating func remove(_ id: StreamID) -> Stream? {
        guard let stream = streams.removeValue(forKey: id) else { return nil }
        pool += stream.grant
        return stream
    }

    /// The reader has taken so many bytes of what the server sent. Nil: there is nothing to grant.
    ///
    /// Only now does the window grow beyond what each stream begins with: a stream that is open and idle, or that nobody reads, has
    /// nothing of the pool.
    mutating func consumed(_ bytes: Int, on id: StreamID) -> Credit.Grant<Call>? {
        guard hasExtensions, var stream = streams[id] else { return nil }
        let growth = min(Credit.largestGrowth(window: window) - stream.grant, pool)
        guard stream.inboundCredit.add(bytes + growth) else { return nil }
        stream.grant += growth
        pool -= growth
        streams[id] = stream
        return Credit.Grant(
            bytes: bytes + growth, reportStep: Credit.reportStep(window: Credit.initial + stream.grant), call: stream.call)
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
        remove(id)?.call
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
        /// The call has failed on this side while the server may still work on it.
        case abandon(StreamID, Call, Status)

        // Of `lots/1` only.
        /// Messages that waited for credit may be sent.
        case credited
        case ping(UInt64)
        case pong(UInt64)
        /// The server takes no more calls, and has not taken these.
        case notProcessed([(StreamID, Call)], Status)
        /// The server breaks the protocol in a way that the connection does not survive.
        case violation(String)
    }

    mutating func receive(_ frame: Frame) -> FrameAction {
        switch frame.type {
        case .response:
            return streams.index(forKey: frame.streamID) == nil ? .ignore : .response(frame.streamID, frame.body)
        case .data:
            guard let stream = streams[frame.streamID] else { return .ignore }
            let message = frame.flags.contains(.noData) ? nil : frame.body
            let isEnd = frame.flags.contains(.remoteClosed)
            guard stream.kind.serverStreams else {
                guard message != nil else { return .ignore }
                remove(frame.streamID)
                return .abandon(frame.streamID, stream.call, Status(.internal, "the server sent a message instead of its answer"))
            }
            if hasExtensions, let message {
                guard stream.inboundCredit.isPositive else {
                    remove(frame.streamID)
                    let status = Status(.resourceExhausted, "the server sent more on this stream than its credit allows")
                    return .abandon(frame.streamID, stream.call, status)
                }
                streams[frame.streamID]?.inboundCredit.spend(forMessage: message.readableBytes)
            }
            guard isEnd else { return message.map { .message(frame.streamID, stream.call, $0) } ?? .ignore }
            remove(frame.streamID)
            return .end(stream.call, last: message)
        case .cancel, .credit, .ping, .pong, .goAway:
            return hasExtensions ? receiveControl(frame) : .ignore
        default:
            return .ignore
        }
    }

    private mutating func receiveControl(_ frame: Frame) -> FrameAction {
        let control: ControlFrame?
        do {
            control = try ControlFrame(frame)
        } catch {
            return .violation(error.description)
        }
        switch control {
        case .credit(let id, let bytes):
            // The stream may have ended while the frame was under way.
            guard streams[id] != nil else { return .ignore }
            guard streams[id]?.outboundCredit.add(Int(bytes)) == true else { return .violation("a CREDIT beyond \(Credit.limit) bytes") }
            return .credited
        case .ping(let number):
            return .ping(number)
        case .pong(let number):
            return .pong(number)
        case .goAway(let lastID, let reason):
            return goAway(lastID: lastID, reason)
        case .cancel:
            return .violation("a CANCEL from a server")
        case nil:
            return .ignore
        }
    }

    private mutating func goAway(lastID: StreamID, _ reason: String) -> FrameAction {
        let status = Status(.unavailable, "the call has not been processed: \(reason)").notProcessed
        switch phase {
        case .closed:
            return .ignore
        case .goingAway(let before, _):
            guard lastID.rawValue <= before.rawValue else { return .violation("a GOAWAY that takes back an earlier one") }
        case .open:
            break
        }
        phase = .goingAway(lastID: lastID, status)
        let refused = streams.filter { $0.key.rawValue > lastID.rawValue }
        for id in refused.keys { remove(id) }
        return .notProcessed(refused.map { ($0.key, $0.value.call) }, status)
    }

    /// The trailers that come with a response, for its call; nil when there are none, or the connection has no such thing.
    func trailers(_ response: Result<ResponseEnvelope, Status>, on id: StreamID) -> (Call, Metadata)? {
        guard hasExtensions, case .success(let response) = response, !response.trailers.isEmpty else { return nil }
        return streams[id].map { ($0.call, response.trailers) }
    }

    mutating func receive(_ response: Result<ResponseEnvelope, Status>, on id: StreamID) -> FrameAction {
        guard let stream = remove(id) else { return .ignore }
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
        switch header.type {
        case .response, .data:
            guard let call = forget(header.streamID) else { return .ignore }
            return .abandon(
                header.streamID, call,
                Status(.resourceExhausted, "the server sent \(header.length) bytes, more than the maximum of \(limit)"))
        case .cancel, .credit, .ping, .pong, .goAway:
            return hasExtensions ? .violation("a control frame of \(header.length) bytes") : .ignore
        default:
            return .ignore
        }
    }

    // MARK: - Time

    var nextDeadline: NIODeadline? {
        streams.values.lazy.compactMap(\.deadline).min()
    }

    /// The calls whose deadline has passed; they are forgotten.
    mutating func expire(now: NIODeadline) -> [(StreamID, Call)] {
        let expired = streams.filter { $0.value.deadline.map { $0 <= now } ?? false }
        for id in expired.keys { remove(id) }
        return expired.map { ($0.key, $0.value.call) }
    }

    // MARK: - End of the connection

    /// The connection is gone. Returns the calls that fail with it; later ones fail with `reason`.
    mutating func close(_ reason: Status) -> [Call] {
        switch phase {
        case .closed: break
        // What the server said of its reason says more than that the connection has closed.
        case .goingAway(_, let said): phase = .closed(said)
        case .open: phase = .closed(reason)
        }
        defer { streams = [:] }
        return streams.values.map(\.call)
    }
}

extension ClientConnectionStateMachine: CreditLedger {
    func hasCredit(_ key: StreamKey) -> Bool {
        guard hasExtensions, let stream = streams[key.id] else { return true }
        return stream.outboundCredit.isPositive
    }

    mutating func spendCredit(forMessage byteCount: Int, on key: StreamKey) {
        guard hasExtensions else { return }
        streams[key.id]?.outboundCredit.spend(forMessage: byteCount)
    }
}

extension Status {
    /// ttrpc-rust reports an unknown service as INVALID_ARGUMENT with this text; callers need not know.
    func normalised(service: String) -> Status {
        guard code == .invalidArgument, message == "\(service) service does not exist" else { return self }
        return Status(.unimplemented, message, details: details)
    }
}
