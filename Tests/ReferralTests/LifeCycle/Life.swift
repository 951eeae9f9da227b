import Referral
import Testing

/// One referral in the small world, driven command by command.
struct Life {
    typealias World = SmallWorld

    struct Entry {
        let events: [ReferralEvent]
        let at: Instant
        let actor: Participant?
    }

    static let support = AssignmentID("a1")
    static let mediation = AssignmentID("a2")

    var policy: Policy
    var now: Instant
    private(set) var log: [Entry] = []
    private(set) var state: ReferralState
    private var commands = 0

    /// A submission of the police that has been decided.
    init(
        _ content: ReferralContent = World.content(), policy: Policy? = nil, at moment: Instant = World.morning,
        conflictMark: ContentDigest? = nil
    ) throws {
        now = moment
        self.policy = try policy ?? World.policy()
        let events = try ReferralState.decide(
            World.submission(content, conflictMark: conflictMark), on: nil, by: World.police, at: now, policy: self.policy)
        state = try #require(ReferralState.evolve(nil, events, at: now))
        log.append(Entry(events: events, at: now, actor: World.police))
    }

    /// A support case that its owner has accepted.
    static func accepted(_ content: ReferralContent = World.content(), by owner: Participant = World.centreOne) throws -> Life {
        var life = try Life(content)
        try life.take(support, by: owner)
        return life
    }

    /// A mediation that the support centre has accepted.
    /// - Parameter toOwner: what it takes until the support centre can fetch it.
    static func mediating(
        _ change: (inout ReferralContent) -> Void = { _ in }, toOwner: (inout Life) throws -> Void = { _ in }
    ) throws -> Life {
        var content = World.content(services: [.mediation])
        change(&content)
        // The first id is for the first service asked for.
        var life = try Life(content)
        try toOwner(&life)
        try life.take()
        return life
    }

    var assignment: AssignmentState { get throws { try #require(state.assignment(Self.support)) } }
    var phase: String { get throws { try assignment.phase.name } }

    /// What would follow; nothing changes.
    func decide(_ command: ReferralCommand, by actor: Participant?) throws(Rejection) -> [ReferralEvent] {
        try ReferralState.decide(command, on: state, by: actor, at: now, policy: policy)
    }

    @discardableResult mutating func send(_ command: ReferralCommand, by actor: Participant?) throws -> [ReferralEvent] {
        let events = try decide(command, by: actor)
        state = try #require(ReferralState.evolve(state, events, at: now))
        if !events.isEmpty { log.append(Entry(events: events, at: now, actor: actor)) }
        return events
    }

    @discardableResult mutating func perform(_ command: CaseCommand, by actor: Participant) throws -> [ReferralEvent] {
        commands += 1
        return try send(.perform(CaseRequest(id: CommandID("c\(commands)"), command)), by: actor).filter { event in
            if case .performed = event { false } else { true }
        }
    }

    @discardableResult mutating func act(
        _ command: AssignmentCommand, on id: AssignmentID = support, by actor: Participant = World.centreOne
    ) throws -> [ReferralEvent] {
        try perform(.assignment(id, command), by: actor)
    }

    @discardableResult mutating func act(_ command: SenderCommand, by actor: Participant = World.police) throws -> [ReferralEvent] {
        try perform(.referral(command), by: actor)
    }

    /// The rule that forbids it.
    mutating func refusal(_ command: AssignmentCommand, by actor: Participant = World.centreOne) throws -> String? {
        do {
            try act(command, by: actor)
            return nil
        } catch let rejection as Rejection {
            return rejection.rule
        }
    }

    mutating func take(_ id: AssignmentID = support, by owner: Participant = World.centreOne) throws {
        try send(.lease(id, until: now + .seconds(300)), by: owner)
        try send(.accept(id), by: owner)
    }

    mutating func pass(_ duration: Duration) { now = now + duration }

    mutating func wait(until text: String) throws { now = try Self.moment(text) }

    /// `2026-03-02 08:00` in Sweden.
    static func moment(_ text: String) throws -> Instant {
        let parts = text.split(separator: " ")
        let time = parts[1].split(separator: ":").compactMap { Int($0) }
        let day = try #require(CivilDate(parts[0]))
        return try #require(LocalTime(day, hour: time[0], minute: time[1])).instant
    }

    /// Fires everything that is due, again and again, as the exchange's clock does.
    @discardableResult mutating func fire() throws -> [ReferralEvent] {
        var all: [ReferralEvent] = []
        while let due = state.deadlines(policy).first(where: { $0.due <= now }) {
            let events = try send(.timerFired(due), by: nil)
            guard !events.isEmpty else { throw Stuck() }
            all += events
        }
        return all
    }

    struct Stuck: Error {}

    mutating func reach() throws { try act(.recordContact(ContactMade(channel: .call, at: now))) }

    mutating func call(at moment: Instant? = nil, by owner: Participant = World.centreOne) throws {
        try act(.recordAttempt(Attempt(channel: .call, at: moment ?? now, result: .noAnswer)), by: owner)
    }
}
