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
            let metadata = UnsafeBufferPointer(start: message.metadata, count: message.n_metadata)
            guard metadata.count <= limits.metadataEntries else {
                throw Status(.resourceExhausted, "more than \(limits.metadataEntries) metadata entries")
            }
            let envelope = RequestEnvelope(
                method: MethodName(service: String(cString: message.service), method: String(cString: message.method)),
                payload: body.lengthPrefixedField(3),
                timeout: message.timeout_nano,
                metadata: Metadata(
                    metadata.compactMap {
                        $0.map { Metadata.Entry(key: String(cString: $0.pointee.key), value: String(cString: $0.pointee.value)) }
                    }))
            guard envelope.metadata.byteCount <= limits.metadataBytes else {
                throw Status(.resourceExhausted, "more than \(limits.metadataBytes) bytes of metadata")
            }
            return envelope
        }
    }
}

extension ResponseEnvelope {
    /// - Throws: `internal` for bytes that are not a Response.
    init(decoding body: ByteBuffer) throws(Status) {
        do {
            self = try decode(responseType, from: body, named: "Response") { message in
                ResponseEnvelope(
                    failure: message.status.flatMap { $0.pointee.code == 0 ? nil : Status($0.pointee) },
                    payload: body.lengthPrefixedField(2))
            }
        } catch {
            throw Status(.internal, error.message)
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
        writeFrame(streamID: streamID, type: .request, flags: flags) { buffer in
            buffer.writeField(1, request.method.service)
            buffer.writeField(2, request.method.method)
            buffer.writeField(3, request.payload)
            if request.timeout != 0 {
                buffer.writeInteger(UInt8(4 << 3))
                buffer.writeVarint(UInt64(bitPattern: request.timeout))
            }
            for entry in request.metadata.entries {
                let length = fieldSize(entry.key.utf8.count) + fieldSize(entry.value.utf8.count)
                buffer.writeInteger(UInt8(5 << 3 | 2))
                buffer.writeVarint(UInt64(length))
                buffer.writeField(1, entry.key)
                buffer.writeField(2, entry.value)
            }
        }
    }

    /// Writes a whole Response frame that says OK.
    mutating func writeResponse(_ payload: ByteBuffer, streamID: StreamID) {
        let length = fieldSize(payload.readableBytes)
        writeFrameHeader(FrameHeader(length: UInt32(length), streamID: streamID, type: .response))
        writeField(2, payload)
    }

    /// Writes a whole Response frame that says why the call failed.
    mutating func writeResponse(_ status: Status, streamID: StreamID, largestBody: Int) {
        // A status that cannot be sent as it is says at least what went wrong. No text may hold a NUL.
        let plain = String(decoding: status.message.utf8.prefix(1024), as: UTF8.self).replacing("\0", with: "\u{FFFD}")
        for status in [status, Status(status.code, plain), Status(status.code, "")] {
            guard let encoded = try? Protobuf.encode(responseType, { try status.fill($1, $0) }), encoded.count <= largestBody else {
                continue
            }
            writeFrameHeader(FrameHeader(length: UInt32(encoded.count), streamID: streamID, type: .response))
            writeBytes(encoded)
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

    private mutating func writeFrame(streamID: StreamID, type: FrameType, flags: FrameFlags, body: (inout ByteBuffer) -> Void) {
        let start = writerIndex
        writeFrameHeader(FrameHeader(length: 0, streamID: streamID, type: type, flags: flags))
        body(&self)
        setInteger(UInt32(writerIndex - start - FrameHeader.byteCount), at: start)
    }

    private mutating func writeField(_ number: UInt8, _ text: String) {
        guard !text.isEmpty else { return }
        writeInteger(number << 3 | 2)
        writeVarint(UInt64(text.utf8.count))
        writeString(text)
    }

    private mutating func writeField(_ number: UInt8, _ content: ByteBuffer) {
        guard content.readableBytes > 0 else { return }
        writeInteger(number << 3 | 2)
        writeVarint(UInt64(content.readableBytes))
        writeImmutableBuffer(content)
    }

    private mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(truncatingIfNeeded: rest))
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
    static func encodedSize(payloadBytes: Int) -> Int {
        fieldSize(payloadBytes)
    }
}

/// The size of a length-prefixed field with a small number; an empty one is left out.
private func fieldSize(_ count: Int) -> Int {
    guard count > 0 else { return 0 }
    return 1 + (64 - count.leadingZeroBitCount + 6) / 7 + count
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
