public import CoreMetrics
import Referral
import TTRPC

/// What an exchange records besides its calls.
public struct ExchangeMetrics: Sendable {
    private let commitTime: Timer
    private let writes: Counter
    private let submissions: [Bool: Counter]
    private let refusals: [Bound: Counter]
    private let deadlines: [Deadline.Kind: Counter]
    private let oldestDue: Meter
    let inflow: InflowMetrics

    /// - Parameter factory: nothing is recorded without one.
    public init(factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        commitTime = Timer(label: "lots_commit_seconds", factory: factory)
        writes = Counter(label: "lots_writes_total", factory: factory)
        submissions = Dictionary(
            uniqueKeysWithValues: [true, false].map {
                ($0, Counter(label: "lots_submissions_total", dimensions: [("result", $0 ? "taken" : "failed")], factory: factory))
            })
        refusals = Dictionary(
            uniqueKeysWithValues: [.rate, .pendingWrites, .queueTime].map {
                ($0, Counter(label: "lots_refusals_total", dimensions: [("bound", $0.rawValue)], factory: factory))
            })
        deadlines = Dictionary(
            uniqueKeysWithValues: Deadline.Kind.allCases.map {
                ($0, Counter(label: "lots_deadlines_fired_total", dimensions: [("kind", $0.rawValue)], factory: factory))
            })
        oldestDue = Meter(label: "lots_oldest_due_seconds", factory: factory)
        inflow = InflowMetrics(factory: factory)
    }

    /// A commit of so many writes has ended, well or not.
    func committed(_ count: Int, in duration: Duration) {
        writes.increment(by: count)
        commitTime.recordNanoseconds(Int64(duration / .nanoseconds(1)))
    }

    /// A submission that passed its checks has an answer: a stream counts as one call, whatever becomes of its items.
    func submitted(well: Bool) { submissions[well]?.increment() }

    func fired(_ kind: Deadline.Kind) { deadlines[kind]?.increment() }

    /// The clock has looked; zero: nothing was due.
    func looked(atOldestDueSince age: Duration) { oldestDue.set(age / .seconds(1)) }

    func refused(_ bound: Bound) { refusals[bound]?.increment() }
}
