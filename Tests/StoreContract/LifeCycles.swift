public import Referral
import SeededRandom

/// Random lives of invented referrals: each step follows from those before it. One seed gives one sequence.
public struct LifeCycles: Sendable {
    private var random: SplitMix64
    private var now = Sample.noon
    public private(set) var states: [ReferralState] = []
    /// Every step made so far.
    public private(set) var steps: [Step] = []

    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    public mutating func next() throws -> Step {
        // Sometimes two decisions fall into one millisecond.
        now = now + .milliseconds(Int.random(in: 0...3, using: &random))
        var step: Step?
        if !states.isEmpty, Int.random(in: 0..<4, using: &random) > 0 {
            let index = Int.random(in: 0..<states.count, using: &random)
            let (events, actor) = change(of: states[index])
            if !events.isEmpty {
                let next = try Sample.step(events, after: states[index], at: now, by: actor)
                states[index] = next.state
                step = next
            }
        }
        var made = try step ?? submit()
        // Any time will do: the store keeps it, the rules know why.
        if Bool.random(using: &random) { made.due = now + .seconds(Int.random(in: 0...5, using: &random)) }
        steps.append(made)
        return made
    }

    private mutating func submit() throws -> Step {
        let number = states.count
        let services: [Service] = [[.support], [.mediation], [.support, .mediation]].randomElement(using: &random) ?? [.support]
        var events = Sample.submission(number, services: services, to: Sample.recipients.shuffled(using: &random))
        switch Int.random(in: 0..<8, using: &random) {
        case 0: events[1...] = [.refused(.consentRefused)]
        case 1: events[1...] = [.awaitingConsent(until: now + .seconds(14 * 86_400))]
        case 2:
            let id = Sample.assignment(number, services[0])
            events[1...] = [
                .routed(id, Sample.decision(.review(.noRule), service: services[0])),
                .review(id, reason: .noRule, owner: Sample.coordinator),
            ]
        default: break
        }
        let isRefused = events.contains(.refused(.consentRefused))
        let step = try Sample.step(events, at: now, content: isRefused ? nil : Array("content \(number)".utf8))
        states.append(step.state)
        return step
    }

    /// No events for a referral to which nothing can happen.
    private mutating func change(of state: ReferralState) -> (events: [ReferralEvent], actor: Participant?) {
        if case .awaitingConsent = state.phase {
            return ([.closed(.consentExpired), .erased(Erasure(.content, .consentExpired))], nil)
        }
        guard let assignment = state.assignments.randomElement(using: &random) else { return ([], nil) }
        let id = assignment.id
        let holder = Sample.holder(assignment.owner)
        let isReturned = Int.random(in: 0..<4, using: &random) == 0
        switch assignment.phase {
        case .review:
            guard let recipient = Sample.recipients.randomElement(using: &random) else { return ([], nil) }
            return ([.offered(id, to: recipient)], Sample.holder(Sample.coordinator))
        case .offered:
            let lease = Lease(holder: holder, until: now + .milliseconds(Int.random(in: 1...40, using: &random)))
            return ([.leased(id, lease, disclosed: [.person, .contacts])], holder)
        case .working(let stage): return (work(assignment, at: stage, by: holder), holder)
        case .onHold: return ([.resumed(id)], holder)
        case .handoverOffered(let offer):
            let other = Sample.holder(offer.to)
            let answers: [(ReferralEvent, Participant?)] = [
                (.handover(id, .accepted(by: other, disclosed: [.person])), other),
                (.handover(id, .refused(by: other, reason: .noCapacity)), other), (.handover(id, .expired), nil),
            ]
            guard let answer = answers.randomElement(using: &random) else { return ([], nil) }
            return ([answer.0], answer.1)
        case .ended: return ([], nil)
        case .leased, .received:
            if isReturned { return (giveBack(assignment, by: holder), holder) }
            switch assignment.phase {
            case .leased:
                return Bool.random(using: &random) ? ([.leaseExpired(id)], nil) : ([.received(id, by: holder)], holder)
            default: return ([.accepted(id, by: holder)], holder)
            }
        }
    }

    /// Something that an owner does with a case that it has accepted.
    private mutating func work(_ assignment: AssignmentState, at stage: Stage, by holder: Participant) -> [ReferralEvent] {
        let id = assignment.id
        let other = Sample.recipients.first { $0 != assignment.owner } ?? Sample.coordinator
        let hold = Hold(reason: .personAway, from: now, until: Sample.day.adding(days: 7), stage: stage)
        let offer = HandoverOffer(to: other, reason: .age, until: now + .seconds(172_800), stage: stage)
        var ways: [[ReferralEvent]] = [
            [.held(id, hold)], [.handover(id, .offered(offer))], [.overdue(id, .contact, due: now)], [.recall(id, .requested(.duplicate))],
            [.ended(id, .recalled)], [.consentWithdrawn(.service(assignment.service)), .ended(id, .withdrawn)],
            [.worked(id, .served(ServiceGiven(.conversation, minutes: 45, municipality: "0180")))],
        ]
        if assignment.mediation == nil {
            ways += [
                [.worked(id, .attempted(Attempt(channel: .call, at: now, result: .noAnswer)))],
                [.worked(id, .contacted(ContactMade(channel: .sms, at: now)))],
                [.worked(id, .met(Meeting(.held, form: .inPerson, at: now)))], [.ended(id, .completed(.supported))],
                [.ended(id, .unreachable)], [.ended(id, .declined), .erased(Erasure(.assignment(id), .declined))],
            ]
        } else {
            let parties: [PartyID] = assignment.mediation?.parties.map(\.id) ?? []
            ways += [
                [.mediation(id, .eligible)], [.mediation(id, .leaderConsulted(.noObjection))], [.mediation(id, .concluded(agreed: true))],
                [.mediation(id, .interrupted(.unsuitable))], [.ended(id, .reported(.notAgreed))],
                parties.map { .mediation(id, .asked($0)) }, parties.map { .mediation(id, .answered($0, agrees: true)) },
                parties.map { .mediation(id, .preMeeting($0, at: now)) },
            ]
        }
        var events = ways.randomElement(using: &random) ?? []
        if Bool.random(using: &random) {
            let number = Int.random(in: 0..<1_000, using: &random)
            events.append(.performed(CommandRecord(id: CommandID("c\(number)"), by: holder, command: .assignment(id, .resume))))
        }
        return events
    }

    private mutating func giveBack(_ assignment: AssignmentState, by holder: Participant) -> [ReferralEvent] {
        let id = assignment.id
        let returned = ReferralEvent.returned(id, by: holder, reason: ReturnReason.allCases.randomElement(using: &random) ?? .other)
        let others = Sample.recipients.filter { $0 != assignment.owner }
        guard assignment.returnedBy.isEmpty, let recipient = others.randomElement(using: &random) else {
            return [returned, .review(id, reason: .returnedTwice, owner: Sample.coordinator)]
        }
        return [
            returned, .routed(id, Sample.decision(.recipient(recipient), service: assignment.service)), .offered(id, to: recipient),
        ]
    }
}
