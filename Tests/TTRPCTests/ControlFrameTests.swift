import NIOCore
import Testing

@testable import TTRPC

struct ControlFrameTests {
    @Test(
        arguments: [
            (.cancel(StreamID(3)), "00000000000000030400"),
            (.credit(StreamID(5), 0x0102_0304), "0000000400000005050001020304"),
            (.ping(0x0102_0304_0506_0708), "000000080000000006000102030405060708"),
            (.pong(.max), "00000008000000000700ffffffffffffffff"),
            (.goAway(lastID: StreamID(9), reason: ""), "0000000400000000080000000009"),
            (.goAway(lastID: StreamID(.max), reason: "å"), "00000006000000000800ffffffffc3a5"),
        ] as [(ControlFrame, String)])
    func bytes(_ control: ControlFrame, _ hex: String) throws {
        var bytes = ByteBuffer()
        bytes.writeControlFrame(control)
        #expect(bytes == (try ByteBuffer(hex: hex)))
        #expect(try Frame(hex: hex).control == control)
    }

    /// Flags mean nothing.
    @Test func flagsAreIgnored() throws {
        #expect(try Frame(hex: "000000000000000304ff").control == .cancel(StreamID(3)))
    }

    @Test func otherTypesAreNoControlFrames() throws {
        for type in [0, 1, 2, 3, 9, 255] as [UInt8] {
            #expect(try Frame(streamID: StreamID(1), type: FrameType(rawValue: type)).control == nil)
        }
    }

    @Test(arguments: [990, 991, 992, 993, 5000])
    func aLongReasonIsCut(_ count: Int) throws {
        let frame = try Frame.control(
            .goAway(lastID: StreamID(1), reason: String(repeating: "a", count: count % 4) + String(repeating: "😀", count: count)))
        #expect(frame.body.readableBytes <= 4 + ControlFrame.longestReason)
        #expect(try frame.control != nil)
    }

    /// Wrong length, wrong stream, or a credit of nothing.
    static let malformed: [Frame] = [
        (1, FrameType.cancel, 1), (0, .cancel, 0),
        (1, .credit, 0), (1, .credit, 3), (1, .credit, 5), (0, .credit, 4), (1, .credit, 4),
        (0, .ping, 0), (0, .ping, 7), (0, .ping, 9), (1, .ping, 8), (0, .pong, 0), (0, .pong, 9), (1, .pong, 8),
        (0, .goAway, 0), (0, .goAway, 3), (0, .goAway, 1005), (1, .goAway, 4),
    ].map { Frame(streamID: StreamID($0), type: $1, body: ByteBuffer(repeating: 0, count: $2)) }

    @Test(arguments: malformed)
    func malformedFramesAreFaults(_ frame: Frame) {
        #expect(throws: ControlFrame.Fault.self) { try ControlFrame(frame) }
    }
}
