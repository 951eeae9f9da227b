import CReferralMessages
import NIOCore
import Protobuf
import Referral
import SeededRandom

@testable import ReferralAPI

/// The day on which every sample is read.
let today = day("2026-03-15")

let decoder = ReferralDecoder(digestKey: [UInt8](repeating: 7, count: 32), acceptsTestData: true)

func day(_ text: String) -> CivilDate {
    guard let date = CivilDate(text) else { preconditionFailure("not a day: \(text)") }
    return date
}

/// Invented content with every field filled.
let fullContent = ReferralContent(
    person: Person(name: "Åsa Öberg", personalNumber: "811218-9876", birthDate: day("1981-12-18"), age: 44, sex: .female),
    role: .witness,
    relatedVictim: RelatedVictim(birthDate: day("2009-05-01"), age: 16),
    residence: Area(municipality: "0180", district: "enskede-årsta-vantör"),
    stay: Area(municipality: "0191"),
    scene: Area(municipality: "0180", district: "farsta"),
    contacts: [
        Contact(
            phone: "+46701234567", email: "asa.oberg+x@exempel.se", postalAddress: "Storgatan 1, 123 45 Farsta", holder: .other,
            holderName: "Karin Öberg", noVoicemail: true, noSMS: true, notAtHome: true, safeHours: "vardagar 9–15", mayAnswer: "systern"),
        Contact(phone: "+4681234567", holder: .person),
    ],
    consent: Consent(status: .yes, coversSupport: true, coversMediation: true, coversOutcome: true, askedOn: day("2026-03-14")),
    legalBasis: .consent, protectedIdentity: .none, language: "so", interpreterNeeded: true,
    event: CrimeEvent(
        category: .robbery, crimeCode: "9401", crimeCodeYear: 2026, date: day("2026-03-13"), policeReference: "0104-K771533-26",
        reported: .yes, exploitedForPayment: true),
    services: [.support, .mediation],
    mediation: Mediation(
        offenders: [
            Offender(
                name: "Kim Ek", personalNumber: "20090501-1235", birthDate: day("2009-05-01"), age: 16,
                residence: Area(municipality: "0123"),
                phone: "+46709999999", admitted: .yes, takesPart: .no)
        ],
        investigation: .running, leaderConsulted: .yes, personTakesPart: .no, suitable: .yes),
    conflictGroup: "grp-17", freeText: "Ring inte efter kl. 18.\n\tHon är orolig 😟.", isTest: true)

typealias ReferralPointer = UnsafeMutablePointer<Lots__V1__Referral>

extension Arena {
    /// A text that is packed even when it is empty, as other encoders do for a member of a `oneof`.
    func given(_ text: String) -> UnsafeMutablePointer<CChar> {
        let copy = string(text + "x")
        copy[text.utf8.count] = 0
        return copy
    }
}

/// A packed submission of `content` after `change` has had its way with the message.
func packedSubmission(
    _ content: ReferralContent = fullContent, id: String = "m-1",
    _ change: (UnsafeMutablePointer<Lots__V1__SubmitRequest>, Arena) -> Void = { _, _ in }
) throws -> ByteBuffer {
    try pack(Submission.wireType) { message, arena in
        Submission(messageID: MessageID(id), content: content).write(to: message, in: arena)
        change(message, arena)
    }
}

func faults(
    _ message: ByteBuffer, decoder: ReferralDecoder = decoder
) -> [Fault] {
    do throws(Faults) {
        _ = try decoder.submitRequest(message, today: today)
        return []
    } catch {
        return error.faults
    }
}

/// Contents that pass every check.
struct ContentGenerator {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func content() -> ReferralContent {
        let services =
            [[Service.support], [.mediation], [.support, .mediation], [.mediation, .support]].randomElement(using: &random) ?? []
        let status = member(ConsentStatus.self)
        let protectedIdentity = member(ProtectedIdentity.self)
        var contacts = (0..<Int.random(in: 0...5, using: &random)).map { _ in contact() }
        let isReachable = contacts.contains { $0.phone != nil || $0.email != nil || $0.postalAddress != nil }
        if status.isYes, !protectedIdentity.isProtected, !isReachable { contacts = [Contact(phone: phone(), holder: .person)] }
        let hasCode = Bool.random(using: &random)
        return ReferralContent(
            person: person(), role: member(Role.self),
            relatedVictim: maybe { RelatedVictim(birthDate: $0.maybe { $0.birthDate() }, age: $0.maybe { $0.age() }) },
            residence: maybe { $0.area() }, stay: maybe { $0.area() }, scene: maybe { $0.area() }, contacts: contacts,
            consent: Consent(
                status: status, coversSupport: (status.isYes && services.contains(.support)) || Bool.random(using: &random),
                coversMediation: (status.isYes && services.contains(.mediation)) || Bool.random(using: &random),
                coversOutcome: Bool.random(using: &random), askedOn: maybe { $0.birthDate() }),
            legalBasis: member(LegalBasis.self), protectedIdentity: protectedIdentity,
            language: maybe { ["sv", "prs", "zh-Hant-TW", "de-1996", "en-a-bbb"].randomElement(using: &$0.random) ?? "sv" },
            interpreterNeeded: Bool.random(using: &random),
            event: CrimeEvent(
                category: member(CrimeCategory.self), crimeCode: hasCode ? digits(4) : nil,
                crimeCodeYear: hasCode ? Int.random(in: 1960...2027, using: &random) : nil, date: maybe { $0.birthDate() },
                policeReference: maybe { "\($0.digits(4))-K\($0.digits(Int.random(in: 1...9, using: &$0.random)))-\($0.digits(2))" },
                reported: member(Answer.self), exploitedForPayment: Bool.random(using: &random)),
            services: services, mediation: services.contains(.mediation) ? mediation() : nil,
            conflictGroup: maybe { $0.identifier() }, freeText: maybe { $0.text(10_000, multiline: true) },
            isTest: Bool.random(using: &random))
    }

    private mutating func person() -> Person {
        let number = maybe { $0.personalNumber() }
        return Person(
            name: maybe { $0.text(200) }, personalNumber: number?.text, birthDate: number?.birthDate ?? maybe { $0.birthDate() },
            age: maybe { $0.age() }, sex: member(Sex.self))
    }

    private mutating func mediation() -> Mediation {
        let offenders = (0..<Int.random(in: 1...20, using: &random)).map { _ in
            let number = maybe { $0.personalNumber() }
            return Offender(
                name: maybe { $0.text(200) }, personalNumber: number?.text, birthDate: number?.birthDate ?? maybe { $0.birthDate() },
                age: maybe { $0.age() }, residence: maybe { $0.area() }, phone: maybe { $0.phone() }, admitted: member(Answer.self),
                takesPart: member(Answer.self))
        }
        return Mediation(
            offenders: offenders, investigation: member(Investigation.self), leaderConsulted: member(Answer.self),
            personTakesPart: member(Answer.self), suitable: member(Answer.self))
    }

    private mutating func contact() -> Contact {
        Contact(
            phone: maybe { $0.phone() }, email: maybe { "\($0.digits(3)).x@exempel-\($0.digits(2)).se" },
            postalAddress: maybe { $0.text(500) },
            holder: member(ContactHolder.self), holderName: maybe { $0.text(200) }, noVoicemail: Bool.random(using: &random),
            noSMS: Bool.random(using: &random), notAtHome: Bool.random(using: &random), safeHours: maybe { $0.text(500) },
            mayAnswer: maybe { $0.text(500) })
    }

    private mutating func area() -> Area {
        Bool.random(using: &random)
            ? Area(municipality: digits(4))
            : Area(municipality: "0180", district: ["farsta", "hägersten-älvsjö", "södermalm", "9"].randomElement(using: &random))
    }

    private mutating func personalNumber() -> (text: String, birthDate: CivilDate) {
        let date = birthDate()
        let isCoordination = Bool.random(using: &random)
        let numbers = date.description.split(separator: "-")
        let dayOfMonth = isCoordination ? String(date.day + 60) : String(numbers[2])
        let long = numbers[0] + numbers[1] + dayOfMonth + digits(3)
        let sum = zip(long.dropFirst(2).compactMap(\.wholeNumberValue), [2, 1, 2, 1, 2, 1, 2, 1, 2])
            .map { $0 * $1 }.map { $0 / 10 + $0 % 10 }.reduce(0, +)
        let complete = long + String((10 - sum % 10) % 10)
        let short = complete.dropFirst(2)
        let isOld = today.year - date.year >= 100
        return switch Int.random(in: 0...2, using: &random) {
        case 0: (String(complete), date)
        case 1: (complete.prefix(8) + "-" + complete.suffix(4), date)
        // In the year of turning 100 both signs are in use, and a minus then means this century.
        default: (short.prefix(6) + (isOld ? "+" : "-") + short.suffix(4), date)
        }
    }

    private mutating func birthDate() -> CivilDate {
        while true {
            let date = CivilDate(
                year: Int.random(in: 1900...2025, using: &random), month: Int.random(in: 1...12, using: &random),
                day: Int.random(in: 1...31, using: &random))
            if let date { return date }
        }
    }

    private mutating func text(_ limit: Int, multiline: Bool = false) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz ABCÅÄÖåäöé0123456789-,.()/\"\\😟漢" + (multiline ? "\n\t" : ""))
        let length = Int.random(in: 1...10, using: &random) == 1 ? limit - 1 : Int.random(in: 0...40, using: &random)
        return "x" + String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "x" })
    }

    private mutating func identifier() -> String {
        String(
            (0..<Int.random(in: 1...64, using: &random)).map { _ in Character(Unicode.Scalar(UInt8.random(in: 0x21...0x7E, using: &random)))
            })
    }

    private mutating func phone() -> String { "+4" + digits(Int.random(in: 6...14, using: &random)) }
    private mutating func age() -> Int { Int.random(in: 0...130, using: &random) }
    private mutating func digits(_ count: Int) -> String {
        String((0..<count).map { _ in "0123456789".randomElement(using: &random) ?? "0" })
    }

    private mutating func member<Value: CaseIterable>(_ type: Value.Type) -> Value {
        guard let member = Value.allCases.randomElement(using: &random) else { preconditionFailure("an empty list") }
        return member
    }

    private mutating func maybe<Value>(_ make: (inout ContentGenerator) -> Value) -> Value? {
        Bool.random(using: &random) ? make(&self) : nil
    }
}
