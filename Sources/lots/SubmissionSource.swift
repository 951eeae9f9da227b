import Protobuf
import ReferralAPI

/// The messages of a file or of standard input: one JSON object, or one a line. What is not a message is refused and left out.
struct SubmissionSource: AsyncSequence, Sendable {
    typealias Element = JSONClient.Submission

    let path: String
    /// Told of each place that holds no message.
    let refuse: @Sendable (_ input: String, JSONFaults) -> Void

    func makeAsyncIterator() -> Iterator {
        Iterator(source: self)
    }

    struct Iterator: AsyncIteratorProtocol {
        private let source: SubmissionSource
        private var lines: LineReader?
        private var isFirst = true
        private var isEmpty = true
        /// Read while looking for the end of the first value.
        private var ahead: [LineReader.Line] = []

        init(source: SubmissionSource) {
            self.source = source
        }

        mutating func next() async throws -> JSONClient.Submission? {
            var lines = try self.lines ?? LineReader(path: source.path)
            defer { self.lines = lines }
            while let line = ahead.isEmpty ? try await lines.next() : ahead.removeFirst() {
                isEmpty = false
                do {
                    return try JSONClient.Submission(try await value(at: line, &lines), tag: line.number)
                } catch let faults as JSONFaults {
                    source.refuse(lines.name, faults)
                }
            }
            if isEmpty { throw InputFault(description: "\(source.path): there is no message in it") }
            return nil
        }

        /// The first line decides: when it is no value of its own, the whole input is one, unless a later line is a message by itself.
        private mutating func value(at line: LineReader.Line, _ lines: inout LineReader) async throws -> JSONValue {
            defer { isFirst = false }
            do throws(JSONFaults) {
                return try JSONValue(parsing: line.bytes, firstLine: line.number)
            } catch {
                guard isFirst else { throw error }
                var following: [LineReader.Line] = []
                var length = line.bytes.count
                while let next = try await lines.next() {
                    following.append(next)
                    length += next.bytes.count + 1
                    guard length <= LineReader.longest else { throw LineReader.TooLong(name: lines.name, number: line.number) }
                    if Self.isMessage(next) {
                        ahead = following
                        throw error
                    }
                }
                return try JSONValue(parsing: Self.joined([line] + following), firstLine: line.number)
            }
        }

        private static func isMessage(_ line: LineReader.Line) -> Bool {
            guard line.bytes.first(where: { !$0.isBlank }) == UInt8(ascii: "{") else { return false }
            return (try? JSONValue(parsing: line.bytes, firstLine: line.number))?["messageId"] != nil
        }

        /// Empty lines have been left out; places stay right.
        private static func joined(_ lines: [LineReader.Line]) -> [UInt8] {
            var bytes: [UInt8] = []
            var number = lines.first?.number ?? 1
            for line in lines {
                bytes += Array(repeating: UInt8(ascii: "\n"), count: line.number - number) + line.bytes
                number = line.number
            }
            return bytes
        }
    }
}
