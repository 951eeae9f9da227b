import Referral
import Synchronization
import TTRPC

/// A token bucket. Pure: time is a parameter.
public struct TokenBucket: Sendable {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var updated: ContinuousClock.Instant

    /// - Parameters:
    ///   - perSecond: tokens that come back in a second, more than 0.
    ///   - burst: tokens that it holds at most, and at the beginning.
    public init(perSecond: Int, burst: Int, at now: ContinuousClock.Instant) {
        self.perSecond = Double(perSecond)
        self.burst = Double(burst)
        tokens = Double(burst)
        updated = now
    }

    /// Takes a token. Nil: taken. Otherwise there is none, and this is when the next will be there.
    public mutating func take(at now: ContinuousClock.Instant) -> Duration? {
        if now > updated {
            tokens = min(burst, tokens + (now - updated) / .seconds(1) * perSecond)
            updated = now
        }
        guard tokens >= 1 else { return .seconds((1 - tokens) / perSecond) }
        tokens -= 1
        return nil
    }
}

/// How many calls and stream items an organisation may make in a time, over all its connections.
public final class RateLimit: Sendable {
    private let perSecond: Int
    private let burst: Int
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let buckets = Mutex<[OrganisationID: TokenBucket]>([:])

    /// - Parameters:
    ///   - perSecond: in the long run, at least 1.
    ///   - burst: at once after a pause, at least 1.
    public init(perSecond: Int, burst: Int, clock: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        self.perSecond = perSecond
        self.burst = burst
        self.clock = clock
    }

    /// Takes one of an organisation that the directory knows, so that there are no more buckets than organisations.
    /// - Throws: `resourceExhausted` with the time after which there is one again.
    func take(_ organisation: OrganisationID) throws(Status) {
        let wait = buckets.withLock { buckets in
            let now = clock()
            return buckets[organisation, default: TokenBucket(perSecond: perSecond, burst: burst, at: now)].take(at: now)
        }
        if let wait { throw .exhausted("\(organisation) makes more than \(perSecond) calls a second", retryAfter: wait) }
    }
}
