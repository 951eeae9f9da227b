import Exchange
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

/// What the exchange does by itself when a deadline has come.
@Suite(.timeLimit(.minutes(6))) struct DeadlineTests {
    private static let day = Duration.seconds(86_400)
    private static let untaken = "bojen-vasterort/stodsamordning"

    /// Nobody has asked the person yet.
    private static func unasked(_ id: String) -> Submission {
        var content = Sample.adult()
        content.consent = Consent(status: .notAsked)
        return Sample.submission(id, content)
    }

    @Test(arguments: Carrier.allCases) func withoutAnAnswerOfThePersonAReferralIsErasedAfterTwoWeeks(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let receipt = try await sender.submit(Self.unasked("m"))
            #expect(receipt.outcome == .awaitingConsent)
            exchange.clock.advance(by: Self.day * 14 - .milliseconds(1))
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            #expect(try await exchange.store.read { try $0.content(of: receipt.referralID) } != nil)

            exchange.clock.advance(by: .milliseconds(1))
            #expect(try await exchange.exchange.fireDeadlines() == 1)
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            #expect(try await exchange.store.read { try $0.content(of: receipt.referralID) } == nil)
            #expect(try await sender.status(.message(MessageID("m"))).outcome == .refused(.consentWithdrawn))

            // The same receipt, and no new case.
            #expect(try await sender.submit(Self.unasked("m")) == receipt)
            let log = try await exchange.events()
            #expect(log.count == 2)
            #expect(log.last?.events == [.closed(.consentExpired), .erased(Erasure(.content, .consentExpired))])
            #expect(log.last?.actor == nil)
            #expect(try await exchange.store.read { try $0.content(of: receipt.referralID) } == nil)
        }
    }

    @Test(arguments: Carrier.allCases) func whoeverHoldsAnErasedCaseIsToldWhy(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let recipient = try await exchange.recipient("bojen-stockholm-gotland/stockholm")
            let receipt = try await exchange.sender().submit(Sample.submission("m", Sample.onLidingo()))
            let id = try #require(try await recipient.fetch().first).id
            let other = Participant(organisation: OrganisationID("bojen-stockholm-gotland"), unit: UnitID("gotland"))
            let withdrawal = CaseRequest(id: CommandID("w"), .assignment(id, .withdraw(.everything)))
            _ = try await exchange.exchange.perform(.perform(withdrawal), on: id, by: other)
            #expect(try await exchange.store.read { try $0.content(of: receipt.referralID) } == nil)

            let answer = await failure { _ = try await recipient.acknowledge(id) }
            #expect(answer?.code == .failedPrecondition)
            #expect(answer?.message.contains("the case is closed: withdrawn") == true, "\(answer?.message ?? "")")
            // Its lease and all its other clocks ended with it.
            exchange.clock.advance(by: Self.day * 400)
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            #expect(try await recipient.fetch().isEmpty)
        }
    }

    @Test(arguments: Carrier.allCases) func whatNobodyTakesIsToldAndThenDecidedByPeople(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let receipt = try await sender.submit(Sample.submission("m"))
            let arrived = exchange.clock.now
            func status() async throws -> [DeliveryStatus] {
                try await sender.status(.referral(receipt.referralID)).services.map(\.status)
            }
            exchange.clock.advance(by: Self.day - .milliseconds(1))
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            exchange.clock.advance(by: .milliseconds(1))
            #expect(try await exchange.exchange.fireDeadlines() == 1)
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            let warning = try #require(try await exchange.events().last?.events.first)
            let id = try #require(warning.assignment)
            #expect(warning == .warned(id, .untaken, due: arrived + Self.day))
            #expect(try await status() == [.routed], "a warning changes nothing for the sender")

            exchange.clock.advance(by: Self.day)
            #expect(try await exchange.exchange.fireDeadlines() == 1)
            let coordinator = OrganisationID("stockholms-stad")
            #expect(
                try await exchange.events().last?.events == [
                    .overdue(id, .untakenReview, due: arrived + Self.day * 2), .review(id, reason: .untaken, owner: coordinator),
                ])
            #expect(try await exchange.recipient(Self.untaken).fetch().isEmpty)
            #expect(try await status() == [.stored])

            // The coordinator has four working hours, and is told once.
            exchange.clock.advance(by: Self.day)
            #expect(try await exchange.exchange.fireDeadlines() == 1)
            guard case .overdue(id, .review, _)? = try await exchange.events().last?.events.first else {
                Issue.record("the review is not overdue")
                return
            }
            exchange.clock.advance(by: Self.day * 100)
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            #expect(try await exchange.events().count == 4)
        }
    }

    @Test func whatHasComeMeanwhileIsDoneInItsOrder() async throws {
        try await LiveExchange.with { exchange in
            _ = try await exchange.sender().submit(Sample.submission("m"))
            let arrived = exchange.clock.now
            let id = try #require(try await exchange.recipient(Self.untaken).fetch().first).id
            // Nobody has looked at the clock for two days.
            exchange.clock.advance(by: Self.day * 2 + .seconds(3_600))
            #expect(try await exchange.exchange.fireDeadlines() == 1)
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            let events = try await exchange.events().dropFirst(2)
            #expect(
                events.map(\.events) == [
                    [.leaseExpired(id)], [.warned(id, .untaken, due: arrived + Self.day)],
                    [
                        .overdue(id, .untakenReview, due: arrived + Self.day * 2),
                        .review(id, reason: .untaken, owner: OrganisationID("stockholms-stad")),
                    ],
                ])
            #expect(events.allSatisfy { $0.at == exchange.clock.now && $0.actor == nil })
            #expect(try await exchange.recipient(Self.untaken).fetch().isEmpty)
        }
    }

    /// Two daemons on one database look at the same time.
    @Test func eachDeadlineIsMetOnceHoweverManyLook() async throws {
        try await LiveExchange.with { exchange in
            let sender = try await exchange.sender()
            for number in 0..<100 { _ = try await sender.submit(Self.unasked("m-\(number)")) }
            exchange.clock.advance(by: Self.day * 14)
            try await exchange.withAnother(.memory) { other in
                async let one = exchange.exchange.fireDeadlines()
                async let two = other.exchange.fireDeadlines()
                let looked = try await (one, two)
                #expect(max(looked.0, looked.1) == 64)
                while try await exchange.exchange.fireDeadlines() > 0 {}
                #expect(try await other.exchange.fireDeadlines() == 0)
            }
            let events = try await exchange.events().flatMap(\.events)
            #expect(events.count { $0 == .closed(.consentExpired) } == 100)
            #expect(events.count == 400)
            let told = exchange.log.lines.filter { $0.contains("a deadline has come") }
            #expect(!told.isEmpty && told.allSatisfy { $0.hasPrefix("notice") && $0.contains("consent") })
        }
    }
}
