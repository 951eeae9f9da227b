package import Logging
package import NIOCore
import Protobuf

/// The server's end of a connection: performs what its state machine decides, on one event loop.
///
/// Whoever carries the bytes calls `receive`, `readingPaused` and `closed`; they go out through the ``ByteTransport``.
package final class ServerConnection {
    private let eventLoop: any EventLoop
    private let executor: EventLoopTaskExecutor
    private let router: Router
    private let peer: Peer
    private let limits: ConnectionLimits
    private let budget: ByteBudget
    private let logger: Logger
    private let observer: (any ConnectionObserver)?
    private let wireProtocol: WireProtocol
    private let drainSignal = DrainSignal()

    /// The first methods that the client has called, so that the next call of one is known at a glance.
    private var knownMethods: [(name: MethodName, handler: Router.Handler)] = []
    private static let knownMethodsLimit = 8

    /// Frames are answered together, yet so many at the most: the client works on these answers while the next are made.
    private static let framesPerTurn = 16

    private var transport: (any ByteTransport)?
    private var machine: ServerConnectionStateMachine<ServerCall>
    private var decoder: FrameDecoder
    private var outbound: OutboundQueue
    private var isFlushScheduled = false
    /// Streams have got credit since their waiting writes were last looked at.
    private var isCredited = false
    private var isReading = true
    private var deadlineTimer: (at: NIODeadline, task: Scheduled<Void>)?
    private var keepAlive: KeepAlive
    private var keepAliveTimer: Scheduled<Void>?
    /// Every call has been ended: the connection closes once that is sent.
    private var isStopping = false

    /// When something other than a sign of life was last received or sent.
    private var lastActivity: NIODeadline

    /// - Parameters:
    ///   - wireProtocol: what has been negotiated.
    ///   - budget: where received bytes count besides the connection's own bound.
    package init(
        router: Router, peer: Peer, wireProtocol: WireProtocol = .ttrpc, limits: ConnectionLimits = ConnectionLimits(),
        budget: ByteBudget? = nil, logger: Logger, eventLoop: any EventLoop, observer: (any ConnectionObserver)? = nil
    ) {
        self.eventLoop = eventLoop
        self.executor = EventLoopTaskExecutor(eventLoop: eventLoop)
        self.router = router
        self.peer = peer
        self.limits = limits
        self.budget = ByteBudget(limit: limits.connectionInboundBytes, parent: budget)
        self.logger = logger
        self.observer = observer
        self.wireProtocol = wireProtocol
        machine = ServerConnectionStateMachine(
            maximumStreams: limits.streams, wireProtocol: wireProtocol, window: limits.streamInboundBytes,
            pool: Credit.pool(connectionBound: limits.connectionInboundBytes))
        keepAlive = KeepAlive(interval: limits.pingInterval ?? .zero, timeout: limits.pingTimeout, now: eventLoop.now)
        decoder = FrameDecoder(largestBody: limits.largestBody)
        outbound = OutboundQueue(limits: limits)
        lastActivity = eventLoop.now
    }

    package func opened(_ transport: any ByteTransport) {
        self.transport = transport
        if wireProtocol == .lots1, limits.pingInterval != nil { lookAtPeer() }
    }

    /// As the last PING has measured it; nil before, and with plain ttrpc.
    package var roundTripTime: TimeAmount? { keepAlive.roundTripTime }

    /// For this long nothing was received or sent, although there is no call to wait for or there is something to send.
    package func isIdle(for time: TimeAmount) -> Bool {
        let hasCalls = machine.openStreams > 0 || machine.runningHandlers > 0
        return (!hasCalls || outbound.unsentBytes > 0) && eventLoop.now - lastActivity >= time
    }

    /// Closes a connection that is idle. A client that speaks `lots/1` is told first, so that it knows the fate of a call it may just
    /// be sending.
    package func closeIdle() {
        // Once: a connection that is still there at the next look was told and has not gone.
        if !machine.isDraining { observer?.refused(.idleTime) }
        if outbound.unsentBytes > 0 { return transport?.close() ?? () }
        drain(because: "the connection was not used for a while: connect again when there is a call to make")
    }

    /// What the connection holds, for tests and metrics: all zero when nothing is under way.
    package var holdings: (streams: Int, handlers: Int, inboundBytes: Int, parkedWrites: Bool) {
        (machine.openStreams, machine.runningHandlers, budget.bytesHeld, outbound.hasParkedWrites)
    }

    // MARK: - Bytes

    package func receive(_ bytes: ByteBuffer) {
        guard transport != nil else { return }
        observer?.received(byteCount: bytes.readableBytes)
        decoder.append(bytes)
        let now = eventLoop.now
        keepAlive.received(now: now)
        var frames = 0
        do {
            while transport != nil, let output = try decoder.next() {
                switch output {
                case .frame(let frame):
                    if frame.type != .ping, frame.type != .pong { lastActivity = now }
                    let action = machine.receive(frame)
                    if case .answer(_, let status) = action, status.code == .resourceExhausted { observer?.refused(.streams) }
                    perform(action, now: now)
                case .oversized(let header):
                    lastActivity = now
                    observer?.refused(.messageBytes)
                    perform(machine.receiveOversized(header, limit: decoder.largestBody), now: now)
                }
                frames += 1
                if frames.isMultiple(of: Self.framesPerTurn) { readingPaused() }
            }
        } catch {
            breakOff("\(error)")
        }
    }

    /// Closes the connection at once, because of the client; with `lots/1` it is told why.
    private func breakOff(_ reason: String) {
        logger.info("closing a connection whose client breaks the protocol", metadata: ["reason": "\(reason)"])
        if wireProtocol == .lots1 {
            outbound.append { $0.writeControlFrame(.goAway(lastID: machine.lastID, reason: reason)) }
        }
        flush()
        let transport = transport
        closed()
        transport?.close()
    }

    /// Everything that had arrived has been received: now is the time to answer what can be answered.
    package func readingPaused() {
        executor.runJobs()
        if isCredited {
            isCredited = false
            unpark()
        }
        flush()
    }

    /// The connection is gone: handlers are cancelled.
    package func closed() {
        guard transport != nil else { return }
        transport = nil
        deadlineTimer?.task.cancel()
        deadlineTimer = nil
        keepAliveTimer?.cancel()
        keepAliveTimer = nil
        let error = Status(.cancelled, "the connection has closed")
        for write in outbound.removeAllParked() { write.resume(throwing: error) }
        for call in machine.close() {
            count(call, .cancelled)
            call.cancel(error)
        }
        executor.runJobs()
    }

    /// Takes no more calls, and closes the connection when those under way have been answered. Their handlers can learn of it, and with
    /// `lots/1` the client is told which calls will be answered.
    package func drain(because reason: String = "the server takes no more calls on this connection") {
        announceDrain(reason)
        closeIfDrained()
    }

    /// Takes no more calls, answers every call under way with `status`, cancels the handlers, and closes the connection once that is sent.
    /// - Parameter reason: what a client that speaks `lots/1` is told.
    package func stop(
        because reason: String = "the server is stopping",
        _ status: Status = Status(.unavailable, "the server has stopped before the call was complete")
    ) {
        announceDrain(reason)
        for (id, call) in machine.endAll() { end(id, call, status) }
        isStopping = true
        flush()
        closeIfDrained()
    }

    private func announceDrain(_ reason: String) {
        if machine.drain() {
            outbound.append { $0.writeControlFrame(.goAway(lastID: machine.lastID, reason: reason)) }
            scheduleFlush()
        }
        drainSignal.raise()
    }

    private func closeIfDrained() {
        guard machine.isDrained || isStopping, outbound.unsentBytes == 0 else { return }
        transport?.close()
    }

    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { connection.value.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        guard let transport, let batch = outbound.takeBatch() else { return }
        let count = batch.readableBytes
        observer?.sent(byteCount: count)
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        transport.send(batch) { connection.value.sent(count) }
        unpark()
        adjustReading()
    }

    private func sent(_ count: Int) {
        if outbound.sent(count) { lastActivity = eventLoop.now }
        guard transport != nil else { return }
        unpark()
        adjustReading()
        closeIfDrained()
    }

    private func unpark() {
        guard outbound.hasParkedWrites else { return }
        let admitted = outbound.unpark(&machine)
        guard !admitted.isEmpty else { return }
        for write in admitted { write.resume() }
        scheduleFlush()
    }

    /// A peer who does not read its answers gets no further questions in. The client always reads, so the two never wait for each other.
    private func adjustReading() {
        guard isReading == outbound.isFull else { return }
        isReading.toggle()
        transport?.setReading(isReading)
    }

    // MARK: - Calls

    private func perform(_ action: ServerConnectionStateMachine<ServerCall>.FrameAction, now: NIODeadline) {
        switch action {
        case .ignore:
            break
        case .request(let id, let flags, let body):
            do {
                try begin(id, flags: flags, body: body, now: now)
            } catch {
                observer?.callEnded(nil, error.code, after: .zero)
                answer(id, error)
            }
        case .answer(let id, let status):
            observer?.callEnded(nil, status.code, after: .zero)
            answer(id, status)
        case .fail(let id, let call, let status):
            end(id, call, status)
        case .deliver(let key, let call, let message, let isEnd):
            if let message, let messages = call.messages, !messages.push(message) {
                observer?.refused(.inboundBytes)
                guard let call = machine.fail(key) else { return }
                end(key.id, call, Status(.resourceExhausted, "too many bytes wait for the handler of this call"))
            } else if isEnd {
                call.messages?.finish()
            }
        case .cancel(let id, let call):
            count(call, .cancelled)
            dropParkedWrites(on: id, Self.callCancelled)
            call.cancel(Self.callCancelled)
        case .credited:
            isCredited = true
        case .ping(let number):
            guard keepAlive.receivedPing(now: now) else {
                return breakOff("more than \(KeepAlive.pingsPerSecond) PINGs within a second")
            }
            // A client that does not read its PONGs gets no more of them.
            guard !outbound.isFull else { return }
            outbound.append(isUse: false) { $0.writeControlFrame(.pong(number)) }
            scheduleFlush()
        case .pong(let number):
            keepAlive.receivedPong(number, now: now)
        case .violation(let reason):
            breakOff(reason)
        }
    }

    private func begin(_ id: StreamID, flags: FrameFlags, body: ByteBuffer, now: NIODeadline) throws(Status) {
        let (request, handler) = try readRequest(body)
        guard request.timeout >= 0 else { throw Self.deadlineExceeded }
        let deadline = request.timeout == 0 ? nil : now.advanced(byNanoseconds: request.timeout)
        let kind = handler.kind
        let heldBytes = kind.clientStreams ? 0 : request.payload.readableBytes + MessageBuffer.overheadPerMessage
        guard budget.take(heldBytes) else {
            observer?.refused(.inboundBytes)
            throw Status(.resourceExhausted, "too many bytes wait for the handlers of this connection")
        }

        let context = CallContext(
            method: request.method, peer: peer, metadata: request.metadata, deadline: deadline, drain: drainSignal,
            trailerLimits: wireProtocol == .lots1 ? limits : nil)
        let (opening, call) = machine.open(
            id, kind: kind, flags: flags, payloadBytes: request.payload.readableBytes, deadline: deadline
        ) { _ in
            ServerCall(
                messages: kind.clientStreams ? makeMessageBuffer() : nil, heldBytes: heldBytes, context: context, began: now)
        }
        if let deadline { armTimer(deadline) }
        if let messages = call.messages {
            reportConsumption(of: messages, on: opening)
            if opening.deliversPayload, !messages.push(request.payload) {
                machine.abandonUnstarted(opening.key)
                observer?.refused(.inboundBytes)
                throw Status(.resourceExhausted, "too many bytes wait for the handlers of this connection")
            }
            if opening.isEnded { messages.finish() }
        }
        start(handler, payload: request.payload, key: opening.key, call: call)
    }

    private func readRequest(_ body: ByteBuffer) throws(Status) -> (RequestEnvelope, Router.Handler) {
        for known in knownMethods {
            if let request = RequestEnvelope(scanning: body, for: known.name) { return (request, known.handler) }
        }
        let request = try RequestEnvelope(decoding: body, limits: limits)
        let handler = try router.handler(for: request.method)
        if knownMethods.count < Self.knownMethodsLimit, !knownMethods.contains(where: { $0.name == request.method }) {
            knownMethods.append((request.method, handler))
        }
        return (request, handler)
    }

    private func makeMessageBuffer() -> MessageBuffer {
        // With `lots/1` it is credit that bounds what a stream holds.
        MessageBuffer(limit: wireProtocol == .lots1 ? .max : limits.streamInboundBytes, budget: budget)
    }

    private func reportConsumption(of messages: MessageBuffer, on opening: ServerConnectionStateMachine<ServerCall>.Opening) {
        guard wireProtocol == .lots1, !opening.isEnded else { return }
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        messages.reportConsumption(every: Credit.reportStep(window: Credit.initial)) { [eventLoop] bytes in
            eventLoop.runInLoop { connection.value.consumed(bytes, on: opening.key) }
        }
    }

    private func consumed(_ bytes: Int, on key: StreamKey) {
        guard let grant = machine.consumed(bytes, on: key) else { return }
        grant.call.messages?.setReportStep(grant.reportStep)
        outbound.append { $0.writeControlFrame(.credit(key.id, UInt32(clamping: grant.bytes))) }
        scheduleFlush()
    }

    private func start(_ handler: Router.Handler, payload: ByteBuffer, key: StreamKey, call: ServerCall) {
        let context = call.context
        // A handler runs at once until it first waits. Task closures return to their preferred executor after every await, so the
        // connection is only touched on its loop.
        let bound = NIOLoopBound((connection: self, call: call), eventLoop: eventLoop)
        let stream = call.messages.map(MessageStream.init(buffer:))
        let run: @Sendable () async throws -> ByteBuffer
        switch (handler, stream) {
        case (.immediate(let handler), _):
            returned(key, call, Result { try handler(payload, context) })
            return
        case (.unary(let handler), _):
            // As below, with a frame less.
            call.task = Task.immediate(executorPreference: executor) {
                let result: Result<ByteBuffer, any Error>
                do {
                    result = .success(try await handler(payload, context))
                } catch {
                    result = .failure(error)
                }
                let (connection, call) = bound.value
                connection.returned(key, call, result)
            }
            return
        case (.serverStreaming(let handler), _):
            let writer = writer(for: key)
            run = {
                try await handler(payload, writer, context)
                return ByteBuffer()
            }
        case (.clientStreaming(let handler), let stream?):
            run = { try await handler(stream, context) }
        case (.bidirectional(let handler), let stream?):
            let writer = writer(for: key)
            run = {
                try await handler(stream, writer, context)
                return ByteBuffer()
            }
        case (.clientStreaming, nil), (.bidirectional, nil):
            preconditionFailure("a call that streams from the client has been opened without its messages")
        }
        call.task = Task.immediate(executorPreference: executor) {
            let result: Result<ByteBuffer, any Error>
            do {
                result = .success(try await run())
            } catch {
                result = .failure(error)
            }
            let (connection, call) = bound.value
            connection.returned(key, call, result)
        }
    }

    private func writer(for key: StreamKey) -> MessageWriter {
        MessageWriter(
            sink: ServerMessageSink(eventLoop: eventLoop, connection: NIOLoopBound(self, eventLoop: eventLoop), key: key))
    }

    private func returned(_ key: StreamKey, _ call: ServerCall, _ result: Result<ByteBuffer, any Error>) {
        call.messages?.discard()
        budget.giveBack(call.heldBytes)
        defer { closeIfDrained() }
        guard let answer = machine.handlerReturned(key) else { return }
        failParkedWrites(of: key)
        let trailers = call.context.trailers
        switch result {
        case .success(let payload):
            count(call, send(answer, payload, trailers, on: key.id))
        case .failure(let error):
            let status = status(for: error)
            count(call, status.code)
            self.answer(key.id, status, trailers)
        }
    }

    /// Tells the observer how a call ended, once.
    private func count(_ call: ServerCall, _ code: Status.Code) {
        guard let observer, !call.isCounted else { return }
        call.isCounted = true
        observer.callEnded(call.context.method, code, after: eventLoop.now - call.began)
    }

    /// - Returns: the code that the client gets.
    private func send(
        _ answer: ServerConnectionStateMachine<ServerCall>.Answer, _ payload: ByteBuffer, _ trailers: Metadata, on id: StreamID
    ) -> Status.Code {
        switch answer {
        case .endOfStream:
            outbound.append {
                // Only a Response has a place for trailers; without status and payload it too ends a stream well.
                if trailers.isEmpty {
                    $0.writeEndOfStream(streamID: id)
                } else {
                    $0.writeResponse(payload, trailers: trailers, streamID: id)
                }
            }
            scheduleFlush()
        case .response:
            let size = ResponseEnvelope.encodedSize(payloadBytes: payload.readableBytes, trailers: trailers)
            if size > limits.largestBody {
                self.answer(id, Status(.resourceExhausted, "the answer of \(size) bytes exceeds the maximum of \(limits.largestBody)"))
                return .resourceExhausted
            } else if outbound.unsentBytes + size > limits.unsentAnswerBytes {
                observer?.refused(.outboundBytes)
                self.answer(id, Status(.resourceExhausted, "too many answers wait to be read by the client"))
                return .resourceExhausted
            } else {
                outbound.append { $0.writeResponse(payload, trailers: trailers, streamID: id) }
                scheduleFlush()
            }
        }
        return .ok
    }

    /// Ends a stream whose handler has not returned.
    private func end(_ id: StreamID, _ call: ServerCall, _ status: Status) {
        count(call, status.code)
        answer(id, status)
        dropParkedWrites(on: id, status)
        call.cancel(status)
    }

    private func dropParkedWrites(on id: StreamID, _ status: Status) {
        for write in outbound.removeParked(on: id) { write.resume(throwing: status) }
    }

    private func failParkedWrites(of key: StreamKey) {
        for write in outbound.removeParked(of: key) { write.resume(throwing: Self.streamEnded) }
    }

    private func answer(_ id: StreamID, _ status: Status, _ trailers: Metadata = Metadata()) {
        outbound.append { $0.writeResponse(status, trailers: trailers, streamID: id, largestBody: limits.largestBody) }
        scheduleFlush()
    }

    private func status(for error: any Error) -> Status {
        switch error {
        case let status as Status where status.code != .ok:
            return status
        case let faults as DecodeFaults:
            return Status(.invalidArgument, faults.description)
        case let fault as DecodeFault:
            return Status(.invalidArgument, fault.description)
        case is CancellationError:
            return Status(.cancelled, "the call was cancelled")
        default:
            logger.error("a handler failed", metadata: ["error": "\(error)"])
            return Status(.internal, "internal error")
        }
    }

    // MARK: - Messages to the client

    static let streamEnded = Status(.cancelled, "the call has ended")
    private static let callCancelled = Status(.cancelled, "the caller has given the call up")
    private static let deadlineExceeded = Status(.deadlineExceeded, "the deadline has passed")

    /// True: the message is on its way. False: there is no room.
    func write(_ message: ByteBuffer, on key: StreamKey) throws(Status) -> Bool {
        guard machine.isOpen(key) else { throw Self.streamEnded }
        guard message.readableBytes <= limits.largestBody else {
            throw Status(.resourceExhausted, "a message of \(message.readableBytes) bytes exceeds the maximum of \(limits.largestBody)")
        }
        guard outbound.append(message, on: key, &machine) else { return false }
        scheduleFlush()
        return true
    }

    func write(_ write: ParkedWrite) {
        do {
            if write.ticket.isCancelled { throw CancellationError() }
            if try self.write(write.message, on: write.stream) { return write.continuation.resume() }
            if outbound.park(write) { return }
            observer?.refused(.outboundBytes)
            let status = Status(.resourceExhausted, "too many messages wait to be read by the client")
            if let call = machine.fail(write.stream) { end(write.stream.id, call, status) }
            throw status
        } catch {
            write.continuation.resume(throwing: error)
        }
    }

    func cancelWrite(_ ticket: ParkedWrite.Ticket, of key: StreamKey) {
        outbound.removeParked(ticket, of: key)?.resume(throwing: CancellationError())
    }

    // MARK: - Deadlines

    /// One timer for all calls: it is set to the earliest deadline known, and looks again when it fires.
    private func armTimer(_ deadline: NIODeadline) {
        if let deadlineTimer, deadlineTimer.at <= deadline { return }
        deadlineTimer?.task.cancel()
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        deadlineTimer = (deadline, eventLoop.scheduleTask(deadline: deadline) { connection.value.deadlinePassed() })
    }

    private func deadlinePassed() {
        deadlineTimer = nil
        for (id, call) in machine.expire(now: eventLoop.now) { end(id, call, Self.deadlineExceeded) }
        if let next = machine.nextDeadline { armTimer(next) }
    }

    // MARK: - Life of the peer

    private func lookAtPeer() {
        keepAliveTimer = nil
        switch keepAlive.look(now: eventLoop.now) {
        case .wait(let next):
            scheduleLook(at: next)
        case .ping(let number, let next):
            outbound.append(isUse: false) { $0.writeControlFrame(.ping(number)) }
            scheduleFlush()
            scheduleLook(at: next)
        case .giveUp where !isReading || outbound.unsentBytes > 0:
            // The silence is this side's: it does not read, or its PING has not left. A client that takes nothing is idle.
            keepAlive.received(now: eventLoop.now)
            scheduleLook(at: eventLoop.now + limits.pingTimeout)
        case .giveUp:
            logger.info("closing a connection whose client is gone", metadata: ["timeout": "\(limits.pingTimeout)"])
            let transport = transport
            closed()
            transport?.close()
        }
    }

    private func scheduleLook(at time: NIODeadline) {
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        keepAliveTimer = eventLoop.scheduleTask(deadline: time) { connection.value.lookAtPeer() }
    }
}
