import NIOCore

// Nearly every envelope is of one form: its fields once, in ascending order, nothing else. Such a one is read where it lies; every other
// goes through protobuf-c, which says the same of it.

extension RequestEnvelope {
    /// Reads a request for `method` without metadata; nil when it is none of this form.
    init?(scanning body: ByteBuffer, for method: MethodName) {
        guard
            let fields = body.withUnsafeReadableBytes({ bytes -> (payload: Range<Int>, timeout: Int64)? in
                var scanner = FieldScanner(bytes)
                guard scanner.isNext(method.service, field: 1), scanner.isNext(method.method, field: 2) else { return nil }
                guard let payload = scanner.content(ofField: 3), let timeout = scanner.integer(ofField: 4), scanner.isAtEnd else {
                    return nil
                }
                return (payload, Int64(bitPattern: timeout))
            })
        else { return nil }
        self.init(method: method, payload: body.slice(fields.payload), timeout: fields.timeout, metadata: Metadata())
    }
}

extension ResponseEnvelope {
    /// - Throws: as `init(decoding:limits:)`.
    init(reading body: ByteBuffer, limits: ConnectionLimits) throws(Status) {
        if let envelope = ResponseEnvelope(scanning: body) { self = envelope } else { try self.init(decoding: body, limits: limits) }
    }

    /// Reads a response without status and trailers; nil when it is none of this form.
    init?(scanning body: ByteBuffer) {
        guard
            let payload = body.withUnsafeReadableBytes({ bytes -> Range<Int>? in
                var scanner = FieldScanner(bytes)
                guard let payload = scanner.content(ofField: 2), scanner.isAtEnd else { return nil }
                return payload
            })
        else { return nil }
        self.init(failure: nil, payload: body.slice(payload))
    }
}

extension ByteBuffer {
    /// Shares the memory. `range` counts from the reader index and lies within the readable bytes.
    fileprivate func slice(_ range: Range<Int>) -> ByteBuffer {
        getSlice(at: readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}

/// Reads fields with small numbers, one after the other. What it does not understand it does not read past.
private struct FieldScanner {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Reads the field if this text is its content.
    mutating func isNext(_ text: String, field number: UInt8) -> Bool {
        guard let range = content(ofField: number), range.count == text.utf8.count else { return false }
        let content = UnsafeRawBufferPointer(rebasing: bytes[range])
        return text.utf8.withContiguousStorageIfAvailable { $0.elementsEqual(content) } ?? text.utf8.elementsEqual(content)
    }

    /// Where the content of a length-prefixed field lies; empty when another field, or none, comes next. Nil: not to be read here.
    mutating func content(ofField number: UInt8) -> Range<Int>? {
        guard take(number << 3 | 2) else { return position..<position }
        guard let count = varint(bytes: 5), count <= UInt64(bytes.count - position) else { return nil }
        defer { position += Int(count) }
        return position..<position + Int(count)
    }

    /// The value of a varint field; 0 when another field, or none, comes next. Nil: not to be read here.
    mutating func integer(ofField number: UInt8) -> UInt64? {
        take(number << 3) ? varint(bytes: 9) : 0
    }

    private mutating func take(_ tag: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == tag else { return false }
        position += 1
        return true
    }

    /// - Parameter limit: a tenth byte has room for one bit only, and protobuf-c takes no length of more than five: such are left to it.
    private mutating func varint(bytes limit: UInt64) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 7 * limit {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
