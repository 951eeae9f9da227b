import Exchange
import Referral
import ReferralAPI
import SQLiteStore
import TTRPC
import Testing

/// Cases of people with a protected identity, and cases of two sides of one event, on their way to the units that may have them.
@Suite(.timeLimit(.minutes(6))) struct UnitAccessTests {
    private static let jour = OrganisationID("bojen-stockholm-gotland")
    private static let coordinator = Participant(organisation: OrganisationID("stockholms-stad"), unit: UnitID("samordnare"))

    private func protected() -> ReferralContent {
        var content = Sample.onLidingo()
        content.protectedIdentity = .protectedRegistration
        return content
    }

    /// The example's rules leave it to people; the coordinator gives it to the organisation.
    private func assigned(_ exchange: LiveExchange, _ message: String = "protected", _ content: ReferralContent? = nil) async throws
        -> AssignmentID
    {
        let receipt = try await exchange.sender().submit(Sample.submission(message, content ?? protected()))
        let id = try #require(try await exchange.store.read { try $0.referral(receipt.referralID) }?.assignments.first).id
        let request = CaseRequest(id: CommandID("give"), .assignment(id, .assign(to: Self.jour, reason: .reviewed)))
        _ = try await exchange.exchange.perform(.perform(request), on: id, by: Self.coordinator)
        return id
    }

    @Test(arguments: Carrier.allCases) func onlyNamedReadersFetchIt(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let id = try await assigned(exchange)
            let (reader, other) = (
                try await exchange.recipient("\(Self.jour)/stockholm"), try await exchange.recipient("\(Self.jour)/gotland")
            )
            let ordinary = try await exchange.sender().submit(Sample.submission("ordinary", Sample.onLidingo()))
            // It holds up nobody.
            exchange.clock.advance(by: .seconds(1))
            let fetched = try await other.fetch(FetchRequest(limit: 1))
            #expect(fetched.count == 1 && fetched.first?.id != id)
            #expect(try await other.fetch().isEmpty)
            for call in [other.acknowledge, other.accept] {
                #expect(await failure { _ = try await call(id, CallOptions()) }?.code == .notFound)
            }
            #expect(try await reader.fetch().map(\.id) == [id])
            _ = try await reader.accept(id)

            // Nor does a log line name it.
            let log = exchange.log.lines
            #expect(log.contains { $0.contains(ordinary.referralID.rawValue) })
            let referral = try #require(try await exchange.store.read { try $0.referral(of: id) })
            #expect(!log.contains { $0.contains(id.rawValue) || $0.contains(referral.rawValue) })
        }
    }

    @Test func whoeverWaitsAndMayHaveItGetsItAtOnce() async throws {
        try await LiveExchange.with { exchange in
            let others = try await exchange.recipient("\(Self.jour)/gotland")
            let reader = try await exchange.recipient("\(Self.jour)/stockholm")
            try await withThrowingTaskGroup(of: [AssignmentID].self) { group in
                for client in [others, others, reader] {
                    group.addTask { try await client.fetch(FetchRequest(limit: 1, wait: .seconds(60))).map(\.id) }
                }
                while exchange.exchange.waitingRecipients < 3 { await Task.yield() }
                let id = try await assigned(exchange)
                #expect(try await group.next() == [id])
                exchange.exchange.stopWaiting()
                for try await found in group { #expect(found.isEmpty) }
            }
        }
    }

    @Test func whatNobodyTakesComesToPeople() async throws {
        try await LiveExchange.with { exchange in
            let id = try await assigned(exchange)
            #expect(try await exchange.recipient("\(Self.jour)/gotland").fetch().isEmpty)
            exchange.clock.advance(by: .seconds(5 * 86_400))
            while try await exchange.exchange.fireDeadlines() > 0 {}
            let state = try await exchange.store.read { reader in try reader.referral(of: id).flatMap { try reader.referral($0) } }
            #expect(state?.assignment(id)?.phase == .review(.untaken))
        }
    }

    private func side(_ role: Role, in area: Area = Area(municipality: "0186")) -> ReferralContent {
        var content = Sample.adult(in: area)
        content.role = role
        content.conflictGroup = "0104-K771533-26"
        return content
    }

    @Test(arguments: Carrier.allCases) func aUnitGetsOneSideAndAnotherUnitTheOther(_ carrier: Carrier) async throws {
        try await LiveExchange.with(carrier) { exchange in
            let sender = try await exchange.sender()
            _ = try await sender.submit(Sample.submission("victim", side(.victim)))
            exchange.clock.advance(by: .seconds(1))
            _ = try await sender.submit(Sample.submission("relative", side(.relativeOfOffender)))
            exchange.clock.advance(by: .seconds(1))
            _ = try await sender.submit(Sample.submission("ordinary", Sample.onLidingo()))
            let (one, other) = (
                try await exchange.recipient("\(Self.jour)/stockholm"), try await exchange.recipient("\(Self.jour)/gotland")
            )
            // Both in one look: the second is passed over, and what comes after it is not.
            let first = try await one.fetch()
            #expect(first.map(\.content.role) == [.victim, .victim])
            let second = try await other.fetch()
            #expect(second.map(\.content.role) == [.relativeOfOffender])
            // Both sides show the same mark, which is not the sender's own word.
            let marks = Set((first + second).compactMap(\.content.conflictGroup))
            #expect(marks.count == 1 && marks.first?.count == 64)
            let log = try await exchange.events()
            #expect(!"\(log)".contains("0104-K771533-26"))
        }
    }

    @Test func whereThereIsNoOtherUnitPeopleDecide() async throws {
        try await LiveExchange.with { exchange in
            let area = Sample.adult().residence ?? Area(municipality: "0180")
            let sender = try await exchange.sender()
            _ = try await sender.submit(Sample.submission("victim", side(.victim, in: area)))
            _ = try await sender.submit(Sample.submission("relative", side(.relativeOfOffender, in: area)))
            let only = try await exchange.recipient("bojen-vasterort/stodsamordning")
            let first = try #require(try await only.fetch().first)
            _ = try await only.accept(first.id)
            #expect(try await only.fetch().isEmpty)
            exchange.clock.advance(by: .seconds(5 * 86_400))
            while try await exchange.exchange.fireDeadlines() > 0 {}
            let events = try await exchange.events().flatMap(\.events)
            let review = try #require(events.compactMap { if case .review(let id, .untaken, _) = $0 { id } else { nil } }.first)
            #expect(review != first.id)
            // They know what they do: what they decide stands.
            let request = CaseRequest(
                id: CommandID("give"), .assignment(review, .assign(to: OrganisationID("bojen-vasterort"), reason: .reviewed)))
            _ = try await exchange.exchange.perform(.perform(request), on: review, by: Self.coordinator)
            #expect(try await only.fetch().map(\.id) == [review])
        }
    }
}
