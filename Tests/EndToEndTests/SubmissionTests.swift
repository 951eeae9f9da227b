import NIOCore
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

@Suite(.timeLimit(.minutes(6))) struct SubmissionTests {
    @Test(arguments: Carrier.allCases) func theSameMessageGetsTheSameReceiptByteForByte(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let client = try await exchange.client("polisen-stockholm/vasterort")
            let message = try Sample.packed(Sample.submission("once", Sample.young()))
            let first = try await client.unary(.submit, message)
            #expect(first.readableBytes > 0)
            exchange.clock.advance(by: .seconds(3_600))
            #expect(try await client.unary(.submit, message) == first)
            // The case moves on, the receipt does not.
            let recipient = try await exchange.recipient("stodcentrum-vasterort/vallingby")
            let fetched = try #require(try await recipient.fetch().first)
            _ = try await recipient.giveBack(fetched.id, reason: .noCapacity)
            #expect(try await exchange.client("polisen-stockholm/vasterort").unary(.submit, message) == first)
            #expect(try await exchange.events().flatMap(\.events).filter(\.isSubmission).count == 1)
        }
    }

    @Test(arguments: Carrier.allCases) func theSameMessageManyTimesAtOnceIsOneReferral(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let clients = [
                try await exchange.client("polisen-stockholm/vasterort"), try await exchange.client("polisen-stockholm/vasterort"),
            ]
            let message = try Sample.packed(Sample.submission("once"))
            let receipts = try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
                for call in 0..<40 { group.addTask { try await clients[call % 2].unary(.submit, message) } }
                return try await group.reduce(into: Set<ByteBuffer>()) { $0.insert($1) }
            }
            #expect(receipts.count == 1)
            #expect(try await exchange.events().count == 1)
        }
    }

    @Test(arguments: Carrier.allCases) func anIdBelongsToItsContentAndToItsSender(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let receipt = try await sender.submit(Sample.submission("once"))
            let other = await failure { _ = try await sender.submit(Sample.submission("once", Sample.young())) }
            #expect(other?.code == .alreadyExists)
            let elsewhere = try await exchange.sender("polisen-stockholm/soderort").submit(Sample.submission("once", Sample.young()))
            #expect(elsewhere.referralID != receipt.referralID)
            #expect(try await sender.submit(Sample.submission("once")) == receipt)
        }
    }

    /// One result per item, faulty items between good ones, and the same answers as by single calls.
    @Test(arguments: Carrier.allCases) func aStreamAnswersEveryItem(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let count = 500
            let results = try await sender.submitStream { writer, results in
                try await withThrowingTaskGroup(of: [SubmitResult].self) { group in
                    group.addTask { try await results.reduce(into: []) { $0.append($1) } }
                    for item in 1...count { try await writer.write(submission(item)) }
                    writer.finish()
                    return try await group.next() ?? []
                }
            }
            #expect(results.map(\.item).sorted() == (1...UInt64(count)).map(\.self))
            var receipts: [MessageID: Receipt] = [:]
            var duplicates = 0
            for result in results {
                let id = submission(Int(result.item)).messageID
                #expect(result.messageID == id)
                switch (result.result, result.item % 10) {
                case (.failure(let refusal), 3):
                    #expect(refusal.code == .invalidArgument)
                    #expect(refusal.faults.map(\.path) == ["referral.person.age", "referral.contacts[0].phone"])
                // Items of one stream are decided beside each other: whichever of the two comes first has the id.
                case (.failure(let refusal), 1), (.failure(let refusal), 7):
                    #expect(refusal.code == .alreadyExists)
                    duplicates += 1
                case (.success(let receipt), _):
                    #expect(receipt.messageID == id)
                    receipts[id] = receipt
                default: Issue.record("item \(result.item): \(result.result)")
                }
            }
            #expect(receipts.count == 400 && duplicates == 50)
            #expect(Set(receipts.values.map(\.referralID)).count == 400)
            for (id, receipt) in receipts { #expect(try await sender.status(.message(id)).referralID == receipt.referralID) }
            let submissions = try await exchange.events().flatMap(\.events).filter(\.isSubmission)
            #expect(submissions.count == 400)
        }
    }

    /// Of ten items the third is faulty, and the seventh has the id of the first with other content.
    private func submission(_ item: Int) -> Submission {
        switch item % 10 {
        case 3:
            var content = Sample.adult()
            content.person.age = 131
            content.contacts[0].phone = "nobody"
            return Sample.submission("m-\(item)", content)
        case 7: return Sample.submission("m-\(item - 6)", Sample.young())
        default: return Sample.submission("m-\(item)")
        }
    }

    @Test(arguments: Carrier.allCases) func aPreviewDecidesAndStoresNothing(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let preview = try await sender.preview(PreviewRequest(content: Sample.young()))
            #expect(preview.outcome == .accepted)
            #expect(preview.decisions.map(\.outcome) == [.recipient(OrganisationID("stodcentrum-vasterort"))])
            #expect(preview.decisions.first?.rule == "victim-10-to-17")
            let before = try await sender.preview(PreviewRequest(content: Sample.young(), asOf: CivilDate("2010-01-01")))
            #expect(before.decisions.map(\.outcome) == [.review(.noRuleSet)])
            #expect(try await exchange.events().isEmpty)
            #expect(try await exchange.recipient("stodcentrum-vasterort/vallingby").fetch().isEmpty)

            let receipt = try await sender.submit(Sample.submission("after", Sample.young()))
            #expect(receipt.services == [ServiceOutcome(service: .support, routing: .offered)])
        }
    }

    @Test(arguments: Carrier.allCases) func onlyAYesIsRouted(_ carrier: Carrier) async throws {
        let cases: [(ConsentStatus, SubmissionOutcome)] = [
            (.no, .refused(.consentRefused)), (.withdrawn, .refused(.consentWithdrawn)), (.notAsked, .awaitingConsent),
            (.yes, .accepted), (.guardianYes, .accepted),
        ]
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            var receipts: [Receipt] = []
            for (status, outcome) in cases {
                var content = Sample.young()
                content.consent.status = status
                content.consent.coversSupport = status.isYes
                if status == .guardianYes { content.contacts[0].holder = .guardian }
                let receipt = try await sender.submit(Sample.submission("consent-\(receipts.count)", content))
                #expect(receipt.outcome == outcome)
                #expect(receipt.services.isEmpty == !status.isYes)
                let answer = try await sender.status(.referral(receipt.referralID))
                #expect(answer.outcome == outcome)
                #expect(try await sender.preview(PreviewRequest(content: content)).outcome == outcome)
                receipts.append(receipt)
            }
            #expect(try await exchange.recipient("stodcentrum-vasterort/vallingby").fetch().count == 2)
            // Of somebody who said no nothing is kept but that they were asked about.
            let kept = try await exchange.store.read { [receipts] reader in
                try receipts.map { try reader.content(of: $0.referralID) != nil }
            }
            #expect(kept == [false, false, true, true, true])
        }
    }

    /// What does not fit in the queue of commits is told to come back, and can.
    @Test func aFullExchangeAsksToTryAgain() async throws {
        try await LiveExchange.with(pendingWrites: 1) { exchange in
            let client = try await exchange.client("polisen-stockholm/vasterort")
            let codes = try await withThrowingTaskGroup(of: TTRPC.Status.Code.self) { group in
                for call in 0..<200 {
                    let message = try Sample.packed(Sample.submission("m-\(call)"))
                    group.addTask {
                        await failure { _ = try await client.unary(.submit, message) }?.code ?? .ok
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(Set(codes.keys) == [.ok, .resourceExhausted])
            #expect(try await exchange.events().count == codes[.ok])
        }
    }
}

extension ReferralEvent {
    var isSubmission: Bool {
        if case .submitted = self { true } else { false }
    }
}
