import Foundation
import Referral
import SeededRandom
import Testing

@Suite struct RandomLivesTests {
    private typealias World = SmallWorld

    /// Random commands by random actors at random times, with the clock looking now and then.
    @Test(arguments: UInt64(0)..<150) func whateverHappensTheInvariantsHold(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var life = try RandomLife.start(&random)
        var before = life.state
        for step in 0..<80 {
            life.pass(.seconds([0, 1, 60, 3_600, 20_000, 90_000, 300_000].randomElement(using: &random) ?? 0))
            let id = Bool.random(using: &random) ? Life.support : Life.mediation
            let (command, actor) = try RandomLife.pick(life, id, step, &random)
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
}
