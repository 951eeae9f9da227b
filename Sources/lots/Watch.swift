import ArgumentParser
import Protobuf
import ReferralAPI
import TTRPC

/// `lots watch`: every change as it comes.
struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow what happens: to your referrals, to your cases, or to what the coordinator has to know.",
        discussion: """
            Goes on until it is stopped; a lost connection is made again, and nothing is lost or told twice. Each line begins with its \
            place: give the last one that you have dealt with as --after next time. With --json each line is a message of the contract.
            """)

    enum Subject: String, CaseIterable, ExpressibleByArgument {
        case referrals, cases, review

        var method: MethodName {
            switch self {
            case .referrals: .watchStatus
            case .cases: .watchCases
            case .review: .coordinatorWatch
            }
        }
    }

    @Argument(help: "referrals: for senders; cases: for those who help; review: for the coordinator.") var subject: Subject
    @Option(help: "The place of the last change that you have dealt with; 0: from the beginning.") var after = 0
    @Option(help: "The revision of the last alarm or notice that you have dealt with.") var afterAlarm = 0
    @Flag(help: "End when everything that has happened until now is told.") var untilCaughtUp = false
    @OptionGroup var options: ConnectionOptions

    func validate() throws {
        guard after >= 0, afterAlarm >= 0 else { throw ValidationError("--after and --after-alarm: at least 0") }
    }

    func run() async throws {
        try await options.connected(patience: .seconds(options.timeout)) { client in
            var place = (change: after, alarm: afterAlarm)
            let backoff = Backoff()
            var failures = 0
            while true {
                do {
                    if try await follow(client, &place, failures: &failures) { return }
                    throw CallFailure(TTRPC.Status(.unavailable, "the exchange has ended the watch"))
                } catch let failure as CallFailure where failure.status.code == .unavailable || failure.status.retryDelay != nil {
                    failures += 1
                    if failures == 1 { Console.error("lots: \(failure.status.message); watching again") }
                    try await Task.sleep(
                        for: (failure.status.retryDelay ?? .zero) + backoff.delay(afterFailures: failures, jitter: .random(in: 0.5..<1)))
                }
            }
        }
    }

    /// One stream, to its end.
    /// - Parameter failures: how many streams in a row have told nothing.
    /// - Returns: whether all that was asked for is told.
    private func follow(_ client: Client, _ place: inout (change: Int, alarm: Int), failures: inout Int) async throws -> Bool {
        let request = JSONValue.object(["after": .number(place.change), "afterAlarm": .number(place.alarm)])
        return try await JSONClient(client).serverStreaming(subject.method, request) { events in
            for try await event in events {
                failures = 0
                let isCaughtUp = event["caughtUp"] != nil
                if let caughtUp = event["caughtUp"] {
                    place = (Self.number(caughtUp["after"]) ?? place.change, Self.number(caughtUp["afterAlarm"]) ?? place.alarm)
                }
                if let change = event["change"] { place.change = Self.number(change["sequence"]) ?? place.change }
                if let alarm = event["alarm"] ?? event["notice"] { place.alarm = Self.number(alarm["revision"]) ?? place.alarm }
                show(event)
                if isCaughtUp, untilCaughtUp { return true }
            }
            return false
        }
    }

    private func show(_ event: JSONValue) {
        if options.json { return Console.json(event) }
        if let alarm = event["alarm"] {
            let state = Label.member(alarm["state"]?.string, without: "ALARM_STATE_")
            return Console.line(
                "alarm \(alarm["revision"]?.string ?? "")  \(alarm["at"]?.string ?? "")  \(state)  \(alarm["text"]?.string ?? "")")
        }
        if let notice = event["notice"] { return Console.line(NoticeText.line(notice)) }
        guard let change = event["change"] else { return }
        let head = "\(change["sequence"]?.string ?? "")  \(change["at"]?.string ?? "")"
        if let status = change["status"] {
            let services = StatusText.services(status).joined(separator: "; ")
            return Console.line("\(head)  \(status["referralId"]?.string ?? "")  \(Label.outcome(status))  \(services)")
        }
        let what = Label.array(change["what"]).compactMap(\.string).joined(separator: ", ")
        let state = change["state"].map { "\(CaseText.phase($0)), \($0["owner"]?.string ?? "")" } ?? "no longer yours"
        Console.line("\(head)  \(change["assignmentId"]?.string ?? "")  \(what)  [\(state)]")
    }

    /// 64-bit numbers are texts in JSON.
    private static func number(_ value: JSONValue?) -> Int? { value?.integer() }
}
