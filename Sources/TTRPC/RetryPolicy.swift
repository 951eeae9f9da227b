/// Decides whether a failed call is made again, and when.
///
/// - `unavailable`: again when the server has surely not begun the call, or when the method is idempotent.
/// - `resourceExhausted` with a `google.rpc.RetryInfo`: the same, and not before the time it gives. Without one, never: the bound may be
///   one that no repetition gets past, such as that of a message.
/// - Anything else, `deadlineExceeded` included, never.
///
/// The deadline of the call bounds all attempts together: when it would pass while waiting, the call fails at once with what is known.
public struct RetryPolicy: Hashable, Sendable {
    /// Attempts of one call, the first included; 1 never repeats.
    public var attempts: Int
    public var backoff: Backoff

    public init(attempts: Int = 5, backoff: Backoff = Backoff()) {
        precondition(attempts >= 1, "a call is attempted once at least")
        self.attempts = attempts
        self.backoff = backoff
    }

    /// A call that failed.
    struct Failure {
        var status: Status
        /// Attempts made, at least 1.
        var attempts: Int
        var isIdempotent: Bool
        /// Until the call's deadline; nil without one.
        var timeLeft: Duration?
    }

    enum Decision: Hashable {
        case fail
        case retry(after: Duration)
    }

    /// - Parameters:
    ///   - budget: what repeating may cost. What the server has not begun costs it nothing and needs none.
    ///   - jitter: 0 to 1, drawn anew each time.
    func decide(_ failure: Failure, budget: inout RetryBudget, jitter: Double) -> Decision {
        let atLeast: Duration
        switch failure.status.code {
        case .unavailable:
            atLeast = failure.status.retryDelay ?? .zero
        case .resourceExhausted:
            guard let delay = failure.status.retryDelay else { return .fail }
            atLeast = delay
        default:
            return .fail
        }
        let isUnprocessed = failure.status.fate == .notProcessed
        guard isUnprocessed || failure.isIdempotent else { return .fail }
        if !isUnprocessed { budget.failed() }
        guard failure.attempts < attempts, isUnprocessed || budget.allowsRetry else { return .fail }
        // What is added to the server's own figure is spread like every other wait.
        let delay = atLeast + backoff.delay(afterFailures: failure.attempts, jitter: jitter)
        if let timeLeft = failure.timeLeft, delay >= timeLeft { return .fail }
        return .retry(after: delay)
    }
}
