import Configuration
import Referral
import Testing

/// An invented person and where the shipped configuration sends them.
struct SupportExample: Sendable, CustomTestStringConvertible {
    let name: String
    var role: Role = .victim
    var born: String?
    var age: Int?
    var victimAge: Int?
    var lives: String?
    var stays: String?
    var scene: String?
    var exploited = false
    var protected: ProtectedIdentity = .none
    var returnedBy: [String] = []
    var on = "2024-03-01"
    /// An organisation, or `review: ` and the reason.
    let goesTo: String
    let rule: String?
    var notes: [String] = []
    let source: String

    var testDescription: String { name }

    func facts() throws -> CaseFacts {
        let day = try CivilDate.day(on)
        let content = ReferralContent(
            person: Person(name: name, birthDate: try born.map(CivilDate.day), age: age), role: role,
            relatedVictim: victimAge.map { RelatedVictim(age: $0) }, residence: lives.map(Area.init(text:)),
            stay: stays.map(Area.init(text:)),
            scene: scene.map(Area.init(text:)), consent: Consent(status: .yes, coversSupport: true), legalBasis: .consent,
            protectedIdentity: protected, event: CrimeEvent(category: .assault, exploitedForPayment: exploited), services: [.support],
            isTest: true)
        return CaseFacts(content, received: day)
    }
}

private let agreement = "the City of Stockholm's partnership with the brottsofferjourer, 2022"
private let nordvast = "the annual report of Stödcentrum Nordväst, 2017"
private let city2004 = "the City of Stockholm's decision of 2004"
private let own = "decided for this exchange"

private let supportExamples: [SupportExample] = [
    // Ages, from 1 July 2023.
    .init(name: "Alva, 9", age: 9, lives: "0180/farsta", goesTo: "review: under-10", rule: "victim-under-10", source: own),
    .init(
        name: "Bo, 10 today", born: "2014-03-01", lives: "0180/farsta", goesTo: "stodcentrum-soderort", rule: "victim-10-to-17",
        source: nordvast),
    .init(
        name: "Cleo, 10 tomorrow", born: "2014-03-02", lives: "0180/farsta", goesTo: "review: under-10", rule: "victim-under-10",
        source: own),
    .init(name: "Dan, 17", age: 17, lives: "0180/bromma", goesTo: "stodcentrum-vasterort", rule: "victim-10-to-17", source: agreement),
    .init(name: "Elin, 18", age: 18, lives: "0180/bromma", goesTo: "stodcentrum-vasterort", rule: "victim-18-to-20", source: agreement),
    .init(name: "Fia, 20", age: 20, lives: "0180/sodermalm", goesTo: "stodcentrum-city", rule: "victim-18-to-20", source: agreement),
    .init(
        name: "Gus, exactly 21", age: 21, lives: "0180/jarva", goesTo: "stodcentrum-vasterort", rule: "victim-21", notes: ["boundary-age"],
        source: own),
    .init(name: "Hugo, 22", age: 22, lives: "0180/jarva", goesTo: "bojen-vasterort", rule: "victim-over-21", source: agreement),
    .init(
        name: "Ines, 22 today", born: "2002-03-01", lives: "0180/kungsholmen", goesTo: "bojen-stockholm-gotland", rule: "victim-over-21",
        source: agreement),
    .init(
        name: "Jon, 22 tomorrow", born: "2002-03-02", lives: "0180/kungsholmen", goesTo: "stodcentrum-city", rule: "victim-21",
        notes: ["boundary-age"], source: own),
    .init(name: "Karin, 93", age: 93, lives: "0180/skarpnack", goesTo: "bojen-sodra-stockholm", rule: "victim-over-21", source: agreement),
    .init(name: "Leo, age unknown", lives: "0180/skarpnack", goesTo: "review: unknown-age", rule: "victim-unknown-age", source: own),

    // Areas.
    .init(
        name: "Mia, adult in Norra innerstaden", age: 40, lives: "0180/norra-innerstaden", goesTo: "bojen-stockholm-gotland",
        rule: "victim-over-21", source: own),
    .init(
        name: "Nils, adult in Skärholmen", age: 40, lives: "0180/skarholmen", goesTo: "bojen-sodra-stockholm", rule: "victim-over-21",
        source: own),
    .init(
        name: "Olga, young in Enskede-Årsta-Vantör", age: 15, lives: "0180/enskede-arsta-vantor", goesTo: "stodcentrum-soderort",
        rule: "victim-10-to-17", source: own),
    .init(
        name: "Per, young in Hägersten-Älvsjö", age: 15, lives: "0180/hagersten-alvsjo", goesTo: "stodcentrum-soderort",
        rule: "victim-10-to-17", source: own),
    .init(
        name: "Rut, young in Hässelby-Vällingby", age: 15, lives: "0180/hasselby-vallingby", goesTo: "stodcentrum-vasterort",
        rule: "victim-10-to-17", source: own),
    .init(name: "Sara, young on Lidingö", age: 14, lives: "0186", goesTo: "stodcentrum-city", rule: "victim-10-to-17", source: own),
    .init(name: "Tor, adult on Lidingö", age: 34, lives: "0186", goesTo: "bojen-stockholm-gotland", rule: "victim-over-21", source: own),
    .init(
        name: "Ulla, adult on Gotland", age: 50, lives: "0980", goesTo: "bojen-stockholm-gotland", rule: "victim-over-21", source: agreement
    ),
    .init(
        name: "Vera, 15 on Gotland, where no support centre is", age: 15, lives: "0980", goesTo: "bojen-stockholm-gotland",
        rule: "victim-10-to-17", notes: ["no-support-centre-for-area"], source: agreement),
    .init(
        name: "Wilma, 21 on Gotland", age: 21, lives: "0980", goesTo: "bojen-stockholm-gotland", rule: "victim-21",
        notes: ["boundary-age", "no-support-centre-for-area"], source: agreement),
    .init(
        name: "Young in Upplands Väsby", age: 16, lives: "0114", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Young in Järfälla", age: 16, lives: "0123", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Young in Ekerö", age: 16, lives: "0125", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Young in Upplands-Bro", age: 16, lives: "0139", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Young in Sollentuna", age: 16, lives: "0163", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Young in Sundbyberg", age: 16, lives: "0183", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Young in Solna", age: 16, lives: "0184", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Young in Sigtuna", age: 16, lives: "0191", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(
        name: "Adult in Solna", age: 30, lives: "0184", goesTo: "review: no-recipient-for-area", rule: "victim-over-21",
        notes: ["no-brottsofferjour-for-area"], source: own),
    .init(
        name: "Young in Uppsala", age: 16, lives: "0380", goesTo: "review: no-recipient-for-area", rule: "victim-10-to-17",
        notes: ["no-support-centre-for-area", "no-brottsofferjour-for-area"], source: own),
    .init(name: "Yrsa, no area", age: 30, goesTo: "review: unknown-area", rule: "victim-over-21", source: own),
    .init(
        name: "Åke, Stockholm without a district", age: 30, lives: "0180", goesTo: "review: district-missing", rule: "victim-over-21",
        source: own),
    .init(
        name: "Ärla, a district that is none", age: 30, lives: "0180/atlantis", goesTo: "review: unknown-area", rule: "victim-over-21",
        source: own),
    .init(
        name: "Örjan, a district that was merged", age: 30, lives: "0180/ostermalm", goesTo: "review: area-not-valid-on-this-date",
        rule: "victim-over-21", source: own),
    .init(
        name: "Adam, homeless, stays in Farsta", age: 30, stays: "0180/farsta", scene: "0180/bromma", goesTo: "bojen-sodra-stockholm",
        rule: "victim-over-21", source: own),
    .init(
        name: "Britt, only the scene is known", age: 30, scene: "0180/bromma", goesTo: "bojen-vasterort", rule: "victim-over-21",
        source: own),

    // Sexually exploited for payment.
    .init(
        name: "Cilla, 17, exploited", age: 17, lives: "0180/farsta", exploited: true, goesTo: "stodcentrum-soderort",
        rule: "victim-under-18-exploited", source: agreement),
    .init(
        name: "Doris, 9, exploited", age: 9, lives: "0180/farsta", exploited: true, goesTo: "stodcentrum-soderort",
        rule: "victim-under-18-exploited", source: agreement),
    .init(
        name: "Ebbe, 18, exploited", age: 18, lives: "0180/farsta", exploited: true, goesTo: "stodcentrum-soderort",
        rule: "victim-18-to-20",
        source: agreement),
    .init(
        name: "Frida, 30, exploited", age: 30, lives: "0180/farsta", exploited: true, goesTo: "bojen-sodra-stockholm",
        rule: "victim-over-21",
        source: agreement),
    .init(
        name: "Greta, 16, exploited, on Gotland", age: 16, lives: "0980", exploited: true, goesTo: "review: no-recipient-for-area",
        rule: "victim-under-18-exploited", notes: ["no-support-centre-for-area"], source: own),

    // Protected identity.
    .init(
        name: "Hanna, skyddad folkbokföring", age: 30, lives: "0180/farsta", protected: .protectedRegistration,
        goesTo: "review: protected-identity", rule: "protected-identity", source: own),
    .init(
        name: "Ivar, sekretessmarkering", age: 15, lives: "0180/farsta", protected: .confidentialityMarking,
        goesTo: "review: protected-identity", rule: "protected-identity", source: own),
    .init(
        name: "Jenny, fingerade uppgifter, exploited", age: 15, lives: "0180/farsta", exploited: true, protected: .assumedIdentity,
        goesTo: "review: protected-identity", rule: "protected-identity", source: own),
    .init(
        name: "Kalle, protection unknown", age: 15, lives: "0180/farsta", protected: .unknown, goesTo: "stodcentrum-soderort",
        rule: "victim-10-to-17", source: agreement),

    // Witnesses, relatives and others.
    .init(
        name: "Lena, mother of a victim of 15", role: .relativeOfVictim, age: 45, victimAge: 15, lives: "0180/bromma",
        goesTo: "stodcentrum-vasterort", rule: "companion-10-to-17", source: nordvast),
    .init(
        name: "Malte, brother of 15 of a victim of 30", role: .relativeOfVictim, age: 15, victimAge: 30, lives: "0180/bromma",
        goesTo: "bojen-vasterort", rule: "companion-over-21", source: own),
    .init(
        name: "Nora, father of a victim of 8", role: .relativeOfVictim, age: 35, victimAge: 8, lives: "0180/bromma",
        goesTo: "review: under-10", rule: "companion-of-under-10", source: own),
    .init(
        name: "Otto, witness of 8 to a crime against an adult", role: .witness, age: 8, victimAge: 40, lives: "0180/bromma",
        goesTo: "review: under-10", rule: "companion-under-10", source: own),
    .init(
        name: "Pia, witness of 16 on her own", role: .witness, age: 16, lives: "0180/bromma", goesTo: "stodcentrum-vasterort",
        rule: "companion-10-to-17", source: agreement),
    .init(
        name: "Ragnar, witness of 50 to a crime against somebody of 21", role: .witness, age: 50, victimAge: 21, lives: "0180/bromma",
        goesTo: "stodcentrum-vasterort", rule: "companion-21", notes: ["boundary-age"], source: own),
    .init(
        name: "Siv, witness, nobody's age known", role: .witness, lives: "0180/bromma", goesTo: "review: unknown-age",
        rule: "companion-unknown-age", source: own),
    .init(
        name: "Tage, relative of a victim of 19, own age unknown", role: .relativeOfVictim, victimAge: 19, lives: "0180/bromma",
        goesTo: "stodcentrum-vasterort", rule: "companion-18-to-20", source: agreement),
    .init(
        name: "Una, mother of an exploited victim of 16", role: .relativeOfVictim, age: 40, victimAge: 16, lives: "0186", exploited: true,
        goesTo: "stodcentrum-city", rule: "companion-of-under-18-exploited", source: own),
    .init(
        name: "Vide, son of 16 of an offender", role: .relativeOfOffender, age: 16, lives: "0180/bromma", goesTo: "bojen-vasterort",
        rule: "offender-relative", source: agreement),
    .init(
        name: "Walter, son of 7 of an offender", role: .relativeOfOffender, age: 7, lives: "0180/bromma", goesTo: "review: under-10",
        rule: "offender-relative-under-10", source: own),
    .init(
        name: "Yngve, teacher", role: .professional, lives: "0180/bromma", goesTo: "bojen-vasterort", rule: "professional",
        source: agreement),

    // Cases that were given back.
    .init(
        name: "Asta, 16, given back by the support centre", age: 16, lives: "0180/farsta", returnedBy: ["stodcentrum-soderort"],
        goesTo: "bojen-sodra-stockholm", rule: "victim-10-to-17", notes: ["returned-by-support-centre"], source: agreement),
    .init(
        name: "Börje, 40, given back by the jour", age: 40, lives: "0180/farsta", returnedBy: ["bojen-sodra-stockholm"],
        goesTo: "review: returned-by-only-recipient", rule: "victim-over-21", notes: ["returned-by-brottsofferjour"], source: own),
    .init(
        name: "Carro, 16, exploited, given back by the support centre", age: 16, lives: "0180/farsta", exploited: true,
        returnedBy: ["stodcentrum-soderort"], goesTo: "review: returned-by-only-recipient", rule: "victim-under-18-exploited",
        notes: ["returned-by-support-centre"], source: own),
    .init(
        name: "Doug, 16 in Solna, given back by the support centre", age: 16, lives: "0184", returnedBy: ["stodcentrum-nordvast"],
        goesTo: "review: returned-by-only-recipient", rule: "victim-10-to-17",
        notes: ["returned-by-support-centre", "no-brottsofferjour-for-area"], source: own),
    .init(
        name: "Ester, 40, given back by an organisation that is not hers", age: 40, lives: "0180/farsta", returnedBy: ["stodcentrum-city"],
        goesTo: "bojen-sodra-stockholm", rule: "victim-over-21", source: own),

    // Days.
    .init(
        name: "The day before the new areas", age: 30, lives: "0180/farsta", on: "2023-06-30", goesTo: "review: no-rule-set-on-this-date",
        rule: nil, source: own),
    .init(
        name: "The first day of the new areas", age: 30, lives: "0180/jarva", on: "2023-07-01", goesTo: "bojen-vasterort",
        rule: "victim-over-21", source: own),
    .init(
        name: "2004: 15 in Hägersten", age: 15, lives: "0180/hagersten", on: "2004-05-01", goesTo: "stodcentrum-soderort",
        rule: "victim-10-to-17", source: city2004),
    .init(
        name: "2004: 15 in Hässelby-Vällingby", age: 15, lives: "0180/hasselby-vallingby", on: "2004-05-01",
        goesTo: "stodcentrum-vasterort",
        rule: "victim-10-to-17", source: city2004),
    .init(
        name: "2004: 15 in Rinkeby, which has none of its own", age: 15, lives: "0180/rinkeby", on: "2004-11-01",
        goesTo: "stodcentrum-city",
        rule: "victim-10-to-17", source: city2004),
    .init(
        name: "2004: 15 on Lidingö", age: 15, lives: "0186", on: "2004-05-01", goesTo: "stodcentrum-city", rule: "victim-10-to-17",
        source: city2004),
    .init(
        name: "2004: exactly 18 in Norrmalm", age: 18, lives: "0180/norrmalm", on: "2004-05-01", goesTo: "stodcentrum-city",
        rule: "victim-18", notes: ["boundary-age"], source: own),
    .init(
        name: "2004: 19 in Kista", age: 19, lives: "0180/kista", on: "2004-05-01", goesTo: "bojen-spanga-kista", rule: "victim-over-18",
        source: city2004),
    .init(
        name: "2004: adult in Bromma", age: 40, lives: "0180/bromma", on: "2004-12-31", goesTo: "bojen-vasterort", rule: "victim-over-18",
        source: city2004),
    .init(
        name: "2004: adult in Älvsjö", age: 40, lives: "0180/alvsjo", on: "2004-05-01", goesTo: "bojen-farsta", rule: "victim-over-18",
        source: city2004),
    .init(
        name: "2004: adult in Liljeholmen", age: 40, lives: "0180/liljeholmen", on: "2004-05-01", goesTo: "bojen-skarholmen",
        rule: "victim-over-18", source: city2004),
    .init(
        name: "2004: parent of a victim of 14 in Maria-Gamla stan", role: .relativeOfVictim, age: 44, victimAge: 14,
        lives: "0180/maria-gamla-stan", on: "2004-05-01", goesTo: "stodcentrum-city", rule: "companion-10-to-17", source: city2004),
    .init(
        name: "2004: adult on Lidingö", age: 40, lives: "0186", on: "2004-05-01", goesTo: "bojen-city-lidingo", rule: "victim-over-18",
        source: city2004),
    .init(
        name: "2004: young in Solna, before Stödcentrum Nordväst", age: 15, lives: "0184", on: "2004-05-01",
        goesTo: "review: no-recipient-for-area", rule: "victim-10-to-17",
        notes: ["no-support-centre-for-area", "no-brottsofferjour-for-area"],
        source: city2004),
    .init(
        name: "2004: teacher", role: .professional, age: 40, lives: "0180/farsta", on: "2004-05-01",
        goesTo: "review: no-service-for-this-role",
        rule: "others", source: city2004),
    .init(
        name: "The first day after the rules of 2004", age: 40, lives: "0180/bromma", on: "2005-01-01",
        goesTo: "review: no-rule-set-on-this-date", rule: nil, source: own),
]

@Suite struct ShippedConfigurationTests {
    @Test(arguments: supportExamples)
    func support(_ example: SupportExample) throws {
        let routing = try Shipped.routing.get()
        let decision = routing.decide(
            try example.facts(), service: .support, on: try .day(example.on), excluding: Set(example.returnedBy.map { OrganisationID($0) }))
        #expect(decision.outcome.text == example.goesTo, "source: \(example.source)")
        #expect(decision.rule == example.rule)
        #expect(decision.notes == example.notes)
        #expect(example.rule == nil || decision.ruleText?.isEmpty == false)
    }

    @Test func anExplanationNamesEveryInputAndWhereItCameFrom() throws {
        let routing = try Shipped.routing.get()
        let example = SupportExample(
            name: "Lena", role: .relativeOfVictim, born: "1979-01-01", victimAge: 15, stays: "0180/bromma", goesTo: "stodcentrum-vasterort",
            rule: nil, source: own)
        let decision = routing.decide(try example.facts(), service: .support, on: try .day(example.on))
        #expect(decision.ruleSet == "2 Stockholm 2023")
        #expect(
            decision.inputs == [
                .init(name: "protected identity", value: "none", origin: "sender"),
                .init(name: "role", value: "relative of victim", origin: "sender"),
                .init(name: "deciding age", value: "15", origin: "victim's stated age"),
                .init(name: "own age", value: "45", origin: "birth date"),
                .init(name: "exploited", value: "false", origin: "sender"),
                .init(name: "area", value: "0180/bromma", origin: "stay"),
            ])
    }

    @Test func everyParticipantOfTheExampleCanBeListed() throws {
        let directory = try DirectoryFile.read(Shipped.path("directory.yaml"))
        let names = directory.participants.map(\.description)
        #expect(names.count == 23)
        #expect(names.contains("polisen-stockholm/vasterort") && names.contains("stockholms-stad/samordnare"))
        #expect(names.contains("egen-ansokan/webb") && names.contains("stodcentrum-nordvast/sollentuna"))
        #expect(directory.coordinator == OrganisationID("stockholms-stad"))
    }

    @Test func theNumberOfDistrictsOnEachDay() throws {
        let areas = try DirectoryFile.read(Shipped.path("directory.yaml")).areas.filter { $0.area.municipality == "0180" }
        func count(_ day: String) throws -> Int {
            let day = try CivilDate.day(day)
            return areas.count { $0.validity.contains(day) }
        }
        #expect(try count("2004-06-01") == 18)
        #expect(try count("2007-01-01") == 14)
        #expect(try count("2023-06-30") == 13)
        #expect(try count("2023-07-01") == 11)
    }
}

extension RoutingDecision.Outcome {
    var text: String {
        switch self {
        case .recipient(let organisation): organisation.rawValue
        case .review(let reason): "review: \(reason)"
        }
    }
}

extension Area {
    /// `0180/farsta` or `0191`
    init(text: String) {
        let parts = text.split(separator: "/").map(String.init)
        self.init(municipality: parts[0], district: parts.count > 1 ? parts[1] : nil)
    }
}
