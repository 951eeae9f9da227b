import CReferralMessages
import Referral

// From the wire to the domain: every check of a referral's fields. See `FieldReader`.

/// A text of a one-member `oneof`: present or not, and possibly empty.
private func given(_ tag: some RawRepresentable<UInt32>, _ text: UnsafeMutablePointer<CChar>?) -> FieldReader.CText? {
    tag.rawValue == 0 ? nil : text.map { UnsafePointer($0) }
}

/// A number of a one-member `oneof`.
func given(_ tag: some RawRepresentable<UInt32>, _ number: UInt32) -> UInt32? {
    tag.rawValue == 0 ? nil : number
}

private let nameLimit = 200
private let textLimit = 500

extension ReferralContent {
    private static let contactLimit = 5
    private static let freeTextLimit = 10_000

    init?(_ message: UnsafePointer<Lots__V1__Referral>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let person = wire.person == nil ? Person() : fields.within("person", wire.person) { Person($0, &$1) }
        let role: Role? = fields.member(wire.role, "role")
        let relatedVictim = fields.within("related_victim", wire.related_victim) { RelatedVictim($0, &$1) }
        let areas = fields.within("areas", wire.areas) { areas, fields in
            (
                residence: fields.within("residence", areas.pointee.residence) { Area($0, &$1) },
                stay: fields.within("stay", areas.pointee.stay) { Area($0, &$1) },
                scene: fields.within("scene", areas.pointee.scene) { Area($0, &$1) }
            )
        }
        let contacts = Self.contacts(wire.n_contacts, wire.contacts, &fields)
        let consent = fields.required("consent", wire.consent) { Consent($0, &$1) }
        let legalBasis: LegalBasis? = fields.member(wire.legal_basis, "legal_basis")
        let protectedIdentity: ProtectedIdentity? = fields.member(wire.protected_identity, "protected_identity")
        let language = fields.text(
            FieldReader.said(wire.language), "language", rule: "must be a language tag (BCP 47), such as sv or prs",
            form: TextForm.isLanguageTag)
        let event = fields.required("event", wire.event) { CrimeEvent($0, &$1) }
        let services = Self.services(wire, &fields)
        let mediation = fields.within("mediation", wire.mediation) { Mediation($0, &$1) }
        let conflictGroup = fields.identifier(FieldReader.said(wire.conflict_group), "conflict_group")
        let freeText = fields.text(FieldReader.said(wire.free_text), "free_text", limit: Self.freeTextLimit, multiline: true)
        if wire.test != 0, !fields.rules.acceptsTestData {
            fields.faults.note("test", "must be false: this exchange takes no test data")
        }
        if fields.rules.isSubmission {
            if let services { Self.checkMediation(wire, services, &fields) }
            if let consent, consent.status.isYes {
                Self.checkConsent(consent, services ?? [], &fields)
                Self.checkReach(wire, protectedIdentity, &fields)
            }
        }
        guard let person, let role, let contacts, let consent, let legalBasis, let protectedIdentity, let event, let services else {
            return nil
        }
        self.init(
            person: person, role: role, relatedVictim: relatedVictim, residence: areas?.residence, stay: areas?.stay, scene: areas?.scene,
            contacts: contacts, consent: consent, legalBasis: legalBasis, protectedIdentity: protectedIdentity, language: language,
            interpreterNeeded: wire.interpreter_needed != 0, event: event, services: services, mediation: mediation,
            conflictGroup: conflictGroup, freeText: freeText, isTest: wire.test != 0)
    }

    /// Ways to reach the person; nil when one of them has a fault.
    static func contacts(
        _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Lots__V1__Contact>?>?, _ fields: inout FieldReader
    ) -> [Contact]? {
        if count > contactLimit { fields.faults.note("contacts", "must not be more than \(contactLimit)") }
        return fields.elements("contacts", min(count, contactLimit), messages) { Contact($0, &$1) }
    }

    private static func services(_ wire: Lots__V1__Referral, _ fields: inout FieldReader) -> [Service]? {
        let limit = Service.allCases.count
        guard (1...limit).contains(wire.n_services), let elements = wire.services else {
            fields.faults.note("services", "must be 1 to \(limit) of \(Service.numbering.names)")
            return nil
        }
        var services: [Service] = []
        services.reserveCapacity(limit)
        for index in 0..<wire.n_services {
            guard let service: Service = fields.member(elements[index], "services", index: index) else { continue }
            if services.contains(service) {
                fields.faults.note("services", index: index, "must not repeat a service")
            } else {
                services.append(service)
            }
        }
        return services.count == wire.n_services ? services : nil
    }

    private static func checkMediation(_ wire: Lots__V1__Referral, _ services: [Service], _ fields: inout FieldReader) {
        if services.contains(.mediation), wire.mediation == nil {
            fields.faults.note("mediation", "is required when SERVICE_MEDIATION is asked for")
        }
        if !services.contains(.mediation), wire.mediation != nil {
            fields.faults.note("mediation", "must be left out when SERVICE_MEDIATION is not asked for")
        }
    }

    private static func checkConsent(_ consent: Consent, _ services: [Service], _ fields: inout FieldReader) {
        fields.within("consent") { fields in
            if services.contains(.support), !consent.coversSupport {
                fields.faults.note("support", "must be true when SERVICE_SUPPORT is asked for and consent was given")
            }
            if services.contains(.mediation), !consent.coversMediation {
                fields.faults.note("mediation", "must be true when SERVICE_MEDIATION is asked for and consent was given")
            }
        }
    }

    /// Somebody who said yes is to be contacted. Behind a protected identity that may go through an authority instead.
    private static func checkReach(_ wire: Lots__V1__Referral, _ protectedIdentity: ProtectedIdentity?, _ fields: inout FieldReader) {
        if let protectedIdentity, protectedIdentity.isProtected { return }
        let isReachable = (0..<min(wire.n_contacts, contactLimit)).contains { index in
            guard let contact = wire.contacts?[index]?.pointee else { return false }
            return FieldReader.said(contact.phone) != nil || FieldReader.said(contact.email) != nil
                || FieldReader.said(contact.postal_address) != nil
        }
        if !isReachable {
            fields.faults.note("contacts", "must have a phone, an email or a postal_address when consent was given")
        }
    }
}

extension Person {
    init?(_ message: UnsafePointer<Lots__V1__Person>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let name = fields.text(given(wire.has_name_case, wire.name), "name", limit: nameLimit)
        let identity = fields.identity(
            number: given(wire.has_personal_number_case, wire.personal_number), birthDate: given(wire.has_birth_date_case, wire.birth_date))
        let age = fields.age(given(wire.has_age_case, wire.age))
        guard let sex: Sex = fields.member(wire.sex, "sex", unsaid: .unspecified) else { return nil }
        self.init(name: name, personalNumber: identity.number, birthDate: identity.birthDate, age: age, sex: sex)
    }
}

extension RelatedVictim {
    init(_ message: UnsafePointer<Lots__V1__RelatedVictim>, _ fields: inout FieldReader) {
        let wire = message.pointee
        self.init(
            birthDate: fields.birthDate(given(wire.has_birth_date_case, wire.birth_date)),
            age: fields.age(given(wire.has_age_case, wire.age)))
    }
}

extension Area {
    /// The only municipality whose districts are in the exchange's list: Stockholm.
    private static let municipalityWithDistricts = "0180"

    init?(_ message: UnsafePointer<Lots__V1__Area>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let municipality = fields.text(
            wire.municipality, "municipality", rule: "must be the four digits of a municipality", form: TextForm.isFourDigits)
        let district = fields.text(
            FieldReader.said(wire.district), "district", rule: "must be 1 to 64 of a to z, å, ä, ö, digits and hyphens",
            form: TextForm.isDistrict)
        guard let municipality else { return nil }
        if district != nil, municipality != Self.municipalityWithDistricts {
            fields.faults.note("district", "must be left out unless municipality is \(Self.municipalityWithDistricts)")
        }
        self.init(municipality: municipality, district: district)
    }
}

extension Contact {
    init?(_ message: UnsafePointer<Lots__V1__Contact>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let phone = fields.phone(FieldReader.said(wire.phone))
        let email = fields.text(
            FieldReader.said(wire.email), "email", rule: "must be an email address of at most 254 bytes", form: TextForm.isEmail)
        let postalAddress = fields.text(FieldReader.said(wire.postal_address), "postal_address", limit: textLimit)
        let holder: ContactHolder? = fields.member(wire.holder, "holder")
        let holderName = fields.text(FieldReader.said(wire.holder_name), "holder_name", limit: nameLimit)
        let safeHours = fields.text(FieldReader.said(wire.safe_hours), "safe_hours", limit: textLimit)
        let mayAnswer = fields.text(FieldReader.said(wire.may_answer), "may_answer", limit: textLimit)
        guard let holder else { return nil }
        self.init(
            phone: phone, email: email, postalAddress: postalAddress, holder: holder, holderName: holderName,
            noVoicemail: wire.no_voicemail != 0, noSMS: wire.no_sms != 0, notAtHome: wire.not_at_home != 0, safeHours: safeHours,
            mayAnswer: mayAnswer)
    }
}

extension Consent {
    init?(_ message: UnsafePointer<Lots__V1__Consent>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let status: ConsentStatus? = fields.member(wire.status, "status")
        let askedOn = fields.pastDate(given(wire.has_asked_on_case, wire.asked_on), "asked_on")
        guard let status else { return nil }
        self.init(
            status: status, coversSupport: wire.support != 0, coversMediation: wire.mediation != 0, coversOutcome: wire.share_outcome != 0,
            askedOn: askedOn)
    }
}

extension CrimeEvent {
    private static let firstCrimeCodeYear = 1960

    init?(_ message: UnsafePointer<Lots__V1__Event>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let category: CrimeCategory? = fields.member(wire.category, "category")
        let crimeCode = fields.text(
            given(wire.has_crime_code_case, wire.crime_code), "crime_code", rule: "must be four digits", form: TextForm.isFourDigits)
        let crimeCodeYear = Self.crimeCodeYear(wire, &fields)
        let date = fields.pastDate(given(wire.has_date_case, wire.date), "date")
        let policeReference = Self.policeReference(wire, &fields)
        let reported: Answer? = fields.member(wire.reported, "reported", unsaid: .unknown)
        guard let category, let reported else { return nil }
        self.init(
            category: category, crimeCode: crimeCode, crimeCodeYear: crimeCodeYear, date: date, policeReference: policeReference,
            reported: reported, exploitedForPayment: wire.exploited_for_payment != 0)
    }

    private static func crimeCodeYear(_ wire: Lots__V1__Event, _ fields: inout FieldReader) -> Int? {
        let hasCode = wire.has_crime_code_case.rawValue != 0
        guard wire.crime_code_year != 0 else {
            if hasCode { fields.faults.note("crime_code_year", "is required with crime_code") }
            return nil
        }
        if !hasCode { fields.faults.note("crime_code_year", "must be left out without crime_code") }
        let last = fields.rules.isSubmission ? fields.rules.today.map { $0.year + 1 } ?? 9999 : 9999
        guard (firstCrimeCodeYear...max(firstCrimeCodeYear, last)).contains(Int(wire.crime_code_year)) else {
            fields.faults.note("crime_code_year", "must be from \(firstCrimeCodeYear) to next year")
            return nil
        }
        return Int(wire.crime_code_year)
    }

    private static func policeReference(_ wire: Lots__V1__Event, _ fields: inout FieldReader) -> String? {
        guard let text = given(wire.has_police_reference_case, wire.police_reference) else { return nil }
        let reference = PoliceReference(String(cString: text))
        if reference == nil {
            fields.faults.note("police_reference", "must be a K-nummer, such as 5000-K123456-24; the unit in front may be left out")
        }
        return reference?.description
    }
}

extension Mediation {
    private static let offenderLimit = 20

    init?(_ message: UnsafePointer<Lots__V1__Mediation>, _ fields: inout FieldReader) {
        let wire = message.pointee
        if !(1...Self.offenderLimit).contains(wire.n_offenders) {
            fields.faults.note("offenders", "must be 1 to \(Self.offenderLimit)")
        }
        let offenders = fields.elements("offenders", min(wire.n_offenders, Self.offenderLimit), wire.offenders) { Offender($0, &$1) }
        let investigation: Investigation? = fields.member(wire.investigation, "investigation")
        let leaderConsulted: Answer? = fields.member(wire.leader_consulted, "leader_consulted", unsaid: .unknown)
        let personTakesPart: Answer? = fields.member(wire.person_takes_part, "person_takes_part", unsaid: .unknown)
        let suitable: Answer? = fields.member(wire.suitable, "suitable", unsaid: .unknown)
        guard let offenders, let investigation, let leaderConsulted, let personTakesPart, let suitable else { return nil }
        self.init(
            offenders: offenders, investigation: investigation, leaderConsulted: leaderConsulted, personTakesPart: personTakesPart,
            suitable: suitable)
    }
}

extension Offender {
    init?(_ message: UnsafePointer<Lots__V1__Offender>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let name = fields.text(given(wire.has_name_case, wire.name), "name", limit: nameLimit)
        let identity = fields.identity(
            number: given(wire.has_personal_number_case, wire.personal_number), birthDate: given(wire.has_birth_date_case, wire.birth_date))
        let age = fields.age(given(wire.has_age_case, wire.age))
        let residence = fields.within("residence", wire.residence) { Area($0, &$1) }
        let phone = fields.phone(FieldReader.said(wire.phone))
        let admitted: Answer? = fields.member(wire.admitted, "admitted", unsaid: .unknown)
        let takesPart: Answer? = fields.member(wire.takes_part, "takes_part", unsaid: .unknown)
        guard let admitted, let takesPart else { return nil }
        self.init(
            name: name, personalNumber: identity.number, birthDate: identity.birthDate, age: age, residence: residence, phone: phone,
            admitted: admitted, takesPart: takesPart)
    }
}
