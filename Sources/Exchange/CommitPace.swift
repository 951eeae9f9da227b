/// Estimates how long a write would wait for its durable commit, from the commits before it. Pure: time is a parameter.
///
/// Commits take turns and each takes at most a batch, so a write waits for the rest of the one under way, for the full ones before its
/// own, and for its own.
public struct CommitPace: Sendable {
    private let bound: Duration
    private let batchSize: Int
    /// Of a commit's duration, moving; nil before the first.
    private var average: Duration?
    private var began: ContinuousClock.Instant?

    /// How much the newest commit weighs in the average.
    private static let weight = 0.2

    /// No commit of a store that works takes longer.
    private static let patience = Duration.seconds(1)

    /// - Parameters:
    ///   - bound: the longest wait that a write is let in to.
    ///   - batchSize: how many writes share a commit at most.
    public init(bound: Duration, batchSize: Int) {
        self.bound = bound
        self.batchSize = batchSize
    }

    public mutating func commitBegan(at now: ContinuousClock.Instant) {
        began = now
    }

    public mutating func commitEnded(at now: ContinuousClock.Instant) {
        guard let began else { return }
        let duration = now - began
        average = average.map { $0 + (duration - $0) * Self.weight } ?? duration
        self.began = nil
    }

    /// The wait that a write which arrives behind `pending` others has to expect.
    public func expectedWait(behind pending: Int, at now: ContinuousClock.Instant) -> Duration {
        let elapsed = began.map { now - $0 } ?? .zero
        // One that takes longer than usual is expected to take as long again, and those after it no less.
        let usual = max(average ?? .zero, elapsed)
        let rest = usual > elapsed ? usual - elapsed : elapsed
        return (began == nil ? .zero : rest) + usual * (pending / batchSize + 1)
    }

    /// Nil: the write may wait. Otherwise it is to be refused, and this is when trying again makes sense.
    ///
    /// What fits the next commit is let in however slow commits are, so that a slow disk is never idle; but not while the one under way
    /// has taken longer than the bound and a second: then the store does not answer.
    public func refusal(behind pending: Int, at now: ContinuousClock.Instant) -> Duration? {
        let isStalled = began.map { now - $0 > max(bound, Self.patience) } ?? false
        let wait = expectedWait(behind: pending, at: now)
        guard isStalled || (pending >= batchSize && wait > bound) else { return nil }
        return max(wait - bound, .milliseconds(1))
    }

    /// Whether a write that can wait elsewhere should come now: up to half of what others are let in to, so that there is always room for
    /// those; but when none waits, in any case.
    public func hasRoomForPatient(behind pending: Int, at now: ContinuousClock.Instant) -> Bool {
        pending < max(batchSize / 2, 1) || expectedWait(behind: pending, at: now) <= bound / 2
    }
}
