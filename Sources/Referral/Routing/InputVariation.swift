import DecisionTable

/// One input that could have had another value, with the columns of a table that would change with it.
///
/// A class, so that a decision does not copy its many parts.
final class InputVariation: Sendable {
    enum Candidates: Sendable {
        /// The first of each run of ages that the columns do not tell apart, rising from 0.
        case ages([Int])
        /// Each value with how it is shown, and how each set of them is, by their bits.
        case values([(value: Value, shown: String)], sets: [String])
    }

    let input: RoutingInput
    let candidates: Candidates
    /// Those that ask for the input itself.
    let own: Int?
    /// Those that follow from it: the deciding age from either age and from the role, the victim's age from the role.
    let decidingAge: Int?
    let victimAge: Int?
    /// The only offender is the youngest and the oldest.
    let oldestOffenderAge: Int?

    private init(
        input: RoutingInput, candidates: Candidates, own: Int?, decidingAge: Int?, victimAge: Int?, oldestOffenderAge: Int?
    ) {
        self.input = input
        self.candidates = candidates
        self.own = own
        self.decidingAge = decidingAge
        self.victimAge = victimAge
        self.oldestOffenderAge = oldestOffenderAge
    }

    /// Puts back what `apply` has changed.
    func restore(_ values: [Value], in changed: inout [Value]) {
        if let own { changed[own] = values[own] }
        if let decidingAge { changed[decidingAge] = values[decidingAge] }
        if let victimAge { changed[victimAge] = values[victimAge] }
        if let oldestOffenderAge { changed[oldestOffenderAge] = values[oldestOffenderAge] }
    }

    /// Whether it is among the groups that some recipients may not see.
    func isWithheld(_ groups: [FieldGroup]) -> Bool { !groups.isEmpty && groups.contains(input.fieldGroup) }

    /// Ages that a message can give.
    static let ages = 0...130

    /// Ages first, since a boundary is what people ask about.
    private static let order: [RoutingInput] = [
        .ownAge, .victimAge, .youngestOffenderAge, .oldestOffenderAge, .role, .protectedIdentity, .reported, .allAdmitted,
        .everybodyTakesPart, .suitable, .investigation, .leaderConsulted, .exploited,
    ]

    static func all(of columns: [RoutingInput], in table: DecisionTable) -> [InputVariation] {
        order.compactMap { input in
            func column(_ other: RoutingInput, when applies: Bool = true) -> Int? { applies ? columns.firstIndex(of: other) : nil }
            let own = column(input)
            let deciding = column(.decidingAge, when: [.ownAge, .victimAge, .role].contains(input))
            let victim = column(.victimAge, when: input == .role)
            let oldest = column(.oldestOffenderAge, when: input == .youngestOffenderAge)
            let affected = [own, deciding, victim, oldest].compactMap(\.self)
            if affected.isEmpty { return nil }
            let candidates: Candidates =
                switch input.type {
                case .number: .ages(runs(of: affected, in: table))
                case .boolean: values([(.boolean(false), "false"), (.boolean(true), "true")])
                case .string: values((input.words ?? []).map { (.string($0), $0) })
                }
            return InputVariation(
                input: input, candidates: candidates, own: own, decidingAge: deciding, victimAge: victim, oldestOffenderAge: oldest)
        }
    }

    /// The lists are short: at most as many words as there are roles or kinds of protection.
    private static func values(_ values: [(value: Value, shown: String)]) -> Candidates {
        let sets = (0..<1 << values.count).map { set in
            values.indices.filter { set & 1 << $0 != 0 }.map { values[$0].shown }.joined(separator: " or ")
        }
        return .values(values, sets: sets)
    }

    private static func runs(of columns: [Int], in table: DecisionTable) -> [Int] {
        let bounds = columns.flatMap { table.bounds(ofInput: $0) }.filter { Double(ages.lowerBound)...Double(ages.upperBound) ~= $0 }
        // A bound that is no whole number divides between two ages.
        let starts = bounds.flatMap { [Int($0.rounded(.up)), Int($0.rounded(.down)) + 1] }
        let all = Set(starts + [ages.lowerBound]).filter(ages.contains).sorted()
        func isAlike(_ one: Int, _ other: Int) -> Bool {
            columns.allSatisfy { column in
                let tests = table.rules.map { $0.conditions[column] } + [table.inputs[column].allowed].compactMap(\.self)
                return tests.allSatisfy { $0.contains(.number(Double(one))) == $0.contains(.number(Double(other))) }
            }
        }
        return all.indices.filter { $0 == 0 || !isAlike(all[$0 - 1], all[$0]) }.map { all[$0] }
    }

    /// Puts another value in the place of the one that a case has, wherever it shows.
    func apply(_ value: Value, to values: inout [Value], of facts: CaseFacts) {
        if let own { values[own] = value }
        switch input {
        case .ownAge:
            if let decidingAge, facts.victimAge == nil { values[decidingAge] = value }
        case .victimAge:
            if let decidingAge { values[decidingAge] = value }
        case .role:
            let isFollowing = value.string.flatMap(Role.init(rawValue:))?.followsVictim ?? false
            let victim = isFollowing ? facts.victimAge : nil
            if let victimAge { values[victimAge] = victim.value }
            if let decidingAge { values[decidingAge] = (victim ?? facts.age).value }
        case .youngestOffenderAge:
            if let oldestOffenderAge, facts.mediation?.offenders.count == 1 { values[oldestOffenderAge] = value }
        default: break
        }
    }

    /// The value that a case has, of those that can be changed alone; nil when this input cannot be, or not without others.
    func current(in facts: CaseFacts) -> Current? {
        switch input {
        case .ownAge: return .age(facts.age?.years, InputVariation.ages)
        case .victimAge: return facts.role.followsVictim ? .age(facts.victimAge?.years, InputVariation.ages) : nil
        case .role: return .word(facts.role.rawValue)
        case .exploited: return .word(facts.exploitedForPayment ? "true" : "false")
        case .protectedIdentity: return .word(facts.protectedIdentity.rawValue)
        case .reported: return .word(facts.reported.rawValue)
        case .decidingAge: return nil
        case .youngestOffenderAge, .oldestOffenderAge, .allAdmitted, .everybodyTakesPart, .suitable, .investigation, .leaderConsulted:
            guard let mediation = facts.mediation, !mediation.offenders.isEmpty else { return nil }
            guard input.type == .number else { return input.fact(in: facts).shown.map(Current.word) }
            return currentAge(mediation.offenders.map { $0.age?.years })
        }
    }

    enum Current {
        /// With the ages that it could be; nil when it is not known.
        case age(Int?, ClosedRange<Int>)
        case word(String)
    }

    /// Of several offenders the youngest stays younger than the oldest, and what is not known of one is not known of them.
    private func currentAge(_ offenders: [Int?]) -> Current? {
        let all = InputVariation.ages
        if offenders.count == 1 { return input == .youngestOffenderAge ? .age(offenders[0], all) : nil }
        let known = offenders.compactMap(\.self)
        guard known.count == offenders.count, let youngest = known.min(), let oldest = known.max() else { return nil }
        guard youngest >= all.lowerBound, oldest <= all.upperBound else { return nil }
        return input == .youngestOffenderAge
            ? .age(youngest, all.lowerBound...oldest) : .age(oldest, youngest...all.upperBound)
    }
}

extension KnownAge? {
    fileprivate var value: Value { map { .number(Double($0.years)) } ?? .null }
}
