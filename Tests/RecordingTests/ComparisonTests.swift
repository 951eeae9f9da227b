import Protobuf
import Testing

@testable import Recording

@Suite struct ComparisonTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let recorded: String
        let live: String
        /// Path and rule; empty when the difference is allowed.
        let findings: [String]

        init(_ recorded: String, _ live: String, _ findings: String...) {
            self.recorded = recorded
            self.live = live
            self.findings = findings
        }

        var testDescription: String { "\(recorded) and \(live)" }
    }

    static let table: [Case] = [
        // Whatever is not named has to be equal.
        Case(#"{"a":[1,{"b":"x"}]}"#, #"{"a":[1,{"b":"x"}]}"#),
        Case(#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#),
        Case(#"{"a":[1,{"b":"x"}]}"#, #"{"a":[1,{"b":"y"}]}"#, "$.a[1].b: must be equal"),
        Case(#"{"a":1}"#, #"{"a":"1"}"#, "$.a: must be equal"),
        Case(#"{"a":1}"#, "{}", "$.a: is missing now"),
        Case("{}", #"{"a":1}"#, "$.a: was not there before"),
        Case(#"{"a":[1,2]}"#, #"{"a":[1]}"#, "$.a: has 1 elements instead of 2"),
        Case(#"{"a":[1,2]}"#, #"{"a":[2,1]}"#, "$.a[0]: must be equal", "$.a[1]: must be equal"),
        Case(#"{"a":1,"b":1}"#, #"{"a":2,"c":1}"#, "$.a: must be equal", "$.b: is missing now", "$.c: was not there before"),
        // Moments.
        Case(#"{"receivedAt":"2026-03-02T06:00:00Z"}"#, #"{"receivedAt":"2027-01-01T00:00:00.123456Z"}"#),
        Case(#"{"receivedAt":"2026-03-02T06:00:00Z"}"#, "{}", "$.receivedAt: is missing now"),
        Case(#"{"receivedAt":"2026-03-02T06:00:00Z"}"#, #"{"receivedAt":"yesterday"}"#, "$.receivedAt: must be a timestamp on both sides"),
        Case(#"{"receivedAt":"2026-03-02T06:00:00Z"}"#, #"{"receivedAt":7}"#, "$.receivedAt: must be equal"),
        Case(#"{"happenedAt":"2026-03-02T06:00:00Z"}"#, #"{"happenedAt":"2027-01-01T00:00:00Z"}"#, "$.happenedAt: must be equal"),
        // Values that the exchange makes.
        Case(#"[{"referralId":"A"},{"referralId":"A"}]"#, #"[{"referralId":"X"},{"referralId":"X"}]"#),
        Case(
            #"[{"referralId":"A"},{"referralId":"A"}]"#, #"[{"referralId":"X"},{"referralId":"Y"}]"#,
            "$[1].referralId: stands for another value than before"),
        Case(
            #"[{"referralId":"A"},{"referralId":"B"}]"#, #"[{"referralId":"X"},{"referralId":"X"}]"#,
            "$[1].referralId: stands for another value than before"),
        Case(#"[{"referralId":"A"},{"assignmentId":"A"}]"#, #"[{"referralId":"X"},{"assignmentId":"Y"}]"#),
        Case(#"[{"contentDigest":"aa"},{"contentDigest":"aa"}]"#, #"[{"contentDigest":"cc"},{"contentDigest":"cc"}]"#),
        Case(
            #"[{"contentDigest":"aa"},{"contentDigest":"bb"}]"#, #"[{"contentDigest":"cc"},{"contentDigest":"cc"}]"#,
            "$[1].contentDigest: stands for another value than before"),
        Case(#"{"messageId":"A"}"#, #"{"messageId":"X"}"#, "$.messageId: must be equal"),
        // Lists without an order.
        Case(
            #"{"assignments":[{"assignmentId":"A","n":1},{"assignmentId":"B","n":2}]}"#,
            #"{"assignments":[{"assignmentId":"X","n":2},{"assignmentId":"Y","n":1}]}"#),
        Case(#"{"assignments":[{"n":1},{"n":2}]}"#, #"{"assignments":[{"n":2},{"n":3}]}"#, "$.assignments[1].n: must be equal"),
        Case(#"{"assignments":[{"n":1}]}"#, #"{"assignments":[{"n":2},{"n":1}]}"#, "$.assignments: has 2 elements instead of 1"),
        Case(#"{"assignments":[{"n":1},{"n":1}]}"#, #"{"assignments":[{"n":1},{"n":2}]}"#, "$.assignments[1].n: must be equal"),
    ]

    @Test(arguments: table)
    func everyRuleFindsADifferenceAndAllowsWhatItAllows(test: Case) throws {
        #expect(try findings(test.recorded, test.live) == test.findings)
    }

    @Test func aDayFollowsTheClockOnlyWhenTheReplaySetsIt() throws {
        let (recorded, live) = (#"{"asOf":"2026-03-02"}"#, #"{"asOf":"2026-03-05"}"#)
        #expect(try findings(recorded, live, setsClock: true) == ["$.asOf: must be equal"])
        #expect(try findings(recorded, live, setsClock: false) == [])
        #expect(try findings(recorded, #"{"asOf":"today"}"#, setsClock: false) == ["$.asOf: must be a date on both sides"])
    }

    @Test func whatAValueStoodForBeforeCounts() throws {
        var known = IdentityMap()
        known.insert(.init(name: "referralId", recorded: "A", live: "X"))
        #expect(try findings(#"{"referralId":"A"}"#, #"{"referralId":"X"}"#, identities: known) == [])
        for (recorded, live) in [("A", "Y"), ("B", "X")] {
            #expect(
                try findings(#"{"referralId":"\#(recorded)"}"#, #"{"referralId":"\#(live)"}"#, identities: known)
                    == ["$.referralId: stands for another value than before"])
        }
    }

    @Test func answersOfAStreamBelongTogetherByTheirItem() throws {
        let recorded = try [#"{"item":"1","n":1}"#, #"{"item":"2","n":2}"#, #"{"n":7}"#, #"{"n":8}"#].map(value)
        let live = try [#"{"n":8}"#, #"{"item":"2","n":1}"#, #"{"item":"1","n":2}"#].map(value)
        let comparison = Comparison(rules: .lots, setsClock: true, identities: IdentityMap())
        // The third has no equal one, and none is left for it.
        #expect(comparison.pair(recorded, live) == [2, 1, nil, 0])
    }

    @Test(arguments: ["$1.1", "$812.33"])
    func placeholdersAreRead(text: String) {
        #expect(Placeholder(text)?.description == text)
    }

    @Test(arguments: ["$1", "$0.1", "$1.0", "1.1", "$a.1", "$1.1.1", "$99999999999999999.1", ""])
    func otherTextsAreNoPlaceholders(text: String) {
        #expect(Placeholder(text) == nil)
    }

    private func findings(
        _ recorded: String, _ live: String, setsClock: Bool = true, identities: IdentityMap = IdentityMap()
    ) throws -> [String] {
        var comparison = Comparison(rules: .lots, setsClock: setsClock, identities: identities)
        comparison.compare(try value(recorded), try value(live))
        return comparison.findings.map { "\($0.path): \($0.rule)" }
    }

    private func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }
}
