import Foundation

/// Rules that ask for one age each and a directory of two areas, for tests that check a configuration again and again. Participants are
/// called as in the example, so that its certificates fit.
enum SmallConfiguration {
    static let directory = """
        organisations:
          - id: polisen-stockholm
            name: Polisen
            kind: police
            units:
              - {participant: polisen-stockholm/vasterort, name: Västerort}
              - {participant: polisen-stockholm/city, name: City}
          - id: bojen-vasterort
            name: Jouren
            kind: brottsofferjour
            units:
              - {participant: bojen-vasterort/stodsamordning, name: Stödsamordning}
            catchment:
              - {areas: [0180/hasselby-vallingby], services: [support]}
          - id: stodcentrum-vasterort
            name: Stödcentrum
            kind: support centre
            units:
              - {participant: stodcentrum-vasterort/vallingby, name: Vällingby}
            catchment:
              - {areas: [0180/hasselby-vallingby, "0123"], services: [support, mediation]}
          - id: stockholms-stad
            name: Stockholms stad
            kind: coordinator
            units:
              - {participant: stockholms-stad/samordnare, name: Samordnare}
          - id: stadsrevisionen
            name: Stadsrevisionen
            kind: auditor
            units:
              - {participant: stadsrevisionen/revisor, name: Revisor}
        areas:
          - {code: 0180/hasselby-vallingby, name: Hässelby-Vällingby}
          - {code: "0123", name: Järfälla}

        """

    static let routing = """
        rule_sets:
          - number: 1
            name: Small 2004
            valid_from: 2004-01-01
            valid_until: 2004-12-31
            support: routing/support.dmn
            mediation: routing/mediation.dmn
          - number: 2
            name: Small 2023
            valid_from: 2023-07-01
            support: routing/support.dmn
            mediation: routing/mediation.dmn

        """

    /// Nobody in Järfälla takes somebody who is 18: a finding.
    static let support = table(
        "Support small", input: "deciding age", outputs: ["recipient", "review reason", "alternative"],
        rules: [
            ("victim-under-10", ["&lt; 10", "\"review\"", "\"under-10\"", ""]),
            ("victim-10-to-17", ["[10..17]", "\"support centre\"", "", "\"brottsofferjour\""]),
            ("victim-over-17", ["&gt; 17", "\"brottsofferjour\"", "", ""]),
            ("victim-unknown-age", ["null", "\"review\"", "\"unknown-age\"", ""]),
        ])

    static let mediation = table(
        "Mediation small", input: "youngest offender age", outputs: ["recipient", "review reason"],
        rules: [
            ("young", ["&lt; 21", "\"support centre\"", ""]), ("older", ["&gt;= 21", "\"review\"", "\"too-old\""]),
            ("unknown", ["null", "\"review\"", "\"unknown-age\""]),
        ])

    /// Writes all files but the settings, as they lie in `config`.
    static func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder.appending(path: "routing"), withIntermediateDirectories: true)
        for (name, text) in [
            ("directory.yaml", directory), ("routing.yaml", routing), ("routing/support.dmn", support),
            ("routing/mediation.dmn", mediation),
        ] { try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8) }
    }

    private static func table(_ name: String, input: String, outputs: [String], rules: [(id: String, cells: [String])]) -> String {
        let values = "<outputValues><text>\"support centre\", \"brottsofferjour\", \"review\"</text></outputValues>"
        let columns = outputs.map { "<output name=\"\($0)\" typeRef=\"string\">\($0 == "recipient" ? values : "")</output>" }
        let rows = rules.map { rule in
            let outputs = rule.cells.dropFirst().enumerated().map { index, cell in
                "<outputEntry id=\"\(rule.id)-out-\(index + 1)\"><text>\(cell)</text></outputEntry>"
            }
            return """
                <rule id="\(rule.id)">
                <inputEntry id="\(rule.id)-in-1"><text>\(rule.cells[0])</text></inputEntry>
                \(outputs.joined(separator: "\n"))
                </rule>
                """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="definitions" name="\(name)" namespace="https://lots.example/small">
            <decision id="decision" name="\(name)">
            <decisionTable id="table" hitPolicy="UNIQUE">
            <input id="input">
            <inputExpression id="expression" typeRef="number"><text>\(input)</text></inputExpression>
            <inputValues id="values"><text>null, [0..130]</text></inputValues>
            </input>
            \((columns + rows).joined(separator: "\n"))
            </decisionTable>
            </decision>
            </definitions>
            """
    }
}
