import Foundation
import Protobuf
import Referral
import ReferralAPI
import TestSupport
import Testing

/// The coordinator's commands against built daemons.
@Suite(.timeLimit(.minutes(5))) struct PublishCommandTests {
    private static let coordinator = "stockholms-stad/samordnare"
    private static let police = "polisen-stockholm/vasterort"

    /// Edit, publish on one daemon, decided so by another on the same database, roll back; a restart says that the files are old.
    @Test func rulesAreEditedPublishedAndRolledBack() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            let table = try await Daemon.with(files) { one in
                let lots = Lots(installation, files.folder, one.port)
                let begun = try await lots("route", "versions")
                #expect(
                    begun.end == .exit(0) && begun.text.contains("rule set 2") && begun.text.contains("configuration"), "\(begun.errors)")
                #expect(begun.text.contains("directory 1") && begun.text.contains("always"))

                let folder = files.folder.appending(path: "edit").path
                let written = try await lots("route", "version", "--rule-set", "2", "--to", folder)
                #expect(written.end == .exit(0) && written.text == "\(folder)/support.dmn\n\(folder)/mediation.dmn\n", "\(written.errors)")
                #expect(try text(folder + "/support.dmn") == text(installation.path("config/routing/2023/support.dmn")))
                let again = try await lots("route", "version", "--rule-set", "2", "--to", folder)
                #expect(again.end == .exit(74) && again.errors.contains("support.dmn"), "\(again.errors)")

                // A mistake, under the name of the file as it was given.
                let support = folder + "/support.dmn"
                let right = try text(support)
                try right.replacing("victim-10-to-17-out-1\"><text>\"support", with: "victim-10-to-17-out-1\"><text>\"suport")
                    .write(toFile: support, atomically: true, encoding: .utf8)
                let arguments = [
                    "route", "publish", "--support", support, "--mediation", folder + "/mediation.dmn", "--name", "Unga till jouren",
                    "--valid-from", "\(CivilDate(inStockholmAt: Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))))",
                    "--signed-off-by", "Åsa Öberg",
                ]
                let refused = try await lots(arguments)
                #expect(refused.end == .exit(65) && refused.errors.contains("\(support):105: table"), "\(refused.errors)")

                try right.replacing(
                    "victim-10-to-17-out-1\"><text>\"support centre", with: "victim-10-to-17-out-1\"><text>\"brottsofferjour"
                )
                .replacing("victim-10-to-17-out-3\"><text>\"brottsofferjour", with: "victim-10-to-17-out-3\"><text>\"support centre")
                .write(toFile: support, atomically: true, encoding: .utf8)
                let (published, used) = try await publish(arguments + ["--accept-as-in", "2"], lots)
                let known = try await lots("route", "version", "--rule-set", "2", "--json").values.first?["version"]?.list("accepted") ?? []
                #expect(!known.isEmpty && published.list("accepted").prefix(known.count).elementsEqual(known))
                let number = try #require(published["number"]?.integer(as: Int.self))
                #expect(published.text("name") == "Unga till jouren" && published.text("publishedBy") == Self.coordinator)
                #expect(
                    try await lots(used).text.contains("rule set \(number) Unga till jouren is in force from"))
                #expect(try await explained(lots).contains("goes to bojen-vasterort"))

                try await Daemon.with(files) { two in
                    let others = Lots(installation, files.folder, two.port)
                    #expect(try await explained(others).contains("goes to bojen-vasterort"))
                    let rolledBack = try await others("route", "rollback", "--rule-set", "\(number)", "--reason", "fel")
                    #expect(rolledBack.end == .exit(0) && rolledBack.text.contains("was rolled back"), "\(rolledBack.errors)")
                    _ = try await eventually("the first daemon sees it") {
                        try await explained(lots).contains("goes to stodcentrum-vasterort") ? true : nil
                    }
                    #expect(try await others("route", "versions").text.contains("fel"))
                    #expect(await two.stop() == .exit(0))
                }
                let listed = try await lots("route", "versions", "--json")
                #expect(try listed.values.compactMap { $0["rollback"]?.text("reason") } == ["fel"])
                #expect(await one.stop() == .exit(0))
                return support
            }
            // The files do nothing now, and the log says so.
            #expect(try !files.loggedText().contains("The database decides"))
            let directory = files.folder.appending(path: "directory.yaml").path
            try text(installation.path("config/directory.yaml")).replacing("Bromma gymnasium", with: "Bromma nya gymnasium")
                .write(toFile: directory, atomically: true, encoding: .utf8)
            try await Daemon.with(files, ["DIRECTORY": directory]) { daemon in
                let log = try files.loggedText()
                #expect(log.contains("the directory of the configuration is not the last") && log.contains(directory), "\(log)")
                #expect(log.contains("lots route publish"))
                let lots = Lots(installation, files.folder, daemon.port)
                let shown = try await lots("route", "version", "--directory", "1", "--json")
                #expect(try shown.values.first?.list("texts").first?.text("text").contains("Bromma gymnasium") == true)
            }
            #expect(FileManager.default.fileExists(atPath: table))
        }
    }

    @Test func whatIsWrongIsSaid() async throws {
        let installation = try await Installation.current
        try await Daemon.Files.with { files in
            try await Daemon.with(files) { daemon in
                let lots = Lots(installation, files.folder, daemon.port)
                let directory = installation.path("config/directory.yaml")
                let base = ["route", "publish", "--name", "x", "--signed-off-by", "Å", "--valid-from"]
                let past = try await lots(base + ["2020-01-01", "--directory", directory])
                #expect(past.end == .exit(65) && past.errors.contains("2020-01-01 has passed"), "\(past.errors)")
                let noDay = try await lots(base + ["tomorrow", "--directory", directory])
                #expect(noDay.end == .exit(65) && noDay.errors.contains("valid_from: must be a day"), "\(noDay.errors)")
                let missing = try await lots(base + ["2099-01-01", "--directory", "/nowhere.yaml"])
                #expect(missing.end == .exit(66) && missing.errors.contains("/nowhere.yaml: No such file"), "\(missing.errors)")
                for wrong in [[], ["--support", directory], ["--directory", directory, "--support", directory, "--mediation", directory]] {
                    #expect(try await lots(base + ["2099-01-01"] + wrong).end == .exit(64))
                }
                #expect(try await lots(base + ["2099-01-01", "--directory", directory, "--accept", "gap"]).end == .exit(64))
                #expect(try await lots("route", "rollback", "--rule-set", "77", "--reason", "x").end == .exit(66))
                #expect(try await lots("route", "rollback", "--reason", "x").end == .exit(64))
                let stranger = try await lots(base + ["2099-01-01", "--directory", directory], as: Self.police)
                #expect(stranger.end == .exit(77) && stranger.errors.contains("is not the coordinator"), "\(stranger.errors)")
            }
        }
    }

    /// Accepts what is found.
    private func publish(_ arguments: [String], _ lots: Lots) async throws -> (version: JSONValue, arguments: [String]) {
        let first = try await lots(arguments + ["--json"])
        if first.end == .exit(0) { return (try #require(try first.values.first), arguments) }
        #expect(first.end == .exit(65) && first.errors.contains("not accepted"), "\(first.errors)")
        let ids = first.errors.split(separator: "\n").dropLast().compactMap { line in
            line.split(separator: " ").dropFirst().first.map { String($0.dropLast()) }
        }
        let accepting = arguments + ids.flatMap { ["--accept", "\($0)=known"] }
        let second = try await lots(accepting + ["--json"])
        #expect(second.end == .exit(0), "\(second.errors)")
        return (try #require(try second.values.first), accepting)
    }

    private func explained(_ lots: Lots) async throws -> String {
        try await lots(["route", "explain", "-"], as: Self.police, input: Sample.json(Sample.submission("m", Sample.young()))).text
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    /// `lots` with a profile for whoever calls it.
    private struct Lots {
        let installation: Installation
        let folder: URL
        let port: Int

        init(_ installation: Installation, _ folder: URL, _ port: Int) {
            self.installation = installation
            self.folder = folder
            self.port = port
        }

        func callAsFunction(_ arguments: String...) async throws -> Program.Output { try await self(arguments) }

        func callAsFunction(
            _ arguments: [String], as unit: String = PublishCommandTests.coordinator, input: String = ""
        ) async throws -> Program.Output {
            let variables = [
                "LOTS_CLIENT_SERVER": "127.0.0.1:\(port)", "LOTS_CLIENT_CERTIFICATE": installation.file(of: unit),
                "LOTS_CLIENT_KEY": installation.file(of: unit, "key"), "LOTS_CLIENT_AUTHORITIES": installation.authority,
                "LOTS_CLIENT_SERVER_IDENTITY": Installation.serverIdentity, "HOME": folder.path,
            ]
            return try await Program.run(Program.built("lots"), arguments, environment: variables, input: input)
        }
    }
}

extension Program.Output {
    /// Standard output, one JSON value a line.
    fileprivate var values: [JSONValue] {
        get throws { try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) } }
    }
}
