import Configuration
import Exchange
import Foundation
import Inflow
import NIOCore
import NIOPosix
import Operations
import Recording
import Referral
import ReferralAPI
import SQLiteStore
import SeededRandom
import TTRPC
import Testing

/// The years 2016 and 2017 at Stödcentrum Nordväst: 1,198 and 867 cases, the last of the unit that sent most of them in the first days of
/// September 2017. How the cases divide among the units is an assumption.
@Suite(.timeLimit(.minutes(5))) struct InflowTests {
    private static let unit = Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("jarfalla"))
    private static let others = ["vasterort", "soderort", "city"].map {
        Participant(organisation: unit.organisation, unit: UnitID($0))
    }
    private static let centre = OrganisationID("stodcentrum-nordvast")
    private static let first = CivilDate("2016-01-01") ?? unknown
    /// The first day without a case.
    private static let stop = CivilDate("2017-09-06") ?? unknown
    private static let comesBack = CivilDate("2018-01-15") ?? unknown
    private static let unknown = CivilDate(inStockholmAt: Instant(milliseconds: 0))

    /// An exchange with the example's directory and, for these years, its rules of 2022.
    private struct World {
        let store: SQLiteStore
        let clock = SettableClock()
        let registry = MetricsRegistry()
        let log = CapturedLog()
        let decoder = ReferralDecoder(digestKey: [UInt8](repeating: 7, count: 32), acceptsTestData: true)
        let policy: Policy
        let commits: CommitQueue
        let exchange: Exchange
        /// Another daemon on the same store.
        let twin: Exchange

        init(_ folder: URL) async throws {
            let configuration = folder.appending(path: "config")
            try FileManager.default.copyItem(
                at: Installation.project.appending(path: "config").resolvingSymlinksInPath(), to: configuration)
            try """
            rule_sets:
              - number: 1
                name: As of 2022
                valid_from: 2015-01-01
                support: routing/2022/support.dmn
                mediation: routing/2022/mediation.dmn
            """.write(to: configuration.appending(path: "routing.yaml"), atomically: true, encoding: .utf8)
            let directory = try DirectoryFile.read(configuration.appending(path: "directory.yaml").path)
            policy = Policy(routing: try RoutingFile.read(configuration.appending(path: "routing.yaml").path, directory: directory))
            store = try SQLiteStore(path: folder.appending(path: "lots.sqlite").path)
            commits = CommitQueue(store: store)
            let metrics = ExchangeMetrics(factory: registry)
            exchange = Exchange(
                store: store, commits: commits, rules: RulesInForce(policy), decoder: decoder, now: { [clock] in clock.now },
                metrics: metrics, logger: log.logger)
            twin = Exchange(
                store: store, commits: commits, rules: RulesInForce(policy), decoder: decoder, now: { [clock] in clock.now },
                logger: CapturedLog().logger)
        }

        func set(_ day: CivilDate, hour: Int, minute: Int = 0) throws {
            clock.set(.init(millisecondsSince1970: try #require(LocalTime(day, hour: hour, minute: minute)).instant.milliseconds))
        }

        /// A connection of a unit.
        func client(_ participant: String) -> Client {
            var router = Router()
            let domain = Installation.trustDomain
            router.register(ReferralEndpoint(exchange: exchange, trustDomain: domain), decoder: decoder, now: { [clock] in clock.now })
            router.register(AssignmentEndpoint(exchange: exchange, trustDomain: domain))
            router.register(CoordinationEndpoint(exchange: exchange, trustDomain: domain))
            return InProcessTransport(
                router: router, peer: Peer(identity: "spiffe://\(domain)/\(participant)"), logger: log.logger,
                eventLoop: MultiThreadedEventLoopGroup.singleton.any()
            ).client
        }

        /// What a unit is told of alarms after a revision, by its watch.
        func alarms(toldTo participant: String, after revision: Int64 = 0) async throws -> [Int64] {
            let client = client(participant)
            defer { client.close() }
            let request = WatchRequest(after: 0, afterAlarm: revision)
            var alarms: [SilenceAlarm] = []
            if participant.hasPrefix("polisen") {
                try await ReferralClient(client).watch(request) { responses in
                    for try await response in responses {
                        switch response {
                        case .alarm(let alarm): alarms.append(alarm)
                        case .caughtUp: return
                        case .change, .notice: break
                        }
                    }
                }
            } else {
                let isCoordinator = participant.hasPrefix("stockholms-stad")
                func read(_ responses: TypedStream<WatchResponse>) async throws {
                    for try await response in responses {
                        switch response {
                        case .alarm(let alarm): alarms.append(alarm)
                        case .caughtUp: return
                        case .change, .notice: break
                        }
                    }
                }
                if isCoordinator {
                    try await CoordinationClient(client).watch(request) { try await read($0) }
                } else {
                    try await AssignmentClient(client).watch(request) { try await read($0) }
                }
            }
            return alarms.map(\.revision)
        }

        /// The cases of a day.
        func send(_ day: CivilDate, _ counts: [Participant: Int]) async throws {
            let person = Sample.adult(in: Area(municipality: "0123"), age: 16)
            try await withThrowingTaskGroup(of: ReferralState.self) { group in
                for (sender, count) in counts {
                    for number in 0..<count {
                        let message = try Sample.packed(Sample.submission("\(day)-\(number)", person))
                        let request = try decoder.submitRequest(message, today: day)
                        group.addTask { try await exchange.submit(request, from: sender) }
                    }
                }
                for try await state in group { #expect(state.assignments.map(\.owner) == [InflowTests.centre]) }
            }
        }
    }

    private static func with(_ body: (World) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lots-inflow-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let world = try await World(folder)
        let commits = Task { await world.commits.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(world)) } catch { result = .failure(error) }
        world.commits.close()
        await commits.value
        try await world.store.close()
        try result.get()
    }

    /// So many cases on random days, most of them on working days.
    private static func spread(
        _ total: Int, from first: CivilDate, until end: CivilDate, _ random: inout SplitMix64, _ counts: inout [CivilDate: Int]
    ) {
        let days = (0..<Int(end.daysSince1970 - first.daysSince1970)).map { first.adding(days: $0) }
        let weights = days.map { $0.isWorkingDay ? 1.3 : 0.2 }
        var sums: [Double] = []
        for weight in weights { sums.append((sums.last ?? 0) + weight) }
        for _ in 0..<total {
            let draw = Double.random(in: 0..<(sums.last ?? 1), using: &random)
            let index = sums.partitioningIndex { $0 > draw }
            counts[days[index], default: 0] += 1
        }
    }

    @Test func theAutumnOf2017IsNoticedWithinAWeekByBothSides() async throws {
        try await Self.with { world in
            var random = SplitMix64(seed: 2017)
            let newYear = try #require(CivilDate("2017-01-01"))
            let (end, last) = (try #require(CivilDate("2018-01-01")), try #require(CivilDate("2018-03-01")))
            var counts: [Participant: [CivilDate: Int]] = [:]
            for (unit, total) in zip([Self.unit] + Self.others, [1_040, 80, 48, 30]) {
                Self.spread(total, from: Self.first, until: newYear, &random, &counts[unit, default: [:]])
                let isUnit = unit == Self.unit
                Self.spread(isUnit ? 709 : total, from: newYear, until: isUnit ? Self.stop : end, &random, &counts[unit, default: [:]])
                let left = Double(last.daysSince1970 - end.daysSince1970) / 365
                let again = isUnit ? Self.comesBack : end
                Self.spread(
                    isUnit ? 128 : Int(Double(total) * left), from: again, until: last, &random, &counts[unit, default: [:]])
            }
            for (year, total) in [(2016, 1_198), (2017, 867)] {
                #expect(counts.values.flatMap { $0.filter { $0.key.year == year }.values }.reduce(0, +) == total)
            }

            // Day by day; for a month no daemon ran at night, and another one counts, too.
            var told: [StoredAlarm] = []
            let down = try #require(CivilDate("2016-11-01"))..<(try #require(CivilDate("2016-12-01")))
            var day = Self.first
            var metricsAtTheStop = ""
            while day < last {
                try world.set(day, hour: 12)
                try await world.send(day, counts.compactMapValues { $0[day] })
                day = day.adding(days: 1)
                if down.contains(day) { continue }
                try world.set(day, hour: 0, minute: 4)
                #expect(try await world.exchange.countInflow().isEmpty, "the day is not over yet")
                try world.set(day, hour: 0, minute: 6)
                async let one = world.exchange.countInflow()
                async let other = world.twin.countInflow()
                told += try await one + other
                if day == Self.stop.adding(days: 8) { metricsAtTheStop = world.registry.text() }
            }

            let sources = [InflowSource(Self.unit), InflowSource(Self.unit, to: Self.centre)]
            #expect(Set(told.map(\.source)) == Set(sources), "nobody else: \(told)")
            for source in sources {
                let incident = told.filter { $0.source == source }
                #expect(Set(incident.map(\.id)).count == 1)
                #expect(incident.filter { $0.state == .raised }.count == 1 && incident.first?.state == .raised)
                #expect(incident.filter { $0.state == .cleared }.count == 1 && incident.last?.state == .cleared)
                #expect(incident.count > 10, "it was updated every week")
                let raised = try #require(incident.first)
                let delay = raised.through.daysSince1970 - Self.stop.daysSince1970 + 1
                #expect((1...7).contains(delay), "\(source): day \(delay)")
                #expect(raised.kind == .silence && raised.seen <= 2 && raised.since >= Self.stop.adding(days: -4))
                let cleared = try #require(incident.last)
                #expect(cleared.clearance == .returned)
                #expect(cleared.through >= Self.comesBack && cleared.through < Self.comesBack.adding(days: 28))
            }

            // Both sides and the coordinator are told the same, each once, and go on from where they were.
            func read(_ reader: LogReader, after revision: Int64 = 0) async throws -> [Int64] {
                try await world.store.read { try $0.inflowNews(for: reader, after: revision, limit: 1_000) }.map(\.revision)
            }
            let revisions = Array(1...Int64(told.count))
            #expect(told.map(\.revision) == revisions)
            for reader in [LogReader.sender(Self.unit), .organisation(Self.centre), .coordinator] {
                #expect(try await read(reader) == revisions)
                #expect(try await read(reader, after: 5) == Array(revisions.dropFirst(5)))
            }
            for participant in ["\(Self.unit)", "stodcentrum-nordvast/sollentuna", "stockholms-stad/samordnare"] {
                #expect(try await world.alarms(toldTo: participant) == revisions, "\(participant)")
                #expect(try await world.alarms(toldTo: participant, after: 5) == Array(revisions.dropFirst(5)))
            }
            #expect(try await world.alarms(toldTo: "polisen-stockholm/city").isEmpty)
            #expect(try await world.alarms(toldTo: "bojen-vasterort/stodsamordning").isEmpty)
            for reader in Self.others.map(LogReader.sender) + [.organisation(OrganisationID("stodcentrum-city"))] {
                #expect(try await read(reader).isEmpty)
            }

            #expect(metricsAtTheStop.contains("lots_inflow_alarms 2\n"))
            let series = "lots_inflow_alarm{recipient=\"\",sender=\"polisen-stockholm/jarfalla\"} "
            #expect(metricsAtTheStop.contains(series + "1\n"), "\(metricsAtTheStop)")
            let metrics = world.registry.text()
            #expect(metrics.contains(series + "0\n") && metrics.contains("lots_inflow_alarms 0\n"))
            #expect(metrics.contains("lots_inflow_sources{standing=\"watched\"} "))
            let notices = world.log.lines.filter { $0.hasPrefix("notice a source sends less") }
            #expect(!notices.isEmpty && notices.allSatisfy { $0.contains("polisen-stockholm/jarfalla") })

            let text = try #require(told.first).text(in: world.policy.routing.directory(on: Self.stop))
            #expect(text.hasPrefix("Lokalpolisområde Järfälla har skickat 1 ärende sedan 5 september; "), "\(text)")
            #expect(text.hasSuffix(" var att vänta"))
        }
    }
}

extension Array where Element == Double {
    /// The first index whose element satisfies a condition that holds for all after it.
    fileprivate func partitioningIndex(_ condition: (Double) -> Bool) -> Int {
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
