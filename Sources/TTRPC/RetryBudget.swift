/// Bounds what repeating costs a server in trouble: while too many calls fail, none is repeated.
///
/// Each failure that might be repeated takes a token, each call that the server has answered gives back a part of one. Calls are
/// repeated while more than half of the tokens are left.
public struct RetryBudget: Hashable, Sendable {
    private static let unit = 1_000

    private let limit: Int
    private let gain: Int
    private var tokens: Int

    /// - Parameters:
    ///   - tokens: 1 to 1,000; all are there at first.
    ///   - gain: thousandths of a token that an answered call gives back, 1 to 1,000.
    public init(tokens: Int = 10, gain: Int = 100) {
        precondition((1...1_000).contains(tokens) && (1...Self.unit).contains(gain), "a retry budget has 1 to 1,000 tokens and gains")
        limit = tokens * Self.unit
        self.gain = gain
        self.tokens = limit
    }

    public var allowsRetry: Bool { tokens > limit / 2 }

    public mutating func failed() {
        tokens = max(0, tokens - Self.unit)
    }

    public mutating func answered() {
        tokens = min(limit, tokens + gain)
    }
}
