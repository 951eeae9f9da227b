/// Who takes part in the exchange, what they may do and whom they serve, on every day that the rules reach back to.
///
/// Immutable, and free of faults: the initialiser refuses everything that could make a later question ambiguous.
public struct Directory: Sendable {
    /// The organisation that answers for every case that people have to decide.
    public let coordinator: OrganisationID
    /// In the order given.
    public let organisations: [Organisation]
    /// In the order given.
    public let areas: [ListedArea]

    private let organisationsByID: [OrganisationID: Organisation]
    private let indexOfArea: [Area: Int]
    /// By position in `areas`.
    private let areaTexts: [String]
    /// Municipalities that are only served by district.
    private let dividedMunicipalities: Set<String>
    /// Who serves an area, with when: by area and service, see `slot`.
    private let servedBy: [[Server]]

    private struct Server {
        let organisation: OrganisationID
        let kind: OrganisationKind
        let period: DatePeriod
    }

    /// - Throws: every fault of the entries at once.
    public init(organisations: [Organisation], areas: [ListedArea]) throws(DirectoryFaults) {
        let checked = DirectoryCheck(organisations: organisations, areas: areas)
        guard checked.faults.isEmpty, let coordinator = checked.coordinator else { throw DirectoryFaults(faults: checked.faults) }
        self.coordinator = coordinator
        self.organisations = organisations
        self.areas = areas
        organisationsByID = Dictionary(organisations.map { ($0.id, $0) }) { first, _ in first }
        indexOfArea = checked.indexOfArea
        areaTexts = areas.map(\.area.description)
        dividedMunicipalities = Set(areas.filter { $0.area.district != nil }.map(\.area.municipality))

        var servedBy = [[Server]](repeating: [], count: areas.count * Service.allCases.count)
        for organisation in organisations {
            for catchment in organisation.catchment {
                for area in catchment.areas {
                    guard let index = checked.indexOfArea[area] else { continue }
                    let period = catchment.period.intersection(organisation.existence).intersection(areas[index].validity)
                    for service in catchment.services {
                        servedBy[Self.slot(index, service)].append(
                            Server(organisation: organisation.id, kind: organisation.kind, period: period))
                    }
                }
            }
        }
        self.servedBy = servedBy
    }

    // MARK: Who somebody is

    public func organisation(_ id: OrganisationID) -> Organisation? { organisationsByID[id] }

    /// The organisation that a participant acts for; nil when the organisation or the unit is unknown.
    /// - Parameter day: when given, the organisation must exist on that day.
    public func organisation(of participant: Participant, on day: CivilDate? = nil) -> Organisation? {
        guard let organisation = organisationsByID[participant.organisation],
            organisation.units.contains(where: { $0.id == participant.unit }),
            day.map(organisation.existence.contains) ?? true
        else { return nil }
        return organisation
    }

    /// Nil for an unknown organisation and for one that never receives cases.
    public func recipientClass(of organisation: OrganisationID) -> RecipientClass? {
        organisationsByID[organisation]?.kind.recipientClass
    }

    /// Whether a unit may have cases of people with a protected identity on a day.
    public func readsProtected(_ participant: Participant, on day: CivilDate) -> Bool {
        organisation(of: participant, on: day)?.readsProtected(participant.unit, on: day) ?? false
    }

    /// Those that can be given cases on a day, and the coordinator, when they have no unit that may have one of a person with a protected
    /// identity.
    public func withoutProtectedReader(on day: CivilDate) -> [Organisation] {
        organisations.filter {
            ($0.kind.mayReceive || $0.kind.mayCoordinate) && $0.existence.contains(day) && !$0.hasProtectedReader(on: day)
        }
    }

    /// What it means that these have none, for people.
    public func protectedReaderLines(on day: CivilDate) -> [String] {
        withoutProtectedReader(on: day).map {
            let what =
                $0.kind.mayCoordinate
                ? "nobody sees the list of reviews of people with a protected identity"
                : "cases of people with a protected identity wait there until they are under review"
            return "\($0.id): has no protected_readers on \(day): \(what)"
        }
    }

    /// Everybody who may call, in the order of the directory: the names of all client certificates.
    public var participants: [Participant] {
        organisations.flatMap { organisation in
            organisation.units.map { Participant(organisation: organisation.id, unit: $0.id) }
        }
    }

    // MARK: Who serves whom

    /// What the directory knows of an area on one day.
    public enum AreaStanding: Hashable, Sendable {
        /// Listed and valid on that day.
        case valid
        /// Listed, but not valid on that day: a district that was merged.
        case notValidOnThisDay
        /// A municipality that is only served by district, without one.
        case districtMissing
        /// A district that is not in the list.
        case unknownDistrict
        /// A municipality that is not in the list: nobody here serves it.
        case unlistedMunicipality
    }

    public func standing(of area: Area, on day: CivilDate) -> AreaStanding { standing(of: locate(area), on: day) }

    /// The organisations of a kind that serve an area.
    public enum Recipients: Hashable, Sendable {
        case none
        case one(OrganisationID)
        /// In the order of the directory.
        case several([OrganisationID])
    }

    public func recipients(
        of kind: OrganisationKind, for service: Service, in area: Area, on day: CivilDate, excluding: Set<OrganisationID> = []
    ) -> Recipients {
        recipients(of: kind, for: service, in: locate(area), on: day, excluding: excluding)
    }

    // MARK: The same with one look-up of the area

    /// An area together with its place in the list.
    struct Location {
        let area: Area
        fileprivate let index: Int?
        let text: String
    }

    func locate(_ area: Area) -> Location {
        let index = indexOfArea[area]
        return Location(area: area, index: index, text: index.map { areaTexts[$0] } ?? area.description)
    }

    func standing(of location: Location, on day: CivilDate) -> AreaStanding {
        if let index = location.index { return areas[index].validity.contains(day) ? .valid : .notValidOnThisDay }
        if location.area.district != nil { return .unknownDistrict }
        return dividedMunicipalities.contains(location.area.municipality) ? .districtMissing : .unlistedMunicipality
    }

    func recipients(
        of kind: OrganisationKind, for service: Service, in location: Location, on day: CivilDate, excluding: Set<OrganisationID>
    ) -> Recipients {
        guard let index = location.index else { return .none }
        var found: OrganisationID?
        var several: [OrganisationID] = []
        for server in servedBy[Self.slot(index, service)]
        where server.kind == kind && server.period.contains(day) && (excluding.isEmpty || !excluding.contains(server.organisation)) {
            if let first = found {
                several = (several.isEmpty ? [first] : several) + [server.organisation]
            } else {
                found = server.organisation
            }
        }
        if !several.isEmpty { return .several(several) }
        return found.map(Recipients.one) ?? .none
    }

    private static func slot(_ area: Int, _ service: Service) -> Int {
        area * Service.allCases.count + (service == .support ? 0 : 1)
    }
}
