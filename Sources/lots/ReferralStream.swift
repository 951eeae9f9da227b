import Configuration
import Foundation
import NIOCore
import NIOPosix
import Protobuf
import Recording
import Referral
import ReferralAPI
import TTRPC

/// The referrals of recorded message streams or of JSON lines as for `lots submit`, read with all cores and in bounded memory.
struct ReferralStream: Sendable {
    /// What one referral comes to; nothing of the person remains.
    struct Entry: Sendable {
        let moves: [RoutingComparison.Move]
        let example: RoutingComparison.Example
        let isNamed: Bool
        /// Of the sender and the message.
        let key: Int
    }

    /// What was read and not compared.
    struct LeftOut {
        /// Nobody may be contacted, or nobody has been asked.
        var withoutConsent = 0
        /// Sent again under the same id.
        var repeated = 0
        var unreadable = 0
        /// The first of them, each with its place and what is wrong.
        var faults: [String] = []

        static let mostFaults = 10
    }

    let old: Routing
    let new: Routing
    /// Route as on this day; nil: on the day that a referral was sent, which JSON lines do not tell.
    let date: CivilDate?
    let today: CivilDate

    /// Whole lines of a stream.
    private struct Piece: Sendable {
        let bytes: [UInt8]
        /// Counted from 1.
        let firstLine: Int
    }

    /// What a piece comes to.
    private struct Part: Sendable {
        var entries: [Entry] = []
        var withoutConsent = 0
        var unreadable = 0
        var faults: [String] = []
    }

    private enum Format: Sendable {
        case recording, messages
    }

    /// Compares the referrals of one more stream.
    func compare(_ path: String, into comparison: inout RoutingComparison, _ leftOut: inout LeftOut, seen: inout Set<Int>) async throws {
        var reader = try PieceReader(path: path)
        var format: Format?
        var waiting: [Int: Part] = [:]
        var merged = 0
        var sent = 0
        // Pieces that are worked on or wait for one before them.
        let most = 2 * max(1, ProcessInfo.processInfo.activeProcessorCount)
        func merge(_ part: Part) {
            for entry in part.entries {
                if seen.insert(entry.key).inserted {
                    comparison.add(entry.moves, entry.example, isNamed: entry.isNamed)
                } else {
                    leftOut.repeated += 1
                }
            }
            leftOut.withoutConsent += part.withoutConsent
            leftOut.unreadable += part.unreadable
            leftOut.faults += part.faults.prefix(LeftOut.mostFaults - leftOut.faults.count)
        }
        try await withThrowingTaskGroup(of: (Int, Part).self) { group in
            func wait() async throws {
                guard let (index, part) = try await group.next() else { return }
                waiting[index] = part
                // In the order of the stream, so that the first of several messages with one id counts.
                while let part = waiting.removeValue(forKey: merged) {
                    merge(part)
                    merged += 1
                }
            }
            while let (bytes, firstLine) = try await reader.next() {
                let known = try format ?? Self.format(of: bytes, name: reader.name)
                format = known
                while sent - merged >= most { try await wait() }
                let piece = Piece(bytes: bytes, firstLine: firstLine)
                group.addTask { [self, sent, name = reader.name] in (sent, read(piece, known, name)) }
                sent += 1
            }
            while merged < sent { try await wait() }
        }
        if sent == 0 { throw InputFault(description: "\(reader.name): there is no referral in it") }
    }

    /// By the first line: the header of a recording, or a message.
    private static func format(of bytes: [UInt8], name: String) throws -> Format {
        let line = bytes.split(separator: UInt8(ascii: "\n")).first { !$0.allSatisfy(\.isBlank) } ?? []
        guard let version = (try? JSONValue(parsing: line))?["recording"] else { return .messages }
        guard version.string == RecordingHeader.version else {
            throw InputFault(description: "\(name): not a recording of the version that this program reads, \(RecordingHeader.version)")
        }
        return .recording
    }

    // MARK: One piece

    private func read(_ piece: Piece, _ format: Format, _ name: String) -> Part {
        var part = Part()
        var reader = MessageReader(stream: self, format: format)
        piece.bytes.withUnsafeBytes { bytes in
            var start = 0
            var number = piece.firstLine
            while start < bytes.count {
                let end = bytes.lineEnd(from: start) ?? bytes.count
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                do {
                    switch try reader.read(line, number: number, name: name) {
                    case .entry(let entry): part.entries.append(entry)
                    case .withoutConsent: part.withoutConsent += 1
                    case .other: break
                    }
                } catch {
                    part.unreadable += 1
                    if part.faults.count < LeftOut.mostFaults { part.faults.append(Self.text(of: error, number, name)) }
                }
                start = end + 1
                number += 1
            }
        }
        return part
    }

    private static func text(of error: any Error, _ number: Int, _ name: String) -> String {
        let faults = (error as? JSONFaults)?.faults.map { "\(name):\($0)" }
        return faults?.joined(separator: "; ") ?? "\(name):\(number): \(error)"
    }

    private struct MessageReader {
        enum Line {
            case entry(Entry)
            case withoutConsent
            /// An empty line, or one of a recording that carries no referral to the exchange.
            case other
        }

        let stream: ReferralStream
        let format: Format
        // Nobody compares the digests.
        private let decoder = ReferralDecoder(digestKey: [], acceptsTestData: true)
        private let preview = MessageCatalogue.contract[.preview]?.request
        /// By the hour in UTC: nothing else decides the day in Sweden.
        private var days: [String: CivilDate] = [:]

        private static let request = Array("\"referral\"".utf8)

        init(stream: ReferralStream, format: Format) {
            self.stream = stream
            self.format = format
        }

        mutating func read(_ line: UnsafeRawBufferPointer, number: Int, name: String) throws -> Line {
            if line.allSatisfy(\.isBlank) { return .other }
            if format == .recording, !line.contains(Self.request), line.last(where: { !$0.isBlank }) == UInt8(ascii: "}") { return .other }
            let value = try JSONValue(parsing: line, firstLine: number)
            var sender = ""
            var message = value
            var day = stream.date ?? stream.today
            if format == .recording {
                guard value["direction"]?.string == "request", let method = value["method"]?.string,
                    method == MethodName.submit.description || method == MethodName.submitStream.description
                else { return .other }
                // The bytes of a message that was not one.
                guard let body = value["body"] else { throw InputFault(description: "not a message") }
                sender = value["identity"]?.string ?? ""
                message = body
                if stream.date == nil { day = try self.day(value["time"]?.string ?? "") }
            }
            guard let id = message["messageId"]?.string ?? message["message_id"]?.string, let referral = message["referral"] else {
                throw InputFault(description: "not a message as for lots submit: it needs messageId and referral")
            }
            // An id is shown.
            guard (1...64).contains(id.utf8.count), id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw InputFault(description: "messageId: must be 1 to 64 visible ASCII characters")
            }
            guard let preview else { return .other }
            let packed = try preview.packed(fromJSON: .object(["referral": referral]))
            let content = try decoder.previewRequest(ByteBuffer(bytes: packed), today: day).content
            let facts = CaseFacts(content, received: day)
            guard facts.consent.status.isYes else { return .withoutConsent }
            return .entry(
                Entry(
                    moves: RoutingComparison.moves(of: facts, from: stream.old, to: stream.new, on: day),
                    example: .init(id: id, place: "\(name):\(number)", facts: facts),
                    // Unknown is treated as protected in lists.
                    isNamed: facts.protectedIdentity == .none, key: Self.key(sender, id)))
        }

        private static func key(_ sender: String, _ id: String) -> Int {
            var hasher = Hasher()
            hasher.combine(sender)
            hasher.combine(id)
            return hasher.finalize()
        }

        private mutating func day(_ time: String) throws -> CivilDate {
            let hour = String(time.prefix(13))
            if let known = days[hour] { return known }
            guard let moment = RecordedTime(time) else { throw InputFault(description: "time: not a time of a recording") }
            let day = CivilDate(inStockholmAt: Instant(milliseconds: moment.millisecondsSince1970))
            days[hour] = day
            return day
        }
    }
}

/// Reads a file a piece of whole lines at a time, on a thread that may block.
private struct PieceReader {
    private static let size = 1 << 20

    let name: String
    private let handle: FileHandle
    private var rest: [UInt8] = []
    private var line = 1
    private var isAtEnd = false

    init(path: String) throws {
        name = path == "-" ? "standard input" : URL(filePath: path).lastPathComponent
        handle = path == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    }

    /// Nil at the end.
    mutating func next() async throws -> (bytes: [UInt8], firstLine: Int)? {
        while !isAtEnd {
            let before = rest
            guard before.count <= LineReader.longest else { throw LineReader.TooLong(name: name, number: line) }
            let read = try await NIOThreadPool.singleton.runIfActive { [handle, name] in try Self.lines(of: handle, after: before, name) }
            isAtEnd = read.isAtEnd
            rest = read.rest
            if read.lines.isEmpty { continue }
            defer { line += read.count }
            return (read.lines, line)
        }
        return nil
    }

    /// - Returns: whole lines with their number, and the beginning of the line after.
    private static func lines(
        of handle: FileHandle, after before: [UInt8], _ name: String
    ) throws -> (lines: [UInt8], count: Int, rest: [UInt8], isAtEnd: Bool) {
        var total = 0
        var isAtEnd = false
        let room = size
        var failure: LineReader.Unreadable?
        var bytes = [UInt8](unsafeUninitializedCapacity: before.count + room) { buffer, count in
            _ = buffer.initialize(fromContentsOf: before)
            total = before.count
            while total < before.count + room, let base = buffer.baseAddress {
                let result = read(handle.fileDescriptor, base + total, before.count + room - total)
                if result > 0 {
                    total += result
                } else if result == 0 {
                    isAtEnd = true
                    break
                } else if errno != EINTR {
                    failure = LineReader.Unreadable(name: name, cause: String(cString: strerror(errno)))
                    break
                }
            }
            count = total
        }
        if let failure { throw failure }
        let (lines, last) = bytes.withUnsafeBytes { bytes in
            var lines = 0
            var last = 0
            while let end = bytes.lineEnd(from: last) {
                lines += 1
                last = end + 1
            }
            return (lines, last)
        }
        if isAtEnd { return (bytes, lines + 1, [], true) }
        let rest = Array(bytes[last...])
        bytes.removeSubrange(last...)
        return (bytes, lines, rest, false)
    }
}

extension UnsafeRawBufferPointer {
    /// Where the line that begins at `start` ends; nil when it does not.
    fileprivate func lineEnd(from start: Int) -> Int? {
        guard start < count, let base = baseAddress, let end = memchr(base + start, 0x0A, count - start) else { return nil }
        return UnsafeRawPointer(end) - base
    }

    /// Whether a name of JSON stands here in its quotes, written without escapes.
    fileprivate func contains(_ name: [UInt8]) -> Bool {
        guard let base = baseAddress else { return false }
        var start = 0
        while start + name.count <= count, let quote = memchr(base + start, 0x22, count - start) {
            let offset = UnsafeRawPointer(quote) - base
            if offset + name.count <= count, memcmp(quote, name, name.count) == 0 { return true }
            start = offset + 1
        }
        return false
    }
}
