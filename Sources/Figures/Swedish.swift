import Referral

// The words of reports. They are labels of rows: programs may compare them, so they are not changed without need.

extension Sex {
    var swedish: String {
        switch self {
        case .female: "kvinna"
        case .male: "man"
        case .other: "annat"
        case .unspecified: "okänt"
        }
    }
}

extension AgeGroup {
    var swedish: String {
        switch self {
        case .under10: "under 10 år"
        case .from10: "10–17 år"
        case .from18: "18–20 år"
        case .exactly21: "21 år"
        case .from22: "22–64 år"
        case .from65: "65 år eller äldre"
        case .unknown: "okänd"
        }
    }
}

extension Role {
    var swedish: String {
        switch self {
        case .victim: "brottsoffer"
        case .witness: "vittne"
        case .relativeOfVictim: "anhörig till brottsoffer"
        case .relativeOfOffender: "anhörig till gärningsperson"
        case .professional: "yrkesperson"
        }
    }
}

extension CrimeCategory {
    var swedish: String {
        switch self {
        case .assault: "misshandel"
        case .threat: "hot"
        case .robbery: "rån"
        case .sexualOffence: "sexualbrott"
        case .violenceInCloseRelationship: "våld i nära relation"
        case .honourRelated: "hedersrelaterat brott"
        case .stalkingOrHarassment: "förföljelse eller ofredande"
        case .hateCrime: "hatbrott"
        case .theftOrBurglary: "stöld eller inbrott"
        case .fraud: "bedrägeri"
        case .deadlyViolence: "dödligt våld"
        case .trafficking: "människohandel"
        case .vandalism: "skadegörelse"
        case .traffic: "trafikbrott"
        case .other: "annat brott"
        }
    }
}

extension ServiceGiven.Kind {
    var swedish: String {
        switch self {
        case .conversation: "stödsamtal"
        case .information: "information om rättsprocessen"
        case .accompaniment: "medföljning"
        case .counsel: "hjälp att begära målsägandebiträde"
        case .compensation: "hjälp med ersättning"
        case .authorities: "hjälp med myndigheter"
        case .linking: "hänvisning vidare"
        case .mediation: "medling"
        }
    }
}

extension ConsentStatus {
    var swedish: String {
        switch self {
        case .yes: "ja"
        case .guardianYes: "ja, vårdnadshavare"
        case .no: "nej"
        case .withdrawn: "återkallat"
        case .notAsked: "inte frågat"
        }
    }
}

extension ReturnReason {
    var swedish: String {
        switch self {
        case .outsideArea: "återsänd: utanför området"
        case .outsideAge: "återsänd: utanför åldern"
        case .wrongService: "återsänd: fel insats"
        case .conflictOfInterest: "återsänd: jäv"
        case .noCapacity: "återsänd: ingen kapacitet"
        case .language: "återsänd: språk"
        case .other: "återsänd: annat skäl"
        }
    }
}

extension SupportOutcome {
    var swedish: String {
        switch self {
        case .supported: "avslutat: fått stöd"
        case .informed: "avslutat: fått information"
        case .linked: "avslutat: hänvisad vidare"
        case .noFurtherNeed: "avslutat: inget mer behov"
        case .moved: "avslutat: flyttat"
        }
    }
}

extension Interruption {
    var swedish: String {
        switch self {
        case .partyDeclined: "medling avbruten: en part sade nej"
        case .leaderObjects: "medling avbruten: undersökningsledaren"
        case .notEligible: "medling avbruten: uppfyller inte villkoren"
        case .partyNotReached: "medling avbruten: en part nåddes inte"
        case .unsuitable: "medling avbruten: inte lämplig"
        }
    }
}

/// How a case or a stint ended, as a row of a table.
enum EndingGroup: Hashable, CaseIterable {
    case completed(SupportOutcome)
    case agreed, notAgreed
    case interrupted(Interruption)
    case unreachable, declined, withdrawn, recalled, enteredInError
    case handedOver, returned, untaken, movedByCoordinator

    static let allCases: [EndingGroup] =
        SupportOutcome.allCases.map { .completed($0) } + [.agreed, .notAgreed] + Interruption.allCases.map { .interrupted($0) }
        + [
            .unreachable, .declined, .withdrawn, .recalled, .enteredInError, .handedOver, .returned, .untaken, .movedByCoordinator,
        ]

    init(_ end: StintEnd) {
        self =
            switch end {
            case .completed(let outcome): .completed(outcome)
            case .agreed: .agreed
            case .notAgreed: .notAgreed
            case .interrupted(let reason): .interrupted(reason)
            case .unreachable: .unreachable
            case .declined: .declined
            case .withdrawn: .withdrawn
            case .recalled: .recalled
            case .enteredInError: .enteredInError
            case .handedOver: .handedOver
            case .returned: .returned
            case .untaken: .untaken
            case .reassigned, .rerouted: .movedByCoordinator
            }
    }

    var swedish: String {
        switch self {
        case .completed(let outcome): outcome.swedish
        case .agreed: "medling med överenskommelse"
        case .notAgreed: "medling utan överenskommelse"
        case .interrupted(let reason): reason.swedish
        case .unreachable: "inte nådd"
        case .declined: "tackat nej"
        case .withdrawn: "samtycke återkallat"
        case .recalled: "återkallat av avsändaren"
        case .enteredInError: "felregistrerat"
        case .handedOver: "överlämnat till en annan organisation"
        case .returned: "återsänt"
        case .untaken: "inte taget i tid"
        case .movedByCoordinator: "flyttat av samordnaren"
        }
    }
}

extension PromiseStanding {
    var swedish: String {
        switch self {
        case .kept: "i tid"
        case .broken: "inte i tid"
        case .open: "tid kvar"
        case .over: "slut innan tiden"
        }
    }
}

enum Month {
    static let names = [
        "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december",
    ]

    /// `2017-04`
    static func label(_ day: CivilDate) -> String { String(day.description.prefix(7)) }

    /// The first days of all months that these days touch, at most 120.
    static func all(in days: ClosedRange<CivilDate>) -> [CivilDate] {
        var months: [CivilDate] = []
        var (year, month) = (days.lowerBound.year, days.lowerBound.month)
        while (year, month) <= (days.upperBound.year, days.upperBound.month), months.count < 121,
            let day = CivilDate(year: year, month: month, day: 1)
        {
            months.append(day)
            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
        }
        return months
    }
}
