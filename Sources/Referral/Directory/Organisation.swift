/// What an organisation is. Decides what it may do; a certificate only says who somebody is.
public enum OrganisationKind: String, Codable, Sendable, CaseIterable {
    case police
    case school
    case socialServices = "social services"
    case youthCentre = "youth centre"
    case healthCare = "health care"
    /// The way in for a person who asks for help without anybody else: a web form, a telephone line.
    case ownRequest = "own request"
    /// A volunteer organisation for people of any age.
    case brottsofferjour
    /// A municipal stödcentrum for the young.
    case supportCentre = "support centre"
    /// Decides about cases under review.
    case coordinator
    /// Reads the log, no content.
    case auditor

    /// May submit referrals and ask for the status of its own.
    public var maySend: Bool {
        switch self {
        case .police, .school, .socialServices, .youthCentre, .healthCare, .ownRequest: true
        case .brottsofferjour, .supportCentre, .coordinator, .auditor: false
        }
    }

    /// May be given cases and fetch them.
    public var mayReceive: Bool { recipientClass != nil }

    public var mayCoordinate: Bool { self == .coordinator }

    public var mayAudit: Bool { self == .auditor }

    /// Nil for kinds that never receive cases.
    public var recipientClass: RecipientClass? {
        switch self {
        case .brottsofferjour: .privateBody
        case .supportCentre: .publicBody
        case .police, .school, .socialServices, .youthCentre, .healthCare, .ownRequest, .coordinator, .auditor: nil
        }
    }
}

/// Somebody who takes part in the exchange.
public struct Organisation: Hashable, Sendable {
    public let id: OrganisationID
    public let name: String
    /// Organisationsnummer, `NNNNNN-NNNN`.
    public let number: String?
    public let kind: OrganisationKind
    /// When it exists.
    public let existence: DatePeriod
    /// Never empty in a directory: everybody acts as a unit.
    public let units: [OrganisationUnit]
    /// Empty for kinds that never receive cases.
    public let catchment: [Catchment]
    /// Empty for kinds that never receive cases.
    public let agreements: [OrganisationAgreement]
    /// In which it can help, BCP 47; empty: not said.
    public let languages: [String]
    /// The units that may have cases of people with a protected identity.
    public let protectedReaders: [ProtectedReader]

    public init(
        id: OrganisationID, name: String, number: String? = nil, kind: OrganisationKind, existence: DatePeriod = .always,
        units: [OrganisationUnit], catchment: [Catchment] = [], agreements: [OrganisationAgreement] = [], languages: [String] = [],
        protectedReaders: [ProtectedReader] = []
    ) {
        self.id = id
        self.name = name
        self.number = number
        self.kind = kind
        self.existence = existence
        self.units = units
        self.catchment = catchment
        self.agreements = agreements
        self.languages = languages
        self.protectedReaders = protectedReaders
    }
}

/// A part of an organisation that acts for it.
public struct OrganisationUnit: Hashable, Sendable {
    public let id: UnitID
    public let name: String

    public init(id: UnitID, name: String) {
        self.id = id
        self.name = name
    }
}

/// A unit that may have cases of people with a protected identity. A unit is its certificate, so this names who holds one.
public struct ProtectedReader: Hashable, Sendable {
    public let unit: UnitID
    public let period: DatePeriod

    public init(unit: UnitID, period: DatePeriod = .always) {
        self.unit = unit
        self.period = period
    }
}

extension Organisation {
    /// Whether a unit may have cases of people with a protected identity on a day.
    public func readsProtected(_ unit: UnitID, on day: CivilDate) -> Bool {
        protectedReaders.contains { $0.unit == unit && $0.period.contains(day) }
    }

    /// Whether any unit may.
    public func hasProtectedReader(on day: CivilDate) -> Bool {
        existence.contains(day) && protectedReaders.contains { $0.period.contains(day) }
    }
}

/// Areas that an organisation serves.
public struct Catchment: Hashable, Sendable {
    public let areas: [Area]
    public let services: [Service]
    /// Within the existence of the organisation and of the areas; open ends mean as long as both exist.
    public let period: DatePeriod

    public init(areas: [Area], services: [Service], period: DatePeriod = .always) {
        self.areas = areas
        self.services = services
        self.period = period
    }
}

/// An area of the directory's own list.
public struct ListedArea: Hashable, Sendable {
    public let area: Area
    public let name: String
    /// When the area exists as such: stadsdelsområden are merged and split.
    public let validity: DatePeriod

    public init(area: Area, name: String, validity: DatePeriod = .always) {
        self.area = area
        self.name = name
        self.validity = validity
    }
}
