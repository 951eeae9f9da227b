import NIOCore
import SeededRandom
import Testing

@testable import TTRPC

@Suite struct BackoffTests {
    private let backoff = Backoff(base: .milliseconds(100), cap: .seconds(2))

    @Test func doublesUpToItsCap() {
        let longest = (1...8).map { backoff.delay(afterFailures: $0, jitter: 1) }
        #expect(longest == [100, 200, 400, 800, 1600, 2000, 2000, 2000].map { .milliseconds($0) })
        #expect(backoff.delay(afterFailures: .max, jitter: 1) == .seconds(2))
        #expect(Backoff(base: .seconds(1), cap: .seconds(1)).delay(afterFailures: 5, jitter: 1) == .seconds(1))
    }

    @Test func jitterTakesAPartOfTheWhole() {
        #expect(backoff.delay(afterFailures: 3, jitter: 0) == .zero)
        #expect(backoff.delay(afterFailures: 3, jitter: 0.25) == .milliseconds(100))
        #expect(backoff.delay(afterFailures: 3, jitter: 7) == .milliseconds(400))
        var generator = SplitMix64(seed: 1)
        for _ in 0..<1_000 {
            let failures = Int.random(in: 1...70, using: &generator)
            let delay = backoff.delay(afterFailures: failures, jitter: .random(in: 0..<1, using: &generator))
            #expect(delay >= .zero && delay <= .seconds(2))
        }
    }
}

@Suite struct RetryBudgetTests {
    @Test func isSpentByFailuresAndFilledByAnswers() {
        var budget = RetryBudget(tokens: 4, gain: 500)
        budget.failed()
        #expect(budget.allowsRetry)
        budget.failed()
        #expect(!budget.allowsRetry)
        budget.answered()
        #expect(budget.allowsRetry)
        for _ in 0..<100 { budget.failed() }
        for _ in 0..<4 { budget.answered() }
        #expect(!budget.allowsRetry)
        budget.answered()
        #expect(budget.allowsRetry)
        for _ in 0..<100 { budget.answered() }
        #expect(budget == RetryBudget(tokens: 4, gain: 500))
    }

    /// A server in trouble gets little more than one repetition for ten of its answers, whatever the order of events.
    @Test func boundsRepetitions() {
        var generator = SplitMix64(seed: 2)
        for _ in 0..<20 {
            var budget = RetryBudget()
            var (repetitions, answers) = (0, 0)
            for _ in 0..<5_000 {
                if Int.random(in: 0..<10, using: &generator) < 7 {
                    budget.failed()
                    if budget.allowsRetry { repetitions += 1 }
                } else {
                    budget.answered()
                    answers += 1
                }
            }
            #expect(repetitions <= 5 + answers / 10)
        }
    }
}

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(attempts: 3, backoff: Backoff(base: .seconds(1), cap: .seconds(8)))
    private static let unavailable = Status(.unavailable, "gone")

    static func exhausted(_ retryInfo: [UInt8]) -> Status {
        Status(.resourceExhausted, "full", details: [StatusDetail(typeURL: StatusDetail.retryInfoTypeURL, value: retryInfo)])
    }

    private func decide(
        _ status: Status, attempts: Int = 1, isIdempotent: Bool = false, timeLeft: Duration? = nil, jitter: Double = 0.5
    ) -> RetryPolicy.Decision {
        var budget = RetryBudget()
        return policy.decide(
            .init(status: status, attempts: attempts, isIdempotent: isIdempotent, timeLeft: timeLeft), budget: &budget, jitter: jitter)
    }

    @Test func onlyWhatIsSafeIsRepeated() {
        #expect(decide(Self.unavailable) == .fail)
        #expect(decide(Self.unavailable, isIdempotent: true) == .retry(after: .milliseconds(500)))
        #expect(decide(Self.unavailable.notProcessed) == .retry(after: .milliseconds(500)))
        #expect(decide(Self.unavailable.notProcessed, attempts: 2) == .retry(after: .seconds(1)))
        #expect(decide(Self.unavailable.notProcessed, attempts: 3) == .fail)
    }

    @Test(arguments: 0...16)
    func otherCodesAreNever(_ code: Int32) {
        let code = Status.Code(rawValue: code)
        guard code != .unavailable else { return }
        #expect(decide(Status(code, "no"), isIdempotent: true) == .fail)
        #expect(decide(Status(code, "no").notProcessed, isIdempotent: true) == .fail)
    }

    @Test func theServerSaysWhen() {
        // 2.5 seconds.
        let status = Self.exhausted([0x0A, 0x08, 0x08, 0x02, 0x10, 0x80, 0xCA, 0xB5, 0xEE, 0x01])
        #expect(status.retryDelay == .milliseconds(2_500))
        #expect(decide(status) == .fail)
        #expect(decide(status, isIdempotent: true, jitter: 0) == .retry(after: .milliseconds(2_500)))
        #expect(decide(status.notProcessed, jitter: 1) == .retry(after: .milliseconds(3_500)))
        #expect(decide(status, isIdempotent: true, timeLeft: .seconds(2), jitter: 0) == .fail)
    }

    @Test func theDeadlineBoundsTheWaiting() {
        #expect(decide(Self.unavailable.notProcessed, timeLeft: .milliseconds(501)) == .retry(after: .milliseconds(500)))
        #expect(decide(Self.unavailable.notProcessed, timeLeft: .milliseconds(500)) == .fail)
    }

    @Test func anEmptyBudgetStopsRepetitionsButNotWhatWasNeverBegun() {
        var budget = RetryBudget(tokens: 2)
        let failure = RetryPolicy.Failure(status: Self.unavailable, attempts: 1, isIdempotent: true)
        #expect(policy.decide(failure, budget: &budget, jitter: 0) == .fail)
        let unprocessed = RetryPolicy.Failure(status: Self.unavailable.notProcessed, attempts: 1, isIdempotent: false)
        let before = budget
        #expect(policy.decide(unprocessed, budget: &budget, jitter: 0) == .retry(after: .zero))
        #expect(budget == before)
    }

    @Test(
        arguments: [
            [], [0x0A], [0x0A, 0x05, 0x08, 0x01], [0x0B], [0x0A, 0x02, 0x08, 0x80], [0x08, 0x01],
            // -1 second; a day and a second; a billion nanoseconds; a length beyond all memory.
            [0x0A, 0x0B, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x0A, 0x04, 0x08, 0x81, 0xA3, 0x05],
            [0x0A, 0x06, 0x10, 0x80, 0x94, 0xEB, 0xDC, 0x03], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ] as [[UInt8]])
    func anUnreadableDetailIsNone(_ bytes: [UInt8]) {
        #expect(Self.exhausted(bytes).retryDelay == nil)
        #expect(decide(Self.exhausted(bytes), isIdempotent: true) == .fail)
    }
}
