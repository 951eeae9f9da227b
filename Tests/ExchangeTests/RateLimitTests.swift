import Exchange
import Testing

@Suite struct TokenBucketTests {
    private let start = ContinuousClock.now

    @Test func aBurstAndThenTheRate() {
        var bucket = TokenBucket(perSecond: 10, burst: 3, at: start)
        for _ in 0..<3 { #expect(bucket.take(at: start) == nil) }
        let wait = bucket.take(at: start)
        #expect(wait == .milliseconds(100))
        #expect(bucket.take(at: start + .milliseconds(99)) != nil)
        #expect(bucket.take(at: start + .milliseconds(101)) == nil)
        #expect(bucket.take(at: start + .milliseconds(102)) != nil)
    }

    @Test func inTheLongRunTheRateHolds() {
        var bucket = TokenBucket(perSecond: 50, burst: 5, at: start)
        // Three times as many as may, for ten seconds.
        let taken = (0..<1_500).count { bucket.take(at: start + .milliseconds($0 * 20 / 3)) == nil }
        #expect((500...505).contains(taken))
    }

    @Test func aPauseGivesNoMoreThanTheBurst() {
        var bucket = TokenBucket(perSecond: 1_000, burst: 2, at: start)
        let later = start + .seconds(3_600)
        #expect((0..<10).count { _ in bucket.take(at: later) == nil } == 2)
    }

    /// A clock is not expected to go back; if it does, nobody gains.
    @Test func timeThatGoesBackGivesNothing() {
        var bucket = TokenBucket(perSecond: 1, burst: 1, at: start)
        #expect(bucket.take(at: start) == nil)
        #expect(bucket.take(at: start - .seconds(60)) != nil)
        #expect(bucket.take(at: start + .milliseconds(500)) != nil)
    }
}
