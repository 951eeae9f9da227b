import NIOCore

/// Names one use of a stream id. A finished id may be used again, while the handler of its first use still runs: the serial number
/// tells the two apart.
struct StreamKey: Hashable, Sendable {
    var id: StreamID
    var serial: UInt64
}

/// The rules of a ttrpc connection on the server's side, without sockets, clocks or tasks.
///
/// Each input is a method; what it returns is to be done. `Call` is what the owner keeps with a stream, its handler for instance.
struct ServerConnectionStateMachine<Call> {
    private struct Stream {
        var serial: UInt64
        var kind: CallKind
        /// More messages may come from the client.
        var isRemoteOpen: Bool
        var deadline: NIODeadline?
        /// What may be sent to the client, and what the client may send (`lots/1`).
        var outboundCredit = Credit()
        var inboundCredit = Credit()
        /// What of the pool the stream has.
        var grant = 0
        var call: Call
    }

    private enum Phase {
        case open
        case draining
        case closed
    }

    private let maximumStreams: Int
    private let hasExtensions: Bool
    private let window: Int
    /// What may still be granted beyond what streams begin with.
    private var pool: Int
    private var phase = Phase.open
    private var streams: [StreamID: Stream] = [:]
    private var nextSerial: UInt64 = 0

    /// The greatest id of a request received before draining: every request up to it gets an answer (`lots/1`).
    private(set) var lastID = StreamID.connection

    /// Handlers that have begun and not returned; some of them may have lost their stream.
    private(set) var runningHandlers = 0

    /// - Parameters:
    ///   - window: bytes that a stream may hold for its handler (`lots/1`).
    ///   - pool: what all windows together may have beyond what streams begin with.
    init(maximumStreams: Int, wireProtocol: WireProtocol = .ttrpc, window: Int = Credit.initial, pool: Int = .max) {
        self.maximumStreams = maximumStreams
        hasExtensions = wireProtocol == .lots1
        self.window = window
        self.pool = pool
    }

    var openStreams: Int { streams.count }

    var isDraining: Bool { phase == .draining }

    /// Nothing is left to do: the connection may be closed.
    var isDrained: Bool { phase != .open && streams.isEmpty && runningHandlers == 0 }

    // MARK: - Received

    enum FrameAction {
        case ignore
        /// A new call: decode the body and look the method up, then `open` the stream, or answer with a status.
        case request(StreamID, FrameFlags, ByteBuffer)
        /// Send this status. No handler is concerned.
        case answer(StreamID, Status)
        /// Send this status, end the call's messages and cancel its handler.
        case fail(StreamID, Call, Status)
        /// Hand the message, if there is one, to the call; then end its messages, if so.
        case deliver(StreamKey, Call, ByteBuffer?, end: Bool)

        // Of `lots/1` only.
        /// Cancel the call's handler. Nothing is sent.
        case cancel(StreamID, Call)
        /// Messages that waited for credit may be sent.
        case credited
        case ping(UInt64)
        case pong(UInt64)
        /// The client breaks the protocol in a way that the connection does not survive.
        case violation(String)
    }

    mutating func receive(_ frame: Frame) -> FrameAction {
        guard phase != .closed else { return .ignore }
        switch frame.type {
        case .request: return receiveRequest(frame)
        case .data: return receiveData(frame)
        default: return hasExtensions ? receiveControl(frame) : .ignore
        }
    }

    /// A frame whose body was too long and has been skipped.
    mutating func receiveOversized(_ header: FrameHeader, limit: Int) -> FrameAction {
        guard phase != .closed else { return .ignore }
        let status = Status(.resourceExhausted, "message length \(header.length) exceeds the maximum of \(limit) bytes")
        switch header.type {
        case .request:
            guard header.streamID.isClientInitiated else { return .answer(header.streamID, Self.evenStreamID) }
            if let call = end(header.streamID) { return .fail(header.streamID, call, status) }
            return refusal(of: header.streamID) ?? .answer(header.streamID, status)
        case .data:
            return end(header.streamID).map { .fail(header.streamID, $0, status) } ?? .ignore
        case .cancel, .credit, .ping, .pong, .goAway:
            return hasExtensions ? .violation("a control frame of \(header.length) bytes") : .ignore
        default:
            return .ignore
        }
    }

    private static var evenStreamID: Status {
        Status(.invalidArgument, "the stream id must be odd: even ids are not the client's to choose")
    }

    private mutating func receiveRequest(_ frame: Frame) -> FrameAction {
        let id = frame.streamID
        guard id.isClientInitiated else { return .answer(id, Self.evenStreamID) }
        // With `lots/1` an id above all before it is new.
        let mayBeInUse = !hasExtensions || id.rawValue <= lastID.rawValue
        if mayBeInUse, let call = end(id) {
            // Two calls cannot share an id, and one id gets one terminal frame: it ends the first call, the second never begins.
            return .fail(id, call, Status(.invalidArgument, "the stream id is in use by another call"))
        }
        if let refusal = refusal(of: id) { return refusal }
        guard streams.count < maximumStreams, runningHandlers < maximumStreams else {
            return .answer(id, Status(.resourceExhausted, "more than \(maximumStreams) calls at once on one connection"))
        }
        return .request(id, frame.flags, frame.body)
    }

    /// What happens to a new request because of its id, or because the server drains; nil: it is taken.
    private mutating func refusal(of id: StreamID) -> FrameAction? {
        if hasExtensions {
            guard id.rawValue > lastID.rawValue else {
                return .answer(id, Status(.invalidArgument, "the stream id must be greater than those before it"))
            }
            // The client has been told which calls still count, and does not wait for this one.
            guard phase == .open else { return .ignore }
            lastID = id
        }
        return phase == .open ? nil : .answer(id, Status(.unavailable, "the server is shutting down"))
    }

    private mutating func receiveData(_ frame: Frame) -> FrameAction {
        let id = frame.streamID
        guard let stream = streams[id] else { return .ignore }
        let message = frame.flags.contains(.noData) ? nil : frame.body
        // Taken without a word, a message would be lost: the handler has the one that came with the Request, if only an empty one.
        let wrong: String? =
            switch stream.kind {
            case .unary: "a unary call takes no further messages"
            case .serverStreaming where message != nil:
                "the one message of this call is the payload of its Request: it takes no further ones"
            case .serverStreaming, .clientStreaming, .bidirectional: nil
            }
        if let wrong {
            remove(id)
            return .fail(id, stream.call, Status(.invalidArgument, wrong))
        }
        guard stream.isRemoteOpen else { return .ignore }
        let isEnd = frame.flags.contains(.remoteClosed)
        guard message != nil || isEnd else { return .ignore }
        if hasExtensions, let message {
            guard stream.inboundCredit.isPositive else {
                remove(id)
                return .fail(id, stream.call, Status(.resourceExhausted, "more has been sent on this stream than its credit allows"))
            }
            streams[id]?.inboundCredit.spend(forMessage: message.readableBytes)
        }
        if isEnd { streams[id]?.isRemoteOpen = false }
        return .deliver(StreamKey(id: id, serial: stream.serial), stream.call, message, end: isEnd)
    }

    private mutating func receiveControl(_ frame: Frame) -> FrameAction {
        let control: ControlFrame?
        do {
            control = try ControlFrame(frame)
        } catch {
            return .violation(error.description)
        }
        switch control {
        case .cancel(let id):
            return end(id).map { .cancel(id, $0) } ?? .ignore
        case .credit(let id, let bytes):
            // The stream may have ended while the frame was under way.
            guard streams[id] != nil else { return .ignore }
            guard streams[id]?.outboundCredit.add(Int(bytes)) == true else { return .violation("a CREDIT beyond \(Credit.limit) bytes") }
            return .credited
        case .ping(let number):
            return .ping(number)
        case .pong(let number):
            return .pong(number)
        case .goAway:
            return .violation("a GOAWAY from a client")
        case nil:
            return .ignore
        }
    }

    // MARK: - Calls

    /// What a new call begins with.
    struct Opening {
        var key: StreamKey
        /// The first message of a client's stream is the payload of its request.
        var deliversPayload: Bool
        /// The client will send nothing more.
        var isEnded: Bool
    }

    /// Opens a stream for a request that `receive` let through. A handler counts as running from here on.
    mutating func open(
        _ id: StreamID, kind: CallKind, flags: FrameFlags, payloadBytes: Int, deadline: NIODeadline?, call: (StreamKey) -> Call
    ) -> (Opening, Call) {
        let key = StreamKey(id: id, serial: nextSerial)
        nextSerial &+= 1
        let isEnded = !kind.clientStreams || flags.contains(.remoteClosed)
        let call = call(key)
        var stream = Stream(serial: key.serial, kind: kind, isRemoteOpen: !isEnded, deadline: deadline, call: call)
        let deliversPayload = !kind.clientStreams || payloadBytes > 0
        if kind.clientStreams, deliversPayload { stream.inboundCredit.spend(forMessage: payloadBytes) }
        streams[id] = stream
        runningHandlers += 1
        return (Opening(key: key, deliversPayload: deliversPayload, isEnded: isEnded), call)
    }

    /// The handler has taken so many bytes of what the client sent. Nil: there is nothing to grant.
    ///
    /// Only now does the window grow beyond what each stream begins with: a stream that is open and idle, or that nobody reads, has
    /// nothing of the pool.
    mutating func consumed(_ bytes: Int, on key: StreamKey) -> Credit.Grant<Call>? {
        guard hasExtensions, var stream = streams[key.id], stream.serial == key.serial, stream.isRemoteOpen else { return nil }
        let growth = min(Credit.largestGrowth(window: window) - stream.grant, pool)
        guard stream.inboundCredit.add(bytes + growth) else { return nil }
        stream.grant += growth
        pool -= growth
        streams[key.id] = stream
        return Credit.Grant(
            bytes: bytes + growth, reportStep: Credit.reportStep(window: Credit.initial + stream.grant), call: stream.call)
    }

    /// May the handler's message be sent? Not after the stream has ended.
    func isOpen(_ key: StreamKey) -> Bool {
        streams[key.id]?.serial == key.serial
    }

    enum Answer {
        case response
        /// The stream was a stream of messages: it ends with an empty Data frame.
        case endOfStream
    }

    /// The handler returned. The result says how to end its stream on the wire; nil: it has been ended already.
    mutating func handlerReturned(_ key: StreamKey) -> Answer? {
        runningHandlers -= 1
        guard let index = streams.index(forKey: key.id), streams.values[index].serial == key.serial else { return nil }
        let stream = streams.remove(at: index).value
        pool += stream.grant
        return stream.kind.serverStreams ? .endOfStream : .response
    }

    /// The call was opened, but its handler will not be started after all.
    mutating func abandonUnstarted(_ key: StreamKey) {
        runningHandlers -= 1
        remove(key.id)
    }

    /// Ends a stream with a status although its handler still runs. Nil: it has been ended already.
    mutating func fail(_ key: StreamKey) -> Call? {
        isOpen(key) ? end(key.id) : nil
    }

    private mutating func end(_ id: StreamID) -> Call? {
        remove(id)?.call
    }

    @discardableResult
    private mutating func remove(_ id: StreamID) -> Stream? {
        guard let stream = streams.removeValue(forKey: id) else { return nil }
        pool += stream.grant
        return stream
    }

    // MARK: - Time

    /// The earliest deadline of an open stream.
    var nextDeadline: NIODeadline? {
        streams.values.lazy.compactMap(\.deadline).min()
    }

    /// The calls whose deadline has passed. Their streams have ended: each is to be answered with `deadlineExceeded` and cancelled.
    mutating func expire(now: NIODeadline) -> [(StreamID, Call)] {
        let expired = streams.filter { $0.value.deadline.map { $0 <= now } ?? false }
        for id in expired.keys { remove(id) }
        return expired.map { ($0.key, $0.value.call) }
    }

    // MARK: - End of the connection

    /// From now on new calls are refused; those under way go on. With `lots/1` the client is to be told of `lastID`, once. False: that
    /// has been done.
    mutating func drain() -> Bool {
        guard phase == .open else { return false }
        phase = .draining
        return hasExtensions
    }

    /// Ends every stream although the handlers still run: each is to be answered with a status and cancelled.
    mutating func endAll() -> [(StreamID, Call)] {
        defer { streams = [:] }
        return streams.map { ($0.key, $0.value.call) }
    }

    /// The connection is gone. Returns the calls to cancel; nothing is sent any more.
    mutating func close() -> [Call] {
        phase = .closed
        defer { streams = [:] }
        return streams.values.map(\.call)
    }
}

extension ServerConnectionStateMachine: CreditLedger {
    func hasCredit(_ key: StreamKey) -> Bool {
        guard hasExtensions, let stream = streams[key.id], stream.serial == key.serial else { return true }
        return stream.outboundCredit.isPositive
    }

    mutating func spendCredit(forMessage byteCount: Int, on key: StreamKey) {
        guard hasExtensions, streams[key.id]?.serial == key.serial else { return }
        streams[key.id]?.outboundCredit.spend(forMessage: byteCount)
    }
}
