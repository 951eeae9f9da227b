public import NIOCore
public import ServiceLifecycle

/// Tells the service manager at half its interval that the daemon is alive, as long as what it depends on answers. What does not answer
/// keeps it silent, and the manager starts the daemon anew.
///
/// An error is an answer: a full disk is not mended by a restart, and readiness tells of it.
public struct Watchdog: Service {
    private let manager: ServiceManager
    private let eventLoops: [any EventLoop]
    private let clock: any Clock<Duration>
    private let check: @Sendable () async throws -> Void

    /// - Parameter check: returns or throws once the rest, the store for instance, has answered.
    public init(
        _ manager: ServiceManager, group: any EventLoopGroup, clock: any Clock<Duration> = ContinuousClock(),
        check: @escaping @Sendable () async throws -> Void
    ) {
        self.manager = manager
        self.clock = clock
        self.check = check
        eventLoops = group.makeIterator().map { $0 }
    }

    /// Until a graceful shutdown or cancellation. To be stopped last: a daemon that takes its time to stop is alive.
    public func run() async throws {
        guard let interval = manager.watchdogInterval else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            repeat {
                for eventLoop in self.eventLoops { try? await eventLoop.submit {}.get() }
                try? await self.check()
                if !Task.isCancelled { self.manager.notify(.watchdog) }
            } while (try? await self.clock.sleep(for: interval / 2)) != nil
        }
    }
}
