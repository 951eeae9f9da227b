import Testing

@testable import Recording

@Suite struct RecordingReaderTests {
    private static let submit = "ReferralService/Submit"
    private static let stream = "ReferralService/SubmitStream"
    private static let request = line(1, "request", submit, #""body":{"messageId":"a"}"#)
    private static let answer = line(1, "response", submit, #""body":{"messageId":"a"}"#)

    struct Fault: Sendable, CustomTestStringConvertible {
        let lines: [String]
        /// What the description must be, without the file.
        let faults: [String]

        init(_ lines: String..., faults: String...) {
            self.lines = lines
            self.faults = faults
        }

        var testDescription: String { faults.first ?? "" }
    }

    static let table: [Fault] = [
        // The header.
        Fault(faults: "1:1: is empty: a recording begins with its header"),
        Fault(request, faults: "1:1: is not the header that a recording begins with"),
        Fault(
            #"{"recording":"lots/1","more":1}"#, faults: "1:1: description: is missing", "1:1: clock: is missing",
            "1:1: testData: is missing", "1:30: more: is not a member of this kind of line"),
        Fault(
            header.replacing("lots/1", with: "lots/2"),
            faults: "1:14: recording: is not a version that this program reads: it reads lots/1"),
        Fault(header.replacing("true", with: "1"), faults: "1:88: testData: must be true or false"),
        // One line.
        Fault(header, "{", faults: "2:2: expected a name in double quotes"),
        Fault(header, "[]", faults: "2:1: must be an object"),
        Fault(header, "", faults: "2:1: ends where a value is expected"),
        Fault(
            header, request.replacing("2026-03-02T06", with: "2026-03-02T25"),
            faults: "2:9: time: must be a time such as \"2026-03-02T06:00:00Z\", in UTC"),
        Fault(header, request.replacing(#""call":1"#, with: #""call":0"#), faults: "2:100: call: must be a whole number, counted from 1"),
        Fault(header, request.replacing(#""call":1"#, with: #""call":"1""#), faults: "2:100: call: must be a whole number, counted from 1"),
        Fault(
            header, request.replacing("Service/Submit", with: "Service"),
            faults: "2:133: method: must be a service and a method such as \"lots.v1.ReferralService/Submit\""),
        Fault(
            header, request.replacing(#""request""#, with: #""reply""#),
            faults: "2:114: direction: must be \"request\", \"end\", \"response\" or \"status\""),
        Fault(header, line(1, "request", submit), faults: "2:1: body: is missing"),
        Fault(header, line(1, "request", submit, #""raw":"???""#), faults: "2:172: raw: must be base 64"),
        Fault(header, line(1, "request", submit, #""raw":"AAAA","body":{}"#), faults: "2:186: body: is not a member of this kind of line"),
        Fault(
            header, request, line(1, "status", submit, #""status":{"code":"NOPE","why":1}"#),
            faults: "3:182: status.code: is not the name of a status code", "3:195: status.why: is not a member of this kind of line"),
        Fault(
            header, request, line(1, "status", submit, #""status":{"code":"INTERNAL","details":{}}"#),
            faults: "3:203: status.details: must be an array"),
        // The messages.
        Fault(
            header, line(1, "request", submit, #""body":{"message":"Fatuma"}"#),
            faults: "2:1: body: SubmitRequest has no field \"message\""),
        Fault(
            header, line(1, "request", submit, #""body":{"referral":{"role":"ROLE_KING","test":"Fatuma"}}"#),
            faults: "2:1: body.referral.role", "2:1: body.referral.test"),
        Fault(header, request, line(1, "response", submit, #""body":{"outcome":"OUTCOME_LOST"}"#), faults: "3:1: body.outcome"),
        Fault(
            header, request, line(1, "status", submit, #""status":{"code":"INTERNAL","details":[{"@type":"x/lots.v1.Faults","fault":1}]}"#),
            faults: "3:1: status.details"),
        Fault(
            header, request, line(1, "status", submit, #""status":{"code":"INTERNAL","details":[{"@type":"x/y.Z","value":"?"}]}"#),
            faults: "3:1: status.details: a detail of an unknown type has the member \"value\" in base 64 and no other"),
        Fault(
            header, request, line(1, "status", submit, #""status":{"code":"INTERNAL","details":[7]}"#),
            faults: "3:1: status.details: must be an object with the member \"@type\""),
        // The order of lines.
        Fault(
            header, line(1, "request", submit, #""body":{}"#, time: "2026-03-02T05:59:59Z"),
            faults: "2:1: time: is earlier than the line before"),
        Fault(header, answer, faults: "2:1: direction: must be \"request\": the call begins here"),
        Fault(header, request, request, faults: "3:1: direction: a request after the last one of its call"),
        Fault(header, request, answer, answer, faults: "4:1: call: is over, or was left out: the numbers of new calls grow"),
        Fault(header, request, line(1, "end", submit), faults: "3:1: direction: the requests of this call have ended already"),
        Fault(
            header, request, line(1, "response", stream, #""body":{}"#),
            faults: "3:1: method: is not the method of this call in earlier lines"),
        Fault(
            header, request, line(1, "response", submit, #""body":{}"#, connection: 2),
            faults: "3:1: connection: is not the connection of this call in earlier lines"),
        Fault(
            header, request, answer.replacing("unit-1", with: "unit-2"),
            faults: "3:1: identity: is not the identity of this connection in earlier lines"),
        Fault(
            header, line(1, "request", stream, #""body":{}"#), line(1, "end", stream), line(1, "request", stream, #""body":{}"#),
            faults: "4:1: direction: a request after the last one of its call"),
        Fault(
            header, line(1, "request", "ReferralService/Guess", #""body":{}"#), faults: "2:1: method: is not a method that is known here"),
        Fault(
            header, request, answer, line(2, "request", submit, #""body":{}"#), faults: "4:1: call: has no end, although other calls have"),
    ]

    @Test(arguments: table)
    func everyFaultIsFound(fault: Fault) async {
        let faults = await faults(in: fault.lines)
        #expect(faults.count == fault.faults.count, "\(faults)")
        for (found, expected) in zip(faults, fault.faults) {
            #expect(found.hasPrefix("test.jsonl:\(expected)"), "\(found)")
            #expect(!found.contains("Fatuma"), "a value is shown")
        }
    }

    @Test func allFaultsAreReportedAtOnceUpToALimit() async {
        let lines = [header] + (0..<1000).map { line($0 + 1, "request", Self.submit, #""body":{"no":1}"#) }
        let faults = await faults(in: lines)
        #expect(faults.count == RecordingFaults.limit)
        #expect(faults.first?.hasPrefix("test.jsonl:2:1: body") == true)
        #expect(faults.last?.hasPrefix("test.jsonl:65:1: body") == true)
    }

    @Test func whatIsReadIsWrittenAgain() async throws {
        let text = [
            header, Self.request, Self.answer,
            line(2, "request", Self.submit, #""raw":"//8=""#, connection: 2, time: "2026-03-02T06:00:01.500Z"),
            line(
                2, "status", Self.submit,
                #""status":{"code":"INVALID_ARGUMENT","message":"1 fault: \"å\"","details":[{"@type":"type.googleapis.com/lots.v1.Faults","#
                    + #""faults":[{"path":"referral.role","rule":"must be one"}]},{"@type":"x/unknown.Type","value":"AQI="}]}"#,
                connection: 2, time: "2026-03-02T06:00:01.500Z"),
            line(3, "request", Self.stream, #""body":{"messageId":"b"}"#, time: "2026-03-02T06:00:02Z"),
            line(3, "response", Self.stream, #""body":{"item":"1","messageId":"b","refusal":{"code":3}}"#, time: "2026-03-02T06:00:02Z"),
            line(3, "end", Self.stream, time: "2026-03-02T06:00:03Z"),
            line(3, "status", Self.stream, #""status":{"code":"OK"}"#, time: "2026-03-02T06:00:03Z"),
            line(4, "request", Self.submit, #""body":{}"#, time: "2026-03-02T06:00:03Z"),
            line(4, "status", Self.submit, #""status":{"code":"CODE_77"}"#, time: "2026-03-02T06:00:03Z"),
        ]
        var written: [UInt8] = []
        for entry in try await entries(source(text)) {
            switch entry {
            case .header(let header): written += RecordingWriter.bytes(header)
            case .line(let line, _): written += RecordingWriter.bytes(line)
            }
        }
        #expect(String(decoding: written, as: UTF8.self) == text.joined(separator: "\n") + "\n")
    }

    @Test func theOrderOfMembersIsTheWritersOwn() async throws {
        let shuffled =
            #"{"body":{"messageId":"a"},"method":"lots.v1.ReferralService/Submit","direction":"request","call":1,"#
            + #""identity":"spiffe://lots.example/org/unit-1","connection":1,"time":"2026-03-02T06:00:00Z"}"#
        guard case .line(let line, number: 2) = try await entries(source([header, shuffled])).last else {
            Issue.record("no line was read")
            return
        }
        #expect(String(decoding: RecordingWriter.bytes(line), as: UTF8.self) == Self.request + "\n")
    }

    @Test func theLastLineNeedsNoEnd() async throws {
        let text = [header, Self.request, Self.answer].joined(separator: "\n")
        #expect(try await entries(RecordingSource(name: "test", bytes: Array(text.utf8))).count == 3)
    }

    @Test func requestsWithoutAnyAnswerAreARecordingToo() async throws {
        let summary = try await source([header, Self.request, line(2, "request", Self.submit, #""body":{}"#)]).forEachEntry(
            types: lotsTypes)
        #expect(!summary.hasAnswers)
        #expect(summary.calls == 2)
    }

    @Test func aProtectedIdentityStandsInNoRecordingOfRealPeople() async {
        func request(_ identity: String) -> String {
            line(1, "request", Self.submit, #""body":{"messageId":"a","referral":{"protectedIdentity":"PROTECTED_IDENTITY_\#(identity)"}}"#)
        }
        for identity in ["CONFIDENTIALITY_MARKING", "PROTECTED_REGISTRATION", "ASSUMED_IDENTITY", "UNKNOWN"] {
            #expect(
                await faults(in: [secretHeader, request(identity)]) == [
                    "test.jsonl:2:1: body: is of a person whose identity is protected, or may be: such a case stands in no recording"
                ])
            #expect(await faults(in: [header, request(identity)]) == [], "invented")
        }
        #expect(await faults(in: [secretHeader, request("NONE")]) == [])
    }

    private func faults(in lines: [String]) async -> [String] {
        do {
            let text = lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
            _ = try await entries(RecordingSource(name: "test.jsonl", bytes: Array(text.utf8)))
            return []
        } catch let faults as RecordingFaults {
            return faults.faults.map(\.description)
        } catch {
            Issue.record(error)
            return []
        }
    }
}
