import NIOCore

extension Status {
    /// How long the server asks to wait before the call is made again: a `google.rpc.RetryInfo` among the details. Zero to a day; nil when
    /// there is none that can be read.
    public var retryDelay: Duration? {
        for detail in details where detail.typeURL == StatusDetail.retryInfoTypeURL {
            // RetryInfo { google.protobuf.Duration retry_delay = 1; }, Duration { int64 seconds = 1; int32 nanos = 2; }
            guard let duration = ProtobufFields(detail.value)?.bytes[1], let fields = ProtobufFields(duration) else { continue }
            let seconds = Int64(bitPattern: fields.numbers[1] ?? 0)
            let nanoseconds = Int64(bitPattern: fields.numbers[2] ?? 0)
            guard (0...86_400).contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else { continue }
            return .seconds(seconds) + .nanoseconds(nanoseconds)
        }
        return nil
    }

    /// `RESOURCE_EXHAUSTED` with a `google.rpc.RetryInfo`, in whole milliseconds, whose time the message also tells.
    public static func exhausted(_ what: String, retryAfter delay: Duration) -> Status {
        let milliseconds = max(1, Int64((delay / .milliseconds(1)).rounded(.up)))
        return Status(
            .resourceExhausted, "\(what); try again in \(milliseconds) ms", details: [.retryInfo(after: .milliseconds(milliseconds))])
    }
}

extension StatusDetail {
    /// The type of the detail that says when to try again.
    public static let retryInfoTypeURL = "type.googleapis.com/google.rpc.RetryInfo"

    /// A `google.rpc.RetryInfo`: the caller should wait at least this long, at most a day, before it tries again.
    public static func retryInfo(after delay: Duration) -> StatusDetail {
        let (seconds, attoseconds) = min(max(delay, .zero), .seconds(86_400)).components
        // google.protobuf.Duration: field 1 seconds, field 2 nanoseconds; it is field 1 of the detail.
        let duration = field(1, UInt64(seconds)) + field(2, UInt64(attoseconds / 1_000_000_000))
        return StatusDetail(typeURL: retryInfoTypeURL, value: [1 << 3 | 2, UInt8(duration.count)] + duration)
    }

    /// A varint field; nothing for 0, its default.
    private static func field(_ number: UInt8, _ value: UInt64) -> [UInt8] {
        guard value > 0 else { return [] }
        var bytes = [number << 3]
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }
}

/// The fields of one small message: of each number the last, as protobuf has it.
private struct ProtobufFields {
    var numbers: [UInt64: UInt64] = [:]
    var bytes: [UInt64: [UInt8]] = [:]

    /// Nil when the bytes are no message.
    init?(_ message: [UInt8]) {
        var reader = ByteBuffer(bytes: message)
        while reader.readableBytes > 0 {
            guard let tag = Self.varint(&reader) else { return nil }
            switch tag & 7 {
            case 0:
                guard let number = Self.varint(&reader) else { return nil }
                numbers[tag >> 3] = number
            case 2:
                guard let count = Self.varint(&reader).flatMap({ Int(exactly: $0) }), let content = reader.readBytes(length: count) else {
                    return nil
                }
                bytes[tag >> 3] = content
            default:
                return nil
            }
        }
    }

    private static func varint(_ reader: inout ByteBuffer) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let byte: UInt8 = reader.readInteger() else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        return nil
    }
}
