import Foundation
import Referral
import SeededRandom
import Testing

/// Every cell, by what is left of a content in which every field says something.
@Suite struct DisclosureTableTests {
    private static let day = CivilDate(inStockholmAt: SmallWorld.morning)

    /// No value is the one that stands for "withheld".
    static let full = ReferralContent(
        person: Person(name: "N", personalNumber: "P", birthDate: CivilDate("2009-05-17"), age: 16, sex: .female), role: .witness,
        relatedVictim: RelatedVictim(birthDate: CivilDate("2010-01-01"), age: 16), residence: SmallWorld.farsta, stay: SmallWorld.sigtuna,
        scene: SmallWorld.farsta,
        contacts: [
            Contact(
                phone: "+46701740605", email: "a@example.se", postalAddress: "V", holder: .guardian, holderName: "H", noVoicemail: true,
                noSMS: true, notAtHome: true, safeHours: "8-9", mayAnswer: "M")
        ],
        consent: Consent(
            status: .guardianYes, coversSupport: true, coversMediation: true, coversOutcome: true, askedOn: CivilDate("2026-02-28")),
        legalBasis: .publicTask, protectedIdentity: .assumedIdentity, language: "sv", interpreterNeeded: true,
        event: CrimeEvent(
            category: .robbery, crimeCode: "0800", crimeCodeYear: 2026, date: CivilDate("2026-02-27"), policeReference: "K", reported: .yes,
            exploitedForPayment: true),
        services: [.support, .mediation],
        mediation: Mediation(
            offenders: [
                Offender(
                    name: "O", personalNumber: "Q", birthDate: CivilDate("2008-01-01"), age: 18, residence: SmallWorld.farsta,
                    phone: "+46701740606", admitted: .yes, takesPart: .yes)
            ], investigation: .concluded, leaderConsulted: .yes, personTakesPart: .yes, suitable: .yes),
        conflictGroup: "G", freeText: "F", isTest: true)

    static let facts = CaseFacts(full, received: day, conflictMark: ContentDigest(hexadecimal: "a0"))

    private static func project(_ groups: [FieldGroup], _ service: Service) -> [String: String] {
        var leaves: [String: String] = [:]
        collect(Disclosure.project(full, to: groups, service: service, facts: facts), "", &leaves)
        return leaves
    }

    private static func collect(_ value: Any, _ path: String, _ leaves: inout [String: String]) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .struct where !(value is CivilDate) && !(value is Area):
            for child in mirror.children { collect(child.value, path + (path.isEmpty ? "" : ".") + (child.label ?? ""), &leaves) }
        case .collection: for child in mirror.children { collect(child.value, path + "[]", &leaves) }
        case .optional: if let child = mirror.children.first { collect(child.value, path, &leaves) }
        default: leaves[path] = "\(value)"
        }
    }

    /// Whoever adds a field has to say to whom it is shown.
    @Test func everyFieldBelongsToExactlyOneGroup() {
        var leaves: [String: String] = [:]
        Self.collect(Self.full, "", &leaves)
        let listed = FieldGroup.alwaysShown + FieldGroup.allCases.flatMap(\.fields)
        #expect(Set(listed).count == listed.count)
        #expect(Set(leaves.keys) == Set(listed))
        for group in FieldGroup.allCases { #expect(group.fields.isEmpty != group.isContent) }
        // The values here could not be mistaken for those that stand for nothing.
        let nothing = Self.project([], .support)
        for path in listed where !FieldGroup.alwaysShown.contains(path) { #expect(leaves[path] != nothing[path], "\(path)") }
    }

    struct Cell: CustomTestStringConvertible {
        let reader: CaseReader
        let service: Service
        let state: DisclosureState
        var testDescription: String { "\(reader), \(service.rawValue), \(state.rawValue)" }

        static let all = CaseReader.allCases.flatMap { reader in
            Service.allCases.flatMap { service in DisclosureState.allCases.map { Cell(reader: reader, service: service, state: $0) } }
        }
    }

    @Test(arguments: Cell.all) func exactlyWhatTheCellSaysIsLeft(cell: Cell) {
        let groups = Disclosure.groups(for: cell.reader, service: cell.service, in: cell.state, consent: Self.full.consent)
        var everything: [String: String] = [:]
        Self.collect(Self.full, "", &everything)
        let nothing = Self.project([], cell.service)
        let shown = Self.project(groups, cell.service)
        for group in FieldGroup.allCases {
            let isShown = Disclosure.rule(group, for: cell.reader, service: cell.service, in: cell.state) != .withheld
            #expect(isShown == groups.contains(group), "\(group)")
            for path in group.fields {
                let expected: String? =
                    switch path {
                    case _ where !isShown: nothing[path]
                    case "conflictGroup": "a0"
                    case "consent.coversSupport": "\(cell.service == .support)"
                    case "consent.coversMediation": "\(cell.service == .mediation)"
                    default: everything[path]
                    }
                #expect(shown[path] == expected, "\(path)")
            }
        }
        #expect(shown["services[]"] == "\(cell.service)" && shown["isTest"] == "true")
    }

    /// The rules that make a number safe are shown with it, whatever else is withheld.
    @Test func noProjectionKeepsANumberWithoutItsRules() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<4_000 {
            let groups = FieldGroup.allCases.filter { _ in Bool.random(using: &random) }
            for service in Service.allCases {
                let shown = Disclosure.project(Self.full, to: groups, service: service, facts: Self.facts)
                #expect(shown.contacts == (groups.contains(.contacts) ? Self.full.contacts : []))
            }
        }
    }

    @Test func withoutConsentForAServiceNothingOfThePersonIsShownForIt() {
        for cell in Cell.all {
            for consent in [
                Consent(status: .yes, coversSupport: cell.service != .support, coversMediation: cell.service != .mediation),
                Consent(status: .withdrawn, coversSupport: true, coversMediation: true),
                Consent(status: .notAsked, coversSupport: true, coversMediation: true),
            ] {
                let groups = Disclosure.groups(for: cell.reader, service: cell.service, in: cell.state, consent: consent)
                #expect(groups.filter(\.isContent).isEmpty, "\(cell.testDescription)")
            }
        }
    }

    @Test func theSenderIsToldTheOutcomeOfSupportOnlyWhenThePersonAgreed() {
        func isTold(_ service: Service, _ shares: Bool, _ state: DisclosureState) -> Bool {
            let consent = Consent(status: .yes, coversSupport: true, coversMediation: true, coversOutcome: shares)
            return Disclosure.groups(for: .sender, service: service, in: state, consent: consent).contains(.outcome)
        }
        #expect(isTold(.support, true, .ended) && !isTold(.support, false, .ended))
        #expect(isTold(.mediation, false, .ended) && !isTold(.mediation, true, .atWork))
    }

    // Said once more by hand: what must never be, however the table changes.

    @Test func aPrivateBodyNeverHoldsDataOnTheOffence() {
        for reader in [CaseReader.owner(.privateBody), .asked(.privateBody), .formerOwner] {
            for service in Service.allCases {
                for state in DisclosureState.allCases {
                    let groups = Disclosure.groups(for: reader, service: service, in: state, consent: Self.full.consent)
                    #expect(
                        Set(groups).isDisjoint(with: [
                            .offenders, .parties, .crimeDetail, .policeReference, .freeText, .exploitation, .personalNumber,
                        ]))
                }
            }
        }
    }

    @Test func offendersAreShownToMunicipalMediatorsAlone() {
        for cell in Cell.all {
            let groups = Set(Disclosure.groups(for: cell.reader, service: cell.service, in: cell.state, consent: Self.full.consent))
            if !groups.isDisjoint(with: [.offenders, .parties]) {
                #expect(cell.reader == .owner(.publicBody) && cell.service == .mediation && cell.state != .waiting && cell.state != .erased)
            }
        }
    }

    @Test func contentIsShownToOwnersAndToWhoGivesAReasonAlone() {
        for cell in Cell.all {
            let groups = Disclosure.groups(for: cell.reader, service: cell.service, in: cell.state, consent: Self.full.consent)
            guard groups.contains(where: \.isContent) else { continue }
            #expect(cell.state != .erased)
            switch cell.reader {
            case .owner: #expect(cell.state != .waiting)
            case .coordinatorReading: break
            case .sender, .asked, .formerOwner, .coordinator, .auditor: Issue.record("\(cell.testDescription)")
            }
        }
    }
}
