import Foundation
import Protobuf
import Recording
import Referral
import ReferralAPI
import Testing

/// The recorded week against a whole exchange, in this process and over mutual TLS.
@Suite(.timeLimit(.minutes(6))) struct WeekTests {
    /// Every answer is the recorded one, and what became of everybody is what `week-expected.json` says, which knows no decision tables.
    @Test(arguments: Carrier.allCases) func theWeekPassesAsItDid(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            var replay = Replay(types: .contract) { try await exchange.client(identity: $0) }
            replay.beforeLine = { exchange.clock.set($0) }
            var live: [UInt8] = []
            let report = try await replay.run(RecordingSource(file: week("week.jsonl").path)) { live += $0 }
            #expect(report.differences.map(\.description) == [])
            #expect(report.moreDifferences == 0)
            #expect(report.comparedAnswers == report.answers)
            #expect(report.answers > 900)

            let expected = try JSONValue(parsing: Array(Data(contentsOf: week("week-expected.json"))))
            let outcome = try await WeekOutcome(answers: RecordingSource(name: "live", bytes: live), log: exchange.events())
            try check(expected, against: outcome)
        }
    }

    private static let recordingPath = ProcessInfo.processInfo.environment["LOTS_RECORD_WEEK"]

    /// Writes the recording anew, when the contract or the rules have changed on purpose.
    @Test(.enabled(if: recordingPath != nil, "set LOTS_RECORD_WEEK to the file to write")) func theWeekIsRecordedAnew() async throws {
        let path = try #require(Self.recordingPath)
        let recording = try await LiveExchange.with(.memory) { exchange in
            var replay = Replay(types: .contract) { try await exchange.client(identity: $0) }
            replay.beforeLine = { exchange.clock.set($0) }
            var bytes: [UInt8] = []
            _ = try await replay.run(RecordingSource(file: week("week-requests.jsonl").path)) { bytes += $0 }
            return bytes
        }
        try Data(recording).write(to: URL(filePath: path))
    }

    private func check(_ expected: JSONValue, against outcome: WeekOutcome) throws {
        let answers = try #require(expected["answers"]).elements
        #expect(answers.count > 300)
        for entry in answers { #expect(outcome.answer(to: entry) == WeekOutcome.expectedAnswer(entry)) }

        let fetched = try #require(expected["fetched"]).elements
        #expect(fetched.count > 30)
        for entry in fetched {
            let found = outcome.handedOut[entry.int("call")] ?? []
            #expect(found.map(\.case).sorted() == entry.list("assignments").map(WeekOutcome.name).sorted(), "call \(entry.int("call"))")
            #expect(Set(found.map(\.recipient)) == [entry.text("recipient")], "call \(entry.int("call"))")
            #expect(found.map(\.availableAt) == found.map(\.availableAt).sorted(), "call \(entry.int("call")): the longest waiting first")
        }
        #expect(outcome.handedOut.count == fetched.count)

        let returned = try #require(expected["returned"]).elements
        #expect(returned.count > 5)
        let places = returned.map { "\(WeekOutcome.name($0)) \($0["recipient"]?.string ?? "review \($0.text("review"))")" }
        #expect(outcome.returns.sorted() == places.sorted())
        #expect(outcome.phasesAfterReturn == ["ASSIGNMENT_PHASE_RETURNED"])
    }

    private func week(_ name: String) -> URL { Installation.project.appending(path: "Tests/Streams/\(name)") }
}

extension RecordedTypes {
    /// The messages of the contract.
    static let contract = RecordedTypes(
        method: { name in
            MessageCatalogue.contract[name].map { Method(kind: $0.kind, request: $0.request, response: $0.response) }
        }, detail: { MessageCatalogue.contract.detail($0) })
}

extension JSONValue {
    var elements: [JSONValue] {
        if case .array(let elements) = content { elements } else { [] }
    }

    func list(_ name: String) -> [JSONValue] { self[name]?.elements ?? [] }
    func text(_ name: String) -> String { self[name]?.string ?? "" }
    func int(_ name: String) -> Int { self[name]?.integer() ?? 0 }
}
