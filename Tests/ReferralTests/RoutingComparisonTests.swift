import DecisionTable
import Foundation
import Referral
import Testing

@Suite struct RoutingComparisonTests {
    private static let day = CivilDate(inStockholmAt: SmallWorld.morning)

    /// From 12 to 25 to the support centre, and nobody over 60.
    private static func changed() throws -> Routing {
        let old = try SmallWorld.policy().routing
        func table(_ input: String, _ rules: String) throws -> DecisionTable {
            let xml = """
                <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision name="T"><decisionTable>
                <input><inputExpression typeRef="number"><text>\(input)</text></inputExpression></input>
                <output name="recipient" typeRef="string"/><output name="review reason" typeRef="string"/>\(rules)
                </decisionTable></decision></definitions>
                """
            return try #require(try DecisionModel(xml: Array(xml.utf8), file: "t.dmn").tables.first)
        }
        func rule(_ condition: String, _ recipient: String, _ reason: String = "") -> String {
            """
            <rule><inputEntry><text>\(condition)</text></inputEntry><outputEntry><text>"\(recipient)"</text></outputEntry>
            <outputEntry><text>\(reason)</text></outputEntry></rule>
            """
        }
        let ruleSet = try RuleSet(
            number: 2, name: "Changed", validity: .always,
            support: table(
                "deciding age",
                rule("[12..25]", "support centre") + rule("[26..60]", "brottsofferjour") + rule("&gt; 60", "review", "\"ask-first\"")),
            mediation: table("youngest offender age", rule("[12..20]", "support centre")))
        return try Routing(directory: old.directory, ruleSets: [ruleSet])
    }

    private static func cases() -> [(id: String, facts: CaseFacts)] {
        (0..<90).map { age in
            var content = SmallWorld.content(
                age: age == 89 ? nil : age, services: age.isMultiple(of: 10) ? [.support, .mediation] : [.support])
            if age == 70 { content.protectedIdentity = .assumedIdentity }
            return ("m-\(age)", CaseFacts(content, received: day))
        }
    }

    private static func compare(_ cases: [(id: String, facts: CaseFacts)], to new: Routing) throws -> RoutingComparison {
        let old = try SmallWorld.policy().routing
        var comparison = RoutingComparison()
        for (id, facts) in cases {
            comparison.add(
                RoutingComparison.moves(of: facts, from: old, to: new, on: day), .init(id: id, place: "s:1", facts: facts),
                isNamed: facts.protectedIdentity == .none)
        }
        return comparison
    }

    @Test func theTotalsAddUp() throws {
        let cases = Self.cases()
        let comparison = try Self.compare(cases, to: try Self.changed())
        #expect(comparison.cases == 90 && comparison.decisions == 99)
        #expect(RoutingComparison.Kind.allCases.reduce(0) { $0 + comparison.decisions($1) } == 99)
        #expect(comparison.moves().reduce(0) { $0 + $1.cell.decisions } == 99)
        // 22 to 25 to the centre; 10 and 11 and everybody over 60 to review; unknown and under 10 as before.
        #expect(comparison.decisions(.elsewhere) == 4)
        #expect(comparison.decisions(.intoReview) == 2 + 28)
        #expect(comparison.decisions(.outOfReview) == 0 && comparison.decisions(.otherReason) == 0)
        let fullest = try #require(comparison.moves([.intoReview]).first)
        #expect(fullest.move.from == .recipient(SmallWorld.jour) && fullest.move.to == .review(ReviewReason(rawValue: "ask-first")))
        #expect(fullest.cell.examples.map(\.id) == ["m-61", "m-62", "m-63"])
        // The protected identity counts in the cells alone, with its one support case.
        #expect(comparison.shares.reduce(0) { $0 + $1.share.decisions } == 99 - 2)
        #expect(comparison.shares.reduce(0) { $0 + $1.share.changed } == 34 - 1)
        #expect(!comparison.moves().contains { $0.cell.examples.contains { $0.id == "m-70" } })
        let unknown = comparison.shares.first { $0.group.ages == .unknown }?.share
        #expect(unknown?.decisions == 1 && unknown?.changed == 0)
    }

    /// The short way of the comparison is that of a decision.
    @Test func aMoveIsWhatIsDecided() throws {
        let (old, new) = (try SmallWorld.policy().routing, try Self.changed())
        for (_, facts) in Self.cases() {
            let moves = RoutingComparison.moves(of: facts, from: old, to: new, on: Self.day)
            #expect(moves.map(\.service) == facts.services)
            for move in moves {
                #expect(move.from == old.decide(facts, service: move.service, on: Self.day).outcome)
                #expect(move.to == new.decide(facts, service: move.service, on: Self.day).outcome)
            }
        }
    }

    @Test func theSameRulesChangeNothing() throws {
        let comparison = try Self.compare(Self.cases(), to: try SmallWorld.policy().routing)
        #expect(comparison.decisions == 99 && comparison.decisions(.stays) == 99)
        #expect(comparison.moves().allSatisfy { $0.move.from == $0.move.to })
    }

    @Test func theOrderOfTheStreamDoesNotMatter() throws {
        let cases = Self.cases()
        let new = try Self.changed()
        let forward = try Self.compare(cases, to: new)
        #expect(try Self.compare(cases.reversed(), to: new) == forward)
        let mixed = cases.indices.map { cases[($0 * 37) % cases.count] }
        #expect(try Self.compare(mixed, to: new) == forward)
    }

    @Test(
        arguments: [
            (nil, "unknown"), (0, "under 10"), (9, "under 10"), (10, "10 to 17"), (17, "10 to 17"), (18, "18 to 20"), (20, "18 to 20"),
            (21, "21"), (22, "22 to 64"), (64, "22 to 64"), (65, "65 or more"), (130, "65 or more"),
        ] as [(Int?, String)])
    func ageGroups(age: Int?, group: String) {
        #expect(RoutingComparison.AgeGroup(age).rawValue == group)
    }

    /// What was stored before these were kept is read, and what says nothing is not written.
    @Test func decisionsOfBeforeAreStillRead() throws {
        let stored = """
            {"service":"support","outcome":{"recipient":{"_0":"jouren"}},"inputs":[],"notes":[],"asOf":"2026-03-02"}
            """
        let decision = try JSONDecoder().decode(RoutingDecision.self, from: Data(stored.utf8))
        #expect(decision.outcome == .recipient(SmallWorld.jour) && decision.otherwise == nil && decision.agesOn == nil)
        let plain = RoutingDecision.Alternative(input: "role", value: "witness", outcome: .review(.noRule), rule: nil)
        let text = String(decoding: try JSONEncoder().encode(plain), as: UTF8.self)
        #expect(!text.contains("boundary") && !text.contains("reveals") && !text.contains("\"rule\":"))
        #expect(try JSONDecoder().decode(RoutingDecision.Alternative.self, from: Data(text.utf8)) == plain)
    }
}
