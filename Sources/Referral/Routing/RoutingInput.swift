import DecisionTable

/// What a routing table may ask about a case: the closed list of its input names. A table that asks for anything else is refused.
enum RoutingInput: String, CaseIterable, Sendable {
    case role
    /// The victim's age for those who belong to a victim's case, else the person's own; completed years.
    case decidingAge = "deciding age"
    case ownAge = "own age"
    /// Of the related victim; unknown for everybody else.
    case victimAge = "victim age"
    /// Whether the victim was sexually exploited for payment.
    case exploited
    case protectedIdentity = "protected identity"
    /// Whether the crime was reported to the police.
    case reported

    /// How an explanation names the place, which no column asks for.
    static let areaName = "area"

    // Mediation only.
    /// Unknown when any offender's age is.
    case youngestOffenderAge = "youngest offender age"
    /// Unknown when any offender's age is.
    case oldestOffenderAge = "oldest offender age"
    /// Whether each offender has admitted the act or taking part in it.
    case allAdmitted = "all admitted"
    /// Whether each offender and the person take part of their own will.
    case everybodyTakesPart = "everybody takes part"
    case suitable
    case investigation
    /// Whether the leader of the investigation was asked.
    case leaderConsulted = "leader consulted"

    /// What can be asked when `service` is decided.
    static func allowed(for service: Service) -> [RoutingInput] {
        switch service {
        case .support: [.role, .decidingAge, .ownAge, .victimAge, .exploited, .protectedIdentity, .reported]
        case .mediation: allCases
        }
    }

    /// What somebody has to be allowed to see to be shown this input in an explanation.
    var fieldGroup: FieldGroup {
        switch self {
        case .role, .decidingAge, .ownAge, .victimAge: .person
        case .protectedIdentity: .protectedIdentity
        case .reported: .event
        case .exploited: .exploitation
        case .youngestOffenderAge, .oldestOffenderAge, .allAdmitted, .everybodyTakesPart, .suitable, .investigation, .leaderConsulted:
            .offenders
        }
    }

    /// The type of a column that asks for it.
    var type: ValueType {
        switch self {
        case .decidingAge, .ownAge, .victimAge, .youngestOffenderAge, .oldestOffenderAge: .number
        case .exploited: .boolean
        case .role, .protectedIdentity, .reported, .allAdmitted, .everybodyTakesPart, .suitable, .investigation, .leaderConsulted: .string
        }
    }

    /// Every value that there is; nil for numbers and truth values.
    var words: [String]? {
        switch self {
        case .decidingAge, .ownAge, .victimAge, .youngestOffenderAge, .oldestOffenderAge, .exploited: nil
        case .role: Role.allCases.map(\.rawValue)
        case .protectedIdentity: ProtectedIdentity.allCases.map(\.rawValue)
        case .investigation: Investigation.allCases.map(\.rawValue)
        case .reported, .allAdmitted, .everybodyTakesPart, .suitable, .leaderConsulted: Answer.allCases.map(\.rawValue)
        }
    }

    /// Every value that a case can have.
    var everyValue: [Value] {
        switch type {
        case .string: (words ?? []).map { .string($0) }
        case .boolean: [.boolean(false), .boolean(true)]
        case .number: [.null] + InputVariation.ages.map { .number(Double($0)) }
        }
    }

    /// A fact as the table compares it, and as the explanation shows it.
    struct Fact {
        let value: Value
        let shown: String?
        let origin: String?

        init(_ word: String, origin: String? = "sender") {
            value = .string(word)
            shown = word
            self.origin = origin
        }

        init(_ truth: Bool) {
            value = .boolean(truth)
            shown = truth ? "true" : "false"
            origin = "sender"
        }

        init(_ age: KnownAge?, origin: String? = nil) {
            value = age.map { .number(Double($0.years)) } ?? .null
            shown = age.map { String($0.years) }
            self.origin = age == nil ? nil : origin ?? age?.origin.rawValue
        }
    }

    func fact(in facts: CaseFacts) -> Fact {
        switch self {
        case .role: return Fact(facts.role.rawValue)
        case .decidingAge:
            let (age, ofVictim) = facts.decidingAge
            return Fact(age, origin: ofVictim && age != nil ? age?.origin.ofVictim : nil)
        case .ownAge: return Fact(facts.age)
        case .victimAge: return Fact(facts.victimAge, origin: facts.victimAge?.origin.ofVictim)
        case .exploited: return Fact(facts.exploitedForPayment)
        case .protectedIdentity: return Fact(facts.protectedIdentity.rawValue)
        case .reported: return Fact(facts.reported.rawValue)
        case .youngestOffenderAge, .oldestOffenderAge:
            let age = facts.mediation?.age { self == .youngestOffenderAge ? $0 < $1 : $0 > $1 }
            return Fact(age, origin: age?.origin.ofOffender)
        case .allAdmitted:
            return Fact(
                (facts.mediation?.allAdmitted ?? .unknown).rawValue, origin: facts.mediation.map { _ in "sender, of every offender" })
        case .everybodyTakesPart:
            return Fact(
                (facts.mediation?.everybodyTakesPart ?? .unknown).rawValue,
                origin: facts.mediation.map { _ in "sender, of the person and every offender" })
        case .suitable: return Fact((facts.mediation?.suitable ?? .unknown).rawValue, origin: facts.mediation.map { _ in "sender" })
        case .investigation: return facts.mediation.map { Fact($0.investigation.rawValue) } ?? Fact(KnownAge?.none)
        case .leaderConsulted:
            return Fact((facts.mediation?.leaderConsulted ?? .unknown).rawValue, origin: facts.mediation.map { _ in "sender" })
        }
    }
}

extension KnownAge.Origin {
    fileprivate var ofVictim: String {
        switch self {
        case .birthDate: "victim's birth date"
        case .stated: "victim's stated age"
        }
    }

    fileprivate var ofOffender: String {
        switch self {
        case .birthDate: "offender's birth date"
        case .stated: "offender's stated age"
        }
    }
}

extension MediationFacts {
    /// The age that comes first in `order`; nil when any is unknown.
    fileprivate func age(_ order: (Int, Int) -> Bool) -> KnownAge? {
        var found: KnownAge?
        for offender in offenders {
            guard let age = offender.age else { return nil }
            if let first = found, !order(age.years, first.years) { continue }
            found = age
        }
        return found
    }

    fileprivate var allAdmitted: Answer {
        offenders.reduce(offenders.isEmpty ? .unknown : .yes) { $0.and($1.admitted) }
    }

    fileprivate var everybodyTakesPart: Answer {
        offenders.reduce(offenders.isEmpty ? .unknown : personTakesPart) { $0.and($1.takesPart) }
    }
}

extension Answer {
    /// Yes when both are; no when either is; else unknown.
    fileprivate func and(_ other: Answer) -> Answer {
        switch (self, other) {
        case (.no, _), (_, .no): .no
        case (.yes, .yes): .yes
        default: .unknown
        }
    }
}
