import Referral
import Testing

/// What the sources say about the clocks of organisations.
@Suite struct ShippedAgreementTests {
    @Test(
        arguments: [
            // The partnership with the brottsofferjourer, 2022.
            ("bojen-stockholm-gotland", "2022-03-31", nil), ("bojen-stockholm-gotland", "2022-04-01", [72, nil, nil, 3, 1]),
            ("bojen-sodra-stockholm", "2026-03-02", [72, nil, nil, 3, 1]), ("bojen-vasterort", "2023-07-01", [72, nil, nil, 3, 1]),
            ("bojen-vasterort", "2004-06-01", nil),
            // The annual report of Stödcentrum Nordväst for 2017.
            ("stodcentrum-nordvast", "2017-06-01", [72, 48, 240, nil, nil]), ("stodcentrum-nordvast", "2016-12-31", nil),
            ("stodcentrum-city", "2026-03-02", nil),
        ] as [(String, String, [Int?]?)])
    func promises(organisation: String, day: String, expected: [Int?]?) throws {
        let found = try #require(Shipped.routing.get().directory.organisation(OrganisationID(organisation))).agreement(on: .day(day))
        let values = found.map { agreement in
            [agreement.firstContactWithin, agreement.firstContactWarning, agreement.firstMeetingWithin].map { time in
                time.map { Int($0 / .seconds(3_600)) }
            } + [agreement.callAttempts, agreement.eveningAttempts]
        }
        #expect(values == expected)
    }
}
