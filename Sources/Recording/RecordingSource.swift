import Foundation
package import NIOCore
import NIOPosix

/// Where a recording is read from, once or several times, a piece at a time.
package struct RecordingSource: Sendable {
    /// For people: the file's name in faults and differences.
    package let name: String
    private let read: @Sendable (_ take: (ByteBuffer) async throws -> Void) async throws -> Void

    /// - Parameter read: hands the bytes from first to last to `take`.
    package init(name: String, read: @escaping @Sendable (_ take: (ByteBuffer) async throws -> Void) async throws -> Void) {
        self.name = name
        self.read = read
    }

    package init(name: String, bytes: [UInt8]) {
        self.init(name: name) { take in try await take(ByteBuffer(bytes: bytes)) }
    }

    /// Reads with the threads that NIO keeps for blocking calls.
    package init(file path: String) {
        let url = URL(filePath: path)
        self.init(name: url.lastPathComponent) { take in
            let threads = NIOThreadPool.singleton
            let handle = try await threads.runIfActive { try FileHandle(forReadingFrom: url) }
            while let piece = try await threads.runIfActive({ try handle.read(upToCount: Self.pieceSize) }), !piece.isEmpty {
                try await take(ByteBuffer(bytes: piece))
            }
        }
    }

    private static let pieceSize = 64 << 10

    /// Reads the recording from start to end and hands every entry to `take`.
    /// - Throws: `RecordingFaults` with everything that is wrong, what reading the file throws, or what `take` throws.
    @discardableResult
    package func forEachEntry(
        types: RecordedTypes, _ take: (RecordingReader.Entry) async throws -> Void = { _ in }
    ) async throws -> RecordingSummary {
        var reader = RecordingReader(file: name, types: types)
        try await read { piece in
            reader.append(piece)
            while let entry = try reader.next() { try await take(entry) }
        }
        let (last, summary) = try reader.finish()
        if let last { try await take(last) }
        return summary
    }
}
