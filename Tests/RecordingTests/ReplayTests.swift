import Synchronization
import Testing

@testable import Recording

@Suite struct ReplayTests {
    /// Two submissions, one that cannot be read, a pipelined batch, and two recipients that take what there is.
    private static let requests = [
        header,
        line(1, "request", "ReferralService/Submit", #""body":{"messageId":"a"}"#),
        line(2, "request", "ReferralService/Submit", #""body":{"messageId":"b"}"#),
        line(3, "request", "ReferralService/Submit", #""raw":"Cv8=""#),
        line(4, "request", "ReferralService/SubmitStream", #""body":{"messageId":"c"}"#, connection: 2),
        line(4, "request", "ReferralService/SubmitStream", #""body":{}"#, connection: 2),
        line(4, "request", "ReferralService/SubmitStream", #""body":{"messageId":"d"}"#, connection: 2),
        line(4, "end", "ReferralService/SubmitStream", connection: 2),
        line(5, "request", "AssignmentService/Pull", #""body":{"credit":{"assignments":2}}"#, connection: 3),
        line(5, "request", "AssignmentService/Pull", #""body":{"acknowledge":{"assignmentId":"$5.2"}}"#, connection: 3),
        line(5, "request", "AssignmentService/Pull", #""body":{"acknowledge":{"assignmentId":"$5.1"}}"#, connection: 3),
        line(5, "end", "AssignmentService/Pull", connection: 3),
        line(6, "request", "AssignmentService/Fetch", #""body":{"limit":100}"#, connection: 4, time: "2026-03-03T06:00:00Z"),
        line(
            7, "request", "AssignmentService/Acknowledge", #""body":{"assignmentId":"$6.1"}"#, connection: 4, time: "2026-03-03T06:00:01Z"),
        line(
            8, "request", "AssignmentService/Acknowledge", #""body":{"assignmentId":"unheard-of"}"#, connection: 4,
            time: "2026-03-03T06:00:02Z"),
    ]

    private func replay(_ exchange: TinyExchange) -> Replay {
        Replay(types: lotsTypes, connect: { exchange.connect($0) })
    }

    private func record(_ lines: [String], with exchange: TinyExchange) async throws -> (lines: [String], report: ReplayReport) {
        var bytes: [UInt8] = []
        let report = try await replay(exchange).run(source(lines)) { bytes += $0 }
        return (String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init), report)
    }

    @Test func requestsBecomeARecordingThatPlaysAgain() async throws {
        let first = TinyExchange(prefix: "one-")
        let (recording, report) = try await record(Self.requests, with: first)
        #expect(report.requests == 12)
        #expect(report.comparedAnswers == 0)
        #expect(first.identities == (1...4).map { "spiffe://lots.example/org/unit-\($0)" })
        // Two by the stream, its last one first, and two by unary calls.
        #expect(first.acknowledged == ["one--assignment-b", "one--assignment-a", "one--assignment-c", "unheard-of"])
        #expect(!recording.contains { $0.contains("$") }, "a placeholder is left")
        #expect(Set(Self.requests.prefix(9)).subtracting(recording).isEmpty, "a request was changed or lost")

        let summary = try await source(recording).forEachEntry(types: lotsTypes)
        #expect(summary.calls == 8 && summary.answeredCalls == 8)

        // Other ids, another order of hand-outs and another time: nothing differs.
        let second = TinyExchange(prefix: "other")
        let again = try await replay(second).run(source(recording))
        #expect(again.differences == [])
        #expect(again.answers == report.answers)
        #expect(again.comparedAnswers == report.answers)
        #expect(Set(second.acknowledged) == ["other-assignment-a", "other-assignment-b", "other-assignment-c", "unheard-of"])

        // Recording a recording gives the live answers in its place.
        let (recorded, third) = try await record(recording, with: TinyExchange(prefix: "one-"))
        #expect(third.differences == [])
        #expect(recorded == recording)
    }

    @Test func everyAnswerIsRecordedInItsPlace() async throws {
        let (recording, _) = try await record(Array(Self.requests.prefix(8)), with: TinyExchange(prefix: "one-"))
        let directions = recording.dropFirst().map { $0.split(separator: "\"direction\":\"")[1].prefix { $0 != "\"" } }
        #expect(
            directions == [
                "request", "response", "request", "response", "request", "status", "request", "request", "request", "end", "response",
                "response", "response", "status",
            ])
        let detail = #"[{"@type":"type.googleapis.com/lots.v1.Faults","faults":[{"path":"#
        #expect(recording[6].contains(#""status":{"code":"INVALID_ARGUMENT","message":"1 fault","details":\#(detail)"#))
        #expect(recording.last?.hasSuffix(#""status":{"code":"OK"}}"#) == true)
    }

    @Test(arguments: [
        (TinyExchange.Mistake.wrongOutcome, ["5: $.outcome: must be equal (recorded \"OUTCOME_ACCEPTED\", now \"OUTCOME_REFUSED\")"]),
        (.sameIdTwice, ["5: $.referralId: stands for another value than before (recorded \"one-2\", now \"other1\")"]),
        (.oneAnswerTooMany, ["15: $: one more answer than recorded came before the end"]),
        (.oneAnswerTooFew, ["14: $: the call has ended before this answer: OK"]),
        (
            .refusesAcknowledgements,
            [
                "23: $.acknowledged.code: was not there before (recorded nothing, now 5)",
                "28: $: the call was answered and now has failed: NOT_FOUND",
            ]
        ),
    ])
    func aWrongAnswerIsFound(mistake: TinyExchange.Mistake, expected: [String]) async throws {
        let (recording, _) = try await record(Self.requests, with: TinyExchange(prefix: "one-"))
        let report = try await replay(TinyExchange(prefix: "other", mistake: mistake)).run(source(recording))
        let differences = report.differences.map(\.description)
        for difference in expected { #expect(differences.contains("test.jsonl:\(difference)"), "\(differences)") }
    }

    @Test func aFailureThatIsAnsweredNowIsFound() async throws {
        let recording = [
            header, line(1, "request", "ReferralService/Submit", #""body":{"messageId":"a"}"#),
            line(1, "status", "ReferralService/Submit", #""status":{"code":"ALREADY_EXISTS"}"#),
        ]
        let report = try await replay(TinyExchange(prefix: "one-")).run(source(recording))
        #expect(
            report.differences.map(\.description) == ["test.jsonl:3: $: the call had failed and now is answered: recorded ALREADY_EXISTS"])
    }

    @Test func valuesAreShownOnlyOfTestData() async throws {
        let recording = [
            line(1, "request", "ReferralService/Submit", #""body":{"messageId":"a"}"#),
            line(1, "response", "ReferralService/Submit", #""body":{"messageId":"Fatuma"}"#),
        ]
        let shown = try await replay(TinyExchange(prefix: "one-")).run(source([header] + recording))
        #expect(shown.differences.contains { $0.description.contains("Fatuma") })
        let hidden = try await replay(TinyExchange(prefix: "one-")).run(source([secretHeader] + recording))
        #expect(hidden.differences.count == shown.differences.count)
        #expect(hidden.differences.allSatisfy { $0.values == nil })
        #expect(!"\(hidden)".contains("Fatuma"))
    }

    @Test func requestsAloneHaveNothingToCompareWith() async throws {
        await #expect(throws: Replay.Failure.self) { try await replay(TinyExchange(prefix: "one-")).run(source(Self.requests)) }
    }

    @Test func nothingIsSentWhenTheRecordingHasAFault() async throws {
        let exchange = TinyExchange(prefix: "one-")
        await #expect(throws: RecordingFaults.self) { try await record(Self.requests + ["?"], with: exchange) }
        #expect(exchange.identities == [])
    }

    @Test func aPlaceholderThatNoAnswerFillsEndsTheReplay() async throws {
        let lines = Self.requests.prefix(3) + [line(3, "request", "AssignmentService/Acknowledge", #""body":{"assignmentId":"$1.2"}"#)]
        await #expect(throws: Replay.Failure(description: "test.jsonl:4: call 1 has had no answer with 2 ids")) {
            try await record(Array(lines), with: TinyExchange(prefix: "one-"))
        }
    }

    @Test func theClockIsSetBeforeEveryLine() async throws {
        let times = Mutex<[RecordedTime]>([])
        let exchange = TinyExchange(prefix: "one-")
        var replay = replay(exchange)
        replay.beforeLine = { time in times.withLock { $0.append(time) } }
        _ = try await replay.run(source(Self.requests)) { _ in }
        let set = times.withLock(\.self)
        #expect(set.count == Self.requests.count - 1)
        #expect(set == set.sorted())
        #expect(set.last == RecordedTime("2026-03-03T06:00:02Z"))
    }

    @Test func aRecordingThatCannotBeWrittenEndsTheReplay() async throws {
        struct DiskFull: Error {}
        await #expect(throws: DiskFull.self) {
            try await replay(TinyExchange(prefix: "one-")).run(source(Self.requests)) { _ in throw DiskFull() }
        }
    }
}
