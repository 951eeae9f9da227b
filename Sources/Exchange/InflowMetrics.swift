import CoreMetrics
import Inflow
import Referral
import Synchronization

/// How many sources are watched, and which of them have an alarm on. Ids only.
final class InflowMetrics: Sendable {
    fileprivate enum Standing: String, CaseIterable {
        case watched, learning, off
        case tooSmall = "too small"
    }

    private struct State {
        /// The next day to be counted when it was measured last.
        var day: CivilDate?
        /// Of the last alarm or notice then.
        var revision: Int64 = 0
        var isStale = true
        /// The alarms of sources that have had one since the start.
        var alarms: [InflowSource: Meter] = [:]
    }

    private let factory: any MetricsFactory
    private let sources: [Standing: Meter]
    private let open: Meter
    private let state = Mutex(State())

    init(factory: any MetricsFactory) {
        self.factory = factory
        sources = Dictionary(
            uniqueKeysWithValues: Standing.allCases.map {
                ($0, Meter(label: "lots_inflow_sources", dimensions: [("standing", $0.rawValue)], factory: factory))
            })
        open = Meter(label: "lots_inflow_alarms", factory: factory)
    }

    /// Something has changed that the next measurement has to show.
    var isStale: Bool {
        get { state.withLock(\.isStale) }
        set { state.withLock { $0.isStale = newValue } }
    }

    /// Whether there is something new since the last measurement, which is taken now.
    func isDue(_ day: CivilDate?, _ revision: Int64) -> Bool {
        state.withLock { state in
            defer { (state.day, state.revision, state.isStale) = (day, revision, false) }
            return state.isStale || state.day != day || state.revision != revision
        }
    }

    func measure(_ monitors: [(source: InflowSource, monitor: InflowMonitor)]) {
        let standings = monitors.reduce(into: [Standing: Int]()) { $0[Standing($1.monitor.watch()), default: 0] += 1 }
        for (standing, meter) in sources { meter.set(standings[standing] ?? 0) }
        let alarmed = Set(monitors.filter { $0.monitor.alarm != nil }.map(\.source))
        open.set(alarmed.count)
        state.withLock { state in
            for source in alarmed where state.alarms[source] == nil {
                state.alarms[source] = Meter(
                    label: "lots_inflow_alarm",
                    dimensions: [("sender", "\(source.sender)"), ("recipient", source.recipient?.rawValue ?? "")], factory: factory)
            }
            for (source, meter) in state.alarms { meter.set(alarmed.contains(source) ? 1 : 0) }
        }
    }
}

extension InflowMetrics.Standing {
    fileprivate init(_ watch: InflowMonitor.Watch) {
        self =
            switch watch {
            case .learning: .learning
            case .off: .off
            case .watched: .watched
            case .tooSmall: .tooSmall
            }
    }
}
