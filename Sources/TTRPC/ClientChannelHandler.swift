package import NIOCore

/// Carries a client connection over a channel of bytes: the last handler of its pipeline.
package final class ClientChannelHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let connection: ClientConnection
    private var context: ChannelHandlerContext?

    package init(_ connection: ClientConnection) {
        self.connection = connection
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection.opened(self)
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
        connection.closed(Status(.unavailable, "the connection has failed: \((error as? IOError)?.meaning ?? "\(error)")"))
        context.close(promise: nil)
    }

    private func finish() {
        connection.closed()
        context = nil
    }
}

extension ClientChannelHandler: ByteTransport {
    package func send(_ bytes: ByteBuffer, whenSent: @escaping @Sendable () -> Void) {
        guard let context else { return whenSent() }
        context.send(wrapOutboundOut(bytes), whenSent: whenSent)
    }

    /// A client always reads: streams that nobody empties are failed instead.
    package func setReading(_ isReading: Bool) {}

    package func close() {
        context?.close(promise: nil)
    }
}
