public import NIOCore

/// What one connection may use. Every bound has an answer: the stream past it fails with `resourceExhausted`, its connection lives on.
public struct ConnectionLimits: Hashable, Sendable {
    /// The largest frame body, in bytes: 1,024 to 4,194,304. A larger one is skipped without being stored.
    public var messageBytes = 4_194_304
    /// Streams open at once, and on a server also handlers still running after their stream has ended.
    public var streams = 1024
    /// Received bytes that one stream may hold until its handler takes them. A single message always fits.
    ///
    /// A stream of plain ttrpc fails past it. With `lots/1` it is the stream's window, of 64 KiB to 1 GiB: the sender waits at its end.
    public var streamInboundBytes = 8 << 20
    /// Received bytes that all streams of the connection may hold.
    public var connectionInboundBytes = 64 << 20
    /// Bytes one stream may have waiting to be sent before its writer waits.
    public var streamOutboundBytes = 256 << 10
    /// Bytes waiting to be sent above which writers wait and a server reads nothing more from the connection.
    public var connectionOutboundBytes = 1 << 20
    /// Bytes of the messages whose writers wait, and 512 for each. A write past it fails its stream.
    public var parkedBytes = 64 << 20
    /// Bytes waiting to be sent above which an answer of more than a few bytes becomes `resourceExhausted`.
    public var unsentAnswerBytes = 64 << 20
    /// Metadata entries of one request, or trailers of one answer.
    public var metadataEntries = 64
    /// UTF-8 bytes of all metadata keys and values of one request, or of the trailers of one answer.
    public var metadataBytes = 16 << 10

    /// `lots/1`: a peer that has been silent for so long is sent a PING. Nil: never.
    public var pingInterval: TimeAmount? = .seconds(30)
    /// `lots/1`: the connection is closed when nothing comes for so long after a PING.
    public var pingTimeout = TimeAmount.seconds(20)

    public init() {}

    /// `messageBytes` within what ttrpc and the statuses sent need.
    var largestBody: Int { min(max(messageBytes, 1024), FrameHeader.largestBody) }
}
