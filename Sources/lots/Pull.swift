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
            """)

    @Option(help: "How many at most.")
    var limit = 100

    @Option(help: "Seconds to wait for the first case.")
    var wait = 0.0

    @Flag(help: "Acknowledge each case after it is written; goes with --json.")
    var acknowledge = false

    @OptionGroup var options: ConnectionOptions

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit: at least 1") }
        guard (0...60).contains(wait) else { throw ValidationError("--wait: 0 to 60 seconds") }
        guard options.json || !acknowledge else { throw ValidationError("--acknowledge goes with --json: a table does not keep the case") }
    }

    func run() async throws {
        try await options.connected { client in
            let caller = JSONClient(client)
            var table = Table("ASSIGNMENT", "SERVICE", "FROM", "AVAILABLE", "ACKNOWLEDGE BEFORE", "WHY")
            var count = 0
            while count < limit {
                let answer = try await caller.unary(
                    .fetch,
                    .object([
                        "limit": .number(min(100, limit - count)), "waitMilliseconds": .number(count == 0 ? Int(wait * 1_000) : 0),
                    ]), options: CallOptions(timeout: .seconds(options.timeout + wait)))
                let assignments = Label.array(answer["assignments"])
                if assignments.isEmpty { break }
                count += assignments.count
                for assignment in assignments {
                    let id = assignment["assignmentId"]?.string ?? ""
                    if options.json {
                        Console.json(assignment)
                    } else {
                        table.add(
                            id, Label.member(assignment["service"]?.string, without: "SERVICE_"), assignment["sender"]?.string ?? "",
                            assignment["availableAt"]?.string ?? "", assignment["leasedUntil"]?.string ?? "",
                            assignment["decision"]?["ruleText"]?.string ?? "")
                    }
                    if acknowledge {
                        _ = try await caller.unary(.acknowledge, .object(["assignmentId": .string(id)]), options: options.call)
                    }
                }
            }
            guard !options.json else { return }
            table.print()
            Console.line(count == 0 ? "nothing waits" : "\(count) fetched")
        }
    }
}
