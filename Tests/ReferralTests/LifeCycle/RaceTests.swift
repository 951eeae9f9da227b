import Referral
import Testing

/// Two who act at the same time: whichever comes first, the outcome is defined.
@Suite struct RaceTests {
    private typealias World = SmallWorld

    private func leased() throws -> Life {
        var life = try Life()
        try life.send(.lease(Life.support, until: life.now + .seconds(300)), by: World.centreOne)
        return life
    }

    @Test func withdrawAgainstAcknowledge() throws {
        var first = try leased()
        try first.act(.withdraw(.everything))
        // The recipient learns why, so that it forgets what it has fetched.
        for command: ReferralCommand in [.acknowledge(Life.support), .accept(Life.support), .giveBack(Life.support, reason: .other)] {
            #expect(throws: Rejection(.failedPrecondition, "the case is closed: withdrawn")) {
                try first.decide(command, by: World.centreOne)
            }
        }
        var second = try leased()
        try second.send(.acknowledge(Life.support), by: World.centreOne)
        try second.act(.withdraw(.everything))
        for life in [first, second] {
            #expect(try life.phase == "withdrawn")
            #expect(life.state.erasedAt == life.now)
        }
    }

    @Test func recallAgainstAccept() throws {
        var first = try leased()
        try first.act(.recall(.duplicate))
        #expect(try first.phase == "recalled")
        #expect(throws: Rejection(.failedPrecondition, "the case is closed: recalled")) {
            try first.decide(.accept(Life.support), by: World.centreOne)
        }
        var second = try leased()
        try second.send(.accept(Life.support), by: World.centreOne)
        try second.act(.recall(.duplicate))
        #expect(try second.phase == "accepted")
        #expect(try second.assignment.recallRequest == .duplicate)
        try second.act(.answerRecall(.refused(.personWantsSupport)))
        #expect(try second.phase == "accepted")
    }

    @Test func leaseExpiryAgainstALateAcknowledgement() throws {
        var life = try leased()
        life.pass(.seconds(300))
        // The clock has not looked yet.
        var early = life
        try early.send(.acknowledge(Life.support), by: World.centreOne)
        #expect(try early.phase == "received")
        #expect(try early.send(.timerFired(Deadline(.lease, of: Life.support, due: early.now)), by: nil).isEmpty)
        // It has, and nobody else holds the case.
        try life.fire()
        #expect(try life.phase == "offered")
        var late = life
        try late.send(.acknowledge(Life.support), by: World.centreOne)
        #expect(try late.phase == "received")
        // Somebody else holds it.
        try life.send(.lease(Life.support, until: life.now + .seconds(300)), by: World.centreTwo)
        #expect(throws: Rejection(.failedPrecondition, "another unit of the organisation has fetched the case")) {
            try life.decide(.acknowledge(Life.support), by: World.centreOne)
        }
        try life.send(.acknowledge(Life.support), by: World.centreTwo)
        #expect(try life.phase == "received")
    }

    @Test func duplicateSubmitAfterErasure() throws {
        var life = try Life.accepted()
        try life.act(.withdraw(.everything))
        let before = life.state
        life.pass(.seconds(365 * 86_400))
        #expect(try life.send(World.submission(World.content()), by: World.police).isEmpty)
        #expect(life.state == before, "no new case")
        #expect(throws: Rejection(.alreadyExists, "message_id: was used before with other content; a new message needs a new id")) {
            try life.decide(World.submission(World.content(), digest: "d2"), by: World.police)
        }
    }

    @Test func newRulesWithOpenCases() throws {
        var life = try Life.accepted(World.content(age: 20))
        var waiting = try Life(World.content(age: 20))
        for index in 0..<2 {
            let policy = try World.policy(youngUntil: 18)
            if index == 0 { life.policy = policy } else { waiting.policy = policy }
        }
        // They stay where they are; new cases go by the new rules.
        try life.reach()
        #expect(try life.assignment.owner == World.centre)
        try waiting.take()
        #expect(try waiting.assignment.owner == World.centre)
        #expect(try Life(World.content(age: 20), policy: World.policy(youngUntil: 18)).assignment.owner == World.jour)
    }

    @Test func theHourThatNeverComes() throws {
        // Summer time begins on Sunday 2026-03-29 at 2:00.
        var life = try Life()
        try life.wait(until: "2026-03-28 18:30")
        life = try Life(policy: life.policy, at: life.now)
        try life.take()
        try life.act(.offerHandover(to: World.neighbour, reason: .moved, personAgrees: true))
        guard case .handoverOffered(let offer) = try life.assignment.phase else { return #expect(Bool(false)) }
        // Two days later by the clock on the wall, 47 hours.
        #expect(offer.until - life.now == .seconds(47 * 3_600))
        // 17:00 in summer time is the evening, an hour earlier in UTC than the day before.
        for (time, isEvening) in [
            ("2026-03-29 16:59", false), ("2026-03-29 17:00", true), ("2026-03-29 20:59", true), ("2026-03-29 21:00", false),
        ] {
            #expect(try LocalHours.evening.contains(Life.moment(time)) == isEvening)
        }
        // A lease of five minutes from 1:58 ends at 3:03.
        let lease = try Life.moment("2026-03-29 01:58") + .seconds(300)
        #expect(LocalTime(inStockholmAt: lease).description == "2026-03-29 03:03")
    }

    @Test func theHourThatComesTwice() throws {
        // Summer time ends on Sunday 2026-10-25 at 3:00.
        let arrived = try Life.moment("2026-10-24 18:30")
        var life = try Life(policy: World.policy(), at: arrived)
        try life.take()
        let due = Dictionary(uniqueKeysWithValues: life.state.deadlines(life.policy).map { ($0.kind, $0.due) })
        #expect(due[.contact] == arrived + .seconds(72 * 3_600), "hours are hours")
        #expect(due[.meeting] == (try Life.moment("2026-11-03 18:30")), "days keep the time of day")
        // In the hour that comes twice the order of things is that of the moments: nothing fires twice, nothing before its time.
        let lease = try Life.moment("2026-10-25 02:50") + .seconds(1_800)
        #expect(LocalTime(inStockholmAt: lease).description == "2026-10-25 02:20")
        var waiting = try Life(policy: World.policy(), at: Life.moment("2026-10-25 02:50"))
        try waiting.send(.lease(Life.support, until: lease), by: World.centreOne)
        #expect(try waiting.fire().isEmpty)
        waiting.now = lease
        #expect(try waiting.fire() == [.leaseExpired(Life.support)])
        #expect(try waiting.fire().isEmpty)
    }
}
