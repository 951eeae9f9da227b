import Referral
import Testing

@Suite struct DisclosureTests {
    private static let full: ReferralContent = {
        var content = SmallWorld.content(services: [.support, .mediation])
        content.person = Person(
            name: "N", personalNumber: "P", birthDate: CivilDate("2009-05-17"), age: nil, sex: .female)
        content.stay = SmallWorld.farsta
        content.scene = SmallWorld.farsta
        content.language = "sv"
        content.event = CrimeEvent(
            category: .robbery, crimeCode: "0800", crimeCodeYear: 2026, date: CivilDate("2026-02-28"), policeReference: "K", reported: .yes,
            exploitedForPayment: true)
        content.freeText = "F"
        content.conflictGroup = "G"
        return content
    }()

    private func shown(_ recipient: RecipientClass, _ service: Service) -> ReferralContent {
        Disclosure.project(Self.full, to: Disclosure.groups(for: recipient, service: service), service: service, facts: Self.facts)
    }

    private static let facts = CaseFacts(
        full, received: CivilDate(inStockholmAt: SmallWorld.morning), conflictMark: ContentDigest(hexadecimal: "a0"))

    /// Cell by cell: who sees which group.
    @Test func theTable() {
        let everything = Set(FieldGroup.allCases.filter { $0.isContent || $0 == .explanation })
        #expect(
            Set(Disclosure.groups(for: .privateBody, service: .support))
                == everything.subtracting([.personalNumber, .crimeDetail, .exploitation, .policeReference, .freeText, .offenders]))
        #expect(Disclosure.groups(for: .privateBody, service: .mediation).isEmpty)
        #expect(Set(Disclosure.groups(for: .publicBody, service: .support)) == everything.subtracting([.offenders]))
        #expect(Set(Disclosure.groups(for: .publicBody, service: .mediation)) == everything)
    }

    @Test func aVolunteerOrganisationSeesWhoAndHowToReachThemAndNoMore() {
        let content = shown(.privateBody, .support)
        #expect(content.person == Person(name: "N", age: 16, sex: .female))
        #expect(content.contacts == Self.full.contacts)
        #expect(content.residence == SmallWorld.farsta)
        #expect(content.event == CrimeEvent(category: .robbery, date: CivilDate("2026-02-28"), reported: .yes))
        #expect(content.freeText == nil && content.mediation == nil)
        #expect(content.services == [.support])
        #expect(content.consent.coversSupport && !content.consent.coversMediation)
        #expect(content.conflictGroup == "a0")
    }

    @Test func aSupportCentreSeesOffendersOnlyWhenItMediates() {
        var support = Self.full
        support.services = [.support]
        support.mediation = nil
        support.consent.coversMediation = false
        support.conflictGroup = "a0"
        #expect(shown(.publicBody, .support) == support)
        var mediation = Self.full
        mediation.services = [.mediation]
        mediation.consent.coversSupport = false
        mediation.conflictGroup = "a0"
        #expect(shown(.publicBody, .mediation) == mediation)
    }

    /// The explanation shows no input that its reader may not see.
    @Test func anExplanationIsAsDiscreetAsTheContent() throws {
        let names = ["role", "deciding age", "exploited", "area", "youngest offender age", "investigation"]
        let decision = RoutingDecision(
            service: .support, outcome: .recipient(SmallWorld.jour), ruleSet: "1", rule: "r", ruleText: "t",
            inputs: names.map { .init(name: $0, value: "x", origin: nil) }, notes: [], asOf: CivilDate(inStockholmAt: SmallWorld.morning))
        func shown(_ recipient: RecipientClass, _ service: Service) -> [String] {
            Disclosure.project(decision, to: Disclosure.groups(for: recipient, service: service)).inputs.map(\.name)
        }
        #expect(shown(.privateBody, .support) == ["role", "deciding age", "area"])
        #expect(shown(.publicBody, .support) == ["role", "deciding age", "exploited", "area"])
        #expect(shown(.publicBody, .mediation) == names)
    }

    /// Nor an alternative: not one by such an input, nor one that would not hold were such an input another.
    @Test func anAlternativeIsAsDiscreetAsTheContent() throws {
        let inputs = ["own age", "role", "exploited", "area", "reported", "oldest offender age", "all admitted", "something else"]
        let alternatives: [RoutingDecision.Alternative] =
            inputs.map { .init(input: $0, value: "x", outcome: .review(.noRule), rule: nil) }
            + FieldGroup.allCases.map {
                .init(input: "own age", value: $0.rawValue, outcome: .review(.noRule), rule: nil, alsoReveals: [.person, $0])
            }
        let decision = RoutingDecision(
            service: .support, outcome: .recipient(SmallWorld.jour), ruleSet: "1", rule: "r", ruleText: "t", inputs: [], notes: [],
            asOf: CivilDate(inStockholmAt: SmallWorld.morning), otherwise: alternatives)
        for recipient in RecipientClass.allCases {
            for service in Service.allCases {
                let groups = Disclosure.groups(for: recipient, service: service)
                let shown = Disclosure.project(decision, to: groups).otherwise ?? []
                for alternative in alternatives {
                    let group: FieldGroup? =
                        switch alternative.input {
                        case "own age", "role": .person
                        case "exploited": .exploitation
                        case "area": .areas
                        case "reported": .event
                        case "oldest offender age", "all admitted": .offenders
                        default: nil
                        }
                    let isShown = group.map(groups.contains) ?? false && alternative.alsoReveals.allSatisfy(groups.contains)
                    #expect(shown.contains(alternative) == isShown, "\(recipient), \(service): \(alternative)")
                }
            }
        }
        #expect(Disclosure.project(decision, to: []).otherwise == nil)
        let volunteers = Disclosure.project(decision, to: Disclosure.groups(for: .privateBody, service: .support)).otherwise ?? []
        #expect(Set(volunteers.map(\.input)) == ["own age", "role", "area", "reported"])
    }

    @Test func aWitnessKeepsTheVictimsAgeWithoutTheBirthDate() {
        var content = Self.full
        content.role = .witness
        content.relatedVictim = RelatedVictim(birthDate: CivilDate("2010-01-01"))
        let facts = CaseFacts(content, received: CivilDate(inStockholmAt: SmallWorld.morning))
        let shown = Disclosure.project(
            content, to: Disclosure.groups(for: .privateBody, service: .support), service: .support, facts: facts)
        #expect(shown.relatedVictim == RelatedVictim(age: 16))
    }
}
