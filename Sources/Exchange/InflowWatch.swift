import Foundation
import Inflow
import Logging
public import Referral
import ReferralAPI
import TTRPC

extension Exchange {
    /// A day is over five minutes after midnight: what was received in its last moments is committed by then.
    private static let inflowDelay = Duration.seconds(-300)

    /// Tells the monitors of the inflow every day that is over in Sweden and that they do not know yet, in order, one commit a day. Several
    /// daemons on one store may do this: each day counts once.
    /// - Returns: what there is to be told of it.
    @discardableResult
    public func countInflow() async throws -> [StoredAlarm] {
        let now = now()
        let today = CivilDate(inStockholmAt: now + Self.inflowDelay)
        var told: [StoredAlarm] = []
        // Most look in vain: that costs no commit.
        while let day = try await read({ try $0.nextInflowDay() }), day < today {
            let (alarms, unreadable) = try await write(.exchange) { transaction -> ([StoredAlarm], [InflowSource]) in
                // Another daemon may have been faster.
                guard try transaction.nextInflowDay() == day else { return ([], []) }
                return try Self.count(day, at: now, in: transaction)
            }
            tell(unreadable: unreadable)
            tell(alarms)
            told += alarms
            metrics.inflow.isStale = true
        }
        try await measureInflow()
        return told
    }

    /// - Returns: what there is to be told, and the sources of which the state could not be read: they begin anew.
    private static func count(
        _ day: CivilDate, at now: Instant, in transaction: any ReferralTransaction
    ) throws -> ([StoredAlarm], unreadable: [InflowSource]) {
        let counts = try transaction.inflow(on: day)
        let known = Dictionary(try transaction.inflowMonitors().map { ($0.source, $0) }) { first, _ in first }
        let inflowDay = InflowDay(day)
        var (alarms, unreadable): ([StoredAlarm], [InflowSource]) = ([], [])
        for source in Set(known.keys).union(counts.keys).sorted() {
            let before = known[source].flatMap { InflowMonitor(stored: $0) }
            if before == nil, known[source] != nil { unreadable.append(source) }
            var monitor = before ?? InflowMonitor()
            let event = monitor.evolve(inflowDay, count: counts[source] ?? 0)
            if let alarm = try keep(event, of: source, monitor, known[source]?.alarm, at: now, in: transaction) { alarms.append(alarm) }
        }
        try transaction.setInflowCounted(through: day)
        return (alarms, unreadable)
    }

    /// Stores a monitor and what it has to tell.
    /// - Parameter id: of the alarm that was on before.
    static func keep(
        _ event: InflowEvent?, of source: InflowSource, _ monitor: InflowMonitor, _ id: String?, at now: Instant,
        in transaction: any ReferralTransaction
    ) throws -> StoredAlarm? {
        let alarm = try event.map { try transaction.append(StoredAlarm($0, of: source, id: id ?? "", at: now)) }
        let state = Array(try JSONEncoder().encode(monitor))
        try transaction.put(StoredInflowMonitor(source: source, state: state, alarm: monitor.alarm == nil ? nil : alarm?.id ?? id))
        return alarm
    }

    func tell(unreadable sources: [InflowSource]) {
        for source in sources {
            logger.error("what was learned of a source cannot be read: it is learned anew", metadata: ["source": "\(source)"])
        }
    }

    func tell(_ alarms: [StoredAlarm]) {
        for alarm in alarms {
            logger.notice(
                alarm.state == .cleared ? "an alarm about a source is over" : "a source sends less than is to be expected",
                metadata: [
                    "alarm": "\(alarm.id)", "state": "\(alarm.state.rawValue)", "kind": "\(alarm.kind.rawValue)",
                    "source": "\(alarm.source)", "since": "\(alarm.since)", "through": "\(alarm.through)",
                    "expected": "\(Int(alarm.expected.rounded()))", "seen": "\(alarm.seen)",
                ])
        }
    }

    /// Brings metrics and watches up to what is stored, also by other daemons.
    private func measureInflow() async throws {
        let (day, revision) = try await read { (try $0.nextInflowDay(), try $0.lastInflowRevision()) }
        guard metrics.inflow.isDue(day, revision) else { return }
        changes.ringAll()
        // Decoded where it is read, not on the caller's event loop.
        metrics.inflow.measure(
            try await read { try $0.inflowMonitors().map { ($0.source, InflowMonitor(stored: $0) ?? InflowMonitor()) } })
    }
}

/// The alarms and notices of the store, with a text by the directory of now.
struct StoredAlarms: AlarmSource {
    let store: any ReferralStore
    let rules: RulesInForce
    let now: @Sendable () -> Instant

    func news(for reader: LogReader, after revision: Int64, limit: Int) async throws -> [AlarmNews] {
        let directory = rules.policy.routing.directory(on: CivilDate(inStockholmAt: now()))
        return try await store.read { try $0.inflowNews(for: reader, after: revision, limit: limit) }.map { news in
            switch news {
            case .alarm(let alarm): .alarm(SilenceAlarm(alarm, directory))
            case .notice(let notice): .notice(ToldNotice(notice, directory))
            }
        }
    }
}

extension SilenceAlarm {
    fileprivate init(_ alarm: StoredAlarm, _ directory: Directory) {
        let state: AlarmState =
            switch alarm.state {
            case .raised: .raised
            case .updated: .updated
            case .cleared: .cleared
            }
        let kind: SilenceKind =
            switch alarm.kind {
            case .silence: .silence
            case .half: .half
            }
        self.init(
            revision: alarm.revision, id: alarm.id, state: state, sender: alarm.source.sender, recipient: alarm.source.recipient,
            kind: kind,
            since: alarm.since, through: alarm.through, expected: alarm.expected, seen: alarm.seen, at: alarm.at,
            text: alarm.text(in: directory))
    }
}

extension InflowMonitor {
    /// Nil when it cannot be read.
    init?(stored: StoredInflowMonitor) {
        guard let monitor = try? JSONDecoder().decode(InflowMonitor.self, from: Data(stored.state)) else { return nil }
        self = monitor
    }
}

extension StoredAlarm {
    init(_ event: InflowEvent, of source: InflowSource, id: String, at now: Instant) {
        let (state, alarm, clearance): (State, InflowAlarm, InflowEvent.Clearance?) =
            switch event {
            case .raised(let alarm): (.raised, alarm, nil)
            case .updated(let alarm): (.updated, alarm, nil)
            case .cleared(let alarm, let clearance): (.cleared, alarm, clearance)
            }
        let kind: Kind =
            switch alarm.kind {
            case .silence: .silence
            case .half: .half
            }
        let why: Clearance? =
            switch clearance {
            case .returned: .returned
            case .paused: .paused
            case .ended: .ended
            case .accepted: .accepted
            case nil: nil
            }
        self.init(
            id: id, source: source, state: state, kind: kind, since: alarm.since, through: alarm.through, expected: alarm.expected,
            seen: alarm.seen, at: now, clearance: why)
    }
}
