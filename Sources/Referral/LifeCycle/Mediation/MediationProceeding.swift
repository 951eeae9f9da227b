/// The name of a party within one mediation: `offender-1`, `victim-2`.
public struct PartyID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Somebody who takes part in a mediation, without their identity.
public struct MediationParty: Hashable, Codable, Sendable {
    public enum Side: String, Codable, Sendable, CaseIterable {
        case offender, victim
    }

    public enum Answer: String, Codable, Sendable, CaseIterable {
        case notAsked = "not asked"
        case asked, yes, no
    }

    public let id: PartyID
    public let side: Side
    /// Completed years when the referral was received.
    public internal(set) var age: Int?
    /// Whether an offender has admitted the act or taking part in it.
    public internal(set) var admitted: Referral.Answer
    public internal(set) var answer: Answer
    public internal(set) var preMeetingAt: Instant?

    public init(
        id: PartyID, side: Side, age: Int?, admitted: Referral.Answer, answer: Answer = .notAsked, preMeetingAt: Instant? = nil
    ) {
        self.id = id
        self.side = side
        self.age = age
        self.admitted = admitted
        self.answer = answer
        self.preMeetingAt = preMeetingAt
    }
}

/// What the leader of the investigation said about a mediation.
public enum LeaderView: String, Codable, Sendable, CaseIterable {
    case noObjection = "no objection"
    case objects
}

/// Why a mediation went no further.
public enum Interruption: String, Codable, Sendable, CaseIterable {
    /// A party said no, whenever.
    case partyDeclined = "party declined"
    case leaderObjects = "leader objects"
    case notEligible = "not eligible"
    case partyNotReached = "party not reached"
    case unsuitable
}

public enum MediationOutcome: Hashable, Codable, Sendable {
    case agreed
    case notAgreed
    case interrupted(Interruption)
}

/// Who is told how a mediation went.
public enum ReportAddressee: String, Codable, Sendable, CaseIterable {
    case prosecutor, police
}

/// What is known of one mediation: its parties and what lag (2002:445) om medling med anledning av brott asks about. How far it has come
/// is the stage of its assignment.
public struct MediationProceeding: Hashable, Sendable {
    /// More than any mediation has; a referral names at most 20 offenders.
    static let mostParties = 40

    public internal(set) var parties: [MediationParty]
    public internal(set) var reported: Answer
    public internal(set) var investigation: Investigation
    public internal(set) var leader: LeaderView?
    public internal(set) var suitable: Answer
    /// There are exceptional reasons to mediate with an offender under 12.
    public internal(set) var hasExceptionalReasons = false
    /// The last meeting of the parties.
    public internal(set) var metAt: Instant?
    public internal(set) var interruption: Interruption?

    /// As the sender told it: the person is a victim.
    init(_ facts: CaseFacts) {
        let offenders = facts.mediation?.offenders ?? []
        parties = []
        reported = facts.reported
        investigation = facts.mediation?.investigation ?? .none
        // Whoever sent it has asked; what the answer was comes with the case.
        leader = facts.mediation?.leaderConsulted == .yes ? .noObjection : nil
        suitable = facts.mediation?.suitable ?? .unknown
        for offender in offenders {
            add(.offender, age: offender.age?.years, admitted: offender.admitted)
            if offender.takesPart == .no { parties[parties.count - 1].answer = .no }
        }
        add(.victim, age: facts.age?.years, admitted: .unknown)
        if facts.mediation?.personTakesPart == .no { parties[parties.count - 1].answer = .no }
    }

    public func party(_ id: PartyID) -> MediationParty? { parties.first { $0.id == id } }

    /// The next party of a side.
    func next(_ side: MediationParty.Side, age: Int?, admitted: Answer) -> MediationParty {
        let number = parties.count { $0.side == side } + 1
        return MediationParty(id: PartyID("\(side.rawValue)-\(number)"), side: side, age: age, admitted: admitted)
    }

    private mutating func add(_ side: MediationParty.Side, age: Int?, admitted: Answer) {
        parties.append(next(side, age: age, admitted: admitted))
    }

    mutating func change(_ id: PartyID, _ body: (inout MediationParty) -> Void) {
        if let index = parties.firstIndex(where: { $0.id == id }) { body(&parties[index]) }
    }
}
