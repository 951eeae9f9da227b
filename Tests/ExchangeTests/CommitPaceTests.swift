import Exchange
import Testing

@Suite struct CommitPaceTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    /// Commits of 100 ms each, the last of which ends at 1 s.
    private func steady(bound: Duration = .milliseconds(250), batchSize: Int = 10) -> CommitPace {
        var pace = CommitPace(bound: bound, batchSize: batchSize)
        for number in 0..<10 {
            pace.commitBegan(at: at(number * 100))
            pace.commitEnded(at: at(number * 100 + 100))
        }
        return pace
    }

    @Test func aWriteWaitsForTheCommitsBeforeItAndItsOwn() {
        var pace = steady()
        #expect(pace.expectedWait(behind: 0, at: at(1_000)) == .milliseconds(100))
        #expect(pace.expectedWait(behind: 9, at: at(1_000)) == .milliseconds(100))
        #expect(pace.expectedWait(behind: 10, at: at(1_000)) == .milliseconds(200))
        pace.commitBegan(at: at(1_000))
        #expect(pace.expectedWait(behind: 25, at: at(1_040)) == .milliseconds(60 + 300))
    }

    @Test func whatWouldWaitTooLongIsRefused() {
        var pace = steady()
        pace.commitBegan(at: at(1_000))
        #expect(pace.refusal(behind: 19, at: at(1_060)) == nil)
        #expect(pace.refusal(behind: 20, at: at(1_060)) == .milliseconds(40 + 300 - 250))
    }

    /// Without history, and when nothing is under way, everything that fits a commit goes in.
    @Test func anIdleQueueTakesEverything() {
        #expect(CommitPace(bound: .milliseconds(1), batchSize: 10).refusal(behind: 1_000, at: start) == nil)
        var pace = CommitPace(bound: .milliseconds(1), batchSize: 10)
        pace.commitBegan(at: at(0))
        pace.commitEnded(at: at(60_000))
        // A stall that is over keeps nobody out.
        #expect(pace.refusal(behind: 0, at: at(60_000)) == nil)
        #expect(pace.refusal(behind: 9, at: at(60_000)) == nil)
        #expect(pace.refusal(behind: 10, at: at(60_000)) != nil)
    }

    /// A disk that is slower than the bound still does all it can.
    @Test func aSlowStoreWorksInFullCommits() {
        var pace = steady(bound: .milliseconds(50))
        pace.commitBegan(at: at(1_000))
        #expect(pace.refusal(behind: 9, at: at(1_020)) == nil)
        #expect(pace.refusal(behind: 10, at: at(1_020)) != nil)
    }

    @Test func aStoreThatDoesNotAnswerIsNotWaitedFor() throws {
        var pace = steady()
        pace.commitBegan(at: at(1_000))
        #expect(pace.refusal(behind: 0, at: at(1_250)) == nil)
        let wait = try #require(pace.refusal(behind: 0, at: at(1_251)))
        #expect(wait > .zero)
        pace.commitEnded(at: at(5_000))
        #expect(pace.refusal(behind: 0, at: at(5_000)) == nil)
    }

    @Test func theAverageFollows() {
        var pace = steady()
        for number in 0..<40 {
            pace.commitBegan(at: at(1_000 + number * 10))
            pace.commitEnded(at: at(1_010 + number * 10))
        }
        let wait = pace.expectedWait(behind: 0, at: at(2_000))
        #expect(wait >= .milliseconds(10) && wait < .milliseconds(11))
    }
}
