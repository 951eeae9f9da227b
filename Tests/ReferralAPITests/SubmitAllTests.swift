import NIOCore
import Referral
import Synchronization
import TTRPC
import Testing

@testable import ReferralAPI

/// Submitting many over streams that do not last.
@Suite(.timeLimit(.minutes(3))) struct SubmitAllTests {
    /// A service whose streams end as they are told, before they have answered everything.
    private final class Fragile: Sendable {
        enum End: Sendable {
            /// With a status, after so many answers.
            case status(Status, after: Int)
            /// As if all were said, after so many answers.
            case well(after: Int)
        }

        private let ends: Mutex<[End]>
        private let streams = Mutex(0)
        let received = Mutex<[String]>([])
        /// Of its client.
        let longestSleep = Mutex(Duration.zero)
        /// Items refused once, with a code.
        let refusals: Mutex<[String: Status.Code]>

        init(_ ends: [End], refusing refusals: [String: Status.Code] = [:]) {
            self.ends = Mutex(ends)
            self.refusals = Mutex(refusals)
        }

        var streamCount: Int { streams.withLock { $0 } }

        var router: Router {
            var router = Router()
            router.register(.submitStream) { messages, writer, _ in
                self.streams.withLock { $0 += 1 }
                let end = self.ends.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                var item: UInt64 = 0
                for try await message in messages {
                    switch end {
                    case .status(let status, let count) where item >= count: throw status
                    case .well(let count) where item >= count: return
                    default: break
                    }
                    item += 1
                    let id = try decoder.submitRequest(message, today: today).messageID
                    self.received.withLock { $0.append(id.rawValue) }
                    let refusal = self.refusals.withLock { $0.removeValue(forKey: id.rawValue) }
                    let receipt = Receipt(
                        messageID: id, referralID: ReferralID("r-\(id)"), receivedAt: Instant(milliseconds: 0), outcome: .accepted,
                        digest: ContentDigest(hexadecimal: String(repeating: "0f", count: 32)))
                    let result: Result<Receipt, Refusal> =
                        refusal.map {
                            .failure(Refusal(code: $0, message: "refused", retryAfter: $0 == .resourceExhausted ? .seconds(3) : nil))
                        } ?? .success(receipt)
                    try await writer.write(SubmitResult(item: item, messageID: id, result: result).packed())
                }
            }
            return router
        }
    }

    private static let gone = Status(.unavailable, "gone")

    private func submissions(_ count: Int) -> AsyncStream<Submission> {
        AsyncStream { continuation in
            for number in 1...count { continuation.yield(Submission(messageID: MessageID("m-\(number)"), content: fullContent)) }
            continuation.finish()
        }
    }

    private func run(
        _ service: Fragile, _ count: Int, lost: (Status, Int) -> Void = { _, _ in },
        answered: (Submission, SubmitResult) async throws -> Void
    ) async throws {
        try await withClient(of: service.router) { client in
            var referrals = ReferralClient(client)
            referrals.persistence.jitter = { 0 }
            referrals.persistence.sleep = { pause in service.longestSleep.withLock { $0 = max($0, pause) } }
            try await referrals.submitAll(submissions(count), lost: lost, answered: answered)
        }
    }

    @Test func whatHasNoAnswerIsSentAgain() async throws {
        let service = Fragile([.status(Self.gone, after: 10), .well(after: 300), .status(Self.gone, after: 0), .well(after: 0)])
        var (answers, losses) = ([String: Int](), 0)
        try await run(service, 1_000) { status, count in
            losses += 1
            #expect(status.code == .unavailable && count > 0)
        } answered: { submission, result in
            #expect(result.messageID == submission.messageID && "m-\(result.item)" == submission.messageID.rawValue)
            answers[submission.messageID.rawValue, default: 0] += 1
        }
        #expect(answers.count == 1_000 && answers.values.allSatisfy { $0 == 1 })
        #expect(service.streamCount == 5 && losses >= 2)
    }

    @Test func aRefusalForNowIsSentAgainAndAnyOtherStands() async throws {
        let service = Fragile([], refusing: ["m-2": .unavailable, "m-4": .alreadyExists, "m-5": .resourceExhausted])
        var refused: [UInt64] = []
        try await run(service, 6) { _, result in
            if case .failure = result.result { refused.append(result.item) }
        }
        #expect(refused == [4])
        #expect(service.longestSleep.withLock { $0 } >= .seconds(3), "as long as the exchange asked to wait")
        #expect(service.received.withLock { received in ["m-2", "m-4", "m-5"].map { id in received.count { $0 == id } } } == [2, 1, 2])
    }

    /// Eight streams in a row without an answer, and no more.
    @Test func itEndsWhenNothingGetsThrough() async throws {
        let service = Fragile(Array(repeating: .status(Self.gone, after: 0), count: 100))
        let failure = await #expect(throws: CallFailure.self) { try await run(service, 3) { _, _ in } }
        #expect(failure?.status == Self.gone && service.streamCount == 8)
    }

    @Test func aStreamThatIsRefusedIsNotRepeated() async throws {
        let service = Fragile([.status(Status(.permissionDenied, "not you"), after: 0)])
        let failure = await #expect(throws: CallFailure.self) { try await run(service, 3) { _, _ in } }
        #expect(failure?.status.code == .permissionDenied && service.streamCount == 1)
    }

    /// What the caller throws ends everything, also when it looks like the loss of a stream.
    @Test func theCallersErrorIsFinal() async throws {
        let service = Fragile([])
        let failure = await #expect(throws: CallFailure.self) { try await run(service, 3) { _, _ in throw Self.gone } }
        #expect(failure?.status == Self.gone && service.streamCount == 1)
    }

    /// The items before a fault of the input have their answers.
    @Test func theInputsErrorComesAtTheEnd() async throws {
        struct BadInput: Error {}
        let service = Fragile([.status(Self.gone, after: 1)])
        let input = AsyncThrowingStream<Submission, any Error> { continuation in
            for number in 1...3 { continuation.yield(Submission(messageID: MessageID("m-\(number)"), content: fullContent)) }
            continuation.finish(throwing: BadInput())
        }
        var answers: Set<UInt64> = []
        try await withClient(of: service.router) { client in
            var referrals = ReferralClient(client)
            referrals.persistence.sleep = { _ in }
            await #expect(throws: BadInput.self) {
                try await referrals.submitAll(input) { answers.insert($1.item) }
            }
        }
        #expect(answers == [1, 2, 3])
    }

    /// Each method is stated once; a new one of the contract has to be thought about.
    @Test func whichMethodsMayBeRepeated() {
        let repeatable = MessageCatalogue.contract.methods.map(\.name).filter(\.isIdempotent)
        #expect(
            Set(repeatable) == [
                .submit, .getStatus, .preview, .acknowledge, .accept, .giveBack, .listVersions, .getVersion, .publishRuleSet,
                .publishDirectory, .rollBack, .getReport, .healthCheck, .listCases, .getCase, .recordAttempt, .recordContact,
                .recordMeeting,
                .recordService, .hold, .resume, .offerHandover, .answerHandover, .complete, .closeUnreachable, .decline, .withdraw,
                .answerRecall, .mediate, .amend, .answerConsent, .recall, .withdrawReferral, .enterInError, .listReview, .assign, .reroute,
                .redrive, .coordinatorWithdraw, .coordinatorEnterInError, .coordinatorGet, .coordinatorRead, .listSources,
                .announce,
            ])
        #expect(!MethodName(service: "other.Service", method: "Submit").isIdempotent)
    }
}
