import DecisionTable
import SeededRandom
import Testing

@testable import Referral

/// Small random routings: what is found is what asking for every person, area and day finds.
@Suite struct RoutingCheckAgreementTests {
    private typealias Small = SmallRouting

    /// Around every bound of the random tables.
    private static let ages: [Int?] = [0, 9, 10, 17, 18, 21, 22, 130, nil]
    private static let cells = ["-", "-", "< 10", ">= 10", "< 18", "[10..21]", ">= 18", "> 21", "null, < 18", "null", "18, 21, null"]

    private static func table(_ service: Service, _ generator: inout SplitMix64) throws -> DecisionTable {
        let inputs: [(name: String, type: String, values: String)] =
            switch service {
            case .support:
                [
                    Small.role, Small.decidingAge, ("own age", "number", ""), ("victim age", "number", ""), ("exploited", "boolean", ""),
                    ("protected identity", "string", ""),
                ]
            case .mediation:
                [
                    ("youngest offender age", "number", ""), ("oldest offender age", "number", ""), ("all admitted", "string", ""),
                    ("investigation", "string", ""),
                ]
            }
        let chosen = inputs.shuffled(using: &generator).prefix(Int.random(in: 1...3, using: &generator))
        func cell(_ input: (name: String, type: String, values: String)) -> String {
            let words: [String] =
                switch input.name {
                case "role": ["\"victim\"", "\"witness\"", "not(\"victim\")", "\"victim\", \"professional\""]
                case "exploited": ["true", "false"]
                case "protected identity": ["\"none\", \"unknown\"", "not(\"none\")", "\"assumed identity\""]
                case "all admitted": ["\"yes\"", "\"no\", \"unknown\""]
                case "investigation": ["\"running\"", "not(\"running\")"]
                default: cells
                }
            return Int.random(in: 0..<4, using: &generator) == 0 ? "-" : words.randomElement(using: &generator) ?? "-"
        }
        let placements =
            service == .support
            ? [
                ["support centre"], ["brottsofferjour"], ["support centre", "", "brottsofferjour"],
                ["brottsofferjour", "", "support centre"], ["review", "by-hand"],
            ] : [["support centre"], ["review", "by-hand"]]
        let rules = (0..<Int.random(in: 2...5, using: &generator)).map { index in
            ["r\(index)"] + chosen.map(cell) + (placements.randomElement(using: &generator) ?? [])
        }
        let policy = ["UNIQUE", "FIRST", "PRIORITY", "ANY"].randomElement(using: &generator) ?? "UNIQUE"
        return try Small.table(Array(chosen), policy: policy, rules)
    }

    private static let days = ["2024-01-01", "2024-03-01", "2024-06-30", "2024-07-01", "2024-10-01", "2024-12-31", "2025-01-01"]

    private static func period(_ generator: inout SplitMix64) -> DatePeriod {
        let days = ["2024-03-01", "2024-07-01", "2024-10-01", "2024-12-31"]
        let first = Int.random(in: 0..<4, using: &generator)
        let last = Int.random(in: first..<4, using: &generator)
        return Small.period(
            Bool.random(using: &generator) ? days[first] : nil, Bool.random(using: &generator) ? days[last] : nil)
    }

    private static func routing(_ generator: inout SplitMix64) throws -> Routing {
        let areas = Small.areas.map { area in
            ListedArea(
                area: area.area, name: area.name, validity: Int.random(in: 0..<4, using: &generator) == 0 ? period(&generator) : .always)
        }
        func served() -> [Area] { Small.everywhere.filter { _ in Bool.random(using: &generator) } }
        var organisations: [Organisation] = []
        for name in ["c-ett", "c-tva", "j-ett", "j-tva"] {
            let period = period(&generator)
            // A catchment without a day in common with its area is refused.
            let areas = served().filter { area in areas.contains { $0.area == area && $0.validity.overlaps(period) } }
            organisations.append(name.hasPrefix("c") ? Small.centre(name, areas, period) : Small.jour(name, areas, period))
        }
        let sets = [Small.period("2024-01-01", "2024-06-30"), Small.period(Bool.random(using: &generator) ? "2024-07-01" : "2024-10-01")]
        let rules = try sets.enumerated().map { index, validity in
            try Small.ruleSet(
                index + 1, validity, support: table(.support, &generator), mediation: table(.mediation, &generator))
        }
        return try Small.routing(organisations, areas: areas, rules: rules)
    }

    /// Every case that the tables could tell apart, without an area.
    private static func contents(_ service: Service, asking inputs: Set<RoutingInput>) -> [ReferralContent] {
        var contents: [ReferralContent] = []
        func add(_ role: Role, _ age: Int?, _ victim: Int?, _ isExploited: Bool, _ identity: ProtectedIdentity, _ mediation: Mediation?) {
            contents.append(
                ReferralContent(
                    person: Person(age: age), role: role, relatedVictim: victim.map { RelatedVictim(age: $0) },
                    consent: Consent(status: .yes, coversSupport: true, coversMediation: true), legalBasis: .consent,
                    protectedIdentity: identity, event: CrimeEvent(category: .theftOrBurglary, exploitedForPayment: isExploited),
                    services: [service], mediation: mediation))
        }
        guard service == .support else {
            for (place, youngest) in ages.enumerated() {
                for oldest in ages.dropFirst(place) {
                    for admitted in inputs.contains(.allAdmitted) ? Answer.allCases : [.yes] {
                        for investigation in Investigation.allCases {
                            let offenders = [youngest, oldest].map { Offender(age: $0, admitted: admitted) }
                            add(.victim, nil, nil, false, .none, Mediation(offenders: offenders, investigation: investigation))
                        }
                    }
                }
            }
            return contents
        }
        for role in Role.allCases {
            for age in ages {
                for victim in role.followsVictim ? ages : [nil] {
                    for isExploited in inputs.contains(.exploited) ? [false, true] : [false] {
                        for identity in inputs.contains(.protectedIdentity) ? ProtectedIdentity.allCases : [.none] {
                            add(role, age, victim, isExploited, identity, nil)
                        }
                    }
                }
            }
        }
        return contents
    }

    /// A table.
    private struct Key: Hashable {
        let ruleSet: Int
        let service: Service
    }

    /// Where a rule leads to no recipient.
    private struct Miss: Hashable {
        let ruleSet: Int
        let service: Service
        let rule: String
        let area: Area
        let day: CivilDate
    }

    @Test(arguments: 0..<16) func bruteForce(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let routing = try Self.routing(&generator)
        let findings = routing.findings()
        #expect(!findings.contains { $0.kind == .undecided })
        #expect(Set(findings.map { "\($0.ruleSet) \($0.id)" }).count == findings.count, "an id is given once in a rule set")
        let days = try Self.days.map { try #require(CivilDate($0)) }

        var unserved: Set<Miss> = []
        var shared: Set<Miss> = []
        // A case for each rule that decides one.
        var cases: [Key: [String: ReferralContent]] = [:]
        for service in Service.allCases {
            let contents = Self.contents(service, asking: Set(routing.ruleSets.flatMap { $0.table(for: service).columns }))
            for ruleSet in routing.ruleSets {
                // The first day stands for what the tables say, wherever somebody lives.
                let first = try #require(ruleSet.validity.first)
                var outcomes: Set<RoutingDecision.Outcome> = []
                var deciding: [String: ReferralContent] = [:]
                for content in contents {
                    let decision = routing.decide(CaseFacts(content, received: first), service: service, on: first)
                    outcomes.insert(decision.outcome)
                    if let rule = decision.rule, deciding[rule] == nil { deciding[rule] = content }
                }
                cases[Key(ruleSet: ruleSet.number, service: service)] = deciding
                try checkPeople(contents, findings, of: routing, ruleSet, service, on: first)
                func found(_ kind: RoutingFinding.Kind) -> [RoutingFinding] {
                    findings.filter { $0.kind == kind && $0.ruleSet == ruleSet.number && $0.service == service }
                }
                #expect(outcomes.contains(.review(.noRule)) == !found(.gap).isEmpty)
                #expect(outcomes.contains(.review(.severalRules)) == !found(.conflict).isEmpty)
                let table = ruleSet.table(for: service)
                if table.table.hitPolicy != .any {
                    let idle = table.verdicts.map(\.rule).filter { deciding[$0] == nil }
                    #expect(found(.idleRule).flatMap(\.rules).sorted() == idle.sorted())
                }
                for day in days where ruleSet.validity.contains(day) {
                    for (rule, content) in deciding {
                        for listed in routing.directory.areas where listed.validity.contains(day) {
                            let facts = CaseFacts(Self.living(in: listed.area, content), received: day)
                            let miss = Miss(ruleSet: ruleSet.number, service: service, rule: rule, area: listed.area, day: day)
                            switch routing.decide(facts, service: service, on: day).outcome {
                            case .review(.noRecipientForArea): unserved.insert(miss)
                            case .review(.severalRecipientsForArea): shared.insert(miss)
                            default: break
                            }
                        }
                    }
                }
            }
        }

        func told(_ kinds: Set<RoutingFinding.Kind>) -> Set<Miss> {
            var misses: Set<Miss> = []
            for finding in findings where kinds.contains(finding.kind) {
                guard let service = finding.service, let ruleSet = routing.ruleSets.first(where: { $0.number == finding.ruleSet }) else {
                    continue
                }
                let deciding = cases[Key(ruleSet: ruleSet.number, service: service)] ?? [:]
                let rules =
                    finding.kind != .unservedArea
                    ? finding.rules
                    : ruleSet.table(for: service).verdicts.compactMap { verdict -> String? in
                        guard case .recipient = verdict.placement, deciding[verdict.rule] != nil else { return nil }
                        return verdict.rule
                    }
                for rule in rules {
                    for area in finding.areas {
                        for day in days where finding.days.contains(day) {
                            misses.insert(Miss(ruleSet: finding.ruleSet, service: service, rule: rule, area: area, day: day))
                        }
                    }
                }
            }
            return misses
        }
        let toldUnserved = told([.noRecipient, .unservedArea])
        #expect(toldUnserved.subtracting(unserved).isEmpty)
        #expect(unserved.subtracting(toldUnserved).isEmpty)
        #expect(told([.severalRecipients]) == shared)
        try checkExamples(findings, of: routing)
        checkOrganisations(findings, of: routing, days, cases)
    }

    /// Gaps and conflicts cover those who have no rule or several, nobody else; their ids end in the digests of whom they cover.
    private func checkPeople(
        _ contents: [ReferralContent], _ findings: [RoutingFinding], of routing: Routing, _ ruleSet: RuleSet, _ service: Service,
        on day: CivilDate
    ) throws {
        let table = ruleSet.table(for: service)
        let check = RoutingTableCheck(table, service: service, budget: 1_000_000)
        func digests(_ kind: RoutingFinding.Kind) -> [Substring?] {
            findings.filter { $0.kind == kind && $0.ruleSet == ruleSet.number && $0.service == service }
                .map { $0.id.split(separator: "/").last }
        }
        let (gaps, conflicts) = (check.gaps, check.conflicts)
        #expect(Set(digests(.gap)) == Set(gaps.map { Substring(check.digest(of: $0)) }) && digests(.gap).count == gaps.count)
        #expect(digests(.conflict) == conflicts.map { Substring(check.digest(of: $0.region)) })
        let places = check.cases.groups.map { group in
            Dictionary(uniqueKeysWithValues: group.domain.points.enumerated().map { ($1, $0) })
        }
        for content in contents {
            let facts = CaseFacts(content, received: day)
            var shown: [RoutingDecision.Input] = []
            let values = table.values(of: facts, inputs: &shown)
            let point = try zip(check.cases.groups, places).map { group, places in
                try #require(places[group.domain.columns.map { values[$0] }])
            }
            func covers(_ region: DecisionTableCoverage.Region) -> Bool { zip(region, point).allSatisfy { $0.contains($1) } }
            let outcome = routing.decide(facts, service: service, on: day).outcome
            #expect((outcome == .review(.noRule)) == gaps.contains(where: covers), "\(values)")
            #expect((outcome == .review(.severalRules)) == conflicts.contains { covers($0.region) }, "\(values)")
        }
    }

    /// Each example meets with what is said of it.
    private func checkExamples(_ findings: [RoutingFinding], of routing: Routing) throws {
        for finding in findings {
            guard let facts = finding.example, let service = finding.service else { continue }
            let day = try #require(finding.days.first ?? finding.days.last)
            let decision = routing.decide(facts, service: service, on: day)
            switch finding.kind {
            case .gap: #expect(decision.outcome == .review(.noRule), "\(finding)")
            case .conflict: #expect(decision.outcome == .review(.severalRules), "\(finding)")
            case .noRecipient: #expect(decision.outcome == .review(.noRecipientForArea) && decision.rule == finding.rules[0], "\(finding)")
            case .severalRecipients:
                #expect(decision.outcome == .review(.severalRecipientsForArea) && decision.rule == finding.rules[0], "\(finding)")
            default: Issue.record("an example of \(finding)")
            }
        }
    }

    /// Who is idle gets nothing even when everybody else has given the case back; who is not gets something.
    private func checkOrganisations(
        _ findings: [RoutingFinding], of routing: Routing, _ days: [CivilDate], _ cases: [Key: [String: ReferralContent]]
    ) {
        let all = routing.directory.organisations.filter(\.kind.mayReceive)
        for ruleSet in routing.ruleSets {
            for day in days where ruleSet.validity.contains(day) {
                for organisation in all where organisation.existence.contains(day) {
                    let others = Set(all.map(\.id)).subtracting([organisation.id])
                    let receives = Service.allCases.contains { service in
                        (cases[Key(ruleSet: ruleSet.number, service: service)] ?? [:]).values.contains { content in
                            Small.everywhere.contains { area in
                                let facts = CaseFacts(Self.living(in: area, content), received: day)
                                return routing.decide(facts, service: service, on: day, excluding: others).outcome
                                    == .recipient(organisation.id)
                            }
                        }
                    }
                    let isIdle = findings.contains {
                        $0.kind == .idleOrganisation && $0.ruleSet == ruleSet.number && $0.days.contains(day)
                            && $0.id.split(separator: "/")[1] == organisation.id.rawValue
                    }
                    #expect(receives != isIdle, "\(organisation.id) on \(day)")
                }
            }
        }
    }

    private static func living(in area: Area, _ content: ReferralContent) -> ReferralContent {
        var content = content
        content.residence = area
        for index in content.mediation?.offenders.indices ?? 0..<0 { content.mediation?.offenders[index].residence = area }
        return content
    }
}
