public import CoreMetrics
import Synchronization

/// Holds the values recorded through the swift-metrics API and writes them in the Prometheus text form, version 0.0.4.
///
/// A counter stays a counter, a meter or a plain recorder becomes a gauge, a timer a histogram of seconds and an aggregating recorder a
/// histogram of its values. Memory is bounded: past a number of series per name, whatever labels a new one has, it is counted in one
/// whose label values are all `other`.
public final class MetricsRegistry: MetricsFactory {
    private struct State {
        var families: [String: Family] = [:]
        var helps: [String: String] = [:]
        var samplers: [@Sendable () -> Void] = []
    }

    private struct Family {
        var kind: MetricKind
        var series: [Labels: any MetricSeries] = [:]
    }

    private let seriesLimit: Int
    private let buckets: [Double]
    private let state = Mutex(State())

    /// Upper bounds of histograms in seconds, from half a millisecond to ten seconds.
    public static let defaultBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// - Parameters:
    ///   - seriesLimit: how many combinations of label values one name may have.
    ///   - buckets: upper bounds of every histogram, ascending.
    public init(seriesLimit: Int = 1_000, buckets: [Double] = MetricsRegistry.defaultBuckets) {
        self.seriesLimit = seriesLimit
        self.buckets = buckets
    }

    /// The line of explanation that goes with a name.
    public func describe(_ name: String, _ help: String) {
        state.withLock { $0.helps[MetricsText.name(name)] = help }
    }

    /// Calls `sample` before each page is written, to bring gauges up to date. It must be quick.
    public func beforeEachPage(_ sample: @escaping @Sendable () -> Void) {
        state.withLock { $0.samplers.append(sample) }
    }

    /// Everything as text; names and labels in alphabetical order.
    public func text() -> String {
        for sample in state.withLock(\.samplers) { sample() }
        let (families, helps) = state.withLock { ($0.families, $0.helps) }
        var text = MetricsText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.begin(name, family.kind, help: helps[name])
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) { series.write(name, labels, to: &text) }
        }
        return text.content
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { Count() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { Gauge() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(label, dimensions, .gauge) { Gauge() } }
        return series(label, dimensions, .histogram) { Histogram(buckets: buckets) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { Histogram(buckets: buckets) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// The series of this name and these labels, made when there is none. One of a name that is in use for another kind counts nowhere.
    private func series<Series: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricKind, make: () -> Series
    ) -> Series {
        state.withLock { state in
            let name = MetricsText.name(label)
            var labels = Labels(dimensions)
            var family = state.families[name] ?? Family(kind: kind)
            guard family.kind == kind else { return make() }
            if family.series[labels] == nil, family.series.count >= seriesLimit { labels = labels.others }
            if let known = family.series[labels] as? Series { return known }
            let new = make()
            family.series[labels] = new
            state.families[name] = family
            return new
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                if state.families[name]?.series.isEmpty == true { state.families[name] = nil }
            }
        }
    }
}

/// The Prometheus type of a name.
enum MetricKind: String {
    case counter, gauge, histogram
}

/// The values of one name and one combination of labels.
protocol MetricSeries: AnyObject, Sendable {
    func write(_ name: String, _ labels: Labels, to text: inout MetricsText)
}

/// Label names and values in alphabetical order.
struct Labels: Hashable, Comparable {
    let pairs: [[String]]

    init(_ dimensions: [(String, String)]) {
        pairs = dimensions.map { [MetricsText.name($0.0), $0.1] }.sorted { $0[0] < $1[0] }
    }

    private init(pairs: [[String]]) {
        self.pairs = pairs
    }

    /// The same labels for what is too much to be told apart.
    var others: Labels { Labels(pairs: pairs.map { [$0[0], "other"] }) }

    static func < (first: Labels, second: Labels) -> Bool {
        first.pairs.lazy.joined().lexicographicallyPrecedes(second.pairs.lazy.joined())
    }
}

/// A value that only grows.
private final class Count: CounterHandler, MetricSeries {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ name: String, _ labels: Labels, to text: inout MetricsText) {
        text.sample(name, labels, "\(value.load(ordering: .relaxed))")
    }
}

/// A value that goes up and down.
private final class Gauge: MeterHandler, RecorderHandler, MetricSeries {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    func write(_ name: String, _ labels: Labels, to text: inout MetricsText) {
        text.sample(name, labels, MetricsText.number(value.withLock(\.self)))
    }
}

/// How many values were at most as large as each bound, their number and their sum.
private final class Histogram: TimerHandler, RecorderHandler, MetricSeries {
    private struct State {
        var counts: [Int]
        var sum = 0.0
    }

    private let buckets: [Double]
    private let state: Mutex<State>

    init(buckets: [Double]) {
        self.buckets = buckets
        state = Mutex(State(counts: Array(repeating: 0, count: buckets.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let index = buckets.firstIndex { value <= $0 } ?? buckets.count
        state.withLock { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    func write(_ name: String, _ labels: Labels, to text: inout MetricsText) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total = 0
        for (bound, count) in zip(buckets.map(MetricsText.number) + ["+Inf"], counts) {
            total += count
            text.sample("\(name)_bucket", labels, "\(total)", bound: bound)
        }
        text.sample("\(name)_sum", labels, MetricsText.number(sum))
        text.sample("\(name)_count", labels, "\(total)")
    }
}
