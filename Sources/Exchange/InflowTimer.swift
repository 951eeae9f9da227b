import Logging

/// Tells the monitors of the inflow each day when it is over, also those that were missed while no daemon ran.
public struct InflowTimer: Sendable {
    private let exchange: Exchange
    private let repetition: Repetition

    /// - Parameter interval: how late the end of a day may be noticed.
    public init(exchange: Exchange, interval: Duration = .seconds(60), clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        repetition = Repetition(pause: interval, clock: clock)
    }

    /// Runs until its task is cancelled.
    public func run() async {
        await repetition.run {
            try await exchange.countInflow()
        } failed: {
            exchange.logger.error("the inflow cannot be watched now; trying again and again", metadata: ["error": "\($0)"])
        } recovered: {
            exchange.logger.notice("the inflow is watched again")
        }
    }
}
