import Foundation
import Referral
import SeededRandom
import Testing

@Suite struct RandomLivesTests {
    private typealias World = SmallWorld

    /// Random commands by random actors at random times, with the clock looking now and then.
    @Test(arguments: UInt64(0)..<150) func whateverHappensTheInvariantsHold(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let services: [Service] = [[.support], [.mediation], [.support, .mediation]].randomElement(using: &random) ?? [.support]
        let consent: ConsentStatus = Int.random(in: 0..<8, using: &random) == 0 ? .notAsked : .yes
        var life = try Life(
            World.content(
                age: [9, 17, 21, 45].randomElement(using: &random), consent: consent, services: services,
                offenderAge: [11, 16].randomElement(using: &random) ?? 16))
        var before = life.state
        for step in 0..<80 {
            life.pass(.seconds([0, 1, 60, 3_600, 20_000, 90_000, 300_000].randomElement(using: &random) ?? 0))
            let id = Bool.random(using: &random) ? Life.support : Life.mediation
            let (command, actor) = try pick(life, id, step, &random)
            let logged = life.log.count
            if Int.random(in: 0..<6, using: &random) == 0 {
                try life.fire()
                #expect(life.state.deadlines(life.policy).allSatisfy { $0.due > life.now })
            } else if let actor, (try? life.send(command, by: actor)) != nil {
                // The same again changes nothing.
                let after = life.state
                if case .perform = command { #expect(try life.send(command, by: actor).isEmpty) }
                #expect(life.state == after)
            }
            check(life.state, after: before, life)
            #expect(life.state.version - before.version == life.log[logged...].map(\.events.count).reduce(0, +))
            before = life.state
        }
        // The log is the truth: its fold is the state, also when it has been written and read, and all of it at once.
        let entries = try life.log.map { entry in
            (try JSONDecoder().decode([ReferralEvent].self, from: JSONEncoder().encode(entry.events)), entry.at)
        }
        #expect(entries.map(\.0) == life.log.map(\.events))
        #expect(entries.reduce(ReferralState?.none) { ReferralState.evolve($0, $1.0, at: $1.1) } == life.state)

        // The withdrawal wins over everything.
        try life.act(.withdraw(.everything))
        #expect(life.state.assignments.allSatisfy { !$0.isOpen })
        #expect(life.state.phase.name == "refused" || life.state.erasedAt != nil)
        #expect(life.state.deadlines(life.policy).isEmpty)
        let erasures = life.log.flatMap(\.events).count { if case .erased(let erasure) = $0 { erasure.extent == .content } else { false } }
        #expect(erasures <= 1)
    }

    private func check(_ state: ReferralState, after before: ReferralState, _ life: Life) {
        let recipients: Set = [World.centre, World.jour, World.neighbour]
        for assignment in state.assignments {
            if case .review = assignment.phase {
                #expect(assignment.owner == World.coordinator)
            } else if assignment.isOpen {
                #expect(recipients.contains(assignment.owner))
            }
            if case .leased(let lease) = assignment.phase { #expect(lease.holder.organisation == assignment.owner) }
            if case .handoverOffered(let offer) = assignment.phase { #expect(offer.to != assignment.owner) }
            #expect((assignment.stage == nil) == (assignment.progress.acceptedAt == nil) || !assignment.isOpen)
            if assignment.service == .mediation { #expect(assignment.owner != World.jour, "a mediation is never a private body's") }
            #expect(assignment.since >= assignment.availableAt && assignment.since <= life.now)
            guard let former = before.assignment(assignment.id) else { continue }
            #expect(assignment.version >= former.version)
            if !former.isOpen {
                #expect(assignment.phase == former.phase && assignment.owner == former.owner, "no way out of a final state")
            }
        }
        // Nobody is lost: what was there is there.
        #expect(before.assignments.map(\.id) == Array(state.assignments.map(\.id).prefix(before.assignments.count)))
        if let erasedAt = before.erasedAt { #expect(state.erasedAt == erasedAt) }
        if state.erasedAt != nil { #expect(state.assignments.allSatisfy { !$0.isOpen }) }
    }

    private func pick(
        _ life: Life, _ id: AssignmentID, _ step: Int, _ random: inout SplitMix64
    ) throws -> (ReferralCommand, Participant?) {
        let anyone = [
            World.centreOne, World.centreTwo, World.jourOne, World.neighbourOne, World.police, World.coordinatorOne,
        ].randomElement(using: &random)
        // Mostly somebody who has something to do with it.
        let owner = life.state.assignment(id)?.owner
        let involved = [World.centreOne, World.jourOne, World.neighbourOne, World.coordinatorOne].first { $0.organisation == owner }
        var actor = Int.random(in: 0..<4, using: &random) == 0 ? anyone : involved ?? World.police
        if case .handoverOffered(let offer)? = life.state.assignment(id)?.phase, Bool.random(using: &random) {
            actor = [World.centreOne, World.jourOne, World.neighbourOne].first { $0.organisation == offer.to }
        }
        let key = CommandID("r\(step)")
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return (.lease(id, until: life.now + .seconds(300)), actor)
        case 1: return (.acknowledge(id), actor)
        case 2, 3: return (.accept(id), actor)
        case 4: return (.giveBack(id, reason: .other), actor)
        case 5 where Int.random(in: 0..<3, using: &random) == 0:
            let commands: [SenderCommand] = [
                .amend(ContentDigest(hexadecimal: "d\(step)")), .recall(.duplicate), .withdraw(.service(.mediation)),
                .answerConsent(
                    Consent(status: .yes, coversSupport: true, coversMediation: true), assignments: [Life.support, Life.mediation]),
            ]
            return (.perform(CaseRequest(id: key, .referral(commands.randomElement(using: &random) ?? .recall(.duplicate)))), World.police)
        default:
            // What ends everything comes seldom, so that lives are long.
            let all = AssignmentCommand.all(at: life.now).filter { command in
                switch command {
                case .withdraw, .decline, .complete: Int.random(in: 0..<12, using: &random) == 0
                default: true
                }
            }
            return (.perform(CaseRequest(id: key, .assignment(id, all.randomElement(using: &random) ?? .resume))), actor)
        }
    }
}
