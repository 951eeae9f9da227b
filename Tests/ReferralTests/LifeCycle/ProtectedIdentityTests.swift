import Referral
import Testing

/// A case of a person with a protected identity is for named readers only.
@Suite struct ProtectedIdentityTests {
    private typealias World = SmallWorld

    private static func life(_ identity: ProtectedIdentity = .assumedIdentity, readers: [Participant]) throws -> Life {
        var content = World.content()
        content.protectedIdentity = identity
        return try Life(content, policy: try World.policy(protectedReaders: readers))
    }

    private static func lease(_ life: Life) -> ReferralCommand { .lease(Life.support, until: life.now + .seconds(300)) }

    @Test(arguments: [ProtectedIdentity.confidentialityMarking, .protectedRegistration, .assumedIdentity])
    func toOtherUnitsItIsNotThere(identity: ProtectedIdentity) throws {
        var life = try Self.life(identity, readers: [World.centreTwo])
        for command in [Self.lease(life), .acknowledge(Life.support), .accept(Life.support), .giveBack(Life.support, reason: .other)] {
            let rejection = #expect(throws: Rejection.self) { try life.decide(command, by: World.centreOne) }
            #expect(rejection?.code == .notFound)
        }
        try life.take(by: World.centreTwo)
        try life.act(.recordContact(ContactMade(channel: .call, at: life.now)), by: World.centreTwo)
        for command in AssignmentCommand.all(at: life.now) where command.permitted == [.owner] {
            let rejection = #expect(throws: Rejection.self) { try life.act(command, by: World.centreOne) }
            #expect(rejection?.code == .notFound, "\(command)")
        }
        // What the person says is heard by everybody.
        #expect(try !life.act(AssignmentCommand.withdraw(.everything), by: World.centreOne).isEmpty)
    }

    @Test func whereItIsNotProtectedEveryUnitMayHaveIt() throws {
        for identity in [ProtectedIdentity.none, .unknown] {
            let life = try Self.life(identity, readers: [])
            #expect(try !life.decide(Self.lease(life), by: World.centreOne).isEmpty)
        }
        // But who is not known to be unprotected is in no list.
        #expect(ProtectedIdentity.allCases.filter(\.isListed) == [.none])
    }

    @Test func itsClocksRunAndPeopleDecideWhenNobodyTakesIt() throws {
        var life = try Self.life(readers: [])
        #expect(life.state.deadlines(life.policy) == (try Self.life(.none, readers: [])).state.deadlines(life.policy))
        life.pass(.seconds(49 * 3_600))
        try life.fire()
        #expect(try life.phase == "review")
        #expect(try life.assignment.owner == World.coordinator)
    }

    @Test func itGoesToNobodyWhoHasNoReader() throws {
        var life = try Self.life(readers: [World.centreOne])
        try life.take()
        for command in [
            AssignmentCommand.offerHandover(to: World.jour, reason: .age, personAgrees: true),
            .assign(to: World.jour, reason: .ownerUnavailable),
        ] {
            let actor = command.permitted == [.owner] ? World.centreOne : World.coordinatorOne
            #expect(try life.refusal(command, by: actor)?.contains("protected identity") == true)
        }
        life.policy = try World.policy(protectedReaders: [World.centreOne, World.jourOne])
        try life.act(.offerHandover(to: World.jour, reason: .age, personAgrees: true))
        #expect(try life.phase == "handover offered")
        try life.act(.answerHandover(.accepted), by: World.jourOne)
        #expect(try life.assignment.owner == World.jour)
    }

    @Test func theCoordinatorReadsAsANamedReaderOnly() throws {
        var life = try Self.life(readers: [World.centreOne])
        #expect(try life.refusal(.read(.danger), by: World.coordinatorOne)?.contains("protected") == true)
        life.policy = try World.policy(protectedReaders: [World.coordinatorOne])
        let events = try life.act(.read(.danger), by: World.coordinatorOne)
        #expect(events.count == 1)
    }

    @Test func aReaderIsOneOnItsDays() throws {
        let period = DatePeriod(first: CivilDate("2026-01-01"), last: CivilDate("2026-03-01"))
        let organisation = Organisation(
            id: World.jour, name: "J", kind: .brottsofferjour, units: [OrganisationUnit(id: UnitID("ett"), name: "E")],
            protectedReaders: [ProtectedReader(unit: UnitID("ett"), period: period)])
        for (day, reads) in [("2025-12-31", false), ("2026-01-01", true), ("2026-03-01", true), ("2026-03-02", false)] {
            let day = try #require(CivilDate(day))
            #expect(organisation.readsProtected(UnitID("ett"), on: day) == reads)
            #expect(organisation.hasProtectedReader(on: day) == reads)
            #expect(!organisation.readsProtected(UnitID("tva"), on: day))
        }
    }
}
