import ArgumentParser
import Foundation
import Protobuf
import Referral
import ReferralAPI
import TTRPC

/// `lots case`: what an organisation does with its cases after it has accepted them.
struct Case: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work on your organisation's cases.",
        discussion: """
            Every command that changes a case has an id. A new one is shown before the call: should you not learn what became of the command,
            give it again with the same --command-id, and --at where it has a time, and nothing is done twice.
            """,
        subcommands: [
            List.self, Show.self, Attempt.self, Contact.self, Meeting.self, Service.self, Hold.self, Resume.self, Handover.self,
            Complete.self, Unreachable.self, Decline.self, Withdraw.self, Recall.self, Mediation.self,
        ])
}

extension Case {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List your organisation's open cases, those with a broken promise first.",
            discussion: "Nothing about persons. Cases of people whose identity is or may be protected are listed with --protected only.")

        @Flag(help: "Only those of which a promise was not kept in time.") var overdue = false
        @Flag(help: "Those that other organisations have offered you.") var handovers = false
        @Flag(help: "Those of people whose identity is or may be protected; only for the units that the directory names.")
        var protected = false
        @Option(help: "How many at most, the longest responsible first.") var limit = 500
        @OptionGroup var options: ConnectionOptions

        func validate() throws {
            guard limit >= 1 else { throw ValidationError("--limit: at least 1") }
            guard [overdue, handovers, protected].count(where: \.self) <= 1 else {
                throw ValidationError("give one of --overdue, --handovers and --protected")
            }
        }

        func run() async throws {
            try await options.connected { client in
                let caller = JSONClient(client)
                if options.json {
                    _ = try await pages(filter, caller) { page in
                        page.forEach(Console.json)
                        return page.count
                    }
                    return
                }
                var (cases, ids, hasMore): ([JSONValue], Set<String>, Bool) = ([], [], false)
                // What is overdue comes first, wherever it stands in the list of all.
                for filter in filter.map({ [$0] }) ?? ["CASE_FILTER_OVERDUE", nil] {
                    let goesOn = try await pages(filter, caller) { page in
                        let new = page.filter { ids.insert($0["assignmentId"]?.string ?? "").inserted }
                        let room = limit - cases.count
                        if new.count > room { hasMore = true }
                        cases += new.prefix(room)
                        return new.count
                    }
                    if goesOn { hasMore = true }
                }
                Self.show(cases, hasMore: hasMore)
            }
        }

        private var filter: String? {
            overdue ? "CASE_FILTER_OVERDUE" : handovers ? "CASE_FILTER_HANDOVERS" : protected ? "CASE_FILTER_PROTECTED" : nil
        }

        /// Page by page, until the exchange has no more or the limit is reached.
        /// - Parameter take: how many of a page count.
        /// - Returns: whether the exchange has more.
        private func pages(_ filter: String?, _ caller: JSONClient, _ take: ([JSONValue]) throws -> Int) async throws -> Bool {
            var (count, token) = (0, "")
            repeat {
                var request: [JSONValue.Member] = [
                    .init("limit", .number(min(500, limit - count))), .init("pageToken", .string(token)),
                ]
                if let filter { request.append(.init("filter", .string(filter))) }
                let answer = try await caller.unary(.listCases, JSONValue(.object(request)), options: options.call)
                count += try take(Label.array(answer["cases"]))
                token = answer["nextPageToken"]?.string ?? ""
            } while !token.isEmpty && count < limit
            return !token.isEmpty
        }

        private static func show(_ cases: [JSONValue], hasMore: Bool) {
            var table = Table("OVERDUE", "ASSIGNMENT", "SERVICE", "PHASE", "SINCE", "NEXT", "FROM")
            let overdue = cases.filter { !CaseText.overdue($0).isEmpty }
            for state in overdue + cases.filter({ CaseText.overdue($0).isEmpty }) {
                table.add(
                    CaseText.overdue(state), state["assignmentId"]?.string ?? "",
                    Label.member(state["service"]?.string, without: "SERVICE_"),
                    CaseText.phase(state), CaseText.time(state["since"]), CaseText.deadlines(state).first ?? "",
                    state["sender"]?.string ?? "")
            }
            table.print()
            Console.line(
                cases.isEmpty
                    ? "no cases"
                    : "\(cases.count) case\(cases.count == 1 ? "" : "s"), \(overdue.count) overdue\(hasMore ? "; there are more" : "")")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one case, with the person and how to reach them.",
            discussion: "The exchange logs that the content was shown. The whole of it is what --json writes.")

        @Argument(help: "The assignment id.") var assignment: String
        @OptionGroup var options: ConnectionOptions

        func run() async throws {
            try await options.connected { client in
                let request = JSONValue.object(["assignmentId": .string(assignment)])
                let file = try await JSONClient(client).unary(.getCase, request, options: options.call)
                if options.json { return Console.json(file) }
                CaseText.show(file["state"] ?? .object([:]))
                CaseText.lines(content: file["referral"]).forEach(Console.line)
            }
        }
    }
}

/// What every command that changes a case takes.
struct CaseCommandOptions: ParsableArguments {
    @Argument(help: "An assignment id.") var assignment: String
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    /// Gives a command about something that happened at a moment.
    func perform(_ method: MethodName, _ members: [JSONValue.Member], at moment: String) async throws {
        try await perform(method, members + [JSONValue.Member("at", .string(moment))], repeatedAt: moment)
    }

    /// Gives the command and shows where the case stands then.
    /// - Parameter moment: the time that the same command has again.
    func perform(_ method: MethodName, _ members: [JSONValue.Member] = [], repeatedAt moment: String? = nil) async throws {
        try await options.connected { client in
            let common = command.members(of: "assignmentId", assignment, andAgain: moment.map { " --at \($0)" } ?? "")
            let state = try await JSONClient(client).unary(method, JSONValue(.object(common + members)), options: options.call)
            options.json ? Console.json(state) : CaseText.show(state)
        }
    }
}

/// When something happened.
struct TimeOption: ParsableArguments {
    @Option(help: "When it was: 2026-03-02T18:30 by the clocks in Sweden, or with a zone as in RFC 3339. Default: now.")
    var at: String?

    func validate() throws { _ = try moment }

    /// As the contract has it.
    var moment: String {
        get throws {
            guard let at else { return Self.now }
            // Whoever names no zone means the clock on the wall.
            let parts = at.split(separator: "T", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw ValidationError("--at: must be like 2026-03-02T18:30") }
            let clock = parts[1].split(separator: ":", omittingEmptySubsequences: false)
            if clock.count == 2, clock.allSatisfy({ $0.count == 2 }) {
                guard let day = CivilDate(String(parts[0])), let hour = Int(clock[0]), let minute = Int(clock[1]),
                    let local = LocalTime(day, hour: hour, minute: minute)
                else { throw ValidationError("--at: must be a day and a time that exist") }
                return Self.text(local.instant)
            }
            return at
        }
    }

    private static var now: String { text(Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))) }

    private static func text(_ moment: Instant) -> String {
        Date(timeIntervalSince1970: Double(moment.milliseconds) / 1_000)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
