import Configuration
import Referral
import Testing

/// An invented person and where the shipped configuration sends them.
struct SupportExample: Sendable, CustomTestStringConvertible {
    let name: String
    var role: Role = .victim
    var born: String?
    var age: Int?
    var victimAge: Int?
    var lives: String?
    var stays: String?
    var scene: String?
    var exploited = false
    var protected: ProtectedIdentity = .none
    var returnedBy: [String] = []
    var on = "2024-03-01"
    /// An organisation, or `review: ` and the reason.
    let goesTo: String
    let rule: String?
    var notes: [String] = []
    let source: String

    var testDescription: String { name }

    func facts() throws -> CaseFacts {
        let day = try CivilDate.day(on)
        let content = ReferralContent(
            person: Person(name: name, birthDate: try born.map(CivilDate.day), age: age), role: role,
            relatedVictim: victimAge.map { RelatedVictim(age: $0) }, residence: lives.map(Area.init(text:)),
            stay: stays.map(Area.init(text:)),
            scene: scene.map(Area.init(text:)), consent: Consent(status: .yes, coversSupport: true), legalBasis: .consent,
            protectedIdentity: protected, event: CrimeEvent(category: .assault, exploitedForPayment: exploited), services: [.support],
            isTest: true)
        return CaseFacts(content, received: day)
    }
}

let agreement = "the City of Stockholm's partnership with the brottsofferjourer, 2022"
let nordvast = "the annual report of Stödcentrum Nordväst, 2017"
let city2004 = "the City of Stockholm's decision of 2004"
let own = "decided for this exchange"

let supportExamples: [SupportExample] = [
    // Ages, from 1 July 2023.
    .init(name: "Alva, 9", age: 9, lives: "0180/farsta", goesTo: "review: under-10", rule: "victim-under-10", source: own),
    .init(
        name: "Bo, 10 today", born: "2014-03-01", lives: "0180/farsta", goesTo: "stodcentrum-soderort", rule: "victim-10-to-17",
        source: nordvast),
    .init(
        name: "Cleo, 10 tomorrow", born: "2014-03-02", lives: "0180/farsta", goesTo: "review: under-10", rule: "victim-under-10",
        source: own),
    .init(name: "Dan, 17", age: 17, lives: "0180/bromma", goesTo: "stodcentrum-vasterort", rule: "victim-10-to-17", source: agreement),
    .init(name: "Elin, 18", age: 18, lives: "0180/bromma", goesTo: "stodcentrum-vasterort", rule: "victim-18-to-20", source: agreement),
    .init(name: "Fia, 20", age: 20, lives: "0180/sodermalm", goesTo: "stodcentrum-city", rule: "victim-18-to-20", source: agreement),
    .init(
        name: "Gus, exactly 21", age: 21, lives: "0180/jarva", goesTo: "stodcentrum-vasterort", rule: "victim-21", notes: ["boundary-age"],
        source: own),
    .init(name: "Hugo, 22", age: 22, lives: "0180/jarva", goesTo: "bojen-vasterort", rule: "victim-over-21", source: agreement),
    .init(
        name: "Ines, 22 today", born: "2002-03-01", lives: "0180/kungsholmen", goesTo: "bojen-stockholm-gotland", rule: "victim-over-21",
        source: agreement),
    .init(
        name: "Jon, 22 tomorrow", born: "2002-03-02", lives: "0180/kungsholmen", goesTo: "stodcentrum-city", rule: "victim-21",
        notes: ["boundary-age"], source: own),
    .init(name: "Karin, 93", age: 93, lives: "0180/skarpnack", goesTo: "bojen-sodra-stockholm", rule: "victim-over-21", source: agreement),
    .init(name: "Leo, age unknown", lives: "0180/skarpnack", goesTo: "review: unknown-age", rule: "victim-unknown-age", source: own),

    // Areas.
    .init(
        name: "Mia, adult in Norra innerstaden", age: 40, lives: "0180/norra-innerstaden", goesTo: "bojen-stockholm-gotland",
        rule: "victim-over-21", source: own),
    .init(
        name: "Nils, adult in Skärholmen", age: 40, lives: "0180/skarholmen", goesTo: "bojen-sodra-stockholm", rule: "victim-over-21",
        source: own),
    .init(
        name: "Olga, young in Enskede-Årsta-Vantör", age: 15, lives: "0180/enskede-arsta-vantor", goesTo: "stodcentrum-soderort",
        rule: "victim-10-to-17", source: own),
    .init(
        name: "Per, young in Hägersten-Älvsjö", age: 15, lives: "0180/hagersten-alvsjo", goesTo: "stodcentrum-soderort",
        rule: "victim-10-to-17", source: own),
    .init(
        name: "Rut, young in Hässelby-Vällingby", age: 15, lives: "0180/hasselby-vallingby", goesTo: "stodcentrum-vasterort",
        rule: "victim-10-to-17", source: own),
    .init(name: "Sara, young on Lidingö", age: 14, lives: "0186", goesTo: "stodcentrum-city", rule: "victim-10-to-17", source: own),
    .init(name: "Tor, adult on Lidingö", age: 34, lives: "0186", goesTo: "bojen-stockholm-gotland", rule: "victim-over-21", source: own),
    .init(
        name: "Ulla, adult on Gotland", age: 50, lives: "0980", goesTo: "bojen-stockholm-gotland", rule: "victim-over-21", source: agreement
    ),
    .init(
        name: "Vera, 15 on Gotland, where no support centre is", age: 15, lives: "0980", goesTo: "bojen-stockholm-gotland",
        rule: "victim-10-to-17", notes: ["no-support-centre-for-area"], source: agreement),
    .init(
        name: "Wilma, 21 on Gotland", age: 21, lives: "0980", goesTo: "bojen-stockholm-gotland", rule: "victim-21",
        notes: ["boundary-age", "no-support-centre-for-area"], source: agreement),
    .init(
        name: "Zara, 16, in Upplands Väsby", age: 16, lives: "0114", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17",
        source: nordvast),
    .init(
        name: "Ville, 16, in Järfälla", age: 16, lives: "0123", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Tyra, 16, in Ekerö", age: 16, lives: "0125", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(
        name: "Sixten, 16, in Upplands-Bro", age: 16, lives: "0139", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17",
        source: nordvast),
    .init(
        name: "Selma, 16, in Sollentuna", age: 16, lives: "0163", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(
        name: "Rakel, 16, in Sundbyberg", age: 16, lives: "0183", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Pelle, 16, in Solna", age: 16, lives: "0184", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(name: "Olle, 16, in Sigtuna", age: 16, lives: "0191", goesTo: "stodcentrum-nordvast", rule: "victim-10-to-17", source: nordvast),
    .init(
        name: "Zeb, adult in Solna", age: 30, lives: "0184", goesTo: "review: no-recipient-for-area", rule: "victim-over-21",
        notes: ["no-brottsofferjour-for-area"], source: own),
    .init(
        name: "Zia, 16, in Uppsala, outside the county", age: 16, lives: "0380", goesTo: "review: no-recipient-for-area",
        rule: "victim-10-to-17",
        notes: ["no-support-centre-for-area", "no-brottsofferjour-for-area"], source: own),
    .init(name: "Yrsa, no area", age: 30, goesTo: "review: unknown-area", rule: "victim-over-21", source: own),
    .init(
        name: "Åke, Stockholm without a district", age: 30, lives: "0180", goesTo: "review: district-missing", rule: "victim-over-21",
        source: own),
    .init(
        name: "Ärla, a district that is none", age: 30, lives: "0180/atlantis", goesTo: "review: unknown-area", rule: "victim-over-21",
        source: own),
    .init(
        name: "Örjan, a district that was merged", age: 30, lives: "0180/ostermalm", goesTo: "review: area-not-valid-on-this-date",
        rule: "victim-over-21", source: own),
    .init(
        name: "Adam, homeless, stays in Farsta", age: 30, stays: "0180/farsta", scene: "0180/bromma", goesTo: "bojen-sodra-stockholm",
        rule: "victim-over-21", source: own),
    .init(
        name: "Britt, only the scene is known", age: 30, scene: "0180/bromma", goesTo: "bojen-vasterort", rule: "victim-over-21",
        source: own),

    // Sexually exploited for payment.
    .init(
        name: "Cilla, 17, exploited", age: 17, lives: "0180/farsta", exploited: true, goesTo: "stodcentrum-soderort",
        rule: "victim-under-18-exploited", source: agreement),
    .init(
        name: "Doris, 9, exploited", age: 9, lives: "0180/farsta", exploited: true, goesTo: "stodcentrum-soderort",
        rule: "victim-under-18-exploited", source: agreement),
    .init(
        name: "Ebbe, 18, exploited", age: 18, lives: "0180/farsta", exploited: true, goesTo: "stodcentrum-soderort",
        rule: "victim-18-to-20",
        source: agreement),
    .init(
        name: "Frida, 30, exploited", age: 30, lives: "0180/farsta", exploited: true, goesTo: "bojen-sodra-stockholm",
        rule: "victim-over-21",
        source: agreement),
    .init(
        name: "Greta, 16, exploited, on Gotland", age: 16, lives: "0980", exploited: true, goesTo: "review: no-recipient-for-area",
        rule: "victim-under-18-exploited", notes: ["no-support-centre-for-area"], source: own),

    // Protected identity.
    .init(
        name: "Hanna, skyddad folkbokföring", age: 30, lives: "0180/farsta", protected: .protectedRegistration,
        goesTo: "review: protected-identity", rule: "protected-identity", source: own),
    .init(
        name: "Ivar, sekretessmarkering", age: 15, lives: "0180/farsta", protected: .confidentialityMarking,
        goesTo: "review: protected-identity", rule: "protected-identity", source: own),
    .init(
        name: "Jenny, fingerade uppgifter, exploited", age: 15, lives: "0180/farsta", exploited: true, protected: .assumedIdentity,
        goesTo: "review: protected-identity", rule: "protected-identity", source: own),
    .init(
        name: "Kalle, protection unknown", age: 15, lives: "0180/farsta", protected: .unknown, goesTo: "stodcentrum-soderort",
        rule: "victim-10-to-17", source: agreement),

    // Witnesses, relatives and others.
    .init(
        name: "Lena, mother of a victim of 15", role: .relativeOfVictim, age: 45, victimAge: 15, lives: "0180/bromma",
        goesTo: "stodcentrum-vasterort", rule: "companion-10-to-17", source: nordvast),
    .init(
        name: "Malte, brother of 15 of a victim of 30", role: .relativeOfVictim, age: 15, victimAge: 30, lives: "0180/bromma",
        goesTo: "bojen-vasterort", rule: "companion-over-21", source: own),
    .init(
        name: "Nora, father of a victim of 8", role: .relativeOfVictim, age: 35, victimAge: 8, lives: "0180/bromma",
        goesTo: "review: under-10", rule: "companion-of-under-10", source: own),
    .init(
        name: "Otto, witness of 8 to a crime against an adult", role: .witness, age: 8, victimAge: 40, lives: "0180/bromma",
        goesTo: "review: under-10", rule: "companion-under-10", source: own),
    .init(
        name: "Pia, witness of 16 on her own", role: .witness, age: 16, lives: "0180/bromma", goesTo: "stodcentrum-vasterort",
        rule: "companion-10-to-17", source: agreement),
    .init(
        name: "Ragnar, witness of 50 to a crime against somebody of 21", role: .witness, age: 50, victimAge: 21, lives: "0180/bromma",
        goesTo: "stodcentrum-vasterort", rule: "companion-21", notes: ["boundary-age"], source: own),
    .init(
        name: "Siv, witness, nobody's age known", role: .witness, lives: "0180/bromma", goesTo: "review: unknown-age",
        rule: "companion-unknown-age", source: own),
    .init(
        name: "Tage, relative of a victim of 19, own age unknown", role: .relativeOfVictim, victimAge: 19, lives: "0180/bromma",
        goesTo: "stodcentrum-vasterort", rule: "companion-18-to-20", source: agreement),
    .init(
        name: "Una, mother of an exploited victim of 16", role: .relativeOfVictim, age: 40, victimAge: 16, lives: "0186", exploited: true,
        goesTo: "stodcentrum-city", rule: "companion-of-under-18-exploited", source: own),
    .init(
        name: "Vide, son of 16 of an offender", role: .relativeOfOffender, age: 16, lives: "0180/bromma", goesTo: "bojen-vasterort",
        rule: "offender-relative", source: agreement),
    .init(
        name: "Walter, son of 7 of an offender", role: .relativeOfOffender, age: 7, lives: "0180/bromma", goesTo: "review: under-10",
        rule: "offender-relative-under-10", source: own),
    .init(
        name: "Yngve, teacher", role: .professional, lives: "0180/bromma", goesTo: "bojen-vasterort", rule: "professional",
        source: agreement),

    // Cases that were given back.
    .init(
        name: "Asta, 16, given back by the support centre", age: 16, lives: "0180/farsta", returnedBy: ["stodcentrum-soderort"],
        goesTo: "bojen-sodra-stockholm", rule: "victim-10-to-17", notes: ["returned-by-support-centre"], source: agreement),
    .init(
        name: "Börje, 40, given back by the jour", age: 40, lives: "0180/farsta", returnedBy: ["bojen-sodra-stockholm"],
        goesTo: "review: returned-by-only-recipient", rule: "victim-over-21", notes: ["returned-by-brottsofferjour"], source: own),
    .init(
        name: "Carro, 16, exploited, given back by the support centre", age: 16, lives: "0180/farsta", exploited: true,
        returnedBy: ["stodcentrum-soderort"], goesTo: "review: returned-by-only-recipient", rule: "victim-under-18-exploited",
        notes: ["returned-by-support-centre"], source: own),
    .init(
        name: "Doug, 16 in Solna, given back by the support centre", age: 16, lives: "0184", returnedBy: ["stodcentrum-nordvast"],
        goesTo: "review: returned-by-only-recipient", rule: "victim-10-to-17",
        notes: ["returned-by-support-centre", "no-brottsofferjour-for-area"], source: own),
    .init(
        name: "Ester, 40, given back by an organisation that is not hers", age: 40, lives: "0180/farsta", returnedBy: ["stodcentrum-city"],
        goesTo: "bojen-sodra-stockholm", rule: "victim-over-21", source: own),

    // Days.
    .init(
        name: "Xenia, 30 in Farsta on the last day of the old areas", age: 30, lives: "0180/farsta", on: "2023-06-30",
        goesTo: "bojen-sodra-stockholm",
        rule: "victim-over-21", source: own),
    .init(
        name: "Ylva, 30 in Järva on its first day", age: 30, lives: "0180/jarva", on: "2023-07-01", goesTo: "bojen-vasterort",
        rule: "victim-over-21", source: own),
    .init(
        name: "Agnes, 15 in Hägersten, 2004", age: 15, lives: "0180/hagersten", on: "2004-05-01", goesTo: "stodcentrum-soderort",
        rule: "victim-10-to-17", source: city2004),
    .init(
        name: "Birk, 15 in Hässelby-Vällingby, 2004", age: 15, lives: "0180/hasselby-vallingby", on: "2004-05-01",
        goesTo: "stodcentrum-vasterort",
        rule: "victim-10-to-17", source: city2004),
    .init(
        name: "Clara, 15 in Rinkeby, which had none of its own, 2004", age: 15, lives: "0180/rinkeby", on: "2004-11-01",
        goesTo: "stodcentrum-city",
        rule: "victim-10-to-17", source: city2004),
    .init(
        name: "David, 15 on Lidingö, 2004", age: 15, lives: "0186", on: "2004-05-01", goesTo: "stodcentrum-city", rule: "victim-10-to-17",
        source: city2004),
    .init(
        name: "Edith, exactly 18 in Norrmalm, 2004", age: 18, lives: "0180/norrmalm", on: "2004-05-01", goesTo: "stodcentrum-city",
        rule: "victim-18", notes: ["boundary-age"], source: own),
    .init(
        name: "Folke, 19 in Kista, 2004", age: 19, lives: "0180/kista", on: "2004-05-01", goesTo: "bojen-spanga-kista",
        rule: "victim-over-18",
        source: city2004),
    .init(
        name: "Gerd, adult in Bromma, 2004", age: 40, lives: "0180/bromma", on: "2004-12-31", goesTo: "bojen-vasterort",
        rule: "victim-over-18",
        source: city2004),
    .init(
        name: "Harry, adult in Älvsjö, 2004", age: 40, lives: "0180/alvsjo", on: "2004-05-01", goesTo: "bojen-farsta",
        rule: "victim-over-18",
        source: city2004),
    .init(
        name: "Irma, adult in Liljeholmen, 2004", age: 40, lives: "0180/liljeholmen", on: "2004-05-01", goesTo: "bojen-skarholmen",
        rule: "victim-over-18", source: city2004),
    .init(
        name: "Jan, parent of a victim of 14 in Maria-Gamla stan, 2004", role: .relativeOfVictim, age: 44, victimAge: 14,
        lives: "0180/maria-gamla-stan", on: "2004-05-01", goesTo: "stodcentrum-city", rule: "companion-10-to-17", source: city2004),
    .init(
        name: "Kajsa, adult on Lidingö, 2004", age: 40, lives: "0186", on: "2004-05-01", goesTo: "bojen-city-lidingo",
        rule: "victim-over-18",
        source: city2004),
    .init(
        name: "Lars, 15 in Solna, before Stödcentrum Nordväst, 2004", age: 15, lives: "0184", on: "2004-05-01",
        goesTo: "review: no-recipient-for-area", rule: "victim-10-to-17",
        notes: ["no-support-centre-for-area", "no-brottsofferjour-for-area"],
        source: city2004),
    .init(
        name: "Margit, teacher, 2004", role: .professional, age: 40, lives: "0180/farsta", on: "2004-05-01",
        goesTo: "review: no-service-for-this-role",
        rule: "others", source: city2004),
    .init(
        name: "Nanna, adult on the first day after the rules of 2004", age: 40, lives: "0180/bromma", on: "2005-01-01",
        goesTo: "review: no-rule-set-on-this-date", rule: nil, source: own),

    // The partnership of 2022 with the 13 areas before 1 July 2023.
    .init(
        name: "Astrid, 40 in Norrmalm, 2022", age: 40, lives: "0180/norrmalm", on: "2022-05-01", goesTo: "bojen-stockholm-gotland",
        rule: "victim-over-21", source: own),
    .init(
        name: "Bosse, 15 in Östermalm, 2022", age: 15, lives: "0180/ostermalm", on: "2022-05-01", goesTo: "stodcentrum-city",
        rule: "victim-10-to-17", source: own),
    .init(
        name: "Cissi, 15 in Rinkeby-Kista, 2022", age: 15, lives: "0180/rinkeby-kista", on: "2022-05-01", goesTo: "stodcentrum-vasterort",
        rule: "victim-10-to-17", source: own),
    .init(
        name: "Denise, 35 in Spånga-Tensta, 2022", age: 35, lives: "0180/spanga-tensta", on: "2022-05-01", goesTo: "bojen-vasterort",
        rule: "victim-over-21", source: own),
    .init(
        name: "Ensio, exactly 21 in Hägersten-Älvsjö, 2022", age: 21, lives: "0180/hagersten-alvsjo", on: "2022-05-01",
        goesTo: "stodcentrum-soderort", rule: "victim-21", notes: ["boundary-age"], source: own),
    .init(
        name: "Freja, 22 in Hägersten-Älvsjö, 2022", age: 22, lives: "0180/hagersten-alvsjo", on: "2022-05-01",
        goesTo: "bojen-sodra-stockholm", rule: "victim-over-21", source: agreement),
    .init(
        name: "Gorm, 9 in Södermalm, 2022", age: 9, lives: "0180/sodermalm", on: "2022-05-01", goesTo: "review: under-10",
        rule: "victim-under-10", source: own),
    .init(
        name: "Hilma, 10 today in Södermalm, 2022", born: "2012-05-01", lives: "0180/sodermalm", on: "2022-05-01",
        goesTo: "stodcentrum-city", rule: "victim-10-to-17", source: agreement),
    .init(
        name: "Idun, 18 in Skarpnäck, 2022", age: 18, lives: "0180/skarpnack", on: "2022-05-01", goesTo: "stodcentrum-soderort",
        rule: "victim-18-to-20", source: agreement),
    .init(
        name: "Isak, witness of 16 in Bromma, 2022", role: .witness, age: 16, lives: "0180/bromma", on: "2022-05-01",
        goesTo: "stodcentrum-vasterort", rule: "companion-10-to-17", source: agreement),
    .init(
        name: "Jasmin, witness of 60 in Bromma, 2022", role: .witness, age: 60, lives: "0180/bromma", on: "2022-05-01",
        goesTo: "bojen-vasterort", rule: "companion-over-21", source: agreement),
    .init(
        name: "Jonna, mother of a victim of 15 in Farsta, 2022", role: .relativeOfVictim, age: 41, victimAge: 15, lives: "0180/farsta",
        on: "2022-05-01", goesTo: "stodcentrum-soderort", rule: "companion-10-to-17", source: agreement),
    .init(
        name: "Kim, 40, relative of an offender in Skärholmen, 2022", role: .relativeOfOffender, age: 40, lives: "0180/skarholmen",
        on: "2022-05-01", goesTo: "bojen-sodra-stockholm", rule: "offender-relative", source: agreement),
    .init(
        name: "Kurt, relative of an offender, age unknown, 2022", role: .relativeOfOffender, lives: "0180/skarholmen", on: "2022-05-01",
        goesTo: "review: unknown-age", rule: "offender-relative-unknown-age", source: own),
    .init(
        name: "Lo, social worker in Enskede-Årsta-Vantör, 2022", role: .professional, lives: "0180/enskede-arsta-vantor", on: "2022-05-01",
        goesTo: "bojen-sodra-stockholm", rule: "professional", source: agreement),
    .init(
        name: "Moa, 17, exploited, on Kungsholmen, 2022", age: 17, lives: "0180/kungsholmen", exploited: true, on: "2022-05-01",
        goesTo: "stodcentrum-city", rule: "victim-under-18-exploited", source: agreement),
    .init(
        name: "Nour, 16, exploited, on Gotland, 2022", age: 16, lives: "0980", exploited: true, on: "2022-05-01",
        goesTo: "review: no-recipient-for-area", rule: "victim-under-18-exploited", notes: ["no-support-centre-for-area"], source: own),
    .init(
        name: "Oskar, 15 on Gotland, 2022", age: 15, lives: "0980", on: "2022-05-01", goesTo: "bojen-stockholm-gotland",
        rule: "victim-10-to-17", notes: ["no-support-centre-for-area"], source: agreement),
    .init(
        name: "Petra, 34 on Lidingö, 2022", age: 34, lives: "0186", on: "2022-05-01", goesTo: "bojen-stockholm-gotland",
        rule: "victim-over-21", source: own),
    .init(
        name: "Quirin, 14 on Lidingö, 2022", age: 14, lives: "0186", on: "2022-05-01", goesTo: "stodcentrum-city", rule: "victim-10-to-17",
        source: own),
    .init(
        name: "Rasmus, 16 in Ekerö, 2022", age: 16, lives: "0125", on: "2022-05-01", goesTo: "stodcentrum-nordvast",
        rule: "victim-10-to-17", source: nordvast),
    .init(
        name: "Stina, 30 in Sigtuna, 2022", age: 30, lives: "0191", on: "2022-05-01", goesTo: "review: no-recipient-for-area",
        rule: "victim-over-21", notes: ["no-brottsofferjour-for-area"], source: own),
    .init(
        name: "Ulf, 45 in Täby, 2022", age: 45, lives: "0160", on: "2022-05-01", goesTo: "review: no-recipient-for-area",
        rule: "victim-over-21", notes: ["no-brottsofferjour-for-area"], source: own),
    .init(
        name: "Vilma, age unknown, 2022", lives: "0180/bromma", on: "2022-05-01", goesTo: "review: unknown-age", rule: "victim-unknown-age",
        source: own),
    .init(
        name: "Wille, area unknown, 2022", age: 30, on: "2022-05-01", goesTo: "review: unknown-area", rule: "victim-over-21", source: own),
    .init(
        name: "Xander, sekretessmarkering, 2022", age: 30, lives: "0180/bromma", protected: .confidentialityMarking, on: "2022-05-01",
        goesTo: "review: protected-identity", rule: "protected-identity", source: own),
    .init(
        name: "Yann, 30 in Järva the day before it was formed", age: 30, lives: "0180/jarva", on: "2023-06-30",
        goesTo: "review: area-not-valid-on-this-date", rule: "victim-over-21", source: own),
    .init(
        name: "Zelda, 30 in Rinkeby-Kista on its last day", age: 30, lives: "0180/rinkeby-kista", on: "2023-06-30",
        goesTo: "bojen-vasterort", rule: "victim-over-21", source: own),
    .init(
        name: "Åsa, 30 in Rinkeby-Kista the day after its last", age: 30, lives: "0180/rinkeby-kista", on: "2023-07-01",
        goesTo: "review: area-not-valid-on-this-date", rule: "victim-over-21", source: own),
    .init(
        name: "Älva, 15 in Norrmalm on its last day", age: 15, lives: "0180/norrmalm", on: "2023-06-30", goesTo: "stodcentrum-city",
        rule: "victim-10-to-17", source: own),
    .init(
        name: "Östen, 15 in Norra innerstaden on its first day", age: 15, lives: "0180/norra-innerstaden", on: "2023-07-01",
        goesTo: "stodcentrum-city", rule: "victim-10-to-17", source: own),
    .init(
        name: "Alma, 30 in Farsta on the first day of the partnership", age: 30, lives: "0180/farsta", on: "2022-04-01",
        goesTo: "bojen-sodra-stockholm", rule: "victim-over-21", source: agreement),
    .init(
        name: "Bror, 30 in Farsta the day before the partnership", age: 30, lives: "0180/farsta", on: "2022-03-31",
        goesTo: "review: no-rule-set-on-this-date", rule: nil, source: own),

    // More of 2004.
    .init(
        name: "Oda, exactly 10 in Farsta, 2004", age: 10, lives: "0180/farsta", on: "2004-05-01", goesTo: "stodcentrum-city",
        rule: "victim-10-to-17", source: own),
    .init(
        name: "Ragna, 9 in Farsta, 2004", age: 9, lives: "0180/farsta", on: "2004-05-01", goesTo: "review: under-10",
        rule: "victim-under-10", source: own),
    .init(
        name: "Sture, age unknown, 2004", lives: "0180/farsta", on: "2004-05-01", goesTo: "review: unknown-age", rule: "victim-unknown-age",
        source: own),
    .init(
        name: "Torun, witness of 17 in Bromma, 2004", role: .witness, age: 17, lives: "0180/bromma", on: "2004-05-01",
        goesTo: "stodcentrum-city", rule: "companion-10-to-17", source: city2004),
    .init(
        name: "Uno, witness of 50 in Kista, 2004", role: .witness, age: 50, lives: "0180/kista", on: "2004-05-01",
        goesTo: "bojen-spanga-kista", rule: "companion-over-18", source: city2004),
    .init(
        name: "Vega, relative of an offender, 2004", role: .relativeOfOffender, age: 40, lives: "0180/kista", on: "2004-05-01",
        goesTo: "review: no-service-for-this-role", rule: "others", source: own),
    .init(
        name: "Wera, adult on Gotland, 2004", age: 40, lives: "0980", on: "2004-05-01", goesTo: "review: no-recipient-for-area",
        rule: "victim-over-18", notes: ["no-brottsofferjour-for-area"], source: own),
]

@Suite struct ShippedConfigurationTests {
    @Test(arguments: supportExamples)
    func support(_ example: SupportExample) throws {
        let routing = try Shipped.routing.get()
        let decision = routing.decide(
            try example.facts(), service: .support, on: try .day(example.on), excluding: Set(example.returnedBy.map { OrganisationID($0) }))
        #expect(decision.outcome.text == example.goesTo, "source: \(example.source)")
        #expect(decision.rule == example.rule)
        #expect(decision.notes == example.notes)
        #expect(example.rule == nil || decision.ruleText?.isEmpty == false)
    }

    @Test func anExplanationNamesEveryInputAndWhereItCameFrom() throws {
        let routing = try Shipped.routing.get()
        let example = SupportExample(
            name: "Lena", role: .relativeOfVictim, born: "1979-01-01", victimAge: 15, stays: "0180/bromma", goesTo: "stodcentrum-vasterort",
            rule: nil, source: own)
        let decision = routing.decide(try example.facts(), service: .support, on: try .day(example.on))
        #expect(decision.ruleSet == "2 Stockholm 2023")
        #expect(
            decision.inputs == [
                .init(name: "protected identity", value: "none", origin: "sender"),
                .init(name: "role", value: "relative of victim", origin: "sender"),
                .init(name: "deciding age", value: "15", origin: "victim's stated age"),
                .init(name: "own age", value: "45", origin: "birth date"),
                .init(name: "exploited", value: "false", origin: "sender"),
                .init(name: "area", value: "0180/bromma", origin: "stay"),
            ])
    }

    @Test func everyParticipantOfTheExampleCanBeListed() throws {
        let directory = try DirectoryFile.read(Shipped.path("directory.yaml"))
        let names = directory.participants.map(\.description)
        #expect(names.count == 23)
        #expect(names.contains("polisen-stockholm/vasterort") && names.contains("stockholms-stad/samordnare"))
        #expect(names.contains("egen-ansokan/webb") && names.contains("stodcentrum-nordvast/sollentuna"))
        #expect(directory.coordinator == OrganisationID("stockholms-stad"))
    }

    @Test func theNumberOfDistrictsOnEachDay() throws {
        let areas = try DirectoryFile.read(Shipped.path("directory.yaml")).areas.filter { $0.area.municipality == "0180" }
        func count(_ day: String) throws -> Int {
            let day = try CivilDate.day(day)
            return areas.count { $0.validity.contains(day) }
        }
        #expect(try count("2004-06-01") == 18)
        #expect(try count("2007-01-01") == 14)
        #expect(try count("2023-06-30") == 13)
        #expect(try count("2023-07-01") == 11)
    }
}

extension RoutingDecision.Outcome {
    var text: String {
        switch self {
        case .recipient(let organisation): organisation.rawValue
        case .review(let reason): "review: \(reason)"
        }
    }
}

extension Area {
    /// `0180/farsta` or `0191`
    init(text: String) {
        let parts = text.split(separator: "/").map(String.init)
        self.init(municipality: parts[0], district: parts.count > 1 ? parts[1] : nil)
    }
}
