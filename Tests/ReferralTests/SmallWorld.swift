import DecisionTable
import Referral
import Testing

/// One area, served by a support centre and a brottsofferjour; from 10 to 21 to the first, else to the second. Another area with a support
/// centre of its own.
enum SmallWorld {
    static let farsta = Area(municipality: "0180", district: "farsta")
    static let sigtuna = Area(municipality: "0191")
    static let police = Participant(organisation: OrganisationID("polisen"), unit: UnitID("soder"))
    static let centre = OrganisationID("centrum")
    static let jour = OrganisationID("jouren")
    static let coordinator = OrganisationID("stad")
    static let centreOne = Participant(organisation: centre, unit: UnitID("ett"))
    static let centreTwo = Participant(organisation: centre, unit: UnitID("tva"))
    static let jourOne = Participant(organisation: jour, unit: UnitID("ett"))
    /// A support centre elsewhere.
    static let neighbour = OrganisationID("granncentrum")
    static let neighbourOne = Participant(organisation: neighbour, unit: UnitID("ett"))
    static let coordinatorOne = Participant(organisation: coordinator, unit: UnitID("samordnare"))

    /// 2026-03-02, a Monday morning.
    static let morning = Instant(milliseconds: 1_772_434_800_000)

    /// - Parameters:
    ///   - youngUntil: the last age that goes to the support centre.
    ///   - agreements: of the support centre.
    ///   - protectedReaders: of their organisations.
    static func policy(
        youngUntil: Int = 21, agreements: [OrganisationAgreement] = [], protectedReaders: [Participant] = []
    ) throws -> Policy {
        func readers(_ id: OrganisationID) -> [ProtectedReader] {
            protectedReaders.filter { $0.organisation == id }.map { ProtectedReader(unit: $0.unit) }
        }
        func units(_ ids: String...) -> [OrganisationUnit] { ids.map { OrganisationUnit(id: UnitID($0), name: $0) } }
        let directory = try Directory(
            organisations: [
                Organisation(
                    id: coordinator, name: "Staden", kind: .coordinator, units: units("samordnare"),
                    protectedReaders: readers(coordinator)),
                Organisation(id: police.organisation, name: "Polisen", kind: .police, units: units("soder")),
                Organisation(
                    id: centre, name: "Stödcentrum", kind: .supportCentre, units: units("ett", "tva"),
                    catchment: [Catchment(areas: [farsta], services: [.support, .mediation])], agreements: agreements,
                    protectedReaders: readers(centre)),
                Organisation(
                    id: jour, name: "Brottsofferjouren", kind: .brottsofferjour, units: units("ett"),
                    catchment: [Catchment(areas: [farsta], services: [.support])], protectedReaders: readers(jour)),
                Organisation(
                    id: neighbour, name: "Granncentrum", kind: .supportCentre, units: units("ett"),
                    catchment: [Catchment(areas: [sigtuna], services: [.support, .mediation])]),
            ], areas: [ListedArea(area: farsta, name: "Farsta"), ListedArea(area: sigtuna, name: "Sigtuna")])
        let ruleSet = try RuleSet(
            number: 1, name: "Small", validity: .always,
            support: table(
                "deciding age",
                rules: [
                    ("[10..\(youngUntil)]", "support centre", "brottsofferjour"), ("> \(youngUntil)", "brottsofferjour", ""),
                ]),
            mediation: table("youngest offender age", rules: [("[12..20]", "support centre", "")]))
        return Policy(routing: try Routing(directory: directory, ruleSets: [ruleSet]))
    }

    private static func table(_ input: String, rules: [(String, String, String)]) throws -> DecisionTable {
        let rows = rules.map { condition, recipient, alternative in
            """
            <rule><inputEntry><text>\(condition.replacing(">", with: "&gt;"))</text></inputEntry>
            <outputEntry><text>"\(recipient)"</text></outputEntry>
            <outputEntry><text>\(alternative.isEmpty ? "" : "\"\(alternative)\"")</text></outputEntry></rule>
            """
        }
        let xml = """
            <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="t" name="T">
            <decisionTable><input><inputExpression typeRef="number"><text>\(input)</text></inputExpression></input>
            <output name="recipient" typeRef="string"/><output name="alternative" typeRef="string"/>\(rows.joined())
            </decisionTable></decision></definitions>
            """
        return try #require(try DecisionModel(xml: Array(xml.utf8), file: "t.dmn").tables.first)
    }

    static func content(
        age: Int? = 17, consent: ConsentStatus = .yes, services: [Service] = [.support], offenderAge: Int = 16
    ) -> ReferralContent {
        ReferralContent(
            person: Person(age: age), role: .victim, residence: farsta,
            contacts: [Contact(phone: "+46701740605", holder: .person)],
            consent: Consent(status: consent, coversSupport: true, coversMediation: true), legalBasis: .consent, protectedIdentity: .none,
            event: CrimeEvent(category: .assault, reported: .yes), services: services,
            mediation: services.contains(.mediation)
                ? Mediation(
                    offenders: [Offender(age: offenderAge, residence: farsta, admitted: .yes, takesPart: .yes)],
                    investigation: .concluded, personTakesPart: .yes, suitable: .yes) : nil,
            isTest: true)
    }

    static func submission(
        _ content: ReferralContent, digest: String = "d1", conflictMark: ContentDigest? = nil
    ) -> ReferralCommand {
        .submit(
            .init(
                referral: ReferralID("r"), assignments: [AssignmentID("a1"), AssignmentID("a2")], message: MessageID("m"),
                digest: ContentDigest(hexadecimal: digest),
                facts: CaseFacts(content, received: CivilDate(inStockholmAt: morning), conflictMark: conflictMark)))
    }
}
