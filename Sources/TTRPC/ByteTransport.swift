package import NIOCore

/// What carries a connection's bytes: a channel, or the memory between two ends in one process. Belongs to the event loop.
package protocol ByteTransport: AnyObject {
    /// Sends everything at once. `whenSent` is called on the loop, perhaps before `send` returns, when the bytes have been handed to the
    /// system or will never be.
    func send(_ bytes: ByteBuffer, whenSent: @escaping @Sendable () -> Void)

    /// Stops or resumes the delivery of what the peer sends.
    func setReading(_ isReading: Bool)

    /// Closes the connection; its owner is told as when the peer had closed it. Bytes sent before may be lost.
    func close()
}
