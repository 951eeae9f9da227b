extension StatusDetail {
    /// A `google.rpc.RetryInfo`: the caller should wait at least this long, at most a day, before it tries again.
    public static func retryInfo(after delay: Duration) -> StatusDetail {
        let (seconds, attoseconds) = min(max(delay, .zero), .seconds(86_400)).components
        // google.protobuf.Duration: field 1 seconds, field 2 nanoseconds; it is field 1 of the detail.
        let duration = field(1, UInt64(seconds)) + field(2, UInt64(attoseconds / 1_000_000_000))
        return StatusDetail(typeURL: "type.googleapis.com/google.rpc.RetryInfo", value: [1 << 3 | 2, UInt8(duration.count)] + duration)
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

extension Status {
    /// `RESOURCE_EXHAUSTED` with a `google.rpc.RetryInfo`, in whole milliseconds, whose time the message also tells.
    public static func exhausted(_ what: String, retryAfter delay: Duration) -> Status {
        let milliseconds = max(1, Int64((delay / .milliseconds(1)).rounded(.up)))
        return Status(
            .resourceExhausted, "\(what); try again in \(milliseconds) ms", details: [.retryInfo(after: .milliseconds(milliseconds))])
    }
}
