import Referral
import Testing

@Suite struct HandoverTests {
    private typealias World = SmallWorld

    private func offered(to organisation: OrganisationID = World.jour) throws -> Life {
        var life = try Life.accepted()
        try life.reach()
        try life.act(.offerHandover(to: organisation, reason: .age, personAgrees: true))
        return life
    }

    @Test func theOldOwnerAnswersUntilTheNewOneAccepts() throws {
        var life = try offered()
        let arrived = try life.assignment.availableAt
        #expect(try life.assignment.owner == World.centre)
        #expect(try life.phase == "handover offered")
        // Work goes on, and is not lost when the case comes back.
        try life.act(.recordMeeting(Meeting(.held, form: .inPerson, at: life.now)))
        var refused = life
        try refused.act(.answerHandover(.refused(.noCapacity)), by: World.jourOne)
        #expect(try refused.assignment.owner == World.centre)
        #expect(try refused.phase == "in support")
        #expect(try refused.assignment.availableAt == arrived)

        life.pass(.seconds(3_600))
        let events = try life.act(.answerHandover(.accepted), by: World.jourOne)
        // What the new owner may see is decided anew: a volunteer organisation gets no free text and no reference.
        #expect(
            events == [
                .handover(Life.support, .accepted(by: World.jourOne, disclosed: Disclosure.groups(for: .privateBody, service: .support)))
            ])
        let assignment = try life.assignment
        #expect(assignment.owner == World.jour && assignment.phase == .accepted && assignment.availableAt == life.now)
        #expect(assignment.handedOverBy == [World.centre])
        #expect(assignment.progress.contactedAt == nil, "the new owner has its own clocks")
        #expect(throws: Rejection(.notFound, "no assignment with this id is yours")) {
            try life.act(.recordContact(ContactMade(channel: .call, at: life.now)))
        }
    }

    @Test func withoutAnAnswerItIsBackAfterTwoDays() throws {
        var life = try offered()
        life.pass(.seconds(2 * 86_400 - 1))
        #expect(try life.fire().contains(.handover(Life.support, .expired)) == false)
        life.pass(.seconds(1))
        #expect(try life.fire().contains(.handover(Life.support, .expired)))
        #expect(try life.phase == "contacted")
        #expect(try life.assignment.owner == World.centre)
        // Too late: somebody else's case is as unknown as one that does not exist.
        #expect(try life.refusal(.answerHandover(.accepted), by: World.jourOne) == "no assignment with this id is yours")
        // Who has not answered may be asked again.
        #expect(try life.refusal(.offerHandover(to: World.jour, reason: .age, personAgrees: true)) == nil)
    }

    @Test func consentIsNeeded() throws {
        var life = try Life.accepted()
        #expect(
            try life.refusal(.offerHandover(to: World.jour, reason: .age, personAgrees: false)) == "a handover needs the person's consent")
    }

    @Test func nobodyGetsACaseAgainThatTheyLetGoOf() throws {
        let letGo = "the organisation has returned, handed over or refused the case; only the coordinator can give it to them again"
        var life = try offered()
        try life.act(.answerHandover(.refused(.language)), by: World.jourOne)
        #expect(try life.refusal(.offerHandover(to: World.jour, reason: .age, personAgrees: true)) == letGo)

        var handedOver = try offered()
        try handedOver.act(.answerHandover(.accepted), by: World.jourOne)
        #expect(try handedOver.refusal(.offerHandover(to: World.centre, reason: .age, personAgrees: true), by: World.jourOne) == letGo)
        // Nor do the rules give it back: it goes to people.
        try handedOver.send(.giveBack(Life.support, reason: .other), by: World.jourOne)
        #expect(try handedOver.assignment.owner == World.coordinator)
        // A person may.
        try handedOver.act(.assign(to: World.centre, reason: .reviewed), by: World.coordinatorOne)
        #expect(try handedOver.assignment.owner == World.centre && handedOver.phase == "offered")
    }

    @Test func onlyThoseWhoMayTakeItAreAsked() throws {
        var life = try Life.accepted()
        let unknown = "to: the directory has no organisation of this id that receives cases today"
        for organisation in [OrganisationID("ingen"), World.police.organisation, World.coordinator] {
            #expect(try life.refusal(.offerHandover(to: organisation, reason: .moved, personAgrees: true)) == unknown)
        }
        #expect(try life.refusal(.offerHandover(to: World.centre, reason: .moved, personAgrees: true)) == "to: has the case already")
        try life.act(.offerHandover(to: World.jour, reason: .age, personAgrees: true))
        #expect(
            try life.refusal(.offerHandover(to: World.neighbour, reason: .moved, personAgrees: true))
                == "a handover is offered; its answer comes first")
        #expect(try life.refusal(.answerHandover(.accepted)) == "only the asked organisation of the case may do this")
    }

    @Test func aMediationGoesToMunicipalMediatorsOnlyAndGoesOnThere() throws {
        var life = try Life.mediating()
        #expect(
            try life.refusal(.offerHandover(to: World.jour, reason: .moved, personAgrees: true))
                == "mediation is for municipal mediators: data about an offender go to nobody else")
        try life.act(.mediate(.confirmEligible))
        try life.act(.offerHandover(to: World.neighbour, reason: .moved, personAgrees: true))
        try life.act(.answerHandover(.accepted), by: World.neighbourOne)
        #expect(try life.phase == "eligible")
        #expect(try life.assignment.owner == World.neighbour)
        #expect(try life.refusal(.mediate(.ask(PartyID("offender-1"))), by: World.neighbourOne) == nil)
    }
}
