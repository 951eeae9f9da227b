import NIOCore

/// A frame of `lots/1` that carries no part of a message.
enum ControlFrame: Hashable, Sendable {
    /// The client has given the call up.
    case cancel(StreamID)
    /// So much more may be sent on the stream.
    case credit(StreamID, UInt32)
    /// To be answered with a pong of the same number.
    case ping(UInt64)
    case pong(UInt64)
    /// Calls with a greater id have not been processed and never will be; the reason is for people.
    case goAway(lastID: StreamID, reason: String)

    /// The frame breaks the rules of `lots/1`: the connection is to be closed.
    struct Fault: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    /// The longest reason, in bytes of UTF-8; it fits the smallest limit for bodies.
    static let longestReason = 1000

    /// Nil for a type that is none of these.
    init?(_ frame: Frame) throws(Fault) {
        var body = frame.body
        switch frame.type {
        case .cancel:
            try Self.check(frame, "CANCEL", length: 0...0, onStream: true)
            self = .cancel(frame.streamID)
        case .credit:
            try Self.check(frame, "CREDIT", length: 4...4, onStream: true)
            guard let bytes: UInt32 = body.readInteger(), bytes > 0 else { throw Fault(description: "a CREDIT of 0 bytes") }
            self = .credit(frame.streamID, bytes)
        case .ping, .pong:
            try Self.check(frame, frame.type == .ping ? "PING" : "PONG", length: 8...8, onStream: false)
            guard let number: UInt64 = body.readInteger() else { return nil }
            self = frame.type == .ping ? .ping(number) : .pong(number)
        case .goAway:
            try Self.check(frame, "GOAWAY", length: 4...4 + Self.longestReason, onStream: false)
            guard let id: UInt32 = body.readInteger() else { return nil }
            self = .goAway(lastID: StreamID(id), reason: String(buffer: body))
        default:
            return nil
        }
    }

    private static func check(_ frame: Frame, _ name: String, length: ClosedRange<Int>, onStream: Bool) throws(Fault) {
        guard (frame.streamID.rawValue != 0) == onStream else {
            throw Fault(description: "a \(name) on stream \(frame.streamID)\(onStream ? "" : ": it concerns the connection, stream 0")")
        }
        guard length.contains(frame.body.readableBytes) else {
            throw Fault(description: "a \(name) of \(frame.body.readableBytes) bytes")
        }
    }
}

extension ByteBuffer {
    /// Writes the whole frame.
    mutating func writeControlFrame(_ frame: ControlFrame) {
        switch frame {
        case .cancel(let id):
            writeFrameHeader(FrameHeader(length: 0, streamID: id, type: .cancel))
        case .credit(let id, let bytes):
            writeFrameHeader(FrameHeader(length: 4, streamID: id, type: .credit))
            writeInteger(bytes)
        case .ping(let number):
            writeFrameHeader(FrameHeader(length: 8, streamID: .connection, type: .ping))
            writeInteger(number)
        case .pong(let number):
            writeFrameHeader(FrameHeader(length: 8, streamID: .connection, type: .pong))
            writeInteger(number)
        case .goAway(let lastID, let reason):
            // Decoding the cut text mends a character that the cut went through, so it is cut well below the limit.
            let text = String(decoding: reason.utf8.prefix(ControlFrame.longestReason - 8), as: UTF8.self)
            writeFrameHeader(FrameHeader(length: UInt32(4 + text.utf8.count), streamID: .connection, type: .goAway))
            writeInteger(lastID.rawValue)
            writeString(text)
        }
    }
}
