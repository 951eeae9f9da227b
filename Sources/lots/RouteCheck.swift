import ArgumentParser
import Configuration
import Foundation
import Protobuf
import Referral

struct RouteCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Prove that the rules and the directory leave nobody out, without an exchange.",
        discussion: """
            Looks at every role, age, area and service on every day of every rule set: who has no rule or several, whom nobody serves, which \
            rules and organisations are never reached. A finding is accepted by its id under `accepted` of its rule set, with a name and a \
            reason. Exit codes: 0 every finding is accepted; 1 one is not; 78 there are mistakes in the files.
            """)

    @Option(help: "The settings that name the directory and the rule sets; see config/lots.yaml.") var config = "lots.yaml"
    @Option(help: "Leave out what ends before this day, YYYY-MM-DD.") var from: String?
    @Flag(help: "The result as JSON on one line.") var json = false

    func run() throws {
        let first = try from.map { text in
            guard let day = CivilDate(text) else { throw ValidationError("--from \(text): not a date YYYY-MM-DD") }
            return day
        }
        let routing: Routing
        do {
            routing = try DaemonConfiguration.readAll(file: config, environment: ProcessInfo.processInfo.environment).policy.routing
        } catch {
            throw Failure.report(error)
        }
        let check = routing.check(from: first)
        let today = CivilDate(inStockholmAt: Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)))
        if json {
            Console.json(check.message(withoutReaders: routing.directory(on: today).withoutProtectedReader(on: today).map(\.id)))
        } else {
            for line in check.lines + routing.directory(on: today).protectedReaderLines(on: today) { Console.line(line) }
        }
        guard check.unaccepted.isEmpty else { throw ExitCode(1) }
    }
}

extension RoutingCheck {
    fileprivate func message(withoutReaders: [OrganisationID]) -> JSONValue {
        let acceptances = Dictionary(accepted.map { ($0.finding, $0.acceptance) }) { first, _ in first }
        return .object([
            "complete": .bool(isComplete),
            "withoutProtectedReaders": .array(withoutReaders.map { .string($0.rawValue) }),
            "findings": .array(findings.map { $0.message(acceptances[$0]) }),
            "unusedAcceptances": .array(
                unusedAcceptances.map { .object(["ruleSet": .number($0.ruleSet), "finding": .string($0.acceptance.finding)]) }),
            "extent": .object([
                "ruleSets": .number(extent.ruleSets), "rules": .number(extent.rules), "decidingRules": .number(extent.decidingRules),
                "spans": .number(extent.spans), "areas": .number(extent.areas), "recipients": .number(extent.recipients),
                "ways": .number(extent.ways), "firstChoices": .number(extent.firstChoices), "alternatives": .number(extent.alternatives),
            ]),
        ])
    }
}

extension RoutingFinding {
    fileprivate func message(_ acceptance: AcceptedFinding?) -> JSONValue {
        func day(_ date: CivilDate?) -> JSONValue { date.map { .string($0.description) } ?? JSONValue(.null) }
        return .object([
            "id": .string(id), "kind": .string(kind.rawValue), "ruleSet": .number(ruleSet),
            "service": service.map { .string($0.rawValue) } ?? JSONValue(.null), "from": day(days.first), "until": day(days.last),
            "rules": .array(rules.map { .string($0) }), "areas": .array(areas.map { .string($0.description) }), "text": .string(text),
            "accepted": acceptance.map { .object(["by": .string($0.by), "reason": .string($0.reason)]) } ?? JSONValue(.null),
        ])
    }
}
