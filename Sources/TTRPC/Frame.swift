package import NIOCore

/// Names one stream of a connection. The client chooses it; the ids it may choose are odd.
package struct StreamID: Hashable, Sendable, CustomStringConvertible {
    package var rawValue: UInt32

    package init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// What frames that concern the whole connection carry.
    package static let connection = StreamID(0)

    package var isClientInitiated: Bool { rawValue & 1 == 1 }

    package var description: String { String(rawValue) }
}

/// What a frame carries. Values this version does not know are kept, so that a receiver can ignore them.
package struct FrameType: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Opens a stream; the body is a `Request`.
    package static let request = FrameType(rawValue: 1)
    /// Ends a stream; the body is a `Response`.
    package static let response = FrameType(rawValue: 2)
    /// One message of a stream; the body is the message itself.
    package static let data = FrameType(rawValue: 3)

    // Of `lots/1` only; plain ttrpc ignores them like every type it does not know.
    /// The client has given the call up; no body.
    package static let cancel = FrameType(rawValue: 4)
    /// More may be sent on the stream; the body is the number of bytes.
    package static let credit = FrameType(rawValue: 5)
    /// To be answered with a pong of the same eight bytes.
    package static let ping = FrameType(rawValue: 6)
    package static let pong = FrameType(rawValue: 7)
    /// The server takes no more calls; the body is the last id it takes and a reason for people.
    package static let goAway = FrameType(rawValue: 8)
}

/// The flags of a frame. Unknown bits are legal and mean nothing.
package struct FrameFlags: OptionSet, Hashable, Sendable {
    package var rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The sender sends nothing more on this stream.
    package static let remoteClosed = FrameFlags(rawValue: 0x01)
    /// The sender will send messages on this stream.
    package static let remoteOpen = FrameFlags(rawValue: 0x02)
    /// The frame carries no message: an empty body is not an empty message.
    package static let noData = FrameFlags(rawValue: 0x04)

    /// What ends a stream, in a frame of its own without a body.
    package static let endOfStream: FrameFlags = [.remoteClosed, .noData]
}

/// The ten bytes before every body, big-endian: length (4), stream id (4), type (1), flags (1).
package struct FrameHeader: Hashable, Sendable {
    package static let byteCount = 10

    /// The largest body ttrpc allows.
    package static let largestBody = 4_194_304

    package var length: UInt32
    package var streamID: StreamID
    package var type: FrameType
    package var flags: FrameFlags

    package init(length: UInt32, streamID: StreamID, type: FrameType, flags: FrameFlags = []) {
        self.length = length
        self.streamID = streamID
        self.type = type
        self.flags = flags
    }
}

/// A whole frame; its body shares the memory of the bytes it was read from.
package struct Frame: Hashable, Sendable {
    package var streamID: StreamID
    package var type: FrameType
    package var flags: FrameFlags
    package var body: ByteBuffer

    package init(streamID: StreamID, type: FrameType, flags: FrameFlags = [], body: ByteBuffer = ByteBuffer()) {
        self.streamID = streamID
        self.type = type
        self.flags = flags
        self.body = body
    }
}

extension ByteBuffer {
    package mutating func writeFrameHeader(_ header: FrameHeader) {
        writeMultipleIntegers(header.length, header.streamID.rawValue, header.type.rawValue, header.flags.rawValue)
    }

    package mutating func writeFrame(_ frame: Frame) {
        writeFrameHeader(
            FrameHeader(length: UInt32(frame.body.readableBytes), streamID: frame.streamID, type: frame.type, flags: frame.flags))
        writeImmutableBuffer(frame.body)
    }

    /// The header at the reader index; nil when fewer than ten bytes are there.
    mutating func readFrameHeader() -> FrameHeader? {
        guard let (length, id, type, flags) = readMultipleIntegers(as: (UInt32, UInt32, UInt8, UInt8).self) else { return nil }
        return FrameHeader(length: length, streamID: StreamID(id), type: FrameType(rawValue: type), flags: FrameFlags(rawValue: flags))
    }
}
