/// Fields that are shown or withheld together. The log of every hand-out names them.
public enum FieldGroup: String, Codable, Sendable, CaseIterable {
    // Content: what the sender has sent.
    /// Name, sex, age; role, language, interpreter.
    case person
    /// What the person answered, and the legal basis.
    case consent
    case protectedIdentity = "protected identity"
    /// Personal number and birth dates. Without it the ages are shown.
    case personalNumber = "personal number"
    /// Ways to reach the person, always with the rules that make them safe.
    case contacts
    /// Residence, stay and scene.
    case areas
    /// Coarse category and date of the event, and whether it was reported.
    case event
    /// Brottskod.
    case crimeDetail = "crime detail"
    /// Sexual exploitation for payment.
    case exploitation
    /// K-nummer.
    case policeReference = "police reference"
    /// The sender's free text.
    case freeText = "free text"
    /// Offenders and the state of the investigation.
    case offenders
    /// The mark that keeps handlers of two sides apart: a keyed digest, never the sender's own word.
    case conflictGroup = "conflict group"
    // What the exchange has made of it.
    /// Why the case went where it went; of its inputs those of groups that are shown.
    case explanation
    /// Where the case stands: phase, clocks, attempts, who asked for what; codes and times.
    case progress
    /// The parties of a mediation without identity: ages, admissions, answers.
    case parties
    /// Stored, routed, taken, returned, ended.
    case deliveryStatus = "delivery status"
    /// How it ended: a code.
    case outcome

    /// Whether it is of what the sender has sent, and erased with it.
    public var isContent: Bool {
        switch self {
        case .person, .consent, .protectedIdentity, .personalNumber, .contacts, .areas, .event, .crimeDetail, .exploitation,
            .policeReference, .freeText, .offenders, .conflictGroup:
            true
        case .explanation, .progress, .parties, .deliveryStatus, .outcome: false
        }
    }

    /// The fields of `ReferralContent` that belong to it, in the order of their declaration: `contacts[].phone`. Empty unless `isContent`.
    public var fields: [String] {
        switch self {
        case .person:
            ["person.name", "person.age", "person.sex", "role", "relatedVictim.age", "language", "interpreterNeeded"]
        case .consent:
            [
                "consent.status", "consent.coversSupport", "consent.coversMediation", "consent.coversOutcome", "consent.askedOn",
                "legalBasis",
            ]
        case .protectedIdentity: ["protectedIdentity"]
        case .personalNumber: ["person.personalNumber", "person.birthDate", "relatedVictim.birthDate"]
        case .contacts:
            ["phone", "email", "postalAddress", "holder", "holderName", "noVoicemail", "noSMS", "notAtHome", "safeHours", "mayAnswer"]
                .map { "contacts[].\($0)" }
        case .areas: ["residence", "stay", "scene"]
        case .event: ["event.category", "event.date", "event.reported"]
        case .crimeDetail: ["event.crimeCode", "event.crimeCodeYear"]
        case .exploitation: ["event.exploitedForPayment"]
        case .policeReference: ["event.policeReference"]
        case .freeText: ["freeText"]
        case .offenders:
            Self.offenderFields.map { "mediation.offenders[].\($0)" }
                + ["investigation", "leaderConsulted", "personTakesPart", "suitable"].map { "mediation.\($0)" }
        case .conflictGroup: ["conflictGroup"]
        case .explanation, .progress, .parties, .deliveryStatus, .outcome: []
        }
    }

    private static let offenderFields = [
        "name", "personalNumber", "birthDate", "age", "residence", "phone", "admitted", "takesPart",
    ]

    /// The fields of `ReferralContent` that say nothing about the person: the assignment's own service, and whether it is a test.
    public static let alwaysShown = ["services[]", "isTest"]
}
