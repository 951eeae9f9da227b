/// Reads through the entries of a directory and collects every fault.
struct DirectoryCheck {
    private(set) var faults: [DirectoryFault] = []
    /// The one coordinator; nil when there is none or more than one.
    private(set) var coordinator: OrganisationID?
    private(set) var indexOfArea: [Area: Int] = [:]

    private let organisations: [Organisation]
    private let areas: [ListedArea]

    init(organisations: [Organisation], areas: [ListedArea]) {
        self.organisations = organisations
        self.areas = areas
        checkAreas()
        checkOrganisations()
        checkCoordinator()
    }

    private mutating func fault(_ path: [DirectoryFault.Step], _ rule: String) {
        faults.append(DirectoryFault(path: path, rule: rule))
    }

    private mutating func checkAreas() {
        for (index, listed) in areas.enumerated() {
            let path: [DirectoryFault.Step] = [.key("areas"), .index(index)]
            if indexOfArea[listed.area] == nil {
                indexOfArea[listed.area] = index
            } else {
                fault(path + [.key("code")], "the area \(listed.area) is listed twice; an area has one entry with one period")
            }
            checkOrder(of: listed.validity, at: path)
        }
    }

    private mutating func checkOrganisations() {
        var seen: Set<OrganisationID> = []
        for (index, organisation) in organisations.enumerated() {
            let path: [DirectoryFault.Step] = [.key("organisations"), .index(index)]
            if !Self.isIdentifier(organisation.id.rawValue) { fault(path + [.key("id")], Self.identifierRule) }
            if !seen.insert(organisation.id).inserted {
                fault(path + [.key("id")], "the organisation \(organisation.id) is given twice")
            }
            if let number = organisation.number, OrganisationNumber(number) == nil {
                fault(
                    path + [.key("organisationsnummer")],
                    "not an organisationsnummer: NNNNNN-NNNN, the third digit at least 2, with a valid check digit")
            }
            checkOrder(of: organisation.existence, at: path)
            checkUnits(of: organisation, at: path)
            checkCatchment(of: organisation, at: path)
            checkAgreements(of: organisation, at: path)
            checkLanguages(of: organisation, at: path)
            checkProtectedReaders(of: organisation, at: path)
        }
    }

    private mutating func checkAgreements(of organisation: Organisation, at path: [DirectoryFault.Step]) {
        let path = path + [.key("agreements")]
        if !organisation.kind.mayReceive, !organisation.agreements.isEmpty {
            fault(path, "an organisation of kind \(organisation.kind.rawValue) receives no cases and promises nothing about them")
            return
        }
        for (index, agreement) in organisation.agreements.enumerated() {
            let path = path + [.index(index)]
            for (key, rule) in agreement.faults { fault(key.isEmpty ? path : path + [.key(key)], rule) }
            guard checkOrder(of: agreement.period, at: path) else { continue }
            let period = agreement.period.intersection(organisation.existence)
            if period.isEmpty { fault(path, "is in force on no day: the organisation does not exist then") }
            if organisation.agreements[..<index].contains(where: { $0.period.overlaps(agreement.period) }) {
                fault(path, "is in force on the same days as an agreement above it")
            }
        }
    }

    private mutating func checkLanguages(of organisation: Organisation, at path: [DirectoryFault.Step]) {
        var seen: Set<String> = []
        for (index, language) in organisation.languages.enumerated() {
            let path = path + [.key("languages"), .index(index)]
            if language.count > 35 || language.wholeMatch(of: /[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*/) == nil {
                fault(path, "must be a language like sv, prs or zh-Hant (BCP 47)")
            }
            if !seen.insert(language.lowercased()).inserted { fault(path, "the language \(language) is given twice") }
        }
    }

    private mutating func checkProtectedReaders(of organisation: Organisation, at path: [DirectoryFault.Step]) {
        let path = path + [.key("protected_readers")]
        if !organisation.kind.mayReceive, !organisation.kind.mayCoordinate, !organisation.protectedReaders.isEmpty {
            fault(path, "an organisation of kind \(organisation.kind.rawValue) reads no cases")
            return
        }
        for (index, reader) in organisation.protectedReaders.enumerated() {
            let path = path + [.index(index)]
            if !organisation.units.contains(where: { $0.id == reader.unit }) {
                fault(path + [.key("unit")], "\(organisation.id)/\(reader.unit) is not among the units of the organisation")
            }
            guard checkOrder(of: reader.period, at: path) else { continue }
            if reader.period.intersection(organisation.existence).isEmpty {
                fault(path, "reads on no day: the organisation does not exist then")
            }
            let others = organisation.protectedReaders[..<index]
            if others.contains(where: { $0.unit == reader.unit && $0.period.overlaps(reader.period) }) {
                fault(path, "\(organisation.id)/\(reader.unit) is named twice on the same days")
            }
        }
    }

    private mutating func checkUnits(of organisation: Organisation, at path: [DirectoryFault.Step]) {
        if organisation.units.isEmpty { fault(path + [.key("units")], "an organisation needs at least one unit to act as") }
        var seen: Set<UnitID> = []
        for (index, unit) in organisation.units.enumerated() {
            let unitPath = path + [.key("units"), .index(index), .key("id")]
            if !Self.isIdentifier(unit.id.rawValue) { fault(unitPath, Self.identifierRule) }
            if !seen.insert(unit.id).inserted { fault(unitPath, "the unit \(unit.id) is given twice") }
        }
    }

    private mutating func checkCatchment(of organisation: Organisation, at path: [DirectoryFault.Step]) {
        let path = path + [.key("catchment")]
        if !organisation.kind.mayReceive, !organisation.catchment.isEmpty {
            fault(path, "an organisation of kind \(organisation.kind.rawValue) receives no cases and serves no areas")
            return
        }
        var served: [Served: [DatePeriod]] = [:]
        for (index, catchment) in organisation.catchment.enumerated() {
            let path = path + [.index(index)]
            let orderIsGood = checkOrder(of: catchment.period, at: path)
            if catchment.areas.isEmpty { fault(path + [.key("areas")], "name at least one area") }
            if catchment.services.isEmpty { fault(path + [.key("services")], "name at least one service") }
            if organisation.kind.recipientClass == .privateBody, let mediation = catchment.services.firstIndex(of: .mediation) {
                // A private body may as a rule not hold data on offences of identified persons (GDPR article 10).
                fault(
                    path + [.key("services"), .index(mediation)],
                    "a \(organisation.kind.rawValue) is a private body and never mediates: it may not hold data about offenders")
            }
            for (areaIndex, area) in catchment.areas.enumerated() {
                let areaPath = path + [.key("areas"), .index(areaIndex)]
                guard let listed = indexOfArea[area] else {
                    fault(areaPath, "the area \(area) is not in the list of areas" + suggestion(for: area))
                    continue
                }
                guard orderIsGood else { continue }
                let existence = organisation.existence.intersection(areas[listed].validity)
                let period = catchment.period.intersection(existence)
                if period.isEmpty {
                    fault(areaPath, "\(area) is served on no day: the periods of catchment, organisation and area have none in common")
                    continue
                }
                for service in catchment.services {
                    let key = Served(area: area, service: service)
                    if served[key, default: []].contains(where: period.overlaps) {
                        fault(areaPath, "\(area) is served twice for \(service.rawValue) on the same day by \(organisation.id)")
                    }
                    served[key, default: []].append(period)
                }
            }
        }
    }

    private struct Served: Hashable {
        let area: Area
        let service: Service
    }

    private mutating func checkCoordinator() {
        let found = organisations.indices.filter { organisations[$0].kind == .coordinator }
        if found.isEmpty {
            fault([.key("organisations")], "no organisation of kind coordinator: exactly one answers for the cases under review")
        }
        for index in found.dropFirst() {
            fault(
                [.key("organisations"), .index(index), .key("kind")],
                "a second coordinator: exactly one organisation answers for the cases under review")
        }
        guard let first = found.first else { return }
        coordinator = organisations[first].id
        if organisations[first].existence != .always {
            fault(
                [.key("organisations"), .index(first)],
                "the coordinator answers for cases of every day and has neither from nor until")
        }
    }

    @discardableResult
    private mutating func checkOrder(of period: DatePeriod, at path: [DirectoryFault.Step]) -> Bool {
        guard period.isEmpty else { return true }
        fault(path + [.key("until")], "the last day lies before the first: \(period)")
        return false
    }

    private func suggestion(for area: Area) -> String {
        let inMunicipality = areas.filter { $0.area.municipality == area.municipality && $0.area.district != nil }
        return area.district == nil && !inMunicipality.isEmpty ? "; the municipality is listed by district" : ""
    }

    private static let identifierRule = "1 to 64 of a-z, 0-9 and hyphens, beginning with a letter: it is part of a certificate's address"

    /// Ids are path segments of a certificate's URI name.
    private static func isIdentifier(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 64, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return bytes.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}
