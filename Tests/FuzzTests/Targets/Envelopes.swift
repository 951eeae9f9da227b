import NIOCore

@testable import TTRPC

extension FuzzTarget {
    /// An envelope that can be read is the same after it has been written and read again.
    static let envelopes = FuzzTarget(name: "envelopes") { bytes in
        var choices = Choices(bytes)
        let isRequest = choices.byte() & 1 == 0
        let body = ByteBuffer(bytes: choices.remaining())
        if isRequest { try request(body) } else { try response(body) }
    }

    private static func request(_ body: ByteBuffer) throws {
        let limits = ConnectionLimits()
        let envelope: RequestEnvelope
        do throws(Status) {
            envelope = try RequestEnvelope(decoding: body, limits: limits)
        } catch {
            let scanned = RequestEnvelope(scanning: body, for: MethodName(service: "", method: ""))
            try require(
                scanned == nil || error.code == .resourceExhausted, "a request that is read where it lies is one that protobuf-c can read")
            return try require(
                error.code == .invalidArgument || error.code == .resourceExhausted, "a bad request is the caller's fault, not \(error)")
        }
        if let scanned = RequestEnvelope(scanning: body, for: envelope.method) {
            try require(scanned == envelope, "a request that is read where it lies says what protobuf-c reads of it")
        }
        try require(envelope.metadata.entries.count <= limits.metadataEntries, "metadata has a bound")
        try require(envelope.metadata.byteCount <= limits.metadataBytes, "metadata has a bound")
        let written = try writtenBody { $0.writeRequest(envelope, streamID: StreamID(1), flags: []) }
        try require(written.readableBytes <= envelope.largestEncodedSize, "the size is never more than what was foretold")
        try require(try RequestEnvelope(decoding: written, limits: limits) == envelope, "a request says the same when written again")
        let isPlain = envelope.metadata.isEmpty && envelope.timeout >= 0
        try require(
            !isPlain || RequestEnvelope(scanning: written, for: envelope.method) == envelope, "a plain request is read where it lies")
    }

    private static func response(_ body: ByteBuffer) throws {
        let scanned = ResponseEnvelope(scanning: body)
        let envelope: ResponseEnvelope
        do throws(Status) {
            envelope = try ResponseEnvelope(decoding: body)
        } catch {
            try require(scanned == nil, "a response that is read where it lies is one that protobuf-c can read")
            return try require(error.code == .internal, "a bad response is the server's fault, not \(error)")
        }
        try require(scanned == nil || scanned == envelope, "a response that is read where it lies says what protobuf-c reads of it")
        let written = try writtenBody { buffer in
            if let failure = envelope.failure {
                buffer.writeResponse(failure, streamID: StreamID(1), largestBody: FrameHeader.largestBody)
            } else {
                buffer.writeResponse(envelope.payload, streamID: StreamID(1))
            }
        }
        let read = try ResponseEnvelope(decoding: written)
        try require(read.failure == envelope.failure, "a status says the same when written again")
        try require(read.failure != nil || read.payload == envelope.payload, "an answer is the same when written again")
    }

    private static func writtenBody(_ write: (inout ByteBuffer) -> Void) throws -> ByteBuffer {
        var bytes = ByteBuffer()
        write(&bytes)
        var decoder = FrameDecoder()
        decoder.append(bytes)
        guard case .frame(let frame) = try decoder.next(), try decoder.next() == nil else {
            throw BrokenRule(description: "an envelope is written as one frame")
        }
        return frame.body
    }
}
