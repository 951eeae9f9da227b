import ArgumentParser
import Figures
import Foundation
import NIOPosix
import Referral
import ReferralAPI

/// `lots report`: figures from what has happened.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Figures of a year, of the cooperation, of costs and of promises.",
        discussion: """
            A recipient gets the figures of its own cases, a sender of what it sent (year and partnership), the coordinator and auditors \
            of all, without numbers of 1 to 4. `..` stands for a number that is not told.
            """,
        subcommands: [ReportYear.self, ReportPartnership.self, ReportCosts.self, ReportClocks.self])
}

struct ReportYear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "year", abstract: "What came in, who was reached, how it ended; a whole year with the one before.")

    @OptionGroup var options: ReportOptions

    func run() async throws { try await options.run(.year) }
}

struct ReportPartnership: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partnership", abstract: "How senders and recipients worked together.")

    @OptionGroup var options: ReportOptions

    func run() async throws { try await options.run(.partnership) }
}

struct ReportCosts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costs", abstract: "Minutes by municipality, and shares of the cost.",
        discussion: """
            With --population half of the cost is shared by children and young people and half by the time used. The file has lines \
            `municipality,population`: SCB's four digits and a whole number. Shares are hundredths of a percent, 100 % together.
            """)

    @Option(help: "A CSV file with the number of children and young people of each municipality that pays.") var population: String?
    @OptionGroup var options: ReportOptions

    func run() async throws {
        try await options.run(.costs) { report in
            guard let population else { return }
            let people = try await PopulationFile.read(population)
            for table in report.tables where table.name.hasPrefix("minutes/") {
                report.tables.append(try CostShares.table(from: table, population: people))
            }
        }
    }
}

struct ReportClocks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "clocks", abstract: "Promises kept and not kept, month by month.")

    @OptionGroup var options: ReportOptions

    func run() async throws { try await options.run(.clocks) }
}

/// The days of a report and what it is written as.
struct ReportOptions: ParsableArguments {
    @Option(help: "A whole year, 2017.") var year: Int?
    @Option(help: "The first day, YYYY-MM-DD.") var from: String?
    @Option(help: "The last day, YYYY-MM-DD.") var through: String?
    @Flag(help: "Print CSV: one number a line, with its table, row and column.") var csv = false
    @Option(help: "Write a page in Swedish with pictures to a file.") var html: String?
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        _ = try days()
        if csv, connection.json { throw ValidationError("--csv and --json: give one of them") }
    }

    private func days() throws -> ClosedRange<CivilDate> {
        if let year {
            guard from == nil, through == nil else { throw ValidationError("give --year, or --from and --through") }
            guard let days = ClosedRange<CivilDate>.year(year) else { throw ValidationError("--year: 1800 to 9999") }
            return days
        }
        guard let from, let through else { throw ValidationError("give --year, or --from and --through") }
        guard let first = CivilDate(from) else { throw ValidationError("--from: a day YYYY-MM-DD") }
        guard let last = CivilDate(through) else { throw ValidationError("--through: a day YYYY-MM-DD") }
        guard first <= last else { throw ValidationError("--through: must not be before --from") }
        return first...last
    }

    /// - Parameter complete: adds what follows from the report and the caller's own files.
    func run(_ kind: ReportKind, complete: (inout Report) async throws -> Void = { _ in }) async throws {
        let days = try days()
        try await connection.connected { client in
            var report = try await ReportClient(client).report(kind, on: days, options: connection.call)
            try await complete(&report)
            if let html {
                let page = ReportPage(report).text
                do {
                    try await NIOThreadPool.singleton.runIfActive { try Data(page.utf8).write(to: URL(filePath: html)) }
                } catch let error as CocoaError {
                    _ = Failure.report(error)
                    throw Failure.output
                }
            }
            if connection.json {
                Console.json(try report.json())
            } else {
                Console.line(csv ? ReportText.csv(report) : ReportText.tables(report))
            }
        }
    }
}

/// Lines `municipality,population`.
enum PopulationFile {
    private static let largest = 1 << 20

    static func read(_ path: String) async throws -> [String: Int] {
        let data = try await NIOThreadPool.singleton.runIfActive { try Data(contentsOf: URL(filePath: path)) }
        guard data.count <= largest else { throw InputFault(description: "\(path): larger than \(largest) bytes") }
        return try population(in: String(decoding: data, as: UTF8.self), path)
    }

    static func population(in text: String, _ path: String) throws(InputFault) -> [String: Int] {
        var population: [String: Int] = [:]
        let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
            if cells == [""] || (index == 0 && cells == ["municipality", "population"]) { continue }
            func fault(_ rule: String) -> InputFault { InputFault(description: "\(path):\(index + 1): \(rule)") }
            guard cells.count == 2 else { throw fault("must be municipality,population") }
            guard cells[0].utf8.count == 4, cells[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw fault("the municipality must be four digits")
            }
            guard let people = Int(cells[1]), (0...100_000_000).contains(people) else {
                throw fault("the population must be a whole number, without spaces")
            }
            guard population.updateValue(people, forKey: cells[0]) == nil else { throw fault("the municipality stands there twice") }
        }
        guard !population.isEmpty else { throw InputFault(description: "\(path): no municipality in it") }
        return population
    }
}

extension CostShares {
    /// The shares as a table behind the minutes that they come from.
    /// - Throws: `InputFault` when they cannot be computed.
    static func table(from minutes: ReportTable, population: [String: Int]) throws(InputFault) -> ReportTable {
        let owner = minutes.name.split(separator: "/").last.map(String.init) ?? ""
        var used: [String: Int] = [:]
        var names: [String: String] = [:]
        guard let total = minutes.columns.firstIndex(where: { $0.name == ReportColumn.total }) else {
            throw InputFault(description: "\(minutes.name): the table has no sums")
        }
        for row in minutes.rows where row.labels.first != ReportTable.total {
            guard let code = row.labels.first, row.cells.indices.contains(total), let value = row.cells[total].value else {
                throw InputFault(
                    description: "the minutes of \(owner) are not all told; the organisation itself can compute its shares")
            }
            used[code] = Int(value)
            names[code] = row.labels.dropFirst().first
        }
        let shares: CostShares
        do throws(CostShares.Fault) {
            shares = try CostShares(minutes: used, population: population)
        } catch {
            throw InputFault(description: "shares of the cost of \(owner): \(error)")
        }
        func cells(_ numbers: [Int], _ shares: [Int]) -> [ReportCell] {
            numbers.map { .value(Double($0)) } + shares.map { .value(Double($0) / 10_000) }
        }
        func sum(_ value: (CostShares.Row) -> Int) -> Int { shares.rows.reduce(0) { $0 + value($1) } }
        var rows = shares.rows.map { row in
            ReportRow(
                labels: [row.municipality, names[row.municipality] ?? ""],
                cells: cells([row.population, row.minutes], [row.byPopulation, row.byTime, row.share]))
        }
        rows.append(
            ReportRow(
                labels: [ReportTable.total, ""],
                cells: cells([sum(\.population), sum(\.minutes)], [sum(\.byPopulation), sum(\.byTime), sum(\.share)])))
        return ReportTable(
            name: "cost-shares/\(owner)", title: "Kostnadsandelar, hälften efter barn och unga, hälften efter tid", labels: minutes.labels,
            columns: [
                ReportColumn("population", "Barn och unga"), ReportColumn("minutes", "Minuter", .minutes),
                ReportColumn("by-population", "Efter befolkning", .share), ReportColumn("by-time", "Efter tid", .share),
                ReportColumn("share", "Kostnadsandel", .share),
            ], rows: rows)
    }
}
