public import Referral
import SeededRandom

/// Two years of Stödcentrum Nordväst as its report for 2017 tells of them, each referral driven through the rules.
///
/// From the report: 1 198 cases in 2016 and 867 in 2017, of which 45 and 47 mediations; 16 and 8 mediations held; 51 pre-meetings in 2017;
/// in 2017 every support case contacted within 48 hours and met within 10 days; 10 to 21 years; the eight municipalities; the fall in
/// autumn 2017, when school and others were asked instead. From the city's partnership of 2022: 46 % girls, 54 % boys. Everything else (the
/// months, municipalities, ages, crimes, outcomes, minutes) is invented, and counted here on its own so that reports can be compared.
public struct NordvastYears: Sendable {
    /// What a year should be counted as.
    public struct Count: Sendable {
        public var referrals = 0
        public var support = 0
        public var mediation = 0
        public var preMeetings = 0
        public var mediations = 0
        public var agreed = 0
        public var minutes = 0
        public var late = 0
        public var sexes: [Sex: Int] = [:]
        public var ages: [Int: Int] = [:]
        public var municipalities: [String: Int] = [:]
        public var minutesByMunicipality: [String: Int] = [:]
        public var categories: [CrimeCategory: Int] = [:]
        public var senders: [Participant: Int] = [:]
        /// January first.
        public var months = Array(repeating: 0, count: 12)
    }

    private struct Plan {
        let year: Int
        let months: [Int]
        let mediations: [MediationPlan]
        /// How many support cases are contacted too late, and how many are not reached.
        let late: Int
        let unreached: Int
        /// From this month on the police send little.
        let policeUntil: Int
    }

    private enum MediationPlan {
        /// Held after a pre-meeting with every party; the number of offenders.
        case held(offenders: Int, agreed: Bool)
        /// Interrupted after so many pre-meetings with one offender.
        case interrupted(preMeetings: Int)
        /// Somebody said no when asked.
        case declined
    }

    public private(set) var counts: [Int: Count] = [:]
    /// In the order in which an exchange would have them.
    public private(set) var steps: [DrivenReferral.Step] = []
    private var random: SplitMix64
    private let policy: Policy
    private var number = 0

    public var entries: [LogEntry] { steps.entries }

    public init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        policy = try FigureWorld.policy()
        // 6 · 2 + 2 · 3 pre-meetings before the 8 mediations, 2 · 2 and 29 others: 51.
        let of2017: [MediationPlan] =
            (0..<8).map { .held(offenders: $0 < 6 ? 1 : 2, agreed: $0 != 1) } + Array(repeating: .interrupted(preMeetings: 2), count: 2)
            + Array(repeating: .interrupted(preMeetings: 1), count: 29) + Array(repeating: .declined, count: 8)
        let of2016: [MediationPlan] =
            (0..<16).map { .held(offenders: 1, agreed: $0 % 4 != 0) } + Array(repeating: .interrupted(preMeetings: 1), count: 19)
            + Array(repeating: .declined, count: 10)
        try add(
            Plan(
                year: 2016, months: [88, 90, 98, 96, 104, 100, 78, 92, 112, 116, 118, 106], mediations: of2016, late: 57, unreached: 31,
                policeUntil: 12))
        try add(
            Plan(
                year: 2017, months: [105, 100, 112, 98, 108, 96, 60, 72, 40, 28, 26, 22], mediations: of2017, late: 0, unreached: 0,
                policeUntil: 8))
        // Stable, so that the entries of one referral keep their order.
        steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private mutating func add(_ plan: Plan) throws {
        let total = plan.months.reduce(0, +)
        let girls = (total * 46 + 50) / 100
        var sexes = (0..<total).map { $0 < girls ? Sex.female : .male }
        sexes.shuffle(using: &random)
        // Mediations come early enough to end within the year.
        let early = plan.months.prefix(10).reduce(0, +)
        var places = Array(0..<early)
        places.shuffle(using: &random)
        let mediations = Dictionary(uniqueKeysWithValues: zip(places, plan.mediations))
        var supports = Array(0..<(total - plan.mediations.count))
        supports.shuffle(using: &random)
        let late = Set(supports.prefix(plan.late))
        let unreached = Set(supports.dropFirst(plan.late).prefix(plan.unreached))
        var (index, place) = (0, 0)
        for month in 1...12 {
            for _ in 0..<plan.months[month - 1] {
                let sender = try sender(month <= plan.policeUntil)
                let moment = try moment(plan.year, month)
                if let mediation = mediations[index] {
                    try mediate(mediation, plan.year, moment, sex: sexes[index], from: sender)
                } else {
                    try support(
                        plan.year, moment, sex: sexes[index], from: sender, isLate: late.contains(place),
                        isReached: !unreached.contains(place))
                    place += 1
                }
                index += 1
            }
        }
    }

    // MARK: One referral

    private mutating func content(_ year: Int, _ moment: Instant, sex: Sex, from sender: Participant) -> ReferralContent {
        let ages = [10, 11, 12, 13, 13, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 16, 17, 17, 17, 18, 18, 19, 20, 21]
        let places = [0, 0, 1, 1, 1, 1, 2, 3, 4, 4, 4, 5, 5, 6, 6, 6, 7, 7].map { FigureWorld.municipalities[$0].0 }
        let categories: [CrimeCategory] = [
            .assault, .assault, .assault, .robbery, .robbery, .threat, .threat, .sexualOffence, .stalkingOrHarassment,
        ]
        let age = pick(ages)
        let municipality = pick(places)
        let category = pick(categories)
        counts[year, default: Count()].referrals += 1
        counts[year, default: Count()].sexes[sex, default: 0] += 1
        counts[year, default: Count()].ages[age, default: 0] += 1
        counts[year, default: Count()].municipalities[municipality, default: 0] += 1
        counts[year, default: Count()].categories[category, default: 0] += 1
        counts[year, default: Count()].senders[sender, default: 0] += 1
        counts[year, default: Count()].months[CivilDate(inStockholmAt: moment).month - 1] += 1
        return ReferralContent(
            person: Person(age: age, sex: sex), role: .victim, residence: Area(municipality: municipality),
            contacts: [Contact(phone: "+46701740605", holder: .person)],
            consent: Consent(status: age < 15 ? .guardianYes : .yes, coversSupport: true, coversMediation: true), legalBasis: .consent,
            protectedIdentity: .none, event: CrimeEvent(category: category, reported: .yes), services: [.support], isTest: true)
    }

    private mutating func support(
        _ year: Int, _ moment: Instant, sex: Sex, from sender: Participant, isLate: Bool, isReached: Bool
    ) throws {
        let content = content(year, moment, sex: sex, from: sender)
        let municipality = content.residence?.municipality ?? ""
        var life = try start(content, sender, moment)
        counts[year, default: Count()].support += 1
        try life.pass(.seconds(3_600 * Int.random(in: 1...6, using: &random)))
        try life.take()
        if !isReached {
            // In the evening, and twice by day: then they may be called unreachable.
            for hour in [18, 34, 42] {
                try life.wait(until: moment + .seconds(3_600 * hour))
                try life.act(.recordAttempt(Attempt(channel: .call, at: life.now, result: .noAnswer)))
            }
            try life.wait(until: evening(after: life.now))
            try life.act(.recordAttempt(Attempt(channel: .call, at: life.now, result: .noAnswer)))
            try life.act(.closeUnreachable)
            return try finish(life)
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            try life.pass(.seconds(3_600 * 3))
            try life.act(.recordAttempt(Attempt(channel: .call, at: life.now, result: .noAnswer)))
        }
        // The report: within 48 hours in 2017. Late is later than the 72 hours that were promised.
        let hours = isLate ? Int.random(in: 80...140, using: &random) : Int.random(in: 14...46, using: &random)
        try life.wait(until: moment + .seconds(3_600 * hours))
        try life.act(.recordContact(ContactMade(channel: pick([.call, .call, .sms]), at: life.now)))
        if isLate { counts[year, default: Count()].late += 1 }
        try life.wait(until: moment + .seconds(86_400 * Int.random(in: 7...9, using: &random)))
        let wants = Int.random(in: 0..<5, using: &random) > 0
        try life.act(.recordMeeting(Meeting(wants ? .held : .declined, form: .inPerson, at: life.now)))
        for kind in [ServiceGiven.Kind.conversation, pick([.information, .accompaniment, .compensation, .linking])] {
            let minutes = 5 * Int.random(in: 3...18, using: &random)
            try life.act(.recordService(ServiceGiven(kind, minutes: minutes, municipality: municipality)))
            let done = CivilDate(inStockholmAt: life.now).year
            counts[done, default: Count()].minutes += minutes
            counts[done, default: Count()].minutesByMunicipality[municipality, default: 0] += minutes
            try life.pass(days: 7)
        }
        try life.act(.complete(pick([.supported, .supported, .informed, .linked, .noFurtherNeed])))
        try finish(life)
    }

    private mutating func mediate(
        _ plan: MediationPlan, _ year: Int, _ moment: Instant, sex: Sex, from sender: Participant
    ) throws {
        var content = content(year, moment, sex: sex, from: sender)
        let municipality = content.residence ?? Area(municipality: "0123")
        let offenders = if case .held(let offenders, _) = plan { offenders } else { 1 }
        content.services = [.mediation]
        content.mediation = Mediation(
            offenders: (0..<offenders).map { _ in
                Offender(age: Int.random(in: 14...19, using: &random), residence: municipality, admitted: .yes, takesPart: .yes)
            }, investigation: .concluded, personTakesPart: .yes, suitable: .yes)
        var life = try start(content, sender, moment)
        counts[year, default: Count()].mediation += 1
        try life.pass(.seconds(3_600 * Int.random(in: 1...6, using: &random)))
        try life.take(.mediation)
        try life.pass(days: 2)
        try life.mediate(.confirmEligible)
        let parties = (1...offenders).map { PartyID("offender-\($0)") } + [PartyID("victim-1")]
        func done(_ change: (inout Count) -> Void) { change(&counts[CivilDate(inStockholmAt: life.now).year, default: Count()]) }
        if case .declined = plan {
            try life.mediate(.ask(parties[0]))
            try life.mediate(.recordAnswer(parties[0], agrees: false))
        } else {
            for party in parties {
                try life.mediate(.ask(party))
                try life.pass(days: 1)
                try life.mediate(.recordAnswer(party, agrees: true))
            }
            let meetings = if case .interrupted(let meetings) = plan { meetings } else { parties.count }
            for party in parties.prefix(meetings) {
                try life.pass(days: 4)
                try life.mediate(.recordPreMeeting(party, at: life.now))
                done { $0.preMeetings += 1 }
            }
            try life.pass(days: 5)
            if case .held(_, let agreed) = plan {
                try life.mediate(.recordMediation(at: life.now))
                try life.mediate(.conclude(agreed: agreed))
                done {
                    $0.mediations += 1
                    if agreed { $0.agreed += 1 }
                }
            } else {
                try life.mediate(.interrupt(.partyDeclined))
            }
        }
        try life.act(.recordService(ServiceGiven(.mediation, minutes: 90, municipality: municipality.municipality)), on: .mediation)
        done {
            $0.minutes += 90
            $0.minutesByMunicipality[municipality.municipality, default: 0] += 90
        }
        try life.mediate(.report(to: .police))
        try finish(life)
    }

    private mutating func start(_ content: ReferralContent, _ sender: Participant, _ moment: Instant) throws -> DrivenReferral {
        number += 1
        return try DrivenReferral(number, content, from: sender, at: moment, policy: policy)
    }

    /// The content is erased in the end: nothing waits for the clock any longer.
    private mutating func finish(_ life: DrivenReferral) throws {
        var life = life
        try life.pass(days: 100)
        steps += life.steps
    }

    // MARK: Chance

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int.random(in: elements.indices, using: &random)] }

    private mutating func sender(_ policeSend: Bool) throws -> Participant {
        let police = policeSend ? 18 : 6
        let place = Int.random(in: 0..<20, using: &random)
        return place < police ? FigureWorld.police : place % 2 == 0 ? FigureWorld.school : FigureWorld.own
    }

    /// In working hours of some day of the month.
    private mutating func moment(_ year: Int, _ month: Int) throws -> Instant {
        let day = Int.random(in: 1...28, using: &random)
        let (hour, minute) = (Int.random(in: 8...15, using: &random), Int.random(in: 0...59, using: &random))
        guard let date = CivilDate(year: year, month: month, day: day), let time = LocalTime(date, hour: hour, minute: minute) else {
            throw DrivenReferral.Impossible()
        }
        return time.instant
    }

    private func evening(after moment: Instant) -> Instant {
        let day = CivilDate(inStockholmAt: moment)
        return LocalTime(day.adding(days: 1), hour: 18)?.instant ?? moment
    }
}
