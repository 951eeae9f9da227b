import DecisionTable
import Referral
import Testing

/// Small routings, written in a few lines.
enum SmallRouting {
    static let farsta = Area(municipality: "0180", district: "farsta")
    static let solna = Area(municipality: "0184")
    static let gotland = Area(municipality: "0980")
    static let everywhere = [farsta, solna, gotland]

    static let areas = [
        ListedArea(area: farsta, name: "Farsta"), ListedArea(area: solna, name: "Solna"), ListedArea(area: gotland, name: "Gotland"),
    ]

    static func period(_ first: String?, _ last: String? = nil) -> DatePeriod {
        DatePeriod(first: first.flatMap { CivilDate($0) }, last: last.flatMap { CivilDate($0) })
    }

    static func centre(
        _ id: String, _ areas: [Area] = everywhere, _ period: DatePeriod = .always, services: [Service] = [.support, .mediation],
        existence: DatePeriod = .always
    ) -> Organisation { organisation(id, .supportCentre, areas, services, period, existence) }

    static func jour(
        _ id: String, _ areas: [Area] = everywhere, _ period: DatePeriod = .always, existence: DatePeriod = .always
    ) -> Organisation { organisation(id, .brottsofferjour, areas, [.support], period, existence) }

    private static func organisation(
        _ id: String, _ kind: OrganisationKind, _ areas: [Area], _ services: [Service], _ period: DatePeriod, _ existence: DatePeriod
    ) -> Organisation {
        Organisation(
            id: OrganisationID(id), name: "The \(id)", kind: kind, existence: existence,
            units: [OrganisationUnit(id: UnitID("a"), name: "A")],
            catchment: areas.isEmpty ? [] : [Catchment(areas: areas, services: services, period: period)])
    }

    static func directory(_ organisations: [Organisation], areas: [ListedArea] = areas) throws -> Directory {
        let city = Organisation(
            id: OrganisationID("stad"), name: "Staden", kind: .coordinator, units: [OrganisationUnit(id: UnitID("s"), name: "S")])
        return try Directory(organisations: [city] + organisations, areas: areas)
    }

    static let role = (
        name: "role", type: "string", values: "\"victim\", \"witness\", \"relative of victim\", \"relative of offender\", \"professional\""
    )
    static let decidingAge = (name: "deciding age", type: "number", values: "")

    /// - Parameter rules: id, then a cell per column: inputs, then recipient, review reason and alternative; what is left out is empty.
    static func table(
        _ inputs: [(name: String, type: String, values: String)], policy: String = "UNIQUE", _ rules: [[String]]
    ) throws -> DecisionTable {
        func escaped(_ text: String) -> String { text.replacing("<", with: "&lt;") }
        let outputs = ["recipient", "review reason", "alternative"]
        let columns = inputs.map { input in
            let values = input.values.isEmpty ? "" : "<inputValues><text>\(input.values)</text></inputValues>"
            return "<input><inputExpression typeRef=\"\(input.type)\"><text>\(input.name)</text></inputExpression>\(values)</input>"
        }
        // The first in the list of output values wins where the policy is PRIORITY.
        let results = outputs.map { name in
            let values = "<outputValues><text>\"support centre\", \"brottsofferjour\", \"review\"</text></outputValues>"
            return "<output name=\"\(name)\" typeRef=\"string\">\(name == "recipient" ? values : "")</output>"
        }
        let rows = rules.map { rule in
            let cells = Array(rule.dropFirst()) + [String](repeating: "", count: inputs.count + outputs.count + 1 - rule.count)
            let entries = cells.enumerated().map { index, cell in
                let name = index < inputs.count ? "inputEntry" : "outputEntry"
                let quoted = index < inputs.count || cell.isEmpty ? cell : "\"\(cell)\""
                return "<\(name)><text>\(escaped(quoted))</text></\(name)>"
            }
            return "<rule id=\"\(rule[0])\">\(entries.joined())</rule>"
        }
        let xml = """
            <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="t" name="T">
            <decisionTable hitPolicy="\(policy)">\(columns.joined())\(results.joined())\(rows.joined())
            </decisionTable></decision></definitions>
            """
        return try #require(try DecisionModel(xml: Array(xml.utf8), file: "t.dmn").tables.first)
    }

    /// A rule for everybody under 22 and one for the others; an unknown age is reviewed.
    static let youngAndAdult = [
        ["young", "< 22", "support centre"], ["adult", ">= 22", "brottsofferjour"], ["unknown", "null", "review", "unknown-age"],
    ]

    static func support(_ rules: [[String]] = youngAndAdult) throws -> DecisionTable { try table([decidingAge], rules) }

    /// Mediation of the young; the others are reviewed.
    static func mediation() throws -> DecisionTable {
        try table(
            [("oldest offender age", "number", "")],
            [["mediation", "< 21", "support centre"], ["not", "null, >= 21", "review", "not-young"]])
    }

    static func ruleSet(
        _ number: Int = 1, _ validity: DatePeriod = period("2024-01-01"), support: DecisionTable? = nil, mediation: DecisionTable? = nil,
        accepted: [AcceptedFinding] = []
    ) throws -> RuleSet {
        try RuleSet(
            number: number, name: "R", validity: validity, support: support ?? Self.support(), mediation: mediation ?? Self.mediation(),
            accepted: accepted)
    }

    static func routing(
        _ organisations: [Organisation] = [centre("centrum"), jour("jouren")], areas: [ListedArea] = areas, rules: [RuleSet]? = nil
    ) throws -> Routing {
        try Routing(directory: try directory(organisations, areas: areas), ruleSets: try rules ?? [ruleSet()])
    }
}
