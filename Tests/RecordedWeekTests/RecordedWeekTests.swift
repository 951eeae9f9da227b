import Foundation
import Protobuf
import Recording
import Synchronization
import Testing

/// A whole exchange in memory against the recorded week.
@Suite struct RecordedWeekTests {
    /// What `Tests/Streams/week` says without having seen the decision tables is what the exchange does.
    ///
    /// With RECORD_WEEK=1 in the environment the answers become the new `week.jsonl`.
    @Test func everythingBecomesWhatWasExpected() async throws {
        let bytes = try await WeekExchange.with { exchange in
            let recorded = Mutex<[UInt8]>([])
            _ = try await exchange.replay().run(Week.requests) { line in recorded.withLock { $0 += line } }
            return recorded.withLock(\.self)
        }
        if ProcessInfo.processInfo.environment["RECORD_WEEK"] == "1" { try Data(bytes).write(to: Week.recording) }

        let answers = try await WeekAnswers(RecordingSource(name: "week", bytes: bytes))
        let expected = try JSONValue(parsing: Array(Data(contentsOf: Week.expected)))
        let all = try #require(expected["answers"]).elements
        #expect(all.count > 300)
        for answer in all { #expect(answers.verdict(on: answer) == WeekAnswers.wanted(answer)) }

        let fetched = try #require(expected["fetched"]).elements
        #expect(fetched.count > 30)
        for hand in fetched {
            let call = try #require(hand["call"]?.integer() as Int?)
            let wanted = hand["assignments"]?.elements.map { [$0.text("sender") ?? "", $0.text("service") ?? ""] } ?? []
            let found = answers.assignments[call] ?? []
            #expect(found.map { [$0.sender, $0.service] }.sorted(by: precedes) == wanted.sorted(by: precedes), "call \(call)")
            #expect(Set(found.map(\.recipient)) == [hand.text("recipient") ?? ""], "call \(call)")
        }
        for returned in try #require(expected["returned"]).elements {
            let call = try #require(returned["call"]?.integer() as Int?)
            #expect(answers.unary[call]?.text("phase") == "ASSIGNMENT_PHASE_RETURNED")
        }
    }

    /// The second is what a daemon does that was started at the beginning of the week: to it all of the week happens on Monday.
    @Test(arguments: [true, false]) func theRecordingPlaysWithoutADifference(settingClock: Bool) async throws {
        let report = try await WeekExchange.with { exchange in
            try await exchange.replay(settingClock: settingClock).run(RecordingSource(file: Week.recording.path))
        }
        #expect(report.differences.map(\.description) == [])
        #expect(report.comparedAnswers == report.answers)
        #expect(report.answers > 900)
    }

    private func precedes(_ left: [String], _ right: [String]) -> Bool { left.lexicographicallyPrecedes(right) }
}
