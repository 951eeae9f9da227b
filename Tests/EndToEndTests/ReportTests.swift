import Exchange
import FigureSamples
import Figures
import Foundation
import NIOPosix
import Protobuf
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import TestSupport
import Testing

/// Figures as they are counted in a store, asked for over the wire and shown by the command.
@Suite(.timeLimit(.minutes(8))) struct ReportTests {
    /// Made on a thread that nobody else waits for.
    private static let years = Task { try await NIOThreadPool.singleton.runIfActive { try NordvastYears(seed: 2_017) } }
    private static let centre = "stodcentrum-nordvast/jarfalla"
    private static let coordinator = "stockholms-stad/samordnare"

    private func year(_ year: Int) throws -> ClosedRange<CivilDate> { try #require(ClosedRange<CivilDate>.year(year)) }

    // MARK: Counting

    /// Whatever the portions, whoever counts, and however often it is begun anew: the same.
    @Test func countingInPortionsGivesWhatCountingAtOnceGives() async throws {
        let steps = try await Self.years.value.steps.prefix(700)
        try await LiveExchange.with { live in
            var portions = [1, 2, 3, 5, 8, 40, 100]
            let half = steps.count / 2
            try await live.store.append(steps[..<half])
            while try await live.exchange.countFigures(upTo: portions[0]) > 0 { portions = portions.dropFirst() + [portions[0]] }
            let early = try await live.store.figures()
            try await live.store.append(steps[half...])
            #expect(try await live.exchange.countFigures(upTo: 10) == 10)
            while try await live.exchange.countFigures(upTo: portions[0]) > 0 { portions = portions.dropFirst() + [portions[0]] }
            let portioned = try await live.store.figures()
            #expect(portioned != early && portioned.count == Set(steps.map(\.state.id)).count)
            #expect(try await live.store.read { try $0.figuresSequence() } == Int64(steps.count))

            try await live.exchange.forgetFigures()
            #expect(try await live.store.figures().isEmpty)
            while try await live.exchange.countFigures() > 0 {}
            #expect(try await live.store.figures() == portioned)

            // Each is the fold of its own log.
            for (id, log) in Dictionary(grouping: try await live.events(), by: \.referral) {
                let record = try #require(ReferralRecord(log: log))
                #expect(portioned[id]?.record == (try record.encoded()) && portioned[id]?.days == record.days)
            }

            // Two exchanges on one store, at the same time.
            try await live.exchange.forgetFigures()
            try await live.withAnother(.memory) { other in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for exchange in [live.exchange, other.exchange, live.exchange, other.exchange] {
                        group.addTask { while try await exchange.countFigures(upTo: 7) > 0 {} }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await live.store.figures() == portioned)
        }
    }

    /// A report does not wait for all of a long log to be counted; the timer does that, and stops with its task.
    @Test func theTimerCountsWhatAReportDoesNotWaitFor() async throws {
        let steps = try await Self.years.value.steps.prefix(2_500)
        try await LiveExchange.with { live in
            try await live.store.append(steps)
            let report = try await live.exchange.report(.year, of: .all, on: year(2_016))
            #expect(report.throughSequence == 2_048)
            let clock = ManualClock()
            let timer = Task { [exchange = live.exchange] in await FiguresTimer(exchange: exchange, clock: clock).run() }
            await clock.waitForSleeper()
            #expect(try await live.store.read { try $0.figuresSequence() } == 2_500)
            try await live.store.append(Self.years.value.steps[2_500..<2_600])
            clock.advance(by: .seconds(5))
            _ = try await eventually("the rest is counted") {
                try await live.store.read { try $0.figuresSequence() } == 2_600 ? true : nil
            }
            timer.cancel()
            await timer.value
        }
    }

    /// Through the service, over TLS: what is sent is counted when it is asked for, and the report says how far.
    @Test func aReportCountsWhatWasJustSent() async throws {
        try await LiveExchange.with(.tls) { live in
            let sender = try await live.sender()
            for number in 0..<6 { _ = try await sender.submit(Sample.submission("m-\(number)", Sample.young())) }
            let days = try year(2_026)
            let recipient = ReportClient(try await live.client("stodcentrum-vasterort/vallingby"))
            let own = try await recipient.report(.year, on: days)
            #expect(own.throughSequence == 6 && own.organisation == OrganisationID("stodcentrum-vasterort"))
            #expect(own["key-figures"]?["Stödärenden", "now"] == .value(6))
            // Two more, and the third is in no one's way.
            for number in 6..<8 { _ = try await sender.submit(Sample.submission("m-\(number)", Sample.adult())) }
            let jour = try await ReportClient(live.client("bojen-vasterort/stodsamordning")).report(.year, on: days)
            #expect(jour.throughSequence == 8 && jour["key-figures"]?["Stödärenden", "now"] == .value(2))
            let all = try await ReportClient(live.client(Self.coordinator)).report(.year, on: days)
            #expect(all.organisation == nil && all["key-figures"]?["Stödärenden", "now"] == .value(8))
            let police = try await ReportClient(live.client("polisen-stockholm/city")).report(.year, on: days)
            #expect(police["key-figures"]?["Hänvisningar", "now"] == .value(8))
        }
    }

    @Test func whoAsksDecidesWhatIsTold() async throws {
        try await LiveExchange.with { live in
            let sender = try await live.sender()
            for number in 0..<3 { _ = try await sender.submit(Sample.submission("m-\(number)", Sample.young())) }
            let days = try year(2_026)
            func report(_ kind: ReportKind, _ unit: String, _ days: ClosedRange<CivilDate>) async throws -> Report {
                try await ReportClient(live.client(unit)).report(kind, on: days)
            }
            // Small numbers stay inside.
            #expect(try await report(.year, "stodcentrum-vasterort/vallingby", days)["key-figures"]?["Hänvisningar", "now"] == .value(3))
            #expect(try await report(.year, Self.coordinator, days)["key-figures"]?["Hänvisningar", "now"] == .suppressed)
            #expect(try await report(.year, "stadsrevisionen/revisor", days)["key-figures"]?["Hänvisningar", "now"] == .suppressed)
            // Another recipient's cases do not exist.
            #expect(try await report(.year, "bojen-vasterort/stodsamordning", days)["key-figures"]?["Hänvisningar", "now"] == .value(0))
            #expect(try await report(.year, "bromma-gymnasium/elevhalsan", days)["key-figures"]?["Hänvisningar", "now"] == .value(0))
            for kind in [ReportKind.costs, .clocks] {
                let refused = await failure { _ = try await report(kind, "polisen-stockholm/vasterort", days) }
                #expect(refused?.code == .permissionDenied)
            }
            // Days that could be subtracted from one another are not told to others.
            let week = days.lowerBound...days.lowerBound.adding(days: 6)
            #expect(await failure { _ = try await report(.year, Self.coordinator, week) }?.code == .failedPrecondition)
            _ = try await report(.year, "stodcentrum-vasterort/vallingby", week)
            let stranger = await failure {
                let client = ReportClient(try await live.client(identity: "spiffe://lots.example/polisen-stockholm/unknown"))
                _ = try await client.report(.year, on: days)
            }
            #expect(stranger?.code == .permissionDenied)
        }
    }

    // MARK: The daemon and the command

    /// A database with the two years, a daemon that counts them, is killed while it does and goes on, and the command.
    @Test func theDaemonCountsTheYearsOfNordvast() async throws {
        let installation = try await Installation.current
        let years = try await Self.years.value
        try await Daemon.Files.with { files in
            // Makes the key that belongs to the database.
            try await Daemon.with(files) { #expect(await $0.stop() == .exit(0)) }
            let store = try SQLiteStore(path: files.database)
            try await store.append(years.steps[...])
            try await store.close()
            let all = Int64(years.steps.count)
            let begun = try await Daemon.with(files) { daemon in
                // As soon as it has begun.
                let first = try await eventually("some are counted") {
                    let report = try await ReportClient(daemon.client(Self.centre)).report(.year, on: year(2_017))
                    return report.throughSequence > 0 ? report.throughSequence : nil
                }
                #expect(await daemon.kill() == .signal(SIGKILL))
                return first
            }
            #expect(begun <= all)
            try await Daemon.with(files) { daemon in
                _ = try await eventually("all are counted") {
                    try await ReportClient(daemon.client(Self.centre)).report(.year, on: year(2_017)).throughSequence == all ? true : nil
                }
                let lots = Command(installation, files.folder, daemon.port)
                try await check(lots, files.folder, all)
                let recount = try await Daemon.launch(files, ["recount", "--config", installation.settings])
                #expect(await recount.wait() == .exit(0))
                let again = try await ReportClient(daemon.client(Self.centre)).report(.year, on: year(2_017))
                #expect(again.throughSequence < all)
                #expect(await daemon.stop() == .exit(0))
            }
        }
    }

    private func check(_ lots: Command, _ folder: URL, _ sequence: Int64) async throws {
        let json = try await lots("report", "year", "--year", "2017", "--json")
        #expect(json.end == .exit(0), "\(json.errors)")
        let report = try JSONValue(parsing: json.text)
        #expect(report["throughSequence"]?.integer(as: Int64.self) == sequence)
        let figures = try #require(report.list("tables").first { $0["name"]?.string == "key-figures" })
        let rows = Dictionary(
            uniqueKeysWithValues: figures.list("rows").map { row in
                (
                    row.list("labels").first?.string ?? "",
                    row.list("cells").map { $0["value"]?.integer(as: Int.self) ?? 0 }
                )
            })
        #expect(rows["Hänvisningar"] == [1_198, 867])
        #expect(rows["Medlingsärenden"] == [45, 47])
        #expect(rows["Genomförda medlingar"] == [16, 8])
        #expect(rows["Förmöten"]?.last == 51)

        let table = try await lots("report", "year", "--year", "2017")
        #expect(
            table.end == .exit(0) && table.text.contains(/Hänvisningar +1\u{A0}198 +867/) && table.text.contains("0191 Sigtuna"),
            "\(table.text)")
        let csv = try await lots("report", "year", "--year", "2017", "--csv")
        #expect(csv.text.contains("key-figures,Förmöten,,now,count,51,no\r\n"))
        let months = try await lots("report", "year", "--from", "2017-09-01", "--through", "2017-12-31", "--csv", as: Self.coordinator)
        #expect(months.text.contains("key-figures,Hänvisningar,,now,count,116,no\r\n"), "\(months.errors)")

        // Costs, with the shares of the eight municipalities.
        let population = folder.appending(path: "population.csv").path
        let lines = FigureWorld.municipalities.enumerated().map { "\($0.element.0),\(5_000 + 1_117 * $0.offset)" }
        try (["municipality,population"] + lines).joined(separator: "\n").write(toFile: population, atomically: true, encoding: .utf8)
        let costs = try await lots("report", "costs", "--year", "2017", "--population", population)
        #expect(costs.end == .exit(0) && costs.text.contains("100,00\u{A0}%"), "\(costs.errors) \(costs.text)")
        let clocks = try await lots("report", "clocks", "--year", "2017")
        #expect(clocks.text.contains("100,0\u{A0}%") && clocks.text.contains("Första kontakten: Stödcentrum Nordväst"))
        let partnership = try await lots("report", "partnership", "--year", "2017", as: Self.coordinator)
        #expect(partnership.end == .exit(0) && partnership.text.contains("Lokalpolisområde Järfälla"), "\(partnership.errors)")

        for (code, arguments) in [
            (64, ["report", "year"]), (64, ["report", "year", "--year", "2017", "--from", "2017-01-01"]),
            (64, ["report", "year", "--year", "2017", "--csv", "--json"]),
            (65, ["report", "year", "--from", "1990-01-01", "--through", "2017-12-31"]),
            (66, ["report", "costs", "--year", "2017", "--population", "/nowhere"]),
        ] {
            let output = try await lots(arguments)
            #expect(output.end == .exit(Int32(code)) && !output.errors.isEmpty, "\(arguments) \(output.end) \(output.errors)")
        }
        for kind in ["year", "partnership", "costs", "clocks"] {
            let page = folder.appending(path: "\(kind).html")
            let written = try await lots(
                ["report", kind, "--year", "2017", "--html", page.path], as: kind == "year" ? Self.centre : Self.coordinator)
            #expect(written.end == .exit(0), "\(written.errors)")
            try checkPage(String(contentsOf: page, encoding: .utf8))
        }
    }

    /// It stands alone, every element is closed in order, and every picture has a title, a description and a table.
    private func checkPage(_ text: String) throws {
        for forbidden in ["<script", "http", "src=", "href=", "url(", "@import"] { #expect(!text.contains(forbidden), "\(forbidden)") }
        for part in ["<html lang=\"sv\">", "<svg ", "role=\"img\"", "size: A4"] { #expect(text.contains(part), "\(part)") }
        var open: [Substring] = []
        for match in text.matches(of: /<(\/?)([a-z0-9]+)[^>]*?(\/?)>/) {
            let (closes, name, isEmpty) = (!match.1.isEmpty, match.2, !match.3.isEmpty || match.2 == "meta")
            if closes { #expect(open.popLast() == name) } else if !isEmpty { open.append(name) }
        }
        #expect(open.isEmpty, "\(open)")
        let pictures = text.matches(of: /<svg [^>]*aria-labelledby="(title-\d+) (description-\d+)"/)
        #expect(!pictures.isEmpty && pictures.count == text.split(separator: "<svg ").count - 1)
        for picture in pictures {
            #expect(text.contains("<title id=\"\(picture.1)\">") && text.contains("<desc id=\"\(picture.2)\">"))
        }
        #expect(text.split(separator: "<table>").count == text.split(separator: "<section>").count)
    }

    private struct Command {
        let installation: Installation
        let folder: URL
        let port: Int

        init(_ installation: Installation, _ folder: URL, _ port: Int) {
            self.installation = installation
            self.folder = folder
            self.port = port
        }

        func callAsFunction(_ arguments: String..., as unit: String = ReportTests.centre) async throws -> Program.Output {
            try await self(arguments, as: unit)
        }

        func callAsFunction(_ arguments: [String], as unit: String = ReportTests.centre) async throws -> Program.Output {
            let variables = [
                "LOTS_CLIENT_SERVER": "127.0.0.1:\(port)", "LOTS_CLIENT_CERTIFICATE": installation.file(of: unit),
                "LOTS_CLIENT_KEY": installation.file(of: unit, "key"), "LOTS_CLIENT_AUTHORITIES": installation.authority,
                "LOTS_CLIENT_SERVER_IDENTITY": Installation.serverIdentity, "HOME": folder.path,
            ]
            return try await Program.run(Program.built("lots"), arguments, environment: variables)
        }
    }
}

extension SQLiteStore {
    /// What an exchange would have stored, a few hundred entries a commit.
    fileprivate func append(_ steps: ArraySlice<DrivenReferral.Step>) async throws {
        var rest = steps
        while !rest.isEmpty {
            let batch = rest.prefix(500)
            rest = rest.dropFirst(500)
            try await write { transaction in
                for step in batch {
                    try transaction.append(
                        step.events, at: step.at, by: step.actor, resulting: step.state, content: nil, due: step.due, readers: [])
                }
            }
        }
    }

    fileprivate func figures() async throws -> [ReferralID: FigureRow] {
        try await read { reader in
            var rows: [ReferralID: FigureRow] = [:]
            if let first = CivilDate(year: 1_800, month: 1, day: 1), let last = CivilDate(year: 9_999, month: 12, day: 31) {
                try reader.figures(on: first...last) { rows[$0.referral] = $0 }
            }
            return rows
        }
    }
}
