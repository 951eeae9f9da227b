/// How long to wait before trying again: longer after each failure, up to a bound, and a random part of that, so that those who failed
/// together do not come back together.
public struct Backoff: Hashable, Sendable {
    /// The most that is waited after the first failure; more than zero.
    public var base: Duration
    /// The most that is ever waited; at least `base`.
    public var cap: Duration

    public init(base: Duration = .milliseconds(100), cap: Duration = .seconds(10)) {
        precondition(base > .zero && cap >= base, "a back-off goes from more than zero to at least as much")
        self.base = base
        self.cap = cap
    }

    /// What to wait after so many failures in a row: a part of `base`, doubled for each failure after the first, at most `cap`.
    ///
    /// - Parameters:
    ///   - failures: at least 1.
    ///   - jitter: which part, from 0 to 1; to be drawn anew each time.
    public func delay(afterFailures failures: Int, jitter: Double) -> Duration {
        longest(afterFailures: failures) * min(max(jitter, 0), 1)
    }

    func longest(afterFailures failures: Int) -> Duration {
        var longest = base
        for _ in 1..<max(failures, 1) {
            if longest > cap / 2 { return cap }
            longest *= 2
        }
        return min(longest, cap)
    }
}
