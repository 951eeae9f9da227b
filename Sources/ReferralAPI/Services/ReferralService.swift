import NIOCore
public import Referral
public import TTRPC

/// Who asks whether a call may be made at all, before its message is read.
public protocol Admitting: Sendable {
    /// Called for every call, but for a stream of submissions for each item instead. What it throws is the answer.
    func admit(_ context: CallContext) throws
}

extension Admitting {
    public func admit(_ context: CallContext) throws {}
}

/// What answers those who send. Messages have been read and checked; a method fails its call by throwing `Status`, `Faults`,
/// `Rejection` or `StoreError`.
public protocol ReferralServing: Admitting {
    /// Called for each item of a stream before it is read: who sends more than can be stored is held up, not refused.
    func waitForRoom() async throws
    /// Answers after the referral is durably stored. Also called for each item of a stream, many at a time.
    func submit(_ request: SubmitRequest, _ context: CallContext) async throws -> Receipt
    func status(_ request: GetStatusRequest, _ context: CallContext) async throws -> ReferralStatus
    func preview(_ request: PreviewRequest, _ context: CallContext) async throws -> PreviewResponse
    /// Every command about a referral of the caller's own, from other contacts to its end. The same id again gets the first answer.
    func perform(_ request: SenderRequest, _ context: CallContext) async throws -> ReferralStatus
    /// Writes what has happened after a place, and then each change as it comes, until the caller goes.
    func watch(_ request: WatchRequest, _ responses: WatchStatusResponses, _ context: CallContext) async throws
}

/// What comes down a watch of a sender's own referrals.
public typealias WatchStatusResponses = TypedWriter<WatchStatusResponse>

extension ReferralServing {
    public func waitForRoom() async throws {}
}

extension Router {
    /// Answers `lots.v1.ReferralService`.
    /// - Parameter now: the exchange's clock; days are those in Sweden.
    public mutating func register(
        _ service: some ReferralServing, decoder: ReferralDecoder, now: @escaping @Sendable () -> Instant
    ) {
        let today: @Sendable () -> CivilDate = { CivilDate(inStockholmAt: now()) }
        register(
            .submit,
            unary: { message, context in
                try await answering {
                    try service.admit(context)
                    return try await service.submit(decoder.submitRequest(message, today: today()), context).packed()
                }
            })
        register(
            .submitStream,
            bidirectional: { messages, writer, context in
                let submissions = SubmissionPipeline(service: service, decoder: decoder, today: today, context: context)
                try await context.endingAtDrain(messages) { try await submissions.run(messages, TypedWriter(writer)) }
            })
        register(
            .getStatus,
            unary: { message, context in
                try await answering {
                    try service.admit(context)
                    return try await service.status(GetStatusRequest(unpacking: message, .shown), context).packed()
                }
            })
        register(
            .preview,
            unary: { message, context in
                try await answering {
                    try service.admit(context)
                    return try await service.preview(decoder.previewRequest(message, today: today()), context).packed()
                }
            })
        for method in SenderMethod.ofSenders {
            register(method, admit: service.admit, today: today) { try await service.perform($0, $1) }
        }
        registerWatch(.watchStatus, admit: service.admit) { try await service.watch($0, $1, $2) }
    }
}

/// Answers the items of one stream of submissions, several at a time, so that they share a commit.
struct SubmissionPipeline<Service: ReferralServing>: Sendable {
    /// While this many items wait for their commit or for their answer to be taken, no further item is read.
    static var limit: Int { 256 }

    let service: Service
    let decoder: ReferralDecoder
    let today: @Sendable () -> CivilDate
    let context: CallContext

    /// Returns when the caller has ended the stream and every item is answered. An item that cannot be read or is refused does not end
    /// the stream.
    func run(_ messages: MessageStream, _ results: TypedWriter<SubmitResult>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var item: UInt64 = 0
            for try await message in messages {
                if item >= UInt64(Self.limit) { try await group.next() }
                item += 1
                group.addTask { [item] in
                    try await results.write(answer(message, item: item))
                }
            }
            try await group.waitForAll()
        }
    }

    private func answer(_ message: ByteBuffer, item: UInt64) async throws -> SubmitResult {
        do {
            try service.admit(context)
        } catch {
            return SubmitResult(item: item, messageID: decoder.messageID(in: message), result: .failure(Refusal(error)))
        }
        try await service.waitForRoom()
        let request: SubmitRequest
        do throws(Faults) {
            request = try decoder.submitRequest(message, today: today())
        } catch {
            return SubmitResult(item: item, messageID: decoder.messageID(in: message), result: .failure(Refusal(error)))
        }
        do {
            return SubmitResult(item: item, messageID: request.messageID, result: .success(try await service.submit(request, context)))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return SubmitResult(item: item, messageID: request.messageID, result: .failure(Refusal(error)))
        }
    }
}
