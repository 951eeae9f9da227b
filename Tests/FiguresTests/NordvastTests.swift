import FigureSamples
import Figures
import Referral
import Testing

/// The figures that Stödcentrum Nordväst published for 2016 and 2017 come back from the logs of those years.
@Suite(.timeLimit(.minutes(5))) struct NordvastTests {
    private static let years = Task { try NordvastYears(seed: 2_017) }
    private let own = ReportView.recipient(FigureWorld.centre.organisation)

    private func report(_ kind: ReportKind, _ year: Int, _ view: ReportView) async throws -> (Report, NordvastYears) {
        let years = try await Self.years.value
        let days = try #require(ClosedRange<CivilDate>.year(year))
        var writer = try ReportWriter(
            kind, of: view, on: days, policy: FigureWorld.policy(), now: Instant(milliseconds: 1_546_300_800_000))
        let needed = writer.neededDays
        for log in Dictionary(grouping: years.entries, by: \.referral).values {
            let record = try #require(ReferralRecord(log: log))
            if record.days.overlaps(needed) { writer.add(record) }
        }
        return (writer.report(through: years.entries.last?.sequence ?? 0), years)
    }

    @Test func theYearIsAsItWasPublished() async throws {
        let (report, _) = try await report(.year, 2_017, own)
        let figures = try #require(report["key-figures"])
        // The report of the support centre for 2017.
        for (label, before, now) in [
            ("Hänvisningar", 1_198, 867), ("Medlingsärenden", 45, 47), ("Genomförda medlingar", 16, 8),
        ] {
            #expect(figures[label, "before"] == .value(Double(before)), "\(label)")
            #expect(figures[label, "now"] == .value(Double(now)), "\(label)")
        }
        #expect(figures["Förmöten", "now"] == .value(51))
        #expect(figures["Stödärenden", "now"] == .value(820) && figures["Stödärenden", "before"] == .value(1_153))
        #expect(report["mediations"]?[ReportTable.total, "now"] == .value(8))
        // Nobody was left unreached.
        #expect(report["reached-by-sex"]?[ReportTable.total, "support-reached"] == .value(820))
        #expect(report["reached-by-sex"]?[ReportTable.total, "support-not-reached"] == .value(0))
        // 46 % girls, as the city's partnership says of its support centres.
        #expect(report["reached-by-sex"]?["kvinna", "total"] == .value(399) && report["reached-by-sex"]?["man", "total"] == .value(468))
    }

    /// Every other figure of both years, against a count that was kept while the lives were made.
    @Test(arguments: [2_016, 2_017]) func everyTableCountsWhatHappened(year: Int) async throws {
        let (report, years) = try await report(.year, year, own)
        let count = try #require(years.counts[year])
        func check(_ table: String, _ column: String, _ expected: [String: Int]) {
            for (label, number) in expected {
                #expect(report[table]?[label, column] == .value(Double(number)), "\(table) \(label)")
            }
            #expect(report[table]?.rows.count == expected.count + 1)
            #expect(report[table]?[ReportTable.total, column] == .value(Double(expected.values.reduce(0, +))), "\(table)")
        }
        let names = Dictionary(uniqueKeysWithValues: FigureWorld.municipalities.map { ($0.0, "\($0.0) \($0.1)") })
        check("reached-by-municipality", "total", Dictionary(uniqueKeysWithValues: count.municipalities.map { (names[$0] ?? "", $1) }))
        check(
            "reached-by-age", "total",
            Dictionary(count.ages.map { ($0 < 18 ? "10–17 år" : $0 < 21 ? "18–20 år" : "21 år", $1) }, uniquingKeysWith: +))
        check("reached-by-sex", "total", ["kvinna": count.sexes[.female] ?? 0, "man": count.sexes[.male] ?? 0])
        check("reached-by-role", "total", ["brottsoffer": count.referrals])
        check(
            "reached-by-sender", "total",
            [
                "Polisen": count.senders[FigureWorld.police] ?? 0, "Gymnasiet": count.senders[FigureWorld.school] ?? 0,
                "Egen ansökan": count.senders[FigureWorld.own] ?? 0,
            ])
        #expect(report["referrals-by-month"]?.rows.dropLast().map { $0.cells.last } == count.months.map { .value(Double($0)) })
        #expect(report["mediations"]?["med överenskommelse", "now"] == .value(Double(count.agreed)))
        let ended = try #require(report["endings"])
        // Those of December end in the next year.
        #expect(try #require(ended[ReportTable.total, "mediation"]) == .value(Double(count.mediation)))

        let (costs, _) = try await self.report(.costs, year, own)
        let minutes = try #require(costs["minutes/stodcentrum-nordvast"])
        for (code, number) in count.minutesByMunicipality { #expect(minutes[code, "total"] == .value(Double(number))) }
        #expect(minutes[ReportTable.total, "total"] == .value(Double(count.minutes)))
    }

    @Test func promisesOf2017WereKeptAndSomeOf2016WereNot() async throws {
        let (clocks, _) = try await report(.clocks, 2_017, own)
        for promise in ["contact-in-time", "meeting-in-time", "taken-in-time"] {
            let table = try #require(clocks["\(promise)/stodcentrum-nordvast"])
            #expect(table[ReportTable.total, "kept-share"] == .value(1), "\(promise)")
            #expect(table[ReportTable.total, "broken"] == .value(0))
        }
        #expect(clocks["contact-in-time/stodcentrum-nordvast"]?[ReportTable.total, "kept"] == .value(820))
        #expect(clocks["taken-in-time/stodcentrum-nordvast"]?[ReportTable.total, "kept"] == .value(867))
        let median = try #require(clocks["attempts"]?["Stödcentrum Nordväst", "median"]?.value)
        let slow = try #require(clocks["attempts"]?["Stödcentrum Nordväst", "p90"]?.value)
        #expect(14 <= median && median < slow && slow <= 46)

        let (before, years) = try await report(.clocks, 2_016, own)
        let late = try #require(before["contact-in-time/stodcentrum-nordvast"]?[ReportTable.total, "broken"]?.value)
        #expect(late >= Double(try #require(years.counts[2_016]).late) && late < 200)
    }

    /// What all may see has the same large numbers and no small one.
    @Test func whatLeavesTheOrganisationTellsNoSmallNumber() async throws {
        let (report, _) = try await report(.year, 2_017, .all)
        #expect(report["key-figures"]?["Hänvisningar", "now"] == .value(867))
        #expect(report["referrals-by-month"]?[ReportTable.total, "before"] == .value(1_198))
        var hidden = 0
        for kind in ReportKind.allCases {
            let (report, _) = try await self.report(kind, 2_017, .all)
            #expect(!report.tables.isEmpty)
            for table in report.tables {
                for row in table.rows {
                    for (cell, column) in zip(row.cells, table.columns) where column.unit == .count {
                        if case .value(let value) = cell { #expect(!(1...4).contains(value), "\(table.name) \(row.labels)") }
                        if cell == .suppressed { hidden += 1 }
                    }
                }
            }
        }
        // Seven of eight mediations ended with an agreement: the eighth is hidden, and the seven with it.
        #expect(hidden > 0 && report["mediations"]?["utan överenskommelse", "now"] == .suppressed)
        #expect(report["mediations"]?["med överenskommelse", "now"] == .suppressed)
    }

    @Test func aSenderIsToldWhatItSentAndNothingOfWhatCameOfIt() async throws {
        let (report, years) = try await report(.year, 2_017, .sender(FigureWorld.school.organisation))
        let sent = Double(try #require(years.counts[2_017]?.senders[FigureWorld.school]))
        #expect(report["key-figures"]?["Hänvisningar", "now"] == .value(sent))
        #expect(report["referrals-by-age"]?[ReportTable.total, "referrals"] == .value(sent))
        #expect(report.tables.allSatisfy { $0.name == "key-figures" || $0.name.hasPrefix("referrals-by-") })
        #expect(report["key-figures"]?.rows.count == 2)
        let (partnership, _) = try await self.report(.partnership, 2_017, .sender(FigureWorld.school.organisation))
        #expect(partnership["consent-by-sender"]?["Gymnasiet", "asked"] == .value(1))
        #expect(
            partnership.tables.map(\.name) == ["consent-by-sender", "later-answers-by-sender", "placing-by-sender", "returns-by-sender"])
    }
}
