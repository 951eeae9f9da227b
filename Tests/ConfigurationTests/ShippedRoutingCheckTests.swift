import Configuration
import DecisionTable
import Foundation
import Referral
import Testing

/// The shipped rules and directory leave nobody out but those whom somebody has accepted, by name.
@Suite struct ShippedRoutingCheckTests {
    @Test func everyFindingIsAccepted() throws {
        let check = try Shipped.routing.get().check()
        #expect(check.isComplete)
        #expect(check.unaccepted.map(\.description) == [])
        #expect(check.unusedAcceptances == [])
        #expect(check.accepted.allSatisfy { !$0.acceptance.by.isEmpty && $0.acceptance.reason.count > 20 })
        // What the sources leave open is about areas and days, never about a table.
        #expect(Set(check.findings.map(\.kind)) == [.noRecipient, .unservedArea, .noRuleSet])
        #expect(check.extent.ruleSets == 3 && check.extent.rules == check.extent.decidingRules && check.extent.alternatives > 0)
    }

    /// The areas of before 1 July 2023 are served until then, those of after from then on.
    @Test func aChangeOfAreasByDate() throws {
        let directory = try Shipped.routing.get().directory
        func served(_ kind: OrganisationKind, _ service: Service, _ day: String) throws -> Set<String> {
            let day = try CivilDate.day(day)
            let areas = directory.areas.map(\.area).filter { $0.municipality == "0180" }
            return Set(
                areas.filter { area in
                    if case .one = directory.recipients(of: kind, for: service, in: area, on: day) { true } else { false }
                }.compactMap(\.district))
        }
        for (kind, service) in [
            (OrganisationKind.brottsofferjour, Service.support), (.supportCentre, .support), (.supportCentre, .mediation),
        ] {
            let (before, after) = (try served(kind, service, "2023-06-30"), try served(kind, service, "2023-07-01"))
            #expect(before.count == 13 && after.count == 11)
            #expect(before.subtracting(after) == ["norrmalm", "ostermalm", "rinkeby-kista", "spanga-tensta"])
            #expect(after.subtracting(before) == ["norra-innerstaden", "jarva"])
            #expect(try served(kind, service, "2022-04-01") == before)
            #expect(try served(kind, service, "2022-03-31").isEmpty)
        }
    }

    @Test(arguments: ["2004", "2022", "2023"].flatMap { ["\($0)/support", "\($0)/mediation"] })
    func everyRuleNamesItsSource(table: String) throws {
        let file = Shipped.folder.appending(path: "routing/\(table).dmn")
        let model = try DecisionModel(xml: Array(Data(contentsOf: file)), file: table)
        let rules = try #require(try model.tables.first).rules
        let without = rules.filter {
            !$0.text.contains("Source: ") && !$0.text.contains("Sources: ") && !$0.text.contains("no source says it")
        }
        #expect(!rules.isEmpty && without.map(\.id) == [])
    }

    /// The named persons of the two tables of examples: enough of them, each with a source, from all three times, and whoever the sources
    /// speak of.
    @Test func namedPersons() throws {
        let routing = try Shipped.routing.get()
        let names = supportExamples.map(\.name) + mediationExamples.map(\.name)
        #expect(names.count >= 60 && Set(names).count == names.count)
        #expect((supportExamples.map(\.source) + mediationExamples.map(\.source)).allSatisfy { !$0.isEmpty })
        for ruleSet in routing.ruleSets {
            func isOfItsDays(_ day: String) -> Bool { CivilDate(day).map(ruleSet.validity.contains) ?? false }
            let support = supportExamples.filter { isOfItsDays($0.on) }
            #expect(support.count >= 15 && mediationExamples.count { isOfItsDays($0.on) } >= 5, "\(ruleSet.title)")
            #expect(Set(support.map(\.role)).isSuperset(of: Role.allCases), "\(ruleSet.title)")
            // Nobody under 18 is named as exploited in the source of 2004.
            #expect(support.contains(where: \.exploited) == (ruleSet.number != 1))
        }
        let mediations = Set(mediationExamples.compactMap(\.rule))
        let everyRule = try DecisionModel(
            xml: Array(Data(contentsOf: Shipped.folder.appending(path: "routing/2023/mediation.dmn"))), file: "mediation.dmn"
        ).tables.flatMap { $0.rules.map(\.id) }
        #expect(Set(everyRule) == mediations, "every condition that can be missing")
    }
}
