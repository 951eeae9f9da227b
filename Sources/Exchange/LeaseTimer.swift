import Logging

/// Looks for leases whose time is over, again and again.
public struct LeaseTimer: Sendable {
    private let exchange: Exchange
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// - Parameter interval: how late the end of a lease may be noticed.
    public init(exchange: Exchange, interval: Duration = .seconds(1), clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        self.interval = interval
        self.clock = clock
    }

    /// Runs until its task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            do {
                while try await exchange.expireLeases() == exchange.settings.leaseBatch {}
                try await clock.sleep(for: interval)
            } catch is CancellationError {
                return
            } catch {
                exchange.logger.error("leases could not be ended; trying again", metadata: ["error": "\(error)"])
                guard (try? await clock.sleep(for: interval)) != nil else { return }
            }
        }
    }
}
