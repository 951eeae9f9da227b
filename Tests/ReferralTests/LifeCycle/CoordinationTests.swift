import Referral
import Testing

@Suite struct CoordinationTests {
    private typealias World = SmallWorld

    // MARK: Recall

    @Test func beforeItIsAcceptedARecallEndsTheCase() throws {
        var life = try Life(World.content(services: [.support, .mediation]))
        try life.take()
        #expect(
            try life.act(.recall(.duplicate)) == [.recall(Life.support, .requested(.duplicate)), .ended(Life.mediation, .recalled)],
            "of what has been accepted the owner decides")
        // Asked once is enough.
        #expect(try life.act(.recall(.otherHelp)).isEmpty)
        try life.act(.answerRecall(.refused(.supportUnderWay)))
        #expect(try life.assignment.recallRequest == nil)
        #expect(try life.refusal(.answerRecall(.granted)) == "the sender has not asked for the case back")
        try life.act(.recall(.eventDidNotHappen))
        try life.act(.answerRecall(.granted))
        #expect(try life.phase == "recalled")
        #expect(throws: Rejection(.failedPrecondition, "the referral is closed")) { try life.act(.recall(.duplicate)) }
    }

    @Test func whatTheSenderWantsBackGoesToNobodyElse() throws {
        var life = try Life.accepted()
        try life.act(.recall(.duplicate))
        #expect(
            try life.send(.giveBack(Life.support, reason: .noCapacity), by: World.centreOne)
                == [.returned(Life.support, by: World.centreOne, reason: .noCapacity), .ended(Life.support, .recalled)])
    }

    @Test func aRecallStandsAfterAHandover() throws {
        var life = try Life.accepted()
        try life.act(.recall(.duplicate))
        try life.act(.offerHandover(to: World.jour, reason: .age, personAgrees: true))
        try life.act(.answerHandover(.accepted), by: World.jourOne)
        try life.act(.answerRecall(.granted), by: World.jourOne)
        #expect(try life.phase == "recalled")
    }

    @Test func aRecallOfWhatWaitsForConsentErasesIt() throws {
        var life = try Life(World.content(consent: .notAsked))
        #expect(try life.act(.recall(.duplicate)) == [.closed(.recalled), .erased(Erasure(.content, .recalled))])
    }

    // MARK: Coordinator

    @Test func aPersonGivesACaseUnderReviewToAnOrganisation() throws {
        var life = try Life(World.content(age: 9))
        #expect(try life.phase == "review")
        life.pass(.seconds(60))
        let events = try life.act(.assign(to: World.jour, reason: .reviewed), by: World.coordinatorOne)
        #expect(events == [.assigned(Life.support, reason: .reviewed), .offered(Life.support, to: World.jour)])
        #expect(try life.assignment.availableAt == life.now)
        try life.take(by: World.jourOne)
        #expect(
            try life.refusal(.assign(to: World.centre, reason: .competence), by: World.coordinatorOne)
                == "an organisation has accepted the case and hands it over itself, unless it is unavailable")
        #expect(try life.refusal(.assign(to: World.centre, reason: .ownerUnavailable), by: World.coordinatorOne) == nil)
        #expect(try life.assignment.owner == World.centre && life.phase == "offered")
    }

    @Test func mediationIsNotAssignedToAPrivateBody() throws {
        var life = try Life(World.content(services: [.mediation]))
        #expect(
            try life.refusal(.assign(to: World.jour, reason: .reviewed), by: World.coordinatorOne)
                == "mediation is for municipal mediators: data about an offender go to nobody else")
    }

    @Test func reroutingAsksTheRulesOfToday() throws {
        var life = try Life(World.content(age: 20))
        #expect(try life.refusal(.reroute, by: World.coordinatorOne) == "by the rules of today the case is where it is")
        life.policy = try World.policy(youngUntil: 18)
        #expect(try life.refusal(.reroute, by: World.coordinatorOne) == nil)
        #expect(try life.assignment.owner == World.jour)
        var review = try Life(World.content(age: 9))
        #expect(try review.refusal(.reroute, by: World.coordinatorOne) == "by the rules of today people decide: no-rule")
    }

    @Test func redrivingHandsTheCaseOutAnew() throws {
        var life = try Life()
        let arrived = try life.assignment.availableAt
        try life.send(.lease(Life.support, until: life.now + .seconds(300)), by: World.centreOne)
        life.pass(.seconds(10))
        try life.act(.redrive, by: World.coordinatorOne)
        #expect(try life.phase == "offered" && life.assignment.owner == World.centre)
        #expect(try life.assignment.availableAt == arrived, "the clocks go on")
        try life.take(by: World.centreTwo)
        #expect(try life.refusal(.redrive, by: World.coordinatorOne) == "an organisation has accepted the case")
    }

    // MARK: Commands that are repeated or late

    @Test func theSameCommandIsDoneOnce() throws {
        var life = try Life.accepted()
        let request = CaseRequest(
            id: CommandID("c"), .assignment(Life.support, .recordContact(ContactMade(channel: .call, at: life.now))))
        try life.send(.perform(request), by: World.centreOne)
        let (state, version) = (life.state, life.state.version)
        life.pass(.seconds(60))
        #expect(try life.send(.perform(request), by: World.centreOne).isEmpty)
        #expect(life.state == state)
        #expect(state.performed(CommandID("c"), by: World.centreOne)?.version == version)
        // The answer is the first one, whatever has happened since: the fold of the log up to that version.
        try life.act(.decline)
        let performed = try #require(life.state.performed(CommandID("c"), by: World.centreOne))
        var first: ReferralState?
        for entry in life.log where (first?.version ?? 0) < performed.version {
            first = ReferralState.evolve(first, entry.events, at: entry.at)
        }
        #expect(first == state)
        // Another command under the same id is refused, also when this one would be, too; another participant's ids are its own.
        let other = CaseRequest(id: CommandID("c"), .assignment(Life.support, .resume))
        #expect(
            throws: Rejection(.alreadyExists, "command_id: was used before for another command; a new command needs a new id")
        ) { try life.decide(.perform(other), by: World.centreOne) }
        #expect(throws: Rejection(.failedPrecondition, "the case is closed: declined")) {
            try life.decide(.perform(other), by: World.centreTwo)
        }
    }

    @Test func whoHasHandedOverStillGetsTheFirstAnswer() throws {
        var life = try Life.accepted()
        let offer = CaseRequest(
            id: CommandID("o"), .assignment(Life.support, .offerHandover(to: World.jour, reason: .age, personAgrees: true)))
        try life.send(.perform(offer), by: World.centreOne)
        try life.act(.answerHandover(.accepted), by: World.jourOne)
        #expect(try life.decide(.perform(offer), by: World.centreOne).isEmpty)
    }

    @Test func whoHasNotSeenTheLatestIsToldTheVersion() throws {
        var life = try Life(World.content(services: [.support, .mediation]))
        try life.take()
        let seen = try life.assignment.version
        // What happens to the other service of the same person is nobody's conflict.
        try life.take(Life.mediation)
        #expect(try life.assignment.version == seen)
        let call = AssignmentCommand.recordAttempt(Attempt(channel: .call, at: life.now, result: .noAnswer))
        try life.send(.perform(CaseRequest(id: CommandID("1"), expecting: seen, .assignment(Life.support, call))), by: World.centreOne)
        let now = try life.assignment.version
        #expect(now > seen)
        #expect(throws: Rejection(.conflict, "the case has changed: its version is \(now), not \(seen); look at it again")) {
            try life.decide(
                .perform(CaseRequest(id: CommandID("2"), expecting: seen, .assignment(Life.support, call))), by: World.centreTwo)
        }
        // The sender's version tells nothing of the work.
        let version = life.state.changes
        #expect(version < life.state.version)
        #expect(throws: Rejection(.conflict, "the case has changed: its version is \(version), not 1; look at it again")) {
            try life.decide(.perform(CaseRequest(id: CommandID("3"), expecting: 1, .referral(.recall(.duplicate)))), by: World.police)
        }
    }
}
