import Foundation
import NIOPosix

/// Lines of a file or of standard input, read a piece at a time on a thread that may block.
struct LineReader {
    struct Line {
        /// Counted from 1.
        let number: Int
        let bytes: [UInt8]
    }

    /// What never ends is refused rather than held.
    struct TooLong: Error, CustomStringConvertible {
        let name: String
        let number: Int
        var description: String { "\(name):\(number): the message that begins here is longer than \(LineReader.longest) bytes" }
    }

    /// The system cannot read any further.
    struct Unreadable: Error, CustomStringConvertible {
        let name: String
        let cause: String
        var description: String { "\(name): \(cause)" }
    }

    /// Bytes of one line, or of one value over many lines.
    static let longest = 16 << 20

    let name: String
    private let handle: FileHandle
    private var buffer: [UInt8] = []
    private var start = 0
    /// Where to look for the next line end: there is none before it.
    private var searched = 0
    private var number = 0
    private var isAtEnd = false

    /// - Parameter path: `-` is standard input.
    init(path: String) throws {
        name = path == "-" ? "standard input" : path
        handle = path == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    }

    /// Nil at the end. Empty lines are left out.
    mutating func next() async throws -> Line? {
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let bytes = Array(buffer[start..<end])
                start = end + 1
                searched = start
                number += 1
                if !bytes.allSatisfy(\.isBlank) { return Line(number: number, bytes: bytes) }
                continue
            }
            if isAtEnd {
                let bytes = Array(buffer[start...])
                buffer = []
                start = 0
                searched = 0
                number += 1
                return bytes.allSatisfy(\.isBlank) ? nil : Line(number: number, bytes: bytes)
            }
            guard buffer.count - start <= Self.longest else { throw TooLong(name: name, number: number + 1) }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            let piece = try await NIOThreadPool.singleton.runIfActive { [handle, name] in try Self.piece(of: handle, name) }
            if piece.isEmpty { isAtEnd = true } else { buffer += piece }
        }
    }

    /// What there is now, empty at the end. `FileHandle` would wait until it has all that was asked for: the lines of a pipe would come
    /// late.
    private static func piece(of handle: FileHandle, _ name: String) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            while true {
                let result = read(handle.fileDescriptor, buffer.baseAddress, buffer.count)
                if result >= 0 { return count = result }
                guard errno == EINTR else { throw Unreadable(name: name, cause: String(cString: strerror(errno))) }
            }
        }
    }

    /// Everything from `first` to the end, for a text that is one value over many lines.
    mutating func rest(after first: Line) async throws -> [UInt8] {
        var bytes = first.bytes
        var last = first.number
        while let line = try await next() {
            guard bytes.count + line.number - last + line.bytes.count <= Self.longest else {
                throw TooLong(name: name, number: first.number)
            }
            bytes += Array(repeating: UInt8(ascii: "\n"), count: line.number - last) + line.bytes
            last = line.number
        }
        return bytes
    }
}

extension UInt8 {
    /// A space, a tab or the end of a line from Windows.
    var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0D }
}
