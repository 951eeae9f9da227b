import Foundation
import Protobuf
import Referral
import ReferralAPI
import TestSupport
import Testing

/// The built command line against the built daemon: what it prints, and the exit codes that scripts go by.
@Suite(.timeLimit(.minutes(6))) struct CommandLineTests {
    private static let police = "polisen-stockholm/vasterort"
    private static let centre = "stodcentrum-vasterort/vallingby"
    private static let volunteers = "bojen-vasterort/stodsamordning"

    @Test func aCaseByHand() async throws {
        try await with { lots in
            let message = try Sample.json(Sample.submission("m", Sample.young()))
            let explained = try await lots("route", "explain", "-", as: Self.police, input: message)
            #expect(explained.end == .exit(0))
            #expect(explained.text.contains("support goes to stodcentrum-vasterort"))
            #expect(explained.text.contains("rule victim-10-to-17"))
            #expect(explained.text.contains("  otherwise with own age 22 or more instead of 17: bojen-vasterort, rule victim-over-21\n"))
            let whyNot = try await lots("route", "explain", "-", "--why-not", "bojen-vasterort", as: Self.police, input: message)
            #expect(whyNot.end == .exit(0))
            #expect(whyNot.text.contains("support does not go to bojen-vasterort: stodcentrum-vasterort comes first"), "\(whyNot.text)")
            let why = try await lots("route", "explain", "-", "--why-not", "stodcentrum-vasterort", as: Self.police, input: message)
            #expect(why.end == .exit(0) && !why.text.contains("does not go"))
            let coded = try await lots("route", "explain", "-", "--why-not", "nobody", "--json", as: Self.police, input: message)
            #expect(try coded.json.first?.list("whyNot").map { $0.text("code") } == ["unknown-organisation"])
            let forbidden = try await lots("route", "explain", "-", "--why-not", "nobody", as: Self.volunteers, input: message)
            #expect(forbidden.end == .exit(77))

            let sent = try await lots("submit", try lots.file(message), as: Self.police)
            #expect(sent.end == .exit(0))
            #expect(sent.text.contains("support offered") && sent.text.contains("1 taken, 0 refused"))
            let again = try await lots("submit", "-", "--json", as: Self.police, input: message)
            #expect(again.end == .exit(0))
            let receipt = try #require(try again.json.first?["receipt"])
            #expect(sent.text.contains(receipt.text("referralId")))

            let pulled = try await lots("pull", "--json", as: Self.centre)
            let assignment = try #require(try pulled.json.first)
            #expect(try pulled.json.count == 1)
            #expect(assignment["referral"]?["person"]?.text("name") == "Exempla Påhittad")
            let id = assignment.text("assignmentId")
            #expect(try await lots("pull", as: Self.centre).text == "nothing waits\n")

            let acknowledged = try await lots("acknowledge", id, as: Self.centre)
            #expect(acknowledged.end == .exit(0) && acknowledged.text.contains("received"))
            let accepted = try await lots("accept", id, "--json", as: Self.centre)
            #expect(try accepted.json.map { $0.text("phase") } == ["ASSIGNMENT_PHASE_ACCEPTED"])
            let status = try await lots("status", receipt.text("referralId"), as: Self.police)
            #expect(status.end == .exit(0) && status.text.contains("support: taken"))

            let returned = try await lots("return", id, "--reason", "no-capacity", as: Self.centre)
            #expect(returned.end == .exit(0) && returned.text.contains("returned"))
            let theirs = try await lots("pull", "--json", "--acknowledge", as: Self.volunteers)
            #expect(try theirs.json.map { $0.text("assignmentId") } == [id])
            let after = try await lots("status", "--message", "m", "--json", as: Self.police)
            #expect(try after.json.first?.list("services").map { $0.text("status") } == ["DELIVERY_STATUS_ROUTED"])
        }
    }

    @Test func aSenderChangesItsReferralsAndFollowsThem() async throws {
        try await with { lots in
            func sent(_ id: String, _ content: ReferralContent) async throws -> String {
                let message = try Sample.json(Sample.submission(id, content))
                let output = try await lots("submit", "-", "--json", as: Self.police, input: message)
                return try #require(try output.json.first?["receipt"]).text("referralId")
            }
            let referral = try await sent("m", Sample.young())
            let contacts = try lots.file(#"{"contacts": [{"phone": "+46701740606", "holder": "CONTACT_HOLDER_PERSON", "noSms": true}]}"#)
            let amended = try await lots("amend", referral, "--contacts", contacts, "--json", as: Self.police)
            #expect(amended.end == .exit(0), "\(amended.errors)")
            let command = try #require(amended.errors.firstMatch(of: /--command-id ([0-9A-Z]{26})/)).1
            // The same again is answered as before and not done again.
            let again = try await lots(
                "amend", referral, "--contacts", contacts, "--json", "--command-id", String(command), as: Self.police)
            #expect(try again.end == .exit(0) && again.errors.isEmpty && again.json == amended.json)
            let pulled = try await lots("pull", "--json", as: Self.centre)
            #expect(try pulled.json.first?["referral"]?.list("contacts").map { $0.text("phone") } == ["+46701740606"])
            for (bad, code) in [("{\"contacts\": [{}]}", 65), ("{}", 65), ("no JSON", 65)] {
                let output = try await lots("amend", referral, "--contacts", "-", as: Self.police, input: bad)
                #expect(output.end == .exit(Int32(code)), "\(output.errors)")
            }

            let outdated = try await lots("recall", referral, "--reason", "duplicate", "--expect", "1", as: Self.police)
            #expect(outdated.end == .exit(75), "\(outdated.errors)")
            let recalled = try await lots("recall", referral, "--reason", "sent-too-early", as: Self.police)
            #expect(recalled.end == .exit(0) && recalled.text.contains("support: ended"), "\(recalled.errors)")
            let closed = try await lots("recall", referral, "--reason", "duplicate", as: Self.police)
            #expect(closed.end == .exit(65))

            var parked = Sample.adult()
            parked.consent = Consent(status: .notAsked)
            let waiting = try await sent("parked", parked)
            let yes = try await lots("consent", waiting, "yes", "--support", "--asked-on", "2026-03-01", as: Self.police)
            #expect(yes.end == .exit(0) && yes.text.contains("support: routed"), "\(yes.errors)")
            let withdrawn = try await lots("withdraw", waiting, as: Self.police)
            #expect(withdrawn.end == .exit(0) && withdrawn.text.contains("support: ended"))
            let wrong = try await sent("wrong", Sample.adult())
            #expect(try await lots("error", wrong, "--reason", "wrong-person", as: Self.police).text.contains("support: ended"))
            #expect(try await lots("withdraw", wrong, as: "polisen-stockholm/city").end == .exit(66))

            let watched = try await lots("watch", "referrals", "--until-caught-up", "--json", as: Self.police)
            #expect(watched.end == .exit(0), "\(watched.errors)")
            let changes = try watched.json.compactMap { $0["change"] }
            #expect(changes.count == 8, "\(watched.text)")
            #expect(try watched.json.last?["caughtUp"] != nil)
            // From the place of a change on, the rest.
            let after = try #require(changes.dropLast(2).last).text("sequence")
            let rest = try await lots("watch", "referrals", "--until-caught-up", "--after", after, as: Self.police)
            #expect(rest.text.split(separator: "\n").count == 2 && rest.text.contains("support: ended"), "\(rest.text)")
            #expect(try await lots("watch", "cases", "--until-caught-up", as: Self.police).end == .exit(77))
        }
    }

    @Test func theCoordinatorsWork() async throws {
        let coordinator = "stockholms-stad/samordnare"
        try await with { lots in
            for id in ["one", "two", "three"] {
                _ = try await lots("submit", "-", as: Self.police, input: try Sample.json(Sample.submission(id, Sample.adult(age: 8))))
            }
            let listed = try await lots("review", "list", "--json", as: coordinator)
            let cases = try listed.json.map { $0.text("assignmentId") }
            #expect(cases.count == 3, "\(listed.errors)")
            let table = try await lots("review", "list", as: coordinator)
            #expect(table.text.hasPrefix("ASSIGNMENT") && table.text.split(separator: "\n").count == 4)
            #expect(try await lots("review", "list", "--overdue", as: coordinator).text.isEmpty)
            #expect(try await lots("review", "list", as: Self.police).end == .exit(77))

            let shown = try await lots("review", "show", cases[0], as: coordinator)
            #expect(shown.text.contains("review (") && shown.text.contains("owner       stockholms-stad"), "\(shown.errors)")
            let assigned = try await lots(
                "review", "assign", cases[0], "--to", "bojen-vasterort", "--reason", "reviewed", "--command-id", "a1", as: coordinator)
            #expect(assigned.end == .exit(0) && assigned.text.contains("owner       bojen-vasterort"), "\(assigned.errors)")
            #expect(try await lots("pull", "--json", as: Self.volunteers).json.map { $0.text("assignmentId") } == [cases[0]])
            let repeated = try await lots(
                "review", "assign", cases[0], "--to", "bojen-vasterort", "--reason", "reviewed", "--command-id", "a1", as: coordinator)
            #expect(repeated.text == assigned.text)
            #expect(try await lots("review", "redrive", cases[0], as: coordinator).text.contains("phase       offered"))
            #expect(try await lots("review", "reroute", cases[1], as: coordinator).end == .exit(65))
            let read = try await lots("review", "read", cases[1], "--reason", "assignment", as: coordinator)
            #expect(try read.json.first?["referral"]?["person"]?.text("name") == "Exempla Påhittad", "\(read.errors)")
            #expect(try await lots("review", "withdraw", cases[1], as: coordinator).text.contains("phase       withdrawn"))
            let watched = try await lots("watch", "review", "--until-caught-up", as: coordinator)
            #expect(watched.text.contains("assigned: reviewed, offered  [offered, bojen-vasterort]"), "\(watched.text)")
            #expect(watched.text.contains("read by the coordinator: assignment"))
            let gone = try await lots("watch", "cases", "--until-caught-up", as: Self.volunteers)
            #expect(gone.text.contains("redriven  [offered, bojen-vasterort]"), "\(gone.text)")
        }
    }

    /// A watch outlives the daemon: it goes on where it was, and tells everything once.
    @Test func watchingOutlivesTheDaemon() async throws {
        try await Daemon.Files.with { files in
            func submit(_ id: String, to port: Int) async throws {
                let lots = Tool(installation: try await .current, folder: files.folder, port: port)
                _ = try await lots("submit", "-", as: Self.police, input: try Sample.json(Sample.submission(id)))
            }
            let (port, program) = try await Daemon.with(files) { daemon in
                let lots = Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                let program = try await lots.start(["watch", "cases"], as: Self.volunteers)
                try await submit("one", to: daemon.port)
                try await submit("two", to: daemon.port)
                _ = try await eventually("two changes") { try program.text.split(separator: "\n").count == 2 ? true : nil }
                return (daemon.port, program)
            }
            try await Daemon.with(files, ["LISTEN_PORT": "\(port)"]) { daemon in
                try await submit("three", to: port)
                _ = try await eventually("the third change") { try program.text.split(separator: "\n").count >= 3 ? true : nil }
                let lines = try program.text.split(separator: "\n")
                #expect(lines.count == 3 && lines.allSatisfy { $0.contains("offered  [offered, bojen-vasterort]") }, "\(lines)")
                #expect(Set(lines).count == 3)
                program.program.signal(SIGTERM)
                _ = await program.program.wait()
            }
        }
    }

    @Test func everyBadLineIsNamedAndTheOthersAreSent() async throws {
        try await with { lots in
            var refused = Sample.adult()
            refused.person.age = 200
            let lines = [
                try Sample.json(Sample.submission("good-1")), "", "{\"messageId\": 5",
                try Sample.json(Sample.submission("refused", refused)), "{\"messageId\": \"x\", \"referral\": {\"surname\": \"\"}}",
                try Sample.json(Sample.submission("good-2")),
            ]
            let file = try lots.file(lines.joined(separator: "\n"))
            let output = try await lots("submit", file, "--json", as: Self.police)
            #expect(output.end == .exit(65))
            #expect(try output.json.compactMap { $0["receipt"]?.text("messageId") } == ["good-1", "good-2"])
            let places = output.errors.split(separator: "\n")
            #expect(places.count == 3, "\(output.errors)")
            #expect(places.contains { $0.hasPrefix("\(file):3:") })
            #expect(
                places.contains {
                    $0.hasPrefix("\(file):4:") && $0.contains("referral.person.age") && !$0.dropFirst(file.count).contains("200")
                })
            #expect(places.contains { $0.hasPrefix("\(file):5:") && $0.contains("surname") })
            let summary = try await lots("submit", "-", as: Self.police, input: lines.joined(separator: "\n"))
            #expect(summary.end == .exit(65) && summary.text.contains("2 taken, 3 refused"))
        }
    }

    /// A first line that is no message is like any other; a value over several lines is still one message.
    @Test func aBadFirstLineIsNamedAndTheOthersAreSent() async throws {
        try await with { lots in
            let (one, two) = (try Sample.json(Sample.submission("one")), try Sample.json(Sample.submission("two")))
            for (broken, place) in [("{\"messageId\": 5", "1:"), ("not JSON", "1:1"), ("{\"messageId\": \"x\", }", "1:")] {
                let file = try lots.file([broken, "", one, two].joined(separator: "\n"))
                let output = try await lots("submit", file, "--json", as: Self.police)
                #expect(output.end == .exit(65))
                #expect(try output.json.compactMap { $0["receipt"]?.text("messageId") }.sorted() == ["one", "two"])
                #expect(output.errors.hasPrefix("\(file):\(place)") && output.errors.split(separator: "\n").count == 1, "\(output.errors)")
            }
            let pretty = try lots.file(JSONValue(parsing: try Sample.json(Sample.submission("pretty"))).text(pretty: true))
            #expect(try await lots("submit", pretty, as: Self.police).text.contains("1 taken, 0 refused"))
            let cut = try lots.file(String(JSONValue(parsing: one).text(pretty: true).dropLast(2)))
            let output = try await lots("submit", cut, as: Self.police)
            #expect(output.end == .exit(65) && output.text.contains("0 taken, 1 refused"), "\(output.errors)")
        }
    }

    /// A missing right weighs more than a mistake in the input, wherever it comes.
    @Test func theExitCodeIsThatOfTheGravestRefusal() async throws {
        try await with { lots in
            let good = try Sample.json(Sample.submission("m"))
            for lines in [["nonsense", good], [good, "nonsense"]] {
                let output = try await lots("submit", "-", as: Self.volunteers, input: lines.joined(separator: "\n"))
                #expect(output.end == .exit(77) && output.text.contains("0 taken, 2 refused"), "\(output.errors)")
            }
        }
    }

    /// What the exchange cannot store for now is no fault of the message.
    @Test func whatIsNotTakenForNowIsNotCalledRefused() async throws {
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { daemon in
                let lots = Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                try FileManager.default.moveItem(atPath: files.database, toPath: files.database + ".away")
                let output = try await lots("submit", "-", as: Self.police, input: Sample.json(Sample.submission("m")))
                #expect(output.end == .exit(69))
                #expect(output.text.contains("0 taken, 0 refused, 1 not taken: send them again"), "\(output.text)")
                #expect(output.errors.contains("message m was not taken, send it again: "), "\(output.errors)")
            }
        }
    }

    @Test func severalServersAndAnotherThanExpected() async throws {
        try await with { lots in
            let servers = "127.0.0.1:1,127.0.0.1:\(lots.port)"
            let health = try await lots(["health"], as: Self.police, ["LOTS_CLIENT_SERVER": servers])
            #expect(health.end == .exit(0) && health.text == "serving\n", "\(health.errors)")
            let stranger = "spiffe://lots.example/lots/other"
            let refused = try await lots(["health"], as: Self.police, ["LOTS_CLIENT_SERVER_IDENTITY": stranger])
            #expect(refused.end == .exit(69))
            for part in [stranger, Installation.serverIdentity, "127.0.0.1:\(lots.port)", "check the address"] {
                #expect(refused.errors.contains(part), "\(refused.errors)")
            }
        }
    }

    /// Each outcome is shown as it comes; the daemon dies, and what comes afterwards is sent to the next one.
    @Test func submittingOutlivesTheDaemon() async throws {
        try await Daemon.Files.with { files in
            let input = try Pipe(files.folder)
            let (port, program) = try await Daemon.with(files) { daemon in
                let lots = Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                let program = try await lots.start(["submit", input.path], as: Self.police)
                try input.write(Sample.json(Sample.submission("one")))
                _ = try await eventually("the first outcome") { try program.text.contains("one") ? true : nil }
                #expect(try program.text.hasPrefix("MESSAGE"))
                return (daemon.port, program)
            }
            try input.write(Sample.json(Sample.submission("two")))
            _ = try await eventually("it says so") { try program.errors.contains("trying again") ? true : nil }
            try await Daemon.with(files, ["LISTEN_PORT": "\(port)"]) { _ in
                try input.write(Sample.json(Sample.submission("three")))
                input.close()
                #expect(await program.wait() == .exit(0))
            }
            let text = try program.text
            #expect(text.contains("3 taken, 0 refused") && text.contains("\ntwo") && text.contains("\nthree"), "\(text)")
            #expect(try program.errors.contains("connected to 127.0.0.1:\(port) again"))
        }
    }

    @Test func followingOutlivesTheDaemon() async throws {
        try await Daemon.Files.with { files in
            let (port, program) = try await Daemon.with(files) { daemon in
                let lots = Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                let program = try await lots.start(["pull", "--follow", "--json", "--acknowledge"], as: Self.volunteers)
                #expect(try await lots("submit", "-", as: Self.police, input: Sample.json(Sample.submission("one"))).end == .exit(0))
                _ = try await eventually("the first case") { try program.text.contains("assignmentId") ? true : nil }
                return (daemon.port, program)
            }
            _ = try await eventually("it says so") { try program.errors.contains("trying again") ? true : nil }
            try await Daemon.with(files, ["LISTEN_PORT": "\(port)"]) { daemon in
                let lots = Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                #expect(try await lots("submit", "-", as: Self.police, input: Sample.json(Sample.submission("two"))).end == .exit(0))
                _ = try await eventually("the second case") { try program.text.split(separator: "\n").count == 2 ? true : nil }
            }
            #expect(program.end == nil)
            program.stop()
            #expect(await program.wait() == .signal(SIGTERM))
        }
    }

    /// What a test writes into while a program reads from it.
    private final class Pipe: Sendable {
        let path: String
        private let descriptor: CInt

        init(_ folder: URL) throws {
            path = folder.appending(path: "pipe").path
            // Open for both: opening does not wait for the reader then.
            guard mkfifo(path, 0o600) == 0, case let descriptor = open(path, O_RDWR | O_CLOEXEC), descriptor >= 0 else {
                throw CocoaError(.fileWriteUnknown)
            }
            self.descriptor = descriptor
        }

        func write(_ line: String) throws {
            let bytes = Array((line + "\n").utf8)
            guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
        }

        func close() { _ = Glibc.close(descriptor) }
    }

    /// A case that nobody has seen is not acknowledged.
    @Test func whatCannotBeWrittenIsNotActedOn() async throws {
        try await with { lots in
            let sent = try await lots("submit", "-", as: Self.police, input: try Sample.json(Sample.submission("m")))
            #expect(sent.end == .exit(0))
            let pulled = try await lots(["pull", "--json", "--acknowledge"], as: Self.volunteers, output: "/dev/full")
            #expect(pulled.end == .exit(74), "\(pulled.errors)")
            let log = try String(contentsOf: lots.folder.appending(path: "log"), encoding: .utf8)
            #expect(log.contains("assignment handed out") && !log.contains("assignment changed"))
        }
    }

    @Test func whatNeverEndsIsRefused() async throws {
        try await with { lots in
            let endless = String(repeating: "x", count: 17 << 20)
            let output = try await lots("submit", try lots.file(endless), as: Self.police)
            #expect(output.end == .exit(65) && output.errors.contains(":1: "), "\(output.errors.prefix(300))")
        }
    }

    @Test func theExitCodeSaysWhatWentWrong() async throws {
        try await with { lots in
            let good = try Sample.json(Sample.submission("m"))
            for (code, arguments, unit) in [
                (0, ["health"], Self.police), (0, ["pull"], Self.volunteers), (0, ["--help"], Self.police),
                (64, ["pull", "--limit", "0"], Self.police), (64, ["nonsense"], Self.police), (64, ["return", "a"], Self.volunteers),
                (64, ["return", "a", "--reason", "boredom"], Self.volunteers), (65, ["submit", "-"], Self.police),
                (65, ["route", "explain", "-"], Self.police),
                (66, ["status", "0123456789ABCDEFGHJKMNPQRS"], Self.police), (66, ["accept", "a", "b"], Self.volunteers),
                (64, ["replay", "week.jsonl", "--server", "nowhere"], Self.police), (66, ["summary", "/nowhere/file.json"], Self.police),
                (66, ["submit", "/nowhere/file.json"], Self.police), (66, ["submit", "/"], Self.police),
                (66, ["route", "explain", "/nowhere/file.json"], Self.police),
                (77, ["pull"], Self.police), (77, ["status", "--message", "m"], Self.volunteers),
                (78, ["health", "--profile", "nobody"], Self.police), (78, ["health", "--profiles", "/nowhere.yaml"], Self.police),
            ] {
                let output = try await lots(arguments, as: unit)
                #expect(output.end == .exit(Int32(code)), "\(arguments): \(output.errors)")
                #expect((output.errors == "") == (code == 0), "\(arguments): \(output.errors)")
            }
            let forbidden = try await lots("submit", "-", as: Self.volunteers, input: good)
            #expect(forbidden.end == .exit(77), "\(forbidden.errors)")
            let health = try await lots("health", "--json", as: Self.police)
            #expect(try health.json.map { $0.text("status") } == ["SERVING"])
            let refused = try await lots("health", as: Installation.Unwelcome.revoked)
            #expect(refused.end == .exit(77) && refused.errors.contains("certificate revoked"), "\(refused.errors)")
            let unreachable = try await lots("health", as: Self.police, port: 1)
            #expect(unreachable.end == .exit(69))
            #expect(unreachable.errors.contains("127.0.0.1:1: nobody listens there"), "\(unreachable.errors)")
            let week = Installation.project.appending(path: "Tests/Streams/week.jsonl").path
            let replay = try await lots(
                "replay", week, "--server", "127.0.0.1:1", "--pki", lots.installation.path("certs/development"), as: Self.police)
            #expect(replay.end == .exit(69))
            #expect(replay.errors == "lots: cannot reach the exchange at 127.0.0.1:1: nobody listens there\n")
            let nowhere = try await lots("submit", "/nowhere/file.json", as: Self.police)
            #expect(nowhere.errors == "lots: /nowhere/file.json: No such file or directory\n")
            // Whose key others may read does not connect.
            let exposed = try await lots("health", as: Self.police, ["LOTS_CLIENT_KEY": lots.exposedKey()])
            #expect(exposed.end == .exit(78) && exposed.errors.contains("chmod 600"), "\(exposed.errors)")
        }
    }

    /// What the demonstration does: a week against a daemon that was started on its first day.
    @Test func aRecordedWeekPlaysAndIsSummedUp() async throws {
        try await with(["CLOCK_START_AT": "2026-03-02T06:00:00Z"]) { lots in
            let (week, live) = (
                Installation.project.appending(path: "Tests/Streams/week.jsonl").path, lots.folder.appending(path: "live.jsonl").path
            )
            let played = try await lots(
                "replay", week, "--server", "127.0.0.1:\(lots.port)", "--pki", lots.installation.path("certs/development"), "--record",
                live, as: Self.police)
            #expect(played.end == .exit(0), "\(played.errors)")
            #expect(played.text.contains(", 0 different"))
            let summary = try await lots("summary", live, as: Self.police)
            #expect(summary.end == .exit(0))
            for part in ["Who sent what", Self.police, "Who received what", "What people decide", "A receipt", "A decision explained"] {
                #expect(summary.text.contains(part))
            }
            // The first call again, with an answer that nobody gave.
            let lines = try String(contentsOfFile: week, encoding: .utf8).split(separator: "\n")
            let forged = try lots.file(
                (lines.prefix(1) + lines.filter { $0.contains("\"call\":1,") }).joined(separator: "\n")
                    .replacing("under-10", with: "under-11"))
            let differing = try await lots(
                "replay", forged, "--server", "127.0.0.1:\(lots.port)", "--pki", lots.installation.path("certs/development"),
                as: Self.police)
            #expect(differing.end == .exit(65))
            #expect(differing.text.contains(", 1 different"))
            #expect(differing.errors.contains("under-11") && differing.errors.contains("reviewReason"), "\(differing.errors)")
        }
    }

    /// A daemon, and the command line that calls it.
    func with(_ variables: [String: String] = [:], _ body: (Tool) async throws -> Void) async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            try await Daemon.with(files, variables) { daemon in
                try await body(Tool(installation: installation, folder: files.folder, port: daemon.port))
            }
        }
    }

    /// `lots`, with a profile for whoever calls it.
    struct Tool {
        let installation: Installation
        let folder: URL
        let port: Int

        func callAsFunction(_ arguments: String..., as unit: String, input: String = "") async throws -> Program.Output {
            try await self(arguments, as: unit, input: input)
        }

        func callAsFunction(
            _ arguments: String..., as unit: String, port: Int? = nil, _ variables: [String: String] = [:]
        ) async throws -> Program.Output {
            try await self(arguments, as: unit, variables.merging(["LOTS_CLIENT_SERVER": "127.0.0.1:\(port ?? self.port)"]) { $1 })
        }

        func callAsFunction(
            _ arguments: [String], as unit: String, input: String = "", output: String? = nil, _ variables: [String: String] = [:]
        ) async throws -> Program.Output {
            let profiles = try profiles(for: unit)
            return try await Program.run(
                Program.built("lots"), arguments, environment: ["LOTS_PROFILES": profiles].merging(variables) { $1 }, input: input,
                output: output)
        }

        /// Does not wait for its end.
        func start(_ arguments: [String], as unit: String) async throws -> Running {
            let (output, errors) = (try file(""), try file(""))
            return Running(
                program: try await Program(
                    Program.built("lots"), arguments, environment: ["LOTS_PROFILES": try profiles(for: unit)], output: output,
                    errors: errors),
                output: output, errorOutput: errors)
        }

        struct Running {
            let program: Program
            let output: String
            let errorOutput: String

            var text: String { get throws { try String(contentsOfFile: output, encoding: .utf8) } }
            var errors: String { get throws { try String(contentsOfFile: errorOutput, encoding: .utf8) } }
            var end: Program.End? { program.end }

            func wait() async -> Program.End { await program.wait() }
            func stop() { program.signal(SIGTERM) }
        }

        private func profiles(for unit: String) throws -> String {
            let profiles = folder.appending(path: "profiles-\(UUID().uuidString).yaml").path
            try """
            profiles:
              me:
                server: 127.0.0.1:\(port)
                certificate: \(installation.file(of: unit))
                key: \(installation.file(of: unit, "key"))
                authorities: \(installation.authority)
                server_identity: \(Installation.serverIdentity)
            """.write(toFile: profiles, atomically: true, encoding: .utf8)
            return profiles
        }

        /// A file with this content.
        func file(_ content: String) throws -> String {
            let path = folder.appending(path: "input-\(UUID().uuidString).json").path
            try content.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        func exposedKey() throws -> String {
            let path = folder.appending(path: "exposed.key").path
            try FileManager.default.copyItem(
                atPath: installation.file(of: CommandLineTests.police, "key"), toPath: path)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            return path
        }
    }
}

extension Program.Output {
    /// Standard output, one JSON value a line.
    var json: [JSONValue] {
        get throws { try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) } }
    }
}
