import DecisionTable

/// Every case that a routing table can be asked about, as far as its columns tell cases apart, and the words for them.
///
/// Inputs that depend on each other are one group with every combination that can occur: a victim's deciding age is their own, and the
/// youngest offender is not older than the oldest. Groups are independent of each other.
struct PossibleCases {
    /// The youngest and oldest ages that a message can carry.
    static let ages = 0...130

    /// A combination of values of one group that can occur.
    enum Point: Hashable {
        case person(role: Role, age: Int?, victimAge: Int?)
        /// Both nil when any offender's age is unknown.
        case offenders(youngest: Int?, oldest: Int?)
        case word(String)
        case truth(Bool)
    }

    struct Group {
        let inputs: [RoutingInput]
        let domain: DecisionTable.Domain
        /// By point of the domain.
        let points: [Point]
        /// By input, of points that the table's column refuses: they reach no rule.
        let refused: [(input: RoutingInput, points: [Point])]

        /// All that a table sees of a point.
        func word(for point: Point) -> String {
            inputs.map { "\($0.rawValue) \(PossibleCases.value(of: $0, at: point))" }.joined(separator: ",")
        }
    }

    let service: Service
    let groups: [Group]
    /// The words for the group of people; nil when the table asks for no role and no age.
    let peopleText: PeopleText?

    var domains: [DecisionTable.Domain] { groups.map(\.domain) }

    init(_ table: RoutingTable, service: Service) {
        self.service = service
        var groups: [Group] = []
        func add(_ inputs: [RoutingInput], _ points: [Point]) {
            let columns = table.columns.indices.filter { inputs.contains(table.columns[$0]) }
            guard !columns.isEmpty else { return }
            var kept: [Point] = []
            var values: [[Value]] = []
            var refused: [RoutingInput: [Point]] = [:]
            for point in points {
                let row = columns.map { Self.value(of: table.columns[$0], at: point) }
                let isRefused = zip(columns, row).first { column, value in
                    value != .null && !(table.table.inputs[column].allowed?.contains(value) ?? true)
                }
                if let isRefused {
                    refused[table.columns[isRefused.0], default: []].append(point)
                } else {
                    kept.append(point)
                    values.append(row)
                }
            }
            let asked = inputs.filter(table.columns.contains)
            groups.append(
                Group(
                    inputs: asked, domain: .init(columns: columns, points: values), points: kept,
                    refused: asked.compactMap { input in refused[input].map { (input, $0) } }))
        }
        add([.role, .decidingAge, .ownAge, .victimAge], Self.people(askedFor: Set(table.columns)))
        add([.youngestOffenderAge, .oldestOffenderAge], Self.offenders(askedFor: Set(table.columns)))
        add([.exploited], [.truth(false), .truth(true)])
        for input in RoutingInput.allCases where input != .role {
            if let words = input.words { add([input], words.map(Point.word)) }
        }
        self.groups = groups
        peopleText = groups.first.flatMap { if case .person = $0.points.first { PeopleText($0) } else { nil } }
    }

    /// One person for each combination of what is asked.
    private static func people(askedFor inputs: Set<RoutingInput>) -> [Point] {
        let known: [Int?] = ages.map { $0 } + [nil]
        var seen: Set<[Int]> = []
        var points: [Point] = []
        for (rank, role) in Role.allCases.enumerated() {
            func add(_ age: Int?, _ victimAge: Int?) {
                let key = [
                    inputs.contains(.role) ? rank : -1, inputs.contains(.decidingAge) ? victimAge ?? age ?? -1 : -1,
                    inputs.contains(.ownAge) ? age ?? -1 : -1, inputs.contains(.victimAge) ? victimAge ?? -1 : -1,
                ]
                if seen.insert(key).inserted { points.append(.person(role: role, age: age, victimAge: victimAge)) }
            }
            for age in known { add(age, nil) }
            // A victim's age changes nothing for somebody who belongs to no victim's case, and for a table that does not look at it.
            guard role.followsVictim, inputs.contains(.decidingAge) || inputs.contains(.victimAge) else { continue }
            for victimAge in ages { for age in inputs.contains(.ownAge) ? known : [nil] { add(age, victimAge) } }
        }
        return points
    }

    private static func offenders(askedFor inputs: Set<RoutingInput>) -> [Point] {
        let pairs: [(Int, Int)] =
            if inputs.contains(.youngestOffenderAge), inputs.contains(.oldestOffenderAge) {
                ages.flatMap { youngest in (youngest...ages.upperBound).map { (youngest, $0) } }
            } else {
                ages.map { ($0, $0) }
            }
        return pairs.map { .offenders(youngest: $0, oldest: $1) } + [.offenders(youngest: nil, oldest: nil)]
    }

    private static func value(of input: RoutingInput, at point: Point) -> Value {
        func number(_ age: Int?) -> Value { age.map { .number(Double($0)) } ?? .null }
        switch (input, point) {
        case (.role, .person(let role, _, _)): return .string(role.rawValue)
        case (.decidingAge, .person(_, let age, let victimAge)): return number(victimAge ?? age)
        case (.ownAge, .person(_, let age, _)): return number(age)
        case (.victimAge, .person(_, _, let victimAge)): return number(victimAge)
        case (.youngestOffenderAge, .offenders(let youngest, _)): return number(youngest)
        case (.oldestOffenderAge, .offenders(_, let oldest)): return number(oldest)
        case (_, .word(let word)): return .string(word)
        case (_, .truth(let truth)): return .boolean(truth)
        default: return .null
        }
    }

    // MARK: One of them

    /// The first case of a region.
    func example(of region: DecisionTableCoverage.Region) -> [Point] {
        zip(groups, region).compactMap { group, chosen in chosen.first.map { group.points[$0] } }
    }

    /// A case with these values, living in an area, or, for a mediation, whose offenders live there.
    func facts(_ example: [Point], in area: Area?) -> CaseFacts {
        var person = (role: Role.victim, age: Int?.none, victimAge: Int?.none)
        var ages = (youngest: Int?.none, oldest: Int?.none)
        var words: [RoutingInput: String] = [:]
        var isExploited = false
        for (group, point) in zip(groups, example) {
            switch point {
            case .person(let role, let age, let victimAge): person = (role, age, victimAge)
            case .offenders(let youngest, let oldest): ages = (youngest, oldest)
            case .word(let word): if let input = group.inputs.first { words[input] = word }
            case .truth(let truth): isExploited = truth
            }
        }
        func answer(_ input: RoutingInput) -> Answer { words[input].flatMap(Answer.init) ?? .unknown }
        let oldest = ages.oldest == ages.youngest ? [] : [ages.oldest]
        let offenders = ([ages.youngest] + oldest).map {
            Offender(age: $0, residence: area, admitted: answer(.allAdmitted), takesPart: answer(.everybodyTakesPart))
        }
        let mediation = Mediation(
            offenders: offenders, investigation: words[.investigation].flatMap(Investigation.init) ?? .none,
            leaderConsulted: answer(.leaderConsulted), personTakesPart: answer(.everybodyTakesPart), suitable: answer(.suitable))
        let content = ReferralContent(
            person: Person(age: person.age), role: person.role, relatedVictim: person.victimAge.map { RelatedVictim(age: $0) },
            residence: area, consent: Consent(status: .yes, coversSupport: true, coversMediation: true), legalBasis: .consent,
            protectedIdentity: words[.protectedIdentity].flatMap(ProtectedIdentity.init) ?? .none,
            event: CrimeEvent(category: .other, reported: answer(.reported), exploitedForPayment: isExploited), services: [service],
            mediation: service == .mediation ? mediation : nil)
        return CaseFacts(content, received: Self.anyDay)
    }

    /// Ages are stated, so that no day changes them.
    private static let anyDay = CivilDate(inStockholmAt: Instant(milliseconds: 0))
}
