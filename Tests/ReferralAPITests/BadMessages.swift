import CReferralMessages
import NIOCore
import Protobuf
import Referral
import Testing

@testable import ReferralAPI

/// A message that is `fullContent` but for one thing, and exactly what has to be said about it.
struct BadMessage: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let faults: [Fault]
    let change: @Sendable (UnsafeMutablePointer<Lots__V1__SubmitRequest>, ReferralPointer, Arena) -> Void

    init(
        _ path: String, _ rule: String, _ change: @escaping @Sendable (ReferralPointer, Arena) -> Void
    ) {
        self.init("\(path): \(rule)", [Fault(path: path, rule: rule)]) { _, referral, arena in change(referral, arena) }
    }

    init(
        _ name: String, _ faults: [Fault],
        _ change: @escaping @Sendable (UnsafeMutablePointer<Lots__V1__SubmitRequest>, ReferralPointer, Arena) -> Void
    ) {
        testDescription = name
        self.faults = faults
        self.change = change
    }
}

private let roles = "ROLE_VICTIM, ROLE_WITNESS, ROLE_RELATIVE_OF_VICTIM, ROLE_RELATIVE_OF_OFFENDER, ROLE_PROFESSIONAL"
private let statuses =
    "CONSENT_STATUS_NOT_ASKED, CONSENT_STATUS_YES, CONSENT_STATUS_NO, CONSENT_STATUS_GUARDIAN_YES, CONSENT_STATUS_WITHDRAWN"
private let answers = "must be left out or one of ANSWER_YES, ANSWER_NO, ANSWER_UNKNOWN"
private let controls = "must not have control characters"
private let dayRule = "must be a day that exists, YYYY-MM-DD"
private let future = "must not lie in the future"
private let phoneRule = "must be + and 7 to 15 digits with the country code first (E.164)"
private let emailRule = "must be an email address of at most 254 bytes"
private let identifierRule = "must be 1 to 64 visible ASCII characters"
private let formRule = "must be YYYYMMDDNNNC, YYMMDD-NNNC or, from the year of turning 100, YYMMDD+NNNC"
private let referenceRule = "must be a K-nummer, such as 5000-K123456-24; the unit in front may be left out"
private let languageRule = "must be a language tag (BCP 47), such as sv or prs"
private let districtRule = "must be 1 to 64 of a to z, å, ä, ö, digits and hyphens"

private func person(_ path: String, _ rule: String, _ change: @escaping @Sendable (inout Lots__V1__Person, Arena) -> Void) -> BadMessage {
    BadMessage("referral.person.\(path)", rule) { change(&$0.pointee.person.pointee, $1) }
}

private func contact(_ path: String, _ rule: String, _ change: @escaping @Sendable (inout Lots__V1__Contact, Arena) -> Void) -> BadMessage {
    BadMessage("referral.contacts[1].\(path)", rule) { referral, arena in
        if let contact = referral.pointee.contacts[1] { change(&contact.pointee, arena) }
    }
}

private func event(_ path: String, _ rule: String, _ change: @escaping @Sendable (inout Lots__V1__Event, Arena) -> Void) -> BadMessage {
    BadMessage("referral.event.\(path)", rule) { change(&$0.pointee.event.pointee, $1) }
}

private func offender(_ path: String, _ rule: String, _ change: @escaping @Sendable (inout Lots__V1__Offender, Arena) -> Void) -> BadMessage
{
    BadMessage("referral.mediation.offenders[0].\(path)", rule) { referral, arena in
        if let offender = referral.pointee.mediation.pointee.offenders[0] { change(&offender.pointee, arena) }
    }
}

private let envelope: [BadMessage] =
    [
        ("", "is required"), (" ", identifierRule), ("a b", identifierRule), ("å", identifierRule),
        (String(repeating: "a", count: 65), identifierRule),
    ]
    .map { text, rule in
        BadMessage("message id of \(text.utf8.count) bytes", [Fault(path: "message_id", rule: rule)]) { message, _, arena in
            message.pointee.message_id = arena.string(text)
        }
    } + [
        BadMessage("no referral", [Fault(path: "referral", rule: "is required")]) { message, _, _ in message.pointee.referral = nil }
    ]

private let lists: [BadMessage] =
    [0, 6, 4_000_000_000].flatMap { number in
        [
            BadMessage("referral.role", "must be one of \(roles)") { referral, _ in referral.pointee.role = .init(rawValue: number) },
            BadMessage("referral.consent.status", "must be one of \(statuses)") { referral, _ in
                referral.pointee.consent.pointee.status = .init(rawValue: number)
            },
            BadMessage(
                "referral.legal_basis",
                "must be one of LEGAL_BASIS_CONSENT, LEGAL_BASIS_PUBLIC_TASK, LEGAL_BASIS_LEGAL_DUTY, LEGAL_BASIS_OWN_REQUEST"
            ) { referral, _ in referral.pointee.legal_basis = .init(rawValue: number) },
            BadMessage(
                "referral.protected_identity",
                "must be one of PROTECTED_IDENTITY_NONE, PROTECTED_IDENTITY_CONFIDENTIALITY_MARKING, PROTECTED_IDENTITY_PROTECTED_REGISTRATION, PROTECTED_IDENTITY_ASSUMED_IDENTITY, PROTECTED_IDENTITY_UNKNOWN"
            ) { referral, _ in referral.pointee.protected_identity = .init(rawValue: number) },
            BadMessage("referral.services[1]", "must be one of SERVICE_SUPPORT, SERVICE_MEDIATION") { referral, _ in
                referral.pointee.services[1] = .init(rawValue: number)
            },
            contact("holder", "must be one of CONTACT_HOLDER_PERSON, CONTACT_HOLDER_GUARDIAN, CONTACT_HOLDER_OTHER") { contact, _ in
                contact.holder = .init(rawValue: number)
            },
            BadMessage(
                "referral.mediation.investigation", "must be one of INVESTIGATION_NONE, INVESTIGATION_RUNNING, INVESTIGATION_CONCLUDED"
            ) { referral, _ in referral.pointee.mediation.pointee.investigation = .init(rawValue: number) },
        ]
    } + [
        event("reported", answers) { event, _ in event.reported = .init(rawValue: 4) },
        offender("admitted", answers) { offender, _ in offender.admitted = .init(rawValue: 4) },
        offender("takes_part", answers) { offender, _ in offender.takes_part = .init(rawValue: 4) },
        BadMessage("referral.mediation.suitable", answers) { referral, _ in referral.pointee.mediation.pointee.suitable = .init(rawValue: 9)
        },
        BadMessage("referral.mediation.leader_consulted", answers) { referral, _ in
            referral.pointee.mediation.pointee.leader_consulted = .init(rawValue: 9)
        },
        BadMessage("referral.mediation.person_takes_part", answers) { referral, _ in
            referral.pointee.mediation.pointee.person_takes_part = .init(rawValue: 9)
        },
        person("sex", "must be left out or one of SEX_FEMALE, SEX_MALE, SEX_OTHER") { person, _ in person.sex = .init(rawValue: 4) },
    ]

private let people: [BadMessage] =
    ["", " ", "\u{A0}\u{2003}"].map { text in person("name", "must not be blank") { person, arena in person.name = arena.given(text) } }
    + ["a\u{7}", "a\nb", "a\tb", "a\u{7F}", "a\u{85}b"].map { text in
        person("name", controls) { person, arena in person.name = arena.string(text) }
    }
    + [
        person("name", "must not have more than 200 characters") { $0.name = $1.string(String(repeating: "å", count: 201)) },
        person("personal_number", formRule) { $0.personal_number = $1.string("8112189876") },
        person("personal_number", "must end with the right check digit") { $0.personal_number = $1.string("811218-9875") },
        person("personal_number", "must begin with a day that exists and does not lie in the future") {
            $0.personal_number = $1.string("19810230-8007")
        },
        person("personal_number", "must begin with a day that exists and does not lie in the future") {
            $0.personal_number = $1.string("20260316-0009")
        },
        BadMessage("referral.person.personal_number", "must not be more than 130 years ago") { referral, arena in
            referral.pointee.person.pointee.personal_number = arena.string("18940101-0005")
            referral.pointee.person.pointee.has_birth_date_case = .init(rawValue: 0)
        },
        person("birth_date", "must be the day in personal_number when both are given") { $0.birth_date = $1.string("1981-12-19") },
        person("birth_date", dayRule) { $0.birth_date = $1.string("1981-02-29") },
        person("birth_date", dayRule) { $0.birth_date = $1.given("") },
        BadMessage("referral.person.birth_date", future) { referral, arena in
            referral.pointee.person.pointee.has_personal_number_case = .init(rawValue: 0)
            referral.pointee.person.pointee.birth_date = arena.string("2026-03-16")
        },
        BadMessage("referral.person.birth_date", "must not be more than 130 years ago") { referral, arena in
            referral.pointee.person.pointee.has_personal_number_case = .init(rawValue: 0)
            referral.pointee.person.pointee.birth_date = arena.string("1895-03-15")
        },
        person("age", "must not be more than 130") { person, _ in person.age = 131 },
        person("age", "must not be more than 130") { person, _ in person.age = .max },
        BadMessage("referral.related_victim.age", "must not be more than 130") { referral, _ in
            referral.pointee.related_victim.pointee.age = 131
        },
        BadMessage("referral.related_victim.birth_date", future) { referral, arena in
            referral.pointee.related_victim.pointee.birth_date = arena.string("2026-03-16")
        },
        offender("name", "must not be blank") { $0.name = $1.string("\u{2003}") },
        offender("personal_number", "must end with the right check digit") { $0.personal_number = $1.string("20090501-1236") },
        offender("birth_date", "must be the day in personal_number when both are given") { $0.birth_date = $1.string("2009-05-02") },
        offender("age", "must not be more than 130") { offender, _ in offender.age = 131 },
        offender("phone", phoneRule) { $0.phone = $1.string("070-999") },
        offender("residence.municipality", "must be the four digits of a municipality") {
            $0.residence.pointee.municipality = $1.string("12")
        },
    ]

private let ways: [BadMessage] =
    ["0701234567", "+0701234567", "+123456", "+1234567890123456", "+46 701234567", "+4670123456a", "+", "++4670123456"].map { text in
        contact("phone", phoneRule) { $0.phone = $1.string(text) }
    }
    + [
        "a", "@", "a@", "@b.se", "a@b", "a b@c.se", "a@@b.se", "a@b@c.se", "a@-b.se", "a@b-.se", "a@.se", "a@b.", "a@b..se", "a,b@c.se",
        "<a@b.se>", "a@b_c.se", String(repeating: "a", count: 65) + "@b.se", "a@\(String(repeating: "b", count: 64)).se",
        "a@" + Array(repeating: String(repeating: "b", count: 62), count: 5).joined(separator: "."),
    ].map { text in contact("email", emailRule) { $0.email = $1.string(text) } }
    + [
        contact("postal_address", "must not have more than 500 characters") {
            $0.postal_address = $1.string(String(repeating: "a", count: 501))
        },
        contact("postal_address", controls) { $0.postal_address = $1.string("a\nb") },
        contact("holder_name", "must not have more than 200 characters") { $0.holder_name = $1.string(String(repeating: "a", count: 201)) },
        contact("safe_hours", "must not be blank") { $0.safe_hours = $1.string("  ") },
        contact("may_answer", "must not have more than 500 characters") { $0.may_answer = $1.string(String(repeating: "😟", count: 501)) },
        BadMessage("referral.contacts", "must not be more than 5") { referral, arena in
            let first = referral.pointee.contacts[0]
            let (count, elements) = arena.array(Array(repeating: first, count: 6))
            (referral.pointee.n_contacts, referral.pointee.contacts) = (count, elements)
        },
        BadMessage("referral.contacts", "must have a phone, an email or a postal_address when consent was given") { referral, _ in
            referral.pointee.n_contacts = 0
        },
        BadMessage("referral.contacts", "must have a phone, an email or a postal_address when consent was given") { referral, arena in
            referral.pointee.contacts[0] = referral.pointee.contacts[1]
            referral.pointee.contacts[1]?.pointee.phone = arena.string("")
            referral.pointee.protected_identity = LOTS__V1__PROTECTED_IDENTITY__PROTECTED_IDENTITY_UNKNOWN
        },
    ]

private let places: [BadMessage] =
    [
        BadMessage("referral.areas.stay.municipality", "must be the four digits of a municipality") {
            $0.pointee.areas.pointee.stay.pointee.municipality = $1.string("")
        },
        BadMessage("referral.areas.stay.municipality", "must be the four digits of a municipality") {
            $0.pointee.areas.pointee.stay.pointee.municipality = $1.string("01800")
        },
        BadMessage("referral.areas.stay.district", "must be left out unless municipality is 0180") {
            $0.pointee.areas.pointee.stay.pointee.district = $1.string("farsta")
        },
    ]
    + ["Farsta", "far sta", "farsta_", "ü", "ã", "farsta\u{301}", String(repeating: "å", count: 65)].map { text in
        BadMessage("referral.areas.scene.district", districtRule) { $0.pointee.areas.pointee.scene.pointee.district = $1.string(text) }
    }

private let facts: [BadMessage] =
    ["s", "svenska", "s1", "sv-", "-sv", "sv--se", "sv_SE", "sv-123456789", "å", String(repeating: "sv-", count: 12) + "se"].map { text in
        BadMessage("referral.language", languageRule) { $0.pointee.language = $1.string(text) }
    }
    + ["123", "12345", "12a4", ""].map { text in event("crime_code", "must be four digits") { $0.crime_code = $1.given(text) } }
    + ["K1-2", "5000-K-24", "k1-24", ""].map { text in event("police_reference", referenceRule) { $0.police_reference = $1.given(text) } }
    + [1959, 2028, UInt32.max].map { year in
        event("crime_code_year", "must be from 1960 to next year") { event, _ in event.crime_code_year = year }
    }
    + [
        event("category", "must be one of \(CrimeCategory.numbering.names)") { event, _ in event.category = .init(rawValue: 0) },
        event("category", "must be one of \(CrimeCategory.numbering.names)") { event, _ in event.category = .init(rawValue: 16) },
        event("crime_code_year", "is required with crime_code") { event, _ in event.crime_code_year = 0 },
        event("crime_code_year", "must be left out without crime_code") { event, _ in event.has_crime_code_case = .init(rawValue: 0) },
        event("date", dayRule) { $0.date = $1.string("2026-3-13") },
        event("date", future) { $0.date = $1.string("2026-03-16") },
        BadMessage("referral.event", "is required") { referral, _ in referral.pointee.event = nil },
        BadMessage("referral.consent", "is required") { referral, _ in referral.pointee.consent = nil },
        BadMessage("referral.consent.asked_on", future) { $0.pointee.consent.pointee.asked_on = $1.string("2026-03-16") },
        BadMessage("referral.consent.support", "must be true when SERVICE_SUPPORT is asked for and consent was given") { referral, _ in
            referral.pointee.consent.pointee.support = 0
        },
        BadMessage("referral.consent.mediation", "must be true when SERVICE_MEDIATION is asked for and consent was given") { referral, _ in
            referral.pointee.consent.pointee.mediation = 0
            referral.pointee.consent.pointee.status = LOTS__V1__CONSENT_STATUS__CONSENT_STATUS_GUARDIAN_YES
        },
        BadMessage("referral.services", "must be 1 to 2 of SERVICE_SUPPORT, SERVICE_MEDIATION") { referral, _ in
            referral.pointee.n_services = 0
        },
        BadMessage("referral.services", "must be 1 to 2 of SERVICE_SUPPORT, SERVICE_MEDIATION") { referral, arena in
            let services = Array(repeating: LOTS__V1__SERVICE__SERVICE_SUPPORT, count: 3)
            (referral.pointee.n_services, referral.pointee.services) = arena.array(services)
        },
        BadMessage("referral.services[1]", "must not repeat a service") { referral, _ in
            referral.pointee.services[0] = LOTS__V1__SERVICE__SERVICE_MEDIATION
        },
        BadMessage("referral.mediation", "is required when SERVICE_MEDIATION is asked for") { referral, _ in
            referral.pointee.mediation = nil
        },
        BadMessage("referral.mediation", "must be left out when SERVICE_MEDIATION is not asked for") { referral, _ in
            referral.pointee.n_services = 1
        },
        BadMessage("referral.mediation.offenders", "must be 1 to 20") { referral, _ in referral.pointee.mediation.pointee.n_offenders = 0 },
        BadMessage("referral.mediation.offenders", "must be 1 to 20") { referral, arena in
            let mediation = referral.pointee.mediation
            let offenders = Array(repeating: mediation?.pointee.offenders[0], count: 21)
            guard let mediation else { return }
            (mediation.pointee.n_offenders, mediation.pointee.offenders) = arena.array(offenders)
        },
        BadMessage("referral.conflict_group", identifierRule) { $0.pointee.conflict_group = $1.string("a b") },
        BadMessage("referral.conflict_group", identifierRule) { $0.pointee.conflict_group = $1.string(String(repeating: "a", count: 65)) },
        BadMessage("referral.free_text", "must not have more than 10000 characters") {
            $0.pointee.free_text = $1.string(String(repeating: "ö", count: 10_001))
        },
        BadMessage("referral.free_text", "must not have control characters other than tabs and line ends") {
            $0.pointee.free_text = $1.string("a\u{1B}[31m")
        },
        BadMessage("referral.free_text", "must not be blank") { $0.pointee.free_text = $1.string(" \n\t") },
    ]

/// Every rule that a submission can break, at its limits.
let badMessages = [envelope, lists, people, ways, places, facts].flatMap(\.self)
