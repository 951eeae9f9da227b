import DecisionTable

// Cases in words, for the people who write the tables. The same cases always have the same words: findings are known by them.

extension PossibleCases {
    /// `a victim of 22 or older living in Ekerö, not sexually exploited for payment`. What does not matter is left out.
    /// - Parameter place: where they live, or the offenders of a mediation do; nil when it does not matter.
    func text(of region: DecisionTableCoverage.Region, place: String? = nil) -> String {
        let parts = zip(groups, region).map { group, indices in
            (group: group, points: indices.count == group.points.count ? nil : indices.map { group.points[$0] })
        }
        return text(parts, place) { peopleText?.text(of: $0) ?? "" }
    }

    /// A region cut into parts that are told one by one: people of different roles and ages, and offenders whose ages are known or not.
    func parts(of region: DecisionTableCoverage.Region) -> [DecisionTableCoverage.Region] {
        zip(groups, region).enumerated().reduce([region]) { regions, next in
            let (place, (group, indices)) = next
            if indices.count == group.points.count { return regions }
            let cuts: [[Int]]
            switch group.points.first {
            case .person: cuts = peopleText?.parts(of: indices) ?? [indices]
            case .offenders:
                let unknown = Point.offenders(youngest: nil, oldest: nil)
                cuts = [indices.filter { group.points[$0] != unknown }, indices.filter { group.points[$0] == unknown }]
                    .filter { !$0.isEmpty }
            default: return regions
            }
            return regions.flatMap { region in
                cuts.map { cut in
                    var part = region
                    part[place] = cut
                    return part
                }
            }
        }
    }

    /// One case of a region in words; what does not matter in the region is left out.
    func exampleText(of region: DecisionTableCoverage.Region, place: String? = nil) -> String {
        let parts = zip(groups, region).map { group, indices in
            let isTelling = indices.count < group.points.count || group.inputs.contains(.role)
            return (group: group, points: isTelling ? indices.first.map { [group.points[$0]] } : nil)
        }
        return text(parts, place) { points in personGroup.map { Self.example($0, points) } ?? "" }
    }

    /// Points of one group alone.
    func text(of points: [Point], in group: Group) -> String {
        text([(group, points)], nil) { peopleText?.text(of: $0) ?? "" }
    }

    /// - Parameter parts: points by group; nil for all.
    private func text(_ parts: [(group: Group, points: [Point]?)], _ place: String?, _ people: ([Point]) -> String) -> String {
        var person: String?
        var offenders: String?
        var rest: [String] = []
        for (group, points) in parts {
            guard let points else { continue }
            switch points.first {
            case .person: person = people(points)
            case .offenders: offenders = OffendersText.text(of: points, group)
            case .word, .truth: if let input = group.inputs.first { rest.append(Self.text(of: points, input)) }
            case nil: break
            }
        }
        let head: String
        switch service {
        case .support: head = person ?? (rest.isEmpty ? "anybody" : "somebody")
        case .mediation:
            let with = offenders ?? (place == nil ? nil : "offenders")
            head = "a mediation" + (person.map { " for \($0)" } ?? "") + (with.map { " with \($0)" } ?? "")
        }
        let living = place.map { rest.isEmpty ? " living in \($0)" : ", living in \($0)" } ?? ""
        if service == .mediation { return ([head + (place.map { " living in \($0)" } ?? "")] + rest).joined(separator: ", ") }
        return ([head] + rest).joined(separator: ", ") + living
    }

    private var personGroup: Group? { peopleText == nil ? nil : groups.first }

    // MARK: Single inputs

    private static func text(of points: [Point], _ input: RoutingInput) -> String {
        if input == .protectedIdentity, let text = protection(points) { return text }
        return points.map { phrase($0, input) }.joined(separator: " or ")
    }

    private static func protection(_ points: [Point]) -> String? {
        let values = Set(points.compactMap { point in if case .word(let word) = point { ProtectedIdentity(rawValue: word) } else { nil } })
        if values == [.none] { return "without a protected identity" }
        if values == [.none, .unknown] { return "not known to have a protected identity" }
        return values == Set(ProtectedIdentity.allCases.filter(\.isProtected)) ? "with a protected identity" : nil
    }

    private static func phrase(_ point: Point, _ input: RoutingInput) -> String {
        switch (input, point) {
        case (.exploited, .truth(let truth)): truth ? "sexually exploited for payment" : "not sexually exploited for payment"
        case (.protectedIdentity, .word(let word)):
            switch ProtectedIdentity(rawValue: word) {
            case .some(.none): "without a protected identity"
            case .unknown: "not known whether with a protected identity"
            default: "with the protection \"\(word)\""
            }
        case (.investigation, .word(let word)):
            switch Investigation(rawValue: word) {
            case .running: "the investigation running"
            case .concluded: "the investigation concluded"
            default: "no investigation"
            }
        case (_, .word(let word)): answer(Answer(rawValue: word) ?? .unknown, to: input)
        default: ""
        }
    }

    private static func answer(_ answer: Answer, to input: RoutingInput) -> String {
        let (yes, no, unknown) =
            switch input {
            case .reported: ("reported to the police", "not reported to the police", "not known whether reported to the police")
            case .allAdmitted: ("admitted by all offenders", "not admitted by all offenders", "not known whether all offenders admit")
            case .everybodyTakesPart: ("everybody takes part freely", "somebody does not want to", "not known whether everybody wants to")
            case .suitable: ("suitable", "not suitable", "not known whether suitable")
            case .leaderConsulted: ("its leader asked", "its leader not asked", "not known whether its leader was asked")
            default: ("\(input.rawValue) yes", "\(input.rawValue) no", "\(input.rawValue) unknown")
            }
        return switch answer {
        case .yes: yes
        case .no: no
        case .unknown: unknown
        }
    }

    private static func example(_ group: Group, _ points: [Point]) -> String {
        guard case .person(let role, let age, let victimAge)? = points.first else { return "" }
        var text = group.inputs.contains(.role) ? role.noun : "somebody"
        let asksAge = group.inputs.contains { $0 != .role }
        if asksAge, age != nil || victimAge == nil { text += " " + AgeText.attribute([age]) }
        if let victimAge { text += " in the case of a victim of \(victimAge)" }
        return text
    }
}

extension Role {
    fileprivate var noun: String {
        switch self {
        case .victim: "a victim"
        case .witness: "a witness"
        case .relativeOfVictim: "a relative of a victim"
        case .relativeOfOffender: "a relative of an offender"
        case .professional: "a professional"
        }
    }
}

/// Ages in words; nil is an unknown age.
private enum AgeText {
    /// `of 17 to 20`, `under 10 or of unknown age`
    static func attribute(_ ages: Set<Int?>) -> String {
        if ages.count == PossibleCases.ages.count + 1 { return "of any age" }
        return parts(ages).map { $0.hasPrefix("under") ? $0 : "of \($0)" }.joined(separator: " or ")
    }

    /// `17 to 20`, `under 10 or unknown age`
    static func value(_ ages: Set<Int?>) -> String { parts(ages).joined(separator: " or ") }

    private static func parts(_ ages: Set<Int?>) -> [String] {
        var runs: [(first: Int, last: Int)] = []
        for age in ages.compactMap(\.self).sorted() {
            if let last = runs.last, last.last + 1 == age { runs[runs.count - 1].last = age } else { runs.append((age, age)) }
        }
        let bounds = PossibleCases.ages
        return runs.map { first, last in
            switch (first, last) {
            case (bounds.lowerBound, bounds.upperBound): "known age"
            case (_, _) where first == last: "\(first)"
            case (bounds.lowerBound, _): "under \(last + 1)"
            case (_, bounds.upperBound): "\(first) or older"
            default: "\(first) to \(last)"
            }
        } + (ages.contains(nil) ? ["unknown age"] : [])
    }
}

/// People by role and ages.
struct PeopleText {
    /// What a table sees of somebody. Ages that it does not ask for are nil.
    private struct Seen: Hashable {
        let deciding: Int?
        let own: Int?
        let victim: Int?
    }

    private let group: PossibleCases.Group
    private let inputs: [RoutingInput]
    private let all: [Role: Set<Seen>]

    init(_ group: PossibleCases.Group) {
        self.group = group
        inputs = group.inputs
        all = Self.byRole(group.points, group.inputs)
    }

    private static func byRole(_ points: [PossibleCases.Point], _ inputs: [RoutingInput]) -> [Role: Set<Seen>] {
        var people: [Role: Set<Seen>] = [:]
        for case .person(let role, let age, let victimAge) in points {
            let seen = Seen(
                deciding: inputs.contains(.decidingAge) ? victimAge ?? age : nil, own: inputs.contains(.ownAge) ? age : nil,
                victim: inputs.contains(.victimAge) ? victimAge : nil)
            // Without a column for the role everybody is alike.
            people[inputs.contains(.role) ? role : .victim, default: []].insert(seen)
        }
        return people
    }

    func text(of points: [PossibleCases.Point]) -> String {
        parts(points).map { ages, roles in
            let isEverybody = !inputs.contains(.role) || roles.count == all.count
            let nouns = isEverybody ? (ages.isEmpty ? "anybody" : "somebody") : roles.map(\.noun).joined(separator: " or ")
            return ages.isEmpty ? nouns : nouns + (roles.count > 1 && !isEverybody ? ", " : " ") + ages
        }.joined(separator: "; ")
    }

    /// Points by their index in the group: those whose ages have the same words together.
    func parts(of indices: [Int]) -> [[Int]] {
        let points = group.points
        return parts(indices.map { points[$0] }).map { _, roles in
            indices.filter { index in
                guard case .person(let role, _, _) = points[index] else { return false }
                return roles.contains(inputs.contains(.role) ? role : .victim)
            }
        }
    }

    private func parts(_ points: [PossibleCases.Point]) -> [(ages: String, roles: [Role])] {
        let chosen = Self.byRole(points, inputs)
        var texts: [(ages: String, roles: [Role])] = []
        for role in Role.allCases {
            guard let people = chosen[role], let everybody = all[role] else { continue }
            let ages = people == everybody ? "" : self.ages(people, everybody)
            if let place = texts.firstIndex(where: { $0.ages == ages }) {
                texts[place].roles.append(role)
            } else {
                texts.append((ages, [role]))
            }
        }
        return texts
    }

    private func ages(_ people: Set<Seen>, _ everybody: Set<Seen>) -> String {
        let text = agesByInput(people, everybody)
        // The inputs are told one by one; where that would be others, too, one of them is named.
        let (pairs, victims) = (Set(people.map { [$0.deciding, $0.own] }), Set(people.map(\.victim)))
        let told = everybody.count { victims.contains($0.victim) && pairs.contains([$0.deciding, $0.own]) }
        if told <= people.count { return text }
        func key(_ seen: Seen) -> [Int] { [seen.own, seen.victim, seen.deciding].map { $0 ?? Int.max } }
        guard let one = people.min(by: { key($0).lexicographicallyPrecedes(key($1)) }) else { return text }
        let age = inputs.contains(.ownAge) ? AgeText.attribute([one.own]) : "with the deciding age \(AgeText.value([one.deciding]))"
        let ages = "\(age) and the victim's age \(AgeText.value([one.victim]))"
        return "\(text.isEmpty ? "of some ages" : text + " (not all)"), one of them: somebody \(ages)"
    }

    private func agesByInput(_ people: Set<Seen>, _ everybody: Set<Seen>) -> String {
        var texts: [String] = []
        let victims = Set(people.map(\.victim))
        if inputs.contains(.victimAge), victims != Set(everybody.map(\.victim)) { texts.append("victim's age \(AgeText.value(victims))") }
        // Where own and deciding age are always the same, either says all.
        let isOne = everybody.allSatisfy { $0.deciding == $0.own } || !inputs.contains(.ownAge) || !inputs.contains(.decidingAge)
        if isOne {
            let asked = Set(people.map { inputs.contains(.ownAge) ? $0.own : $0.deciding })
            let possible = Set(everybody.map { inputs.contains(.ownAge) ? $0.own : $0.deciding })
            if asked == possible { return texts.joined(separator: ", ") }
            return ([AgeText.attribute(asked)] + texts).joined(separator: ", ")
        }
        let rows = self.rows(people, everybody).map { deciding, own in
            [own.map(AgeText.attribute), deciding.map { "deciding age \(AgeText.value($0))" }].compactMap(\.self).joined(separator: ", ")
        }
        let known = rows.filter { !$0.isEmpty }.joined(separator: " or ")
        return ((known.isEmpty ? [] : [known]) + texts).joined(separator: ", ")
    }

    /// Deciding ages with the own ages that go with each of them; nil for all that can.
    private func rows(_ people: Set<Seen>, _ everybody: Set<Seen>) -> [(deciding: Set<Int?>?, own: Set<Int?>?)] {
        func own(_ people: Set<Seen>) -> [Int?: Set<Int?>] {
            Dictionary(grouping: people, by: \.deciding).mapValues { Set($0.map(\.own)) }
        }
        let (chosen, possible) = (own(people), own(everybody))
        // Known ages first: with them more can be.
        let order = chosen.keys.sorted { left, right in
            guard let left, let right else { return left != nil }
            return left < right
        }
        var rows: [(deciding: Set<Int?>, own: Set<Int?>)] = []
        for deciding in order {
            let ages = chosen[deciding] ?? []
            let most = possible[deciding] ?? []
            if let place = rows.firstIndex(where: { $0.own.intersection(most) == ages }) {
                rows[place].deciding.insert(deciding)
            } else {
                rows.append(([deciding], ages))
            }
        }
        return rows.map { row in
            let couldBe = Set(possible.filter { !$0.value.isDisjoint(with: row.own) }.keys)
            let couldHave = row.deciding.reduce(into: Set<Int?>()) { $0.formUnion(possible[$1] ?? []) }
            return (row.deciding == couldBe ? nil : row.deciding, row.own == couldHave ? nil : row.own)
        }
    }
}

/// Offenders by their ages.
private enum OffendersText {
    /// So many different shapes are told in full.
    private static let mostRows = 3

    static func text(of points: [PossibleCases.Point], _ group: PossibleCases.Group) -> String {
        // By the youngest offender's age.
        var oldest: [Int: Set<Int>] = [:]
        var hasUnknown = false
        for case .offenders(let first, let last) in points {
            if let first, let last { oldest[first, default: []].insert(last) } else { hasUnknown = true }
        }
        var texts = oldest.isEmpty ? [] : [known(oldest, group)]
        if hasUnknown { texts.append("offenders of unknown age") }
        return texts.joined(separator: " or ")
    }

    private static func known(_ oldest: [Int: Set<Int>], _ group: PossibleCases.Group) -> String {
        if group.inputs.count == 1 {
            let which = group.inputs == [.youngestOffenderAge] ? "youngest" : "oldest"
            return "the \(which) offender \(attribute(Set(oldest.keys)))"
        }
        let rows = rows(oldest)
        if rows.count <= mostRows { return rows.map { text($0.youngest, $0.oldest) }.joined(separator: " or ") }
        let some = text(Set(oldest.keys), oldest.values.reduce(into: []) { $0.formUnion($1) })
        // The fewer go with the youngest, the more it tells of the shape.
        let one = oldest.min { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
        let ages = one.map { [$0.key, $0.value.min() ?? $0.key] } ?? []
        return "\(some) (not all), one of them: offenders of \(Set(ages).sorted().map(String.init).joined(separator: " and "))"
    }

    /// Youngest ages with the oldest ages that go with each of them, as far as they can.
    private static func rows(_ oldest: [Int: Set<Int>]) -> [(youngest: Set<Int>, oldest: Set<Int>)] {
        var rows: [(youngest: Set<Int>, oldest: Set<Int>)] = []
        for (age, chosen) in oldest.sorted(by: { $0.key < $1.key }) {
            if let place = rows.firstIndex(where: { $0.oldest.filter { $0 >= age } == chosen }) {
                rows[place].youngest.insert(age)
            } else {
                rows.append(([age], chosen))
            }
        }
        return rows
    }

    private static func text(_ youngest: Set<Int>, _ oldest: Set<Int>) -> String {
        if youngest == oldest { return "offenders \(attribute(youngest))" }
        // What the other one implies is left out.
        let impliesOldest = youngest.min().map { oldest == Set($0...PossibleCases.ages.upperBound) } ?? false
        let impliesYoungest = oldest.max().map { youngest == Set(PossibleCases.ages.lowerBound...$0) } ?? false
        var texts: [String] = []
        if !impliesYoungest || impliesOldest { texts.append("the youngest offender \(attribute(youngest))") }
        if !impliesOldest { texts.append("the oldest offender \(attribute(oldest))") }
        return texts.joined(separator: " and ")
    }

    private static func attribute(_ ages: Set<Int>) -> String { AgeText.attribute(Set(ages.map(Optional.some))) }
}
