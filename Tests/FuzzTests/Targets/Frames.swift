import NIOCore

@testable import TTRPC

extension FuzzTarget {
    /// Bytes are cut into the same frames however they arrive, and the frames written again are the bytes.
    static let frames = FuzzTarget(name: "frames") { bytes in
        var choices = Choices(bytes)
        let largestBody = 1 + choices.number(below: 64)
        let stream = choices.remaining()

        let (whole, isViolation) = outputs(of: [stream], largestBody: largestBody)
        var pieces: [[UInt8]] = []
        var index = 0
        while index < stream.count {
            let end = min(stream.count, index + 1 + Int(stream[index] % 19))
            pieces.append(Array(stream[index..<end]))
            index = end
        }
        let (inPieces, isViolationInPieces) = outputs(of: pieces, largestBody: largestBody)
        try require(whole == inPieces, "the pieces in which bytes arrive make no difference")
        try require(isViolation == isViolationInPieces, "a violation is one however its bytes arrive")

        var written = ByteBuffer()
        for case .frame(let frame) in whole {
            try require(frame.body.readableBytes <= largestBody, "no body is longer than the limit")
            written.writeFrame(frame)
        }
        let hasSkipped = whole.contains { if case .oversized = $0 { true } else { false } }
        if !hasSkipped {
            let encoded = Array(written.readableBytesView)
            try require(stream.starts(with: encoded), "frames are written as they were read")
            let rest = stream.count - encoded.count
            try require(isViolation || rest < FrameHeader.byteCount + largestBody, "no whole frame is kept back")
        }
    }

    private static func outputs(of pieces: [[UInt8]], largestBody: Int) -> ([FrameDecoder.Output], isViolation: Bool) {
        var decoder = FrameDecoder(largestBody: largestBody)
        var outputs: [FrameDecoder.Output] = []
        do {
            for piece in pieces {
                decoder.append(ByteBuffer(bytes: piece))
                while let output = try decoder.next() { outputs.append(output) }
            }
            return (outputs, false)
        } catch {
            return (outputs, true)
        }
    }
}
