import ArgumentParser
import Configuration
import Foundation
import NIOPosix
import Protobuf
import Referral

extension Route {
    /// `lots route simulate`: routes a recorded stream by two configurations and tells whom the change affects.
    struct Simulate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Route recorded referrals by two configurations and show what would change. Connects to nothing.",
            discussion: """
                OLD and NEW are a lots.yaml, or a folder with lots.yaml or with directory.yaml and routing.yaml. A stream is a recording or \
                JSON lines as for `lots submit`, - for standard input. Examples name a message and its place, never a person.
                """)

        @Argument(help: "The configuration that is compared with.") var old: String
        @Argument(help: "The configuration that is tried.") var new: String
        @Option(parsing: .upToNextOption, help: "Recordings, or JSON lines.") var stream: [String]
        @Option(help: "Route all of it as on this day, YYYY-MM-DD. Default: the day it was sent; for JSON lines today.") var date: String?
        @Flag(help: "Print JSON instead of tables.") var json = false
        @Option(help: "Write a page in Swedish to a file, for people who decide.") var html: String?

        func validate() throws {
            if stream.isEmpty { throw ValidationError("--stream: name at least one file") }
            if let date, CivilDate(date) == nil { throw ValidationError("--date: a day YYYY-MM-DD") }
        }

        func run() async throws {
            do {
                let result = try await simulate()
                for fault in result.leftOut.faults { Console.error("lots: \(fault)") }
                if let html {
                    let page = SimulationPage(result).text
                    try await NIOThreadPool.singleton.runIfActive { try Data(page.utf8).write(to: URL(filePath: html)) }
                }
                if json { Console.json(result.json) } else { result.print() }
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw Failure.report(error)
            }
        }

        private func simulate() async throws -> Simulation {
            let (old, new) = (old, new)
            let routings = try await NIOThreadPool.singleton.runIfActive { (try Self.routing(of: old), try Self.routing(of: new)) }
            let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            let source = ReferralStream(
                old: routings.0, new: routings.1, date: date.flatMap { CivilDate($0) }, today: CivilDate(inStockholmAt: now))
            var comparison = RoutingComparison()
            var leftOut = ReferralStream.LeftOut()
            var seen: Set<Int> = []
            for path in stream { try await source.compare(path, into: &comparison, &leftOut, seen: &seen) }
            return Simulation(
                old: old, new: new, streams: stream, date: source.date, directories: [routings.1.directory, routings.0.directory],
                comparison: comparison, leftOut: leftOut)
        }

        /// Blocks.
        private static func routing(of path: String) throws -> Routing {
            var isFolder: ObjCBool = false
            let files = FileManager.default
            guard files.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                return try DaemonConfiguration.readAll(file: path).policy.routing
            }
            let folder = URL(filePath: path)
            func file(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }
            if files.fileExists(atPath: file("lots.yaml")) {
                return try DaemonConfiguration.readAll(file: file("lots.yaml")).policy.routing
            }
            return try RoutingFile.read(file("routing.yaml"), directory: DirectoryFile.read(file("directory.yaml")))
        }
    }
}

/// What a simulation found, in the forms in which it is shown.
struct Simulation {
    typealias Outcome = RoutingDecision.Outcome

    let old: String
    let new: String
    let streams: [String]
    /// The day that all of it was routed on; nil: each on its own.
    let date: CivilDate?
    /// The names of the first win.
    let directories: [Directory]
    let comparison: RoutingComparison
    let leftOut: ReferralStream.LeftOut

    /// Of an organisation; nil for a review, and for one that no directory has.
    func name(of outcome: Outcome) -> String? {
        guard case .recipient(let id) = outcome else { return nil }
        return directories.lazy.compactMap { $0.organisation(id)?.name }.first
    }

    static let changes: Set<RoutingComparison.Kind> = Set(RoutingComparison.Kind.allCases).subtracting([.stays])

    // MARK: For people

    func print() {
        let total = comparison.decisions
        Console.line("\(comparison.cases) referrals, \(total) decisions: \(comparison.decisions(.stays)) stay as they are\n")
        var kinds = Table("CHANGE", "DECISIONS", "SHARE")
        for kind in RoutingComparison.Kind.allCases where kind != .stays {
            let count = comparison.decisions(kind)
            kinds.add(kind.rawValue, "\(count)", Self.percent(count, of: total))
        }
        kinds.print()
        let moves = comparison.moves(Self.changes)
        show("From whom to whom", moves) { table, move, cell in
            table.add(move.service.rawValue, Self.text(move.from), Self.text(move.to), "\(cell.decisions)")
        }
        var groups = Table("ROLE", "AGE", "DECISIONS", "CHANGED")
        for (group, share) in comparison.shares where share.changed > 0 {
            groups.add(group.role.rawValue, group.ages.rawValue, "\(share.decisions)", "\(share.changed)")
        }
        if comparison.shares.contains(where: { $0.share.changed > 0 }) {
            Console.line("\nWhom it concerns\n")
            groups.print()
            var examples = Table("EXAMPLE", "PLACE", "ROLE", "AGE", "AREA", "SERVICE", "FROM", "TO")
            for (move, cell) in moves {
                for example in cell.examples {
                    examples.add(
                        example.id, example.place, example.role.rawValue, example.age.map(String.init) ?? "unknown",
                        example.area?.description ?? "unknown", move.service.rawValue, Self.text(move.from), Self.text(move.to))
                }
            }
            Console.line("\nExamples\n")
            examples.print()
        }
        show("What stays", comparison.moves([.stays])) { table, move, cell in
            table.add(move.service.rawValue, Self.text(move.from), "", "\(cell.decisions)")
        }
        let notes = [
            (leftOut.withoutConsent, "without consent"), (leftOut.repeated, "sent again"), (leftOut.unreadable, "that cannot be read"),
        ]
        for (count, what) in notes where count > 0 { Console.line("\nleft out: \(count) \(what)") }
    }

    private func show(
        _ title: String, _ moves: [(move: RoutingComparison.Move, cell: RoutingComparison.Cell)],
        _ add: (inout Table, RoutingComparison.Move, RoutingComparison.Cell) -> Void
    ) {
        guard !moves.isEmpty else { return }
        Console.line("\n\(title)\n")
        var table = Table("SERVICE", "FROM", "TO", "DECISIONS")
        for (move, cell) in moves { add(&table, move, cell) }
        table.print()
    }

    private static func text(_ outcome: Outcome) -> String {
        switch outcome {
        case .recipient(let organisation): organisation.rawValue
        case .review(let reason): "review: \(reason)"
        }
    }

    /// With one decimal.
    static func percent(_ count: Int, of total: Int, mark: String = ".") -> String {
        guard total > 0 else { return "0 %" }
        let tenths = (count * 2_000 + total) / (2 * total)
        return "\(tenths / 10)\(mark)\(tenths % 10) %"
    }

    // MARK: For programs

    var json: JSONValue {
        let decisions = RoutingComparison.Kind.allCases.map { JSONValue.Member($0.member, .number(comparison.decisions($0))) }
        return .object([
            "old": .string(old), "new": .string(new), "streams": .array(streams.map { .string($0) }),
            "date": date.map { .string($0.description) } ?? JSONValue(.null), "referrals": .number(comparison.cases),
            "decisions": .number(comparison.decisions), "kinds": JSONValue(.object(decisions)),
            "moves": .array(comparison.moves().map { json($0.move, $0.cell) }),
            "groups": .array(
                comparison.shares.map { group, share in
                    .object([
                        "role": .string(group.role.rawValue), "age": .string(group.ages.rawValue), "decisions": .number(share.decisions),
                        "changed": .number(share.changed),
                    ])
                }),
            "leftOut": .object([
                "withoutConsent": .number(leftOut.withoutConsent), "repeated": .number(leftOut.repeated),
                "unreadable": .number(leftOut.unreadable),
            ]),
        ])
    }

    private func json(_ move: RoutingComparison.Move, _ cell: RoutingComparison.Cell) -> JSONValue {
        .object([
            "service": .string(move.service.rawValue), "kind": .string(move.kind.rawValue), "from": Self.json(move.from),
            "to": Self.json(move.to), "decisions": .number(cell.decisions),
            "examples": .array(
                (move.kind == .stays ? [] : cell.examples).map { example in
                    .object([
                        "messageId": .string(example.id), "place": .string(example.place), "role": .string(example.role.rawValue),
                        "age": example.age.map { .number($0) } ?? JSONValue(.null),
                        "area": example.area.map { .string($0.description) } ?? JSONValue(.null),
                    ])
                }),
        ])
    }

    private static func json(_ outcome: Outcome) -> JSONValue {
        switch outcome {
        case .recipient(let organisation): .object(["recipient": .string(organisation.rawValue)])
        case .review(let reason): .object(["review": .string(reason.rawValue)])
        }
    }
}

extension RoutingComparison.Kind {
    fileprivate var member: String {
        switch self {
        case .stays: "stays"
        case .elsewhere: "elsewhere"
        case .intoReview: "intoReview"
        case .outOfReview: "outOfReview"
        case .otherReason: "otherReason"
        }
    }
}
