import NIOCore

/// Is fed the bytes of a text and hands out its lines, each without its end.
struct LineSplitter {
    /// The longest line: a message of the largest frame, with room for the escapes of JSON.
    static let limit = 16 << 20

    enum Line: Equatable {
        case text([UInt8])
        /// Longer than the limit; its bytes have been dropped.
        case tooLong
    }

    private let limit: Int
    private var buffer = ByteBuffer()
    /// How many bytes of the buffer are known to hold no line end.
    private var searched = 0
    private var isSkipping = false

    init(limit: Int = Self.limit) {
        self.limit = limit
    }

    mutating func append(_ chunk: ByteBuffer) {
        buffer.discardReadBytes()
        buffer.writeImmutableBuffer(chunk)
    }

    /// The next line; nil until more bytes come.
    mutating func next() -> Line? {
        let view = buffer.readableBytesView
        guard let end = view.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
            searched = buffer.readableBytes
            if searched > limit {
                buffer.clear()
                searched = 0
                isSkipping = true
            }
            return nil
        }
        let bytes = buffer.readBytes(length: end - view.startIndex) ?? []
        buffer.moveReaderIndex(forwardBy: 1)
        searched = 0
        return line(bytes)
    }

    /// The text has ended: the last line if it had no end.
    mutating func finish() -> Line? {
        let rest = buffer.readBytes(length: buffer.readableBytes) ?? []
        return rest.isEmpty && !isSkipping ? nil : line(rest)
    }

    private mutating func line(_ bytes: [UInt8]) -> Line {
        defer { isSkipping = false }
        return isSkipping || bytes.count > limit ? .tooLong : .text(bytes)
    }
}
