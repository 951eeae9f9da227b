/// Finds out when a store that could not be written can be written again. Calls do not tell: many have nothing to write, and a sender who
/// is told that the exchange does not work makes none. While all is well, nothing is written.
public struct StoreProbe: Sendable {
    private let exchange: Exchange
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// - Parameter interval: how late it may be noticed.
    public init(exchange: Exchange, interval: Duration = .seconds(5), clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        self.interval = interval
        self.clock = clock
    }

    /// Runs until its task is cancelled.
    public func run() async {
        // Fails only when the task is cancelled.
        while (try? await clock.sleep(for: interval)) != nil { await exchange.probeStore() }
    }
}
