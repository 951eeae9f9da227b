import ArgumentParser
import Foundation
import Protobuf
import ReferralAPI
import TTRPC

struct Route: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask where referrals go, and why; see, publish and roll back what decides it.",
        subcommands: [
            Explain.self, RouteCheck.self, Simulate.self, RouteVersions.self, RouteVersion.self, RoutePublish.self,
            RouteRollback.self,
        ])

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Route one referral without storing it, and explain the decision.",
            discussion: "The input is a message as for `lots submit`, or the referral alone.")

        @Argument(help: "A file, or - for standard input.") var input: String
        @Option(help: "Route as on this day, YYYY-MM-DD.") var date: String?
        @Option(help: "An organisation of the directory: say why the case does not go there.") var whyNot: String?
        @OptionGroup var options: ConnectionOptions

        func run() async throws {
            try await options.connected { client in
                let caller = JSONClient(client)
                var lines = try LineReader(path: input)
                guard let first = try await lines.next() else {
                    throw JSONFaults([JSONFault(position: .none, path: "", rule: "the input is empty")])
                }
                let message = try JSONValue(parsing: try await lines.rest(after: first), firstLine: first.number)
                let answer = try await caller.unary(
                    .preview,
                    .object([
                        "referral": message["referral"] ?? message, "asOf": .string(date ?? ""), "whyNot": .string(whyNot ?? ""),
                    ]), options: options.call)
                options.json ? Console.json(answer) : show(answer)
            }
        }

        private func show(_ answer: JSONValue) {
            let decisions = Label.array(answer["decisions"])
            if decisions.isEmpty { Console.line(Label.outcome(answer)) }
            for line in decisions.flatMap(Explanation.lines) { Console.line(line) }
            for exclusion in Label.array(answer["whyNot"]) {
                let service = Label.member(exclusion["service"]?.string, without: "SERVICE_")
                Console.line("\(service) does not go to \(whyNot ?? ""): \(exclusion["text"]?.string ?? "")")
            }
        }
    }
}

/// A routing decision in words.
enum Explanation {
    static func lines(_ decision: JSONValue) -> [String] {
        let service = Label.member(decision["service"]?.string, without: "SERVICE_")
        let outcome =
            decision["recipient"]?.string.map { "goes to \($0)" }
            ?? "is decided by the coordinator: \(decision["review"]?.string ?? "")"
        let day = decision["asOf"]?.string ?? ""
        var lines = ["\(service) \(outcome)"]
        if let ruleSet = decision["ruleSet"]?.string {
            let rule = decision["ruleId"]?.string.map { ", rule \($0)" } ?? ", no rule"
            lines.append("  rules of \(ruleSet)\(rule), as of \(day)")
        }
        if let text = decision["ruleText"]?.string { lines.append("  \(text)") }
        for input in Label.array(decision["inputs"]) {
            let origin = input["origin"]?.string.map { " (\($0))" } ?? ""
            lines.append("  \(input["name"]?.string ?? ""): \(input["value"]?.string ?? "unknown")\(origin)")
        }
        let notes = Label.array(decision["notes"]).compactMap(\.string)
        if !notes.isEmpty { lines.append("  note: \(notes.joined(separator: ", "))") }
        let agesOn = decision["agesOn"]?.string
        if let agesOn, agesOn != day { lines.append("  ages as of \(agesOn)") }
        return lines + otherwise(decision)
    }

    private static func otherwise(_ decision: JSONValue) -> [String] {
        let inputs = Dictionary(
            Label.array(decision["inputs"]).map { ($0["name"]?.string ?? "", $0["value"]?.string) }, uniquingKeysWith: { first, _ in first }
        )
        return Label.array(decision["otherwise"]).map { alternative in
            let input = alternative["input"]?.string ?? ""
            // A table need not ask for the age that its deciding age came from.
            let used = (inputs[input] ?? (input.hasSuffix("age") ? inputs["deciding age"] : nil)).map { " instead of \($0 ?? "unknown")" }
            let outcome = alternative["recipient"]?.string ?? "the coordinator, \(alternative["review"]?.string ?? "")"
            let rule = alternative["ruleId"]?.string.map { ", rule \($0)" } ?? ""
            let isBoundary = if case .bool(true)? = alternative["boundary"]?.content { true } else { false }
            let start = isBoundary ? "boundary case, otherwise" : "otherwise"
            return "  \(start) with \(input) \(alternative["value"]?.string ?? "")\(used ?? ""): \(outcome)\(rule)"
        }
    }
}
