import ArgumentParser
import Protobuf
import Recording
import ReferralAPI
import TTRPC

/// `lots summary`: who sent what, who received it, and what people have to decide, from a recorded stream.
struct Summary: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count a recorded message stream: who sent, who received, what went to review and why.")

    @Argument(help: "A recording with answers; see Tests/Streams/README.md.")
    var recording: String

    func run() async throws {
        do {
            var tally = Tally()
            try await RecordingSource(file: recording).forEachEntry(types: .contract) { entry in
                if case .line(let line, _) = entry { tally.add(line) }
            }
            tally.print()
        } catch {
            throw Failure.report(error)
        }
    }
}

extension RecordedTypes {
    /// The messages of the contract.
    static let contract = RecordedTypes(
        method: { name in
            MessageCatalogue.contract[name].map { .init(kind: $0.kind, request: $0.request, response: $0.response) }
        }, detail: { MessageCatalogue.contract.detail($0) })
}

/// What a recorded stream adds up to.
private struct Tally {
    private struct Sent {
        var messages = 0
        var accepted = 0
        var awaitingConsent = 0
        var consentRefused = 0
        var faulty = 0
    }

    private struct Received {
        var support = 0
        var mediation = 0
        var acknowledged = 0
        var accepted = 0
        var returned = 0
    }

    private struct Reason: Hashable {
        let service: String
        let reason: String
    }

    private var senders: [String: Sent] = [:]
    private var recipients: [String: Received] = [:]
    /// By referral, since a message that was sent twice has one receipt.
    private var reviews: [String: [Reason]] = [:]
    private var receipt: JSONValue?
    private var assignment: JSONValue?

    mutating func add(_ line: RecordedLine) {
        let caller = line.identity.split(separator: "/").suffix(2).joined(separator: "/")
        switch line.content {
        case .request where [.submit, .submitStream].contains(line.method): senders[caller, default: Sent()].messages += 1
        case .response(.body(let body)): add(response: body, to: line.method, of: caller)
        case .status(let status) where line.method == .submit && status.code != .ok: senders[caller, default: Sent()].faulty += 1
        default: break
        }
    }

    private mutating func add(response: JSONValue, to method: MethodName, of caller: String) {
        switch method {
        case .submit: add(receipt: response, of: caller)
        case .submitStream:
            if let receipt = response["receipt"] {
                add(receipt: receipt, of: caller)
            } else {
                senders[caller, default: Sent()].faulty += 1
            }
        case .fetch: for assignment in Label.array(response["assignments"]) { add(assignment: assignment, of: caller) }
        case .pull:
            if let assignment = response["assignment"] { add(assignment: assignment, of: caller) }
            if let result = response["acknowledged"], result["code"] == nil { recipients[caller, default: Received()].acknowledged += 1 }
        case .acknowledge: recipients[caller, default: Received()].acknowledged += 1
        case .accept: recipients[caller, default: Received()].accepted += 1
        case .giveBack: recipients[caller, default: Received()].returned += 1
        default: break
        }
    }

    private mutating func add(receipt: JSONValue, of caller: String) {
        switch receipt["outcome"]?.string {
        case "OUTCOME_ACCEPTED": senders[caller, default: Sent()].accepted += 1
        case "OUTCOME_AWAITING_CONSENT": senders[caller, default: Sent()].awaitingConsent += 1
        default: senders[caller, default: Sent()].consentRefused += 1
        }
        self.receipt = self.receipt ?? receipt
        reviews[receipt["referralId"]?.string ?? ""] = Label.array(receipt["services"]).compactMap { service in
            service["reviewReason"]?.string.map {
                Reason(service: Label.member(service["service"]?.string, without: "SERVICE_"), reason: $0)
            }
        }
    }

    private mutating func add(assignment: JSONValue, of caller: String) {
        if assignment["service"]?.string == "SERVICE_MEDIATION" {
            recipients[caller, default: Received()].mediation += 1
        } else {
            recipients[caller, default: Received()].support += 1
        }
        // The one to explain: a decision that has something to say, else the first.
        if self.assignment == nil || (self.assignment?["decision"]?["notes"] == nil && assignment["decision"]?["notes"] != nil) {
            self.assignment = assignment
        }
    }

    func print() {
        var sent = Table("SENDER", "MESSAGES", "ACCEPTED", "AWAITING CONSENT", "NO CONSENT", "FAULTY")
        for (sender, counts) in senders.sorted(by: { $0.key < $1.key }) {
            sent.add(
                sender, "\(counts.messages)", "\(counts.accepted)", "\(counts.awaitingConsent)", "\(counts.consentRefused)",
                "\(counts.faulty)")
        }
        show("Who sent what", sent)
        var received = Table("RECIPIENT", "SUPPORT", "MEDIATION", "ACKNOWLEDGED", "ACCEPTED", "RETURNED")
        for (recipient, counts) in recipients.sorted(by: { $0.key < $1.key }) {
            received.add(
                recipient, "\(counts.support)", "\(counts.mediation)", "\(counts.acknowledged)", "\(counts.accepted)", "\(counts.returned)")
        }
        show("Who received what", received)
        var review = Table("FOR THE COORDINATOR", "BECAUSE", "CASES")
        let counts = Dictionary(reviews.values.joined().map { ($0, 1) }, uniquingKeysWith: +)
        for (reason, count) in counts.sorted(by: { ($1.value, $0.key.reason) < ($0.value, $1.key.reason) }) {
            review.add(reason.service, reason.reason, "\(count)")
        }
        show("What people decide", review)
        if let receipt {
            Console.line("\nA receipt\n")
            Console.line(receipt.text(pretty: true))
        }
        if let decision = assignment?["decision"] {
            Console.line("\nA decision explained\n")
            for line in Explanation.lines(decision) { Console.line(line) }
        }
    }

    private func show(_ title: String, _ table: Table) {
        Console.line("\n\(title)\n")
        table.print()
    }
}
