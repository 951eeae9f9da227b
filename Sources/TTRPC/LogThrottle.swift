public import NIOCore
import Synchronization

/// Lets one log line through per peer and time, so that a peer who tries again and again does not fill the log.
public final class LogThrottle: Sendable {
    private struct Window {
        var until: NIODeadline
        var suppressed = 0
    }

    private let interval: TimeAmount
    private let peerLimit: Int
    private let windows = Mutex<[String: Window]>([:])

    /// - Parameters:
    ///   - interval: one line per peer in this time.
    ///   - peerLimit: how many peers are told apart at a time; further ones share one line.
    public init(interval: TimeAmount = .seconds(10), peerLimit: Int = 1_024) {
        self.interval = interval
        self.peerLimit = peerLimit
    }

    /// How many lines about this peer were kept back since its last; nil: keep this one back, too.
    public func admit(_ peer: String, at now: NIODeadline) -> Int? {
        windows.withLock { windows in
            if windows[peer] == nil, windows.count >= peerLimit { windows = windows.filter { $0.value.until > now } }
            let key = windows[peer] == nil && windows.count >= peerLimit ? "" : peer
            if let window = windows[key], now < window.until {
                windows[key]?.suppressed += 1
                return nil
            }
            return windows.updateValue(Window(until: now + interval), forKey: key)?.suppressed ?? 0
        }
    }
}
