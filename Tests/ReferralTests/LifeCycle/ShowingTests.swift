import Referral
import Testing

/// Who may look at a case, and when there is content to see.
@Suite struct ShowingTests {
    private typealias World = SmallWorld

    @Test func nothingIsSeenBeforeTheCaseIsFetchedAndThenOnlyByWhoFetchedIt() throws {
        var life = try Life()
        let owner = try life.assignment.owner
        let (one, other) = (World.centreOne, World.centreTwo)
        #expect(owner == one.organisation)
        #expect(try life.decide(.show(Life.support), by: one).isEmpty)
        try life.send(.lease(Life.support, until: life.now + .seconds(300)), by: one)
        #expect(try shown(life, to: one) == Disclosure.groups(for: .publicBody, service: .support))
        #expect(try shown(life, to: other) == [])
        try life.send(.acknowledge(Life.support), by: one)
        #expect(try !shown(life, to: one).isEmpty)
        #expect(try shown(life, to: other) == [])
        try life.send(.accept(Life.support), by: one)
        #expect(try shown(life, to: other) == shown(life, to: one), "the organisation has accepted it")
    }

    @Test func aLookIsLoggedAndChangesNothingOfTheCase() throws {
        var life = try Life.accepted()
        let before = try life.assignment
        let events = try life.send(.show(Life.support), by: World.centreOne)
        #expect(
            events == [
                .read(
                    Life.support,
                    ContentReading(
                        by: World.centreOne, reason: nil, disclosed: Disclosure.groups(for: .publicBody, service: .support)))
            ])
        let after = try life.assignment
        #expect(after.version == before.version && after.phase == before.phase && after.since == before.since)

        // A system that asks again and again does not fill the log: each unit stands there once a day.
        life.pass(.seconds(3_600))
        #expect(try life.send(.show(Life.support), by: World.centreOne).isEmpty)
        #expect(try !shown(life, to: World.centreOne).isEmpty)
        #expect(try life.send(.show(Life.support), by: World.centreTwo).count == 1)
        life.pass(.seconds(86_400))
        #expect(try life.send(.show(Life.support), by: World.centreOne).count == 1)
    }

    @Test func othersKnowOfNoSuchCase() throws {
        let life = try Life.accepted()
        for stranger in [World.police, World.jourOne, World.coordinatorOne] {
            #expect(throws: Rejection.self) { try life.decide(.show(Life.support), by: stranger) }
        }
        #expect(throws: Rejection.self) { try life.decide(.show(AssignmentID("x")), by: World.centreOne) }
    }

    @Test func whoIsAskedSeesTheStateAndTheNewOwnerTheContentOfItsClass() throws {
        var life = try Life.accepted()
        try life.act(.offerHandover(to: World.jour, reason: .age, personAgrees: true))
        #expect(try life.decide(.show(Life.support), by: World.jourOne).isEmpty)
        #expect(try !shown(life, to: World.centreOne).isEmpty, "the owner answers until it is accepted")
        try life.act(.answerHandover(.accepted), by: World.jourOne)
        #expect(try shown(life, to: World.jourOne) == Disclosure.groups(for: .privateBody, service: .support))
        #expect(throws: Rejection.self) { try life.decide(.show(Life.support), by: World.centreOne) }
    }

    @Test(arguments: [AssignmentCommand.decline, .withdraw(.everything), .withdraw(.service(.support))])
    func whatIsErasedIsSeenByNobody(_ command: AssignmentCommand) throws {
        // The mediation goes on and needs the content still.
        var life = try Life.accepted(World.content(services: [.support, .mediation]))
        try life.act(command)
        #expect(try life.decide(.show(Life.support), by: World.centreOne).isEmpty)
    }

    @Test func whatIsCompletedIsSeenUntilItIsErased() throws {
        var life = try Life.accepted()
        try life.act(.recordContact(ContactMade(channel: .call, at: life.now)))
        try life.act(.complete(.supported))
        #expect(try !shown(life, to: World.centreOne).isEmpty)
        try life.send(.perform(CaseRequest(id: CommandID("late"), .assignment(Life.support, .withdraw(.everything)))), by: World.centreOne)
        #expect(try shown(life, to: World.centreOne) == [])
    }

    private func shown(_ life: Life, to participant: Participant) throws -> [FieldGroup] {
        life.state.shown(of: Life.support, to: participant, at: life.now, policy: life.policy)
    }
}
