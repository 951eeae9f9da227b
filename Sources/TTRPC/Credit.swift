/// How much one side may still send on one stream before the other has taken what came before (`lots/1`).
///
/// While there is credit a message may be sent, whatever its size; it may leave the credit negative. So a window smaller than a message
/// slows a stream down but never stops it, and what a receiver holds is bounded by its window and one message.
struct Credit: Hashable, Sendable {
    /// What each stream begins with, in both directions.
    static let initial = 65_536
    /// No stream may ever have more.
    static let limit = Int(Int32.max)
    /// The largest window that a side opens for what it receives.
    static let largestWindow = 1 << 30

    private(set) var available = initial

    var isPositive: Bool { available > 0 }

    /// What a message takes. The constant part bounds the number of empty messages.
    static func cost(ofMessage byteCount: Int) -> Int {
        byteCount + MessageBuffer.overheadPerMessage
    }

    mutating func spend(forMessage byteCount: Int) {
        available -= Self.cost(ofMessage: byteCount)
    }

    /// False: that is more than a stream may have.
    mutating func add(_ bytes: Int) -> Bool {
        guard bytes <= Self.limit - max(available, 0) else { return false }
        available += bytes
        return true
    }

    /// After how many bytes taken a receiver grants as many again: often enough that the sender need not wait, seldom enough to cost little.
    static func reportStep(window: Int) -> Int {
        min(max(window, initial), largestWindow) / 2
    }

    /// What a receiver may grant a stream beyond what it begins with, for a window of this many bytes.
    static func largestGrowth(window: Int) -> Int {
        min(max(window, initial), largestWindow) - initial
    }

    /// What a connection does when messages of a stream have been taken.
    struct Grant<Call> {
        /// To be granted to the sender.
        var bytes: Int
        /// After how many bytes taken to look again.
        var reportStep: Int
        var call: Call
    }

    /// What all streams of a connection are granted beyond what they begin with, together: so much that streams that nobody reads leave
    /// half of the connection's bound to the others.
    static func pool(connectionBound: Int) -> Int {
        max(connectionBound, 0) / 2
    }
}

/// Knows on which streams the peer lets this side send.
protocol CreditLedger {
    func hasCredit(_ key: StreamKey) -> Bool
    mutating func spendCredit(forMessage byteCount: Int, on key: StreamKey)
}
