import Logging
import Referral

/// Looks into the store for all who watch: after every commit of this exchange, and again and again for those of others on the same store.
public struct ChangeTimer: Sendable {
    private let exchange: Exchange
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// - Parameter interval: how late a commit of another exchange may be noticed.
    public init(exchange: Exchange, interval: Duration = .seconds(1), clock: any Clock<Duration> = ContinuousClock()) {
        self.exchange = exchange
        self.interval = interval
        self.clock = clock
    }

    /// Runs until its task is cancelled.
    public func run() async {
        let looks = exchange.changes.looks()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Fails only when the task is cancelled.
                while (try? await clock.sleep(for: interval)) != nil { exchange.changes.look() }
            }
            group.addTask { await look(looks) }
        }
    }

    private func look(_ looks: AsyncStream<Void>) async {
        var isFailing = false
        var day = CivilDate(inStockholmAt: exchange.now())
        for await _ in looks {
            let today = CivilDate(inStockholmAt: exchange.now())
            // Who may watch goes by days.
            if today != day { exchange.changes.ringAll() }
            day = today
            do {
                try await exchange.noticeChanges()
                if isFailing { exchange.logger.notice("those who watch are told again") }
                isFailing = false
            } catch is CancellationError {
                return
            } catch {
                if !isFailing {
                    exchange.logger.error("those who watch cannot be told now; trying again and again", metadata: ["error": "\(error)"])
                }
                isFailing = true
            }
        }
    }
}
