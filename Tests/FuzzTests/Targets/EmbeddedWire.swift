import NIOCore
import NIOEmbedded

@testable import TTRPC

/// The other end of a connection under test. Everything happens on the calling thread, when the loop is run.
final class EmbeddedWire: ByteTransport {
    /// Looks at each frame that the connection under test sends.
    var inspect: (Frame) throws -> Void = { _ in }
    var whenClosed: () -> Void = {}
    private(set) var isClosed = false
    private(set) var brokenRule: (any Error)?
    private var decoder = FrameDecoder()
    private var heldBack: [() -> Void] = []
    private var holdsBack = false

    func send(_ bytes: ByteBuffer, whenSent: @escaping @Sendable () -> Void) {
        decoder.append(bytes)
        do {
            try require(!isClosed, "nothing is sent after the end of the connection")
            while let output = try decoder.next() {
                guard case .frame(let frame) = output else { throw BrokenRule(description: "no frame is too long") }
                try inspect(frame)
            }
        } catch {
            brokenRule = brokenRule ?? error
        }
        if holdsBack { heldBack.append(whenSent) } else { whenSent() }
    }

    func setReading(_ isReading: Bool) {}

    func close() {
        guard !isClosed else { return }
        isClosed = true
        letGo()
        whenClosed()
    }

    /// From now on what is sent is not reported as sent.
    func holdBack() { holdsBack = true }

    func letGo() {
        holdsBack = false
        let waiting = heldBack
        heldBack = []
        for whenSent in waiting { whenSent() }
    }
}

/// Small bounds, so that short inputs get past them.
extension ConnectionLimits {
    static var tight: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.messageBytes = 1024
        limits.streams = 4
        limits.streamInboundBytes = 1000
        limits.connectionInboundBytes = 3000
        limits.streamOutboundBytes = 300
        limits.connectionOutboundBytes = 1000
        limits.unsentAnswerBytes = 2000
        limits.metadataEntries = 2
        return limits
    }
}

extension Choices {
    /// Few ids, so that they are used again; some are the server's.
    mutating func streamID() -> StreamID { StreamID(UInt32(number(below: 10))) }

    mutating func flags() -> FrameFlags {
        [[], .remoteClosed, .remoteOpen, .noData, .endOfStream, [.remoteOpen, .noData], FrameFlags(rawValue: 0xFF)][number(below: 7)]
    }

    mutating func payload() -> ByteBuffer {
        let count = Int(byte())
        return count < 200 ? ByteBuffer(bytes: bytes(count % 16)) : ByteBuffer(repeating: UInt8(count), count: (count - 199) * 18)
    }
}
