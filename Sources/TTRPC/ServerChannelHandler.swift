package import NIOCore

/// Carries a server connection over a channel of bytes: the last handler of its pipeline.
package final class ServerChannelHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = Never
    package typealias OutboundOut = ByteBuffer

    private let connection: ServerConnection
    private let idleTimeout: TimeAmount?
    private var context: ChannelHandlerContext?
    private var isReading = true
    private var hasHeldRead = false
    private var idleTimer: Scheduled<Void>?

    /// - Parameter idleTimeout: after this long without a frame or a call, or without progress in sending, the connection is closed.
    ///   Nil: never.
    package init(_ connection: ServerConnection, idleTimeout: TimeAmount? = nil) {
        self.connection = connection
        self.idleTimeout = idleTimeout
    }

    /// Takes no more calls, and closes the channel when those under way have been answered.
    package func drain() {
        connection.drain()
    }

    /// Answers every call under way with `unavailable` and closes the channel once that is sent.
    package func stop() {
        connection.stop()
    }

    /// Tells the client why, answers every call under way with `status` and closes the channel once that is sent.
    package func stop(because reason: String, _ status: Status) {
        connection.stop(because: reason, status)
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection.opened(self)
        if let idleTimeout { scheduleIdleCheck(idleTimeout, on: context.eventLoop) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        finish()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.receive(unwrapInboundIn(data))
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        connection.readingPaused()
        context.fireChannelReadComplete()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    package func read(context: ChannelHandlerContext) {
        if isReading { context.read() } else { hasHeldRead = true }
    }

    private func finish() {
        idleTimer?.cancel()
        idleTimer = nil
        connection.closed()
        context = nil
    }

    private func scheduleIdleCheck(_ timeout: TimeAmount, on eventLoop: any EventLoop) {
        // Four looks per timeout: a connection lives at most a quarter longer than promised, and no event has to move the timer.
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        idleTimer = eventLoop.scheduleTask(in: .nanoseconds(max(timeout.nanoseconds / 4, 1))) {
            let handler = handler.value
            guard let context = handler.context else { return }
            if handler.connection.isIdle(for: timeout) { handler.connection.closeIdle() }
            // Still there: busy, or what it is told before it is closed cannot leave yet.
            if handler.context != nil { handler.scheduleIdleCheck(timeout, on: context.eventLoop) }
        }
    }
}

extension ServerChannelHandler: ByteTransport {
    package func send(_ bytes: ByteBuffer, whenSent: @escaping @Sendable () -> Void) {
        guard let context else { return whenSent() }
        context.send(wrapOutboundOut(bytes), whenSent: whenSent)
    }

    package func setReading(_ isReading: Bool) {
        self.isReading = isReading
        guard isReading, hasHeldRead, let context else { return }
        hasHeldRead = false
        context.read()
    }

    package func close() {
        context?.close(promise: nil)
    }
}

extension ChannelHandlerContext {
    func send(_ data: NIOAny, whenSent: @escaping @Sendable () -> Void) {
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in whenSent() }
        writeAndFlush(data, promise: promise)
    }
}
