import Referral
import Testing

@Suite struct DirectoryTests {
    static let coordinator = Organisation(
        id: OrganisationID("stad"), name: "Staden", kind: .coordinator, units: [unit("samordnare")])

    static func unit(_ id: String) -> OrganisationUnit { OrganisationUnit(id: UnitID(id), name: id) }

    static func day(_ text: String) -> CivilDate { CivilDate(text) ?? CivilDate(inStockholmAt: Instant(milliseconds: 0)) }

    static func period(_ first: String?, _ last: String?) -> DatePeriod {
        DatePeriod(first: first.map(day), last: last.map(day))
    }

    static func jour(
        _ id: String, _ areas: [Area], services: [Service] = [.support], existence: DatePeriod = .always, period: DatePeriod = .always
    ) -> Organisation {
        Organisation(
            id: OrganisationID(id), name: id, kind: .brottsofferjour, existence: existence, units: [unit("jouren")],
            catchment: [Catchment(areas: areas, services: services, period: period)])
    }

    static let farsta = Area(municipality: "0180", district: "farsta")
    static let vantor = Area(municipality: "0180", district: "vantor")
    static let solna = Area(municipality: "0184")
    static let areas = [
        ListedArea(area: farsta, name: "Farsta"),
        ListedArea(area: vantor, name: "Vantör", validity: period("1999-01-01", "2006-12-31")),
        ListedArea(area: solna, name: "Solna"),
    ]

    // MARK: Questions

    @Test func aParticipantIsKnownByOrganisationAndUnit() throws {
        let old = Self.jour("gamla", [Self.farsta], existence: Self.period(nil, "2004-12-31"))
        let directory = try Directory(organisations: [Self.coordinator, old], areas: Self.areas)
        func organisation(_ organisation: String, _ unit: String, on day: String? = nil) -> String? {
            directory.organisation(
                of: Participant(organisation: OrganisationID(organisation), unit: UnitID(unit)), on: day.map(Self.day))?.name
        }
        #expect(organisation("stad", "samordnare") == "Staden")
        #expect(organisation("stad", "jouren") == nil)
        #expect(organisation("okänd", "samordnare") == nil)
        #expect(organisation("gamla", "jouren", on: "2004-12-31") == "gamla")
        #expect(organisation("gamla", "jouren", on: "2005-01-01") == nil)
        #expect(directory.coordinator == OrganisationID("stad"))
        #expect(directory.participants.map(\.description) == ["stad/samordnare", "gamla/jouren"])
    }

    @Test func whatAKindMayDo() {
        func kinds(_ may: (OrganisationKind) -> Bool) -> Set<OrganisationKind> { Set(OrganisationKind.allCases.filter(may)) }
        #expect(kinds(\.maySend) == [.police, .school, .socialServices, .youthCentre, .healthCare, .ownRequest])
        #expect(kinds(\.mayReceive) == [.brottsofferjour, .supportCentre])
        #expect(kinds(\.mayCoordinate) == [.coordinator])
        #expect(kinds(\.mayAudit) == [.auditor])
        #expect(OrganisationKind.brottsofferjour.recipientClass == .privateBody)
        #expect(OrganisationKind.supportCentre.recipientClass == .publicBody)
    }

    @Test func recipientsDependOnKindServiceAreaAndDay() throws {
        let first = Self.jour("ett", [Self.farsta], period: Self.period("2004-01-01", "2004-06-30"))
        let second = Self.jour("tva", [Self.farsta, Self.vantor], period: Self.period("2004-06-30", nil))
        let directory = try Directory(organisations: [first, Self.coordinator, second], areas: Self.areas)
        func found(_ area: Area, _ day: String, _ service: Service = .support, excluding: Set<OrganisationID> = []) -> Directory.Recipients
        {
            directory.recipients(of: .brottsofferjour, for: service, in: area, on: Self.day(day), excluding: excluding)
        }
        #expect(found(Self.farsta, "2003-12-31") == .none)
        #expect(found(Self.farsta, "2004-01-01") == .one(OrganisationID("ett")))
        #expect(found(Self.farsta, "2004-06-30") == .several([OrganisationID("ett"), OrganisationID("tva")]))
        #expect(found(Self.farsta, "2004-06-30", excluding: [OrganisationID("ett")]) == .one(OrganisationID("tva")))
        #expect(found(Self.farsta, "2004-07-01") == .one(OrganisationID("tva")))
        #expect(found(Self.farsta, "2004-07-01", .mediation) == .none)
        #expect(found(Self.vantor, "2006-12-31") == .one(OrganisationID("tva")))
        #expect(found(Self.vantor, "2007-01-01") == .none, "the area has gone")
        #expect(directory.recipients(of: .supportCentre, for: .support, in: Self.farsta, on: Self.day("2004-07-01")) == .none)
    }

    @Test func theStandingOfAnArea() throws {
        let directory = try Directory(organisations: [Self.coordinator], areas: Self.areas)
        func standing(_ municipality: String, _ district: String? = nil) -> Directory.AreaStanding {
            directory.standing(of: Area(municipality: municipality, district: district), on: Self.day("2024-01-01"))
        }
        #expect(standing("0180", "farsta") == .valid)
        #expect(standing("0180", "vantor") == .notValidOnThisDay)
        #expect(standing("0180", "atlantis") == .unknownDistrict)
        #expect(standing("0180") == .districtMissing)
        #expect(standing("0184") == .valid)
        #expect(standing("0380") == .unlistedMunicipality)
    }

    // MARK: Faults

    @Test func allFaultsAtOnce() {
        let badNumber = Organisation(
            id: OrganisationID("Polisen!"), name: "Polisen", number: "212000-0143", kind: .police,
            existence: Self.period("2005-01-01", "2004-01-01"), units: [],
            catchment: [Catchment(areas: [Self.farsta], services: [.support])])
        let twice = Organisation(
            id: OrganisationID("jour"), name: "Jouren", kind: .brottsofferjour, units: [Self.unit("a"), Self.unit("a")],
            catchment: [
                Catchment(areas: [Self.farsta], services: [.support], period: Self.period(nil, "2004-06-30")),
                Catchment(areas: [Self.solna, Self.farsta], services: [.support, .mediation], period: Self.period("2004-06-30", nil)),
                Catchment(areas: [Area(municipality: "0180"), Self.vantor], services: [.support], period: Self.period("2020-01-01", nil)),
                Catchment(areas: [], services: []),
            ])
        let faults = #expect(throws: DirectoryFaults.self) {
            try Directory(
                organisations: [badNumber, twice, Self.jour("jour", [])],
                areas: Self.areas + [ListedArea(area: Self.farsta, name: "Farsta", validity: Self.period("2001-01-01", "2000-01-01"))])
        }
        #expect(
            faults?.description == """
                areas[3].code: the area 0180/farsta is listed twice; an area has one entry with one period
                areas[3].until: the last day lies before the first: 2001-01-01 to 2000-01-01
                organisations[0].id: 1 to 64 of a-z, 0-9 and hyphens, beginning with a letter: it is part of a certificate's address
                organisations[0].organisationsnummer: not an organisationsnummer: NNNNNN-NNNN, the third digit at least 2, with a valid \
                check digit
                organisations[0].until: the last day lies before the first: 2005-01-01 to 2004-01-01
                organisations[0].units: an organisation needs at least one unit to act as
                organisations[0].catchment: an organisation of kind police receives no cases and serves no areas
                organisations[1].units[1].id: the unit a is given twice
                organisations[1].catchment[1].services[1]: a brottsofferjour is a private body and never mediates: it may not hold data \
                about offenders
                organisations[1].catchment[1].areas[1]: 0180/farsta is served twice for support on the same day by jour
                organisations[1].catchment[2].areas[0]: the area 0180 is not in the list of areas; the municipality is listed by district
                organisations[1].catchment[2].areas[1]: 0180/vantor is served on no day: the periods of catchment, organisation and area \
                have none in common
                organisations[1].catchment[3].areas: name at least one area
                organisations[1].catchment[3].services: name at least one service
                organisations[2].id: the organisation jour is given twice
                organisations[2].catchment[0].areas: name at least one area
                organisations: no organisation of kind coordinator: exactly one answers for the cases under review
                """)
    }

    @Test func exactlyOneCoordinatorForEveryDay() {
        let second = Organisation(
            id: OrganisationID("annan"), name: "Annan", kind: .coordinator, existence: Self.period(nil, "2020-01-01"),
            units: [Self.unit("samordnare")])
        #expect(
            throws: DirectoryFaults(faults: [
                DirectoryFault(
                    path: [.key("organisations"), .index(1), .key("kind")],
                    rule: "a second coordinator: exactly one organisation answers for the cases under review")
            ])
        ) { try Directory(organisations: [Self.coordinator, second], areas: []) }
        #expect(
            throws: DirectoryFaults(faults: [
                DirectoryFault(
                    path: [.key("organisations"), .index(0)],
                    rule: "the coordinator answers for cases of every day and has neither from nor until")
            ])
        ) { try Directory(organisations: [second], areas: []) }
    }

    @Test func adjoiningPeriodsOfOneAreaAreNoFault() throws {
        let jour = Organisation(
            id: OrganisationID("jour"), name: "Jouren", kind: .brottsofferjour, units: [Self.unit("a")],
            catchment: [
                Catchment(areas: [Self.farsta], services: [.support], period: Self.period(nil, "2004-06-30")),
                Catchment(areas: [Self.farsta], services: [.support], period: Self.period("2004-07-01", nil)),
            ])
        let directory = try Directory(organisations: [Self.coordinator, jour], areas: Self.areas)
        #expect(
            directory.recipients(of: .brottsofferjour, for: .support, in: Self.farsta, on: Self.day("2004-07-01"))
                == .one(OrganisationID("jour")))
    }

    // MARK: Agreements and languages

    private static func faults(
        _ agreements: OrganisationAgreement..., kind: OrganisationKind = .brottsofferjour, existence: DatePeriod = .always,
        languages: [String] = []
    ) -> [String] {
        let jour = Organisation(
            id: OrganisationID("jouren"), name: "J", kind: kind, existence: existence, units: [unit("a")], agreements: agreements,
            languages: languages)
        do {
            _ = try Directory(organisations: [coordinator, jour], areas: areas)
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test func anAgreementIsTheOneOfTheDay() throws {
        let old = OrganisationAgreement(period: Self.period(nil, "2022-03-31"), firstContactWithin: .days(5))
        let new = OrganisationAgreement(
            period: Self.period("2022-04-01", nil), firstContactWithin: .days(3), firstContactWarning: .days(2),
            firstMeetingWithin: .hours(72), untakenWarning: .hours(24), callAttempts: 3, eveningAttempts: 3)
        #expect(Self.faults(old, new, languages: ["sv", "prs", "zh-Hant", "sr-Latn-RS"]) == [])
        let jour = Organisation(
            id: OrganisationID("jouren"), name: "J", kind: .brottsofferjour, units: [Self.unit("a")], agreements: [old, new])
        #expect(jour.agreement(on: Self.day("2022-03-31")) == old)
        #expect(jour.agreement(on: Self.day("2022-04-01")) == new)
        #expect(Self.coordinator.agreement(on: Self.day("2022-04-01")) == nil)
    }

    @Test func whatCannotBePromisedIsRefused() {
        func fault(_ key: String, _ agreement: OrganisationAgreement) {
            let faults = Self.faults(agreement)
            #expect(faults.count == 1 && faults[0].hasPrefix("organisations[1].agreements[0]\(key): "), "\(faults)")
        }
        fault(".first_contact_within", .init(firstContactWithin: .elapsed(.seconds(3_599))))
        fault(".untaken_warning", .init(untakenWarning: .days(91)))
        fault(".call_attempts", .init(callAttempts: 21))
        fault(".first_contact_warning", .init(firstContactWithin: .days(1), firstContactWarning: .hours(24)))
        fault(".first_contact_warning", .init(firstContactWarning: .days(1)))
        fault(".first_meeting_within", .init(firstContactWithin: .days(3), firstMeetingWithin: .hours(71)))
        fault(".evening_attempts", .init(callAttempts: 2, eveningAttempts: 3))
        fault(".evening_attempts", .init(eveningAttempts: 1))
        fault(".until", .init(period: Self.period("2022-04-01", "2022-03-31"), untakenWarning: .days(1)))

        let promise = OrganisationAgreement(untakenWarning: .days(1))
        #expect(Self.faults(promise, .init(period: Self.period("2022-04-01", nil), callAttempts: 1)).first?.contains("same days") == true)
        let gone = Self.faults(
            .init(period: Self.period("2005-01-01", nil), untakenWarning: .days(1)), existence: Self.period(nil, "2004-12-31"))
        #expect(gone.first?.contains("on no day") == true)
        #expect(Self.faults(promise, kind: .police).first?.contains("promises nothing") == true)
    }

    @Test func readersAreUnitsThatExist() throws {
        func faults(_ readers: ProtectedReader..., kind: OrganisationKind = .brottsofferjour, existence: DatePeriod = .always) -> [String] {
            let jour = Organisation(
                id: OrganisationID("jouren"), name: "J", kind: kind, existence: existence, units: [Self.unit("a"), Self.unit("b")],
                protectedReaders: readers)
            do {
                _ = try Directory(organisations: [Self.coordinator, jour], areas: Self.areas)
                return []
            } catch {
                return error.faults.map(\.description)
            }
        }
        func reader(_ unit: String, _ first: String? = nil, _ last: String? = nil) -> ProtectedReader {
            ProtectedReader(unit: UnitID(unit), period: Self.period(first, last))
        }
        #expect(faults(reader("a", nil, "2026-01-31"), reader("a", "2026-02-01"), reader("b")) == [])
        #expect(faults(reader("c")) == ["organisations[1].protected_readers[0].unit: jouren/c is not among the units of the organisation"])
        #expect(
            faults(reader("a"), reader("a", "2026-02-01")) == [
                "organisations[1].protected_readers[1]: jouren/a is named twice on the same days"
            ])
        #expect(faults(reader("a", "2026-02-02", "2026-02-01")).first?.hasPrefix("organisations[1].protected_readers[0].until") == true)
        #expect(faults(reader("a", "2026-02-02"), existence: Self.period(nil, "2026-02-01")).first?.contains("on no day") == true)
        #expect(faults(reader("a"), kind: .police).first?.contains("reads no cases") == true)
        #expect(faults(reader("a"), kind: .auditor).count == 1)
    }

    @Test func languagesHaveTheirForm() {
        #expect(
            Self.faults(languages: ["svenska"]) == ["organisations[1].languages[0]: must be a language like sv, prs or zh-Hant (BCP 47)"])
        #expect(Self.faults(languages: ["sv", "s", "sv_SE", "sv-", "sv"]).count == 4)
        #expect(Self.faults(languages: ["sv", "SV"]) == ["organisations[1].languages[1]: the language SV is given twice"])
    }
}
