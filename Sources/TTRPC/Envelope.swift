import CProtobufC
import CTTRPCMessages
import NIOCore
import Protobuf

/// What a Request frame says, besides the frame's own header.
struct RequestEnvelope: Hashable, Sendable {
    var method: MethodName
    var payload: ByteBuffer
    /// Nanoseconds the caller waits from the moment of sending. 0: no limit; negative: it has given up already.
    var timeout: Int64
    var metadata: Metadata
}

/// What a Response frame says. An absent status is OK.
struct ResponseEnvelope: Hashable, Sendable {
    /// Nil: OK.
    var failure: Status?
    var payload: ByteBuffer
    /// Metadata for the caller (`lots/1`).
    var trailers = Metadata()
}

private let requestType = MessageType<Ttrpc__Request>(ttrpc__request__init)
private let responseType = MessageType<Ttrpc__Response>(ttrpc__response__init)
private let statusType = MessageType<Ttrpc__Status>(ttrpc__status__init)
private let anyType = MessageType<Ttrpc__Any>(ttrpc__any__init)

// MARK: - Decoding

extension RequestEnvelope {
    /// - Throws: `invalidArgument` for bytes that are not a Request, `resourceExhausted` for too much metadata.
    init(decoding body: ByteBuffer, limits: ConnectionLimits) throws(Status) {
        self = try decode(requestType, from: body, named: "Request") { message in
            RequestEnvelope(
                method: MethodName(service: String(cString: message.service), method: String(cString: message.method)),
                payload: body.lengthPrefixedField(3),
                timeout: message.timeout_nano,
                metadata: try Metadata(UnsafeBufferPointer(start: message.metadata, count: message.n_metadata), limits: limits))
        }
    }
}

extension Metadata {
    fileprivate init(_ entries: UnsafeBufferPointer<UnsafeMutablePointer<Ttrpc__KeyValue>?>, limits: ConnectionLimits) throws(Status) {
        guard entries.count <= limits.metadataEntries else {
            throw Status(.resourceExhausted, "more than \(limits.metadataEntries) metadata entries")
        }
        self.init(
            entries.compactMap {
                $0.map { Entry(key: String(cString: $0.pointee.key), value: String(cString: $0.pointee.value)) }
            })
        guard byteCount <= limits.metadataBytes else {
            throw Status(.resourceExhausted, "more than \(limits.metadataBytes) bytes of metadata")
        }
    }
}

extension ResponseEnvelope {
    /// - Throws: `internal` for bytes that are not a Response, `resourceExhausted` for too many trailers.
    init(decoding body: ByteBuffer, limits: ConnectionLimits = ConnectionLimits()) throws(Status) {
        do {
            self = try decode(responseType, from: body, named: "Response") { message in
                ResponseEnvelope(
                    failure: message.status.flatMap { $0.pointee.code == 0 ? nil : Status($0.pointee) },
                    payload: body.lengthPrefixedField(2),
                    trailers: try Metadata(UnsafeBufferPointer(start: message.trailers, count: message.n_trailers), limits: limits))
            }
        } catch {
            throw error.code == .resourceExhausted ? error : Status(.internal, error.message)
        }
    }
}

extension Status {
    fileprivate init(_ message: Ttrpc__Status) {
        self.init(Code(rawValue: message.code), String(cString: message.message))
        details = UnsafeBufferPointer(start: message.details, count: message.n_details).compactMap {
            $0.map {
                StatusDetail(
                    typeURL: String(cString: $0.pointee.type_url),
                    value: Array(UnsafeBufferPointer(start: $0.pointee.value.data, count: $0.pointee.value.len)))
            }
        }
    }
}

private func decode<Message, Envelope>(
    _ type: MessageType<Message>, from body: ByteBuffer, named name: String, _ make: (Message) throws -> Envelope
) throws(Status) -> Envelope {
    do {
        return try body.withUnsafeReadableBytes { try withDecoded(type, from: $0) { try make($0.pointee) } }
    } catch let status as Status {
        throw status
    } catch {
        throw Status(.invalidArgument, "cannot decode the \(name): \(error)")
    }
}

extension ByteBuffer {
    /// The content of a length-prefixed field of the message this buffer holds, sharing its memory; empty when the field is absent.
    ///
    /// protobuf-c copies the payload; as a slice of what was received it costs nothing. The bytes have been checked to be a message.
    fileprivate func lengthPrefixedField(_ number: UInt64) -> ByteBuffer {
        var reader = self
        var found = ByteBuffer()
        while let tag = reader.readVarint() {
            switch tag & 7 {
            case 0: _ = reader.readVarint()
            case 1: reader.skip(8)
            case 5: reader.skip(4)
            default:
                guard let count = reader.readVarint(), let content = reader.readSlice(length: Int(truncatingIfNeeded: count)) else {
                    return found
                }
                if tag >> 3 == number { found = content }
            }
        }
        return found
    }

    private mutating func skip(_ count: Int) {
        moveReaderIndex(forwardBy: min(count, readableBytes))
    }

    private mutating func readVarint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let byte: UInt8 = readInteger() else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        return nil
    }
}

// MARK: - Encoding

// Both envelopes are a handful of length-prefixed fields. They are written straight into the connection's outgoing bytes, in front of the
// payload: building the C struct first would copy every text and payload once more.

extension ByteBuffer {
    /// Writes a whole Request frame.
    mutating func writeRequest(_ request: RequestEnvelope, streamID: StreamID, flags: FrameFlags) {
        writeFrame(streamID: streamID, type: .request, flags: flags, upTo: request.largestEncodedSize) { body in
            body.writeField(1, request.method.service)
            body.writeField(2, request.method.method)
            body.writeField(3, request.payload)
            if request.timeout != 0 {
                body.writeByte(4 << 3)
                body.writeVarint(UInt64(bitPattern: request.timeout))
            }
            body.writeEntries(5, request.metadata)
        }
    }

    /// Writes a whole Response frame that says OK.
    mutating func writeResponse(_ payload: ByteBuffer, trailers: Metadata = Metadata(), streamID: StreamID) {
        let size = ResponseEnvelope.encodedSize(payloadBytes: payload.readableBytes, trailers: trailers)
        writeFrame(streamID: streamID, type: .response, upTo: size) { body in
            body.writeField(2, payload)
            body.writeEntries(15, trailers)
        }
    }

    /// Writes a whole Response frame that says why the call failed.
    mutating func writeResponse(_ status: Status, trailers: Metadata = Metadata(), streamID: StreamID, largestBody: Int) {
        // A status that cannot be sent as it is says at least what went wrong. No text may hold a NUL.
        let plain = String(decoding: status.message.utf8.prefix(1024), as: UTF8.self).replacing("\0", with: "\u{FFFD}")
        let none = Metadata()
        for (status, trailers) in [(status, trailers), (status, none), (Status(status.code, plain), none), (Status(status.code, ""), none)]
        {
            guard let encoded = try? Protobuf.encode(responseType, { try status.fill($1, $0) }),
                encoded.count + trailers.encodedSize <= largestBody
            else { continue }
            writeFrame(streamID: streamID, type: .response, upTo: encoded.count + trailers.encodedSize) { body in
                body.writeBytes(encoded)
                body.writeEntries(15, trailers)
            }
            return
        }
    }

    /// Writes a whole Data frame with one message.
    mutating func writeMessage(_ message: ByteBuffer, streamID: StreamID) {
        writeFrameHeader(FrameHeader(length: UInt32(message.readableBytes), streamID: streamID, type: .data))
        writeImmutableBuffer(message)
    }

    /// Writes the Data frame that ends a stream.
    mutating func writeEndOfStream(streamID: StreamID) {
        writeFrameHeader(FrameHeader(length: 0, streamID: streamID, type: .data, flags: .endOfStream))
    }

    /// - Parameter size: what `write` does not exceed.
    private mutating func writeFrame(
        streamID: StreamID, type: FrameType, flags: FrameFlags = [], upTo size: Int, _ write: (inout FieldWriter) -> Void
    ) {
        // All at once, because asking the buffer for every few bytes costs more than writing them.
        writeWithUnsafeMutableBytes(minimumWritableBytes: FrameHeader.byteCount + size) { bytes in
            var body = FieldWriter(UnsafeMutableRawBufferPointer(rebasing: bytes.dropFirst(FrameHeader.byteCount)))
            write(&body)
            var header = FieldWriter(bytes)
            header.writeHeader(FrameHeader(length: UInt32(body.count), streamID: streamID, type: type, flags: flags))
            return header.count + body.count
        }
    }
}

/// Writes fields one after the other into memory that has room for them; it never writes past its end.
private struct FieldWriter {
    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func writeHeader(_ header: FrameHeader) {
        writeInteger(header.length)
        writeInteger(header.streamID.rawValue)
        writeByte(header.type.rawValue)
        writeByte(header.flags.rawValue)
    }

    private mutating func writeInteger(_ value: UInt32) {
        precondition(bytes.count - count >= 4)
        bytes.storeBytes(of: value.bigEndian, toByteOffset: count, as: UInt32.self)
        count += 4
    }

    mutating func writeByte(_ byte: UInt8) {
        precondition(count < bytes.count)
        bytes[count] = byte
        count += 1
    }

    mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            writeByte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeByte(UInt8(truncatingIfNeeded: rest))
    }

    mutating func writeBytes(_ content: some Collection<UInt8>) {
        precondition(bytes.count - count >= content.count)
        UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyBytes(from: content)
        count += content.count
    }

    mutating func writeField(_ number: UInt8, _ text: String) {
        let utf8 = text.utf8
        guard !utf8.isEmpty else { return }
        writeFieldHeader(number, count: utf8.count)
        writeBytes(utf8)
    }

    mutating func writeField(_ number: UInt8, _ content: ByteBuffer) {
        guard content.readableBytes > 0 else { return }
        writeFieldHeader(number, count: content.readableBytes)
        content.withUnsafeReadableBytes { writeBytes($0) }
    }

    /// Of a length-prefixed field.
    private mutating func writeFieldHeader(_ number: UInt8, count: Int) {
        writeByte(number << 3 | 2)
        writeVarint(UInt64(count))
    }

    mutating func writeEntries(_ number: UInt8, _ metadata: Metadata) {
        for entry in metadata.entries {
            writeFieldHeader(number, count: entry.encodedSize)
            writeField(1, entry.key)
            writeField(2, entry.value)
        }
    }
}

extension RequestEnvelope {
    /// An upper bound of the encoded size, to refuse a request before it takes a stream id.
    var largestEncodedSize: Int {
        fieldSize(method.service.utf8.count) + fieldSize(method.method.utf8.count) + fieldSize(payload.readableBytes) + 11
            + metadata.byteCount + metadata.entries.count * 18
    }
}

extension ResponseEnvelope {
    /// The size of the body that answers with this payload.
    static func encodedSize(payloadBytes: Int, trailers: Metadata = Metadata()) -> Int {
        fieldSize(payloadBytes) + trailers.encodedSize
    }
}

extension Metadata {
    /// As entries of a field with a small number.
    fileprivate var encodedSize: Int {
        entries.reduce(0) { $0 + 1 + varintSize($1.encodedSize) + $1.encodedSize }
    }
}

extension Metadata.Entry {
    /// Without its tag and length.
    fileprivate var encodedSize: Int {
        fieldSize(key.utf8.count) + fieldSize(value.utf8.count)
    }
}

/// The size of a length-prefixed field with a small number; an empty one is left out.
private func fieldSize(_ count: Int) -> Int {
    guard count > 0 else { return 0 }
    return 1 + varintSize(count) + count
}

private func varintSize(_ value: Int) -> Int {
    max(1, (64 - value.leadingZeroBitCount + 6) / 7)
}

extension Status {
    fileprivate func fill(_ message: UnsafeMutablePointer<Ttrpc__Response>, _ arena: Arena) throws {
        let status = arena.make(statusType)
        status.pointee.code = code.rawValue
        status.pointee.message = arena.string(self.message)
        let details = arena.array(anyType, of: details) { any, detail in
            any.pointee.type_url = arena.string(detail.typeURL)
            any.pointee.value = arena.bytes(detail.value)
        }
        status.pointee.n_details = details.count
        status.pointee.details = details.elements
        message.pointee.status = status
    }
}
