import Exchange
import Foundation
import Protobuf
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

/// A message stream in which every answer is expected by hand: what happened, who sent what, and what it must come to. The form is
/// described in `Tests/Streams/README.md`.
struct Story: Sendable, CustomTestStringConvertible {
    struct Step: Sendable {
        let line: Int
        let at: Instant
        let by: String
        let method: MethodName
        let request: JSONValue
        let expected: Expectation
    }

    enum Expectation: Sendable {
        case answer(JSONValue)
        /// Of a call with a stream of answers: all up to `caughtUp`, and that.
        case answers([JSONValue], caughtUp: JSONValue)
        case status(code: String, says: String?)
    }

    /// What is wrong with a story file itself.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let name: String
    let clock: Instant
    /// Texts that an organisation must not get in any answer, by organisation.
    let never: [String: [String]]
    let steps: [Step]
    var testDescription: String { name }

    static let folder = Installation.project.appending(path: "Tests/Streams/stories")

    static var all: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".jsonl") }.sorted()
        }
    }

    init(file: String) throws {
        name = file
        let text = try String(contentsOf: Self.folder.appending(path: file), encoding: .utf8)
        var values: [String: JSONValue] = [:]
        for member in try Self.members(of: JSONValue(parsing: Array(Data(contentsOf: Self.folder.appending(path: "people.json"))))) {
            values[member.name] = try member.value.resolved(values)
        }
        var (header, time): (JSONValue?, Instant?) = (nil, nil)
        var steps: [Step] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.isEmpty {
            let number = index + 1
            do {
                let entry = try JSONValue(parsing: String(line), firstLine: number)
                guard header != nil else {
                    header = entry
                    time = try Self.time(entry, "clock")
                    continue
                }
                if entry["note"] != nil { continue }
                if let people = entry["let"] {
                    for member in try Self.members(of: people) { values[member.name] = try member.value.resolved(values) }
                    continue
                }
                let at = entry["at"] == nil ? time : try Self.time(entry, "at")
                guard let at, let before = time, at >= before else { throw Fault(description: "at: is earlier than the line before") }
                time = at
                steps.append(try Step(entry, line: number, at: at, values))
            } catch {
                throw Fault(description: "\(file):\(number): \(error)")
            }
        }
        guard let header, let clock = try? Self.time(header, "clock") else { throw Fault(description: "\(file):1: has no clock") }
        self.clock = clock
        never =
            try header["never"].map { value in
                try Dictionary(
                    uniqueKeysWithValues: Self.members(of: value).map { ($0.name, $0.value.elements.compactMap(\.string)) })
            } ?? [:]
        self.steps = steps
    }

    private static func members(of value: JSONValue) throws -> [JSONValue.Member] {
        guard case .object(let members) = value.content else { throw Fault(description: "must be an object") }
        return members
    }

    /// `2026-03-02 09:00` in Sweden.
    private static func time(_ entry: JSONValue, _ name: String) throws -> Instant {
        let parts = entry.text(name).split(whereSeparator: { " :".contains($0) })
        guard parts.count == 3, let day = CivilDate(parts[0]), let hour = Int(parts[1]), let minute = Int(parts[2]),
            let time = LocalTime(day, hour: hour, minute: minute)
        else { throw Fault(description: "\(name): must be a day and a time of day in Sweden, 2026-03-02 09:00") }
        return time.instant
    }
}

extension Story.Step {
    fileprivate init(_ entry: JSONValue, line: Int, at: Instant, _ values: [String: JSONValue]) throws {
        let names = entry.text("call").split(separator: "/")
        guard names.count == 2 else { throw Story.Fault(description: "call: must be service and method") }
        let method = MethodName(service: "lots.v1.\(names[0])", method: String(names[1]))
        guard MessageCatalogue.contract[method] != nil else { throw Story.Fault(description: "call: the contract has no \(method)") }
        guard !entry.text("by").isEmpty else { throw Story.Fault(description: "by: is missing") }
        let expected: Story.Expectation
        if let answer = entry["answer"] {
            expected = .answer(answer)
        } else if let answers = entry["answers"] {
            expected = .answers(answers.elements, caughtUp: entry["caughtUp"] ?? .object([:]))
        } else if let code = entry["status"]?.string {
            expected = .status(code: code, says: entry["says"]?.string)
        } else {
            throw Story.Fault(description: "nothing is expected: answer, answers or status")
        }
        self.init(
            line: line, at: at, by: entry.text("by"), method: method,
            request: try (entry["send"] ?? .object([:])).resolved(values), expected: expected)
    }
}

/// One run of a story.
struct StoryTelling {
    let story: Story
    let exchange: LiveExchange
    /// Values of answers under the names that the story gives them.
    private var names: [String: JSONValue] = [:]
    private var clients: [String: JSONClient] = [:]
    /// What differs from the story, with its line.
    private(set) var differences: [String] = []

    init(_ story: Story, on exchange: LiveExchange) {
        self.story = story
        self.exchange = exchange
    }

    mutating func tell() async throws {
        exchange.clock.set(story.clock)
        for step in story.steps {
            try await exchange.pass(to: step.at)
            do {
                differences += try await play(step).map { "\(story.name):\(step.line): \($0)" }
            } catch {
                // What follows cannot be told without it.
                return differences.append("\(story.name):\(step.line): \(error)")
            }
        }
    }

    private mutating func play(_ step: Story.Step) async throws -> [String] {
        let client: JSONClient
        if let known = clients[step.by] {
            client = known
        } else {
            client = JSONClient(try await exchange.client(step.by))
            clients[step.by] = client
        }
        let request = try step.request.naming(names)
        do {
            switch step.expected {
            case .answers(let expected, let caughtUp):
                let (answers, end) = try await client.serverStreaming(step.method, request) { answers in
                    var all: [JSONValue] = []
                    for try await answer in answers {
                        if let end = answer["caughtUp"] { return (all, end) }
                        all.append(answer)
                    }
                    throw Story.Fault(description: "the stream has ended")
                }
                return leaks(.array(answers), to: step.by) + differ(.array(answers), from: .array(expected), "answers")
                    + differ(end, from: caughtUp, "caughtUp")
            case .answer(let expected):
                let answer = try await client.unary(step.method, request)
                return leaks(answer, to: step.by) + differ(answer, from: expected, "answer")
            case .status(let code, _):
                if MessageCatalogue.contract[step.method]?.kind == .serverStreaming {
                    try await client.serverStreaming(step.method, request) { for try await _ in $0 {} }
                    return ["\(code) is expected, and the stream has ended well"]
                }
                let answer = try await client.unary(step.method, request)
                return ["\(code) is expected, not \(answer.text())"]
            }
        } catch let failure as CallFailure {
            let told = "\(failure.status.code): \(failure.status.message) \(failure.faults)"
            let leaks = leaks(.string(told), to: step.by)
            guard case .status(let code, let says) = step.expected else { return leaks + ["an answer is expected, not \(told)"] }
            guard "\(failure.status.code)" == code, says.map(told.contains) ?? true else {
                return leaks + ["\(code) \(says ?? "") is expected, not \(told)"]
            }
            return leaks
        }
    }

    private func leaks(_ answer: JSONValue, to participant: String) -> [String] {
        let organisation = String(participant.prefix { $0 != "/" })
        let text = answer.text()
        return (story.never[organisation] ?? []).filter(text.contains).map { "\(organisation) must never see \"\($0)\"" }
    }

    /// Members and elements that are not as expected, by path. A text `$name` gives a value a name or, once it has one, asks for the same
    /// again; `*` is anything that is there, `~text` contains the text, null is nothing at all. Members that are not named may be anything.
    private mutating func differ(_ value: JSONValue?, from expected: JSONValue, _ path: String) -> [String] {
        if case .null = expected.content { return value == nil ? [] : ["\(path): must not be there: \(value?.text() ?? "")"] }
        guard let value else { return ["\(path): is missing"] }
        switch expected.content {
        case .string("*"): return []
        case .string(let text) where text.hasPrefix("$"):
            guard let known = names.updateValue(names[text] ?? value, forKey: text) else { return [] }
            return known == value ? [] : ["\(path): must be the \(text) of before"]
        case .string(let text) where text.hasPrefix("~"):
            let part = text.dropFirst()
            return value.string?.contains(part) == true ? [] : ["\(path): must contain \"\(part)\": \(value.text())"]
        case .object(let members):
            if let some = expected["$some"] {
                return some.elements.enumerated().flatMap { index, pattern in
                    value.elements.contains { element in
                        var copy = self
                        guard copy.differ(element, from: pattern, "").isEmpty else { return false }
                        self = copy
                        return true
                    } ? [] : ["\(path): has no element \(pattern.text()): \(value.text())"]
                }
            }
            return members.flatMap { differ(value[$0.name], from: $0.value, "\(path).\($0.name)") }
        case .array(let elements):
            guard value.elements.count == elements.count else {
                return ["\(path): must have \(elements.count) elements: \(value.text())"]
            }
            return zip(value.elements, elements).enumerated().flatMap { differ($1.0, from: $1.1, "\(path)[\($0)]") }
        default: return value == expected ? [] : ["\(path): must be \(expected.text()): \(value.text())"]
        }
    }
}

extension LiveExchange {
    /// Time passes until a moment: every deadline on the way is met when it is due.
    func pass(to moment: Instant) async throws {
        for _ in 0..<10_000 {
            guard let due = try await store.read({ try $0.due(at: moment, limit: 1) }).first?.due else {
                clock.set(moment)
                return
            }
            clock.set(max(due, clock.now))
            _ = try await exchange.fireDeadlines()
        }
        Issue.record("a deadline comes again and again")
    }
}

extension JSONValue {
    /// `{"$like": "name", …}` is the value of that name with other members in the place of its own; null takes one away.
    fileprivate func resolved(_ values: [String: JSONValue]) throws -> JSONValue {
        switch content {
        case .array(let elements): return .array(try elements.map { try $0.resolved(values) })
        case .object(let members):
            guard let like = self["$like"]?.string else {
                return JSONValue(.object(try members.map { Member($0.name, try $0.value.resolved(values)) }))
            }
            guard let base = values[like] else { throw Story.Fault(description: "$like: nothing is called \(like)") }
            return base.replacing(try members.filter { $0.name != "$like" }.map { Member($0.name, try $0.value.resolved(values)) })
        default: return self
        }
    }

    private func replacing(_ changes: [Member]) -> JSONValue {
        guard case .object(var members) = content else { return JSONValue(.object(changes)) }
        for change in changes {
            let before = members.first { $0.name == change.name }?.value
            let index = members.firstIndex { $0.name == change.name }
            switch change.value.content {
            case .null: members.removeAll { $0.name == change.name }
            case .object(let inner) where before != nil:
                if let index, let before { members[index].value = before.replacing(inner) }
            default:
                if let index { members[index] = change } else { members.append(change) }
            }
        }
        return JSONValue(.object(members))
    }

    /// `$name` is the value that was given that name.
    fileprivate func naming(_ names: [String: JSONValue]) throws -> JSONValue {
        switch content {
        case .array(let elements): return .array(try elements.map { try $0.naming(names) })
        case .object(let members): return JSONValue(.object(try members.map { Member($0.name, try $0.value.naming(names)) }))
        case .string(let text) where text.hasPrefix("$"):
            guard let value = names[text] else { throw Story.Fault(description: "no answer has been called \(text)") }
            return value
        default: return self
        }
    }
}
