import CReferralMessages
import NIOCore
import Protobuf
import Referral
import Synchronization
import TTRPC
import Testing

@testable import ReferralAPI

@Suite(.timeLimit(.minutes(3))) struct EndToEndTests {
    private let submission = Submission(messageID: MessageID("m-1"), content: fullContent)

    // MARK: Those who send

    @Test func aSubmissionArrivesAndItsReceiptComesBack() async throws {
        let referrals = FakeReferrals()
        try await withExchange(referrals) { client async throws in
            let receipt = try await ReferralClient(client).submit(submission)
            let request = try #require(referrals.submitted.withLock { $0[MessageID("m-1")] })
            #expect(request.content == fullContent)
            #expect(try request.canonical == fullContent.packed())
            #expect(receipt.digest == request.digest)
            #expect(receipt.services.map(\.service) == [.support, .mediation])
        }
    }

    @Test func faultsReachTheCallerAsAList() async throws {
        try await withExchange { client async throws in
            var bad = submission
            bad.content.contacts[1].phone = "1"
            bad.content.freeText = "a\u{1}"
            let failure = await self.failure { _ = try await ReferralClient(client).submit(bad) }
            #expect(failure?.status.code == .invalidArgument)
            #expect(failure?.faults.map(\.path) == ["referral.contacts[1].phone", "referral.free_text"])
        }
    }

    @Test(arguments: [
        ("reject", Status.Code.alreadyExists, "message_id: was used before"),
        ("store", .unavailable, "the exchange cannot read or store anything now; try again later"),
        ("status", .permissionDenied, "spiffe://lots/polisen/city does not send referrals"),
    ])
    func refusalsKeepTheirCode(_ id: String, _ code: Status.Code, _ message: String) async throws {
        try await withExchange { client async throws in
            let failure = await self.failure {
                _ = try await ReferralClient(client).submit(Submission(messageID: MessageID(id), content: fullContent))
            }
            #expect(failure?.status == Status(code, message))
            #expect(failure?.faults == [])
        }
    }

    @Test func aCrashSaysNothingOfTheInside() async throws {
        try await withExchange { client async throws in
            let failure = await self.failure {
                _ = try await ReferralClient(client).submit(Submission(messageID: MessageID("crash"), content: fullContent))
            }
            #expect(failure?.status.code == .internal)
            #expect(failure?.status.message.contains("secret") == false)
        }
    }

    @Test func statusAndPreview() async throws {
        try await withExchange { client async throws in
            let referrals = ReferralClient(client)
            #expect(try await referrals.status(.message(MessageID("m"))).outcome == .refused(.consentRefused))
            let unknown = await self.failure { _ = try await referrals.status(.referral(ReferralID("r"))) }
            #expect(unknown?.status.code == .notFound)
            let preview = try await referrals.preview(PreviewRequest(content: fullContent, asOf: today))
            #expect(preview.decisions.count == 2)
        }
    }

    // MARK: The stream of submissions

    @Test func everyItemIsAnsweredAndABadOneEndsNothing() async throws {
        try await withExchange { client async throws in
            let results = try await client.bidirectional(.submitStream) { writer, messages in
                for id in ["m-1", "reject-1", "store-1", "crash-1", "status-1"] { try await writer.write(packedSubmission(id: id)) }
                // 6: checks fail, the id is read. 7: no message at all. 8: not even an id that may be repeated.
                try await writer.write(
                    packedSubmission(id: "m-6") { message, _ in message.pointee.referral.pointee.role = .init(rawValue: 0) })
                try await writer.write(ByteBuffer(bytes: [0xFF, 0xFF]))
                try await writer.write(packedSubmission(id: "Åsa Öberg"))
                // 9: a text of the referral is not UTF-8, the id is.
                try await writer.write(replace(Array("Kim".utf8), in: packedSubmission(id: "m-9"), with: [0xFF, 0xFF, 0xFF]))
                try await writer.write(packedSubmission(id: "m-10"))
                writer.finish()
                var results: [UInt64: SubmitResult] = [:]
                for try await result in TypedStream<SubmitResult>(answers: messages) {
                    #expect(results[result.item] == nil)
                    results[result.item] = result
                }
                return results
            }
            #expect(results.keys.sorted() == Array(1...10))
            #expect(
                (1...10).map { results[$0]?.messageID?.rawValue }
                    == ["m-1", "reject-1", "store-1", "crash-1", "status-1", "m-6", nil, nil, "m-9", "m-10"])
            #expect(
                (1...10).map { results[$0]?.refusal?.code }
                    == [
                        nil, .alreadyExists, .unavailable, .internal, .permissionDenied, .invalidArgument, .invalidArgument,
                        .invalidArgument,
                        .invalidArgument, nil,
                    ])
            #expect(results[6]?.refusal?.faults.map(\.path) == ["referral.role"])
            #expect(results[9]?.refusal?.faults.map(\.path) == ["referral.mediation.offenders[0].name"])
            #expect(results[4]?.refusal?.message.contains("secret") == false)
            #expect(results[10]?.receipt?.referralID == ReferralID("r-m-10"))
        }
    }

    @Test func itemsAreHandledTogetherUpToTheBound() async throws {
        let total = 600
        let limit = SubmissionPipeline<FakeReferrals>.limit
        let gate = Gate()
        try await withExchange(FakeReferrals(gate: gate)) { client async throws in
            let answered = try await ReferralClient(client).submitStream { writer, results in
                for item in 1...total { try await writer.write(Submission(messageID: MessageID("m-\(item)"), content: fullContent)) }
                writer.finish()
                await gate.waitUntil(waiting: limit)
                // Everything has been sent. A pipeline that would take more gets its turns while these calls are answered.
                for _ in 0..<50 { _ = try await HealthClient(client).check() }
                #expect(gate.waiting == limit)
                gate.open()
                var answered: Set<String> = []
                for try await result in results {
                    #expect(result.messageID?.rawValue == "m-\(result.item)")
                    answered.insert(try result.result.get().messageID.rawValue)
                }
                return answered
            }
            #expect(answered.count == total)
        }
    }

    @Test func anEmptyStreamIsNoError() async throws {
        try await withExchange { client async throws in
            try await ReferralClient(client).submitStream { writer, results in
                writer.finish()
                for try await result in results { Issue.record("an answer to nothing: \(result)") }
            }
        }
    }

    // MARK: Those who help

    @Test func aPullGivesWhatThereIsCreditFor() async throws {
        try await withExchange { client async throws in
            let responses = try await AssignmentClient(client).pull { writer, responses in
                try await writer.credit(2)
                try await writer.acknowledge(AssignmentID("a-1"))
                try await writer.acknowledge(AssignmentID("a-2"))
                writer.finish()
                return try await responses.reduce(into: []) { $0.append($1) }
            }
            #expect(
                responses == [
                    .assignment(sampleAssignment()), .assignment(sampleAssignment()),
                    .acknowledged(AcknowledgeResult(assignmentID: AssignmentID("a-1"))),
                    .acknowledged(AcknowledgeResult(assignmentID: AssignmentID("a-2"), code: .notFound, message: "no")),
                ])
        }
    }

    @Test func aPullThatCannotBeReadEndsWithItsFaults() async throws {
        try await withExchange { client async throws in
            let failure = await self.failure {
                try await AssignmentClient(client).pull { writer, responses in
                    try await writer.credit(Credit.limit + 1)
                    for try await response in responses { Issue.record("\(response)") }
                }
            }
            #expect(failure?.status.code == .invalidArgument)
            #expect(failure?.faults == [Fault(path: "credit.assignments", rule: "must be 1 to 1000")])
        }
    }

    @Test func theUnaryCallsOfAssignments() async throws {
        try await withExchange { client async throws in
            let assignments = AssignmentClient(client)
            #expect(try await assignments.fetch(FetchRequest(limit: 3)) == Array(repeating: sampleAssignment(), count: 3))
            #expect(try await assignments.acknowledge(AssignmentID("a")).phase == .received)
            #expect(try await assignments.accept(AssignmentID("a")).phase == .accepted)
            #expect(try await assignments.giveBack(AssignmentID("a"), reason: .language).phase == .returned)
            let tooEarly = await self.failure { _ = try await assignments.giveBack(AssignmentID("a"), reason: .other) }
            #expect(tooEarly?.status.code == .failedPrecondition)
            let nameless = await self.failure { _ = try await assignments.accept(AssignmentID("")) }
            #expect(nameless?.faults.map(\.path) == ["assignment_id"])
            let tooMany = await self.failure { _ = try await assignments.fetch(FetchRequest(limit: 101)) }
            #expect(tooMany?.faults.map(\.path) == ["limit"])
        }
    }

    @Test func health() async throws {
        try await withExchange { client async throws in
            let health = HealthClient(client)
            #expect(try await health.check() == .serving)
            let notServed = await self.failure { _ = try await health.check(service: "x") }
            #expect(notServed?.status.code == .notFound)
            let seen = try await health.watch { try await $0.reduce(into: []) { $0.append($1.status) } }
            #expect(seen == [.serving, .notServing])
        }
    }

    // MARK: The catalogue and JSON

    @Test func theCatalogueAndTheRouterAgree() {
        var router = Router()
        router.register(FakeReferrals(), decoder: decoder, now: { Instant(milliseconds: 0) })
        router.register(FakeAssignments())
        router.register(FakeCoordination())
        router.register(FakeRouting())
        router.register(FakeReports())
        router.register(NoSources())
        router.register(FakeHealth())
        let catalogue = MessageCatalogue.contract
        #expect(Dictionary(uniqueKeysWithValues: catalogue.methods.map { ($0.name, $0.kind) }) == router.methods)
        #expect(catalogue[.giveBack]?.name.description == "lots.v1.AssignmentService/Return")
        #expect(catalogue[.submit]?.request.fullName == "lots.v1.SubmitRequest")
        #expect(catalogue[.accept]?.response.fullName == "lots.v1.AssignmentState")
        #expect(catalogue[MethodName(service: ServiceName.referral, method: "Nothing")] == nil)
    }

    @Test func anyMethodIsCalledWithJSON() async throws {
        try await withExchange { client async throws in
            let json = JSONClient(client)
            let type = try #require(MessageCatalogue.contract[.submit]?.request)
            let request = try type.json(fromPacked: Array(packedSubmission().readableBytesView))
            #expect(try await json.unary(.submit, request)["referralId"]?.string == "r-m-1")

            let watched = try await json.serverStreaming(.healthWatch, .object([:])) { answers in
                try await answers.reduce(into: []) { $0.append($1["status"]?.string) }
            }
            #expect(watched == ["SERVING", "NOT_SERVING"])

            let pulled = try await json.bidirectional(.pull) { requests, finish, answers in
                try await requests.write(.object(["credit": .object(["assignments": .number(1)])]))
                finish()
                return try await answers.reduce(into: []) { $0.append($1) }
            }
            #expect(pulled.map { $0["assignment"]?["sender"]?.string } == ["polisen-stockholm/vasterort"])
        }
    }

    @Test func whatIsWrongWithAJSONCallIsSaid() async throws {
        try await withExchange { client async throws in
            let json = JSONClient(client)
            let empty = await self.failure { _ = try await json.unary(.submit, .object([:])) }
            #expect(empty?.faults.map(\.path) == ["message_id", "referral"])
            await #expect(throws: JSONFaults.self) { _ = try await json.unary(.submit, .object(["nothing": .bool(true)])) }
            let wrongKind = await self.failure { _ = try await json.unary(.pull, .object([:])) }
            #expect(wrongKind?.status.code == .unimplemented)
            let unknown = MethodName(service: "a", method: "b")
            let noMethod = await self.failure { _ = try await json.unary(unknown, .object([:])) }
            #expect(noMethod?.status.code == .unimplemented)
        }
    }

    @Test func anAnswerThatCannotBeReadIsTheExchangesFault() async throws {
        var router = Router()
        router.register(.healthCheck, unary: { _, _ in ByteBuffer(bytes: [0x08, 9]) })
        router.register(.submit, unary: { _, _ in ByteBuffer(bytes: [0xFF]) })
        try await withClient(of: router) { client async throws in
            let failure = await self.failure { _ = try await HealthClient(client).check() }
            #expect(failure?.status.code == .internal)
            #expect(failure?.faults.map(\.path) == ["status"])
            let unread = await self.failure { _ = try await ReferralClient(client).submit(submission) }
            #expect(unread?.status.code == .internal)
        }
    }

    private func failure(_ body: () async throws -> Void) async -> CallFailure? {
        do {
            try await body()
            return nil
        } catch let failure as CallFailure {
            return failure
        } catch {
            Issue.record("not a failure of the call: \(error)")
            return nil
        }
    }
}

extension SubmitResult {
    fileprivate var receipt: Receipt? { try? result.get() }
    fileprivate var refusal: Refusal? { if case .failure(let refusal) = result { refusal } else { nil } }
}
