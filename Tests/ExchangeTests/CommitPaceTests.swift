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
        var pace = steady(bound: .milliseconds(450))
        pace.commitBegan(at: at(1_000))
        #expect(pace.refusal(behind: 39, at: at(1_060)) == nil)
        #expect(pace.refusal(behind: 40, at: at(1_060)) == .milliseconds(40 + 500 - 450))
    }

    /// Those who can wait elsewhere leave half of the room to others.
    @Test func thePatientComeLast() {
        var pace = steady(bound: .milliseconds(800))
        pace.commitBegan(at: at(1_000))
        #expect(pace.hasRoomForPatient(behind: 29, at: at(1_060)))
        #expect(!pace.hasRoomForPatient(behind: 40, at: at(1_060)))
        #expect(pace.refusal(behind: 40, at: at(1_060)) == nil)
        // However slow commits are, half of one may be filled.
        var slow = steady(bound: .milliseconds(10))
        slow.commitBegan(at: at(1_000))
        #expect(slow.hasRoomForPatient(behind: 4, at: at(1_010)) && !slow.hasRoomForPatient(behind: 5, at: at(1_010)))
    }

    /// Without history, and when nothing is under way, everything that fits one commit goes in.
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
        #expect(pace.refusal(behind: 0, at: at(2_000)) == nil)
        let wait = try #require(pace.refusal(behind: 0, at: at(2_001)))
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

    /// A hundred seconds of as much as can be done, or more, played through.
    @Test(arguments: [1.0, 2.0, 10.0]) func underOverloadAcceptedWorkKeepsItsTime(factor: Double) {
        let (bound, commit, batchSize) = (450, 100, 10)
        var pace = CommitPace(bound: .milliseconds(bound), batchSize: batchSize)
        var waiting: [Int] = []
        var committing: (since: [Int], end: Int)?
        var (longest, accepted, refused, due) = (0, 0, 0, 0.0)
        let duration = 100_000
        for now in 0..<duration {
            if let (since, end) = committing, end == now {
                pace.commitEnded(at: at(now))
                // The first commits are those that it learns from.
                if now > 1_500 { longest = max(longest, now - (since.first ?? now)) }
                committing = nil
            }
            while due <= Double(now) {
                due += Double(commit) / Double(batchSize) / factor
                if pace.refusal(behind: waiting.count, at: at(now)) == nil {
                    waiting.append(now)
                    accepted += 1
                } else {
                    refused += 1
                }
            }
            if committing == nil, !waiting.isEmpty {
                committing = (Array(waiting.prefix(batchSize)), now + commit)
                waiting.removeFirst(min(batchSize, waiting.count))
                pace.commitBegan(at: at(now))
            }
        }
        #expect(longest <= bound + commit, "waited \(longest) ms")
        // All that can be done is done, and all else is refused.
        let capacity = duration / commit * batchSize
        #expect(accepted >= capacity * 99 / 100)
        #expect(abs(Double(refused) - Double(capacity) * (factor - 1)) <= Double(capacity) * factor / 50)
    }
}
