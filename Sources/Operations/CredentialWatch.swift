public import CoreMetrics
public import Logging
import NIOPosix
public import ServiceLifecycle
import Synchronization
public import TLS

/// Keeps the certificates, authorities and revocation lists of a running server up to date: reads them again when a file has changed or
/// somebody asks, and tells in log and metrics how that went and what ends soon. A failed reload changes nothing.
public final class CredentialWatch: Service {
    private let context: ReloadingTLSContext
    private let interval: Duration
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Int64
    private let factory: any MetricsFactory
    private let logger: Logger
    private let whenReloaded: @Sendable (TLSContext) async -> Void
    private let reloads: [Bool: Counter]
    private let isCurrent: Meter
    private let warnings = Mutex(ExpiryWarnings())

    /// - Parameters:
    ///   - interval: how often the files are looked at.
    ///   - clock: for the interval.
    ///   - now: the time in seconds since 1970, for what ends soon.
    ///   - whenReloaded: what else is to follow the new files; a reload is over when it has returned.
    public init(
        _ context: ReloadingTLSContext, interval: Duration, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Int64 = TLSContext.systemTime, metrics factory: any MetricsFactory, logger: Logger,
        whenReloaded: @escaping @Sendable (TLSContext) async -> Void = { _ in }
    ) {
        self.context = context
        self.interval = interval
        self.clock = clock
        self.now = now
        self.factory = factory
        self.logger = logger
        self.whenReloaded = whenReloaded
        reloads = Dictionary(
            uniqueKeysWithValues: [true, false].map {
                ($0, Counter(label: "lots_tls_reloads_total", dimensions: [("result", $0 ? "ok" : "failed")], factory: factory))
            })
        isCurrent = Meter(label: "lots_tls_files_loaded", factory: factory)
        isCurrent.set(1)
    }

    /// Looks at the files until a graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            self.tellAuthoritiesWithoutList()
            self.tellExpiries()
            while (try? await self.clock.sleep(for: self.interval)) != nil { await self.look() }
        }
    }

    /// Looks once: reads the files again if they have changed, and tells what ends soon.
    public func look() async {
        let context = context
        if (try? await NIOThreadPool.singleton.runIfActive { context.haveFilesChanged() }) == true {
            await reload(because: "a file has changed")
        }
        tellExpiries()
    }

    /// Reads the files again, whether or not they have changed.
    /// - Parameter reason: for the log.
    /// - Returns: whether the files are good and used from now on.
    @discardableResult
    public func reload(because reason: String) async -> Bool {
        let context = context
        let fault: String?
        do {
            fault = try await NIOThreadPool.singleton.runIfActive {
                do throws(TLSError) {
                    try context.reload()
                    return nil
                } catch {
                    return error.message
                }
            }
        } catch {
            fault = "\(error)"
        }
        reloads[fault == nil]?.increment()
        isCurrent.set(fault == nil ? 1 : 0)
        if let fault {
            logger.critical(
                "certificates could not be read again; those of before stay in use: mend the files, then send SIGHUP or wait",
                metadata: ["reason": "\(reason)", "faults": "\(fault)"])
        } else {
            logger.notice("certificates were read again; new connections use them", metadata: ["reason": "\(reason)"])
            await whenReloaded(context.current)
            tellAuthoritiesWithoutList()
            tellExpiries()
        }
        return fault == nil
    }

    /// It happens when an authority is followed by the next one: its certificate is in the bundle and its list is forgotten.
    private func tellAuthoritiesWithoutList() {
        let context = context.current
        for authority in context.authoritiesWithoutList {
            logger.critical(
                "an authority has no revocation list: all its clients are refused; add its list, or take the authority out",
                metadata: ["authority": "\(authority)", "file": "\(context.configuration.trustRootsFile)"])
        }
    }

    private func tellExpiries() {
        let expiries = context.current.expiries
        let now = now()
        for (kind, group) in Dictionary(grouping: expiries, by: \.kind) {
            let days = group.map { ExpiryWarnings.daysLeft(until: $0.end, at: now) }.min() ?? 0
            Meter(label: "lots_certificate_days_left", dimensions: [("what", kind.rawValue)], factory: factory).set(days)
        }
        for warning in warnings.withLock({ $0.due(expiries, at: now) }) {
            logger.log(
                level: warning.isUrgent ? .critical : .warning,
                Self.text(warning),
                metadata: ["what": "\(warning.expiry.kind.rawValue)", "file": "\(warning.expiry.file)", "days": "\(warning.days)"])
        }
    }
    private static func text(_ warning: ExpiryWarnings.Warning) -> Logger.Message {
        switch (warning.expiry.kind, warning.days < 0) {
        case (.revocationList, true):
            "a revocation list has run out: all clients of its authority who connect are refused until there is a newer one"
        case (.revocationList, false):
            "a revocation list runs out soon: all clients of its authority who connect are refused from then on; put a newer one in its place"
        case (_, true): "something has expired: renew it now"
        case (_, false): "something expires soon: renew it"
        }
    }
}
