import Foundation
import Protobuf
import Referral
import ReferralAPI
import TestSupport
import Testing

/// `lots case` against the built daemon.
@Suite(.timeLimit(.minutes(6))) struct CaseCommandTests {
    private static let police = "polisen-stockholm/vasterort"
    private static let centre = "stodcentrum-vasterort/vallingby"
    private static let volunteers = "bojen-vasterort/stodsamordning"

    @Test func aSupportByHand() async throws {
        try await CommandLineTests().with { lots in
            var content = Sample.adult()
            content.contacts = [
                Contact(phone: Sample.phone, holder: .person, noVoicemail: true, safeHours: "vardagar 9–15", mayAnswer: "systern")
            ]
            let id = try await Self.accepted(Sample.submission("m", content), by: Self.volunteers, lots)

            let list = try await lots("case", "list", as: Self.volunteers)
            #expect(list.end == .exit(0) && list.text.contains(id) && list.text.contains("1 case, 0 overdue"), "\(list.text)")
            let shown = try await lots("case", "show", id, as: Self.volunteers)
            #expect(shown.end == .exit(0) && shown.text.contains("phase       accepted since"), "\(shown.text)")
            #expect(shown.text.contains("person      Exempla Påhittad, 41, victim"), "\(shown.text)")
            // The rules stand in the line of the number.
            #expect(
                shown.text.contains("reach       \(Sample.phone); no voicemail; hours: vardagar 9–15; may answer: systern\n"),
                "\(shown.text)")

            let attempt = try await lots("case", "attempt", id, "--channel", "call", "--result", "no-answer", as: Self.volunteers)
            #expect(attempt.end == .exit(0) && attempt.text.contains("phase       contacting since"), "\(attempt.errors)")
            // What is printed first is enough to give the command again.
            let again = attempt.errors.split(whereSeparator: \.isWhitespace).suffix(4).map(String.init)
            #expect(again.count == 4 && again[0] == "--command-id" && again[2] == "--at", "\(attempt.errors)")
            let repeated = try await lots(
                ["case", "attempt", id, "--channel", "call", "--result", "no-answer", "--json"] + again, as: Self.volunteers)
            #expect(try repeated.json.map { $0["attempts"]?.integer(as: Int.self) } == [1])
            let version = try #require(try repeated.json.first).text("version")
            let other = try await lots(["case", "resume", id, "--command-id", again[1]], as: Self.volunteers)
            #expect(other.end == .exit(65) && other.errors.contains("command_id: was used before"), "\(other.errors)")

            let contact = try await lots(
                "case", "contact", id, "--channel", "sms", "--expect", version, "--json", as: Self.volunteers)
            #expect(try contact.json.map { $0.text("phase") } == ["CASE_PHASE_CONTACTED"])
            let late = try await lots("case", "decline", id, "--expect", version, as: Self.volunteers)
            #expect(late.end == .exit(75) && late.errors.contains("the case has changed"), "\(late.errors)")
            for (arguments, phase) in [
                (["meeting", id, "--result", "held", "--form", "in-person"], "in support"),
                (["service", id, "--given", "counsel", "--minutes", "45", "--municipality", "0180"], "in support"),
                (["hold", id, "--reason", "person-away", "--until", Self.day(5)], "on hold"), (["resume", id], "in support"),
                (["complete", id, "--outcome", "no-further-need"], "completed: no further need"),
            ] {
                let output = try await lots(["case"] + arguments, as: Self.volunteers)
                #expect(output.end == .exit(0) && output.text.contains("phase       \(phase) since"), "\(arguments): \(output.errors)")
            }
            #expect(try await lots("case", "list", as: Self.volunteers).text == "no cases\n")
        }
    }

    @Test func aHandoverByHand() async throws {
        try await CommandLineTests().with { lots in
            let id = try await Self.accepted(Sample.submission("m", Sample.young()), by: Self.centre, lots)
            let offer = ["case", "handover", "offer", id, "--to", "bojen-vasterort", "--reason", "persons-wish"]
            let without = try await lots(offer, as: Self.centre)
            #expect(without.end == .exit(65) && without.errors.contains("a handover needs the person's consent"), "\(without.errors)")
            let offered = try await lots(offer + ["--person-agrees"], as: Self.centre)
            #expect(offered.text.contains("handover    to bojen-vasterort until"), "\(offered.errors)")
            let waiting = try await lots("case", "list", "--handovers", "--json", as: Self.volunteers)
            #expect(try waiting.json.map { $0.text("assignmentId") } == [id])
            let asked = try await lots("case", "show", id, as: Self.volunteers)
            #expect(asked.end == .exit(0) && asked.text.contains("no content to show") && !asked.text.contains("Exempla"))
            let refused = try await lots("case", "handover", "refuse", id, "--reason", "no-capacity", as: Self.volunteers)
            #expect(refused.end == .exit(0), "\(refused.errors)")
            let again = try await lots(offer + ["--person-agrees"], as: Self.centre)
            #expect(again.end == .exit(65) && again.errors.contains("only the coordinator can give it to them again"), "\(again.errors)")
            let foreign = try await lots("case", "handover", "accept", id, as: Self.volunteers)
            #expect(foreign.end == .exit(66), "\(foreign.errors)")
            let withdrawn = try await lots("case", "withdraw", id, "--scope", "everything", as: Self.centre)
            #expect(withdrawn.text.contains("phase       withdrawn since"), "\(withdrawn.errors)")
        }
    }

    @Test func aMediationByHand() async throws {
        try await CommandLineTests().with { lots in
            var content = Sample.young()
            content.services = [.mediation]
            content.consent.coversMediation = true
            content.mediation = Mediation(
                offenders: [Offender(age: 16, residence: content.residence, admitted: .yes, takesPart: .yes)], investigation: .running,
                leaderConsulted: .yes, personTakesPart: .yes, suitable: .yes)
            let id = try await Self.accepted(Sample.submission("m", content), by: Self.centre, lots)
            let mediation = ["case", "mediation"]
            #expect(try await lots(mediation + ["find", id, "--suitable", "unknown"], as: Self.centre).end == .exit(0))
            let early = try await lots(mediation + ["eligible", id], as: Self.centre)
            #expect(early.end == .exit(65) && early.errors.contains("mediation is not known to be suitable"), "\(early.errors)")
            for arguments in [
                ["find", id, "--suitable", "yes"], ["find", id, "--admitted", "yes", "--party", "offender-1"],
                ["find", id, "--age", "17", "--party", "offender-1"], ["add-party", id, "--side", "victim", "--age", "30"],
                ["leader", id, "--view", "no-objection"], ["eligible", id], ["ask", id, "--party", "offender-1"],
                ["answer", id, "--party", "offender-1", "--reply", "yes"], ["ask", id, "--party", "victim-1"],
                ["answer", id, "--party", "victim-1", "--reply", "yes"], ["ask", id, "--party", "victim-2"],
                ["answer", id, "--party", "victim-2", "--reply", "yes"], ["pre-meeting", id, "--party", "offender-1"],
                ["pre-meeting", id, "--party", "victim-1"], ["pre-meeting", id, "--party", "victim-2"], ["meeting", id],
                ["conclude", id, "--outcome", "not-agreed"],
            ] {
                let output = try await lots(mediation + arguments, as: Self.centre)
                #expect(output.end == .exit(0), "\(arguments): \(output.errors)")
            }
            let shown = try await lots("case", "show", id, as: Self.centre)
            #expect(shown.text.contains("offender-1: age 17, admitted: yes, yes, pre-meeting"), "\(shown.text)")
            let reported = try await lots(mediation + ["report", id, "--to", "police", "--json"], as: Self.centre)
            #expect(try reported.json.first?["ending"]?.text("mediation") == "MEDIATION_OUTCOME_NOT_AGREED")
        }
    }

    @Test func whatIsWrongOnTheCommandLineIsSaid() async throws {
        try await CommandLineTests().with { lots in
            for (code, arguments, error) in [
                (64, ["attempt", "a", "--channel", "pigeon", "--result", "no-answer"], "call, sms, email, letter, visit, social-media"),
                (64, ["attempt", "a", "--channel", "call", "--result", "no-answer", "--at", "yesterday"], "2026-03-02T18:30"),
                (64, ["contact", "a", "--channel", "call", "--at", "2026-02-30T10:00"], "exist"),
                (64, ["list", "--overdue", "--handovers"], "one of"), (64, ["list", "--limit", "0"], "at least 1"),
                (64, ["withdraw", "a", "--scope", "support", "--expect", "3"], "whatever the version"),
                (64, ["mediation", "find", "a"], "exactly one"), (64, ["mediation", "find", "a", "--age", "3"], "--party"),
                (65, ["contact", "a", "--channel", "call", "--at", "2026-03-02T10:00:00"], "at"),
                (65, ["hold", "a", "--reason", "trial", "--until", "tomorrow"], "until: must be a day that exists, YYYY-MM-DD"),
                (65, ["service", "a", "--given", "linking", "--minutes", "0", "--municipality", "x"], "minutes: must be 1 to 1440"),
                (65, ["resume", "a", "--command-id", ""], "command_id: is required"), (66, ["resume", "a"], "no assignment with this id"),
                (66, ["show", "a"], "no assignment with this id"),
            ] {
                let output = try await lots(["case"] + arguments, as: Self.volunteers)
                #expect(output.end == .exit(Int32(code)), "\(arguments): \(output.errors)")
                #expect(output.errors.contains(error), "\(arguments): \(output.errors)")
            }
            #expect(try await lots("case", "list", as: Self.police).end == .exit(77))
            let unnamed = try await lots("case", "list", "--protected", as: "bojen-stockholm-gotland/gotland")
            #expect(unnamed.end == .exit(77) && unnamed.errors.contains("reader of protected identities"), "\(unnamed.errors)")
            let lost = try await lots(["case", "resume", "a"], as: Self.volunteers, ["LOTS_CLIENT_SERVER": "127.0.0.1:1"])
            #expect(lost.end == .exit(69) && lost.errors.contains("to try again, give --command-id"), "\(lost.errors)")
        }
    }

    private static func accepted(_ submission: Submission, by unit: String, _ lots: CommandLineTests.Tool) async throws -> String {
        let sent = try await lots("submit", "-", as: police, input: Sample.json(submission))
        #expect(sent.end == .exit(0), "\(sent.errors)")
        let pulled = try await lots("pull", "--json", as: unit)
        let id = try #require(try pulled.json.first).text("assignmentId")
        #expect(try await lots("accept", id, as: unit).end == .exit(0))
        return id
    }

    private static func day(_ later: Int) -> String {
        CivilDate(inStockholmAt: Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))).adding(days: later).description
    }
}
