import Logging

/// Looks again and again for rules and directories that another daemon on the same store has published.
public struct PublicationTimer: Sendable {
    private let exchange: Exchange
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// - Parameter interval: how late a publication may be noticed.
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
                try await exchange.refreshRules()
                if isFailing { exchange.logger.notice("publications can be read again") }
                isFailing = false
            } catch is CancellationError {
                return
            } catch {
                // Once for an incident.
                if !isFailing {
                    exchange.logger.critical(
                        "publications cannot be read; the rules of before stay in force", metadata: ["error": "\(error)"])
                }
                isFailing = true
            }
            guard (try? await clock.sleep(for: interval)) != nil else { return }
        }
    }
}
