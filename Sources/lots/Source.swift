import ArgumentParser
import Protobuf
import Referral
import ReferralAPI
import TTRPC

/// `lots source`: what is to be expected of those who send.
struct Source: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See which sending units are silent, paused or ended, and say what is to be expected of them.",
        discussion: """
            The coordinator may say anything of any unit. A unit may say of itself that it pauses, unless an alarm about it is on, and that it \
            goes on. All who are told of its alarms are told of this, too. A later notice undoes it.
            """,
        subcommands: [SourceList.self, SourcePause.self, SourceEnd.self, SourceAccept.self, SourceResume.self])
}

struct SourceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the sources that you are told of: units, and units with each recipient.")

    @Option(help: Choice<SourceState>.help) var state: Choice<SourceState>?
    @OptionGroup var options: ConnectionOptions

    func run() async throws {
        try await options.connected { client in
            let caller = JSONClient(client)
            var table = Table("SENDER", "TO", "STATE", "SINCE", "EXPECTED", "SEEN", "UNTIL", "LAST NOTICE")
            var page: String?
            repeat {
                var request = [JSONValue.Member("limit", .number(500))]
                if let state { request.append(JSONValue.Member("state", .string(state.member("SOURCE_STATE_")))) }
                if let page { request.append(JSONValue.Member("pageToken", .string(page))) }
                let answer = try await caller.unary(.listSources, JSONValue(.object(request)), options: options.call)
                for source in Label.array(answer["sources"]) {
                    if options.json {
                        Console.json(source)
                        continue
                    }
                    let isAlarmed = source["alarmId"] != nil
                    table.add(
                        source["sender"]?.string ?? "", source["recipient"]?.string ?? "",
                        Label.member(source["state"]?.string, without: "SOURCE_STATE_"), source["since"]?.string ?? "",
                        isAlarmed ? Self.whole(source["expected"]) : "", isAlarmed ? Self.whole(source["seen"]) : "",
                        source["until"]?.string ?? "",
                        source["notice"].map(NoticeText.summary) ?? "")
                }
                page = answer["nextPageToken"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            } while page != nil
            if !options.json { table.print() }
        }
    }

    private static func whole(_ number: JSONValue?) -> String {
        guard case .number(let text)? = number?.content, let value = Double(text) else { return "0" }
        return Int(exactly: value.rounded()).map { "\($0)" } ?? text
    }
}

/// Of whom a notice is.
struct NoticeOptions: ParsableArguments {
    @Argument(help: "The sending unit, organisation/unit.") var sender: String
    @Option(name: .customLong("to"), help: "Only of what it sends to this organisation. Default: of whatever it sends.")
    var recipient: String?
    @OptionGroup var command: CommandOptions
    @OptionGroup var options: ConnectionOptions

    func validate() throws {
        guard command.expect == nil else { throw ValidationError("--expect: a notice is taken whatever was said before") }
    }

    fileprivate func announce(
        _ kind: String, _ reason: some ReasonArgument, _ days: [JSONValue.Member] = []
    ) async throws {
        try await options.connected { client in
            var members = command.members(of: "sender", sender)
            if let recipient { members.append(JSONValue.Member("recipient", .string(recipient))) }
            members.append(JSONValue.Member("kind", .string("SOURCE_NOTICE_KIND_\(kind)")))
            members.append(JSONValue.Member("reason", .string(reason.member)))
            let notice = try await JSONClient(client).unary(.announce, JSONValue(.object(members + days)), options: options.call)
            options.json ? Console.json(notice) : Console.line(NoticeText.line(notice))
        }
    }
}

struct SourcePause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Nothing is to be expected for some days: no alarm is raised then.",
        discussion: """
            An alarm that is on is cleared at once by a pause that begins today, by a later one when its first day has been counted, the \
            night after. A pause to come leaves the one that runs as it is, and takes the place of another to come; one that begins today \
            takes the place of the one that runs. A unit that has ended is not paused: say that it goes on first (lots source resume).
            """)

    enum Reason: String, ReasonArgument {
        case holidays, reorganisation, workload
        case technicalFault = "technical-fault"

        static let prefix = "SOURCE_REASON_"
    }

    @OptionGroup var notice: NoticeOptions
    @Option(help: "The first day, YYYY-MM-DD. Default: today.") var from: String?
    @Option(help: "The day on which cases are to be expected again, YYYY-MM-DD, within a year.") var until: String
    @Option(help: Reason.choices) var reason: Reason

    func run() async throws {
        let first = from.map { [JSONValue.Member("from", .string($0))] } ?? []
        try await notice.announce("PAUSED", reason, first + [JSONValue.Member("until", .string(until))])
    }
}

struct SourceEnd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end", abstract: "Nothing is to be expected any more. A unit that sends again on a later day is watched again.")

    enum Reason: String, ReasonArgument {
        case reorganisation, closed
        case otherRoute = "other-route"

        static let prefix = "SOURCE_REASON_"
    }

    @OptionGroup var notice: NoticeOptions
    @Option(help: Reason.choices) var reason: Reason

    func run() async throws { try await notice.announce("ENDED", reason) }
}

struct SourceAccept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "What comes now is what is to be expected: the level is learned anew.")

    enum Reason: String, ReasonArgument {
        case reorganisation, workload
        case otherRoute = "other-route"
        case fewerCases = "fewer-cases"

        static let prefix = "SOURCE_REASON_"
    }

    @OptionGroup var notice: NoticeOptions
    @Option(help: Reason.choices) var reason: Reason

    func run() async throws { try await notice.announce("ACCEPTED", reason) }
}

struct SourceResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "A pause, also one to come, or an end is over: the unit is watched again.")

    enum Reason: String, ReasonArgument {
        case worksAgain = "works-again"
        case mistake

        static let prefix = "SOURCE_REASON_"
    }

    @OptionGroup var notice: NoticeOptions
    @Option(help: Reason.choices) var reason: Reason

    func run() async throws { try await notice.announce("RESUMED", reason) }
}

/// What was said of a source.
enum NoticeText {
    /// `notice 7  2026-06-15T08:00:00Z  stockholms-stad/samordnare  Lokalpolisområde Järfälla väntas inte skicka något …`
    static func line(_ notice: JSONValue) -> String {
        [
            "notice \(notice["revision"]?.string ?? "")", notice["at"]?.string ?? "", notice["by"]?.string ?? "",
            notice["text"]?.string ?? "",
        ]
        .joined(separator: "  ")
    }

    /// `paused: holidays (stockholms-stad/samordnare, 2026-06-15T08:00:00Z)`
    static func summary(_ notice: JSONValue) -> String {
        let kind = Label.member(notice["kind"]?.string, without: "SOURCE_NOTICE_KIND_")
        let reason = Label.member(notice["reason"]?.string, without: "SOURCE_REASON_")
        return "\(kind): \(reason) (\(notice["by"]?.string ?? ""), \(notice["at"]?.string ?? ""))"
    }
}
