import DecisionTable
import Testing

@testable import Referral

/// Each fault planted alone, and how it is told.
@Suite struct RoutingCheckTests {
    private typealias Small = SmallRouting

    /// Without the digest of people at its end.
    private func plain(_ id: String) -> String { id.replacing(/\/[0-9a-f]{8}$/, with: "") }

    /// `id: text`, the id without its digest.
    private func told(_ routing: Routing, from day: String? = nil) -> [String] {
        routing.findings(from: day.flatMap { CivilDate($0) }).map { "\(plain($0.id)): \($0.text)" }
    }

    private func ids(_ routing: Routing) -> [String] { routing.findings().map { plain($0.id) } }

    @Test func aRoutingWithoutFaults() throws {
        let check = try Small.routing().check()
        #expect(check.findings.isEmpty && check.isComplete)
        #expect(
            check.extent
                == .init(
                    ruleSets: 1, rules: 5, decidingRules: 5, spans: 1, areas: 3, recipients: 2, ways: 9, firstChoices: 9, alternatives: 0))
        #expect(check.lines.last?.hasPrefix("proven: ") == true)
    }

    // MARK: Tables

    private func support(
        _ inputs: [(name: String, type: String, values: String)], policy: String = "UNIQUE", _ rules: [[String]]
    ) throws -> Routing {
        try Small.routing(rules: [Small.ruleSet(support: Small.table(inputs, policy: policy, rules))])
    }

    @Test func peopleWithoutARule() throws {
        let routing = try support(
            [Small.role, Small.decidingAge],
            [
                ["victim", "\"victim\"", "-", "brottsofferjour", "", "support centre"],
                ["witness", "\"witness\"", "<= 16, >= 18, null", "brottsofferjour", "", "support centre"],
                ["others", "not(\"victim\", \"witness\")", ">= 10", "brottsofferjour", "", "support centre"],
            ])
        #expect(
            told(routing) == [
                """
                gap/support/a-relative-of-a-victim-or-a-relative-of-an-offender-or-a-professional-under-10-or-of-unknown-age: \
                a relative of a victim or a relative of an offender or a professional, under 10 or of unknown age: no rule; for example a \
                relative of a victim of 0 living in Farsta
                """,
                "gap/support/a-witness-of-17: a witness of 17 living in Farsta, or anywhere else: no rule",
            ])
    }

    /// The analysis of the table alone sees every value that its columns allow; here it is people who are looked at.
    @Test func onlyPeopleWhoCouldBe() throws {
        let ownAge = (name: "own age", type: "number", values: "")
        // A victim's own age decides; that of a witness need not.
        let routing = try support(
            [Small.role, Small.decidingAge, ownAge],
            [
                ["young", "-", "< 22", "-", "support centre"], ["adult", "-", ">= 22", ">= 22", "brottsofferjour"],
                ["young witness", "\"witness\", \"relative of victim\"", ">= 22", "< 22, null", "brottsofferjour"],
                ["unknown", "-", "null", "-", "review", "unknown-age"],
            ])
        #expect(told(routing) == [])
        let dead = try support(
            [Small.role, Small.decidingAge, ownAge],
            [
                ["all", "-", "-", "-", "brottsofferjour", "", "support centre"],
                ["nobody", "\"victim\"", "< 10", ">= 10", "review", "nobody"],
            ])
        #expect(told(dead) == ["idle-rule/support/nobody: rule nobody holds for nobody"], "they do not conflict")
    }

    @Test func offendersWhoCouldBe() throws {
        let mediation = try Small.table(
            [("youngest offender age", "number", ""), ("oldest offender age", "number", ""), ("suitable", "string", "")],
            [
                ["child", "< 12", "-", "-", "review", "child"], ["good", ">= 12", "< 21", "\"yes\"", "support centre"],
                ["old", ">= 12", ">= 21", "-", "review", "old"],
            ])
        let routing = try Small.routing(rules: [Small.ruleSet(mediation: mediation)])
        #expect(
            told(routing) == [
                """
                gap/mediation/a-mediation-with-offenders-of-12-to-20-not-suitable-or-not-known-whether-suitable: a mediation with offenders of \
                12 to 20, not suitable or not known whether suitable: no rule; for example a mediation with offenders of 12 living in Farsta, \
                not suitable
                """,
                """
                gap/mediation/a-mediation-with-offenders-of-unknown-age: a mediation with offenders of unknown age living in Farsta, or \
                anywhere else: no rule
                """,
            ])
    }

    /// What is left out of two ages is no range of each: an id and a text say which offenders are meant.
    @Test func shapesOfTwoAges() throws {
        func gaps(_ rules: [[String]]) throws -> [RoutingFinding] {
            let mediation = try Small.table(
                [("youngest offender age", "number", ""), ("oldest offender age", "number", "")],
                rules.enumerated().map { ["r\($0)"] + $1 + ["support centre"] } + [["unknown", "null", "null", "review", "unknown-age"]])
            return try Small.routing(rules: [Small.ruleSet(mediation: mediation)]).findings().filter { $0.kind == .gap }
        }
        let found = try [
            gaps([[">= 10", "< 18"]]), gaps([["50", "50"]]), gaps([[">= 10", "< 80"]]),
            gaps([[">= 10", "< 18"], ["30", "30"], ["50", "50"], ["70", "70"]]),
        ]
        #expect(found.allSatisfy { $0.count == 1 } && Set(found.joined().map(\.id)).count == 4)
        #expect(
            found.joined().map { String($0.text.split(separator: ": no rule")[0]) } == [
                """
                a mediation with the youngest offender under 10 or of 18 or older or the youngest offender of 10 to 17 and the oldest offender \
                of 18 or older
                """,
                """
                a mediation with the youngest offender under 50 or of 51 or older or the youngest offender of 50 and the oldest offender of 51 \
                or older
                """,
                """
                a mediation with the youngest offender under 10 or of 80 or older or the youngest offender of 10 to 79 and the oldest offender \
                of 80 or older
                """,
                "a mediation with offenders of known age (not all), one of them: offenders of 130",
            ])
    }

    /// An own age that goes with some ages of the victim only.
    @Test func shapesOfPeople() throws {
        let inputs = [(name: "own age", type: "number", values: ""), (name: "victim age", type: "number", values: "")]
        func gap(_ bound: String) throws -> RoutingFinding {
            let routing = try support(
                inputs,
                [
                    ["young", "-", bound, "support centre"], ["none", "-", "null", "review", "none"],
                    ["own", "< 18", "> 21", "support centre"],
                ])
            let gaps = routing.findings().filter { $0.kind == .gap }
            #expect(gaps.count == 1)
            return try #require(gaps.first)
        }
        let (some, more) = (try gap("< 18, 20, 21"), try gap("[3..17], 20, 21"))
        #expect(some.id != more.id)
        #expect(more.text.contains("(not all), one of them: somebody of 0 and the victim's age 0"), "\(more.text)")
    }

    /// An accepted conflict cannot grow, nor can others come to share an area, without another id.
    @Test func conflictsAndSeveralRecipients() throws {
        func conflict(_ bound: String) throws -> [String] {
            try support(
                [Small.decidingAge],
                [["young", "< 22", "support centre"], ["adult", bound, "brottsofferjour"], ["unknown", "null", "review", "unknown-age"]]
            ).findings().map(\.id)
        }
        let (small, large) = (try conflict(">= 21"), try conflict(">= 20"))
        #expect(small.count == 1 && large.count == 1 && small != large && small.map(plain) == large.map(plain))
        #expect(try conflict(">= 21, > 30") == small)
        func several(_ names: [String]) throws -> [String] {
            try Small.routing([Small.centre("centrum")] + names.map { Small.jour($0) }).findings().map(\.id)
        }
        let two = try several(["ett", "tva"])
        #expect(try several(["tva", "ett"]) == two && two.count == 1)
        #expect(try Set([two, several(["ett", "tre"]), several(["ett", "tva", "tre"])]).count == 3)
    }

    @Test func manyAreasAreCounted() throws {
        let areas = (100..<120).map { ListedArea(area: Area(municipality: "0\($0)"), name: "Place \($0)") }
        let finding = try #require(try Small.routing([], areas: areas).findings().first { $0.kind == .unservedArea })
        #expect(finding.areas.count == 20)
        #expect(finding.text.contains("Place 110, Place 111 and 8 more, from 2024-01-01: nobody serves the areas"), "\(finding.text)")
    }

    @Test func valuesThatAColumnRefuses() throws {
        let routing = try support(
            [(name: "deciding age", type: "number", values: "null, [0..100]")], [["all", "-", "brottsofferjour", "", "support centre"]])
        #expect(
            told(routing).first
                == "outside-table/support/deciding-age/somebody-of-101-or-older: somebody of 101 or older: the column \"deciding age\" does not allow the value"
        )
        #expect(ids(routing).dropFirst() == ["idle-column/support/deciding-age"])
    }

    @Test func rulesThatContradictEachOtherOrNeverDecide() throws {
        let routing = try support(
            [Small.role, Small.decidingAge],
            [
                ["young", "-", "< 22", "support centre"], ["adult", "-", ">= 21", "brottsofferjour"],
                ["victim of 30", "\"victim\"", "30", "support centre"], ["unknown", "-", "null", "review", "unknown-age"],
                ["never", "-", "> 130", "support centre"],
            ])
        #expect(
            told(routing) == [
                "conflict/support/young+adult: somebody of 21: the rules young and adult both hold; for example a victim of 21 living in Farsta",
                """
                conflict/support/adult+victim-of-30: a victim of 30 living in Farsta, or anywhere else: the rules adult and victim of 30 both hold
                """,
                "idle-rule/support/never: rule never holds for nobody",
                "idle-rule/support/victim-of-30: rule victim of 30 never decides: wherever it holds, other rules do",
            ])
        let first = try support(
            [Small.decidingAge], policy: "FIRST",
            [["all", "-", "brottsofferjour", "", "support centre"], ["later", "17", "review", "no"]])
        #expect(ids(first).prefix(1) == ["idle-rule/support/later"])
    }

    @Test func columnsAndValuesWithoutEffect() throws {
        let routing = try support(
            [Small.role, Small.decidingAge], Small.youngAndAdult.map { [$0[0], "-"] + $0.dropFirst() })
        #expect(told(routing) == ["idle-column/support/role: the column \"role\" never changes the answer"])
        let role = (name: "role", type: "string", values: Small.role.values + ", \"freind\", null")
        let stray = try support(
            [role, Small.decidingAge],
            Small.youngAndAdult.map { [$0[0], $0[0] == "young" ? "not(\"professional\")" : "-"] + $0.dropFirst() })
        #expect(
            told(stray) == [
                "gap/support/a-professional-under-22: a professional under 22: no rule; for example a professional of 0 living in Farsta",
                "impossible-value/support/role/freind: the column \"role\" lists \"freind\", which no case has",
                "impossible-value/support/role/null: the column \"role\" lists null, which no case has",
            ])
    }

    // MARK: Areas

    @Test func areasThatNobodyServes() throws {
        let routing = try Small.routing([Small.centre("centrum", [Small.farsta]), Small.jour("jouren", [Small.farsta, Small.solna])])
        #expect(
            told(routing) == [
                "unserved-area/support/0980: anybody living in Gotland, from 2024-01-01: nobody serves the area",
                """
                no-recipient/support/young/0184: somebody under 22 living in Solna, from 2024-01-01: no support centre serves the area (rule \
                young)
                """,
                """
                unserved-area/mediation/0184+0980: a mediation with offenders living in Solna and Gotland, from 2024-01-01: nobody serves the \
                areas
                """,
            ])
    }

    @Test func theAlternativeServes() throws {
        let rules = [["all", "-", "support centre", "", "brottsofferjour"]]
        let support = try Small.table([Small.decidingAge], rules)
        func routing(_ jourAreas: [Area]) throws -> Routing {
            try Small.routing(
                [Small.centre("centrum", [Small.farsta]), Small.jour("jouren", jourAreas)], rules: [Small.ruleSet(support: support)])
        }
        let check = try routing(Small.everywhere).check()
        #expect(!check.findings.contains { $0.service == .support && !$0.areas.isEmpty }, "the table says so itself")
        #expect(check.extent.alternatives == 2)
        #expect(try ids(routing([Small.solna])).contains("unserved-area/support/0980"))
    }

    @Test func areasThatSeveralServe() throws {
        let routing = try Small.routing([
            Small.centre("centrum"), Small.jour("ett"),
            Small.jour(
                "tva", [Small.solna, Small.gotland], Small.period(nil, "2024-05-31"),
                existence: Small.period(nil, "2024-05-31")),
        ])
        #expect(
            told(routing) == [
                """
                several-recipients/support/adult/0184+0980/..2024-05-31: somebody of 22 or older living in Solna and Gotland, 2024-01-01 to \
                2024-05-31: several serve the area: The ett and The tva (rule adult)
                """
            ])
    }

    @Test func organisationsThatCanReceiveNothing() throws {
        let routing = try Small.routing([
            Small.centre("centrum"), Small.jour("jouren"), Small.jour("ny", [], existence: Small.period("2024-07-01")),
            Small.centre("gammalt", [Small.farsta], Small.period(nil, "2023-12-31")),
        ])
        #expect(
            told(routing) == [
                "idle-organisation/gammalt: The gammalt (gammalt) can receive nothing, from 2024-01-01: it serves no area",
                "idle-organisation/ny/2024-07-01..: The ny (ny) can receive nothing, from 2024-07-01: it serves no area",
            ])
        let onlyYoung = try Small.routing(rules: [
            Small.ruleSet(support: Small.support([["all", "-", "support centre"]]))
        ])
        #expect(
            onlyYoung.findings().last?.text
                == "The jouren (jouren) can receive nothing, from 2024-01-01: no rule sends what it does to a brottsofferjour")
    }

    // MARK: Days

    @Test func daysWithoutRules() throws {
        let routing = try Small.routing(rules: [
            Small.ruleSet(1, Small.period("2020-01-01", "2020-12-31")), Small.ruleSet(2, Small.period("2021-01-01", "2024-02-28")),
            Small.ruleSet(7, Small.period("2024-03-01", "2024-12-31")),
        ])
        #expect(
            told(routing) == [
                "no-rule-set/2024-02-29..2024-02-29: anybody, 2024-02-29 to 2024-02-29: no rule set applies",
                "no-rule-set/2025-01-01..: anybody, from 2025-01-01: no rule set applies",
            ])
        #expect(routing.findings().map(\.ruleSet) == [7, 7])
    }

    @Test func changesOfAreasAndCatchmentsAreSeenOnTheirDays() throws {
        let areas = [
            ListedArea(area: Small.farsta, name: "Farsta"),
            ListedArea(area: Small.solna, name: "Solna", validity: Small.period(nil, "2024-06-30")),
            ListedArea(area: Small.gotland, name: "Gotland", validity: Small.period("2024-07-01")),
        ]
        let routing = try Small.routing(
            [Small.centre("centrum"), Small.jour("jouren", [Small.farsta, Small.solna], Small.period("2024-03-01"))], areas: areas)
        #expect(
            ids(routing) == [
                "no-recipient/support/adult/0180-farsta+0184/..2024-02-29", "no-recipient/support/adult/0980/2024-07-01..",
                "idle-organisation/jouren/..2024-02-29",
            ])
        #expect(routing.check().extent.spans == 3)
        let later = try #require(CivilDate("2024-03-01"))
        #expect(routing.findings(from: later).map { plain($0.id) } == ["no-recipient/support/adult/0980/2024-07-01.."])
    }

    /// Adjacent spans are one as long as the same is wrong.
    @Test func spansAreMerged() throws {
        let routing = try Small.routing([
            Small.centre("centrum", [Small.farsta, Small.solna]), Small.jour("jouren"),
            Small.centre("ett", [Small.gotland], Small.period("2024-09-01", "2024-09-30")),
            Small.jour("tva", [], existence: Small.period("2024-02-01", "2024-02-02")),
        ])
        #expect(
            ids(routing).filter { !$0.hasPrefix("idle") } == [
                "no-recipient/support/young/0980/..2024-08-31", "no-recipient/support/young/0980/2024-10-01..",
                "unserved-area/mediation/0980/..2024-08-31", "unserved-area/mediation/0980/2024-10-01..",
            ])
    }

    // MARK: Budget and acceptance

    @Test(arguments: [0, 1, 3, 8, 20, 60]) func aSmallBudgetIsTold(budget: Int) throws {
        let routing = try Small.routing([Small.centre("centrum", [Small.farsta]), Small.jour("jouren", [Small.farsta, Small.solna])])
        let all = Set(routing.findings().map(\.id))
        let check = routing.check(budget: budget)
        if Set(check.findings.map(\.id)) != all {
            #expect(!check.isComplete && check.lines.last?.hasPrefix("not proven: ") == true)
        }
        for finding in check.findings where finding.kind != .undecided {
            #expect(
                !finding.areas.contains(Small.farsta) && finding.rules != ["adult"] || finding.areas == [Small.gotland],
                "what is found is true")
        }
        if budget == 0 { #expect(!check.isComplete) }
    }

    /// What is unrelated may change, the rule set may be closed and days may be left out: an acceptance stays.
    @Test func idsAreStable() throws {
        let organisations = [Small.centre("centrum", [Small.farsta]), Small.jour("jouren")]
        let before = try Small.routing(organisations)
        let areas = [ListedArea(area: Area(municipality: "0125"), name: "Ekerö")] + Small.areas.reversed()
        let other = Small.period("2023-01-01", "2023-12-31")
        let after = try Small.routing(
            [
                Small.jour("ny", [Area(municipality: "0125")]), Small.centre("nytt", [Area(municipality: "0125")]),
            ] + organisations.reversed(), areas: areas,
            rules: [
                Small.ruleSet(2, other),
                Small.ruleSet(
                    1, Small.period("2024-01-01", "2024-12-31"),
                    support: Small.support(
                        [["old", ">= 65", "brottsofferjour"]]
                            + Small.youngAndAdult.map { $0[0] == "adult" ? ["adult", "[22..64]", "brottsofferjour"] : $0 })),
            ])
        #expect(ids(before) == ["no-recipient/support/young/0184+0980", "unserved-area/mediation/0184+0980"])
        let kept = before.findings().map(\.id)
        let now = after.findings().filter { $0.ruleSet == 1 && $0.kind != .noRuleSet }.map(\.id)
        #expect(now == kept)
        // A column that does not matter to them changes nothing either; other people do.
        func first(_ rules: [[String]]) throws -> String? {
            let inputs = [Small.decidingAge, (name: "exploited", type: "boolean", values: "")]
            let support = try Small.table(inputs, policy: "FIRST", rules)
            return try Small.routing(organisations, rules: [Small.ruleSet(support: support)])
                .findings().first { $0.rules == ["young"] }?.id
        }
        let rest = ["rest", "-", "-", "brottsofferjour"]
        let young = try first([["young", "< 22", "-", "support centre"], rest])
        #expect(young == kept[0])
        #expect(try first([["known", "> 40", "true", "review", "x"], ["young", "< 22", "-", "support centre"], rest]) == young)
        let others = [
            try first([["young", "< 23", "-", "support centre"], rest]),
            try first([["known", "17", "true", "review", "x"], ["young", "< 22", "-", "support centre"], rest]),
            try first([["known", "16", "true", "review", "x"], ["young", "< 22", "-", "support centre"], rest]),
        ]
        #expect(Set(others).union([young]).count == 4 && Set(others.compactMap { $0.map(plain) }) == [plain(kept[0])])
        // Something else is wrong: another id.
        let served = try Small.routing(organisations + [Small.centre("nytt", [Small.solna], Small.period("2024-06-01"))])
        #expect(
            Set(ids(served).prefix(2)) == ["no-recipient/support/young/0980", "no-recipient/support/young/0184/..2024-05-31"])
        #expect(Set(RoutingFinding.Kind.allCases.map(\.rawValue)).count == RoutingFinding.Kind.allCases.count)
    }

    @Test func whatIsUndecidedCannotBeAccepted() throws {
        let undecided = try Small.routing().check(budget: 0).findings.filter { $0.kind == .undecided }
        #expect(!undecided.isEmpty)
        let accepted = undecided.map { AcceptedFinding(finding: $0.id, by: "Sam Ordnare", reason: "in a hurry") }
        let check = try Small.routing(rules: [Small.ruleSet(accepted: accepted)]).check(budget: 0)
        #expect(check.unaccepted.filter { $0.kind == .undecided } == undecided)
        #expect(!check.accepted.contains { $0.finding.kind == .undecided })
    }

    @Test func longDescriptionsBecomeShortIds() throws {
        let inputs = [Small.role, Small.decidingAge, (name: "own age", type: "number", values: "")]
        let routing = try support(
            inputs, [["some", "\"witness\"", "[1..2], 4, [7..9], 11", "[20..22], 24, [27..29], 31, 44", "brottsofferjour"]])
        let gaps = routing.findings().filter { $0.kind == .gap }
        #expect(!gaps.isEmpty && Set(gaps.map(\.id)).count == gaps.count)
        for gap in gaps { #expect(gap.id.count < 130 && gap.id.allSatisfy { $0.isASCII && !$0.isWhitespace }) }
    }

    @Test func acceptedFindings() throws {
        let organisations = [Small.centre("centrum", [Small.farsta]), Small.jour("jouren")]
        let young = try #require(Small.routing(organisations).findings().first?.id)
        #expect(plain(young) == "no-recipient/support/young/0184+0980" && young != plain(young))
        let known = AcceptedFinding(finding: young, by: "Sam Ordnare", reason: "no centre is planned")
        let mistaken = AcceptedFinding(finding: "unserved-area/mediation/0184", by: "Sam Ordnare", reason: "the same")
        let rules = [
            try Small.ruleSet(1, Small.period("2023-01-01", "2023-12-31")), try Small.ruleSet(2, accepted: [known, mistaken]),
        ]
        let routing = try Small.routing(organisations, rules: rules)
        let check = routing.check()
        #expect(check.accepted.map(\.acceptance) == [known] && check.accepted.map(\.finding.ruleSet) == [2])
        #expect(
            check.unaccepted.map { "\($0.ruleSet) \($0.id)" } == [
                "1 \(young)", "1 unserved-area/mediation/0184+0980", "2 unserved-area/mediation/0184+0980",
            ], "only its own rule set's")
        #expect(check.unusedAcceptances == [.init(ruleSet: 2, acceptance: mistaken)])
        #expect(routing.unaccepted(from: CivilDate("2024-01-01")).map(\.ruleSet) == [2])
        #expect(routing.check(from: CivilDate("2030-01-01")).unusedAcceptances.count == 1)
        #expect(
            check.lines.dropFirst(2).prefix(5) == [
                "accepted: \(try #require(check.accepted.first).finding)", "  by Sam Ordnare: no centre is planned", "  \(known.finding)",
                "accepted in rule set 2 and not found (any more): unserved-area/mediation/0184", "  by Sam Ordnare: the same",
            ])
        #expect(check.lines.last?.hasPrefix("3 findings not accepted, 1 accepted; ") == true)
        #expect(routing.check(budget: 0).unusedAcceptances.isEmpty, "what was not looked for may be there")
    }
}
