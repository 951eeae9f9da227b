import Exchange
import GRDB
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

/// The way of a case from its sender to those who help, and back.
@Suite(.timeLimit(.minutes(6))) struct CaseTests {
    private let lidingo = "bojen-stockholm-gotland"

    @Test(arguments: Carrier.allCases) func aCaseIsFetchedAcknowledgedAndTaken(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient("bojen-vasterort/stodsamordning")
            let submitted = exchange.clock.now
            let receipt = try await sender.submit(Sample.submission("m"))
            #expect(receipt.receivedAt == submitted)
            exchange.clock.advance(by: .seconds(10))

            let fetched = try #require(try await recipient.fetch().first)
            #expect(fetched.sender == Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("vasterort")))
            #expect(fetched.availableAt == submitted)
            #expect(fetched.leasedUntil == exchange.clock.now + .seconds(300))
            #expect(fetched.decision.rule == "victim-over-21")
            #expect(try await recipient.fetch().isEmpty)
            #expect(try await sender.status(.message(MessageID("m"))).services.map(\.status) == [.routed])

            exchange.clock.advance(by: .seconds(10))
            let received = try await recipient.acknowledge(fetched.id)
            #expect(received == AssignmentProgress(assignmentID: fetched.id, phase: .received, since: exchange.clock.now))
            exchange.clock.advance(by: .seconds(10))
            #expect(try await recipient.acknowledge(fetched.id) == received)
            #expect(try await sender.status(.message(MessageID("m"))).services.map(\.status) == [.routed])

            let accepted = try await recipient.accept(fetched.id)
            #expect(accepted == AssignmentProgress(assignmentID: fetched.id, phase: .accepted, since: exchange.clock.now))
            let status = try await sender.status(.referral(receipt.referralID))
            #expect(status.services == [ServiceStatus(service: .support, status: .taken, since: accepted.since)])

            // Nothing hands it out again.
            exchange.clock.advance(by: .seconds(86_400))
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            #expect(try await recipient.fetch().isEmpty)
        }
    }

    @Test(arguments: Carrier.allCases) func aReturnedCaseGoesToTheAlternativeAndThenToPeople(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let centre = try await exchange.recipient("stodcentrum-vasterort/vallingby")
            let volunteers = try await exchange.recipient("bojen-vasterort/stodsamordning")
            let receipt = try await sender.submit(Sample.submission("m", Sample.young()))
            let id = try #require(try await centre.fetch().first).id
            exchange.clock.advance(by: .seconds(60))
            let returned = try await centre.giveBack(id, reason: .noCapacity)
            #expect(returned.phase == .returned)
            let statusAfterFirst = try await sender.status(.referral(receipt.referralID))
            #expect(statusAfterFirst.services.map(\.status) == [.routed])

            // It is a case of the others now, and whoever gave it back has no part in it any more.
            #expect(try await centre.fetch().isEmpty)
            let again = try #require(try await volunteers.fetch().first)
            #expect(again.id == id)
            #expect(again.availableAt == returned.since)
            #expect(again.decision.notes == ["returned-by-support-centre"])
            _ = try await volunteers.acknowledge(id)
            exchange.clock.advance(by: .seconds(60))
            _ = try await volunteers.accept(id)
            #expect(try await centre.giveBack(id, reason: .noCapacity) == returned, "nothing of what the others do shows")
            for call in [centre.acknowledge, centre.accept] {
                #expect(await failure { _ = try await call(id, CallOptions()) }?.code == .notFound)
            }

            exchange.clock.advance(by: .seconds(60))
            #expect(try await volunteers.giveBack(id, reason: .conflictOfInterest).phase == .returned)
            let status = try await sender.status(.referral(receipt.referralID))
            #expect(status.services == [ServiceStatus(service: .support, status: .returned, since: exchange.clock.now)])
            #expect(try await centre.giveBack(id, reason: .noCapacity) == returned)
            #expect(try await centre.fetch().isEmpty)
            #expect(try await volunteers.fetch().isEmpty)
            let events = try await exchange.events().flatMap(\.events)
            #expect(events.last == .review(id, reason: .returnedTwice, owner: OrganisationID("stockholms-stad")))
        }
    }

    @Test(arguments: Carrier.allCases) func whoseOnlyRecipientReturnsItGoesToPeople(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            let recipient = try await exchange.recipient("bojen-vasterort/stodsamordning")
            _ = try await sender.submit(Sample.submission("m"))
            let id = try #require(try await recipient.fetch().first).id
            #expect(try await recipient.giveBack(id, reason: .language).phase == .returned)
            let events = try await exchange.events().flatMap(\.events)
            #expect(events.last == .review(id, reason: .returnedByOnlyRecipient, owner: OrganisationID("stockholms-stad")))
            #expect(try await sender.status(.message(MessageID("m"))).services.map(\.status) == [.returned])
        }
    }

    @Test(arguments: Carrier.allCases) func aForgottenCaseIsHandedOutAgain(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let (one, other) = (
                try await exchange.recipient("\(lidingo)/stockholm"), try await exchange.recipient("\(lidingo)/gotland")
            )
            _ = try await exchange.sender().submit(Sample.submission("m", Sample.onLidingo()))
            let first = try #require(try await one.fetch().first)
            exchange.clock.advance(by: .milliseconds(299_999))
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            #expect(try await other.fetch().isEmpty)
            exchange.clock.advance(by: .milliseconds(1))
            #expect(try await exchange.exchange.fireDeadlines() == 1)
            let second = try #require(try await other.fetch().first)
            #expect(second.id == first.id)
            #expect(second.availableAt == first.availableAt, "the promise's clock goes on")
            #expect(second.leasedUntil == first.leasedUntil + .seconds(300))
            _ = try await other.acknowledge(second.id)
        }
    }

    @Test(arguments: Carrier.allCases) func lateIsInTimeWhileNobodyElseHasIt(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let recipient = try await exchange.recipient("\(lidingo)/stockholm")
            _ = try await exchange.sender().submit(Sample.submission("m", Sample.onLidingo()))
            let id = try #require(try await recipient.fetch().first).id
            exchange.clock.advance(by: .seconds(1_000))
            #expect(try await exchange.exchange.fireDeadlines() == 1)
            #expect(try await recipient.acknowledge(id).phase == .received)
            #expect(try await exchange.recipient("\(lidingo)/gotland").fetch().isEmpty)
        }
    }

    @Test(arguments: Carrier.allCases) func lateIsTooLateWhenAnotherUnitHasIt(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let (one, other) = (
                try await exchange.recipient("\(lidingo)/stockholm"), try await exchange.recipient("\(lidingo)/gotland")
            )
            _ = try await exchange.sender().submit(Sample.submission("m", Sample.onLidingo()))
            let id = try #require(try await one.fetch().first).id
            exchange.clock.advance(by: .seconds(300))
            _ = try await exchange.exchange.fireDeadlines()
            #expect(try await other.fetch().map(\.id) == [id])
            #expect(await failure { _ = try await one.acknowledge(id) }?.code == .failedPrecondition)
            #expect(await failure { _ = try await one.accept(id) }?.code == .failedPrecondition)
            #expect(try await other.acknowledge(id).phase == .received)
        }
    }

    /// A disk that has lost something does not stop everybody else's cases.
    @Test func aDamagedCaseKeepsNobodyWaiting() async throws {
        try await LiveExchange.with { exchange in
            let sender = try await exchange.sender()
            var submitted: [Receipt] = []
            for number in 0..<6 {
                submitted.append(try await sender.submit(Sample.submission("m-\(number)")))
                exchange.clock.advance(by: .seconds(1))
            }
            let receipts = submitted
            let damaged = receipts[0..<2].map(\.referralID.rawValue)
            let database = try DatabaseQueue(path: exchange.database)
            try await database.write { [damaged] in
                try $0.execute(sql: "DELETE FROM content WHERE referral = ?", arguments: [damaged[0]])
                try $0.execute(
                    sql: "DROP TRIGGER log_is_not_changed; UPDATE log SET events = '[]' WHERE referral = ?", arguments: [damaged[1]])
            }
            let recipient = try await exchange.recipient("bojen-vasterort/stodsamordning")
            #expect(try await recipient.fetch(FetchRequest(limit: 1)).count == 1)
            #expect(try await recipient.fetch().count == 3)
            #expect(exchange.log.lines.contains { $0.hasPrefix("error") })
            exchange.clock.advance(by: .seconds(300))
            #expect(try await exchange.exchange.fireDeadlines() == 4)
            // Nor does its clock hold up theirs: it is tried again in an hour.
            exchange.clock.advance(by: .seconds(86_400))
            #expect(try await exchange.exchange.fireDeadlines() == 6)
            #expect(try await exchange.exchange.fireDeadlines() == 0)
            let warnings = try await exchange.store.read { reader in
                try receipts.indices.filter { $0 != 1 }.map { try reader.referral(receipts[$0].referralID)?.assignments[0].progress.alarms }
            }
            #expect(warnings == [Set<Deadline.Kind>?](repeating: [.untaken], count: 5))
            exchange.clock.advance(by: .seconds(3_600))
            #expect(try await exchange.exchange.fireDeadlines() == 1)
        }
    }

    /// The timer that the daemon runs does the same, and rings for those who wait.
    @Test func theTimerWakesAWaitingFetch() async throws {
        try await LiveExchange.with { exchange in
            let (one, other) = (
                try await exchange.recipient("\(lidingo)/stockholm"), try await exchange.recipient("\(lidingo)/gotland")
            )
            _ = try await exchange.sender().submit(Sample.submission("m", Sample.onLidingo()))
            let id = try #require(try await one.fetch().first).id
            async let waiting = other.fetch(FetchRequest(wait: .seconds(60)))
            await exchange.waiting.waitForSleeper()
            exchange.clock.advance(by: .seconds(300))
            let ticks = ManualClock()
            let timer = Task { await DeadlineTimer(exchange: exchange.exchange, clock: ticks).run() }
            #expect(try await waiting.map(\.id) == [id])
            timer.cancel()
            await timer.value
        }
    }
}
