import NIOCore
import Protobuf
import TTRPC

/// One run of a replay: the live connections and calls, and what is known of the values that the exchange makes.
final class ReplaySession {
    private(set) var report = ReplayReport()

    private let replay: Replay
    private let file: String
    private let hasAnswers: Bool
    private var showsValues = false
    private var clients: [Int: Client] = [:]
    /// Answers of unary calls whose recorded answer has not been read yet.
    private var answers: [Int: RecordedLine.Content] = [:]
    private var streams: [Int: ReplayedStream] = [:]
    private var identities = IdentityMap()
    /// How many values for placeholders the answers to a call have had, for calls that are not over.
    private var named: [Int: Int] = [:]
    private var time = RecordedTime(millisecondsSince1970: 0)
    private var output: [[UInt8]] = []

    init(_ replay: Replay, file: String, hasAnswers: Bool) {
        self.replay = replay
        self.file = file
        self.hasAnswers = hasAnswers
    }

    /// - Returns: the lines of the live recording that this entry gave rise to.
    func play(_ entry: RecordingReader.Entry, _ group: inout ThrowingTaskGroup<Void, any Error>) async throws -> [[UInt8]] {
        output = []
        switch entry {
        case .header(let header):
            showsValues = header.isTestData
            output.append(RecordingWriter.bytes(header))
        case .line(let line, let number):
            time = line.time
            try await replay.beforeLine?(line.time)
            switch line.content {
            case .request(let message): try await request(message, line, number, &group)
            case .end: try await end(line)
            case .response(let message): try await response(message, line, number)
            case .status(let status): try await self.status(status, line, number)
            }
        }
        return output
    }

    /// Reads to the end what a recording of requests only has left open.
    func finish() async throws -> [[UInt8]] {
        output = []
        for call in streams.keys.sorted() { try await drain(call) }
        return output
    }

    func close() {
        for stream in streams.values { stream.end() }
        for client in clients.values { client.close() }
    }

    // MARK: - Lines

    private func request(
        _ message: RecordedMessage, _ line: RecordedLine, _ number: Int, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        let method = try replay.method(line.method)
        let client = try await client(for: line)
        if method.kind == .bidirectional, streams[line.call] == nil {
            streams[line.call] = try await .open(line, method, on: client, options: replay.callOptions, &group)
        }
        settle(line.call)
        let bytes = try replay.bytes(try await substituted(message, number), as: method.request)
        report.requests += 1
        try write(.request(replay.message(bytes, as: method.request)), of: line)
        if method.kind == .bidirectional {
            try await streams[line.call]?.write(bytes)
            return
        }
        let answer: RecordedLine.Content
        do {
            let bytes = try await client.unary(line.method, bytes, options: replay.callOptions)
            answer = .response(replay.message(bytes, as: method.response))
        } catch let status as Status {
            answer = .status(replay.status(status))
        }
        try received(answer, of: line)
        named[line.call] = nil
        if hasAnswers { answers[line.call] = answer }
    }

    private func end(_ line: RecordedLine) async throws {
        settle(line.call)
        streams[line.call]?.endWriting()
        try write(.end, of: line)
        if !hasAnswers { try await drain(line.call) }
    }

    private func response(_ recorded: RecordedMessage, _ line: RecordedLine, _ number: Int) async throws {
        if streams[line.call] != nil {
            guard let live = try await next(of: line.call) else {
                return report(number, "$", "the call has ended before this answer: \(streams[line.call]?.status?.code.description ?? "")")
            }
            streams[line.call]?.recorded.append((number, recorded))
            streams[line.call]?.live.append(live)
        } else if let answer = answers.removeValue(forKey: line.call) {
            switch answer {
            case .response(let live): compare(recorded, live, number)
            case .status(let live): report(number, "$", "the call was answered and now has failed: \(live.code)")
            case .request, .end: break
            }
        }
    }

    private func status(_ recorded: RecordedStatus, _ line: RecordedLine, _ number: Int) async throws {
        settle(line.call)
        if streams[line.call] != nil {
            while try await next(of: line.call) != nil { report(number, "$", "one more answer than recorded came before the end") }
            let live = streams[line.call]?.status
            closeStream(line.call)
            if let live { compare(recorded, live, number) }
        } else if let answer = answers.removeValue(forKey: line.call) {
            switch answer {
            case .response: report(number, "$", "the call had failed and now is answered: recorded \(recorded.code)")
            case .status(let live): compare(recorded, live, number)
            case .request, .end: break
            }
        }
    }

    // MARK: - Live answers

    private func client(for line: RecordedLine) async throws -> Client {
        if let client = clients[line.connection] { return client }
        let client = try await replay.client(for: line.identity)
        clients[line.connection] = client
        return client
    }

    private func next(of call: Int) async throws -> RecordedMessage? {
        guard var stream = streams[call] else { return nil }
        let wasOpen = stream.status == nil
        let message = try await stream.next(replay)
        streams[call] = stream
        if let message {
            try received(.response(message), of: stream.opening)
        } else if wasOpen, let status = stream.status {
            try received(.status(status), of: stream.opening)
        }
        return message
    }

    private func drain(_ call: Int) async throws {
        while try await next(of: call) != nil {}
        closeStream(call)
    }

    private func closeStream(_ call: Int) {
        streams.removeValue(forKey: call)?.end()
        named[call] = nil
    }

    /// Writes a live answer and gives the values in it to the placeholders that stand for them.
    private func received(_ answer: RecordedLine.Content, of call: RecordedLine) throws {
        report.answers += 1
        try write(answer, of: call)
        guard !hasAnswers, case .response(.body(let body)) = answer else { return }
        for (_, live) in body.texts(inMembers: replay.rules.identities) {
            guard !identities.isFull else { throw Replay.Failure(description: "\(file): more than \(IdentityMap.limit) ids to remember") }
            named[call.call, default: 0] += 1
            identities[Placeholder(call: call.call, index: named[call.call, default: 0])] = live
        }
    }

    private func write(_ content: RecordedLine.Content, of call: RecordedLine) throws {
        if !showsValues, content.isOfProtected {
            throw Replay.Failure(
                description: "\(file): call \(call.call) is answered with a person whose identity is protected: such a case is not recorded"
            )
        }
        var line = call
        line.time = time
        line.content = content
        output.append(RecordingWriter.bytes(line))
    }

    // MARK: - Values that the exchange makes

    /// The request with the live values instead of the recorded ones and of placeholders.
    private func substituted(_ message: RecordedMessage, _ number: Int) async throws -> RecordedMessage {
        guard case .body(var body) = message else { return message }
        let names = replay.rules.identities
        for (name, text) in body.texts(inMembers: names) {
            if let placeholder = Placeholder(text) {
                // What an open stream has not said yet may be just that.
                while identities[placeholder] == nil, try await next(of: placeholder.call) != nil {}
                guard identities[placeholder] != nil else {
                    throw Replay.Failure(
                        description: "\(file):\(number): call \(placeholder.call) has had no answer with \(placeholder.index) ids")
                }
            } else if identities.live(name: name, recorded: text) == nil {
                for call in streams.keys.sorted() { settle(call) }
            }
        }
        body.replaceTexts(inMembers: names) { name, text in
            Placeholder(text).flatMap { identities[$0] } ?? identities.live(name: name, recorded: text) ?? text
        }
        return .body(body)
    }

    // MARK: - Comparison

    /// Compares the answers of a stream since its last request: they may have come in another order.
    private func settle(_ call: Int) {
        guard let stream = streams[call], !stream.recorded.isEmpty else { return }
        streams[call]?.recorded = []
        streams[call]?.live = []
        let comparison = newComparison()
        let live = stream.live.map(\.readable)
        for (recorded, position) in zip(stream.recorded, comparison.pair(stream.recorded.map(\.message.readable), live)) {
            guard let position else { continue }
            compare(recorded.message, stream.live[position], recorded.line)
        }
    }

    private func compare(_ recorded: RecordedMessage, _ live: RecordedMessage, _ number: Int) {
        report.comparedAnswers += 1
        compare(recorded.readable, live.readable, number)
    }

    private func compare(_ recorded: RecordedStatus, _ live: RecordedStatus, _ number: Int) {
        report.comparedAnswers += 1
        compare(recorded.json, live.json, number)
    }

    private func compare(_ recorded: JSONValue, _ live: JSONValue, _ number: Int) {
        var comparison = newComparison()
        comparison.compare(recorded, live)
        for pair in comparison.pairs where !identities.isFull { identities.insert(pair) }
        for finding in comparison.findings {
            let values = Difference.Values(recorded: finding.recorded?.text(), live: finding.live?.text())
            report(number, finding.path, finding.rule, showsValues ? values : nil)
        }
    }

    private func newComparison() -> Comparison {
        Comparison(rules: replay.rules, setsClock: replay.beforeLine != nil, identities: identities)
    }

    private func report(_ line: Int, _ path: String, _ rule: String, _ values: Difference.Values? = nil) {
        report.add(Difference(file: file, line: line, path: path, rule: rule, values: values))
    }
}

extension RecordedMessage {
    /// Something to compare, also when the message cannot be read.
    fileprivate var readable: JSONValue {
        switch self {
        case .body(let body): body
        case .raw(let bytes): .object(["raw": .string(RecordedTypes.encodeBase64(bytes))])
        }
    }
}
