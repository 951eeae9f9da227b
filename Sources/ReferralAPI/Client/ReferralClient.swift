import NIOCore
public import Referral
public import TTRPC

/// A referral with the sender's own id, on its way to the exchange.
public struct Submission: Hashable, Sendable {
    /// 1 to 64 visible ASCII characters; unique per sender for ever.
    public var messageID: MessageID
    public var content: ReferralContent

    public init(messageID: MessageID, content: ReferralContent) {
        self.messageID = messageID
        self.content = content
    }
}

/// Calls the exchange for those who send. Calls throw `CallFailure`, or `CancellationError` when the calling task is cancelled.
public struct ReferralClient: Sendable {
    private let client: Client
    var persistence = SubmissionPersistence()

    public init(_ client: Client) {
        self.client = client
    }

    /// Returns when the exchange has stored the referral. Safe to repeat: the same submission gets the same receipt.
    public func submit(_ submission: Submission, options: CallOptions = CallOptions()) async throws -> Receipt {
        try await calling {
            let answer = try await client.unary(.submit, pack(Submission.wireType, submission.write), options: options.of(.submit))
            return try Receipt(answer: answer)
        }
    }

    /// Submits many, pipelined. There is one result for each item, not always in their order; reading and writing have to go on at the
    /// same time. The stream ends when `body` returns.
    public func submitStream<R>(
        options: CallOptions = CallOptions(),
        _ body: (SubmissionWriter, TypedStream<SubmitResult>) async throws -> R
    ) async throws -> R {
        try await calling {
            try await client.bidirectional(.submitStream, options: options) { writer, messages in
                try await body(SubmissionWriter(writer: writer), TypedStream(answers: messages))
            }
        }
    }

    /// Submits every item of a sequence, pipelined over streams, until each has its result. What a lost stream has not answered, and what
    /// the exchange could not store for the moment, is submitted again.
    ///
    /// - Parameters:
    ///   - options: `timeout` is for all of them together.
    ///   - lost: told when a stream is over before its time: why, and how many items are submitted again.
    ///   - answered: gets each submission and its result, whose `item` counts the sequence from 1, not always in order.
    /// - Throws: `CallFailure` when the exchange cannot be reached, or refuses the stream; what the sequence throws, after the items before
    ///   have their results; what `answered` throws, at once.
    public func submitAll<Submissions: AsyncSequence & Sendable>(
        _ submissions: Submissions, options: CallOptions = CallOptions(), lost: (Status, Int) -> Void = { _, _ in },
        answered: (Submission, SubmitResult) async throws -> Void
    ) async throws where Submissions.Element == Submission {
        let flow = SubmissionFlow<Submission, SubmitResult>(
            client: client, options: options, persistence: persistence, pack: { try pack(Submission.wireType, $0.write) },
            read: { try SubmitResult(answer: $0) }, place: { ($0.item, $0.refusal?.code, $0.refusal?.retryAfter) })
        try await calling {
            try await flow.run(submissions, lost: lost) { index, submission, result in
                var result = result
                result.item = UInt64(index)
                try await answered(submission, result)
            }
        }
    }

    public func status(_ request: GetStatusRequest, options: CallOptions = CallOptions()) async throws -> ReferralStatus {
        try await client.call(.getStatus, request, options)
    }

    /// Does one thing with one of the caller's own referrals. Safe to repeat with the same id.
    public func perform(_ request: SenderRequest, options: CallOptions = CallOptions()) async throws -> ReferralStatus {
        let method = SenderMethod.ofSender(request.command)
        return try await calling {
            try await ReferralStatus(answer: client.unary(method.name, method.pack(request), options: options.of(method.name)))
        }
    }

    /// Every change that `status` would tell, and alarms about the caller's own silence: those after a place, and then each as it comes.
    /// Ends when `body` returns.
    public func watch<R>(
        _ request: WatchRequest = WatchRequest(), options: CallOptions = CallOptions(),
        _ body: (TypedStream<WatchStatusResponse>) async throws -> R
    ) async throws -> R {
        try await client.watch(.watchStatus, request, options, body)
    }

    /// Where a referral would go, without storing it.
    public func preview(_ request: PreviewRequest, options: CallOptions = CallOptions()) async throws -> PreviewResponse {
        try await client.call(.preview, request, options)
    }
}

/// Sends the items of one stream of submissions.
public struct SubmissionWriter: Sendable {
    let writer: RequestWriter

    /// Sends one item; waits while the exchange does not keep up.
    public func write(_ submission: Submission) async throws {
        try await calling { try await writer.write(pack(Submission.wireType, submission.write)) }
    }

    /// Tells the exchange that no further item comes; the results still do.
    public func finish() {
        writer.finish()
    }
}

extension SubmitResult {
    fileprivate var refusal: Refusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }
}
