/// Something that a mediation lacks. All of them are told at once.
public enum EligibilityGap: Hashable, Sendable, CustomStringConvertible {
    /// Or it is not known whether it is.
    case notReported
    case noOffender
    case notAdmitted(PartyID)
    case ageUnknown(PartyID)
    /// Under 12, without exceptional reasons.
    case tooYoung(PartyID)
    /// Or it is not known whether it is.
    case notSuitable
    case doesNotTakePart(PartyID)
    /// The investigation runs and its leader has not been asked.
    case leaderNotAsked
    case leaderObjects

    public var description: String {
        switch self {
        case .notReported: "the event is not known to be reported to the police"
        case .noOffender: "no offender is known"
        case .notAdmitted(let party): "\(party) is not known to have admitted the act or taking part"
        case .ageUnknown(let party): "the age of \(party) is unknown"
        case .tooYoung(let party): "\(party) is under 12 and no exceptional reasons are recorded"
        case .notSuitable: "mediation is not known to be suitable"
        case .doesNotTakePart(let party): "\(party) does not want to take part"
        case .leaderNotAsked: "the investigation runs and its leader has not been asked"
        case .leaderObjects: "the leader of the investigation objects"
        }
    }
}

extension MediationProceeding {
    /// Everything that is missing before parties may be asked; empty when nothing is.
    public var gaps: [EligibilityGap] {
        var gaps: [EligibilityGap] = []
        if reported != .yes { gaps.append(.notReported) }
        if !parties.contains(where: { $0.side == .offender }) { gaps.append(.noOffender) }
        for party in parties { gaps += self.gaps(of: party) }
        if suitable != .yes { gaps.append(.notSuitable) }
        if leader == .objects { gaps.append(.leaderObjects) }
        if leader == nil, investigation == .running { gaps.append(.leaderNotAsked) }
        return gaps
    }

    func gaps(of party: MediationParty) -> [EligibilityGap] {
        var gaps: [EligibilityGap] = []
        if party.side == .offender {
            if party.admitted != .yes { gaps.append(.notAdmitted(party.id)) }
            if let age = party.age {
                if age < 12, !hasExceptionalReasons { gaps.append(.tooYoung(party.id)) }
            } else {
                gaps.append(.ageUnknown(party.id))
            }
        }
        if party.answer == .no { gaps.append(.doesNotTakePart(party.id)) }
        return gaps
    }

    static func refusal(_ gaps: [EligibilityGap]) -> Rejection {
        .forbidden("not eligible: " + gaps.map(\.description).joined(separator: "; "))
    }
}
