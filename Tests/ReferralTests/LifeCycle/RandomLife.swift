import Referral
import SeededRandom

/// Random commands by random actors. One seed gives one life.
enum RandomLife {
    private typealias World = SmallWorld

    static func life(seed: UInt64, steps: Int = 80) throws -> Life {
        var random = SplitMix64(seed: seed)
        var life = try start(&random)
        for step in 0..<steps {
            life.pass(.seconds([0, 1, 60, 3_600, 20_000, 90_000, 300_000].randomElement(using: &random) ?? 0))
            let id = Bool.random(using: &random) ? Life.support : Life.mediation
            let (command, actor) = try pick(life, id, step, &random)
            if Int.random(in: 0..<6, using: &random) == 0 {
                try life.fire()
            } else if let actor {
                _ = try? life.send(command, by: actor)
            }
        }
        return life
    }

    static func start(_ random: inout SplitMix64) throws -> Life {
        let services: [Service] = [[.support], [.mediation], [.support, .mediation]].randomElement(using: &random) ?? [.support]
        let consent: ConsentStatus = Int.random(in: 0..<8, using: &random) == 0 ? .notAsked : .yes
        return try Life(
            World.content(
                age: [9, 17, 21, 45].randomElement(using: &random), consent: consent, services: services,
                offenderAge: [11, 16].randomElement(using: &random) ?? 16))
    }

    static func pick(
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
