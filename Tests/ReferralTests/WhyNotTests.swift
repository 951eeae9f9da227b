import Referral
import Testing

@Suite struct WhyNotTests {
    private typealias Small = SmallRouting

    /// Two centres serve the area, so people decide before the only jour is asked.
    @Test func theAlternativeIsTheOnlyOneOfItsKind() throws {
        let routing = try Small.routing(
            [Small.centre("one"), Small.centre("two"), Small.jour("jouren")],
            rules: [
                Small.ruleSet(
                    support: Small.support([
                        ["young", "< 22", "support centre", "", "brottsofferjour"], ["adult", ">= 22", "brottsofferjour"],
                    ]))
            ])
        func whyNot(_ organisation: String) throws -> WhyNot? {
            let day = try #require(CivilDate("2026-03-02"))
            return routing.whyNot(
                CaseFacts(SmallWorld.content(), received: day), service: .support, on: day, organisation: OrganisationID(organisation))
        }
        let jour = try #require(try whyNot("jouren"))
        #expect(jour.code == .severalOrganisations)
        #expect(
            jour.text.hasPrefix("rule young chooses a support centre before a brottsofferjour, and several of the first kind serve"),
            "\(jour)")
        #expect(!jour.text.contains("alone"))
        let centre = try #require(try whyNot("one"))
        #expect(centre.code == .severalOrganisations && centre.text.hasPrefix("it is not alone in serving"), "\(centre)")
    }
}
