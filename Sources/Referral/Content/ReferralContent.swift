/// All that a sender says about one person and one event. The values have been checked; see `ReferralAPI`.
public struct ReferralContent: Hashable, Sendable {
    public var person: Person
    public var role: Role
    public var relatedVictim: RelatedVictim?
    public var residence: Area?
    public var stay: Area?
    public var scene: Area?
    public var contacts: [Contact]
    public var consent: Consent
    public var legalBasis: LegalBasis
    public var protectedIdentity: ProtectedIdentity
    /// BCP 47.
    public var language: String?
    public var interpreterNeeded: Bool
    public var event: CrimeEvent
    /// In the order asked for, without repetition; never empty.
    public var services: [Service]
    public var mediation: Mediation?
    public var conflictGroup: String?
    public var freeText: String?
    /// Invented person.
    public var isTest: Bool

    public init(
        person: Person, role: Role, relatedVictim: RelatedVictim? = nil, residence: Area? = nil, stay: Area? = nil, scene: Area? = nil,
        contacts: [Contact] = [], consent: Consent, legalBasis: LegalBasis, protectedIdentity: ProtectedIdentity, language: String? = nil,
        interpreterNeeded: Bool = false, event: CrimeEvent, services: [Service], mediation: Mediation? = nil,
        conflictGroup: String? = nil, freeText: String? = nil, isTest: Bool = false
    ) {
        self.person = person
        self.role = role
        self.relatedVictim = relatedVictim
        self.residence = residence
        self.stay = stay
        self.scene = scene
        self.contacts = contacts
        self.consent = consent
        self.legalBasis = legalBasis
        self.protectedIdentity = protectedIdentity
        self.language = language
        self.interpreterNeeded = interpreterNeeded
        self.event = event
        self.services = services
        self.mediation = mediation
        self.conflictGroup = conflictGroup
        self.freeText = freeText
        self.isTest = isTest
    }
}

/// A person as known to the sender. Who seeks support may be anonymous: everything is optional but the sex, which may be unspecified.
public struct Person: Hashable, Sendable {
    public var name: String?
    /// As sent; valid by form and check digit.
    public var personalNumber: String?
    /// From the personal number when there is one, else as sent.
    public var birthDate: CivilDate?
    /// Completed years on the day of sending, 0 to 130.
    public var age: Int?
    public var sex: Sex

    public init(name: String? = nil, personalNumber: String? = nil, birthDate: CivilDate? = nil, age: Int? = nil, sex: Sex = .unspecified) {
        self.name = name
        self.personalNumber = personalNumber
        self.birthDate = birthDate
        self.age = age
        self.sex = sex
    }
}

/// The victim to whose case a witness or relative belongs.
public struct RelatedVictim: Hashable, Sendable {
    public var birthDate: CivilDate?
    public var age: Int?

    public init(birthDate: CivilDate? = nil, age: Int? = nil) {
        self.birthDate = birthDate
        self.age = age
    }
}

/// A place by code: a municipality (SCB's four digits) and, in Stockholm, a stadsdelsområde.
public struct Area: Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
    public let municipality: String
    public let district: String?

    public init(municipality: String, district: String? = nil) {
        self.municipality = municipality
        self.district = district
    }

    /// `0180/farsta` or `0191`
    public var description: String { district.map { "\(municipality)/\($0)" } ?? municipality }

    public static func < (left: Area, right: Area) -> Bool { left.description < right.description }
}

/// A way to reach the person. The rules that make it safe belong to it and are shown wherever it is shown.
public struct Contact: Hashable, Sendable {
    public var phone: String?
    public var email: String?
    public var postalAddress: String?
    public var holder: ContactHolder
    public var holderName: String?
    public var noVoicemail: Bool
    public var noSMS: Bool
    public var notAtHome: Bool
    public var safeHours: String?
    public var mayAnswer: String?

    public init(
        phone: String? = nil, email: String? = nil, postalAddress: String? = nil, holder: ContactHolder, holderName: String? = nil,
        noVoicemail: Bool = false, noSMS: Bool = false, notAtHome: Bool = false, safeHours: String? = nil, mayAnswer: String? = nil
    ) {
        self.phone = phone
        self.email = email
        self.postalAddress = postalAddress
        self.holder = holder
        self.holderName = holderName
        self.noVoicemail = noVoicemail
        self.noSMS = noSMS
        self.notAtHome = notAtHome
        self.safeHours = safeHours
        self.mayAnswer = mayAnswer
    }
}

/// What the person answered to "may a support organisation contact you?".
public struct Consent: Hashable, Codable, Sendable {
    public var status: ConsentStatus
    public var coversSupport: Bool
    public var coversMediation: Bool
    public var coversOutcome: Bool
    public var askedOn: CivilDate?

    public init(
        status: ConsentStatus, coversSupport: Bool = false, coversMediation: Bool = false, coversOutcome: Bool = false,
        askedOn: CivilDate? = nil
    ) {
        self.status = status
        self.coversSupport = coversSupport
        self.coversMediation = coversMediation
        self.coversOutcome = coversOutcome
        self.askedOn = askedOn
    }

    public func covers(_ service: Service) -> Bool {
        switch service {
        case .support: coversSupport
        case .mediation: coversMediation
        }
    }
}

/// The crime, as far as it matters to those who help.
public struct CrimeEvent: Hashable, Sendable {
    public var category: CrimeCategory
    /// Brottskod, four digits.
    public var crimeCode: String?
    /// The year of the code list that `crimeCode` is from.
    public var crimeCodeYear: Int?
    public var date: CivilDate?
    /// K-nummer.
    public var policeReference: String?
    public var reported: Answer
    public var exploitedForPayment: Bool

    public init(
        category: CrimeCategory, crimeCode: String? = nil, crimeCodeYear: Int? = nil, date: CivilDate? = nil,
        policeReference: String? = nil, reported: Answer = .unknown, exploitedForPayment: Bool = false
    ) {
        self.category = category
        self.crimeCode = crimeCode
        self.crimeCodeYear = crimeCodeYear
        self.date = date
        self.policeReference = policeReference
        self.reported = reported
        self.exploitedForPayment = exploitedForPayment
    }
}

/// What mediation needs to be decided (lag 2002:445).
public struct Mediation: Hashable, Sendable {
    /// Never empty.
    public var offenders: [Offender]
    public var investigation: Investigation
    public var leaderConsulted: Answer
    public var personTakesPart: Answer
    public var suitable: Answer

    public init(
        offenders: [Offender], investigation: Investigation, leaderConsulted: Answer = .unknown, personTakesPart: Answer = .unknown,
        suitable: Answer = .unknown
    ) {
        self.offenders = offenders
        self.investigation = investigation
        self.leaderConsulted = leaderConsulted
        self.personTakesPart = personTakesPart
        self.suitable = suitable
    }
}

/// The young person who did it. Only municipal mediators see this.
public struct Offender: Hashable, Sendable {
    public var name: String?
    public var personalNumber: String?
    public var birthDate: CivilDate?
    public var age: Int?
    public var residence: Area?
    public var phone: String?
    public var admitted: Answer
    public var takesPart: Answer

    public init(
        name: String? = nil, personalNumber: String? = nil, birthDate: CivilDate? = nil, age: Int? = nil, residence: Area? = nil,
        phone: String? = nil, admitted: Answer = .unknown, takesPart: Answer = .unknown
    ) {
        self.name = name
        self.personalNumber = personalNumber
        self.birthDate = birthDate
        self.age = age
        self.residence = residence
        self.phone = phone
        self.admitted = admitted
        self.takesPart = takesPart
    }
}
