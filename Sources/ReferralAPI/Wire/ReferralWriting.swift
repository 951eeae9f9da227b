import CReferralMessages
import Protobuf
import Referral

// From the domain to the wire. What is not known is left at its default.

extension ReferralContent {
    static let wireType = MessageType(lots__v1__referral__init)

    func write(to message: UnsafeMutablePointer<Lots__V1__Referral>, in arena: Arena) {
        message.pointee.person = arena.make(personType)
        person.write(to: message.pointee.person, in: arena)
        message.pointee.role = role.wire
        if let relatedVictim {
            message.pointee.related_victim = arena.make(relatedVictimType)
            relatedVictim.write(to: message.pointee.related_victim, in: arena)
        }
        if residence != nil || stay != nil || scene != nil {
            let areas = arena.make(areasType)
            areas.pointee.residence = residence?.message(in: arena)
            areas.pointee.stay = stay?.message(in: arena)
            areas.pointee.scene = scene?.message(in: arena)
            message.pointee.areas = areas
        }
        (message.pointee.n_contacts, message.pointee.contacts) = Self.messages(of: contacts, in: arena)
        message.pointee.consent = consent.message(in: arena)
        message.pointee.legal_basis = legalBasis.wire
        message.pointee.protected_identity = protectedIdentity.wire
        message.pointee.language = arena.string(language)
        message.pointee.interpreter_needed = interpreterNeeded ? 1 : 0
        message.pointee.event = arena.make(eventType)
        event.write(to: message.pointee.event, in: arena)
        (message.pointee.n_services, message.pointee.services) = arena.array(services.map(\.wire))
        if let mediation {
            message.pointee.mediation = arena.make(mediationType)
            mediation.write(to: message.pointee.mediation, in: arena)
        }
        message.pointee.conflict_group = arena.string(conflictGroup)
        message.pointee.free_text = arena.string(freeText)
        message.pointee.test = isTest ? 1 : 0
    }
}

extension ReferralContent {
    static func messages(
        of contacts: [Contact], in arena: Arena
    ) -> (count: Int, elements: UnsafeMutablePointer<UnsafeMutablePointer<Lots__V1__Contact>?>?) {
        arena.array(contactType, of: contacts) { $1.write(to: $0, in: arena) }
    }
}

extension Consent {
    func message(in arena: Arena) -> UnsafeMutablePointer<Lots__V1__Consent> {
        let message = arena.make(consentType)
        write(to: message, in: arena)
        return message
    }
}

private let personType = MessageType(lots__v1__person__init)
private let relatedVictimType = MessageType(lots__v1__related_victim__init)
private let areasType = MessageType(lots__v1__areas__init)
private let areaType = MessageType(lots__v1__area__init)
private let contactType = MessageType(lots__v1__contact__init)
private let consentType = MessageType(lots__v1__consent__init)
private let eventType = MessageType(lots__v1__event__init)
private let mediationType = MessageType(lots__v1__mediation__init)
private let offenderType = MessageType(lots__v1__offender__init)

extension Person {
    fileprivate func write(to message: UnsafeMutablePointer<Lots__V1__Person>, in arena: Arena) {
        if let name {
            message.pointee.has_name_case = LOTS__V1__PERSON__HAS_NAME_NAME
            message.pointee.name = arena.string(name)
        }
        if let personalNumber {
            message.pointee.has_personal_number_case = LOTS__V1__PERSON__HAS_PERSONAL_NUMBER_PERSONAL_NUMBER
            message.pointee.personal_number = arena.string(personalNumber)
        }
        if let birthDate {
            message.pointee.has_birth_date_case = LOTS__V1__PERSON__HAS_BIRTH_DATE_BIRTH_DATE
            message.pointee.birth_date = arena.string(birthDate.description)
        }
        if let age {
            message.pointee.has_age_case = LOTS__V1__PERSON__HAS_AGE_AGE
            message.pointee.age = UInt32(clamping: age)
        }
        message.pointee.sex = sex.wire
    }
}

extension RelatedVictim {
    fileprivate func write(to message: UnsafeMutablePointer<Lots__V1__RelatedVictim>, in arena: Arena) {
        if let birthDate {
            message.pointee.has_birth_date_case = LOTS__V1__RELATED_VICTIM__HAS_BIRTH_DATE_BIRTH_DATE
            message.pointee.birth_date = arena.string(birthDate.description)
        }
        if let age {
            message.pointee.has_age_case = LOTS__V1__RELATED_VICTIM__HAS_AGE_AGE
            message.pointee.age = UInt32(clamping: age)
        }
    }
}

extension Area {
    fileprivate func message(in arena: Arena) -> UnsafeMutablePointer<Lots__V1__Area> {
        let message = arena.make(areaType)
        message.pointee.municipality = arena.string(municipality)
        message.pointee.district = arena.string(district)
        return message
    }
}

extension Contact {
    fileprivate func write(to message: UnsafeMutablePointer<Lots__V1__Contact>, in arena: Arena) {
        message.pointee.phone = arena.string(phone)
        message.pointee.email = arena.string(email)
        message.pointee.postal_address = arena.string(postalAddress)
        message.pointee.holder = holder.wire
        message.pointee.holder_name = arena.string(holderName)
        message.pointee.no_voicemail = noVoicemail ? 1 : 0
        message.pointee.no_sms = noSMS ? 1 : 0
        message.pointee.not_at_home = notAtHome ? 1 : 0
        message.pointee.safe_hours = arena.string(safeHours)
        message.pointee.may_answer = arena.string(mayAnswer)
    }
}

extension Consent {
    fileprivate func write(to message: UnsafeMutablePointer<Lots__V1__Consent>, in arena: Arena) {
        message.pointee.status = status.wire
        message.pointee.support = coversSupport ? 1 : 0
        message.pointee.mediation = coversMediation ? 1 : 0
        message.pointee.share_outcome = coversOutcome ? 1 : 0
        if let askedOn {
            message.pointee.has_asked_on_case = LOTS__V1__CONSENT__HAS_ASKED_ON_ASKED_ON
            message.pointee.asked_on = arena.string(askedOn.description)
        }
    }
}

extension CrimeEvent {
    fileprivate func write(to message: UnsafeMutablePointer<Lots__V1__Event>, in arena: Arena) {
        message.pointee.category = category.wire
        if let crimeCode {
            message.pointee.has_crime_code_case = LOTS__V1__EVENT__HAS_CRIME_CODE_CRIME_CODE
            message.pointee.crime_code = arena.string(crimeCode)
        }
        message.pointee.crime_code_year = UInt32(clamping: crimeCodeYear ?? 0)
        if let date {
            message.pointee.has_date_case = LOTS__V1__EVENT__HAS_DATE_DATE
            message.pointee.date = arena.string(date.description)
        }
        if let policeReference {
            message.pointee.has_police_reference_case = LOTS__V1__EVENT__HAS_POLICE_REFERENCE_POLICE_REFERENCE
            message.pointee.police_reference = arena.string(policeReference)
        }
        message.pointee.reported = reported.wire
        message.pointee.exploited_for_payment = exploitedForPayment ? 1 : 0
    }
}

extension Mediation {
    fileprivate func write(to message: UnsafeMutablePointer<Lots__V1__Mediation>, in arena: Arena) {
        (message.pointee.n_offenders, message.pointee.offenders) = arena.array(offenderType, of: offenders) { $1.write(to: $0, in: arena) }
        message.pointee.investigation = investigation.wire
        message.pointee.leader_consulted = leaderConsulted.wire
        message.pointee.person_takes_part = personTakesPart.wire
        message.pointee.suitable = suitable.wire
    }
}

extension Offender {
    fileprivate func write(to message: UnsafeMutablePointer<Lots__V1__Offender>, in arena: Arena) {
        if let name {
            message.pointee.has_name_case = LOTS__V1__OFFENDER__HAS_NAME_NAME
            message.pointee.name = arena.string(name)
        }
        if let personalNumber {
            message.pointee.has_personal_number_case = LOTS__V1__OFFENDER__HAS_PERSONAL_NUMBER_PERSONAL_NUMBER
            message.pointee.personal_number = arena.string(personalNumber)
        }
        if let birthDate {
            message.pointee.has_birth_date_case = LOTS__V1__OFFENDER__HAS_BIRTH_DATE_BIRTH_DATE
            message.pointee.birth_date = arena.string(birthDate.description)
        }
        if let age {
            message.pointee.has_age_case = LOTS__V1__OFFENDER__HAS_AGE_AGE
            message.pointee.age = UInt32(clamping: age)
        }
        message.pointee.residence = residence?.message(in: arena)
        message.pointee.phone = arena.string(phone)
        message.pointee.admitted = admitted.wire
        message.pointee.takes_part = takesPart.wire
    }
}
