import ArgumentParser
import Foundation
import Protobuf
import ReferralAPI
import TTRPC

struct Route: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask where referrals go, and why; see, publish and roll back what decides it.",
        subcommands: [
            Explain.self, RouteCheck.self, RouteVersions.self, RouteVersion.self, RoutePublish.self, RouteRollback.self,
        ])

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Route one referral without storing it, and explain the decision.",
            discussion: "The input is a message as for `lots submit`, or the referral alone.")

        @Argument(help: "A file, or - for standard input.") var input: String
        @Option(help: "Route as on this day, YYYY-MM-DD.") var date: String?
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
                    .preview, .object(["referral": message["referral"] ?? message, "asOf": .string(date ?? "")]), options: options.call)
                options.json ? Console.json(answer) : show(answer)
            }
        }

        private func show(_ answer: JSONValue) {
            let decisions = Label.array(answer["decisions"])
            if decisions.isEmpty { Console.line(Label.outcome(answer)) }
            for line in decisions.flatMap(Explanation.lines) { Console.line(line) }
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
        return lines
    }
}
