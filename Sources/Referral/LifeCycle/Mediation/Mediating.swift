/// What a mediator does.
public enum MediationCommand: Hashable, Codable, Sendable {
    case addParty(MediationParty.Side, age: Int?, admitted: Answer)
    case find(MediationFinding)
    /// Refused with everything that is missing.
    case confirmEligible
    case consultLeader(LeaderView)
    case ask(PartyID)
    /// - Parameter agrees: takes part of their own free will; a no is taken at any time.
    case recordAnswer(PartyID, agrees: Bool)
    case recordPreMeeting(PartyID, at: Instant)
    case recordMediation(at: Instant)
    case conclude(agreed: Bool)
    case interrupt(Interruption)
    case report(to: ReportAddressee)
}

extension MediationCommand {
    fileprivate var stops: Bool {
        switch self {
        case .recordAnswer(_, agrees: false), .interrupt: true
        default: false
        }
    }
}

/// Something that has become known about a mediation.
public enum MediationFinding: Hashable, Codable, Sendable {
    case reported(Answer)
    case suitable(Answer)
    case investigation(Investigation)
    case exceptionalReasons(Bool)
    case admitted(PartyID, Answer)
    case age(PartyID, Int)
}

public enum MediationEvent: Hashable, Codable, Sendable {
    case partyAdded(MediationParty)
    case found(MediationFinding)
    case eligible
    case leaderConsulted(LeaderView)
    case asked(PartyID)
    case answered(PartyID, agrees: Bool)
    case preMeeting(PartyID, at: Instant)
    case met(at: Instant)
    case concluded(agreed: Bool)
    case interrupted(Interruption)
    case reported(to: ReportAddressee)
}

extension CaseDecision {
    func mediate(_ command: MediationCommand) throws(Rejection) -> [ReferralEvent] {
        // A no is taken at any time.
        let stage = try command.stops ? stageOrHold() : stageUndisturbed()
        guard assignment.service == .mediation, let proceeding = assignment.mediation else {
            throw .forbidden("this is support: what belongs to a mediation is recorded there")
        }
        let events = try MediationDecision(stage: stage, proceeding: proceeding, check: check).decide(command)
        var all = events.map { ReferralEvent.mediation(id, $0) }
        if case .onHold = assignment.phase { all.insert(.resumed(id), at: 0) }
        if case .report = command { all += ending(.reported(proceeding.outcome(at: stage))) }
        return all
    }
}

/// What a mediator's command is decided on.
private struct MediationDecision {
    let stage: Stage
    let proceeding: MediationProceeding
    /// Whether a moment is one at which the organisation had the case.
    let check: (Instant) throws(Rejection) -> Void

    func decide(_ command: MediationCommand) throws(Rejection) -> [MediationEvent] {
        if case .report(let addressee) = command {
            guard stage.isConcluding else { throw .forbidden("a mediation is reported when it is over or interrupted") }
            return [.reported(to: addressee)]
        }
        guard !stage.isConcluding else { throw .mediationOver }
        switch command {
        case .addParty(let side, let age, let admitted): return [.partyAdded(try added(side, age, admitted))]
        case .find(let finding):
            try check(finding)
            return [.found(finding)]
        case .confirmEligible:
            guard stage == .accepted else { throw .forbidden("the mediation has been found eligible") }
            // The leader is asked next; when that is all that is missing, it is eligible so far.
            let gaps = proceeding.gaps
            guard gaps.isEmpty || gaps == [.leaderNotAsked] else { throw MediationProceeding.refusal(gaps) }
            return [.eligible]
        case .consultLeader(let view): return try consult(view)
        case .ask(let id): return [.asked(try asked(id))]
        case .recordAnswer(let id, let agrees): return try answer(id, agrees)
        case .recordPreMeeting(let id, let at):
            let party = try known(id)
            guard stage == .preMeetings else { throw .forbidden("pre-meetings come when all parties have said yes, before the meeting") }
            guard party.preMeetingAt == nil else { throw .forbidden("\(id) has had its pre-meeting") }
            try check(at)
            return [.preMeeting(id, at: at)]
        case .recordMediation(let at):
            guard stage == .meeting else { throw .forbidden("the meeting comes when every party has had its pre-meeting") }
            try check(at)
            return [.met(at: at)]
        case .conclude(let agreed):
            guard stage == .meeting, proceeding.metAt != nil else { throw .forbidden("the outcome comes after a meeting") }
            return [.concluded(agreed: agreed)]
        case .interrupt(let reason): return [.interrupted(reason)]
        case .report: return []
        }
    }

    private func added(_ side: MediationParty.Side, _ age: Int?, _ admitted: Answer) throws(Rejection) -> MediationParty {
        if let age, !(0...130).contains(age) { throw Rejection(.invalid, "age: must be from 0 to 130") }
        switch stage {
        case .accepted, .eligible, .leaderConsulted, .askingParties: break
        default: throw .forbidden("no party can join once all have said yes")
        }
        guard proceeding.parties.count < MediationProceeding.mostParties else {
            throw .forbidden("a mediation has at most \(MediationProceeding.mostParties) parties")
        }
        let party = proceeding.next(side, age: age, admitted: side == .offender ? admitted : .unknown)
        let gaps = proceeding.gaps(of: party)
        guard stage == .accepted || gaps.isEmpty else { throw MediationProceeding.refusal(gaps) }
        return party
    }

    private func check(_ finding: MediationFinding) throws(Rejection) {
        switch finding {
        case .investigation:
            guard stage == .accepted || stage == .eligible else {
                throw .forbidden("parties are being asked; interrupt the mediation if need be")
            }
        case .reported, .suitable, .exceptionalReasons, .admitted, .age:
            guard stage == .accepted else { throw .forbidden("the mediation has been found eligible; interrupt it if it is not") }
        }
        switch finding {
        case .age(let id, let age):
            _ = try known(id)
            guard (0...130).contains(age) else { throw Rejection(.invalid, "age: must be from 0 to 130") }
        case .admitted(let id, _):
            guard try known(id).side == .offender else { throw Rejection(.invalid, "party: only an offender can admit") }
        case .reported, .suitable, .investigation, .exceptionalReasons: break
        }
    }

    private func consult(_ view: LeaderView) throws(Rejection) -> [MediationEvent] {
        guard stage == .accepted || stage == .eligible else { throw .forbidden("the leader is asked before the parties") }
        guard proceeding.investigation == .running else { throw .forbidden("no investigation is running whose leader could be asked") }
        let consulted = MediationEvent.leaderConsulted(view)
        return view == .objects ? [consulted, .interrupted(.leaderObjects)] : [consulted]
    }

    private func asked(_ id: PartyID) throws(Rejection) -> PartyID {
        switch stage {
        case .eligible, .leaderConsulted, .askingParties: break
        case .accepted: throw .forbidden("the mediation has to be found eligible before a party is asked")
        default: throw .forbidden("all parties have said yes")
        }
        guard try known(id).answer == .notAsked else { throw .forbidden("\(id) has been asked") }
        if let other = proceeding.parties.first(where: { $0.answer == .asked }) {
            throw .forbidden("the parties are asked one at a time: \(other.id) has not answered")
        }
        let gaps = proceeding.gaps
        guard gaps.isEmpty else { throw MediationProceeding.refusal(gaps) }
        return id
    }

    private func answer(_ id: PartyID, _ agrees: Bool) throws(Rejection) -> [MediationEvent] {
        let party = try known(id)
        guard agrees else { return [.answered(id, agrees: false), .interrupted(.partyDeclined)] }
        guard party.answer == .asked else { throw .forbidden("\(id) has not been asked, or has answered") }
        return [.answered(id, agrees: true)]
    }

    private func known(_ id: PartyID) throws(Rejection) -> MediationParty {
        guard let party = proceeding.party(id) else { throw Rejection(.invalid, "party: the mediation has none of this id") }
        return party
    }
}

extension MediationProceeding {
    fileprivate func outcome(at stage: Stage) -> MediationOutcome {
        if let interruption { return .interrupted(interruption) }
        return stage == .agreed ? .agreed : .notAgreed
    }

    fileprivate mutating func apply(_ finding: MediationFinding) {
        switch finding {
        case .reported(let answer): reported = answer
        case .suitable(let answer): suitable = answer
        case .investigation(let found): investigation = found
        case .exceptionalReasons(let found): hasExceptionalReasons = found
        case .admitted(let id, let answer): change(id) { $0.admitted = answer }
        case .age(let id, let age): change(id) { $0.age = age }
        }
    }
}

extension AssignmentState {
    mutating func apply(_ event: MediationEvent) {
        switch event {
        case .partyAdded(let party): mediation?.parties.append(party)
        case .found(let finding): mediation?.apply(finding)
        case .eligible: stage = mediation?.leader == nil ? .eligible : .leaderConsulted
        case .leaderConsulted(let view):
            mediation?.leader = view
            if stage == .eligible { stage = .leaderConsulted }
        case .asked(let id):
            mediation?.change(id) { $0.answer = .asked }
            stage = .askingParties
        case .answered(let id, let agrees):
            mediation?.change(id) { $0.answer = agrees ? .yes : .no }
            if mediation?.parties.allSatisfy({ $0.answer == .yes }) == true { stage = .preMeetings }
        case .preMeeting(let id, let at):
            mediation?.change(id) { $0.preMeetingAt = at }
            if mediation?.parties.allSatisfy({ $0.preMeetingAt != nil }) == true { stage = .meeting }
        case .met(let at): mediation?.metAt = at
        case .concluded(let agreed): stage = agreed ? .agreed : .notAgreed
        case .interrupted(let reason):
            mediation?.interruption = reason
            stage = .interrupted
        case .reported: break
        }
    }
}
