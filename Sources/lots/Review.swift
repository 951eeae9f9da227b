import ArgumentParser
import Protobuf
import ReferralAPI
import TTRPC

/// `lots review`: the coordinator's work.
struct Review: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "For the coordinator: cases that people decide, and all others by their ids.",
        subcommands: [
            ReviewList.self, ReviewShow.self, ReviewAssign.self, ReviewReroute.self, ReviewRedrive.self, ReviewRead.self,
            ReviewWithdraw.self, ReviewError.self,
        ])
}

struct ReviewList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the cases under review, the longest waiting first.")

    @Flag(help: "Only those that nobody has decided in time.") var overdue = false
    @Flag(help: "Those of people with a protected identity. Only for the units that the directory names as their readers.")
    var protected = false
    @OptionGroup var options: ConnectionOptions

    func validate() throws {
        guard !overdue || !protected else { throw ValidationError("give --overdue or --protected, not both") }
    }

    func run() async throws {
        try await options.connected { client in
            let caller = JSONClient(client)
            var table = Table("ASSIGNMENT", "SERVICE", "WHY", "WAITING SINCE", "DECIDE BEFORE", "OVERDUE", "FROM")
            var page: String?
            repeat {
                var request = [JSONValue.Member("limit", .number(500))]
                if overdue { request.append(JSONValue.Member("filter", .string("CASE_FILTER_OVERDUE"))) }
                if protected { request.append(JSONValue.Member("filter", .string("CASE_FILTER_PROTECTED"))) }
                if let page { request.append(JSONValue.Member("pageToken", .string(page))) }
                let answer = try await caller.unary(.listReview, JSONValue(.object(request)), options: options.call)
                for state in Label.array(answer["cases"]) {
                    if options.json {
                        Console.json(state)
                        continue
                    }
                    let deadlines = Label.array(state["deadlines"])
                    let due = deadlines.first { $0["kind"]?.string == "DEADLINE_KIND_REVIEW" }
                    table.add(
                        state["assignmentId"]?.string ?? "", Label.member(state["service"]?.string, without: "SERVICE_"),
                        state["reviewReason"]?.string ?? "", state["since"]?.string ?? "", due?["due"]?.string ?? "",
                        Label.array(state["overdue"]).map { Label.member($0.string, without: "DEADLINE_KIND_") }.joined(separator: ", "),
                        state["sender"]?.string ?? "")
                }
                page = answer["nextPageToken"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            } while page != nil
            if !options.json { table.print() }
        }
    }
}

struct ReviewShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show where a case stands, without its content.")

    @Argument(help: "An assignment id.") var assignment: String
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await options.connected { client in
            let state = try await JSONClient(client).unary(
                .coordinatorGet, .object(["assignmentId": .string(assignment)]), options: options.call)
            options.json ? Console.json(state) : CaseText.show(state)
        }
    }
}

/// Does one thing with one case and shows where it stands then.
private func change(
    _ method: MethodName, _ assignment: String, _ command: CommandOptions, _ members: [JSONValue.Member],
    _ options: ConnectionOptions
) async throws {
    try await options.connected { client in
        let request = JSONValue(.object(command.members(of: "assignmentId", assignment) + members))
        let state = try await JSONClient(client).unary(method, request, options: options.call)
        options.json ? Console.json(state) : CaseText.show(state)
    }
}

struct ReviewAssign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Give a case to an organisation.",
        discussion: "A case that has been accepted is taken from its organisation with --reason owner-unavailable only.")

    enum Reason: String, ReasonArgument {
        case reviewed, language, competence
        case conflictOfInterest = "conflict-of-interest"
        case personsWish = "persons-wish"
        case noCapacity = "no-capacity"
        case ownerUnavailable = "owner-unavailable"

        static let prefix = "ASSIGNING_REASON_"
    }

    @Argument(help: "An assignment id.") var assignment: String
    @Option(help: "The organisation's id in the directory.") var to: String
    @Option(help: Reason.choices) var reason: Reason
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await change(
            .assign, assignment, command,
            [JSONValue.Member("to", .string(to)), JSONValue.Member("reason", .string(reason.member))], options)
    }
}

struct ReviewReroute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "reroute", abstract: "Ask the rules of today again where a case goes.")

    @Argument(help: "An assignment id.") var assignment: String
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws { try await change(.reroute, assignment, command, [], options) }
}

struct ReviewRedrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive", abstract: "Let a case be fetched again by its organisation, which has fetched and not accepted it.")

    @Argument(help: "An assignment id.") var assignment: String
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws { try await change(.redrive, assignment, command, [], options) }
}

struct ReviewRead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Read the content of a case. The reading and its reason are logged, and its owner is told.",
        discussion: "Shown is what the reason needs. The same --command-id shows it again within an hour without being logged anew.")

    enum Reason: String, ReasonArgument {
        case assignment, danger, complaint
        case ownerUnavailable = "owner-unavailable"
        case personsRequest = "persons-request"

        static let prefix = "READING_REASON_"
    }

    @Argument(help: "An assignment id.") var assignment: String
    @Option(help: Reason.choices) var reason: Reason
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        guard command.expect == nil else { throw ValidationError("--expect: reading changes nothing") }
        try await options.connected { client in
            let members = command.members(of: "assignmentId", assignment) + [JSONValue.Member("reason", .string(reason.member))]
            // A person has to read it: the message as it is.
            Console.json(try await JSONClient(client).unary(.coordinatorRead, JSONValue(.object(members)), options: options.call))
        }
    }
}

struct ReviewWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "The person has told you that they take back their consent. Wins over everything and erases at once.")

    @Argument(help: "An assignment id.") var assignment: String
    @Option(help: Withdraw.Scope.choices) var scope = Withdraw.Scope.everything
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        guard command.expect == nil else { throw ValidationError("--expect: a withdrawal is taken in any case") }
        try await change(.coordinatorWithdraw, assignment, command, [JSONValue.Member("scope", .string(scope.member))], options)
    }
}

struct ReviewError: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "error", abstract: "Say that a referral should never have been, when its sender cannot. Its content is erased.")

    @Argument(help: "A referral id, which the sender knows.") var referral: String
    @Option(help: EnterInError.Reason.choices) var reason: EnterInError.Reason
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await options.connected { client in
            let members = command.members(of: "referralId", referral) + [JSONValue.Member("reason", .string(reason.member))]
            let status = try await JSONClient(client).unary(
                .coordinatorEnterInError, JSONValue(.object(members)), options: options.call)
            options.json ? Console.json(status) : StatusText.show(status)
        }
    }
}
