import Foundation
import Referral
import SeededRandom
import Testing

@Suite struct LifeCycleTests {
    private typealias World = SmallWorld
    private static let id = AssignmentID("a1")
    private static let later = World.morning + .seconds(60)
    private static let leaseEnd = World.morning + .seconds(360)
    private static let afterLease = World.morning + .seconds(361)

    /// Plays commands from a submission on.
    private func life(
        _ content: ReferralContent = World.content(), _ steps: [(ReferralCommand, Participant?, Instant)] = []
    ) throws -> ReferralState {
        let policy = try World.policy()
        var state: ReferralState?
        for (command, actor, at) in [(World.submission(content), World.police, World.morning)] + steps {
            let events = try ReferralState.decide(command, on: state, by: actor, at: at, policy: policy)
            state = ReferralState.evolve(state, events, at: at)
        }
        return try #require(state)
    }

    private static let expire = ReferralCommand.timerFired(Deadline(.lease, of: id, due: leaseEnd))
    private static let lease = (ReferralCommand.lease(id, until: leaseEnd), Participant?(World.centreOne), later)

    // MARK: Submission

    @Test(arguments: ConsentStatus.allCases)
    func onlyAYesIsRouted(consent: ConsentStatus) throws {
        let state = try life(World.content(consent: consent))
        switch consent {
        case .yes, .guardianYes:
            #expect(state.phase == .routed)
            #expect(state.assignments.map(\.owner) == [World.centre])
        case .notAsked:
            #expect(state.phase == .awaitingConsent(until: World.morning + .seconds(14 * 86_400)))
            #expect(state.assignments.isEmpty)
        case .no:
            #expect(state.phase == .refused(.consentRefused))
            #expect(state.assignments.isEmpty)
        case .withdrawn:
            #expect(state.phase == .refused(.consentWithdrawn))
            #expect(state.assignments.isEmpty)
        }
    }

    @Test func supportFollowsTheVictimAndMediationTheOffender() throws {
        let state = try life(World.content(age: 45, services: [.support, .mediation], offenderAge: 17))
        #expect(state.assignments.map(\.service) == [.support, .mediation])
        #expect(state.assignments.map(\.owner) == [World.jour, World.centre])
    }

    @Test func whatNoRuleDecidesIsTheCoordinators() throws {
        let assignment = try #require(try life(World.content(age: 9)).assignments.first)
        #expect(assignment.phase == .review(.noRule))
        #expect(assignment.owner == World.coordinator)
    }

    @Test func theSameMessageAgainChangesNothingAndOtherContentIsRefused() throws {
        let policy = try World.policy()
        let state = try life()
        let again = try ReferralState.decide(
            World.submission(World.content()), on: state, by: World.police, at: Self.later, policy: policy)
        #expect(again.isEmpty)
        #expect(throws: Rejection(.alreadyExists, "message_id: was used before with other content; a new message needs a new id")) {
            try ReferralState.decide(
                World.submission(World.content(), digest: "d2"), on: state, by: World.police, at: Self.later, policy: policy)
        }
    }

    // MARK: Every phase and command

    private enum Answer: Equatable {
        case nothing
        case events([String])
        case refused(Rejection.Code)
    }

    private enum Phase: CaseIterable {
        case review, offered, leased, offeredAgain, received, accepted
    }

    private func state(in phase: Phase) throws -> ReferralState {
        let steps: [(ReferralCommand, Participant?, Instant)] =
            switch phase {
            case .review, .offered: []
            case .leased: [Self.lease]
            case .offeredAgain: [Self.lease, (Self.expire, nil, Self.leaseEnd)]
            case .received: [Self.lease, (.acknowledge(Self.id), World.centreOne, Self.later)]
            case .accepted: [Self.lease, (.accept(Self.id), World.centreOne, Self.later)]
            }
        return try life(World.content(age: phase == .review ? 9 : 17), steps)
    }

    private func answer(_ command: ReferralCommand, in phase: Phase, by actor: Participant?) throws -> Answer {
        let state = try state(in: phase)
        let policy = try World.policy()
        do {
            let events = try ReferralState.decide(command, on: state, by: actor, at: Self.afterLease, policy: policy)
            return events.isEmpty ? .nothing : .events(events.map(Self.name))
        } catch {
            return .refused(error.code)
        }
    }

    private static func name(_ event: ReferralEvent) -> String { String("\(event)".prefix { $0 != "(" }) }

    @Test func everyPhaseAnswersEveryCommand() throws {
        let lease = ReferralCommand.lease(Self.id, until: Self.afterLease + .seconds(300))
        let acknowledge = ReferralCommand.acknowledge(Self.id)
        let accept = ReferralCommand.accept(Self.id)
        let giveBack = ReferralCommand.giveBack(Self.id, reason: .noCapacity)
        let no = Answer.refused(.failedPrecondition)
        let unknown = Answer.refused(.notFound)
        let goesOn = Answer.events(["returned", "routed", "offered"])
        // In the order of `Phase.allCases`.
        let table: [(ReferralCommand, Participant?, [Answer])] = [
            (lease, World.centreOne, [unknown, .events(["leased"]), no, .events(["leased"]), no, no]),
            (Self.expire, nil, [.nothing, .nothing, .events(["leaseExpired"]), .nothing, .nothing, .nothing]),
            (acknowledge, World.centreOne, [unknown, no, .events(["received"]), .events(["received"]), .nothing, .nothing]),
            (acknowledge, World.centreTwo, [unknown, no, no, no, .nothing, .nothing]),
            (
                accept, World.centreOne,
                [unknown, no, .events(["received", "accepted"]), .events(["received", "accepted"]), .events(["accepted"]), .nothing]
            ),
            (accept, World.centreTwo, [unknown, no, no, no, .events(["accepted"]), .nothing]),
            (giveBack, World.centreOne, [unknown, no, goesOn, goesOn, goesOn, goesOn]),
            (giveBack, World.centreTwo, [unknown, no, no, no, no, goesOn]),
        ]
        for (command, actor, answers) in table {
            for (phase, expected) in zip(Phase.allCases, answers) {
                #expect(
                    try answer(command, in: phase, by: actor) == expected,
                    "\(command) by \(actor?.description ?? "the exchange") in \(phase)")
            }
        }
        // Whoever is not its owner cannot tell a case from one that does not exist.
        for phase in Phase.allCases {
            for stranger in [World.jourOne, World.police, nil] {
                for command in [lease, acknowledge, accept, giveBack] {
                    #expect(try answer(command, in: phase, by: stranger) == unknown, "\(command) in \(phase)")
                }
            }
        }
    }

    @Test func aLeaseThatRunsIsNotEnded() throws {
        let state = try life(World.content(), [Self.lease])
        let justBefore = Instant(milliseconds: Self.leaseEnd.milliseconds - 1)
        let policy = try World.policy()
        #expect(try ReferralState.decide(Self.expire, on: state, by: nil, at: justBefore, policy: policy).isEmpty)
        #expect(
            try ReferralState.decide(Self.expire, on: state, by: nil, at: Self.leaseEnd, policy: policy) == [
                .leaseExpired(Self.id)
            ])
    }

    @Test func aLateAcknowledgementIsRefusedOnceAnotherUnitHoldsTheCase() throws {
        let taken = try life(
            World.content(),
            [
                Self.lease, (Self.expire, nil, Self.leaseEnd),
                (.lease(Self.id, until: Self.afterLease + .seconds(300)), World.centreTwo, Self.afterLease),
            ])
        #expect(throws: Rejection(.failedPrecondition, "another unit of the organisation has fetched the case")) {
            try ReferralState.decide(.acknowledge(Self.id), on: taken, by: World.centreOne, at: Self.afterLease, policy: World.policy())
        }
    }

    // MARK: Returns

    @Test func aReturnGoesToTheAlternativeAndASecondToPeople() throws {
        let returned = try life(World.content(), [Self.lease, (.giveBack(Self.id, reason: .noCapacity), World.centreOne, Self.later)])
        let first = try #require(returned.assignments.first)
        #expect(first.owner == World.jour && first.phase == .offered && first.returnedBy == [World.centre])
        #expect(first.availableAt == Self.later)

        let again = try life(
            World.content(),
            [
                Self.lease, (.giveBack(Self.id, reason: .noCapacity), World.centreOne, Self.later),
                (.lease(Self.id, until: Self.leaseEnd), World.jourOne, Self.later),
                (.giveBack(Self.id, reason: .outsideArea), World.jourOne, Self.later),
            ])
        let second = try #require(again.assignments.first)
        #expect(second.owner == World.coordinator && second.phase == .review(.returnedTwice))
        #expect(second.returnedBy == [World.centre, World.jour])
    }

    @Test func returningTwiceIsReturningOnce() throws {
        let returned = try life(World.content(), [Self.lease, (.giveBack(Self.id, reason: .noCapacity), World.centreOne, Self.later)])
        #expect(
            try ReferralState.decide(
                .giveBack(Self.id, reason: .noCapacity), on: returned, by: World.centreOne, at: Self.later, policy: World.policy()
            ).isEmpty)
    }

    @Test func whatOnlyOneCanTakeGoesToPeopleWhenItComesBack() throws {
        let state = try life(
            World.content(age: 40),
            [
                (.lease(Self.id, until: Self.leaseEnd), World.jourOne, Self.later),
                (.giveBack(Self.id, reason: .conflictOfInterest), World.jourOne, Self.later),
            ])
        let assignment = try #require(state.assignments.first)
        #expect(assignment.owner == World.coordinator)
        guard case .review = assignment.phase else { return #expect(Bool(false), "\(assignment.phase)") }
    }

    // MARK: Invariants

    /// Random commands by random actors: exactly one known owner at every instant, nobody gets a case twice, time in a phase never
    /// runs backwards, and folding the whole log gives the state that was folded step by step.
    @Test(arguments: UInt64(0)..<200)
    func randomLivesKeepTheInvariants(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let policy = try World.policy()
        let age = [9, 10, 17, 21, 22, 45].randomElement(using: &random) ?? 17
        let services: [Service] = Bool.random(using: &random) ? [.support] : [.support, .mediation]
        var now = World.morning
        var state: ReferralState?
        var log: [([ReferralEvent], Instant)] = []
        func perform(_ command: ReferralCommand, by actor: Participant?) {
            guard let events = try? ReferralState.decide(command, on: state, by: actor, at: now, policy: policy), !events.isEmpty else {
                return
            }
            log.append((events, now))
            let before = state?.version ?? 0
            state = ReferralState.evolve(state, events, at: now)
            #expect(state?.version == before + events.count)
        }
        perform(World.submission(World.content(age: age, services: services)), by: World.police)
        for _ in 0..<60 {
            now = now + .seconds(Int.random(in: 0...400, using: &random))
            let id = AssignmentID(["a1", "a2"].randomElement(using: &random) ?? "a1")
            let lease: Lease? = if case .leased(let lease)? = state?.assignment(id)?.phase { lease } else { nil }
            let command: ReferralCommand =
                switch Int.random(in: 0..<5, using: &random) {
                case 0: .lease(id, until: now + .seconds(300))
                case 1: .timerFired(Deadline(.lease, of: id, due: lease?.until ?? now))
                case 2: .acknowledge(id)
                case 3: .accept(id)
                default: .giveBack(id, reason: .other)
                }
            perform(command, by: [World.centreOne, World.centreTwo, World.jourOne, World.police, nil].randomElement(using: &random) ?? nil)
            let current = try #require(state)
            #expect(current.assignments.count == services.count)
            for assignment in current.assignments {
                #expect([World.centre, World.jour, World.coordinator].contains(assignment.owner))
                #expect(Set(assignment.returnedBy).count == assignment.returnedBy.count)
                #expect(!assignment.returnedBy.contains(assignment.owner))
                #expect(assignment.since >= assignment.availableAt && assignment.since <= now)
                if case .review = assignment.phase {
                    #expect(assignment.owner == World.coordinator)
                } else {
                    #expect(assignment.owner != World.coordinator)
                }
                if case .leased(let lease) = assignment.phase { #expect(lease.holder.organisation == assignment.owner) }
            }
        }
        let folded = log.reduce(ReferralState?.none) { ReferralState.evolve($0, $1.0, at: $1.1) }
        #expect(folded == state)
    }

    @Test func aLogThatDoesNotBeginWithASubmissionIsDamaged() throws {
        #expect(ReferralState.evolve(nil, [.accepted(Self.id, by: World.centreOne)], at: World.morning) == nil)
        let state = try life()
        let submitted = ReferralEvent.Submitted(
            referral: state.id, sender: state.sender, message: state.message, digest: state.digest, facts: state.facts)
        #expect(ReferralState.evolve(state, [.submitted(submitted)], at: Self.later) == nil)
    }

    @Test func theLogHoldsNoIdentity() throws {
        var content = World.content(services: [.support, .mediation])
        let secrets = ["Hemlig", "191212121212", "hemlig@example.org", "Gatan 1", "Fritext", "0375", "5000-K1-26"]
        content.person.name = secrets[0]
        content.person.personalNumber = secrets[1]
        content.contacts = [Contact(phone: "+46701740605", email: secrets[2], postalAddress: secrets[3], holder: .person)]
        content.freeText = secrets[4]
        content.event.crimeCode = secrets[5]
        content.event.policeReference = secrets[6]
        content.mediation?.offenders[0].name = secrets[0]
        let events = try ReferralState.decide(
            World.submission(content), on: nil, by: World.police, at: World.morning, policy: World.policy())
        let text = String(decoding: try JSONEncoder().encode(events), as: UTF8.self)
        for secret in secrets + ["+46701740605"] { #expect(!text.contains(secret)) }
        #expect(try JSONDecoder().decode([ReferralEvent].self, from: Data(text.utf8)) == events)
    }
}
