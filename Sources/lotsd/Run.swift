import ArgumentParser
import Configuration
import CoreMetrics
import Exchange
import Foundation
import Logging
import NIOCore
import NIOPosix
import Operations
import Referral
import ReferralAPI
import SQLiteStore
import ServiceLifecycle
import TLS
import TTRPC
import TTRPCOverTLS
import UnixSignals

/// `lotsd run`: puts the parts together and serves until SIGTERM or SIGINT.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve until SIGTERM or SIGINT (the default).")

    @OptionGroup var options: ConfigurationOption

    @Option(help: "Write the port that is listened on to this file once connections are accepted.")
    var portFile: String?

    func run() async throws {
        LargeMessages.keepMemory()
        let (configuration, policy) = try readConfiguration(options.config)
        let files = try configuration.firstVersions(policy.routing)
        let registry = MetricsRegistry()
        DaemonMetrics.describe(in: registry)
        let lostLines = Counter(label: "lots_log_lines_lost_total", factory: registry)
        let log = LogQueue(
            capacity: configuration.log.bufferBytes,
            droppedLine: { count in
                LogLine(label: "lotsd", format: configuration.log.format, output: nil)
                    .line(
                        level: .error, message: "log lines were dropped: there were more than could be written",
                        metadata: ["count": "\(count)"])
            },
            whenDropped: { lostLines.increment(by: $0) },
            write: { try FileHandle.standardError.write(contentsOf: $0) })
        LoggingSystem.bootstrap { LogLine(label: $0, format: configuration.log.format, output: log) }
        var logger = Logger(label: "lotsd")
        logger.logLevel = Logger.Level(configuration.log.level)
        logger.notice("lotsd starts", metadata: ["version": "\(LotsVersion.current)"])
        ProcessLimits.set(connections: configuration.limits.connections, logger: logger)
        for variable in configuration.unusedVariables { logger.warning("unused environment variable: \(variable)") }
        let manager = ServiceManager(environment: ProcessInfo.processInfo.environment, processID: getpid())
        do {
            try await serve(configuration, files: files, registry: registry, manager: manager, logger: logger)
        } catch {
            manager.notify(.stopping, .status("\(error)"))
            logger.critical("lotsd cannot go on", metadata: ["error": "\(error)"])
            await log.flush(timeout: .seconds(2))
            throw ExitCode(StartFault.exitCode(for: error))
        }
        await log.flush(timeout: .seconds(2))
    }

    private func serve(
        _ configuration: DaemonConfiguration, files: [(number: Int, content: PublicationContent)], registry: MetricsRegistry,
        manager: ServiceManager, logger: Logger
    ) async throws {
        let credentials = try ReloadingTLSContext(configuration.tlsConfiguration)
        guard let trustDomain = credentials.current.identifier?.trustDomain else {
            throw StartFault(description: "\(configuration.tls.certificate): the certificate has no spiffe:// name")
        }
        try StartFault.checkFolder(of: configuration.databasePath)
        let storage = try await Storage.open(configuration)
        let store = storage.store
        let decoder = ReferralDecoder(digestKey: storage.digestKey, acceptsTestData: configuration.acceptTestData)
        let now = ExchangeClock(startAt: configuration.clockStart).now
        storage.log(at: now(), path: configuration.databasePath, to: logger)

        let metrics = ExchangeMetrics(factory: registry)
        let limits = configuration.limits
        let rules = try await rules(configuration, files, store: store, at: now(), logger)
        let commits = CommitQueue(store: store, capacity: limits.pendingWrites, longestWait: limits.queueTime, metrics: metrics)
        let exchange = Exchange(
            store: store, commits: commits, rules: rules, decoder: decoder, settings: Exchange.Settings(lease: configuration.lease),
            now: now, rate: RateLimit(perSecond: limits.callsPerSecond, burst: limits.callBurst), metrics: metrics, logger: logger)
        let health = HealthEndpoint(services: [
            ServiceName.referral, ServiceName.assignment, ServiceName.coordination, ServiceName.routing, ServiceName.report,
            ServiceName.source,
        ])
        var router = Router()
        router.register(ReferralEndpoint(exchange: exchange, trustDomain: trustDomain), decoder: decoder, now: now)
        router.register(AssignmentEndpoint(exchange: exchange, trustDomain: trustDomain))
        router.register(CoordinationEndpoint(exchange: exchange, trustDomain: trustDomain))
        router.register(RoutingEndpoint(exchange: exchange, trustDomain: trustDomain))
        router.register(ReportEndpoint(exchange: exchange, trustDomain: trustDomain))
        router.register(SourceEndpoint(exchange: exchange, trustDomain: trustDomain))
        router.register(health)
        router = router.intercepted(by: [TracePropagation(), CallLogging(logger: logger, failureLevel: .debug)])

        let server: Server
        do {
            server = try await Server.bind(
                configuration.serverConfiguration, router: router, socket: try socket(of: manager), context: { credentials.current },
                logger: logger, observer: ServerMetrics(factory: registry))
        } catch {
            throw (error as? StartFault) ?? .cannotListen(on: configuration.listen.host, configuration.listen.port, error)
        }
        let state = ServingState(exchange: exchange)
        DaemonMetrics.sample(
            into: registry, commits: commits, server: server, exchange: exchange, state: state,
            newestEntry: storage.summary.newestEntry)
        let watch = CredentialWatch(
            credentials, interval: configuration.tls.reloadInterval, metrics: registry, logger: logger,
            whenReloaded: { await server.judgePeers(by: $0) })

        // Stopped in reverse: first nobody waits any longer, then the server finishes its calls, then the timer, then the commits that
        // they need; last those that tell how it goes.
        var parts: [any ServiceLifecycle.Service] = [
            Watchdog(manager, group: MultiThreadedEventLoopGroup.singleton) { try await store.write { _ in } }
        ]
        if let port = configuration.pages.port {
            parts.append(try await pages(configuration.pages.host, port, registry, state, logger))
        }
        parts += [
            CommitService(commits: commits, store: store),
            TimerService { await DeadlineTimer(exchange: exchange).run() },
            TimerService { await PublicationTimer(exchange: exchange).run() },
            TimerService { await ChangeTimer(exchange: exchange).run() },
            TimerService { await InflowTimer(exchange: exchange).run() },
            TimerService { await FiguresTimer(exchange: exchange).run() },
            TimerService { await StoreProbe(exchange: exchange).run() },
            // Probes learn when the store fails, and when it works again.
            TimerService { await health.follow { exchange.isStoreFailing } }, watch,
            await HangupService(watch: watch, manager: manager), server,
            StartedService(path: portFile, server: server, state: state, manager: manager),
            WaitingService(health: health, exchange: exchange, state: state, manager: manager),
        ]
        // Of services it prints everything they hold when it may debug.
        var groupLogger = logger
        groupLogger.logLevel = max(logger.logLevel, .notice)
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: parts.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: groupLogger))
        try await services.run()
        logger.notice("stopped")
    }

    /// What the database has in force. One that is empty takes what the files say.
    private func rules(
        _ configuration: DaemonConfiguration, _ files: [(number: Int, content: PublicationContent)], store: SQLiteStore,
        at now: Instant, _ logger: Logger
    ) async throws -> RulesInForce {
        let rules = try await RulesInForce(
            store: store, reader: PublicationReader(), consentPeriod: configuration.consentPeriod, first: files, at: now)
        let today = CivilDate(inStockholmAt: now)
        for line in rules.policy.routing.directory(on: today).protectedReaderLines(on: today) { logger.warning("\(line)") }
        for difference in rules.history.differences(from: files) {
            logger.warning(
                """
                \(difference). The database decides, the files do nothing: `lots route versions` lists what is published, \
                `lots route publish` puts a file in force
                """,
                metadata: ["directory": "\(configuration.directoryPath)", "routing": "\(configuration.routingPath)"])
        }
        return rules
    }

    /// The service manager's listening socket, when it has one for this process.
    private func socket(of manager: ServiceManager) throws -> CInt? {
        guard let socket = manager.sockets.first else { return nil }
        guard manager.sockets.count == 1 else { throw StartFault(description: "the service manager gives more than one socket") }
        if let fault = ServiceManager.takeSocket(socket) { throw StartFault(description: fault) }
        return socket
    }

    private func pages(
        _ host: String, _ port: Int, _ registry: MetricsRegistry, _ state: ServingState, _ logger: Logger
    ) async throws -> PagesServer {
        do {
            return try await PagesServer.bind(
                host: host, port: port,
                pages: [
                    "/metrics": { Page(text: registry.text()) }, "/live": { Page(text: "live\n") },
                    "/ready": { state.obstacle.map { Page(isWell: false, text: "\($0)\n") } ?? Page(text: "ready\n") },
                ], logger: logger)
        } catch {
            throw StartFault.cannotListen(on: host, port, error)
        }
    }
}

/// Commits until everything that may ask for a commit has stopped, then closes the store.
private struct CommitService: ServiceLifecycle.Service {
    let commits: CommitQueue
    let store: SQLiteStore

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await commits.run()
        } onCancelOrGracefulShutdown: {
            commits.close()
        }
        try await store.close()
    }
}

/// Says where the daemon listens, and that it serves, once a signal would stop it in order.
private struct StartedService: ServiceLifecycle.Service {
    let path: String?
    let server: Server
    let state: ServingState
    let manager: ServiceManager

    func run() async throws {
        if let path { try Data("\(server.port)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic) }
        state.started()
        manager.notify(.ready, .status("listening on \(server.address)"))
        try? await gracefulShutdown()
    }
}

/// SIGHUP: the certificates, authorities and revocation lists are read again.
private struct HangupService: ServiceLifecycle.Service {
    let watch: CredentialWatch
    let manager: ServiceManager
    private let signals: UnixSignalsSequence

    /// From here on the signal does not end the process.
    init(watch: CredentialWatch, manager: ServiceManager) async {
        self.watch = watch
        self.manager = manager
        signals = await UnixSignalsSequence(trapping: .sighup)
    }

    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() {
            manager.notify(.reloading)
            await watch.reload(because: "SIGHUP")
            manager.notify(.ready)
        }
    }
}

/// Does something again and again until the daemon stops.
private struct TimerService: ServiceLifecycle.Service {
    let work: @Sendable () async -> Void

    init(_ work: @escaping @Sendable () async -> Void) {
        self.work = work
    }

    func run() async throws {
        await cancelWhenGracefulShutdown(work)
    }
}

/// Tells those who wait that the exchange is stopping as soon as it is: probes, and recipients without a case. The server would wait for
/// them in vain.
private struct WaitingService: ServiceLifecycle.Service {
    let health: HealthEndpoint
    let exchange: Exchange
    let state: ServingState
    let manager: ServiceManager

    func run() async throws {
        try? await gracefulShutdown()
        manager.notify(.stopping)
        state.stopping()
        health.stop()
        exchange.stopWaiting()
    }
}
