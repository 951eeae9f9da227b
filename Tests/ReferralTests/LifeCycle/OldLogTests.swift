import Foundation
import Referral
import Testing

/// A log that was written before a case had a life after its acceptance.
@Suite struct OldLogTests {
    private static let lines = [
        #"""
        [{"submitted":{"_0":{"referral":"r","sender":{"organisation":"polisen","unit":"soder"},"message":"m","digest":"d1",\#
        "facts":{"role":"victim","sex":"unspecified","age":{"years":17,"origin":"stated age"},\#
        "area":{"area":{"municipality":"0180","district":"farsta"},"basis":"residence"},"consent":{"status":"yes",\#
        "coversSupport":true,"coversMediation":true,"coversOutcome":false},"legalBasis":"consent","protectedIdentity":"none",\#
        "category":"assault","reported":"yes","exploitedForPayment":false,"services":["support"],"isTest":true}}}},\#
        {"routed":{"_0":"a1","_1":{"service":"support","outcome":{"recipient":{"_0":"centrum"}},"ruleSet":"1 Small",\#
        "rule":"1","inputs":[{"name":"area","value":"0180/farsta","origin":"residence"}],"notes":[],"asOf":"2026-03-02"}}},\#
        {"offered":{"_0":"a1","to":"centrum"}}]
        """#,
        #"""
        [{"leased":{"_0":"a1","_1":{"holder":{"organisation":"centrum","unit":"ett"},"until":1772435100000},\#
        "disclosed":["person","contacts"]}}]
        """#,
        #"[{"leaseExpired":{"_0":"a1"}}]"#,
        #"""
        [{"received":{"_0":"a1","by":{"organisation":"centrum","unit":"ett"}}},{"accepted":{"_0":"a1",\#
        "by":{"organisation":"centrum","unit":"ett"}}}]
        """#,
        #"""
        [{"returned":{"_0":"a1","by":{"organisation":"centrum","unit":"ett"},"reason":"no capacity"}},{"review":{"_0":"a1",\#
        "reason":"returned-by-only-recipient","owner":"stad"}}]
        """#,
    ]

    @Test func isReadAndFoldedAsBefore() throws {
        let entries = try Self.lines.map { try JSONDecoder().decode([ReferralEvent].self, from: Data($0.utf8)) }
        let start = SmallWorld.morning
        var phases: [String] = []
        var state: ReferralState?
        for (index, events) in entries.enumerated() {
            state = ReferralState.evolve(state, events, at: start + .seconds(Int64(index)))
            phases.append(try #require(state?.assignment(AssignmentID("a1"))).phase.name)
        }
        #expect(phases == ["offered", "leased", "offered", "accepted", "review"])
        let assignment = try #require(state?.assignment(AssignmentID("a1")))
        #expect(assignment.owner == SmallWorld.coordinator)
        #expect(assignment.returnedBy == [SmallWorld.centre])
        #expect(assignment.availableAt == start + .seconds(4) && assignment.since == start + .seconds(4))
        #expect(state?.version == 9)
        #expect(state?.phase == .routed && state?.erasedAt == nil)

        // And a case that was accepted then goes on now.
        let accepted = entries[..<4].reduce(ReferralState?.none) { ReferralState.evolve($0, $1, at: start) }
        let contact = CaseRequest(
            id: CommandID("c"), .assignment(AssignmentID("a1"), .recordContact(ContactMade(channel: .call, at: start))))
        let events = try ReferralState.decide(
            .perform(contact), on: accepted, by: SmallWorld.centreOne, at: start, policy: SmallWorld.policy())
        #expect(ReferralState.evolve(accepted, events, at: start)?.assignments.first?.phase == .working(.contacted))
    }
}
