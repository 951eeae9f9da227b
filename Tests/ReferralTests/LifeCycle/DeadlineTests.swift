import Referral
import Testing

@Suite struct DeadlineTests {
    private typealias World = SmallWorld

    private func due(_ life: Life) -> [Deadline.Kind: Instant] {
        Dictionary(life.state.deadlines(life.policy).map { ($0.kind, $0.due) }) { first, _ in first }
    }

    @Test func aSupportCentreIsWarnedAfter48HoursAndLateAfter72() throws {
        var life = try Life.accepted()
        let arrived = life.now
        #expect(
            due(life) == [
                .contactWarning: arrived + .seconds(48 * 3_600), .contact: arrived + .seconds(72 * 3_600),
                .meeting: try Life.moment("2026-03-12 08:00"),
            ])
        life.now = arrived + .seconds(48 * 3_600)
        #expect(try life.fire() == [.warned(Life.support, .contactWarning, due: life.now)])
        #expect(try life.fire().isEmpty, "it is told once")
        life.now = arrived + .seconds(80 * 3_600)
        #expect(try life.fire() == [.overdue(Life.support, .contact, due: arrived + .seconds(72 * 3_600))])
        #expect(try life.assignment.progress.alarms == [.contactWarning, .contact])
        #expect(try life.phase == "accepted", "a clock closes nothing")
        try life.reach()
        #expect(try life.assignment.progress.alarms.isEmpty)
        #expect(Set(due(life).keys) == [.meeting])
        try life.act(.recordMeeting(Meeting(.declined, form: .inPerson, at: life.now)))
        #expect(due(life).isEmpty)
    }

    @Test func aBrottsofferjourHasThreeDays() throws {
        let life = try Life.accepted(World.content(age: 40), by: World.jourOne)
        #expect(due(life) == [.contact: try Life.moment("2026-03-05 08:00")])
    }

    @Test func theClocksRunFromWhenTheCaseCouldBeFetched() throws {
        var life = try Life()
        let arrived = life.now
        life.pass(.seconds(20 * 3_600))
        try life.take()
        #expect(due(life)[.contact] == arrived + .seconds(72 * 3_600))
    }

    @Test func whatNobodyTakesIsToldAndThenDecidedByPeople() throws {
        var life = try Life()
        let arrived = life.now
        life.now = arrived + .seconds(24 * 3_600)
        #expect(try life.fire() == [.warned(Life.support, .untaken, due: life.now)])
        // Whoever has fetched it may still say that it arrived.
        life.now = arrived + .seconds(48 * 3_600 - 1)
        try life.send(.lease(Life.support, until: life.now + .seconds(300)), by: World.centreOne)
        life.pass(.seconds(10))
        var acknowledged = life
        #expect(!(try life.fire()).contains { if case .review = $0 { true } else { false } })
        life.pass(.seconds(300))
        #expect(
            try life.fire().suffix(2) == [
                .overdue(Life.support, .untakenReview, due: arrived + .seconds(48 * 3_600)),
                .review(Life.support, reason: .untaken, owner: World.coordinator),
            ])
        #expect(try life.assignment.owner == World.coordinator)
        try acknowledged.send(.accept(Life.support), by: World.centreOne)
        #expect(try acknowledged.assignment.progress.alarms.contains(.untaken) == false)
        #expect(due(acknowledged)[.untakenReview] == nil)
    }

    @Test func reviewTakesFourWorkingHours() throws {
        var life = try Life(World.content(age: 9))
        #expect(due(life) == [.review: try Life.moment("2026-03-02 12:00")])
        life.pass(.seconds(4 * 3_600))
        #expect(try life.fire() == [.overdue(Life.support, .review, due: life.now)])
        try life.act(.assign(to: World.jour, reason: .reviewed), by: World.coordinatorOne)
        #expect(try life.assignment.progress.alarms.isEmpty)
    }

    @Test func clocksStandStillOnHold() throws {
        var life = try Life.accepted()
        let before = due(life)
        life.pass(.seconds(3_600))
        let day = try #require(CivilDate("2026-03-16"))
        try life.act(.hold(.personAway, until: day))
        #expect(due(life) == [.resume: try Life.moment("2026-03-16 08:00")])
        life.now = try Life.moment("2026-03-16 08:00")
        #expect(try life.fire() == [.resumed(Life.support)], "nothing is overdue of the time on hold")
        let pause = life.now - (World.morning + .seconds(3_600))
        #expect(due(life) == before.mapValues { $0 + pause })
    }

    @Test func aTimerThatIsTooEarlyTooLateOrWrongDoesNothing() throws {
        var life = try Life.accepted()
        let contact = try #require(life.state.deadlines(life.policy).first { $0.kind == .contact })
        #expect(try life.decide(.timerFired(contact), by: nil).isEmpty)
        life.now = contact.due
        #expect(try life.decide(.timerFired(Deadline(.contact, of: Life.support, due: contact.due + .seconds(-1))), by: nil).isEmpty)
        #expect(try life.decide(.timerFired(Deadline(.contact, of: Life.mediation, due: contact.due)), by: nil).isEmpty)
        #expect(try !life.decide(.timerFired(contact), by: nil).isEmpty)
        try life.reach()
        #expect(try life.decide(.timerFired(contact), by: nil).isEmpty)
        #expect(throws: Rejection(.notPermitted, "only the exchange's own clock may do this")) {
            try life.decide(.timerFired(contact), by: World.centreOne)
        }
        #expect(try ReferralState.decide(.timerFired(contact), on: nil, by: nil, at: life.now, policy: life.policy).isEmpty)
    }

    @Test func clocksAreThoseOfTheAgreementOfTheDay() throws {
        let today = try #require(CivilDate("2026-03-02"))
        let life = try Life(
            policy: World.policy(agreements: [
                OrganisationAgreement(
                    period: DatePeriod(first: today, last: today), firstContactWithin: .hours(4), untakenWarning: .hours(1))
            ]))
        #expect(
            due(life) == [
                .untaken: World.morning + .seconds(3_600), .untakenReview: World.morning + .seconds(25 * 3_600),
                .contact: World.morning + .seconds(4 * 3_600), .meeting: World.morning + .seconds(10 * 86_400),
            ])
        // A case of the day after has what is usual for a support centre.
        let next = try Life(policy: life.policy, at: World.morning + .seconds(86_400))
        #expect(due(next)[.contact] == next.now + .seconds(72 * 3_600))
        #expect(due(next)[.contactWarning] == next.now + .seconds(48 * 3_600))
    }

    @Test func mediationHasNoContactClock() throws {
        #expect(due(try Life.mediating()).isEmpty)
    }
}
