import ArgumentParser
import Protobuf
import ReferralAPI
import Synchronization
import TTRPC

/// `lots submit`: sends referrals, pipelined, and prints a receipt or a refusal for each.
struct Submit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send referrals.",
        discussion: """
            The input is one JSON object {"messageId": …, "referral": {…}}, or one such object a line. A line that is not a message is
            named with its place and left out; the others are sent. What has no answer when the connection is lost is sent again. The
            exit code is that of the gravest refusal: 70 before 77, 65, 69 and 75.
            """)

    @Argument(help: "A file, or - for standard input.")
    var input: String

    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        let report = SubmissionReport(json: options.json)
        // No time limit for all of it: it lasts as long as the input. An exchange that restarts is waited for.
        try await options.connected(patience: .seconds(options.timeout)) { client in
            let source = SubmissionSource(path: input) { report.refuse($0, $1) }
            do {
                try await JSONClient(client).submitAll(source) { reason, count in
                    Console.clearProgress()
                    Console.error("lots: \(reason.message); sending \(count) messages again that have no answer")
                } answered: { line, result in
                    report.show(result, place: "\(source.path == "-" ? "standard input" : source.path):\(line)")
                }
            } catch {
                report.finish()
                throw error
            }
            report.finish()
        }
        if let code = report.exitCode { throw code }
    }
}

/// Shows the outcome of each message as it comes, and counts.
private final class SubmissionReport: Sendable {
    private struct State {
        var taken = 0
        var refused = 0
        /// For now only: the exchange could not store them.
        var notTaken = 0
        var codes: Set<Int32> = []
        var table = RunningTable(("MESSAGE", 36), ("REFERRAL", 26), ("OUTCOME", 16), ("SERVICES", 0))
    }

    private let json: Bool
    private let state = Mutex(State())

    init(json: Bool) {
        self.json = json
    }

    /// That of the gravest refusal; nil when nothing was refused.
    var exitCode: ExitCode? {
        Failure.gravest(state.withLock(\.codes).map { ExitCode($0) })
    }

    /// A place in the input that holds no message.
    func refuse(_ input: String, _ faults: JSONFaults) {
        count(refusal: Failure.dataError)
        Console.clearProgress()
        for fault in faults.faults { Console.error("\(input):\(fault)") }
    }

    func show(_ result: JSONValue, place: String) {
        if let receipt = result["receipt"] {
            state.withLock { state in
                state.taken += 1
                guard !json else { return }
                state.table.add(
                    receipt["messageId"]?.string ?? "", receipt["referralId"]?.string ?? "", Label.outcome(receipt), Label.services(receipt)
                )
            }
        } else {
            let code = result["refusal"]?["code"]?.integer(as: Int32.self) ?? TTRPC.Status.Code.unknown.rawValue
            let exitCode = Failure.code(for: TTRPC.Status.Code(rawValue: code))
            count(refusal: exitCode)
            show(refusal: result, place: place, isForNow: Failure.mayBeSentAgain(exitCode))
        }
        if json { Console.json(result) }
        showProgress()
    }

    private func count(refusal code: ExitCode) {
        state.withLock { state in
            if Failure.mayBeSentAgain(code) { state.notTaken += 1 } else { state.refused += 1 }
            state.codes.insert(code.rawValue)
        }
    }

    private func show(refusal result: JSONValue, place: String, isForNow: Bool) {
        let id = result["messageId"]?.string ?? "without a readable id"
        // Every fault, a line each, so that a long list is not cut.
        let faults = Label.array(result["refusal"]?["faults"]).map { "\($0["path"]?.string ?? ""): \($0["rule"]?.string ?? "")" }
        Console.clearProgress()
        for reason in faults.isEmpty ? [result["refusal"]?["message"]?.string ?? ""] : faults {
            Console.error("\(place): message \(id) was \(isForNow ? "not taken, send it again" : "refused"): \(reason)")
        }
    }

    private var counts: String {
        state.withLock {
            "\($0.taken) taken, \($0.refused) refused" + ($0.notTaken > 0 ? ", \($0.notTaken) not taken: send them again" : "")
        }
    }

    private func showProgress() { Console.progress(counts) }

    func finish() {
        Console.clearProgress()
        if !json { Console.line(counts) }
    }
}
