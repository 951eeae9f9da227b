import Protobuf
import Recording
import TTRPC

/// The answers of a recording, by call.
struct WeekAnswers {
    /// What became of one submission, or the code that refused it, as a line for comparing.
    typealias Verdict = String

    struct HandedOut {
        let sender: String
        let service: String
        let recipient: String
    }

    private(set) var unary: [Int: JSONValue] = [:]
    private(set) var assignments: [Int: [HandedOut]] = [:]
    private var failures: [Int: RecordedStatus] = [:]
    private var items: [Int: [Int: JSONValue]] = [:]

    init(_ recording: RecordingSource) async throws {
        try await recording.forEachEntry(types: .lots) { entry in
            guard case .line(let line, _) = entry else { return }
            switch line.content {
            case .response(.body(let body)):
                if let item: Int = body["item"]?.integer() {
                    items[line.call, default: [:]][item] = body
                } else {
                    unary[line.call] = body
                }
                for assignment in (body["assignments"]?.elements ?? []) + [body["assignment"]].compactMap(\.self) {
                    let recipient = assignment["decision"]?.text("recipient")
                    assignments[line.call, default: []].append(
                        HandedOut(
                            sender: assignment.text("sender") ?? "", service: assignment.text("service") ?? "", recipient: recipient ?? ""))
                }
            case .status(let status) where status.code != .ok: failures[line.call] = status
            case .response, .request, .status, .end: break
            }
        }
    }

    /// What the exchange answered where an entry of `week-expected.json` looks.
    func verdict(on entry: JSONValue) -> Verdict {
        let call: Int = entry["call"]?.integer() ?? 0
        var receipt = unary[call]
        var refusal: (code: Status.Code, faults: [JSONValue])?
        if let item: Int = entry["item"]?.integer() {
            receipt = items[call]?[item]?["receipt"]
            refusal = items[call]?[item]?["refusal"].map { refusal in
                (Status.Code(rawValue: refusal["code"]?.integer() ?? 0), refusal["faults"]?.elements ?? [])
            }
        } else if let status = failures[call] {
            refusal = (status.code, status.details.flatMap { $0["faults"]?.elements ?? [] })
        }
        if let refusal {
            // An empty list of paths says only that there are faults.
            let isNamed = entry["faults"].map { !$0.elements.isEmpty } ?? true
            return Self.line(call, entry, ["\(refusal.code)"] + (isNamed ? refusal.faults.compactMap { $0.text("path") }.sorted() : []))
        }
        guard let receipt else { return Self.line(call, entry, ["no answer"]) }
        let services = receipt["services"]?.elements ?? []
        return Self.line(
            call, entry,
            [receipt.text("outcome") ?? "", receipt.text("reason") ?? ""]
                + services.map { "\($0.text("service") ?? "") \($0.text("reviewReason") ?? "offered")" })
    }

    static func wanted(_ entry: JSONValue) -> Verdict {
        let call: Int = entry["call"]?.integer() ?? 0
        if let status = entry.text("status") {
            return line(call, entry, [status] + (entry["faults"]?.elements.compactMap(\.string).sorted() ?? []))
        }
        let services = entry["services"]?.elements ?? []
        return line(
            call, entry,
            [entry.text("outcome") ?? "", entry.text("reason") ?? ""]
                + services.map { "\($0.text("service") ?? "") \($0.text("review") ?? "offered")" })
    }

    private static func line(_ call: Int, _ entry: JSONValue, _ parts: [String]) -> Verdict {
        "\(entry.text("sender") ?? "") \(entry.text("messageId") ?? "") call \(call): \(parts.joined(separator: ", "))"
    }
}
