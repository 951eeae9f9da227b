import CTTRPCMessages
import NIOCore
import Protobuf
import Testing

@testable import TTRPC

/// The envelopes, with the C code that protoc-c wrote as the oracle.
struct EnvelopeTests {
    private let limits = ConnectionLimits()

    private func body(_ write: (inout ByteBuffer) -> Void) throws -> ByteBuffer {
        var bytes = ByteBuffer()
        write(&bytes)
        var decoder = FrameDecoder()
        decoder.append(bytes)
        guard case .frame(let frame) = try decoder.next() else { throw Status(.internal, "no frame") }
        #expect(try decoder.next() == nil)
        return frame.body
    }

    @Test(arguments: [
        RequestEnvelope(method: MethodName(service: "", method: ""), payload: ByteBuffer(), timeout: 0, metadata: [:]),
        RequestEnvelope(
            method: MethodName(service: "lots.v1.Referrals", method: "Submit"), payload: ByteBuffer(repeating: 9, count: 127),
            timeout: 5_000_000_000, metadata: ["trace": "abc", "trace": "", "": "räksmörgås"]),
        RequestEnvelope(
            method: MethodName(service: String(repeating: "s", count: 200), method: "m"), payload: ByteBuffer(repeating: 9, count: 128),
            timeout: .min, metadata: [:]),
        RequestEnvelope(
            method: MethodName(service: "a", method: "b"), payload: ByteBuffer(repeating: 9, count: 70_000), timeout: .max, metadata: [:]),
    ])
    func requestIsWhatProtocWrites(_ request: RequestEnvelope) throws {
        let written = try body { $0.writeRequest(request, streamID: StreamID(1), flags: []) }
        let expected = try encode(MessageType<Ttrpc__Request>(ttrpc__request__init)) { arena, message in
            message.pointee.service = arena.string(request.method.service)
            message.pointee.method = arena.string(request.method.method)
            message.pointee.payload = arena.bytes(request.payload.readableBytesView)
            message.pointee.timeout_nano = request.timeout
            let entries = arena.array(MessageType<Ttrpc__KeyValue>(ttrpc__key_value__init), of: request.metadata.entries) {
                $0.pointee.key = arena.string($1.key)
                $0.pointee.value = arena.string($1.value)
            }
            message.pointee.n_metadata = entries.count
            message.pointee.metadata = entries.elements
        }
        #expect(Array(written.readableBytesView) == expected)
        #expect(try RequestEnvelope(decoding: written, limits: limits) == request)
        #expect(written.readableBytes <= request.largestEncodedSize)
        let isPlain = request.metadata.isEmpty && request.timeout >= 0
        #expect(RequestEnvelope(scanning: written, for: request.method) == (isPlain ? request : nil))
    }

    /// What is not quite the form that is read in place is left to protobuf-c, whatever it is.
    @Test func onlyThePlainFormIsReadInPlace() throws {
        let request = RequestEnvelope(
            method: MethodName(service: "a.B", method: "C"), payload: ByteBuffer(string: "xyz"), timeout: 300, metadata: [:])
        let whole = try Array(body { $0.writeRequest(request, streamID: StreamID(1), flags: []) }.readableBytesView)
        #expect(RequestEnvelope(scanning: ByteBuffer(bytes: whole), for: request.method) == request)
        for count in whole.indices {
            let scanned = RequestEnvelope(scanning: ByteBuffer(bytes: whole.prefix(count)), for: request.method)
            let decoded = try? RequestEnvelope(decoding: ByteBuffer(bytes: whole.prefix(count)), limits: limits)
            #expect(scanned == nil || scanned == decoded, "the first \(count) bytes")
        }
        for position in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[position] ^= 1 << bit
                let scanned = RequestEnvelope(scanning: ByteBuffer(bytes: bytes), for: request.method)
                let decoded = try? RequestEnvelope(decoding: ByteBuffer(bytes: bytes), limits: limits)
                #expect(scanned == nil || scanned == decoded, "bit \(bit) of byte \(position)")
            }
        }
        for other in [
            MethodName(service: "a.B", method: "D"), MethodName(service: "a.b", method: "C"), MethodName(service: "", method: ""),
        ] {
            #expect(RequestEnvelope(scanning: ByteBuffer(bytes: whole), for: other) == nil)
        }
        #expect(RequestEnvelope(scanning: ByteBuffer(bytes: whole + [0x2A, 0]), for: request.method) == nil, "metadata")
        #expect(RequestEnvelope(scanning: ByteBuffer(bytes: whole + whole), for: request.method) == nil, "twice")
        // A length of six bytes: protobuf-c takes five.
        let padded = Array(whole.prefix(1)) + [0x83, 0x80, 0x80, 0x80, 0x80, 0x00] + Array(whole.dropFirst(2))
        #expect(throws: Status.self) { try RequestEnvelope(decoding: ByteBuffer(bytes: padded), limits: limits) }
        #expect(RequestEnvelope(scanning: ByteBuffer(bytes: padded), for: request.method) == nil)
    }

    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 2_097_152])
    func responseIsWhatProtocWrites(_ count: Int) throws {
        let payload = ByteBuffer(repeating: 3, count: count)
        let written = try body { $0.writeResponse(payload, streamID: StreamID(1)) }
        let expected = try encode(MessageType<Ttrpc__Response>(ttrpc__response__init)) {
            $1.pointee.payload = $0.bytes(payload.readableBytesView)
        }
        #expect(Array(written.readableBytesView) == expected)
        #expect(written.readableBytes == ResponseEnvelope.encodedSize(payloadBytes: count))
        #expect(ResponseEnvelope(scanning: written) == ResponseEnvelope(payload: payload))
        #expect(try ResponseEnvelope(decoding: written) == ResponseEnvelope(failure: nil, payload: payload))
    }

    @Test func statusTravelsWithItsDetails() throws {
        let status = Status(
            .failedPrecondition, "stängt",
            details: [StatusDetail(typeURL: "t/a", value: [0, 255]), StatusDetail(typeURL: "t/b", value: [])])
        let written = try body { $0.writeResponse(status, streamID: StreamID(1), largestBody: 4096) }
        #expect(try ResponseEnvelope(decoding: written) == ResponseEnvelope(failure: status, payload: ByteBuffer()))
    }

    @Test func statusThatCannotBeSentKeepsItsCode() throws {
        let long = Status(.aborted, String(repeating: "ö", count: 3000), details: [StatusDetail(typeURL: "t", value: [1])])
        let shortened = try ResponseEnvelope(decoding: body { $0.writeResponse(long, streamID: StreamID(1), largestBody: 2000) })
        #expect(shortened.failure?.code == .aborted)
        #expect(shortened.failure?.message == String(repeating: "ö", count: 512))
        let nul = try ResponseEnvelope(
            decoding: body { $0.writeResponse(Status(.aborted, "a\0b"), streamID: StreamID(1), largestBody: 2000) })
        #expect(nul.failure == Status(.aborted, "a\u{FFFD}b"))
    }

    @Test func statusWithCodeZeroIsSuccess() throws {
        #expect(try ResponseEnvelope(decoding: ByteBuffer(bytes: [0x0A, 0])) == ResponseEnvelope(failure: nil, payload: ByteBuffer()))
    }

    @Test(arguments: [
        [0xFF, 0xFF, 0xFF, 0xFF], [0x0A, 5, 65], [0x0A, 1, 0], [0x0A, 1, 0xFF], [0x12, 2, 0xC0, 0x80], [0x2A, 3, 0x0A, 1, 0], [0x08, 1],
        [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    ])
    func malformedRequestIsRefused(_ bytes: [UInt8]) {
        #expect { _ = try RequestEnvelope(decoding: ByteBuffer(bytes: bytes), limits: limits) } throws: {
            ($0 as? Status)?.code == .invalidArgument
        }
    }

    @Test func metadataIsBounded() throws {
        var limits = limits
        limits.metadataEntries = 2
        limits.metadataBytes = 10
        for (metadata, fits) in [
            (Metadata([.init(key: "a", value: "b"), .init(key: "c", value: "12345678")]), false),
            (["a": "b", "c": "1234567"], true), (["a": "", "b": "", "c": ""], false),
        ] {
            let request = RequestEnvelope(
                method: MethodName(service: "s", method: "m"), payload: ByteBuffer(), timeout: 0, metadata: metadata)
            let written = try body { $0.writeRequest(request, streamID: StreamID(1), flags: []) }
            if fits {
                #expect(try RequestEnvelope(decoding: written, limits: limits) == request)
            } else {
                #expect { _ = try RequestEnvelope(decoding: written, limits: limits) } throws: {
                    ($0 as? Status)?.code == .resourceExhausted
                }
            }
        }
    }

    @Test func lastPayloadCounts() throws {
        let bytes: [UInt8] = [0x0A, 1, 65, 0x1A, 1, 1, 0x12, 1, 66, 0x1A, 2, 2, 3, 0x98, 0x06, 7]
        let request = try RequestEnvelope(decoding: ByteBuffer(bytes: bytes), limits: limits)
        #expect(Array(request.payload.readableBytesView) == [2, 3])
    }
}
