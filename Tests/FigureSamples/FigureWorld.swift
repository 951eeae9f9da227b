import DecisionTable
public import Referral

/// Stödcentrum Nordväst and its eight municipalities, as in the example's directory, with a brottsofferjour for those who are older.
public enum FigureWorld {
    public static let police = Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("jarfalla"))
    public static let school = Participant(organisation: OrganisationID("bromma-gymnasium"), unit: UnitID("elevhalsan"))
    public static let own = Participant(organisation: OrganisationID("egen-ansokan"), unit: UnitID("webb"))
    public static let centre = Participant(organisation: OrganisationID("stodcentrum-nordvast"), unit: UnitID("jarfalla"))
    public static let jour = Participant(organisation: OrganisationID("bojen-vasterort"), unit: UnitID("stodsamordning"))
    public static let coordinator = Participant(organisation: OrganisationID("stockholms-stad"), unit: UnitID("samordnare"))

    public static let municipalities = [
        ("0114", "Upplands Väsby"), ("0123", "Järfälla"), ("0125", "Ekerö"), ("0139", "Upplands-Bro"), ("0163", "Sollentuna"),
        ("0183", "Sundbyberg"), ("0184", "Solna"), ("0191", "Sigtuna"),
    ]

    struct NoTable: Error {}

    public static func policy() throws -> Policy {
        let areas = municipalities.map { ListedArea(area: Area(municipality: $0.0), name: $0.1) }
        func organisation(
            _ participant: Participant, _ name: String, _ kind: OrganisationKind, _ services: [Service] = []
        ) -> Organisation {
            Organisation(
                id: participant.organisation, name: name, kind: kind, units: [OrganisationUnit(id: participant.unit, name: name)],
                catchment: services.isEmpty ? [] : [Catchment(areas: areas.map(\.area), services: services)])
        }
        let directory = try Directory(
            organisations: [
                organisation(coordinator, "Stockholms stad", .coordinator), organisation(police, "Polisen", .police),
                organisation(school, "Gymnasiet", .school), organisation(own, "Egen ansökan", .ownRequest),
                organisation(centre, "Stödcentrum Nordväst", .supportCentre, [.support, .mediation]),
                organisation(jour, "Brottsofferjouren", .brottsofferjour, [.support]),
            ], areas: areas)
        let ruleSet = try RuleSet(
            number: 1, name: "Nordväst", validity: .always,
            support: table(
                "deciding age",
                [("[10..21]", "support centre", "brottsofferjour"), ("&gt; 21", "brottsofferjour", "support centre")]),
            mediation: table("youngest offender age", [("[12..20]", "support centre", "")]))
        return Policy(routing: try Routing(directory: directory, ruleSets: [ruleSet]))
    }

    private static func table(_ input: String, _ rules: [(String, String, String)]) throws -> DecisionTable {
        let rows = rules.map { condition, recipient, alternative in
            """
            <rule><inputEntry><text>\(condition)</text></inputEntry>
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
        guard let table = try DecisionModel(xml: Array(xml.utf8), file: "t.dmn").tables.first else { throw NoTable() }
        return table
    }
}
