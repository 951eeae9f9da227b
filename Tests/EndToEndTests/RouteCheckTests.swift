import Foundation
import Protobuf
import TestSupport
import Testing

/// `lots route check` and `lotsd check` over files, without an exchange.
@Suite(.timeLimit(.minutes(6))) struct RouteCheckTests {
    private func check(_ installation: Installation, _ arguments: [String] = [], settings: String? = nil) async throws
        -> Program.Output
    {
        try await Program.run(Program.built("lots"), ["route", "check", "--config", settings ?? installation.settings] + arguments)
    }

    @Test func theShippedConfiguration() async throws {
        let installation = try await Installation.current
        let output = try await check(installation)
        #expect(output.end == .exit(0) && output.errors == "")
        #expect(output.text.hasPrefix("looked at 3 rule sets with ") && output.text.contains("by Exempla Samordnare: "))
        #expect(output.text.hasSuffix("17 findings, all accepted\n") && output.text.contains("\nproven: every role, age, area and service"))
        let daemon = try await Program.run(Program.built("lotsd"), ["check", "--config", installation.settings])
        #expect(daemon.text.hasSuffix(output.text), "the same by the same code")

        let json = try await check(installation, ["--json", "--from", "2023-07-01"])
        let message = try JSONValue(parsing: json.text)
        #expect(json.end == .exit(0) && message["complete"] == .bool(true))
        guard case .array(let findings)? = message["findings"]?.content else {
            Issue.record("\(json.text)")
            return
        }
        #expect(
            !findings.isEmpty
                && findings.allSatisfy { $0["ruleSet"] == .number(2) && $0["accepted"]?["by"] == .string("Exempla Samordnare") })
        #expect(findings.contains { $0["id"] == .string("unserved-area/mediation/0980") && $0["until"] == JSONValue(.null) })
    }

    @Test func whatIsNotAccepted() async throws {
        let installation = try await Installation.current
        let folder = FileManager.default.temporaryDirectory.appending(path: "lots-route-check-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let shipped = URL(filePath: installation.settings).deletingLastPathComponent()
        for name in ["lots.yaml", "directory.yaml", "routing.yaml", "routing"] {
            try FileManager.default.copyItem(at: shipped.appending(path: name), to: folder.appending(path: name))
        }
        let settings = folder.appending(path: "lots.yaml").path
        func replace(_ old: String, _ new: String, in name: String) throws {
            let file = folder.appending(path: name)
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.contains(old))
            try text.replacing(old, with: new).write(to: file, atomically: true, encoding: .utf8)
        }

        // A jour that no longer serves Farsta; and an acceptance with another id.
        try replace(
            "0180/enskede-arsta-vantor, 0180/farsta, 0180/hagersten-alvsjo, 0180/skarpnack, 0180/skarholmen]\n        services: [support]\n",
            "0180/enskede-arsta-vantor, 0180/hagersten-alvsjo, 0180/skarpnack, 0180/skarholmen]\n        services: [support]\n",
            in: "directory.yaml")
        try replace("unserved-area/mediation/0980", "unserved-area/mediation/0981", in: "routing.yaml")
        let output = try await check(installation, settings: settings)
        #expect(output.end == .exit(1))
        #expect(
            output.text.contains(
                """
                not accepted: rule set 2, support: a victim of 22 or older, not known to have a protected identity, living in Upplands Väsby, \
                Järfälla, Ekerö, Upplands-Bro, Sollentuna, Sundbyberg, Solna, Sigtuna and Farsta, from 2023-07-01: no brottsofferjour serves \
                the area (rule victim-over-21)
                """))
        #expect(output.text.contains("accepted in rule set 2 and not found (any more): unserved-area/mediation/0981"))
        #expect(
            output.text.contains(
                "\nnot accepted: rule set 2, mediation: a mediation with offenders living in Gotland, from 2023-07-01: nobody serves"))
        let daemon = try await Program.run(Program.built("lotsd"), ["check", "--config", settings])
        #expect(daemon.end == .exit(1) && daemon.text.hasSuffix(output.text))

        // Mistakes come first.
        try replace("by: Exempla Samordnare", "bye: Exempla Samordnare", in: "routing.yaml")
        let mistaken = try await check(installation, settings: settings)
        #expect(mistaken.end == .exit(78) && mistaken.text == "")
        #expect(
            mistaken.errors.contains("routing.yaml:17: rule_sets[0].accepted[0].bye: is not a setting; did you mean \"by\"?"),
            "\(mistaken.errors)")
        #expect(try await check(installation, ["--from", "2023-02-29"]).end == .exit(64))
    }
}
