import Referral
import Testing

/// What every command does in every state, found by asking the code: a life is brought into each state, and each command is tried on it by
/// everybody.
struct TransitionTable {
    typealias World = SmallWorld

    enum Answer: Hashable {
        /// The name of the state afterwards; the same as before when something was only recorded.
        case to(String)
        /// Done before: nothing follows.
        case nothing
        case refused(String)
    }

    struct Row {
        let command: String
        /// Everybody who may do it in at least one state.
        var by: [String] = []
        /// In the order of the states, of whoever gets furthest.
        var answers: [(state: String, answer: Answer)] = []
    }

    let states: [String]
    let rows: [Row]

    /// - Parameter lives: one per state, with its name.
    init(_ lives: [(String, Life)]) throws {
        states = lives.map(\.0)
        rows = try Self.commands(for: lives).map { name, command in
            var row = Row(command: name)
            for (state, life) in lives {
                let (answer, actors) = Self.ask(command, life)
                row.answers.append((state, answer))
                row.by += actors.filter { !row.by.contains($0) }
            }
            return row
        }
    }

    // MARK: Who asks

    static let actors: [(name: String, participant: Participant?)] = [
        ("owner", World.centreOne), ("asked", World.neighbourOne), ("sender", World.police), ("coordinator", World.coordinatorOne),
        ("clock", nil), ("stranger", World.jourOne),
    ]

    /// The answer to whoever may do it, and who that is; else the most telling refusal.
    private static func ask(_ command: (inout Life) -> ReferralCommand?, _ life: Life) -> (Answer, [String]) {
        var life = life
        guard let command = command(&life) else { return (.refused("no such clock runs"), []) }
        if case .timerFired(let deadline) = command { life.now = max(life.now, deadline.due) }
        var done: (Answer, [String])?
        var refusals: [Rejection] = []
        for (name, participant) in actors {
            do throws(Rejection) {
                let events = try life.decide(command, by: participant)
                // A clock that nobody waits for is no answer to anybody.
                if events.isEmpty, participant == nil { continue }
                done = (done?.0 ?? answer(events, life), (done?.1 ?? []) + [name])
            } catch {
                refusals.append(error)
            }
        }
        if let done { return done }
        let telling = refusals.first { $0.code == .failedPrecondition } ?? refusals.first { $0.code == .invalid } ?? refusals.first
        return (.refused(telling?.rule ?? "no such clock runs"), [])
    }

    private static func answer(_ events: [ReferralEvent], _ life: Life) -> Answer {
        let isNothing = events.allSatisfy { if case .performed = $0 { true } else { false } }
        if isNothing { return .nothing }
        guard let state = ReferralState.evolve(life.state, events, at: life.now) else { return .refused("trapped") }
        return .to(name(state))
    }

    static func name(_ state: ReferralState) -> String {
        guard let assignment = state.assignment(Life.support) else { return state.phase.name }
        return assignment.phase == .accepted && assignment.service == .mediation ? "proposed" : assignment.phase.name
    }

    // MARK: Commands

    private static func commands(for lives: [(String, Life)]) throws -> [(String, (inout Life) -> ReferralCommand?)] {
        let isMediation = lives.contains { $0.1.state.facts.services == [.mediation] }
        let id = Life.support
        let tomorrow = CivilDate(inStockholmAt: World.morning).adding(days: 30)
        let yes = Consent(status: .yes, coversSupport: true, coversMediation: true)
        func own(_ name: String, _ command: @escaping (Life) -> AssignmentCommand) -> (String, (inout Life) -> ReferralCommand?) {
            (name, { .perform(CaseRequest(id: CommandID("table"), .assignment(id, command($0)))) })
        }
        // The sender has asked for the case back.
        func recalled(_ name: String, _ answer: RecallAnswer) -> (String, (inout Life) -> ReferralCommand?) {
            (
                name,
                { life in
                    if life.state.assignment(id)?.progress.acceptedAt != nil { _ = try? life.act(.recall(.duplicate)) }
                    return .perform(CaseRequest(id: CommandID("table"), .assignment(id, .answerRecall(answer))))
                }
            )
        }
        // Rules that give the person to the brottsofferjour have come.
        func rerouted(_ life: inout Life) -> ReferralCommand? {
            guard let policy = try? World.policy(youngUntil: 16) else { return nil }
            life.policy = policy
            return .perform(CaseRequest(id: CommandID("table"), .assignment(id, .reroute)))
        }
        func sent(_ name: String, _ command: SenderCommand) -> (String, (inout Life) -> ReferralCommand?) {
            (name, { _ in .perform(CaseRequest(id: CommandID("table"), .referral(command))) })
        }
        func timer(_ kind: Deadline.Kind) -> (String, (inout Life) -> ReferralCommand?) {
            (
                "clock: \(kind.rawValue)",
                { life in life.state.deadlines(life.policy).first { $0.kind == kind }.map { .timerFired($0) } }
            )
        }
        var commands: [(String, (inout Life) -> ReferralCommand?)] = [
            sent("answer consent: yes", .answerConsent(yes, assignments: [id])),
            sent("answer consent: no", .answerConsent(Consent(status: .no), assignments: [])),
            ("fetch", { .lease(id, until: $0.now + .seconds(300)) }), ("acknowledge", { _ in .acknowledge(id) }),
            ("accept", { _ in .accept(id) }), ("give back", { _ in .giveBack(id, reason: .noCapacity) }),
        ]
        if isMediation {
            commands += mediation(own)
        } else {
            commands += [
                own("record attempt") { .recordAttempt(Attempt(channel: .call, at: $0.now, result: .noAnswer)) },
                own("record contact") { .recordContact(ContactMade(channel: .call, at: $0.now)) },
                own("record meeting: offered") { .recordMeeting(Meeting(.offered, form: .inPerson, at: $0.now)) },
                own("record meeting: held") { .recordMeeting(Meeting(.held, form: .inPerson, at: $0.now)) },
                own("complete") { _ in .complete(.supported) }, own("close unreachable") { _ in .closeUnreachable },
                own("decline") { _ in .decline },
            ]
        }
        commands += [
            own("record service") { _ in .recordService(ServiceGiven(.conversation, minutes: 30, municipality: "0180")) },
            own("hold") { _ in .hold(.personAway, until: tomorrow) }, own("resume") { _ in .resume },
            own("offer handover") { _ in .offerHandover(to: World.neighbour, reason: .moved, personAgrees: true) },
            own("answer handover: accepted") { _ in .answerHandover(.accepted) },
            own("answer handover: refused") { _ in .answerHandover(.refused(.noCapacity)) },
            sent("amend", .amend(ContentDigest(hexadecimal: "d2"))),
            sent("recall", .recall(.duplicate)), recalled("answer recall: granted", .granted),
            recalled("answer recall: refused", .refused(.supportUnderWay)),
            sent("withdraw (sender)", .withdraw(.everything)), own("withdraw") { _ in .withdraw(.everything) },
            sent("enter in error", .enterInError(.duplicate)),
            own("assign") { _ in .assign(to: World.neighbour, reason: .reviewed) },
            own("assign: owner unavailable") { _ in .assign(to: World.neighbour, reason: .ownerUnavailable) },
            ("reroute, by new rules", { rerouted(&$0) }), own("redrive") { _ in .redrive },
            own("read") { _ in .read(.danger) },
        ]
        // Every clock that runs in one of these states.
        let kinds = Set(lives.flatMap { $0.1.state.deadlines($0.1.policy).map(\.kind) })
        commands += Deadline.Kind.allCases.filter(kinds.contains).map(timer)
        return commands
    }

    private static func mediation(
        _ own: (String, @escaping (Life) -> AssignmentCommand) -> (String, (inout Life) -> ReferralCommand?)
    ) -> [(String, (inout Life) -> ReferralCommand?)] {
        /// The party that the step is about: the first for whom it has not been done.
        func party(_ life: Life, _ isMissing: (MediationParty) -> Bool) -> PartyID {
            life.state.assignment(Life.support)?.mediation?.parties.first(where: isMissing)?.id ?? "victim-1"
        }
        return [
            own("add party") { _ in .mediate(.addParty(.victim, age: 40, admitted: .unknown)) },
            own("find") { _ in .mediate(.find(.suitable(.yes))) }, own("confirm eligible") { _ in .mediate(.confirmEligible) },
            own("consult leader: no objection") { _ in .mediate(.consultLeader(.noObjection)) },
            own("consult leader: objects") { _ in .mediate(.consultLeader(.objects)) },
            own("ask") { .mediate(.ask(party($0) { $0.answer == .notAsked })) },
            own("record answer: yes") { .mediate(.recordAnswer(party($0) { $0.answer == .asked }, agrees: true)) },
            own("record answer: no") { _ in .mediate(.recordAnswer("victim-1", agrees: false)) },
            own("record pre-meeting") { .mediate(.recordPreMeeting(party($0) { $0.preMeetingAt == nil }, at: $0.now)) },
            own("record mediation") { .mediate(.recordMediation(at: $0.now)) },
            own("conclude: agreed") { _ in .mediate(.conclude(agreed: true)) },
            own("conclude: not agreed") { _ in .mediate(.conclude(agreed: false)) },
            own("interrupt") { _ in .mediate(.interrupt(.unsuitable)) }, own("report") { _ in .mediate(.report(to: .prosecutor)) },
        ]
    }

    // MARK: Lives in every state

    static func representatives() throws -> [(String, Life)] { try support() + mediations() }

    static func support() throws -> [(String, Life)] {
        let parked = try Life(World.content(consent: .notAsked))
        let refused = try Life(World.content(consent: .no))
        let review = try Life(World.content(age: 9))
        let offered = try Life()
        var leased = offered
        try leased.send(.lease(Life.support, until: leased.now + .seconds(300)), by: World.centreOne)
        var received = leased
        try received.send(.acknowledge(Life.support), by: World.centreOne)
        let accepted = try Life.accepted()
        // With the attempts that allow to give up.
        var contacting = accepted
        try contacting.wait(until: "2026-03-02 18:00")
        for _ in 0..<3 { try contacting.call() }
        var contacted = contacting
        try contacted.reach()
        var inSupport = contacted
        try inSupport.act(.recordMeeting(Meeting(.held, form: .inPerson, at: inSupport.now)))
        func after(_ life: Life, _ command: AssignmentCommand) throws -> Life {
            var life = life
            try life.act(command)
            return life
        }
        let onHold = try after(inSupport, .hold(.trial, until: CivilDate(inStockholmAt: World.morning).adding(days: 20)))
        let handover = try after(inSupport, .offerHandover(to: World.neighbour, reason: .moved, personAgrees: true))
        var recalled = offered
        try recalled.act(.recall(.duplicate))
        var closed = parked
        try closed.act(.recall(.duplicate))
        var error = accepted
        try error.act(.enterInError(.duplicate))
        return [
            ("awaiting consent", parked), ("refused", refused), ("closed", closed), ("review", review), ("offered", offered),
            ("leased", leased), ("received", received), ("accepted", accepted), ("contacting", contacting), ("contacted", contacted),
            ("in support", inSupport), ("on hold", onHold), ("handover offered", handover),
            ("completed", try after(inSupport, .complete(.supported))), ("unreachable", try after(contacting, .closeUnreachable)),
            ("declined", try after(contacted, .decline)), ("withdrawn", try after(contacted, .withdraw(.everything))),
            ("recalled", recalled), ("entered in error", error),
        ]
    }

    static func mediations() throws -> [(String, Life)] {
        var life = try Life.mediating { $0.mediation?.investigation = .running }
        var lives: [(String, Life)] = [("proposed", life)]
        func step(_ name: String, _ commands: [MediationCommand]) throws {
            for command in commands { try life.act(.mediate(command)) }
            lives.append((name, life))
        }
        try step("eligible", [.confirmEligible])
        try step("leader consulted", [.consultLeader(.noObjection)])
        try step("asking parties", [.ask("offender-1"), .recordAnswer("offender-1", agrees: true), .ask("victim-1")])
        let asking = life
        try step("pre-meetings", [.recordAnswer("victim-1", agrees: true), .recordPreMeeting("offender-1", at: life.now)])
        try step("meeting", [.recordPreMeeting("victim-1", at: life.now), .recordMediation(at: life.now)])
        let meeting = life
        try step("agreed", [.conclude(agreed: true)])
        try step("reported", [.report(to: .prosecutor)])
        life = meeting
        try step("not agreed", [.conclude(agreed: false)])
        life = asking
        try step("interrupted", [.recordAnswer("offender-1", agrees: false)])
        func after(_ command: AssignmentCommand) throws -> Life {
            var life = asking
            try life.act(command)
            return life
        }
        lives.append(("on hold", try after(.hold(.investigation, until: CivilDate(inStockholmAt: World.morning).adding(days: 20)))))
        lives.append(("handover offered", try after(.offerHandover(to: World.neighbour, reason: .moved, personAgrees: true))))
        lives.append(("withdrawn", try after(.withdraw(.everything))))
        return lives
    }
}
