import ArgumentParser
import Foundation
import NIOPosix
import Protobuf
import Referral
import ReferralAPI
import TTRPC

/// What makes a command safe to repeat, and to give without having seen the latest.
struct CommandOptions: ParsableArguments {
    @Option(help: "An id of your own for this command. The same command with the same id is done once. Default: a new one, which is shown.")
    var commandId: String?

    @Option(help: "The version that you have seen; when there is another by now, nothing is done: exit code 75.")
    var expect: Int?

    func validate() throws {
        guard expect ?? 1 >= 1 else { throw ValidationError("--expect: at least 1") }
    }

    /// The members of the request that every command has, and before it is sent, on standard error, the id if it is new.
    /// - Parameter other: what else the same command has to be given with again.
    func members(of key: String, _ id: String, andAgain other: String = "") -> [JSONValue.Member] {
        let command: String
        if let commandId {
            command = commandId
        } else {
            command = IdentifierSource().random()
            Console.error("lots: command id \(command); to try again, give --command-id \(command)\(other)")
        }
        var members = [JSONValue.Member("commandId", .string(command)), JSONValue.Member(key, .string(id))]
        if let expect { members.append(JSONValue.Member("expectedVersion", .number(expect))) }
        return members
    }
}

/// A reason on the command line, `wrong-person`, for a list of the contract.
protocol ReasonArgument: RawRepresentable<String>, CaseIterable, ExpressibleByArgument {
    static var prefix: String { get }
}

extension ReasonArgument {
    /// As the contract names it.
    var member: String { Self.prefix + rawValue.uppercased().split(separator: "-").joined(separator: "_") }
    static var choices: ArgumentHelp { ArgumentHelp(stringLiteral: Self.allCases.map(\.rawValue).joined(separator: ", ")) }
}

/// Does one thing with one referral and shows its status.
/// - Parameter members: of the request, besides those of every command.
private func change(
    _ method: MethodName, _ referral: String, _ command: CommandOptions, _ options: ConnectionOptions,
    members: () async throws -> [JSONValue.Member]
) async throws {
    try await options.connected { client in
        let members = try await members()
        let request = JSONValue(.object(command.members(of: "referralId", referral) + members))
        let status = try await JSONClient(client).unary(method, request, options: options.call)
        options.json ? Console.json(status) : StatusText.show(status)
    }
}

struct Amend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send other ways to reach the person of a referral of yours. Whoever has the case is told.",
        discussion: """
            The file has all of them, with their rules, as in a referral: {"contacts": [{"phone": "+46…", "holder": \
            "CONTACT_HOLDER_PERSON", "noVoicemail": true}]}. They replace those that were there.
            """)

    @Argument(help: "A referral id.") var referral: String
    @Option(help: "A file of JSON; - is standard input.") var contacts: String
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await change(.amend, referral, command, options) { [JSONValue.Member("contacts", try await list())] }
    }

    private func list() async throws -> JSONValue {
        let bytes = try await NIOThreadPool.singleton.runIfActive { [contacts] in
            let file = contacts == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: contacts))
            return try file.read(upToCount: ReferralDecoder.messageLimit) ?? Data()
        }
        guard let list = try JSONValue(parsing: Array(bytes))["contacts"] else {
            throw InputFault(description: "\(contacts): must be an object with contacts")
        }
        return list
    }
}

struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent", abstract: "Say what the person answered when they were asked after all.",
        discussion: "For a referral that waits for consent: after a yes it is routed, after a no its content is erased.")

    enum Answer: String, ReasonArgument {
        case yes, no, withdrawn
        case guardianYes = "guardian-yes"

        static let prefix = "CONSENT_STATUS_"
    }

    @Argument(help: "A referral id.") var referral: String
    @Argument(help: Answer.choices) var answer: Answer
    @Flag(help: "The yes covers support.") var support = false
    @Flag(help: "The yes covers mediation.") var mediation = false
    @Flag(help: "The sender may be told how it ended.") var shareOutcome = false
    @Option(help: "The day on which the person was asked, YYYY-MM-DD.") var askedOn: String?
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        var consent = [
            JSONValue.Member("status", .string(answer.member)), JSONValue.Member("support", .bool(support)),
            JSONValue.Member("mediation", .bool(mediation)), JSONValue.Member("shareOutcome", .bool(shareOutcome)),
        ]
        if let askedOn { consent.append(JSONValue.Member("askedOn", .string(askedOn))) }
        try await change(.answerConsent, referral, command, options) { [JSONValue.Member("consent", JSONValue(.object(consent)))] }
    }
}

struct Recall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask for a referral of yours back.",
        discussion: """
            What nobody has accepted ends at once. Of the rest the organisation decides: `lots status` and `lots watch` tell its answer.
            """)

    enum Reason: String, ReasonArgument {
        case duplicate
        case sentTooEarly = "sent-too-early"
        case otherHelp = "other-help"
        case eventDidNotHappen = "event-did-not-happen"

        static let prefix = "RECALL_REASON_"
    }

    @Argument(help: "A referral id.") var referral: String
    @Option(help: Reason.choices) var reason: Reason
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await change(.recall, referral, command, options) { [JSONValue.Member("reason", .string(reason.member))] }
    }
}

struct Withdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The person takes back their consent. Wins over everything and erases at once.")

    enum Scope: String, ReasonArgument {
        case everything, support, mediation

        static let prefix = "WITHDRAWAL_SCOPE_"
    }

    @Argument(help: "A referral id.") var referral: String
    @Option(help: Scope.choices) var scope = Scope.everything
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        guard command.expect == nil else { throw ValidationError("--expect: a withdrawal is taken in any case") }
        try await change(.withdrawReferral, referral, command, options) { [JSONValue.Member("scope", .string(scope.member))] }
    }
}

struct EnterInError: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "error", abstract: "Say that a referral of yours should never have been. Its content is erased.")

    enum Reason: String, ReasonArgument {
        case wrongPerson = "wrong-person"
        case wrongEvent = "wrong-event"
        case duplicate
        case testData = "test-data"

        static let prefix = "ERROR_REASON_"
    }

    @Argument(help: "A referral id.") var referral: String
    @Option(help: Reason.choices) var reason: Reason
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await change(.enterInError, referral, command, options) { [JSONValue.Member("reason", .string(reason.member))] }
    }
}

/// What a sender is told, in words.
enum StatusText {
    static func show(_ status: JSONValue) {
        Console.line("referral  \(status["referralId"]?.string ?? "")")
        Console.line("message   \(status["messageId"]?.string ?? "")")
        Console.line("received  \(status["receivedAt"]?.string ?? "")")
        Console.line("outcome   \(Label.outcome(status))")
        Console.line("version   \(status["version"]?.string ?? "")")
        for service in services(status) { Console.line(service) }
    }

    /// `support: taken since 2026-03-02T07:00:00Z, recall no (support under way)`
    static func services(_ status: JSONValue) -> [String] {
        Label.array(status["services"]).map { service in
            let name = Label.member(service["service"]?.string, without: "SERVICE_")
            let state = Label.member(service["status"]?.string, without: "DELIVERY_STATUS_")
            var text = "\(name): \(state) since \(service["since"]?.string ?? "")"
            if let outcome = service["outcome"]?.string { text += ", \(Label.member(outcome, without: "SUPPORT_OUTCOME_"))" }
            if let outcome = service["mediationOutcome"]?.string { text += ", \(Label.member(outcome, without: "MEDIATION_OUTCOME_"))" }
            if let answer = service["recallAnswer"]?.string { text += ", recall \(Label.member(answer, without: "REPLY_"))" }
            if let reason = service["recallRefusal"]?.string { text += " (\(Label.member(reason, without: "RECALL_REFUSAL_")))" }
            return text
        }
    }
}
