import CProtobufC

/// How a field is written.
enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case lengthPrefixed = 2
    case fixed32 = 5

    /// For people.
    var name: String {
        switch self {
        case .varint: "a varint"
        case .fixed64: "8 bytes"
        case .lengthPrefixed: "bytes with a length"
        case .fixed32: "4 bytes"
        }
    }
}

/// What is wrong with the wire form at one place, such that reading cannot go on.
enum WireFault: Error {
    case truncated, length, varint, fieldNumber, wireType, bool, repetition, depth, memory
}

/// Reads the wire format from memory it does not own, one item at a time, never past the end.
struct WireReader {
    private var next: UnsafeRawPointer
    private let end: UnsafeRawPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress {
            next = start
            end = start + bytes.count
        } else {
            // Nothing is ever read from here: any address will do for no bytes.
            next = UnsafeRawPointer(lots_protobuf_empty_string())
            end = next
        }
    }

    var isAtEnd: Bool { next == end }

    private var left: Int { end - next }

    func offset(from bytes: UnsafeRawBufferPointer) -> Int {
        bytes.baseAddress.map { next - $0 } ?? 0
    }

    /// A field's number and how it is written. Like protobuf-c, takes at most five bytes.
    mutating func tag() throws(WireFault) -> (number: UInt32, wireType: WireType) {
        let start = next
        let value = try varint()
        guard next - start <= 5 else { throw .varint }
        guard (8...UInt64(UInt32.max)).contains(value) else { throw .fieldNumber }
        guard let wireType = WireType(rawValue: UInt8(truncatingIfNeeded: value & 7)) else { throw .wireType }
        return (UInt32(truncatingIfNeeded: value >> 3), wireType)
    }

    /// A number in base 128, little end first, of at most ten bytes and 64 bits.
    mutating func varint() throws(WireFault) -> UInt64 {
        guard next != end else { throw .truncated }
        let first = next.load(as: UInt8.self)
        if first < 0x80 {
            next += 1
            return UInt64(first)
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while next != end {
            let byte = next.load(as: UInt8.self)
            next += 1
            if shift == 63, byte > 1 { throw .varint }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        throw .truncated
    }

    /// The content of a length-prefixed field. Like protobuf-c, takes at most five bytes for the length.
    mutating func lengthPrefixed() throws(WireFault) -> UnsafeRawBufferPointer {
        let start = next
        let count = try varint()
        guard next - start <= 5 else { throw .varint }
        guard count <= UInt64(left), count <= UInt64(Int32.max) else { throw .length }
        defer { next += Int(count) }
        return UnsafeRawBufferPointer(start: next, count: Int(count))
    }

    /// Reads past a value and returns its size, a length in front included.
    mutating func skip(_ wireType: WireType) throws(WireFault) -> Int {
        let start = next
        switch wireType {
        case .varint: _ = try varint()
        case .lengthPrefixed: _ = try lengthPrefixed()
        case .fixed32:
            guard left >= 4 else { throw .truncated }
            next += 4
        case .fixed64:
            guard left >= 8 else { throw .truncated }
            next += 8
        }
        return next - start
    }
}

extension ProtobufCType {
    /// How a single value of this type is written.
    var wireType: WireType {
        switch self {
        case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
        case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
        case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: .lengthPrefixed
        default: .varint
        }
    }

    /// The size of an element in the array of a repeated field.
    var elementSize: Int {
        switch self {
        case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64,
            PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_MESSAGE:
            8
        case PROTOBUF_C_TYPE_BYTES: MemoryLayout<ProtobufCBinaryData>.stride
        default: 4
        }
    }
}
