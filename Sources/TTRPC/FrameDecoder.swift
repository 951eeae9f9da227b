package import NIOCore

/// Cuts a byte stream into frames. Bodies are slices of the bytes fed in, not copies.
///
/// Memory is bounded: at most one incomplete frame of the largest allowed body is held, and a longer body is skipped as it arrives.
package struct FrameDecoder: Sendable {
    package enum Output: Hashable, Sendable {
        case frame(Frame)
        /// A body longer than the limit. It is skipped; the frames after it follow as usual.
        case oversized(FrameHeader)
    }

    /// The bytes cannot be ttrpc, and where the next frame begins is unknown: the connection has to be closed.
    package struct ProtocolViolation: Error, Hashable, Sendable, CustomStringConvertible {
        package var length: UInt32

        package var description: String {
            "a frame announces \(length) bytes: a length of more than three bytes cannot be ttrpc"
        }
    }

    /// Bodies up to this many bytes are delivered.
    package let largestBody: Int

    private var buffer = ByteBuffer()
    private var header: FrameHeader?
    private var bytesToSkip = 0

    /// - Parameter largestBody: clamped to what ttrpc allows, 1 to 4,194,304.
    package init(largestBody: Int = FrameHeader.largestBody) {
        self.largestBody = min(max(largestBody, 1), FrameHeader.largestBody)
    }

    package mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// A large body gets its memory at once instead of growing to it by doubling, but only when a part has arrived: announcing is free.
    private mutating func makeRoom(for bodyLength: Int) {
        let missing = bodyLength - buffer.readableBytes
        if buffer.readableBytes >= Self.earnest, missing > buffer.writableBytes { buffer.reserveCapacity(minimumWritableBytes: missing) }
    }

    private static let earnest = 32 << 10

    /// The next frame, or nil when more bytes are needed.
    package mutating func next() throws(ProtocolViolation) -> Output? {
        while true {
            if bytesToSkip > 0 {
                let skipped = min(bytesToSkip, buffer.readableBytes)
                buffer.moveReaderIndex(forwardBy: skipped)
                bytesToSkip -= skipped
                guard bytesToSkip == 0 else { return nil }
            }
            guard let header = header ?? buffer.readFrameHeader() else { return nil }
            guard header.length <= 0x00FF_FFFF else {
                // Kept, so that a caller who asks again gets the same answer.
                self.header = header
                throw ProtocolViolation(length: header.length)
            }
            guard header.length <= largestBody else {
                self.header = nil
                bytesToSkip = Int(header.length)
                return .oversized(header)
            }
            guard let body = buffer.readSlice(length: Int(header.length)) else {
                self.header = header
                makeRoom(for: Int(header.length))
                return nil
            }
            self.header = nil
            return .frame(Frame(streamID: header.streamID, type: header.type, flags: header.flags, body: body))
        }
    }
}
