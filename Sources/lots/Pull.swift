import ArgumentParser
import Protobuf
import ReferralAPI
import TTRPC

/// `lots pull`: fetches the organisation's cases.
struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fetch cases that wait for your organisation.",
        discussion: """
            A fetched case stays with you for the exchange's lease; acknowledge it within that time, or it is handed out again. The table
            shows what came; the whole case, with the person and how to reach them, is what --json writes. Once a case is acknowledged it is
            not handed out again, so --acknowledge goes with --json: each case is acknowledged after it is written.
            An exchange that restarts is waited for, up to --timeout, with --follow for as long as it takes. Cases of an answer that was
            lost on its way come again when their lease has ended.
            """)

    @Option(help: "How many at most. Default: 100, or with --follow any number.")
    var limit: Int?

    @Flag(help: "Go on: wait for further cases until stopped or --limit is reached.")
    var follow = false

    @Option(help: "Seconds to wait for the first case.")
    var wait = 0.0

    @Flag(help: "Acknowledge each case after it is written; goes with --json.")
    var acknowledge = false

    @OptionGroup var options: ConnectionOptions

    func validate() throws {
        guard limit ?? 1 >= 1 else { throw ValidationError("--limit: at least 1") }
        guard (0...60).contains(wait) else { throw ValidationError("--wait: 0 to 60 seconds") }
        guard options.json || !acknowledge else { throw ValidationError("--acknowledge goes with --json: a table does not keep the case") }
    }

    func run() async throws {
        try await options.connected(patience: .seconds(options.timeout)) { client in
            let caller = JSONClient(client)
            let limit = limit ?? (follow ? .max : 100)
            var table = RunningTable(
                ("ASSIGNMENT", 26), ("SERVICE", 9), ("FROM", 28), ("AVAILABLE", 24), ("ACKNOWLEDGE BEFORE", 24), ("WHY", 0))
            var count = 0
            while count < limit {
                let assignments = try await fetch(min(100, limit - count), wait: follow ? 30 : count == 0 ? wait : 0, caller)
                if assignments.isEmpty, !follow { break }
                count += assignments.count
                for assignment in assignments {
                    show(assignment, &table)
                    guard acknowledge, let id = assignment["assignmentId"] else { continue }
                    _ = try await persisting { try await caller.unary(.acknowledge, .object(["assignmentId": id]), options: options.call) }
                }
            }
            guard !options.json else { return }
            Console.line(count == 0 ? "nothing waits" : "\(count) fetched")
        }
    }

    private func fetch(_ limit: Int, wait: Double, _ caller: JSONClient) async throws -> [JSONValue] {
        try await persisting {
            let answer = try await caller.unary(
                .fetch, .object(["limit": .number(limit), "waitMilliseconds": .number(Int(wait * 1_000))]),
                options: CallOptions(timeout: .seconds(options.timeout + wait)))
            return Label.array(answer["assignments"])
        }
    }

    /// Calls again while the exchange is not there, at most for the time of a call, and with `--follow` for ever.
    private func persisting<R>(_ call: () async throws -> R) async throws -> R {
        let clock = ContinuousClock()
        let start = clock.now
        let backoff = Backoff()
        var failures = 0
        while true {
            do {
                return try await call()
            } catch let failure as CallFailure where failure.status.isPassing {
                failures += 1
                guard follow || clock.now < start + .seconds(options.timeout) else { throw failure }
                if failures == 1 { Console.error("lots: \(failure.status.message); trying again") }
                let pause = backoff.delay(afterFailures: failures, jitter: .random(in: 0.5..<1))
                try await Task.sleep(for: (failure.status.retryDelay ?? .zero) + pause)
            }
        }
    }

    private func show(_ assignment: JSONValue, _ table: inout RunningTable) {
        if options.json { return Console.json(assignment) }
        table.add(
            assignment["assignmentId"]?.string ?? "", Label.member(assignment["service"]?.string, without: "SERVICE_"),
            assignment["sender"]?.string ?? "", assignment["availableAt"]?.string ?? "", assignment["leasedUntil"]?.string ?? "",
            assignment["decision"]?["ruleText"]?.string ?? "")
    }
}

extension TTRPC.Status {
    /// Whether the same call may go well later.
    fileprivate var isPassing: Bool { code == .unavailable || retryDelay != nil }
}
