import NIOCore
import Testing

@testable import TTRPC

struct FrameDecoderTests {
    private let frames = [
        Frame(streamID: StreamID(1), type: .request, flags: .remoteOpen, body: ByteBuffer(string: "open")),
        Frame(streamID: StreamID(1), type: .data),
        Frame(streamID: StreamID(1), type: .data, body: ByteBuffer(repeating: 0xA5, count: 300)),
        Frame(streamID: StreamID(.max), type: FrameType(rawValue: 0x77), flags: FrameFlags(rawValue: 0xFF), body: ByteBuffer(string: "?")),
        Frame(streamID: StreamID(1), type: .data, flags: .endOfStream),
    ]

    private var bytes: ByteBuffer {
        frames.reduce(into: ByteBuffer()) { $0.writeFrame($1) }
    }

    private func decode(_ parts: [ByteBuffer], largestBody: Int = FrameHeader.largestBody) throws -> [FrameDecoder.Output] {
        var decoder = FrameDecoder(largestBody: largestBody)
        var outputs: [FrameDecoder.Output] = []
        for part in parts {
            decoder.append(part)
            while let output = try decoder.next() { outputs.append(output) }
        }
        return outputs
    }

    @Test func splitAtEveryByte() throws {
        let bytes = bytes
        let expected = frames.map { FrameDecoder.Output.frame($0) }
        for index in 0...bytes.readableBytes {
            var rest = bytes
            let first = rest.readSlice(length: index)
            #expect(try decode([first ?? ByteBuffer(), rest]) == expected, "split at \(index)")
        }
        #expect(try decode(bytes.readableBytesView.map { ByteBuffer(bytes: [$0]) }) == expected)
    }

    @Test func headerIsBigEndian() throws {
        var bytes = ByteBuffer()
        bytes.writeFrameHeader(FrameHeader(length: 0x010203, streamID: StreamID(0x0A0B0C0D), type: .data, flags: [.remoteOpen, .noData]))
        #expect(Array(bytes.readableBytesView) == [0, 1, 2, 3, 0x0A, 0x0B, 0x0C, 0x0D, 3, 6])
    }

    @Test func bodyOfTheLargestSizeIsDeliveredAndOneByteMoreIsSkipped() throws {
        for (count, fits) in [(4096, true), (4097, false)] {
            let frame = Frame(streamID: StreamID(3), type: .data, body: ByteBuffer(repeating: 1, count: count))
            var bytes = ByteBuffer()
            bytes.writeFrame(frame)
            bytes.writeFrame(frames[0])
            let header = FrameHeader(length: UInt32(count), streamID: StreamID(3), type: .data)
            let expected: [FrameDecoder.Output] = [fits ? .frame(frame) : .oversized(header), .frame(frames[0])]
            for size in [7, 1000, bytes.readableBytes] {
                var rest = bytes
                var parts: [ByteBuffer] = []
                while let part = rest.readSlice(length: min(size, rest.readableBytes)), part.readableBytes > 0 { parts.append(part) }
                #expect(try decode(parts, largestBody: 4096) == expected)
            }
        }
    }

    @Test func limitOfTheProtocolIsInclusive() throws {
        let largest = Frame(streamID: StreamID(1), type: .data, body: ByteBuffer(repeating: 0, count: 4_194_304))
        var bytes = ByteBuffer()
        bytes.writeFrame(largest)
        #expect(try decode([bytes]) == [.frame(largest)])
        let header = FrameHeader(length: 4_194_305, streamID: StreamID(1), type: .data)
        bytes.clear()
        bytes.writeFrameHeader(header)
        #expect(try decode([bytes], largestBody: .max) == [.oversized(header)])
    }

    @Test func lengthOfFourBytesIsAViolationThatStays() throws {
        var decoder = FrameDecoder()
        decoder.append(ByteBuffer(bytes: [1, 0, 0, 0, 0, 0, 0, 1, 3, 0]))
        #expect(throws: FrameDecoder.ProtocolViolation(length: 0x0100_0000)) { try decoder.next() }
        decoder.append(bytes)
        #expect(throws: FrameDecoder.ProtocolViolation.self) { try decoder.next() }
    }

    @Test func longestLengthWithoutAViolationIsSkipped() throws {
        let header = FrameHeader(length: 0x00FF_FFFF, streamID: StreamID(5), type: .request)
        var bytes = ByteBuffer()
        bytes.writeFrameHeader(header)
        var parts = [bytes]
        let part = ByteBuffer(repeating: 0, count: 65_535)
        for _ in 0..<256 { parts.append(part) }
        parts.append(ByteBuffer(repeating: 0, count: 0x00FF_FFFF - 256 * 65_535))
        var last = ByteBuffer()
        last.writeFrame(frames[0])
        parts.append(last)
        #expect(try decode(parts) == [.oversized(header), .frame(frames[0])])
    }
}
