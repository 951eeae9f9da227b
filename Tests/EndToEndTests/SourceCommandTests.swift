import Foundation
import Referral
import ReferralAPI
import SQLiteStore
import TestSupport
import Testing

/// `lots source` against the built daemon.
@Suite(.timeLimit(.minutes(6))) struct SourceCommandTests {
    private static let unit = "polisen-stockholm/vasterort"
    private static let coordinator = "stockholms-stad/samordnare"
    private static let volunteers = "bojen-vasterort/stodsamordning"
    private static let today = CivilDate(inStockholmAt: Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)))

    /// A database with a unit that is silent and one that is not.
    private static func with(_ body: (Daemon.Files) async throws -> Void) async throws {
        try await Daemon.Files.with { files in
            // Makes the database and its key.
            try await Daemon.with(files) { _ in }
            let store = try SQLiteStore(path: files.database)
            let police = OrganisationID("polisen-stockholm")
            let city = InflowSource(Participant(organisation: police, unit: UnitID("city")))
            let west = Participant(organisation: police, unit: UnitID("vasterort"))
            try await store.seed(
                [city], silent: [InflowSource(west), InflowSource(west, to: OrganisationID("bojen-vasterort"))],
                through: today.adding(days: -1))
            try await store.close()
            try await body(files)
        }
    }

    @Test func theCoordinatorSaysWhatIsToBeExpected() async throws {
        try await Self.with { files in
            let until = Self.today.adding(days: 30).description
            let first = try await Daemon.with(files) { daemon in
                let lots = CommandLineTests.Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                let silent = try await lots("source", "list", "--state", "silent", as: Self.coordinator)
                let lines = silent.text.split(separator: "\n")
                #expect(silent.end == .exit(0) && lines.count == 3 && lines[0].hasPrefix("SENDER"), "\(silent.text) \(silent.errors)")
                #expect(lines[1].contains(Self.unit) && lines[1].contains("silent"))
                #expect(try await lots("source", "list", "--json", as: Self.coordinator).json.count == 3)

                let pause = ["source", "pause", Self.unit, "--until", until, "--reason", "reorganisation"]
                let refused = try await lots(pause, as: Self.unit)
                #expect(refused.end == .exit(65) && refused.errors.contains("an alarm is on"), "\(refused.errors)")
                let paused = try await lots(pause + ["--command-id", "p1"], as: Self.coordinator)
                #expect(paused.end == .exit(0) && paused.text.hasPrefix("notice "), "\(paused.errors)")
                #expect(paused.text.contains("Västerorts polismästardistrikt väntas inte skicka något"))
                let table = try await lots("source", "list", "--state", "paused", as: Self.volunteers)
                #expect(
                    table.text.contains("bojen-vasterort") && table.text.contains("\(until)  paused: reorganisation (\(Self.coordinator)"))
                let watched = try await lots("watch", "referrals", "--until-caught-up", as: Self.unit)
                #expect(watched.text.contains("cleared") && watched.text.contains("\(Self.coordinator)  Västerorts"), "\(watched.text)")
                return paused.text
            }
            // After a restart the same command is answered as before; the rest goes on from there.
            try await Daemon.with(files) { daemon in
                let lots = CommandLineTests.Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                let again = try await lots(
                    "source", "pause", Self.unit, "--until", until, "--reason", "reorganisation", "--command-id", "p1", as: Self.coordinator
                )
                #expect(again.text == first, "\(again.errors)")
                for (arguments, text) in [
                    (["resume", Self.unit, "--reason", "works-again"], "väntas skicka som vanligt (fungerar igen)"),
                    (
                        ["accept", Self.unit, "--to", "bojen-vasterort", "--reason", "fewer-cases"],
                        "det som kommer nu till Brottsofferjouren Västerort är det som är att vänta"
                    ), (["end", "polisen-stockholm/city", "--reason", "other-route"], "skickar inte längre något"),
                ] {
                    let output = try await lots(["source"] + arguments, as: Self.coordinator)
                    #expect(output.end == .exit(0) && output.text.contains(text), "\(arguments): \(output.text) \(output.errors)")
                    #expect(output.errors.contains("to try again, give --command-id"))
                }
                let states = try await lots("source", "list", "--json", as: Self.coordinator).json.map { $0.text("state") }
                #expect(states == ["SOURCE_STATE_ENDED", "SOURCE_STATE_NORMAL", "SOURCE_STATE_LEARNING"])
            }
        }
    }

    @Test func aNumberOfAnySizeIsPrinted() async throws {
        try await Self.with { files in
            let store = try SQLiteStore(path: files.database)
            try await store.write { transaction in
                for stored in try transaction.inflowMonitors() where stored.alarm != nil {
                    var monitor = try #require(try JSONSerialization.jsonObject(with: Data(stored.state)) as? [String: Any])
                    var incident = try #require(monitor["incident"] as? [String: Any])
                    var alarm = try #require(incident["alarm"] as? [String: Any])
                    alarm["expected"] = 1e300
                    incident["alarm"] = alarm
                    monitor["incident"] = incident
                    let state = Array(try JSONSerialization.data(withJSONObject: monitor))
                    try transaction.put(StoredInflowMonitor(source: stored.source, state: state, alarm: stored.alarm))
                }
            }
            try await store.close()
            try await Daemon.with(files) { daemon in
                let lots = CommandLineTests.Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                let silent = try await lots("source", "list", "--state", "silent", as: Self.coordinator)
                #expect(silent.end == .exit(0) && silent.text.contains("1e+300"), "\(silent.text) \(silent.errors)")
            }
        }
    }

    @Test func whatIsWrongOnTheCommandLineIsSaid() async throws {
        try await Self.with { files in
            try await Daemon.with(files) { daemon in
                let lots = CommandLineTests.Tool(installation: try await .current, folder: files.folder, port: daemon.port)
                for (code, arguments, error) in [
                    (64, ["pause", "a/b", "--until", "2026-01-01", "--reason", "closed"], "holidays, reorganisation, workload"),
                    (64, ["end", "a/b", "--reason", "closed", "--expect", "1"], "--expect"),
                    (64, ["list", "--state", "asleep"], "normal, learning, silent, half, paused, ended"),
                    (
                        65, ["pause", "a", "--until", "tomorrow", "--reason", "workload"],
                        "sender: must be organisation/unit; until: must be a day"
                    ),
                    (65, ["pause", Self.unit, "--until", "2020-01-01", "--reason", "workload"], "until: must be a day after today"),
                    (66, ["end", "a/b", "--reason", "closed"], "nothing of this source was counted"),
                ] {
                    let output = try await lots(["source"] + arguments, as: Self.coordinator)
                    #expect(output.end == .exit(Int32(code)), "\(arguments): \(output.errors)")
                    #expect(output.errors.contains(error), "\(arguments): \(output.errors)")
                }
                let others = try await lots("source", "end", Self.unit, "--reason", "closed", as: Self.volunteers)
                #expect(others.end == .exit(77), "\(others.errors)")
            }
        }
    }
}
