import Protobuf
import Recording
import Referral
import ReferralAPI
import TTRPC

/// What became of a played week: the answers by call, and from the exchange's log what no answer tells.
struct WeekOutcome {
    /// A case that was handed out.
    struct HandedOut {
        /// Sender, message and service.
        let `case`: String
        let recipient: String
        let availableAt: String
    }

    /// By call, in the order in which they came.
    private(set) var handedOut: [Int: [HandedOut]] = [:]
    /// For every return a case, and who became responsible for it.
    var returns: [String] { placements.returns }
    /// What `Return` was answered with.
    private(set) var phasesAfterReturn: Set<String> = []
    private var answers: [Int: JSONValue] = [:]
    private var items: [Int: [Int: JSONValue]] = [:]
    private var failures: [Int: RecordedStatus] = [:]
    private let placements: Placements

    init(answers recording: RecordingSource, log: [LogEntry]) async throws {
        placements = Placements(log)
        try await recording.forEachEntry(types: .contract) { entry in
            guard case .line(let line, _) = entry else { return }
            switch line.content {
            case .response(.body(let body)): add(body, to: line.method, line.call)
            case .status(let status) where status.code != .ok: failures[line.call] = status
            case .response, .request, .status, .end: break
            }
        }
    }

    private mutating func add(_ body: JSONValue, to method: MethodName, _ call: Int) {
        if let item: Int = body["item"]?.integer() {
            items[call, default: [:]][item] = body
        } else {
            answers[call] = body
        }
        for assignment in body.list("assignments") + [body["assignment"]].compactMap(\.self) {
            handedOut[call, default: []].append(
                HandedOut(
                    case: placements.name(of: assignment.text("assignmentId")), recipient: assignment["decision"]?.text("recipient") ?? "",
                    availableAt: assignment.text("availableAt")))
        }
        if method == .giveBack { phasesAfterReturn.insert(body.text("phase")) }
    }

    /// What the exchange answered where an entry of `answers` looks, as a line for comparing.
    func answer(to entry: JSONValue) -> String {
        let call = entry.int("call")
        var receipt = answers[call]
        var refusal: (code: Status.Code, faults: [JSONValue])?
        if let item: Int = entry["item"]?.integer() {
            receipt = items[call]?[item]?["receipt"]
            refusal = items[call]?[item]?["refusal"].map { (Status.Code(rawValue: $0["code"]?.integer() ?? 0), $0.list("faults")) }
        } else if let status = failures[call] {
            refusal = (status.code, status.details.flatMap { $0.list("faults") })
        }
        if let refusal {
            // An empty list of paths says only that there are faults.
            let isNamed = entry["faults"].map { !$0.elements.isEmpty } ?? true
            return Self.line(entry, ["\(refusal.code)"] + (isNamed ? refusal.faults.map { $0.text("path") }.sorted() : []))
        }
        guard let receipt else { return Self.line(entry, ["no answer"]) }
        let places = placements.first[receipt.text("referralId")] ?? []
        let answered = receipt.list("services").map { $0["reviewReason"]?.string ?? "offered" }
        let decided = places.map { $0.hasPrefix("review ") ? String($0.dropFirst("review ".count)) : "offered" }
        // The receipt says what the log says.
        let contradiction = answered == decided ? [] : ["the receipt says \(answered)"]
        return Self.line(
            entry,
            [receipt.text("outcome"), receipt.text("reason")]
                + zip(receipt.list("services").map { $0.text("service") }, places)
                .map { "\($0) \($1)" } + contradiction)
    }

    static func expectedAnswer(_ entry: JSONValue) -> String {
        if let status = entry["status"]?.string { return line(entry, [status] + entry.list("faults").compactMap(\.string).sorted()) }
        return line(
            entry,
            [entry.text("outcome"), entry.text("reason")]
                + entry.list("services").map { service in
                    "\(service.text("service")) \(service["recipient"]?.string ?? "review \(service.text("review"))")"
                })
    }

    /// A case in an entry of the expectations.
    static func name(_ entry: JSONValue) -> String { "\(entry.text("sender")) \(entry.text("messageId")) \(entry.text("service"))" }

    private static func line(_ entry: JSONValue, _ parts: [String]) -> String {
        "\(entry.text("sender")) \(entry.text("messageId")) call \(entry.int("call")).\(entry.int("item")): \(parts.joined(separator: ", "))"
    }
}

/// Who was responsible for what, from the log alone.
private struct Placements {
    /// By referral, one per service: the organisation, or `review` and the reason.
    private(set) var first: [String: [String]] = [:]
    private(set) var returns: [String] = []
    private var names: [AssignmentID: String] = [:]

    init(_ log: [LogEntry]) {
        var messages: [ReferralID: String] = [:]
        for entry in log {
            var isReturn = false
            for event in entry.events {
                switch event {
                case .submitted(let submitted): messages[entry.referral] = "\(submitted.sender) \(submitted.message)"
                case .routed(let id, let decision):
                    let service = decision.service == .support ? "SERVICE_SUPPORT" : "SERVICE_MEDIATION"
                    names[id] = "\(messages[entry.referral] ?? "") \(service)"
                case .returned: isReturn = true
                case .offered(let id, let recipient): place(id, of: entry.referral, at: "\(recipient)", isReturn)
                case .review(let id, let reason, _): place(id, of: entry.referral, at: "review \(reason)", isReturn)
                default: break
                }
            }
        }
    }

    private mutating func place(_ id: AssignmentID, of referral: ReferralID, at place: String, _ isReturn: Bool) {
        if isReturn {
            returns.append("\(names[id] ?? "") \(place)")
        } else {
            first[referral.rawValue, default: []].append(place)
        }
    }

    func name(of assignment: String) -> String { names[AssignmentID(assignment)] ?? "unknown \(assignment)" }
}
