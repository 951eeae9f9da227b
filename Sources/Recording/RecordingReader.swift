package import NIOCore
import Protobuf

/// Is fed the bytes of a recording and hands out what they say. Strict: a line that breaks a rule is not handed out, and everything
/// that was wrong is thrown at the end.
package struct RecordingReader {
    package enum Entry: Equatable, Sendable {
        case header(RecordingHeader)
        /// - Parameter number: counted from 1.
        case line(RecordedLine, number: Int)
    }

    private let file: String
    private var splitter = LineSplitter()
    private var rules: CallRules
    private var number = 0
    private var hasHeader = false
    private var faults: [RecordingFault] = []

    /// - Parameter file: the name in faults.
    package init(file: String, types: RecordedTypes) {
        self.file = file
        rules = CallRules(types: types)
    }

    package mutating func append(_ chunk: ByteBuffer) {
        splitter.append(chunk)
    }

    /// The next entry; nil until more bytes come.
    /// - Throws: `RecordingFaults` as soon as there are as many as are reported at once.
    package mutating func next() throws(RecordingFaults) -> Entry? {
        while let line = splitter.next() {
            if let entry = read(line) { return entry }
            if faults.count >= RecordingFaults.limit { throw RecordingFaults(faults: Array(faults.prefix(RecordingFaults.limit))) }
        }
        return nil
    }

    /// After the last byte: what a last line without an end said.
    /// - Throws: everything that was wrong with the recording.
    package mutating func finish() throws(RecordingFaults) -> (last: Entry?, summary: RecordingSummary) {
        let last = splitter.finish().flatMap { read($0) }
        if !hasHeader, faults.isEmpty { note(1, "", "is empty: a recording begins with its header") }
        if let line = rules.unanswered { note(line, "call", "has no end, although other calls have") }
        if !faults.isEmpty { throw RecordingFaults(faults: Array(faults.prefix(RecordingFaults.limit))) }
        return (last, rules.summary)
    }

    private mutating func read(_ line: LineSplitter.Line) -> Entry? {
        number += 1
        guard case .text(let bytes) = line else {
            note(number, "", "is longer than \(LineSplitter.limit) bytes")
            return nil
        }
        do throws(JSONFaults) {
            let value = try JSONValue(parsing: bytes, firstLine: number)
            guard hasHeader else {
                hasHeader = true
                let header = try LineReader.header(value)
                rules.begin(header)
                return .header(header)
            }
            let line = try LineReader.line(value)
            let broken = rules.check(line, number: number)
            if broken.isEmpty { return .line(line, number: number) }
            for fault in broken { note(number, fault.path, fault.rule) }
        } catch {
            hasHeader = true
            faults += error.faults.map { RecordingFault(file: file, position: $0.position, path: $0.path, rule: $0.rule) }
        }
        return nil
    }

    private mutating func note(_ line: Int, _ path: String, _ rule: String) {
        faults.append(RecordingFault(file: file, position: JSONPosition(line: line, column: 1), path: path, rule: rule))
    }
}
