public import CoreMetrics
import TTRPC

/// What an exchange records besides its calls.
public struct ExchangeMetrics: Sendable {
    private let commitTime: Timer
    private let writes: Counter
    private let refusals: [Bound: Counter]

    /// - Parameter factory: nothing is recorded without one.
    public init(factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        commitTime = Timer(label: "lots_commit_seconds", factory: factory)
        writes = Counter(label: "lots_writes_total", factory: factory)
        refusals = Dictionary(
            uniqueKeysWithValues: [.rate, .pendingWrites, .queueTime].map {
                ($0, Counter(label: "lots_refusals_total", dimensions: [("bound", $0.rawValue)], factory: factory))
            })
    }

    /// A commit of so many writes has ended, well or not.
    func committed(_ count: Int, in duration: Duration) {
        writes.increment(by: count)
        commitTime.recordNanoseconds(Int64(duration / .nanoseconds(1)))
    }

    func refused(_ bound: Bound) { refusals[bound]?.increment() }
}
