import Logging

/// Looks again and again for deadlines that have come. What they lead to is decided by the rules of the domain alone.
public struct DeadlineTimer: Sendable {
    private let exchange: Exchange
    private let repetition: Repetition

    /// - Parameter interval: how late a deadline may be noticed.
    public init(exchange: Exchange, interval: Duration = .seconds(1), clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        repetition = Repetition(pause: interval, clock: clock)
    }

    /// Runs until its task is cancelled.
    public func run() async {
        await repetition.run {
            while try await exchange.fireDeadlines() >= exchange.settings.deadlineBatch {}
        } failed: {
            exchange.logger.error("deadlines cannot be met now; trying again and again", metadata: ["error": "\($0)"])
        } recovered: {
            exchange.logger.notice("deadlines are met again")
        }
    }
}
