import Logging

/// Looks again and again for rules and directories that another daemon on the same store has published.
public struct PublicationTimer: Sendable {
    private let exchange: Exchange
    private let repetition: Repetition

    /// - Parameter interval: how late a publication may be noticed.
    public init(exchange: Exchange, interval: Duration = .seconds(1), clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        repetition = Repetition(pause: interval, clock: clock)
    }

    /// Runs until its task is cancelled.
    public func run() async {
        await repetition.run {
            try await exchange.refreshRules()
        } failed: {
            exchange.logger.critical("publications cannot be read; the rules of before stay in force", metadata: ["error": "\($0)"])
        } recovered: {
            exchange.logger.notice("publications can be read again")
        }
    }
}
