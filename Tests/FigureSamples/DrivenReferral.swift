public import Referral

/// One referral driven command by command through the rules, with the exchange's clock firing what is due in between.
public struct DrivenReferral {
    /// One entry of its log, with the state that it led to.
    public struct Step: Sendable {
        public let events: [ReferralEvent]
        public let at: Instant
        public let actor: Participant?
        public let state: ReferralState
        public let due: Instant?
    }

    public private(set) var steps: [Step] = []
    public private(set) var now: Instant
    private let policy: Policy
    private var last: ReferralState?
    private var commands = 0

    public struct Impossible: Error {}

    /// - Parameter number: ids follow from it.
    public init(_ number: Int, _ content: ReferralContent, from sender: Participant, at moment: Instant, policy: Policy) throws {
        now = moment
        self.policy = policy
        let submission = ReferralCommand.Submission(
            referral: ReferralID("R\(number)"), assignments: [AssignmentID("A\(number)a"), AssignmentID("A\(number)b")],
            message: MessageID("m\(number)"), digest: ContentDigest(hexadecimal: String(repeating: "ab", count: 32)),
            facts: CaseFacts(content, received: CivilDate(inStockholmAt: moment)))
        try send(.submit(submission), by: sender)
    }

    public var state: ReferralState {
        get throws {
            guard let last else { throw Impossible() }
            return last
        }
    }

    /// The case of a service.
    public func id(_ service: Service) throws -> AssignmentID {
        guard let id = try state.assignments.first(where: { $0.service == service })?.id else { throw Impossible() }
        return id
    }

    public mutating func send(_ command: ReferralCommand, by actor: Participant?) throws {
        let events = try ReferralState.decide(command, on: last, by: actor, at: now, policy: policy)
        guard !events.isEmpty, let after = ReferralState.evolve(last, events, at: now) else { throw Impossible() }
        last = after
        steps.append(Step(events: events, at: now, actor: actor, state: after, due: after.deadlines(policy).first?.due))
    }

    public mutating func act(_ command: AssignmentCommand, on service: Service = .support, by actor: Participant = FigureWorld.centre)
        throws
    {
        commands += 1
        let id = try id(service)
        try send(.perform(CaseRequest(id: CommandID("c\(commands)"), .assignment(id, command))), by: actor)
    }

    public mutating func act(_ command: SenderCommand, by actor: Participant = FigureWorld.police) throws {
        commands += 1
        try send(.perform(CaseRequest(id: CommandID("c\(commands)"), .referral(command))), by: actor)
    }

    public mutating func mediate(_ command: MediationCommand) throws { try act(.mediate(command), on: .mediation) }

    public mutating func take(_ service: Service = .support, by owner: Participant = FigureWorld.centre) throws {
        let id = try id(service)
        try send(.lease(id, until: now + .seconds(300)), by: owner)
        try send(.accept(id), by: owner)
    }

    /// Lets time pass; what is due on the way is done when it is due.
    public mutating func wait(until moment: Instant) throws {
        while let deadline = try state.deadlines(policy).first, deadline.due <= moment {
            now = max(now, deadline.due)
            try send(.timerFired(deadline), by: nil)
        }
        now = max(now, moment)
    }

    public mutating func pass(_ duration: Duration) throws { try wait(until: now + duration) }

    public mutating func pass(days: Int, hours: Int = 0) throws { try pass(.seconds(days * 86_400 + hours * 3_600)) }

    /// Its log, with sequences from 1.
    public var log: [LogEntry] { steps.entries }
}

extension [DrivenReferral.Step] {
    /// As a log of an exchange, with sequences from 1.
    public var entries: [LogEntry] {
        enumerated().map {
            LogEntry(
                sequence: Int64($0.offset + 1), referral: $0.element.state.id, at: $0.element.at, actor: $0.element.actor,
                events: $0.element.events)
        }
    }
}
