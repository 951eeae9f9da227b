import Configuration
import Foundation
import Referral
import Testing

@Suite struct DirectoryAndRoutingFileTests {
    private static let directory = """
        organisations:
          - {id: stad, name: Staden, kind: coordinator, units: [{participant: stad/samordnare, name: S}]}
          - id: jouren
            name: Jouren
            kind: brottsofferjour
            units: [{participant: jouren/a, name: A}]
            catchment:
              - {areas: [0180/farsta], services: [support]}
        areas:
          - {code: 0180/farsta, name: Farsta}
        """

    private func directoryFaults(_ yaml: String) throws -> String {
        let folder = try TemporaryFolder(["directory.yaml": yaml])
        let error = #expect(throws: ConfigurationFaults.self) { try DirectoryFile.read(folder.path("directory.yaml")) }
        return folder.relative(error?.description ?? "")
    }

    @Test func formOfTheDirectory() throws {
        #expect(
            try directoryFaults(
                """
                organisations:
                  - {id: stad, name: Staden, kind: cordinator, units: [{participant: stad/samordnare, name: S}]}
                  - id: jouren
                    kind: brottsofferjour
                    from: 2004-02-30
                    units:
                      - {participant: jour/a, name: A}
                      - {participant: jouren, name: A}
                    catchment:
                      - areas: [farsta, 0180/farsta]
                        service: [support]
                areas:
                  - {code: 0180/Farsta, name: Farsta}
                  - 0184
                """) == """
                    directory.yaml:2: organisations[0].kind: none of police, school, social services, youth centre, health care, own request, \
                    brottsofferjour, support centre, coordinator, auditor; did you mean "coordinator"?
                    directory.yaml:3: organisations[1]: "name" is missing
                    directory.yaml:5: organisations[1].from: not a date: YYYY-MM-DD, a day that exists
                    directory.yaml:7: organisations[1].units[0].participant: must be organisation/unit, with the organisation's own id in front
                    directory.yaml:8: organisations[1].units[1].participant: must be organisation/unit, with the organisation's own id in front
                    directory.yaml:10: organisations[1].catchment[0].areas[0]: not an area: four digits, or four digits, a slash and a district \
                    in a-z, like 0180/farsta
                    directory.yaml:11: organisations[1].catchment[0].service: is not a setting; did you mean "services"?
                    directory.yaml:13: areas[0].code: not an area: four digits, or four digits, a slash and a district in a-z, like 0180/farsta
                    directory.yaml:14: areas[1]: must be a block of keys and values
                    """)
    }

    @Test func agreementsAndLanguages() throws {
        let yaml = Self.directory.replacing(
            "    catchment:",
            with: """
                    languages: [sv, prs]
                    agreements:
                      - {until: 2022-03-31, first_contact_within: 120h}
                      - from: 2022-04-01
                        first_contact_within: 3d
                        first_contact_warning: 48h
                        first_meeting_within: 10d
                        untaken_warning: 24h
                        call_attempts: 3
                        evening_attempts: 1
                    catchment:
                """)
        let folder = try TemporaryFolder(["directory.yaml": yaml])
        let jour = try #require(try DirectoryFile.read(folder.path("directory.yaml")).organisation(OrganisationID("jouren")))
        #expect(jour.languages == ["sv", "prs"])
        #expect(
            jour.agreements == [
                OrganisationAgreement(period: DatePeriod(first: nil, last: CivilDate("2022-03-31")), firstContactWithin: .hours(120)),
                OrganisationAgreement(
                    period: DatePeriod(first: CivilDate("2022-04-01"), last: nil), firstContactWithin: .days(3),
                    firstContactWarning: .hours(48),
                    firstMeetingWithin: .days(10), untakenWarning: .hours(24), callAttempts: 3, eveningAttempts: 1),
            ])
        let faults = try directoryFaults(
            yaml.replacing("120h", with: "3").replacing("10d", with: "2d").replacing("evening_attempts", with: "evening_attempt")
                .replacing("prs", with: "dari").replacing(
                    "- from: 2022", with: "- {from: 2024-01-01}\n      - until: 2023-12-31\n        from: 2022"))
        #expect(
            faults == """
                directory.yaml:7: organisations[1].languages[1]: must be a language like sv, prs or zh-Hant (BCP 47)
                directory.yaml:9: organisations[1].agreements[0].first_contact_within: not a time: whole hours or days, like 72h or 3d
                directory.yaml:10: organisations[1].agreements[1]: an agreement says at least one thing
                directory.yaml:15: organisations[1].agreements[2].first_meeting_within: the first meeting does not come before the first \
                contact
                directory.yaml:18: organisations[1].agreements[2].evening_attempt: is not a setting; did you mean "evening_attempts"?
                """, "\(faults)")
    }

    @Test func protectedReaders() throws {
        let yaml = Self.directory.replacing(
            "    catchment:",
            with: """
                    protected_readers:
                      - {unit: jouren/a, until: 2026-01-31}
                      - {unit: jouren/a, from: 2026-02-01}
                    catchment:
                """)
        let folder = try TemporaryFolder(["directory.yaml": yaml])
        let directory = try DirectoryFile.read(folder.path("directory.yaml"))
        let day = try #require(CivilDate("2026-02-01"))
        #expect(directory.readsProtected(Participant(organisation: OrganisationID("jouren"), unit: UnitID("a")), on: day))
        #expect(directory.withoutProtectedReader(on: day).map(\.id.rawValue) == ["stad"])
        let plain = try TemporaryFolder(["directory.yaml": Self.directory])
        let lines = try DirectoryFile.read(plain.path("directory.yaml")).protectedReaderLines(on: day)
        #expect(lines.count == 2 && lines[1].hasPrefix("jouren: has no protected_readers on 2026-02-01: cases"))
        #expect(
            try directoryFaults(yaml.replacing("a, until", with: "b, until").replacing("jouren/a, from", with: "stad/samordnare, from"))
                == """
                directory.yaml:9: organisations[1].protected_readers[1].unit: must be organisation/unit, with the organisation's own \
                id in front
                """)
        #expect(
            try directoryFaults(yaml.replacing("a, until", with: "b, until")) == """
                directory.yaml:8: organisations[1].protected_readers[0].unit: jouren/b is not among the units of the organisation
                """)
    }

    @Test func meaningOfTheDirectoryWithTheLineOfEachEntry() throws {
        #expect(
            try directoryFaults(
                """
                organisations:
                  - id: jouren
                    name: Jouren
                    kind: brottsofferjour
                    organisationsnummer: 802490-7721
                    units: [{participant: jouren/a, name: A}]
                    catchment:
                      - areas:
                          - 0180/farsta
                          - 0180/atlantis
                        services: [support]
                      - areas: [0180/farsta]
                        services: [support]
                        from: 2004-01-01
                        until: 2003-01-01
                areas:
                  - {code: 0180/farsta, name: Farsta}
                  - {code: 0180/farsta, name: Farsta igen}
                """) == """
                    directory.yaml:2: organisations: no organisation of kind coordinator: exactly one answers for the cases under review
                    directory.yaml:5: organisations[0].organisationsnummer: not an organisationsnummer: NNNNNN-NNNN, the third digit at least 2, \
                    with a valid check digit
                    directory.yaml:10: organisations[0].catchment[0].areas[1]: the area 0180/atlantis is not in the list of areas
                    directory.yaml:15: organisations[0].catchment[1].until: the last day lies before the first: 2004-01-01 to 2003-01-01
                    directory.yaml:18: areas[1].code: the area 0180/farsta is listed twice; an area has one entry with one period
                    """)
    }

    // MARK: Rule sets

    private static func dmn(inputs: [(String, String)], outputs: [String], rules: [(String, [String])]) -> String {
        let columns = inputs.map { "<input><inputExpression typeRef=\"\($0.1)\"><text>\($0.0)</text></inputExpression></input>" }
        let results = outputs.map { "<output name=\"\($0)\" typeRef=\"string\"/>" }
        let rows = rules.map { id, cells in
            let entries = cells.enumerated().map { index, cell in
                let name = index < inputs.count ? "inputEntry" : "outputEntry"
                return "<\(name)><text>\(cell)</text></\(name)>"
            }
            return "<rule id=\"\(id)\"><description>\(id)</description>\(entries.joined())</rule>"
        }
        return """
            <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
            <decision id="t" name="T"><decisionTable>
            \((columns + results + rows).joined(separator: "\n"))
            </decisionTable></decision></definitions>
            """
    }

    private static let support = dmn(
        inputs: [("role", "string")], outputs: ["recipient"], rules: [("all", ["-", "\"brottsofferjour\""])])
    private static let mediation = dmn(
        inputs: [("reported", "string")], outputs: ["recipient", "review reason"], rules: [("all", ["-", "\"review\"", "\"by-hand\""])])

    private func routingFaults(_ files: [String: String]) throws -> String {
        let folder = try TemporaryFolder(files)
        try folder.write(Self.directory, to: "directory.yaml")
        let directory = try DirectoryFile.read(folder.path("directory.yaml"))
        let error = #expect(throws: ConfigurationFaults.self) {
            try RoutingFile.read(folder.path("routing.yaml"), directory: directory)
        }
        return folder.relative(error?.description ?? "")
    }

    @Test func ruleSetsThatDoNotFitTogether() throws {
        #expect(
            try routingFaults([
                "support.dmn": Self.support, "mediation.dmn": Self.mediation,
                "routing.yaml": """
                rule_sets:
                  - {number: 1, name: A, valid_from: 2004-01-01, valid_until: 2004-12-31, support: support.dmn, mediation: mediation.dmn}
                  - {number: 1, name: B, valid_from: 2004-12-31, support: support.dmn, mediation: mediation.dmn}
                  - {number: 3, name: C, valid_from: 2003-12-31, valid_until: 2003-01-01, support: support.dmn, mediation: mediation.dmn}
                  - {number: 4, nam: D, valid_from: 2002-12-31, valid_until: 2003-01-01, support: nowhere.dmn, mediation: mediation.dmn}
                """,
            ]) == """
                routing.yaml:3: rule_sets[1]: the number 1 is given twice
                routing.yaml:3: rule_sets[1]: rule sets 1 A and 1 B apply on the same days: 2004-12-31 to 2004-12-31
                routing.yaml:4: rule_sets[2]: the last day lies before the first: 2003-12-31 to 2003-01-01
                routing.yaml:5: rule_sets[3]: "name" is missing
                routing.yaml:5: rule_sets[3].nam: is not a setting; did you mean "name"?
                nowhere.dmn: no such file
                """)
        #expect(try routingFaults(["routing.yaml": "rule_sets: []\n"]) == "routing.yaml:1: rule_sets: name at least one rule set")
    }

    @Test func acceptedFindings() throws {
        let files = [
            "support.dmn": Self.support, "mediation.dmn": Self.mediation, "directory.yaml": Self.directory,
            "routing.yaml": """
            rule_sets:
              - number: 1
                name: A
                valid_from: 2004-01-01
                support: support.dmn
                mediation: mediation.dmn
                accepted:
                  - {finding: idle-column/support/role, by: Sam, reason: more rules will come}
                  - {finding: no-rule-set/x, by: Sam, reason: "why: because"}
            """,
        ]
        let folder = try TemporaryFolder(files)
        let routing = try RoutingFile.read(
            folder.path("routing.yaml"), directory: try DirectoryFile.read(folder.path("directory.yaml")))
        #expect(
            routing.ruleSets.map(\.accepted) == [
                [
                    AcceptedFinding(finding: "idle-column/support/role", by: "Sam", reason: "more rules will come"),
                    AcceptedFinding(finding: "no-rule-set/x", by: "Sam", reason: "why: because"),
                ]
            ])
        let check = routing.check()
        #expect(check.accepted.map(\.finding.id) == ["idle-column/support/role"])
        #expect(check.unusedAcceptances.map(\.acceptance.finding) == ["no-rule-set/x"])

        let mistaken = files.merging([
            "routing.yaml": """
            rule_sets:
              - number: 1
                name: A
                valid_from: 2004-01-01
                support: support.dmn
                mediation: mediation.dmn
                accepted:
                  - {finding: a, by: Sam, reason: why}
                  - {finding: a, by: Sam, reason: why}
                  - {finding: b, by: "", because: why}
                  - c
            """
        ]) { $1 }
        #expect(
            try routingFaults(mistaken) == """
                routing.yaml:9: rule_sets[0].accepted[1].finding: is accepted twice
                routing.yaml:10: rule_sets[0].accepted[2].by: is empty
                routing.yaml:10: rule_sets[0].accepted[2]: "reason" is missing
                routing.yaml:10: rule_sets[0].accepted[2].because: is not a setting
                routing.yaml:11: rule_sets[0].accepted[3]: must be a block of keys and values
                """)
    }

    @Test func columnsAndEntriesThatMeanNothing() throws {
        let support = Self.dmn(
            inputs: [("role", "string"), ("deciding age", "string"), ("shoe size", "number"), ("oldest offender age", "number")],
            outputs: ["recipient", "alternative", "review reason", "note", "colour"],
            rules: [
                ("a", ["\"victm\"", "-", "-", "-", "\"support center\"", "", "", "", ""]),
                ("b", ["\"victim\"", "-", "-", "-", "\"review\"", "\"brottsofferjour\"", "", "\"Boundary Age\"", ""]),
                ("c", ["\"witness\"", "-", "-", "-", "\"brottsofferjour\"", "\"brottsofferjour\"", "\"why\"", "", ""]),
            ])
        let mediation = Self.dmn(
            inputs: [("reported", "string")], outputs: ["recipient"],
            rules: [("d", ["\"yes\"", "\"brottsofferjour\""]), ("e", ["\"no\"", ""])])
        let inputs = "role, deciding age, own age, victim age, exploited, protected identity, reported"
        #expect(
            try routingFaults([
                "support.dmn": support, "mediation.dmn": mediation,
                "routing.yaml":
                    "rule_sets: [{number: 1, name: A, valid_from: 2004-01-01, support: support.dmn, mediation: mediation.dmn}]\n",
            ]) == """
                support.dmn:4: column "deciding age": is of type string and has to be of type number
                support.dmn:5: column "shoe size": is no input of support; there are \(inputs)
                support.dmn:6: column "oldest offender age": is no input of support; there are \(inputs)
                support.dmn:11: column "colour": is no output of a routing table; there are recipient, review reason, alternative, note
                support.dmn:12: column "role", rule a: "victm" is never true: the values are victim, witness, relative of victim, relative of \
                offender, professional
                support.dmn:12: column "recipient", rule a: must be "brottsofferjour" or "support centre" or "review"
                support.dmn:13: column "alternative", rule b: a case under review has no alternative recipient
                support.dmn:13: column "review reason", rule b: a review needs a reason: a code like protected-identity
                support.dmn:13: column "note", rule b: must be a code of a-z, 0-9 and hyphens, like boundary-age
                support.dmn:14: column "review reason", rule c: only a review has a reason
                support.dmn:14: column "alternative", rule c: is the same as the recipient
                mediation.dmn:5: column "recipient", rule d: must be "support centre" or "review"
                mediation.dmn:6: column "recipient", rule e: must be "support centre" or "review"
                """)
    }

    @Test func aTableThatIsNone() throws {
        let text = try routingFaults([
            "support.dmn": "<definitions/>", "mediation.dmn": Self.mediation,
            "routing.yaml": "rule_sets: [{number: 1, name: A, valid_from: 2004-01-01, support: support.dmn, mediation: mediation.dmn}]\n",
        ])
        #expect(text.hasPrefix("support.dmn:1: "))
    }

    /// One reading tells what is wrong in settings, directory, rule sets and tables together.
    @Test func allFilesAtOnce() throws {
        let folder = try TemporaryFolder([
            "lots.yaml": """
            tls: {certificate: a.crt, key: a.key, client_authorities: ca.crt}
            database: {path: lots.sqlite}
            directory: directory.yaml
            routing: routing.yaml
            digest_key: digest.key
            lease: never
            """,
            "directory.yaml": Self.directory.replacing("[support]", with: "[suport]"),
            "routing.yaml": "rule_sets: [{number: 0, name: A, valid_from: 2004-01-01, support: support.dmn, mediation: mediation.dmn}]\n",
            "support.dmn": "no XML", "mediation.dmn": Self.mediation,
        ])
        let error = #expect(throws: ConfigurationFaults.self) { try DaemonConfiguration.readAll(file: folder.path("lots.yaml")) }
        let lines = folder.relative(error?.description ?? "").split(separator: "\n")
        #expect(lines.count >= 4)
        #expect(lines.first == "lots.yaml:6: lease: not a duration: a whole number with its unit ms, s, m, h or d, like 30s")
        #expect(
            lines.contains(
                "directory.yaml:8: organisations[1].catchment[0].services[0]: none of support, mediation; did you mean \"support\"?"))
        #expect(lines.contains("routing.yaml:1: rule_sets[0].number: 0 is out of range: 1 to 1000000"))
        #expect(lines.contains { $0.hasPrefix("support.dmn:") })
    }
}
