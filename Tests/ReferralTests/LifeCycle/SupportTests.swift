import Referral
import Testing

@Suite struct SupportTests {
    private typealias World = SmallWorld

    @Test func aSupportFromTheFirstCallToItsEnd() throws {
        var life = try Life.accepted()
        #expect(try life.assignment.progress.acceptedAt == life.now)
        life.pass(.seconds(3_600))
        try life.call()
        #expect(try life.phase == "contacting")
        life.pass(.seconds(3_600))
        try life.act(.recordContact(ContactMade(channel: .sms, at: life.now)))
        #expect(try life.phase == "contacted")
        #expect(try life.assignment.progress.contactedAt == life.now)
        try life.act(.recordMeeting(Meeting(.offered, form: .inPerson, at: life.now)))
        #expect(try life.phase == "contacted")
        life.pass(.seconds(86_400))
        try life.act(.recordMeeting(Meeting(.held, form: .inPerson, at: life.now)))
        #expect(try life.phase == "in support")
        try life.act(.recordService(ServiceGiven(.accompaniment, minutes: 180, municipality: "0180")))
        #expect(
            try life.act(.complete(.supported)) == [.ended(Life.support, .completed(.supported))],
            "the content is kept for the grace period")
        #expect(try life.phase == "completed")
        #expect(try life.assignment.owner == World.centre)
        #expect(life.state.erasedAt == nil)
    }

    @Test func unreachableNeedsThreeCallsWithOneInTheEvening() throws {
        var life = try Life.accepted()
        #expect(
            try life.refusal(.closeUnreachable)
                == "needs three call attempts with one between 17 and 21; recorded: 0, none in the evening")
        for time in ["2026-03-02 12:00", "2026-03-02 16:59"] {
            try life.wait(until: time)
            try life.call()
        }
        // Neither a message nor a visit is a call.
        try life.act(.recordAttempt(Attempt(channel: .sms, at: life.now, result: .noAnswer)))
        #expect(
            try life.refusal(.closeUnreachable)
                == "needs three call attempts with one between 17 and 21; recorded: 2, none in the evening")
        try life.wait(until: "2026-03-03 21:00")
        try life.call()
        #expect(
            try life.refusal(.closeUnreachable)
                == "needs three call attempts with one between 17 and 21; recorded: 3, none in the evening")
        try life.wait(until: "2026-03-04 20:59")
        try life.call()
        #expect(try life.refusal(.closeUnreachable) == nil)
        #expect(try life.phase == "unreachable")
    }

    @Test func oneEveningCallIsNotEnough() throws {
        var life = try Life.accepted()
        try life.wait(until: "2026-03-02 17:00")
        try life.call()
        #expect(
            try life.refusal(.closeUnreachable)
                == "needs three call attempts with one between 17 and 21; recorded: 1, 1 in the evening")
        try life.call()
        try life.call()
        #expect(try life.refusal(.closeUnreachable) == nil)
    }

    @Test func anOrganisationMayHavePromisedMoreAttempts() throws {
        var life = try Life.accepted()
        for (promised, rule) in [
            (OrganisationAgreement(callAttempts: 5, eveningAttempts: 2), "five call attempts with two between 17 and 21"),
            (OrganisationAgreement(callAttempts: 1), "one call attempt with one between 17 and 21"),
            (OrganisationAgreement(callAttempts: 12), "12 call attempts with one between 17 and 21"),
        ] {
            life.policy = try World.policy(agreements: [promised])
            #expect(try life.refusal(.closeUnreachable) == "needs \(rule); recorded: 0, none in the evening")
        }
    }

    @Test func whatIsRecordedHappenedWhileTheOrganisationHadTheCase() throws {
        var life = try Life.accepted()
        let later = life.now + .seconds(1)
        let before = Instant(milliseconds: life.now.milliseconds - 1)
        #expect(try life.refusal(.recordContact(ContactMade(channel: .call, at: later))) == "at: lies in the future")
        #expect(
            try life.refusal(.recordAttempt(Attempt(channel: .call, at: before, result: .notNow)))
                == "at: lies before the organisation got the case")
    }

    @Test func servicesCountMinutesInAMunicipality() throws {
        var life = try Life.accepted()
        try life.reach()
        for minutes in [0, 1_441, -5] {
            #expect(
                try life.refusal(.recordService(ServiceGiven(.conversation, minutes: minutes, municipality: "0180")))
                    == "minutes: must be from 1 to 1440")
        }
        for municipality in ["", "180", "01800", "018a", "١٢"] {
            #expect(
                try life.refusal(.recordService(ServiceGiven(.conversation, minutes: 5, municipality: municipality)))
                    == "municipality: must be four digits")
        }
    }

    @Test func aNoIsTakenAtOnceAndErases() throws {
        var life = try Life.accepted()
        #expect(try life.act(.decline) == [.ended(Life.support, .declined), .erased(Erasure(.content, .declined))])
        #expect(life.state.erasedAt == life.now)
        #expect(try life.refusal(.recordContact(ContactMade(channel: .call, at: life.now))) == "the case is closed: declined")
    }

    @Test func contentThatTheMediationNeedsStaysWhenSupportIsDeclined() throws {
        var life = try Life(World.content(services: [.support, .mediation]))
        try life.take()
        try life.take(Life.mediation)
        let untouched = life.state.assignment(Life.mediation)
        #expect(try life.act(.decline) == [.ended(Life.support, .declined), .erased(Erasure(.assignment(Life.support), .declined))])
        #expect(life.state.erasedAt == nil)
        #expect(life.state.assignment(Life.mediation) == untouched)
        // The last who needed it erases the rest.
        let events = try life.act(.withdraw(.service(.mediation)), on: Life.mediation)
        #expect(events.last == .erased(Erasure(.content, .consentWithdrawn)))
    }

    // MARK: On hold

    @Test func aCaseOnHoldGoesOnWhereItWas() throws {
        var life = try Life.accepted()
        try life.reach()
        let day = CivilDate(inStockholmAt: life.now)
        #expect(try life.refusal(.hold(.illness, until: day)) == "until: must be a day after today")
        #expect(try life.refusal(.hold(.illness, until: day.adding(days: 367))) == "until: must lie within 366 days")
        try life.act(.hold(.trial, until: day.adding(days: 30)))
        #expect(try life.phase == "on hold")
        #expect(try life.refusal(.recordContact(ContactMade(channel: .call, at: life.now))) == "the case is on hold; resume it first")
        #expect(try life.refusal(.complete(.supported)) == "the case is on hold; resume it first")
        life.pass(.seconds(86_400))
        try life.act(.resume)
        #expect(try life.phase == "contacted")
        #expect(try life.assignment.progress.paused == .seconds(86_400))
        #expect(try life.refusal(.resume) == "the case is not on hold")
    }

    @Test func thePersonsNoIsTakenOnHoldToo() throws {
        var life = try Life.accepted()
        try life.act(.hold(.personAway, until: CivilDate(inStockholmAt: life.now).adding(days: 3)))
        try life.act(.decline)
        #expect(try life.phase == "declined")
    }

    // MARK: Given back

    @Test func whoHasReachedThePersonHandsOver() throws {
        var life = try Life.accepted()
        try life.call()
        var early = life
        try early.send(.giveBack(Life.support, reason: .noCapacity), by: World.centreOne)
        #expect(try early.assignment.owner == World.jour)
        #expect(try early.assignment.progress.acceptedAt == nil && early.assignment.progress.attempts.isEmpty)
        try life.reach()
        #expect(throws: Rejection(.failedPrecondition, "the person has been reached: hand the case over instead, with their consent")) {
            try life.decide(.giveBack(Life.support, reason: .noCapacity), by: World.centreOne)
        }
    }
}
