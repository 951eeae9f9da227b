public import NIOCore

/// Puts mutual TLS under the rest of a pipeline: `ByteBuffer`s of plaintext above, of ciphertext below.
///
/// - The next handler is made by the `onHandshake` callback, after the peer is known and before it gets the first byte.
/// - Writes are collected until a flush, which gives as few TLS records as possible and one write below.
/// - An arriving buffer gives one `channelRead` (more only past 64 KiB of plaintext).
/// - A fault goes up as `errorCaught` after the peer was sent its alert; then the channel closes. A stream that ends without close_notify
///   gives ``TLSError/truncated``.
/// - There is no half-closed state: closing any side, here or by the peer, closes the channel.
///
/// A closing channel first sends what is pending and its last alert, then waits up to 5 seconds for the peer to close as well: closing a
/// socket with unread input resets it, and the reset could destroy the alert under way.
public final class TLSHandler: ChannelDuplexHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    /// Called once on the event loop with the channel, the verified peer and the negotiated ALPN name, if any. It adds the next handler to
    /// the end of the channel's pipeline; what it throws closes the connection.
    public typealias HandshakeCallback = (any Channel, PeerIdentity, String?) throws -> Void

    private enum State {
        case idle
        case handshaking(deadline: Scheduled<Void>)
        case open
        case closing(deadline: Scheduled<Void>)
        case closed
    }

    private var state = State.idle
    private let engine: TLSEngine
    private let handshakeTimeout: TimeAmount
    private var onHandshake: HandshakeCallback?

    /// Plaintext that waits for a flush or for the end of the handshake.
    private var pendingPlaintext = ByteBuffer()
    /// For everything that waits: `pendingPlaintext` and the engine's output.
    private var pendingPromise: EventLoopPromise<Void>?
    private var isFlushPending = false
    private var closePromise: EventLoopPromise<Void>?
    private var hasReadPlaintext = false

    /// The most plaintext that one `channelRead` carries.
    private static let maximumReadLength = 64 * 1024
    /// The most plaintext that is held before the handshake is complete.
    static let maximumHeldLength = 64 * 1024
    /// Ciphertext from which on it is passed down without waiting for the flush, so that it counts for the channel's writability.
    private static let maximumUnflushedLength = 64 * 1024
    /// For so long the peer may take nothing of what is still to be sent, or not answer the end of it.
    private static let closeTimeout = TimeAmount.seconds(5)
    /// Checks of that before a peer that takes a little each time is left.
    private static let maximumCloseChecks = 12

    /// - Parameters:
    ///   - context: says which side this is.
    ///   - serverName: what a client sends as SNI (not an IP address); the demand on the server's certificate is in the context.
    ///   - handshakeTimeout: from the channel's becoming active to the end of the handshake.
    ///   - onHandshake: adds the next handler.
    /// - Throws: ``TLSError`` when the server name is unusable or memory is exhausted.
    public init(
        context: TLSContext,
        serverName: String?,
        handshakeTimeout: TimeAmount,
        onHandshake: @escaping HandshakeCallback
    ) throws(TLSError) {
        engine = try TLSEngine(context: context, serverName: serverName)
        self.handshakeTimeout = handshakeTimeout
        self.onHandshake = onHandshake
    }

    /// What the peer was accepted with; nil before that. To be asked for on the event loop.
    public var peerCertificate: PeerCertificate? { engine.peerCertificate }

    public func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive {
            beginHandshake(context)
        }
    }

    public func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        beginHandshake(context)
    }

    // MARK: Handshake

    private func beginHandshake(_ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        let deadline = context.eventLoop.assumeIsolated().scheduleTask(in: handshakeTimeout) {
            let message = "the handshake was not complete after \(self.handshakeTimeout.nanoseconds / 1_000_000) ms"
            self.fail(TLSError(code: .handshakeTimeout, message: message), context)
        }
        state = .handshaking(deadline: deadline)
        advanceHandshake(context)
    }

    private func advanceHandshake(_ context: ChannelHandlerContext) {
        guard case .handshaking(let deadline) = state else { return }
        do {
            guard try engine.handshake(), let peer = engine.peer else {
                return sendOutput(context)
            }
            deadline.cancel()
            state = .open
            // Before the output is sent: what the callback writes travels with the last flight.
            let callback = onHandshake
            onHandshake = nil
            try callback?(context.channel, peer, engine.applicationProtocol)
        } catch {
            return fail(error, context)
        }
        guard case .open = state else { return }
        if isFlushPending {
            flush(context: context)
        } else {
            sendOutput(context)
        }
        deliver(context)
    }

    // MARK: Reading

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .handshaking:
            engine.receive(unwrapInboundIn(data))
            advanceHandshake(context)
        case .open:
            engine.receive(unwrapInboundIn(data))
            deliver(context)
        case .idle, .closing, .closed:
            break
        }
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if case .open = state {
            // Reading can call for an answer: a TLS 1.2 peer that asks to renegotiate is told no.
            sendOutput(context)
        }
        if hasReadPlaintext {
            hasReadPlaintext = false
        } else {
            // Nobody above saw a read, so nobody above will ask for the next one.
            context.read()
        }
    }

    private func deliver(_ context: ChannelHandlerContext) {
        while case .open = state {
            let expected = min(engine.expectedByteCount, Self.maximumReadLength)
            guard expected > 0 else { return }
            var plaintext = context.channel.allocator.buffer(capacity: expected)
            let outcome = Result { () throws(TLSError) in try engine.read(into: &plaintext, upTo: Self.maximumReadLength) }
            if plaintext.readableBytes > 0 {
                hasReadPlaintext = true
                context.fireChannelRead(wrapInboundOut(plaintext))
            }
            guard case .open = state else { return }
            switch outcome {
            case .success(.limitReached): break
            case .success(.needsInput): return
            case .success(.closed): return close(context: context, mode: .all, promise: nil)
            case .failure(let error): return fail(error, context)
            }
        }
    }

    // MARK: Writing

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        switch state {
        case .idle, .handshaking:
            pendingPromise.setOrCascade(to: promise)
            guard pendingPlaintext.readableBytes + bytes.readableBytes <= Self.maximumHeldLength else {
                let message = "more than \(Self.maximumHeldLength) bytes were written before the end of the handshake"
                return fail(TLSError(code: .bufferFull, message: message), context)
            }
            pendingPlaintext.writeImmutableBuffer(bytes)
        case .open:
            pendingPromise.setOrCascade(to: promise)
            do {
                try collect(bytes)
            } catch {
                return fail(error, context)
            }
            if engine.outputByteCount >= Self.maximumUnflushedLength {
                passDownOutput(context)
            }
        case .closing, .closed:
            promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    public func flush(context: ChannelHandlerContext) {
        switch state {
        case .idle, .handshaking:
            isFlushPending = true
        case .open:
            isFlushPending = false
            do {
                try encryptPending()
            } catch {
                return fail(error, context)
            }
            passDownOutput(context)
            context.flush()
        case .closing, .closed:
            context.flush()
        }
    }

    /// Small buffers are copied together into a record; a large one is taken as it is.
    private func collect(_ bytes: ByteBuffer) throws(TLSError) {
        if pendingPlaintext.readableBytes == 0 {
            pendingPlaintext = bytes
        } else if pendingPlaintext.readableBytes + bytes.readableBytes <= TLSEngine.maximumRecordLength {
            pendingPlaintext.writeImmutableBuffer(bytes)
        } else {
            try encryptPending()
            pendingPlaintext = bytes
        }
    }

    private func encryptPending() throws(TLSError) {
        let plaintext = pendingPlaintext
        pendingPlaintext = ByteBuffer()
        try engine.write(plaintext)
    }

    /// Passes down all ciphertext together with the promise for everything written so far.
    private func passDownOutput(_ context: ChannelHandlerContext) {
        guard engine.outputByteCount > 0 else {
            // Only empty buffers were written: there is nothing to send, but somebody may wait for it.
            if pendingPlaintext.readableBytes == 0, let promise = takePendingPromise() {
                context.write(wrapOutboundOut(ByteBuffer()), promise: promise)
            }
            return
        }
        let promise = pendingPlaintext.readableBytes == 0 ? takePendingPromise() : nil
        context.write(wrapOutboundOut(engine.takeOutput()), promise: promise)
    }

    private func takePendingPromise() -> EventLoopPromise<Void>? {
        defer { pendingPromise = nil }
        return pendingPromise
    }

    /// Sends handshake messages and alerts.
    private func sendOutput(_ context: ChannelHandlerContext) {
        if engine.outputByteCount > 0 {
            passDownOutput(context)
            context.flush()
        }
    }

    // MARK: Closing

    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch state {
        case .idle, .closed:
            state = .closed
            failPending(ChannelError.ioOnClosedChannel)
            context.close(promise: promise)
        case .handshaking(let deadline):
            deadline.cancel()
            state = .closed
            failPending(ChannelError.ioOnClosedChannel)
            context.close(promise: promise)
        case .open:
            closePromise.setOrCascade(to: promise)
            do {
                try encryptPending()
                try engine.close()
            } catch {
                return fail(error, context)
            }
            sendLastWords(context)
            awaitPeer(context)
        case .closing:
            closePromise.setOrCascade(to: promise)
        }
    }

    /// An outbound event: closes without waiting for the peer or for what is still to be sent, also where a close is under way.
    public struct CloseNow: Sendable {
        public init() {}
    }

    public func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if event is CloseNow {
            context.close(promise: promise)
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    public func channelInactive(context: ChannelHandlerContext) {
        endOfStream(context)
        context.fireChannelInactive()
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Only channels that allow half-closure say this; here it means the end.
        if let event = event as? ChannelEvent, event == .inputClosed {
            endOfStream(context)
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        endOfStream(context)
    }

    /// The peer will send nothing more; called when that is noticed first and harmless afterwards.
    private func endOfStream(_ context: ChannelHandlerContext) {
        let last = state
        state = .closed
        onHandshake = nil
        switch last {
        case .idle, .closed: break
        case .handshaking(let deadline):
            deadline.cancel()
            context.fireErrorCaught(TLSError(code: .handshakeFailed, message: "the peer closed the connection during the handshake"))
        case .open:
            context.fireErrorCaught(TLSError.truncated)
        case .closing(let deadline):
            deadline.cancel()
        }
        failPending(ChannelError.ioOnClosedChannel)
        closePromise?.succeed()
        closePromise = nil
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        switch state {
        case .closing, .closed: return
        case .handshaking(let deadline): deadline.cancel()
        case .idle, .open: break
        }
        let promise = takePendingPromise()
        pendingPlaintext = ByteBuffer()
        sendLastWords(context)
        promise?.fail(error)
        context.fireErrorCaught(error)
        awaitPeer(context)
    }

    /// Sends what is still to be sent, the alert at its end.
    private func sendLastWords(_ context: ChannelHandlerContext) {
        state = .closing(deadline: closeDeadline(context, unsent: .max, checks: Self.maximumCloseChecks))
        onHandshake = nil
        sendOutput(context)
    }

    /// - Parameter unsent: bytes that waited to be sent at the last check.
    private func closeDeadline(_ context: ChannelHandlerContext, unsent: Int, checks: Int) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) {
            let left = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            guard left > 0, left < unsent, checks > 1, case .closing = self.state else { return context.close(promise: nil) }
            self.state = .closing(deadline: self.closeDeadline(context, unsent: left, checks: checks - 1))
        }
    }

    /// Closes the output behind the last words and reads until the peer closes, too, or the deadline passes.
    private func awaitPeer(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func failPending(_ error: any Error) {
        pendingPlaintext = ByteBuffer()
        takePendingPromise()?.fail(error)
    }
}
