import DecisionTable
import Referral
import Testing

@Suite struct RoutingTests {
    // MARK: A small world

    private static let farsta = Area(municipality: "0180", district: "farsta")
    private static let solna = Area(municipality: "0184")
    private static let visby = Area(municipality: "0980")

    private static func id(_ text: String) -> OrganisationID { OrganisationID(text) }

    private static func recipient(_ id: String, _ kind: OrganisationKind, _ areas: [Area]) -> Organisation {
        Organisation(
            id: OrganisationID(id), name: id, kind: kind, units: [OrganisationUnit(id: UnitID("a"), name: "A")],
            catchment: [Catchment(areas: areas, services: kind == .supportCentre ? [.support, .mediation] : [.support])])
    }

    private static func directory() throws -> Directory {
        try Directory(
            organisations: [
                Organisation(
                    id: id("stad"), name: "Staden", kind: .coordinator, units: [OrganisationUnit(id: UnitID("samordnare"), name: "S")]),
                recipient("centrum", .supportCentre, [farsta]),
                recipient("jouren", .brottsofferjour, [farsta, visby]),
                recipient("jour-ett", .brottsofferjour, [solna]),
                recipient("jour-tva", .brottsofferjour, [solna]),
            ],
            areas: [
                ListedArea(area: farsta, name: "Farsta"), ListedArea(area: solna, name: "Solna"), ListedArea(area: visby, name: "Gotland"),
            ])
    }

    /// - Parameter rules: id, then one cell per column: inputs, then outputs.
    private static func table(
        _ inputs: [(name: String, type: String, values: String)],
        outputs: [String] = ["recipient", "review reason", "alternative", "note"],
        policy: String = "UNIQUE", _ rules: [[String]]
    ) throws -> DecisionTable {
        func escaped(_ text: String) -> String { text.replacing("<", with: "&lt;") }
        let columns = inputs.map { input in
            let values = input.values.isEmpty ? "" : "<inputValues><text>\(input.values)</text></inputValues>"
            return "<input><inputExpression typeRef=\"\(input.type)\"><text>\(input.name)</text></inputExpression>\(values)</input>"
        }
        let rows = rules.map { rule in
            let cells = rule.dropFirst().enumerated().map { index, cell in
                let name = index < inputs.count ? "inputEntry" : "outputEntry"
                return "<\(name)><text>\(escaped(cell))</text></\(name)>"
            }
            return "<rule id=\"\(rule[0])\"><description>About \(rule[0]).</description>\(cells.joined())</rule>"
        }
        let xml = """
            <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="t" name="T">
            <decisionTable hitPolicy="\(policy)">\(columns.joined())
            \(outputs.map { "<output name=\"\($0)\" typeRef=\"string\"/>" }.joined())\(rows.joined())
            </decisionTable></decision></definitions>
            """
        return try #require(try DecisionModel(xml: Array(xml.utf8), file: "t.dmn").tables.first)
    }

    private static let age = (name: "deciding age", type: "number", values: "null, [0..100]")

    private static func support(_ policy: String = "UNIQUE") throws -> DecisionTable {
        try table(
            [age], policy: policy,
            [
                ["child", "< 10", "\"review\"", "\"under-10\"", "", ""],
                ["young", "[10..21]", "\"support centre\"", "", "\"brottsofferjour\"", ""],
                ["boundary", "21", "\"support centre\"", "", "", "\"boundary-age\""],
                ["adult", "[22..90]", "\"brottsofferjour\"", "", "", ""],
            ])
    }

    private static func mediation() throws -> DecisionTable {
        try table(
            [
                ("all admitted", "string", ""), ("everybody takes part", "string", ""), ("youngest offender age", "number", ""),
                ("oldest offender age", "number", ""),
            ],
            outputs: ["recipient", "review reason"],
            [
                ["good", "\"yes\"", "\"yes\"", ">= 12", "< 21", "\"support centre\"", ""],
                ["unknown", "-", "-", "null", "null", "\"review\"", "\"unknown-offender-age\""],
            ])
    }

    private static func period(_ first: String?, _ last: String?) -> DatePeriod {
        DatePeriod(first: first.flatMap { CivilDate($0) }, last: last.flatMap { CivilDate($0) })
    }

    private static func routing(policy: String = "UNIQUE") throws -> Routing {
        let now = try RuleSet(
            number: 2, name: "Now", validity: period("2024-01-01", nil), support: try support(policy), mediation: try mediation())
        let then = try RuleSet(
            number: 1, name: "Then", validity: period("2004-01-01", "2004-12-31"),
            support: try table([age], [["all", "-", "\"brottsofferjour\"", "", "", ""]]), mediation: try mediation())
        return try Routing(directory: try directory(), ruleSets: [now, then])
    }

    private static func content(age: Int?, area: Area?, mediation: Mediation? = nil) -> ReferralContent {
        ReferralContent(
            person: Person(age: age), role: .victim, residence: area, consent: Consent(status: .yes), legalBasis: .consent,
            protectedIdentity: .none, event: CrimeEvent(category: .assault), services: [.support], mediation: mediation)
    }

    private func decide(
        _ age: Int?, _ area: Area?, on day: String = "2024-03-01", excluding: Set<OrganisationID> = [], policy: String = "UNIQUE"
    ) throws -> RoutingDecision {
        let day = try #require(CivilDate(day))
        return try Self.routing(policy: policy).decide(
            CaseFacts(Self.content(age: age, area: area), received: day), service: .support, on: day, excluding: excluding)
    }

    // MARK: What a table can say

    @Test func theRuleThatDecidedIsNamed() throws {
        let decision = try decide(40, Self.farsta)
        #expect(decision.outcome == .recipient(Self.id("jouren")))
        #expect(decision.ruleSet == "2 Now" && decision.rule == "adult" && decision.ruleText == "About adult.")
        #expect(
            decision.inputs == [
                .init(name: "deciding age", value: "40", origin: "stated age"),
                .init(name: "area", value: "0180/farsta", origin: "residence"),
            ])
        #expect(decision.asOf == CivilDate("2024-03-01"))
    }

    @Test func aRuleMaySendToReview() throws {
        #expect(try decide(9, Self.farsta).outcome == .review(ReviewReason(rawValue: "under-10")))
    }

    @Test func whatTheTableCannotDecideGoesToReview() throws {
        #expect(try decide(91, Self.farsta).outcome == .review(.noRule))
        #expect(try decide(nil, Self.farsta).outcome == .review(.noRule))
        let outside = try decide(101, Self.farsta)
        #expect(outside.outcome == .review(.valueOutsideTable) && outside.notes == ["deciding age"])
        let several = try decide(21, Self.farsta)
        #expect(several.outcome == .review(.severalRules))
        #expect(several.rule == nil && several.notes == ["young boundary"], "the rules that match are told")
        #expect(try decide(21, Self.farsta, policy: "FIRST").outcome == .recipient(Self.id("centrum")))
    }

    @Test func oneRuleHasToDecide() throws {
        let faults = #expect(throws: RuleSetFaults.self) { try Self.routing(policy: "COLLECT") }
        #expect(faults?.description.contains("has the hit policy COLLECT") == true)
    }

    @Test func theDayChoosesTheRuleSet() throws {
        #expect(try decide(15, Self.farsta, on: "2003-12-31").outcome == .review(.noRuleSet))
        #expect(try decide(15, Self.farsta, on: "2004-01-01").outcome == .recipient(Self.id("jouren")))
        #expect(try decide(15, Self.farsta, on: "2004-12-31").ruleSet == "1 Then")
        #expect(try decide(15, Self.farsta, on: "2005-01-01").outcome == .review(.noRuleSet))
        #expect(try decide(15, Self.farsta, on: "2024-01-01").outcome == .recipient(Self.id("centrum")))
    }

    // MARK: Which organisation

    @Test func theAlternativeServesWhereTheFirstKindDoesNot() throws {
        let decision = try decide(15, Self.visby)
        #expect(decision.outcome == .recipient(Self.id("jouren")))
        #expect(decision.rule == "young" && decision.notes == ["no-support-centre-for-area"])
    }

    @Test func severalRecipientsAreReviewedUntilOneIsLeft() throws {
        #expect(try decide(40, Self.solna).outcome == .review(.severalRecipientsForArea))
        #expect(try decide(15, Self.solna).outcome == .review(.severalRecipientsForArea))
        #expect(try decide(40, Self.solna, excluding: [Self.id("jour-ett")]).outcome == .recipient(Self.id("jour-tva")))
    }

    @Test func aReturnedCaseGoesToTheAlternativeOnce() throws {
        let returned = try decide(15, Self.farsta, excluding: [Self.id("centrum")])
        #expect(returned.outcome == .recipient(Self.id("jouren")) && returned.notes == ["returned-by-support-centre"])
        let both = try decide(15, Self.farsta, excluding: [Self.id("centrum"), Self.id("jouren")])
        #expect(both.outcome == .review(.returnedByOnlyRecipient))
        #expect(both.notes == ["returned-by-support-centre", "returned-by-brottsofferjour"])
        #expect(try decide(40, Self.farsta, excluding: [Self.id("jouren")]).outcome == .review(.returnedByOnlyRecipient))
    }

    @Test func areasThatNobodyServes() throws {
        #expect(try decide(40, nil).outcome == .review(.unknownArea))
        #expect(try decide(40, Area(municipality: "0380")).outcome == .review(.noRecipientForArea))
        #expect(try decide(40, Area(municipality: "0180")).outcome == .review(.districtMissing))
        #expect(try decide(40, Area(municipality: "0180", district: "atlantis")).outcome == .review(.unknownArea))
    }

    // MARK: Mediation

    private func mediate(_ offenders: [Offender], personTakesPart: Answer = .yes) throws -> RoutingDecision {
        let day = try #require(CivilDate("2024-03-01"))
        let mediation = Mediation(offenders: offenders, investigation: .none, personTakesPart: personTakesPart)
        return try Self.routing().decide(
            CaseFacts(Self.content(age: 40, area: Self.solna, mediation: mediation), received: day), service: .mediation, on: day)
    }

    @Test func mediationIsKeyedOnTheOffenders() throws {
        func offender(_ age: Int?, _ area: Area?, admitted: Answer = .yes, takesPart: Answer = .yes) -> Offender {
            Offender(age: age, residence: area, admitted: admitted, takesPart: takesPart)
        }
        let two = try mediate([offender(19, Self.farsta), offender(13, Self.farsta)])
        #expect(two.outcome == .recipient(Self.id("centrum")))
        #expect(two.inputs.map(\.value) == ["yes", "yes", "13", "19", "0180/farsta"])
        #expect(two.inputs.last?.origin == "offenders' residence")

        #expect(try mediate([offender(15, Self.farsta), offender(15, Self.visby)]).outcome == .review(.offendersInDifferentAreas))
        #expect(try mediate([offender(15, Self.farsta), offender(15, nil)]).outcome == .review(.unknownOffenderArea))
        #expect(try mediate([offender(15, nil), offender(15, Self.farsta)]).outcome == .review(.unknownOffenderArea))
        #expect(try mediate([offender(15, Self.visby)]).outcome == .review(.noRecipientForArea))

        let mixed = try mediate([
            offender(nil, Self.farsta, admitted: .unknown), offender(15, Self.farsta, admitted: .no, takesPart: .unknown),
        ])
        #expect(mixed.inputs.map(\.value) == ["no", "unknown", nil, nil, "0180/farsta"])
        #expect(mixed.outcome == .review(ReviewReason(rawValue: "unknown-offender-age")))
        #expect(try mediate([offender(15, Self.farsta)], personTakesPart: .no).inputs[1].value == "no")
        #expect(try mediate([]).inputs.map(\.value) == ["unknown", "unknown", nil, nil, nil], "nobody is not everybody")
    }

    // MARK: Rule sets

    @Test func ruleSetsWithOneNumberOrOneDayAreRefused() throws {
        func ruleSet(_ number: Int, _ first: String?, _ last: String?) throws -> RuleSet {
            try RuleSet(
                number: number, name: "R", validity: Self.period(first, last), support: try Self.support(), mediation: try Self.mediation())
        }
        let sets = [
            try ruleSet(1, nil, "2004-12-31"), try ruleSet(2, "2004-12-31", nil), try ruleSet(2, "2003-01-01", "2002-01-01"),
        ]
        let directory = try Self.directory()
        let conflicts = #expect(throws: Routing.Conflicts.self) { try Routing(directory: directory, ruleSets: sets) }
        #expect(conflicts?.conflicts.map(\.position) == [1, 2, 2])
        #expect(
            conflicts?.description == """
                rule sets 1 R and 2 R apply on the same days: 2004-12-31 to 2004-12-31
                the last day lies before the first: 2003-01-01 to 2002-01-01
                the number 2 is given twice
                """)
    }
}
