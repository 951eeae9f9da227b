import Referral
import Testing

@Suite struct ConsentTests {
    private typealias World = SmallWorld

    private func parked(services: [Service] = [.support]) throws -> Life {
        try Life(World.content(consent: .notAsked, services: services))
    }

    @Test func aYesRoutesWhatItCovers() throws {
        var life = try parked(services: [.support, .mediation])
        life.pass(.seconds(86_400))
        let yes = Consent(status: .yes, coversMediation: true)
        #expect(throws: Rejection(.invalid, "assignments: one unused id per service is needed")) {
            try life.act(.answerConsent(yes, assignments: []))
        }
        try life.act(.answerConsent(yes, assignments: [AssignmentID("b")]))
        #expect(life.state.assignments.map(\.service) == [.mediation])
        #expect(life.state.assignments.map(\.owner) == [World.centre])
        #expect(life.state.facts.consent == yes)
        #expect(throws: Rejection(.failedPrecondition, "the referral does not wait for the person's answer")) {
            try life.act(.answerConsent(yes, assignments: [AssignmentID("b")]))
        }
    }

    @Test func aNoErases() throws {
        var life = try parked()
        try life.act(.answerConsent(Consent(status: .no), assignments: []))
        #expect(life.state.phase == .refused(.consentRefused))
        #expect(life.state.erasedAt == life.now)
    }

    @Test func withoutAnAnswerItIsErasedAfterFourteenDays() throws {
        var life = try parked()
        life.pass(.seconds(14 * 86_400 - 1))
        #expect(try life.fire().isEmpty)
        life.pass(.seconds(1))
        #expect(try life.fire() == [.closed(.consentExpired), .erased(Erasure(.content, .consentExpired))])
        #expect(try life.fire().isEmpty)
    }

    @Test func aWithdrawalWinsInEveryState() throws {
        for (name, life) in try TransitionTable.representatives() {
            for actor in [World.police, World.coordinatorOne] {
                var life = life
                let ended = life.state.assignments.filter { !$0.isOpen }
                let kept = life.state.erasedAt == nil && life.state.phase.name != "refused"
                let events = try life.act(.withdraw(.everything), by: actor)
                #expect(life.state.assignments.allSatisfy { !$0.isOpen }, "\(name)")
                for assignment in life.state.assignments where !ended.contains(where: { $0.id == assignment.id }) {
                    #expect(assignment.phase == .ended(.withdrawn), "\(name)")
                }
                // What had ended before stays as it ended.
                for assignment in ended { #expect(life.state.assignment(assignment.id)?.phase == assignment.phase) }
                #expect(events.contains(.erased(Erasure(.content, .consentWithdrawn))) == kept, "\(name)")
                #expect(try life.act(.withdraw(.everything), by: actor).isEmpty, "\(name)")
            }
        }
    }

    @Test func anyoneMayBringTheWithdrawalWhateverTheyHaveSeen() throws {
        for actor in [World.centreOne, World.centreTwo, World.coordinatorOne] {
            var life = try Life.accepted()
            try life.send(
                .perform(CaseRequest(id: CommandID("w"), expecting: 0, .assignment(Life.support, .withdraw(.everything)))), by: actor)
            #expect(try life.phase == "withdrawn")
        }
        var life = try Life.accepted()
        #expect(try life.refusal(.withdraw(.everything), by: World.jourOne) == "no assignment with this id is yours")
    }

    @Test func withdrawingMediationLeavesTheSupportAlone() throws {
        var life = try Life(World.content(services: [.support, .mediation]))
        try life.take()
        try life.take(Life.mediation)
        let support = try life.assignment
        try life.act(.withdraw(.service(.mediation)))
        #expect(try life.assignment == support)
        #expect(life.state.assignment(Life.mediation)?.phase == .ended(.withdrawn))
        #expect(life.state.facts.consent.covers(.support) && !life.state.facts.consent.covers(.mediation))
        #expect(life.state.erasedAt == nil)
    }

    @Test func anErrorIsErasedAndItsTombstoneStays() throws {
        for actor in [World.police, World.coordinatorOne] {
            var life = try Life.accepted()
            try life.act(.enterInError(.wrongPerson), by: actor)
            #expect(try life.phase == "entered in error")
            #expect(life.state.phase == .closed(.enteredInError))
            #expect(life.state.erasedAt == life.now)
            #expect(throws: Rejection(.failedPrecondition, "the referral is closed")) { try life.act(.enterInError(.duplicate), by: actor) }
        }
    }

    @Test func contactDataAreAmendedWhileSomebodyNeedsThem() throws {
        var life = try Life.accepted()
        let digest = ContentDigest(hexadecimal: "d2")
        #expect(try life.act(.amend(digest)) == [.amended(digest)])
        try life.act(.decline)
        #expect(throws: Rejection(.failedPrecondition, "the referral is closed")) { try life.act(.amend(digest)) }
        #expect(throws: Rejection(.notFound, "no referral with this id is yours")) { try life.act(.amend(digest), by: World.jourOne) }
        #expect(throws: Rejection(.notPermitted, "only the sender of the case may do this")) {
            try life.act(.amend(digest), by: World.coordinatorOne)
        }
    }

    @Test func contentIsErasedWhenTheGracePeriodHasPassed() throws {
        var life = try Life.accepted()
        try life.reach()
        try life.act(.complete(.informed))
        // Summer time begins between: the ninetieth day ends an hour early.
        life.pass(.seconds(90 * 86_400 - 3_600 - 1))
        #expect(try life.fire().isEmpty)
        life.pass(.seconds(1))
        #expect(try life.fire() == [.erased(Erasure(.content, .noLongerNeeded))])
        #expect(try life.fire().isEmpty)
        #expect(try life.phase == "completed")
    }
}
