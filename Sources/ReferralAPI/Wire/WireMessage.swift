import CProtobufC
import CReferralMessages
import NIOCore
import Protobuf
import Referral

/// A value that is one message of the contract.
protocol WireMessage: Sendable {
    associatedtype Wire

    static var wireType: MessageType<Wire> { get }

    /// Nil when something has a fault, which `fields` has then.
    init?(_ message: UnsafePointer<Wire>, _ fields: inout FieldReader)

    /// Fills a message whose fields are at their defaults.
    func write(to message: UnsafeMutablePointer<Wire>, in arena: Arena)
}

extension WireMessage {
    init(unpacking bytes: UnsafeRawBufferPointer, _ rules: ReadingRules) throws(Faults) {
        self = try unpack(Self.wireType, bytes, rules) { Self($0, &$1) }
    }

    init(unpacking buffer: ByteBuffer, _ rules: ReadingRules) throws(Faults) {
        self = try buffer.withUnsafeBytes { bytes throws(Faults) in try Self(unpacking: bytes, rules) }
    }

    /// - Throws: `EncodeFault` when a text has a NUL or the message needs more memory than any frame may carry.
    func packed() throws -> ByteBuffer {
        try pack(Self.wireType, write)
    }
}

/// Decodes a message and reads it: either a value without any fault, or every fault.
func unpack<Message, Value>(
    _ type: MessageType<Message>, _ bytes: UnsafeRawBufferPointer, _ rules: ReadingRules,
    _ read: (UnsafePointer<Message>, inout FieldReader) -> Value?
) throws(Faults) -> Value {
    let result: Result<Value, Faults>
    do {
        result = try withDecoded(type, from: bytes) { message in
            var fields = FieldReader(rules)
            let value = read(message, &fields)
            guard let value, fields.faults.isEmpty else { return .failure(Faults(fields.faults.faults)) }
            return .success(value)
        }
    } catch let faults as DecodeFaults {
        throw Faults(faults)
    } catch {
        throw Faults([Fault(path: "", rule: "cannot be decoded")])
    }
    return try result.get()
}

func pack<Message>(_ type: MessageType<Message>, _ fill: (UnsafeMutablePointer<Message>, Arena) -> Void) throws -> ByteBuffer {
    try withEncoded(type) { arena, message in
        fill(message, arena)
    } _: { packable in
        var buffer = ByteBufferAllocator().buffer(capacity: packable.size)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: packable.size) { packable.pack(into: $0) }
        return buffer
    }
}

extension ByteBuffer {
    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws(Faults) -> R) throws(Faults) -> R {
        let result: Result<R, Faults> = withUnsafeReadableBytes { bytes in
            do throws(Faults) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension Arena {
    func make(_ instant: Instant) -> UnsafeMutablePointer<Google__Protobuf__Timestamp> {
        let message = make(timestampType)
        message.pointee.setTo(instant)
        return message
    }

    /// The empty text for nil: a plain field that says nothing.
    func string(_ text: String?) -> UnsafeMutablePointer<CChar> {
        string(text ?? "")
    }
}

private let timestampType = MessageType(google__protobuf__timestamp__init)

extension Google__Protobuf__Timestamp {
    /// The seconds that a timestamp may have: from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
    fileprivate static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// Moments outside of the range of timestamps become its first or last.
    fileprivate mutating func setTo(_ instant: Instant) {
        let milliseconds = min(max(instant.milliseconds, Self.range.lowerBound * 1_000), Self.range.upperBound * 1_000 + 999)
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        seconds = remainder < 0 ? quotient - 1 : quotient
        nanos = Int32(remainder < 0 ? remainder + 1_000 : remainder) * 1_000_000
    }
}

extension Instant {
    /// Cut to whole milliseconds; nil when the timestamp is not one.
    init?(_ timestamp: Google__Protobuf__Timestamp) {
        guard Google__Protobuf__Timestamp.range.contains(timestamp.seconds), (0..<1_000_000_000).contains(timestamp.nanos) else {
            return nil
        }
        self.init(milliseconds: timestamp.seconds * 1_000 + Int64(timestamp.nanos) / 1_000_000)
    }
}
