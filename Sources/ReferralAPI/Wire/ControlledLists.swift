import CReferralMessages
import Referral

// One exhaustive switch for each list: a member that is added to the domain does not compile until it has its number here.

extension Sex: WireEnumeration {
    static let numbering = WireNumbering<Sex>(lots__v1__sex__descriptor)

    var wire: Lots__V1__Sex {
        switch self {
        case .unspecified: LOTS__V1__SEX__SEX_UNSPECIFIED
        case .female: LOTS__V1__SEX__SEX_FEMALE
        case .male: LOTS__V1__SEX__SEX_MALE
        case .other: LOTS__V1__SEX__SEX_OTHER
        }
    }
}

extension Role: WireEnumeration {
    static let numbering = WireNumbering<Role>(lots__v1__role__descriptor)

    var wire: Lots__V1__Role {
        switch self {
        case .victim: LOTS__V1__ROLE__ROLE_VICTIM
        case .witness: LOTS__V1__ROLE__ROLE_WITNESS
        case .relativeOfVictim: LOTS__V1__ROLE__ROLE_RELATIVE_OF_VICTIM
        case .relativeOfOffender: LOTS__V1__ROLE__ROLE_RELATIVE_OF_OFFENDER
        case .professional: LOTS__V1__ROLE__ROLE_PROFESSIONAL
        }
    }
}

extension ContactHolder: WireEnumeration {
    static let numbering = WireNumbering<ContactHolder>(lots__v1__contact_holder__descriptor)

    var wire: Lots__V1__ContactHolder {
        switch self {
        case .person: LOTS__V1__CONTACT_HOLDER__CONTACT_HOLDER_PERSON
        case .guardian: LOTS__V1__CONTACT_HOLDER__CONTACT_HOLDER_GUARDIAN
        case .other: LOTS__V1__CONTACT_HOLDER__CONTACT_HOLDER_OTHER
        }
    }
}

extension ConsentStatus: WireEnumeration {
    static let numbering = WireNumbering<ConsentStatus>(lots__v1__consent_status__descriptor)

    var wire: Lots__V1__ConsentStatus {
        switch self {
        case .notAsked: LOTS__V1__CONSENT_STATUS__CONSENT_STATUS_NOT_ASKED
        case .yes: LOTS__V1__CONSENT_STATUS__CONSENT_STATUS_YES
        case .no: LOTS__V1__CONSENT_STATUS__CONSENT_STATUS_NO
        case .guardianYes: LOTS__V1__CONSENT_STATUS__CONSENT_STATUS_GUARDIAN_YES
        case .withdrawn: LOTS__V1__CONSENT_STATUS__CONSENT_STATUS_WITHDRAWN
        }
    }
}

extension LegalBasis: WireEnumeration {
    static let numbering = WireNumbering<LegalBasis>(lots__v1__legal_basis__descriptor)

    var wire: Lots__V1__LegalBasis {
        switch self {
        case .consent: LOTS__V1__LEGAL_BASIS__LEGAL_BASIS_CONSENT
        case .publicTask: LOTS__V1__LEGAL_BASIS__LEGAL_BASIS_PUBLIC_TASK
        case .legalDuty: LOTS__V1__LEGAL_BASIS__LEGAL_BASIS_LEGAL_DUTY
        case .ownRequest: LOTS__V1__LEGAL_BASIS__LEGAL_BASIS_OWN_REQUEST
        }
    }
}

extension ProtectedIdentity: WireEnumeration {
    static let numbering = WireNumbering<ProtectedIdentity>(lots__v1__protected_identity__descriptor)

    var wire: Lots__V1__ProtectedIdentity {
        switch self {
        case .none: LOTS__V1__PROTECTED_IDENTITY__PROTECTED_IDENTITY_NONE
        case .confidentialityMarking: LOTS__V1__PROTECTED_IDENTITY__PROTECTED_IDENTITY_CONFIDENTIALITY_MARKING
        case .protectedRegistration: LOTS__V1__PROTECTED_IDENTITY__PROTECTED_IDENTITY_PROTECTED_REGISTRATION
        case .assumedIdentity: LOTS__V1__PROTECTED_IDENTITY__PROTECTED_IDENTITY_ASSUMED_IDENTITY
        case .unknown: LOTS__V1__PROTECTED_IDENTITY__PROTECTED_IDENTITY_UNKNOWN
        }
    }
}

extension CrimeCategory: WireEnumeration {
    static let numbering = WireNumbering<CrimeCategory>(lots__v1__crime_category__descriptor)

    var wire: Lots__V1__CrimeCategory {
        switch self {
        case .assault: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_ASSAULT
        case .threat: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_THREAT
        case .robbery: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_ROBBERY
        case .sexualOffence: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_SEXUAL_OFFENCE
        case .violenceInCloseRelationship: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_VIOLENCE_IN_CLOSE_RELATIONSHIP
        case .honourRelated: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_HONOUR_RELATED
        case .stalkingOrHarassment: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_STALKING_OR_HARASSMENT
        case .hateCrime: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_HATE_CRIME
        case .theftOrBurglary: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_THEFT_OR_BURGLARY
        case .fraud: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_FRAUD
        case .deadlyViolence: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_DEADLY_VIOLENCE
        case .trafficking: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_TRAFFICKING
        case .vandalism: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_VANDALISM
        case .traffic: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_TRAFFIC
        case .other: LOTS__V1__CRIME_CATEGORY__CRIME_CATEGORY_OTHER
        }
    }
}

extension Answer: WireEnumeration {
    static let numbering = WireNumbering<Answer>(lots__v1__answer__descriptor)

    var wire: Lots__V1__Answer {
        switch self {
        case .yes: LOTS__V1__ANSWER__ANSWER_YES
        case .no: LOTS__V1__ANSWER__ANSWER_NO
        case .unknown: LOTS__V1__ANSWER__ANSWER_UNKNOWN
        }
    }
}

extension Service: WireEnumeration {
    static let numbering = WireNumbering<Service>(lots__v1__service__descriptor)

    var wire: Lots__V1__Service {
        switch self {
        case .support: LOTS__V1__SERVICE__SERVICE_SUPPORT
        case .mediation: LOTS__V1__SERVICE__SERVICE_MEDIATION
        }
    }
}

extension Investigation: WireEnumeration {
    static let numbering = WireNumbering<Investigation>(lots__v1__investigation__descriptor)

    var wire: Lots__V1__Investigation {
        switch self {
        case .none: LOTS__V1__INVESTIGATION__INVESTIGATION_NONE
        case .running: LOTS__V1__INVESTIGATION__INVESTIGATION_RUNNING
        case .concluded: LOTS__V1__INVESTIGATION__INVESTIGATION_CONCLUDED
        }
    }
}

extension ReturnReason: WireEnumeration {
    static let numbering = WireNumbering<ReturnReason>(lots__v1__return_reason__descriptor)

    var wire: Lots__V1__ReturnReason {
        switch self {
        case .outsideArea: LOTS__V1__RETURN_REASON__RETURN_REASON_OUTSIDE_AREA
        case .outsideAge: LOTS__V1__RETURN_REASON__RETURN_REASON_OUTSIDE_AGE
        case .wrongService: LOTS__V1__RETURN_REASON__RETURN_REASON_WRONG_SERVICE
        case .conflictOfInterest: LOTS__V1__RETURN_REASON__RETURN_REASON_CONFLICT_OF_INTEREST
        case .noCapacity: LOTS__V1__RETURN_REASON__RETURN_REASON_NO_CAPACITY
        case .language: LOTS__V1__RETURN_REASON__RETURN_REASON_LANGUAGE
        case .other: LOTS__V1__RETURN_REASON__RETURN_REASON_OTHER
        }
    }
}

extension DeliveryStatus: WireEnumeration {
    static let numbering = WireNumbering<DeliveryStatus>(lots__v1__delivery_status__descriptor)

    var wire: Lots__V1__DeliveryStatus {
        switch self {
        case .stored: LOTS__V1__DELIVERY_STATUS__DELIVERY_STATUS_STORED
        case .routed: LOTS__V1__DELIVERY_STATUS__DELIVERY_STATUS_ROUTED
        case .taken: LOTS__V1__DELIVERY_STATUS__DELIVERY_STATUS_TAKEN
        case .returned: LOTS__V1__DELIVERY_STATUS__DELIVERY_STATUS_RETURNED
        case .ended: LOTS__V1__DELIVERY_STATUS__DELIVERY_STATUS_ENDED
        }
    }
}

extension AssignmentPhase: WireEnumeration {
    static let numbering = WireNumbering<AssignmentPhase>(lots__v1__assignment_phase__descriptor)

    var wire: Lots__V1__AssignmentPhase {
        switch self {
        case .leased: LOTS__V1__ASSIGNMENT_PHASE__ASSIGNMENT_PHASE_LEASED
        case .received: LOTS__V1__ASSIGNMENT_PHASE__ASSIGNMENT_PHASE_RECEIVED
        case .accepted: LOTS__V1__ASSIGNMENT_PHASE__ASSIGNMENT_PHASE_ACCEPTED
        case .returned: LOTS__V1__ASSIGNMENT_PHASE__ASSIGNMENT_PHASE_RETURNED
        }
    }
}
