import Logging

/// Looks again and again for deadlines that have come. What they lead to is decided by the rules of the domain alone.
public struct DeadlineTimer: Sendable {
    private let exchange: Exchange
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// - Parameter interval: how late a deadline may be noticed.
    public init(exchange: Exchange, interval: Duration = .seconds(1), clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        self.interval = interval
        self.clock = clock
    }

    /// Runs until its task is cancelled.
    public func run() async {
        var isFailing = false
        while !Task.isCancelled {
            do {
                while try await exchange.fireDeadlines() >= exchange.settings.deadlineBatch {}
                if isFailing { exchange.logger.notice("deadlines are met again") }
                isFailing = false
            } catch is CancellationError {
                return
            } catch {
                // Once for an incident.
                if !isFailing {
                    exchange.logger.error("deadlines cannot be met now; trying again and again", metadata: ["error": "\(error)"])
                }
                isFailing = true
            }
            guard (try? await clock.sleep(for: interval)) != nil else { return }
        }
    }
}
