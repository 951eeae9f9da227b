import Configuration
import Referral
import Testing

/// Everybody there could be: no combination is lost, and nobody goes to an organisation that does not serve their area that day.
@Suite struct ShippedSweepTests {
    private static let days = ["2004-01-01", "2004-12-31", "2022-03-31", "2022-04-01", "2023-06-30", "2023-07-01", "2026-02-28"]
    private static let ages: [Int?] = [nil] + (0...100).map { $0 }

    private func check(
        _ decision: RoutingDecision, in routing: Routing, area: Area?, service: Service, on day: CivilDate
    ) -> String? {
        switch decision.outcome {
        case .review(.noRule), .review(.severalRules), .review(.valueOutsideTable): return "the table has a gap or an overlap"
        case .review(let reason): return reason.rawValue.isEmpty ? "an empty reason" : nil
        case .recipient(let id):
            guard let organisation = routing.directory.organisation(id), organisation.existence.contains(day) else {
                return "unknown \(id)"
            }
            let serves = organisation.catchment.contains { catchment in
                area.map(catchment.areas.contains) ?? false && catchment.services.contains(service) && catchment.period.contains(day)
            }
            if !serves { return "\(id) does not serve \(area?.description ?? "nowhere")" }
            return service == .mediation && organisation.kind != .supportCentre ? "\(id) mediates" : nil
        }
    }

    @Test(arguments: days)
    func support(_ text: String) throws {
        let routing = try Shipped.routing.get()
        let day = try CivilDate.day(text)
        let areas = routing.directory.areas.map(\.area) + [nil, Area(municipality: "0180"), Area(municipality: "0380")]
        var wrong: [String] = []
        var recipients = 0
        for role in Role.allCases {
            for age in Self.ages {
                // Somebody of this age, and an adult who belongs to the case of a victim of this age.
                for (ownAge, victimAge) in role.followsVictim ? [(age, nil), (40, age)] : [(age, nil)] {
                    for area in areas {
                        for exploited in [false, true] {
                            let content = ReferralContent(
                                person: Person(age: ownAge), role: role, relatedVictim: victimAge.map { RelatedVictim(age: $0) },
                                residence: area, consent: Consent(status: .yes, coversSupport: true), legalBasis: .consent,
                                protectedIdentity: .none, event: CrimeEvent(category: .threat, exploitedForPayment: exploited),
                                services: [.support])
                            let decision = routing.decide(CaseFacts(content, received: day), service: .support, on: day)
                            if case .recipient = decision.outcome { recipients += 1 }
                            if let problem = check(decision, in: routing, area: area, service: .support, on: day) {
                                wrong.append("\(role), \(age ?? -1), \(area?.description ?? "nowhere"): \(problem)")
                            }
                        }
                    }
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        #expect((recipients > 0) == routing.ruleSets.contains { $0.validity.contains(day) })
    }

    @Test(arguments: days)
    func mediation(_ text: String) throws {
        let routing = try Shipped.routing.get()
        let day = try CivilDate.day(text)
        var wrong: [String] = []
        var recipients = 0
        for area in routing.directory.areas.map(\.area) + [nil, Area(municipality: "0380")] {
            for age in Self.ages.prefix(27) {
                for (reported, admitted) in Answer.allCases.flatMap({ first in Answer.allCases.map { (first, $0) } }) {
                    for investigation in Investigation.allCases {
                        let content = ReferralContent(
                            person: Person(age: 30), role: .victim, consent: Consent(status: .yes, coversMediation: true),
                            legalBasis: .consent, protectedIdentity: .none, event: CrimeEvent(category: .threat, reported: reported),
                            services: [.mediation],
                            mediation: Mediation(
                                offenders: [Offender(age: age, residence: area, admitted: admitted, takesPart: .yes)],
                                investigation: investigation, leaderConsulted: .yes, personTakesPart: .yes, suitable: .yes))
                        let decision = routing.decide(CaseFacts(content, received: day), service: .mediation, on: day)
                        if case .recipient = decision.outcome { recipients += 1 }
                        if let problem = check(decision, in: routing, area: area, service: .mediation, on: day) {
                            wrong.append("\(age ?? -1), \(area?.description ?? "nowhere"): \(problem)")
                        }
                    }
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        #expect((recipients > 0) == routing.ruleSets.contains { $0.validity.contains(day) })
    }
}
