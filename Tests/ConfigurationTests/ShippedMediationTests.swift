import Configuration
import Referral
import Testing

/// An invented event and where its mediation goes. All conditions are met unless the example says otherwise.
struct MediationExample: Sendable, CustomTestStringConvertible {
    struct Young: Sendable {
        var age: Int? = 16
        var lives: String? = "0180/bromma"
        var admitted: Answer = .yes
        var takesPart: Answer = .yes
    }

    let name: String
    var offenders = [Young()]
    var victimLives = "0180/farsta"
    var reported: Answer = .yes
    var personTakesPart: Answer = .yes
    var suitable: Answer = .yes
    var investigation: Investigation = .concluded
    var leaderConsulted: Answer = .unknown
    var protected: ProtectedIdentity = .none
    var returnedBy: [String] = []
    var on = "2024-03-01"
    let goesTo: String
    let rule: String?
    let source: String

    var testDescription: String { name }

    func facts() throws -> CaseFacts {
        let content = ReferralContent(
            person: Person(age: 45), role: .victim, residence: Area(text: victimLives),
            consent: Consent(status: .yes, coversSupport: true, coversMediation: true), legalBasis: .consent, protectedIdentity: protected,
            event: CrimeEvent(category: .robbery, reported: reported), services: [.support, .mediation],
            mediation: Mediation(
                offenders: offenders.map {
                    Offender(age: $0.age, residence: $0.lives.map(Area.init(text:)), admitted: $0.admitted, takesPart: $0.takesPart)
                },
                investigation: investigation, leaderConsulted: leaderConsulted, personTakesPart: personTakesPart, suitable: suitable),
            isTest: true)
        return CaseFacts(content, received: try .day(on))
    }
}

private typealias Young = MediationExample.Young

private let act = "the mediation act (lag 2002:445)"

let mediationExamples: [MediationExample] = [
    .init(name: "Adam: all conditions met", goesTo: "stodcentrum-vasterort", rule: "mediation", source: act),
    .init(name: "Bea: no investigation at all", investigation: .none, goesTo: "stodcentrum-vasterort", rule: "mediation", source: act),
    .init(name: "Cesar: not reported", reported: .no, goesTo: "review: not-reported", rule: "not-reported", source: act),
    .init(
        name: "Dina: reported or not is unknown", reported: .unknown, goesTo: "review: unknown-whether-reported", rule: "reported-unknown",
        source: act),
    .init(
        name: "Elis: one of two denies", offenders: [Young(), Young(admitted: .no)], goesTo: "review: not-admitted", rule: "not-admitted",
        source: act),
    .init(
        name: "Fatima: one of two has not been heard", offenders: [Young(admitted: .unknown), Young()],
        goesTo: "review: unknown-whether-admitted",
        rule: "admitted-unknown", source: act),
    .init(
        name: "Gabriel: one denies, another is unknown", offenders: [Young(admitted: .unknown), Young(admitted: .no)],
        goesTo: "review: not-admitted", rule: "not-admitted", source: act),
    .init(name: "Hedda: the victim says no", personTakesPart: .no, goesTo: "review: somebody-declined", rule: "not-voluntary", source: act),
    .init(
        name: "Ivo: an offender says no", offenders: [Young(), Young(takesPart: .no)], goesTo: "review: somebody-declined",
        rule: "not-voluntary", source: act),
    .init(
        name: "Juni: the victim has not been asked", personTakesPart: .unknown, goesTo: "review: unknown-whether-voluntary",
        rule: "voluntary-unknown", source: act),
    .init(name: "Kasper: not suitable", suitable: .no, goesTo: "review: not-suitable", rule: "not-suitable", source: act),
    .init(
        name: "Liv: suitable or not is unknown", suitable: .unknown, goesTo: "review: unknown-whether-suitable", rule: "suitable-unknown",
        source: act),
    .init(
        name: "Melker: 11 years old", offenders: [Young(age: 11)], goesTo: "review: offender-under-12", rule: "offender-under-12",
        source: act),
    .init(name: "Nike: 12 years old", offenders: [Young(age: 12)], goesTo: "stodcentrum-vasterort", rule: "mediation", source: act),
    .init(
        name: "Otis: one of two is 11", offenders: [Young(age: 16), Young(age: 11)], goesTo: "review: offender-under-12",
        rule: "offender-under-12", source: act),
    .init(name: "Paula: 20 years old", offenders: [Young(age: 20)], goesTo: "stodcentrum-vasterort", rule: "mediation", source: act),
    .init(
        name: "Rune: 21 years old", offenders: [Young(age: 21)], goesTo: "review: offender-21-or-older", rule: "offender-21-or-older",
        source: act),
    .init(
        name: "Saga: one of two is 30", offenders: [Young(), Young(age: 30)], goesTo: "review: offender-21-or-older",
        rule: "offender-21-or-older", source: act),
    .init(
        name: "Ted: one age is unknown", offenders: [Young(), Young(age: nil)], goesTo: "review: unknown-offender-age",
        rule: "offender-age-unknown", source: own),
    .init(
        name: "Ulrika: the leader was not asked", investigation: .running, leaderConsulted: .no,
        goesTo: "review: investigation-leader-not-consulted", rule: "leader-not-consulted", source: act),
    .init(
        name: "Vera: whether the leader was asked is unknown", investigation: .running, leaderConsulted: .unknown,
        goesTo: "review: investigation-leader-not-consulted", rule: "leader-not-consulted", source: act),
    .init(
        name: "Wilda: the leader was asked", investigation: .running, leaderConsulted: .yes, goesTo: "stodcentrum-vasterort",
        rule: "mediation-leader-consulted", source: act),
    .init(
        name: "Yasmin: a protected identity", protected: .assumedIdentity, goesTo: "review: protected-identity", rule: "protected-identity",
        source: own),
    .init(
        name: "Zoe: offenders in two areas", offenders: [Young(), Young(lives: "0180/jarva")],
        goesTo: "review: offenders-in-different-areas", rule: "mediation", source: own),
    .init(
        name: "Åke: an offender's area is unknown", offenders: [Young(), Young(lives: nil)], goesTo: "review: unknown-offender-area",
        rule: "mediation", source: own),
    .init(
        name: "Ärla: two offenders in Solna", offenders: [Young(lives: "0184"), Young(lives: "0184")], goesTo: "stodcentrum-nordvast",
        rule: "mediation", source: nordvast),
    .init(
        name: "Örjan: the offender lives on Gotland", offenders: [Young(lives: "0980")], goesTo: "review: no-recipient-for-area",
        rule: "mediation", source: own),
    .init(
        name: "Alex: given back by the support centre", returnedBy: ["stodcentrum-vasterort"], goesTo: "review: returned-by-only-recipient",
        rule: "mediation", source: own),
    .init(
        name: "Bodil: 2004: Hässelby-Vällingby had support but no mediation", offenders: [Young(lives: "0180/hasselby-vallingby")],
        on: "2004-05-01", goesTo: "stodcentrum-city", rule: "mediation", source: city2004),
    .init(
        name: "Claes: 2004: Liljeholmen", offenders: [Young(lives: "0180/liljeholmen")], on: "2004-05-01", goesTo: "stodcentrum-soderort",
        rule: "mediation", source: city2004),
    .init(
        name: "Disa: an offender of 16 in Rinkeby-Kista, 2022", offenders: [Young(lives: "0180/rinkeby-kista")], on: "2022-05-01",
        goesTo: "stodcentrum-vasterort", rule: "mediation", source: own),
    .init(
        name: "Egon: an offender of 12 on Östermalm, 2022", offenders: [Young(age: 12, lives: "0180/ostermalm")], on: "2022-05-01",
        goesTo: "stodcentrum-city", rule: "mediation", source: act),
    .init(
        name: "Frej: an offender of 11, 2022", offenders: [Young(age: 11)], on: "2022-05-01", goesTo: "review: offender-under-12",
        rule: "offender-under-12", source: act),
    .init(
        name: "Gry: an offender of 21, 2022", offenders: [Young(age: 21)], on: "2022-05-01", goesTo: "review: offender-21-or-older",
        rule: "offender-21-or-older", source: act),
    .init(
        name: "Hans: not admitted, 2022", offenders: [Young(admitted: .no)], on: "2022-05-01", goesTo: "review: not-admitted",
        rule: "not-admitted", source: act),
    .init(
        name: "Iris: an offender in Uppsala, outside the county, 2022", offenders: [Young(lives: "0380")], on: "2022-05-01",
        goesTo: "review: no-recipient-for-area", rule: "mediation", source: own),
    .init(
        name: "Jack: an offender of 11, 2004", offenders: [Young(age: 11)], on: "2004-05-01", goesTo: "review: offender-under-12",
        rule: "offender-under-12", source: act),
    .init(
        name: "Karl: an offender of 25, 2004", offenders: [Young(age: 25)], on: "2004-05-01", goesTo: "review: offender-21-or-older",
        rule: "offender-21-or-older", source: act),
    .init(
        name: "Lea: the leader of the investigation was not asked, 2004", investigation: .running, leaderConsulted: .no, on: "2004-05-01",
        goesTo: "review: investigation-leader-not-consulted", rule: "leader-not-consulted", source: act),
]

@Suite struct ShippedMediationTests {
    @Test(arguments: mediationExamples)
    func mediation(_ example: MediationExample) throws {
        let decision = try Shipped.routing.get().decide(
            try example.facts(), service: .mediation, on: try .day(example.on),
            excluding: Set(example.returnedBy.map { OrganisationID($0) }))
        #expect(decision.outcome.text == example.goesTo, "source: \(example.source)")
        #expect(decision.rule == example.rule)
    }

    /// Support follows the victim, mediation the offender: two assignments at two organisations.
    @Test func anAdultVictimOfAYoungOffender() throws {
        let example = MediationExample(name: "45 and 16", goesTo: "stodcentrum-vasterort", rule: nil, source: act)
        let routing = try Shipped.routing.get()
        let day = try CivilDate.day(example.on)
        #expect(routing.decide(try example.facts(), service: .support, on: day).outcome.text == "bojen-sodra-stockholm")
        #expect(routing.decide(try example.facts(), service: .mediation, on: day).outcome.text == "stodcentrum-vasterort")
    }
}
