package import NIOCore
import Synchronization

/// The client's end of a connection.
///
/// Callers on any thread add their frames to one batch, under one lock, and the first of them wakes the event loop, which sends the
/// batch: an id is taken and its request written in one step. What the server sends is received on the event loop.
package final class ClientConnection: Sendable {
    private struct State {
        var machine: ClientConnectionStateMachine<ClientCall>
        var outbound: OutboundQueue
        /// The loop has been asked to send what is in `outbound`.
        var isTurnScheduled = false
        var isOpened = false
        /// A deadline earlier than the one the timer is set to.
        var deadlineToArm: NIODeadline?
        var timerDeadline: NIODeadline?
        var keepAlive: KeepAlive
    }

    private struct LoopState {
        var transport: (any ByteTransport)?
        var decoder: FrameDecoder
        var timer: Scheduled<Void>?
        var keepAliveTimer: Scheduled<Void>?
    }

    /// So many answers at the most are handled before what their callers send next goes out: the server works on that meanwhile.
    private static let framesPerTurn = 16

    /// What is spoken on this connection.
    package let wireProtocol: WireProtocol
    private let eventLoop: any EventLoop
    private let limits: ConnectionLimits
    private let budget: ByteBudget
    private let state: Mutex<State>
    private let loopState: NIOLoopBoundBox<LoopState>

    /// Runs tasks on the connection's event loop, where calls cost least.
    package let executor: EventLoopTaskExecutor

    /// - Parameter wireProtocol: what has been negotiated.
    package init(wireProtocol: WireProtocol = .ttrpc, limits: ConnectionLimits = ConnectionLimits(), eventLoop: any EventLoop) {
        self.wireProtocol = wireProtocol
        self.eventLoop = eventLoop
        self.limits = limits
        budget = ByteBudget(limit: limits.connectionInboundBytes)
        executor = EventLoopTaskExecutor(eventLoop: eventLoop)
        state = Mutex(
            State(
                machine: ClientConnectionStateMachine(
                    maximumStreams: limits.streams, wireProtocol: wireProtocol, window: limits.streamInboundBytes,
                    pool: Credit.pool(connectionBound: limits.connectionInboundBytes)),
                outbound: OutboundQueue(limits: limits),
                keepAlive: KeepAlive(interval: limits.pingInterval ?? .zero, timeout: limits.pingTimeout, now: eventLoop.now)))
        loopState = .makeBoxSendingValue(LoopState(decoder: FrameDecoder(largestBody: limits.largestBody)), eventLoop: eventLoop)
    }

    /// What the connection holds, for tests and metrics: all zero when nothing is under way.
    package var holdings: (streams: Int, inboundBytes: Int, parkedWrites: Bool) {
        state.withLock { ($0.machine.openStreams, budget.bytesHeld, $0.outbound.hasParkedWrites) }
    }

    /// Calls may be begun: the connection is not closed, its server has not announced its end, and it has stream ids left.
    package var takesCalls: Bool { state.withLock { $0.machine.takesCalls } }

    /// As the last PING has measured it.
    package var roundTripTime: TimeAmount? { state.withLock { $0.keepAlive.roundTripTime } }

    /// Closes the connection: calls under way fail.
    package func close() {
        eventLoop.runInLoop { self.close(Status(.unavailable, "the connection has been closed by this side")) }
    }

    // MARK: - On the event loop

    package func opened(_ transport: any ByteTransport) {
        loopState.value.transport = transport
        state.withLock { $0.isOpened = true }
        turn()
        if wireProtocol == .lots1, limits.pingInterval != nil { lookAtPeer() }
    }

    package func receive(_ bytes: ByteBuffer) {
        guard loopState.value.transport != nil else { return }
        loopState.value.decoder.append(bytes)
        if wireProtocol == .lots1 {
            let now = eventLoop.now
            state.withLock { $0.keepAlive.received(now: now) }
        }
        var frames = 0
        do {
            while loopState.value.transport != nil, let output = try loopState.value.decoder.next() {
                receive(output)
                frames += 1
                if frames.isMultiple(of: Self.framesPerTurn) { readingPaused() }
            }
        } catch {
            close(Status(.unavailable, "the server does not speak ttrpc: \(error)"))
        }
    }

    private func close(_ reason: Status) {
        let transport = loopState.value.transport
        closed(reason)
        transport?.close()
    }

    /// Everything that had arrived has been received.
    package func readingPaused() {
        executor.runJobs()
        turn()
    }

    package func closed(_ reason: Status = Status(.unavailable, "the connection has closed")) {
        loopState.value.timer?.cancel()
        loopState.value.timer = nil
        loopState.value.keepAliveTimer?.cancel()
        loopState.value.keepAliveTimer = nil
        loopState.value.transport = nil
        let (calls, writes) = state.withLock { state in
            state.isOpened = false
            return (state.machine.close(reason), state.outbound.removeAllParked())
        }
        for call in calls { call.complete(.failure(reason)) }
        for write in writes { write.resume(throwing: reason) }
        executor.runJobs()
    }

    private func receive(_ output: FrameDecoder.Output) {
        switch output {
        case .oversized(let header):
            perform(state.withLock { $0.machine.receiveOversized(header, limit: limits.largestBody) }, on: header.streamID)
        case .frame(let frame):
            let (action, trailers) = state.withLock { state in
                let action = state.machine.receive(frame)
                guard case .response(let id, let body) = action else { return (action, nil as (ClientCall, Metadata)?) }
                let response = Result { () throws(Status) in try ResponseEnvelope(reading: body, limits: limits) }
                let trailers = state.machine.trailers(response, on: id)
                return (state.machine.receive(response, on: id), trailers)
            }
            if let (call, trailers) = trailers { call.onTrailers?(trailers) }
            perform(action, on: frame.streamID)
        }
    }

    private func perform(_ action: ClientConnectionStateMachine<ClientCall>.FrameAction, on id: StreamID) {
        switch action {
        case .ignore, .response:
            break
        case .message(let id, let call, let message):
            deliver(message, to: call, on: id)
        case .end(let call, let last):
            if let last { deliver(last, to: call, on: id) }
            call.complete(.success(ByteBuffer()))
            failParkedWrites(on: id, Self.streamEnded)
        case .answer(let call, let payload):
            call.complete(.success(payload))
            if call.writes { failParkedWrites(on: id, Self.streamEnded) }
        case .fail(let call, let status):
            call.complete(.failure(status))
            failParkedWrites(on: id, status)
        case .abandon(let id, let call, let status):
            sendCancel(id)
            call.complete(.failure(status))
            failParkedWrites(on: id, status)
        case .credited:
            // The turn that follows what has been read lets the writes go on.
            break
        case .ping(let number):
            answerPing(number)
        case .pong(let number):
            let now = eventLoop.now
            state.withLock { $0.keepAlive.receivedPong(number, now: now) }
        case .notProcessed(let calls, let status):
            for (id, call) in calls {
                call.complete(.failure(status))
                failParkedWrites(on: id, status)
            }
        case .violation(let reason):
            close(Status(.unavailable, "the server breaks the protocol: \(reason)"))
        }
    }

    private func deliver(_ message: ByteBuffer, to call: ClientCall, on id: StreamID) {
        guard let messages = call.messages, !messages.push(message) else { return }
        let status = Status(.resourceExhausted, "too many bytes wait to be read from this call")
        abandon(id, status)
        call.complete(.failure(status))
    }

    private func failParkedWrites(on id: StreamID, _ error: any Error) {
        for write in state.withLock({ $0.outbound.removeParked(on: id) }) { write.resume(throwing: error) }
    }

    /// Sends what has been gathered.
    private func turn() {
        let transport = loopState.value.transport
        let (batch, admitted, deadline) = state.withLock { state in
            state.isTurnScheduled = false
            guard transport != nil else { return (nil as ByteBuffer?, [CheckedContinuation<Void, any Error>](), nil as NIODeadline?) }
            let batch = state.outbound.takeBatch()
            return (batch, state.outbound.unpark(&state.machine), state.deadlineToArm.take())
        }
        if let batch {
            let count = batch.readableBytes
            transport?.send(batch) { self.sent(count) }
        }
        if let deadline { armTimer(deadline) }
        resume(admitted)
    }

    private func sent(_ count: Int) {
        resume(
            state.withLock { state in
                state.outbound.sent(count)
                return state.isOpened ? state.outbound.unpark(&state.machine) : []
            })
    }

    private func resume(_ writes: [CheckedContinuation<Void, any Error>]) {
        guard !writes.isEmpty else { return }
        for write in writes { write.resume() }
        wake { _ in }
    }

    // MARK: - Deadlines

    private func armTimer(_ deadline: NIODeadline) {
        loopState.value.timer?.cancel()
        loopState.value.timer = eventLoop.scheduleTask(deadline: deadline) { self.deadlinePassed() }
    }

    private func deadlinePassed() {
        let now = eventLoop.now
        let (expired, next) = state.withLock { state in
            let expired = state.machine.expire(now: now)
            state.timerDeadline = state.machine.nextDeadline
            return (expired, state.timerDeadline)
        }
        for (id, call) in expired {
            sendCancel(id)
            call.complete(.failure(Self.deadlineExceeded))
            failParkedWrites(on: id, Self.deadlineExceeded)
        }
        if let next { armTimer(next) }
    }

    // MARK: - Life of the server

    private func lookAtPeer() {
        let now = eventLoop.now
        switch state.withLock({ $0.keepAlive.look(now: now) }) {
        case .wait(let next):
            scheduleLook(at: next)
        case .ping(let number, let next):
            wake { $0.outbound.append { $0.writeControlFrame(.ping(number)) } }
            scheduleLook(at: next)
        case .giveUp:
            close(Status(.unavailable, "the server has not answered a PING for \(limits.pingTimeout.nanoseconds / 1_000_000) ms"))
        }
    }

    private func scheduleLook(at time: NIODeadline) {
        loopState.value.keepAliveTimer = eventLoop.scheduleTask(deadline: time) { self.lookAtPeer() }
    }

    private func answerPing(_ number: UInt64) {
        let now = eventLoop.now
        let isOneTooMany = state.withLock { state in
            guard state.keepAlive.receivedPing(now: now) else { return true }
            // A server that does not read its PONGs gets no more of them. The turn that follows what has been read sends this one.
            if !state.outbound.isFull { state.outbound.append { $0.writeControlFrame(.pong(number)) } }
            return false
        }
        if isOneTooMany {
            close(Status(.unavailable, "the server sends more than \(KeepAlive.pingsPerSecond) PINGs within a second"))
        }
    }

    // MARK: - Callers, on any thread

    private func sendCancel(_ id: StreamID) {
        guard wireProtocol == .lots1 else { return }
        wake { state in
            if state.isOpened { state.outbound.append { $0.writeControlFrame(.cancel(id)) } }
        }
    }

    static let streamEnded = Status(.cancelled, "the call has ended")
    private static let deadlineExceeded = Status(.deadlineExceeded, "the deadline has passed")

    /// Changes the state and has the loop send what has been added to the batch. One wake-up serves all who come before the loop gets to it.
    private func wake<R>(_ body: (inout State) throws -> sending R) rethrows -> sending R {
        let (result, schedule) = try state.withLock { state in
            let result = try body(&state)
            defer { state.isTurnScheduled = true }
            return (result, !state.isTurnScheduled)
        }
        if schedule { eventLoop.execute { self.turn() } }
        return result
    }

    /// Sends a request. `call` is completed later, from the event loop.
    func begin(_ call: ClientCall, _ kind: CallKind, _ method: MethodName, _ payload: ByteBuffer, _ options: CallOptions) throws -> StreamID
    {
        try Task.checkCancellation()
        var request = RequestEnvelope(method: method, payload: payload, timeout: 0, metadata: options.metadata)
        try check(request)
        var deadline: NIODeadline?
        if let timeout = options.timeout {
            request.timeout = timeout.clampedNanoseconds
            guard request.timeout > 0 else { throw Self.deadlineExceeded }
            deadline = eventLoop.now.advanced(byNanoseconds: request.timeout)
        }
        let flags: FrameFlags =
            switch kind {
            case .unary: []
            case .serverStreaming: .remoteClosed
            case .clientStreaming, .bidirectional: [.remoteOpen, .noData]
            }
        return try wake { state in
            guard state.outbound.unsentBytes + payload.readableBytes <= limits.unsentAnswerBytes else {
                throw Status(.resourceExhausted, "too many requests wait to be sent to the server").notProcessed
            }
            let id = try state.machine.open(kind, service: method.service, deadline: deadline, call: call)
            state.outbound.append { $0.writeRequest(request, streamID: id, flags: flags) }
            if wireProtocol == .lots1 {
                call.messages?.reportConsumption(every: Credit.reportStep(window: Credit.initial)) { [weak self] bytes in
                    self?.consumed(bytes, on: id)
                }
            }
            if let deadline, state.timerDeadline.map({ deadline < $0 }) ?? true {
                state.timerDeadline = deadline
                state.deadlineToArm = deadline
            }
            return id
        }
    }

    private func check(_ request: RequestEnvelope) throws(Status) {
        try request.metadata.check(limits)
        guard !request.method.service.utf8.contains(0), !request.method.method.utf8.contains(0) else {
            throw Status(.invalidArgument, "method names must not contain a NUL character")
        }
        guard request.largestEncodedSize <= limits.largestBody else {
            throw Status(
                .resourceExhausted,
                "a request of \(request.payload.readableBytes) bytes and its envelope exceed the maximum of \(limits.largestBody)")
        }
    }

    /// A stream for the answers of a call, counted in this connection's bounds.
    func makeMessageBuffer() -> MessageBuffer {
        // With `lots/1` it is credit that bounds what a stream holds.
        MessageBuffer(limit: wireProtocol == .lots1 ? .max : limits.streamInboundBytes, budget: budget)
    }

    /// Grants the server as much as the reader of a stream has taken.
    private func consumed(_ bytes: Int, on id: StreamID) {
        let grant = state.withLock { state -> Credit.Grant<ClientCall>? in
            guard let grant = state.machine.consumed(bytes, on: id) else { return nil }
            state.outbound.append { $0.writeControlFrame(.credit(id, UInt32(clamping: grant.bytes))) }
            return grant
        }
        guard let grant else { return }
        grant.call.messages?.setReportStep(grant.reportStep)
        wake { _ in }
    }

    /// Forgets a call; it fails with `error` unless it has an outcome. The server is told if it can be.
    func abandon(_ id: StreamID, _ error: any Error) {
        let (call, writes) = state.withLock { state in
            (state.machine.forget(id), state.outbound.removeParked(on: id))
        }
        if call != nil { sendCancel(id) }
        call?.complete(.failure(error))
        for write in writes { write.resume(throwing: error) }
    }

    /// Tells the server that the caller writes nothing more.
    func endWriting(_ id: StreamID) {
        wake { state in
            if state.machine.endWriting(id) { state.outbound.append { $0.writeEndOfStream(streamID: id) } }
        }
    }

    /// True: the message is on its way. False: there is no room.
    func write(_ message: ByteBuffer, on id: StreamID, of call: ClientCall) throws -> Bool {
        guard message.readableBytes <= limits.largestBody else {
            throw Status(.resourceExhausted, "a message of \(message.readableBytes) bytes exceeds the maximum of \(limits.largestBody)")
        }
        return try wake { state in
            guard state.machine.mayWrite(id) else { throw call.failure ?? Self.streamEnded }
            return state.outbound.append(message, on: StreamKey(id: id, serial: 0), &state.machine)
        }
    }

    func write(_ write: ParkedWrite, of call: ClientCall) {
        let result = wake { state -> Result<Void, any Error>? in
            if write.ticket.isCancelled { return .failure(CancellationError()) }
            guard state.machine.mayWrite(write.stream.id) else { return .failure(call.failure ?? Self.streamEnded) }
            if state.outbound.append(write.message, on: write.stream, &state.machine) { return .success(()) }
            if state.outbound.park(write) { return nil }
            return .failure(Status(.resourceExhausted, "too many messages wait to be sent to the server"))
        }
        if let result { write.continuation.resume(with: result) }
    }

    func cancelWrite(_ ticket: ParkedWrite.Ticket, on id: StreamID) {
        let key = StreamKey(id: id, serial: 0)
        state.withLock { $0.outbound.removeParked(ticket, of: key) }?.resume(throwing: CancellationError())
    }
}

extension Duration {
    /// In nanoseconds, rounded up to one when between; the ends of the range of Int64 when beyond.
    fileprivate var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowed) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        if overflow || overflowed { return seconds < 0 ? .min : .max }
        return sum == 0 && attoseconds > 0 ? 1 : sum
    }
}
