/// What routing, explanation and statistics use of a referral: coarse facts without name, number, contact or text. They stay when the
/// content is erased.
public struct CaseFacts: Hashable, Codable, Sendable {
    public let role: Role
    public let sex: Sex
    /// The person's own age on the day the referral was received.
    public let age: KnownAge?
    /// The related victim's age, for those who belong to a victim's case.
    public let victimAge: KnownAge?
    public let area: KnownArea?
    public internal(set) var consent: Consent
    public let legalBasis: LegalBasis
    public let protectedIdentity: ProtectedIdentity
    public let language: String?
    public let category: CrimeCategory
    public let reported: Answer
    public let exploitedForPayment: Bool
    public let services: [Service]
    public let mediation: MediationFacts?
    public let isTest: Bool
    /// The day on which ages were counted; nil in facts that were stored before this was kept.
    public let receivedOn: CivilDate?
    /// Keyed digest of the conflict group, which referrals of opposite sides of one event have in common; nil without a group, and in facts
    /// that were stored before this was kept.
    public let conflictMark: ContentDigest?

    /// - Parameters:
    ///   - received: the day in Sweden on which the referral was received. Ages are the completed years of that day; a later birthday moves
    ///     no case.
    ///   - conflictMark: of the content's conflict group.
    public init(_ content: ReferralContent, received: CivilDate, conflictMark: ContentDigest? = nil) {
        role = content.role
        sex = content.person.sex
        age = KnownAge(birthDate: content.person.birthDate, stated: content.person.age, on: received)
        victimAge =
            content.role.followsVictim
            ? content.relatedVictim.flatMap { KnownAge(birthDate: $0.birthDate, stated: $0.age, on: received) } : nil
        area =
            content.residence.map { KnownArea(area: $0, basis: .residence) }
            ?? content.stay.map { KnownArea(area: $0, basis: .stay) }
            ?? content.scene.map { KnownArea(area: $0, basis: .scene) }
        consent = content.consent
        legalBasis = content.legalBasis
        protectedIdentity = content.protectedIdentity
        language = content.language
        category = content.event.category
        reported = content.event.reported
        exploitedForPayment = content.event.exploitedForPayment
        services = content.services
        mediation = content.mediation.map { MediationFacts($0, received: received) }
        isTest = content.isTest
        receivedOn = received
        self.conflictMark = conflictMark
    }

    /// The age that decides where support is given, and whose it is.
    public var decidingAge: (age: KnownAge?, ofVictim: Bool) {
        victimAge.map { ($0, true) } ?? (age, false)
    }
}

/// An age with where it came from.
public struct KnownAge: Hashable, Codable, Sendable {
    public enum Origin: String, Codable, Sendable {
        case birthDate = "birth date"
        case stated = "stated age"
    }

    /// Completed years.
    public let years: Int
    public let origin: Origin

    /// A birth date wins over a stated age; nil when there is neither, or the birth date lies after `day`.
    init?(birthDate: CivilDate?, stated: Int?, on day: CivilDate) {
        if let birthDate {
            guard birthDate <= day else { return nil }
            years = birthDate.completedYears(on: day)
            origin = .birthDate
        } else if let stated {
            years = stated
            origin = .stated
        } else {
            return nil
        }
    }
}

/// An area with why it was used.
public struct KnownArea: Hashable, Codable, Sendable {
    public enum Basis: String, Codable, Sendable {
        case residence, stay, scene
    }

    public let area: Area
    public let basis: Basis

    public init(area: Area, basis: Basis) {
        self.area = area
        self.basis = basis
    }
}

/// What decides about a mediation.
public struct MediationFacts: Hashable, Codable, Sendable {
    public struct OffenderFacts: Hashable, Codable, Sendable {
        public let age: KnownAge?
        public let area: Area?
        public let admitted: Answer
        public let takesPart: Answer
    }

    public let offenders: [OffenderFacts]
    public let investigation: Investigation
    public let leaderConsulted: Answer
    public let personTakesPart: Answer
    public let suitable: Answer

    init(_ mediation: Mediation, received: CivilDate) {
        offenders = mediation.offenders.map {
            OffenderFacts(
                age: KnownAge(birthDate: $0.birthDate, stated: $0.age, on: received), area: $0.residence, admitted: $0.admitted,
                takesPart: $0.takesPart)
        }
        investigation = mediation.investigation
        leaderConsulted = mediation.leaderConsulted
        personTakesPart = mediation.personTakesPart
        suitable = mediation.suitable
    }
}
