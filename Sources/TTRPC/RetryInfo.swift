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
}

extension StatusDetail {
    /// The type of the detail that says when to try again.
    public static let retryInfoTypeURL = "type.googleapis.com/google.rpc.RetryInfo"
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
