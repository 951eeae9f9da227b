// The controlled lists. The raw values are the words of decision tables, explanations and the event log.

public enum Sex: String, Codable, Sendable, CaseIterable {
    case unspecified, female, male, other
}

public enum Role: String, Codable, Sendable, CaseIterable {
    case victim
    case witness
    case relativeOfVictim = "relative of victim"
    case relativeOfOffender = "relative of offender"
    case professional

    /// Goes where the victim's age puts them when they belong to that case.
    public var followsVictim: Bool { self == .witness || self == .relativeOfVictim }
}

public enum ContactHolder: String, Codable, Sendable, CaseIterable {
    case person, guardian, other
}

public enum ConsentStatus: String, Codable, Sendable, CaseIterable {
    case notAsked = "not asked"
    case yes
    case no
    case guardianYes = "guardian yes"
    case withdrawn

    /// Only a yes is routed.
    public var isYes: Bool { self == .yes || self == .guardianYes }
}

public enum LegalBasis: String, Codable, Sendable, CaseIterable {
    case consent
    case publicTask = "public task"
    case legalDuty = "legal duty"
    case ownRequest = "own request"
}

public enum ProtectedIdentity: String, Codable, Sendable, CaseIterable {
    case none
    /// Sekretessmarkering.
    case confidentialityMarking = "confidentiality marking"
    /// Skyddad folkbokföring.
    case protectedRegistration = "protected registration"
    /// Fingerade personuppgifter.
    case assumedIdentity = "assumed identity"
    case unknown

    /// Whether cases of the person may stand in lists among others: unknown is treated as protected.
    public var isListed: Bool { self == .none }

    /// Whether only named readers may have cases of the person.
    public var isProtected: Bool {
        switch self {
        case .none, .unknown: false
        case .confidentialityMarking, .protectedRegistration, .assumedIdentity: true
        }
    }
}

public enum CrimeCategory: String, Codable, Sendable, CaseIterable {
    case assault, threat, robbery
    case sexualOffence = "sexual offence"
    case violenceInCloseRelationship = "violence in close relationship"
    case honourRelated = "honour related"
    case stalkingOrHarassment = "stalking or harassment"
    case hateCrime = "hate crime"
    case theftOrBurglary = "theft or burglary"
    case fraud
    case deadlyViolence = "deadly violence"
    case trafficking, vandalism, traffic, other
}

public enum Answer: String, Codable, Sendable, CaseIterable {
    case yes, no, unknown
}

public enum Service: String, Codable, Sendable, CaseIterable {
    case support, mediation
}

public enum Investigation: String, Codable, Sendable, CaseIterable {
    case none, running, concluded
}

/// Why a recipient gave a case back.
public enum ReturnReason: String, Codable, Sendable, CaseIterable {
    case outsideArea = "outside area"
    case outsideAge = "outside age"
    case wrongService = "wrong service"
    case conflictOfInterest = "conflict of interest"
    case noCapacity = "no capacity"
    case language, other
}
