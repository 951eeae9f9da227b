import Referral
import Testing

/// What the sources say about the clocks of organisations.
@Suite struct ShippedAgreementTests {
    @Test(
        arguments: [
            // The partnership with the brottsofferjourer, 2022.
            ("bojen-stockholm-gotland", "2022-03-31", nil), ("bojen-stockholm-gotland", "2022-04-01", Self.partnership),
            ("bojen-sodra-stockholm", "2026-03-02", Self.partnership), ("bojen-vasterort", "2023-07-01", Self.partnership),
            ("bojen-vasterort", "2004-06-01", nil),
            // The annual report of Stödcentrum Nordväst for 2017.
            (
                "stodcentrum-nordvast", "2017-06-01",
                OrganisationAgreement(
                    firstContactWithin: .hours(72), firstContactWarning: .hours(48), firstMeetingWithin: .days(10))
            ), ("stodcentrum-nordvast", "2016-12-31", nil), ("stodcentrum-city", "2026-03-02", nil),
        ] as [(String, String, OrganisationAgreement?)])
    func promises(organisation: String, day: String, expected: OrganisationAgreement?) throws {
        let found = try #require(Shipped.routing.get().directory.organisation(OrganisationID(organisation))).agreement(on: .day(day))
        #expect(found?.firstContactWithin == expected?.firstContactWithin)
        #expect(found?.firstContactWarning == expected?.firstContactWarning)
        #expect(found?.firstMeetingWithin == expected?.firstMeetingWithin)
        #expect(found?.untakenWarning == expected?.untakenWarning)
        #expect(found?.callAttempts == expected?.callAttempts)
        #expect(found?.eveningAttempts == expected?.eveningAttempts)
        #expect((found == nil) == (expected == nil))
    }

    private static let partnership = OrganisationAgreement(firstContactWithin: .days(3), callAttempts: 3, eveningAttempts: 1)
}
