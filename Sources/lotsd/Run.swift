import ArgumentParser
import Configuration
import Exchange
import Foundation
import Logging
import NIOCore
import NIOPosix
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
        let (configuration, policy) = try readConfiguration(options.config)
        LoggingSystem.bootstrap { LogLine(label: $0, format: configuration.log.format, output: .standardError) }
        var logger = Logger(label: "lotsd")
        logger.logLevel = Logger.Level(configuration.log.level)
        for variable in configuration.unusedVariables { logger.warning("unused environment variable: \(variable)") }
        do {
            try await serve(configuration, policy: policy, logger: logger)
        } catch {
            logger.critical("lotsd cannot go on", metadata: ["error": "\(error)"])
            throw ExitCode(1)
        }
    }

    private func serve(_ configuration: DaemonConfiguration, policy: Policy, logger: Logger) async throws {
        let context = try TLSContext(configuration.tlsConfiguration)
        let faults = context.certificateFaults(at: Int64(Date().timeIntervalSince1970))
        guard faults.isEmpty, let trustDomain = context.identifier?.trustDomain else {
            throw StartFault(description: faults.joined(separator: "\n"))
        }
        let store = try SQLiteStore(path: configuration.databasePath)
        let decoder = ReferralDecoder(
            digestKey: try DigestKey.readOrMake(configuration.digestKeyPath), acceptsTestData: configuration.acceptTestData)
        let now = ExchangeClock(startAt: configuration.clockStart).now

        let commits = CommitQueue(store: store, capacity: configuration.limits.pendingWrites)
        let exchange = Exchange(
            store: store, commits: commits, policy: policy, decoder: decoder, settings: Exchange.Settings(lease: configuration.lease),
            now: now,
            logger: logger)
        let health = HealthEndpoint(services: ["lots.v1.ReferralService", "lots.v1.AssignmentService"])
        var router = Router()
        router.register(ReferralEndpoint(exchange: exchange, trustDomain: trustDomain), decoder: decoder, now: now)
        router.register(AssignmentEndpoint(exchange: exchange, trustDomain: trustDomain))
        router.register(health)
        router = router.intercepted(by: [TracePropagation(), CallLogging(logger: logger, failureLevel: .debug)])

        let server: Server
        do {
            server = try await Server.bind(configuration.serverConfiguration, router: router, context: { context }, logger: logger)
        } catch {
            throw StartFault(description: "cannot listen on \(configuration.listen.host):\(configuration.listen.port): \(error)")
        }

        // Stopped in reverse: first nobody waits any longer, then the server finishes its calls, then the timer, then the commits that
        // they need.
        let parts: [any ServiceLifecycle.Service] = [
            CommitService(commits: commits, store: store), LeaseService(timer: LeaseTimer(exchange: exchange)), server,
            PortFileService(path: portFile, port: server.port), WaitingService(health: health, exchange: exchange),
        ]
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: parts.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await services.run()
        logger.notice("stopped")
    }
}

/// Why the daemon does not start.
private struct StartFault: Error, CustomStringConvertible {
    let description: String
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

/// Says where the daemon listens, once a signal would stop it in order.
private struct PortFileService: ServiceLifecycle.Service {
    let path: String?
    let port: Int

    func run() async throws {
        if let path { try Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic) }
        try? await gracefulShutdown()
    }
}

private struct LeaseService: ServiceLifecycle.Service {
    let timer: LeaseTimer

    func run() async throws {
        await cancelWhenGracefulShutdown { await timer.run() }
    }
}

/// Tells those who wait that the exchange is stopping as soon as it is: probes, and recipients without a case. The server would wait for
/// them in vain.
private struct WaitingService: ServiceLifecycle.Service {
    let health: HealthEndpoint
    let exchange: Exchange

    func run() async throws {
        try? await gracefulShutdown()
        health.stop()
        exchange.stopWaiting()
    }
}
