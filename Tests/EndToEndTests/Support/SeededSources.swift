import Foundation
import Inflow
import Referral
import SQLiteStore

extension SQLiteStore {
    /// Sources that have sent three cases a day for more than a year, up to and including a day; the silent ones nothing in the last ten.
    func seed(_ sources: [InflowSource], silent: [InflowSource] = [], through last: CivilDate) async throws {
        let now = Instant(milliseconds: (last.daysSince1970 + 1) * 86_400_000)
        try await write { transaction in
            for source in sources + silent {
                let isSilent = silent.contains(source)
                var monitor = InflowMonitor()
                var id: String?
                for age in (0..<400).reversed() {
                    let event = monitor.evolve(InflowDay(last.adding(days: -age)), count: isSilent && age < 10 ? 0 : 3)
                    guard case .raised(let alarm)? = event else { continue }
                    id = try transaction.append(
                        StoredAlarm(
                            source: source, state: .raised, kind: .silence, since: alarm.since, through: alarm.through,
                            expected: alarm.expected, seen: alarm.seen, at: now)
                    ).id
                }
                try transaction.put(
                    StoredInflowMonitor(source: source, state: Array(try JSONEncoder().encode(monitor)), alarm: id))
            }
            try transaction.setInflowCounted(through: last)
        }
    }
}
