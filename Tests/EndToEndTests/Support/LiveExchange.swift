import Configuration
import Exchange
import Foundation
import Logging
import NIOCore
import NIOPosix
import Referral
import ReferralAPI
import SQLiteStore
import Synchronization
import TLS
import TTRPC
import TTRPCOverTLS

/// What carries the frames between client and exchange. Everything an exchange does is the same over both.
enum Carrier: CaseIterable {
    case memory, tls
}

/// A store whose commits take their time, so that a test can overload it.
struct StorePace: Sendable {
    var commitTime: Duration
    var batchSize: Int
    /// What the queue before it is told.
    var longestWait: Duration

    /// Writes a second that it takes at most.
    var capacity: Double { Double(batchSize) / (commitTime / .seconds(1)) }
}

/// How many commits a paced store has made.
private final class CommitCount: Sendable {
    private let number = Atomic(0)

    var value: Int { number.load(ordering: .relaxed) }

    func increment() { number.add(1, ordering: .relaxed) }
}

private struct PacedStore: ReferralStore {
    let store: SQLiteStore
    let time: Duration
    let count: CommitCount

    func write<Answer: Sendable>(_ body: @escaping @Sendable (any ReferralTransaction) throws -> Answer) async throws -> Answer {
        let end = ContinuousClock.now + time
        let answer = try await store.write(body)
        count.increment()
        try await ContinuousClock().sleep(until: end)
        return answer
    }

    func read<Answer: Sendable>(_ body: @escaping @Sendable (any ReferralReader) throws -> Answer) async throws -> Answer {
        try await store.read(body)
    }
}

/// A whole exchange with the directory and rules of an installation, a store of its own and a clock that is set by hand.
final class LiveExchange: Sendable {
    private let commitCount = CommitCount()
    /// Commits so far; only counted with a pace.
    var commitsMade: Int { commitCount.value }

    let carrier: Carrier
    let clock: SettableClock
    /// For the time that a fetch waits.
    let waiting: ManualClock
    /// For looking for what other exchanges have published.
    let polling = ManualClock()
    /// For trying whether a store that fails can be written again.
    let probing = ManualClock()
    /// Looks for what other exchanges on the database have committed.
    let noticing = ManualClock()
    let store: SQLiteStore
    let database: String
    let rules: RulesInForce
    let exchange: Exchange
    let health: HealthEndpoint
    let log: CapturedLog
    private let installation: Installation
    private let commits: CommitQueue
    private let router: Router
    private let connections = Mutex<(port: Int?, clients: [Client])>((nil, []))

    /// Serves while `body` runs; afterwards nothing is left.
    /// - Parameter installation: nil: the example's.
    static func with<R: Sendable>(
        _ carrier: Carrier = .memory, installation: Installation? = nil, pendingWrites: Int = 16_384, rate: RateLimit? = nil,
        pace: StorePace? = nil, alarms: (any AlarmSource)? = nil, _ body: @Sendable (LiveExchange) async throws -> R
    ) async throws -> R {
        let chosen = if let installation { installation } else { try await Installation.current }
        let folder = FileManager.default.temporaryDirectory.appending(path: "lots-exchange-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let live = try await LiveExchange(
            carrier, installation: chosen, database: folder.appending(path: "lots.sqlite").path, clock: SettableClock(),
            pendingWrites: pendingWrites, rate: rate, pace: pace, alarms: alarms)
        let result = try await live.serve(body)
        try await live.store.close()
        return result
    }

    /// Another exchange on the same database, with the same clock, serves while `body` runs.
    func withAnother<R: Sendable>(_ carrier: Carrier, _ body: @Sendable (LiveExchange) async throws -> R) async throws -> R {
        let live = try await LiveExchange(
            carrier, installation: installation, database: database, clock: clock, pendingWrites: 16_384, rate: nil, pace: nil)
        let result = try await live.serve(body)
        try await live.store.close()
        return result
    }

    private init(
        _ carrier: Carrier, installation: Installation, database: String, clock: SettableClock, pendingWrites: Int, rate: RateLimit?,
        pace: StorePace?, alarms: (any AlarmSource)? = nil
    ) async throws {
        self.carrier = carrier
        self.installation = installation
        self.database = database
        store = try SQLiteStore(path: database)
        self.clock = clock
        waiting = ManualClock()
        let log = CapturedLog()
        self.log = log
        if let pace {
            commits = CommitQueue(
                store: PacedStore(store: store, time: pace.commitTime, count: commitCount), capacity: pendingWrites,
                longestWait: pace.longestWait,
                batchSize: pace.batchSize)
        } else {
            commits = CommitQueue(store: store, capacity: pendingWrites)
        }
        let decoder = ReferralDecoder(digestKey: [UInt8](repeating: 7, count: 32), acceptsTestData: true)
        let configuration = try DaemonConfiguration(file: installation.settings)
        rules = try await RulesInForce(
            store: store, reader: PublicationReader(), consentPeriod: configuration.consentPeriod,
            first: configuration.firstVersions(installation.policy.routing),
            at: clock.now)
        exchange = Exchange(
            store: store, commits: commits, rules: rules, decoder: decoder, now: { clock.now }, rate: rate, alarms: alarms,
            logger: log.logger)
        health = HealthEndpoint(services: [
            ServiceName.referral, ServiceName.assignment, ServiceName.coordination, ServiceName.routing, ServiceName.report,
            ServiceName.source,
        ])
        var router = Router()
        router.register(
            ReferralEndpoint(exchange: exchange, trustDomain: Installation.trustDomain), decoder: decoder, now: { clock.now })
        router.register(
            AssignmentEndpoint(exchange: exchange, trustDomain: Installation.trustDomain, clock: waiting))
        router.register(CoordinationEndpoint(exchange: exchange, trustDomain: Installation.trustDomain))
        router.register(RoutingEndpoint(exchange: exchange, trustDomain: Installation.trustDomain))
        router.register(ReportEndpoint(exchange: exchange, trustDomain: Installation.trustDomain))
        router.register(SourceEndpoint(exchange: exchange, trustDomain: Installation.trustDomain))
        router.register(health)
        self.router = router
    }

    private func serve<R: Sendable>(_ body: @Sendable (LiveExchange) async throws -> R) async throws -> R {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [commits] in await commits.run() }
            let publications = Task { [exchange, polling] in await PublicationTimer(exchange: exchange, clock: polling).run() }
            defer { publications.cancel() }
            let changes = Task { [exchange, noticing] in await ChangeTimer(exchange: exchange, clock: noticing).run() }
            defer { changes.cancel() }
            let probe = Task { [exchange, probing] in await StoreProbe(exchange: exchange, clock: probing).run() }
            defer { probe.cancel() }
            var server: Server?
            if carrier == .tls {
                let context = try TLSContext(installation.server)
                var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
                // However much the machine has to do beside a test.
                configuration.handshakeTimeout = .minutes(2)
                configuration.stopTimeout = .seconds(5)
                let bound = try await Server.bind(configuration, router: router, context: { context }, logger: log.logger)
                connections.withLock { $0.port = bound.port }
                group.addTask { try await bound.run() }
                server = bound
            }
            let result: Result<R, any Error>
            do { result = .success(try await body(self)) } catch { result = .failure(error) }
            for client in connections.withLock(\.clients) { client.close() }
            server?.stop()
            commits.close()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// A new connection of a unit, `organisation/unit`. It is closed at the end.
    func client(_ participant: String) async throws -> Client {
        try await client(identity: "spiffe://\(Installation.trustDomain)/\(participant)")
    }

    /// - Parameter identity: over TLS, one that has a certificate.
    func client(identity: String) async throws -> Client {
        let client: Client
        if let port = connections.withLock(\.port) {
            let participant = identity.split(separator: "/").suffix(2).joined(separator: "/")
            client = try await Client.connect(
                host: "127.0.0.1", port: port, context: installation.client(participant), timeout: .minutes(2))
        } else {
            client =
                InProcessTransport(
                    router: router, peer: Peer(identity: identity), logger: log.logger,
                    eventLoop: MultiThreadedEventLoopGroup.singleton.any()
                ).client
        }
        connections.withLock { $0.clients.append(client) }
        return client
    }

    /// A connection for sending.
    func sender(_ participant: String = "polisen-stockholm/vasterort") async throws -> ReferralClient {
        ReferralClient(try await client(participant))
    }

    /// A connection for receiving.
    func recipient(_ participant: String) async throws -> AssignmentClient {
        AssignmentClient(try await client(participant))
    }

    /// A connection of the coordinator, or of another unit.
    func coordinator(_ participant: String = "stockholms-stad/samordnare") async throws -> RoutingClient {
        RoutingClient(try await client(participant))
    }

    /// A connection of the coordinator of cases, or of another unit.
    func coordination(_ participant: String = "stockholms-stad/samordnare") async throws -> CoordinationClient {
        CoordinationClient(try await client(participant))
    }

    /// A connection for what is to be expected of those who send.
    func sources(_ participant: String) async throws -> SourceClient {
        SourceClient(try await client(participant))
    }

    /// The whole log, oldest first.
    func events() async throws -> [LogEntry] {
        try await store.allEntries()
    }
}

extension SQLiteStore {
    /// The whole log, oldest first.
    func allEntries() async throws -> [LogEntry] {
        try await read { reader in
            var entries: [LogEntry] = []
            while case let more = try reader.log(after: entries.last?.sequence ?? 0, limit: 1_000), !more.isEmpty { entries += more }
            return entries
        }
    }
}
