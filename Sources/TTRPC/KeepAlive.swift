import NIOCore

/// Finds out whether a silent peer is still there, measures how far away it is, and bounds how often it may ask the same (`lots/1`).
struct KeepAlive {
    /// PINGs that a peer may send within one second.
    static let pingsPerSecond = 100

    private let interval: TimeAmount
    private let timeout: TimeAmount
    private var lastReceived: NIODeadline
    private var outstanding: (number: UInt64, sentAt: NIODeadline)?
    private var nextNumber: UInt64 = 1
    private var secondBegan = NIODeadline.uptimeNanoseconds(0)
    private var pingsInSecond = 0

    /// Between the last PING and its PONG; nil before the first.
    private(set) var roundTripTime: TimeAmount?

    /// - Parameters:
    ///   - interval: a PING is due after so long without a byte from the peer.
    ///   - timeout: the peer is taken for gone when nothing at all comes for so long after a PING.
    init(interval: TimeAmount, timeout: TimeAmount, now: NIODeadline) {
        self.interval = max(interval, .milliseconds(1))
        self.timeout = max(timeout, .milliseconds(1))
        lastReceived = now
    }

    enum Action: Hashable {
        /// Look again at this time.
        case wait(until: NIODeadline)
        /// Send this PING, then look again.
        case ping(UInt64, then: NIODeadline)
        /// Nobody is there: close the connection.
        case giveUp
    }

    /// Call when the time that the last look gave has come.
    mutating func look(now: NIODeadline) -> Action {
        if let outstanding {
            if lastReceived >= outstanding.sentAt {
                // Whatever came after the PING shows life; its PONG may stand in a queue.
                self.outstanding = nil
            } else {
                let end = outstanding.sentAt + timeout
                return now >= end ? .giveUp : .wait(until: end)
            }
        }
        let due = lastReceived + interval
        guard now >= due else { return .wait(until: due) }
        defer { nextNumber &+= 1 }
        outstanding = (nextNumber, now)
        return .ping(nextNumber, then: now + timeout)
    }

    /// Bytes have come, whatever they are.
    mutating func received(now: NIODeadline) {
        lastReceived = now
    }

    /// A PONG that answers no PING under way means nothing.
    mutating func receivedPong(_ number: UInt64, now: NIODeadline) {
        guard let outstanding, outstanding.number == number else { return }
        roundTripTime = now - outstanding.sentAt
        self.outstanding = nil
    }

    /// False: that is one PING too many within a second, and the connection is to be closed.
    mutating func receivedPing(now: NIODeadline) -> Bool {
        if now - secondBegan >= .seconds(1) {
            secondBegan = now
            pingsInSecond = 0
        }
        pingsInSecond += 1
        return pingsInSecond <= Self.pingsPerSecond
    }
}
