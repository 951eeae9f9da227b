import Foundation
import Referral

/// The exchange's time: the system's, or one that began at a configured moment when the daemon started, for replaying a recorded
/// stream as of the day of its recording.
struct ExchangeClock: Sendable {
    private let offset: Duration

    init(startAt start: Instant?) {
        offset = start.map { $0 - Self.system } ?? .zero
    }

    var now: @Sendable () -> Instant {
        let offset = offset
        return { Self.system + offset }
    }

    private static var system: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }
}
