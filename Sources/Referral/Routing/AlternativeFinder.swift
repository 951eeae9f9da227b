import DecisionTable

/// Finds the nearest other outcomes of a decision, each by one input alone.
struct AlternativeFinder {
    /// How many are told of what everybody sees who sees the decision, and how many besides.
    private static let most = (open: 6, withheld: 2)
    /// Of these the area's, which has no nearest one.
    private static let mostAreas = 3

    private let directory: Routing.DatedDirectory
    private let table: RoutingTable
    private let facts: CaseFacts
    private let service: Service
    private let place: Place
    private let day: CivilDate
    private let excluding: Set<OrganisationID>
    private let outcome: RoutingDecision.Outcome
    /// What each rule comes to at this place, by rule, as far as it was asked.
    private var outcomes: [RoutingDecision.Outcome?]

    /// - Parameter outcome: the decision's.
    init(
        directory: Routing.DatedDirectory, table: RoutingTable, facts: CaseFacts, service: Service, place: Place, day: CivilDate,
        excluding: Set<OrganisationID>, outcome: RoutingDecision.Outcome
    ) {
        self.directory = directory
        self.table = table
        self.facts = facts
        self.service = service
        self.place = place
        self.day = day
        self.excluding = excluding
        self.outcome = outcome
        outcomes = [RoutingDecision.Outcome?](repeating: nil, count: table.verdicts.count)
    }

    /// - Parameters:
    ///   - values: of the case, by column.
    ///   - answer: of the table to them.
    mutating func alternatives(to values: [Value], _ answer: RoutingTable.Answer) -> [RoutingDecision.Alternative] {
        var found = byTable(values)
        if case .rule(let rule) = answer { addAreas(table.verdicts[rule], &found) }
        var open: [RoutingDecision.Alternative] = []
        var withheld: [RoutingDecision.Alternative] = []
        let others = otherWorlds(values, answer)
        for alternative in found {
            let isSame = alternative.input == RoutingInput.areaName || others.allSatisfy { $0.contains(alternative) }
            let group = RoutingInput(rawValue: alternative.input)?.fieldGroup
            if isSame, group.map(table.withheldGroups.contains) ?? false == false {
                open.append(alternative)
            } else {
                withheld.append(
                    .init(
                        input: alternative.input, value: alternative.value, outcome: alternative.outcome, rule: alternative.rule,
                        isBoundary: alternative.isBoundary, alsoReveals: isSame ? [] : table.withheldGroups.filter { $0 != group }))
            }
        }
        if table.withheld.isEmpty { return Array(Self.sorted(open).prefix(Self.most.open + Self.most.withheld)) }
        // Each kind has a number of its own, so that how many are seen tells nothing about those that are not.
        return Array(Self.sorted(open).prefix(Self.most.open) + Self.sorted(withheld).prefix(Self.most.withheld))
    }

    /// Boundary cases, then recipients, then reviews; otherwise as they were found.
    private static func sorted(_ alternatives: [RoutingDecision.Alternative]) -> [RoutingDecision.Alternative] {
        guard alternatives.count > 1 else { return alternatives }
        return alternatives.filter(\.isBoundary) + alternatives.filter { !$0.isBoundary && $0.outcome.isRecipient }
            + alternatives.filter { !$0.isBoundary && !$0.outcome.isRecipient }
    }

    /// What would be found if the inputs that not everybody may see had any other value with which the decision were the same. What is not
    /// found there as well tells something of them.
    private mutating func otherWorlds(_ values: [Value], _ answer: RoutingTable.Answer) -> [[RoutingDecision.Alternative]] {
        var worlds: [[RoutingDecision.Alternative]] = []
        for other in table.withheldValues where zip(table.withheld, other).contains(where: { values[$0] != $1 }) {
            var changed = values
            for (column, value) in zip(table.withheld, other) { changed[column] = value }
            if table.answer(to: changed) == answer { worlds.append(byTable(changed)) }
        }
        return worlds
    }

    // MARK: By the table

    private mutating func byTable(_ values: [Value]) -> [RoutingDecision.Alternative] {
        var found: [RoutingDecision.Alternative] = []
        var changed = values
        for variation in table.variations {
            switch (variation.current(in: facts), variation.candidates) {
            case (.age(let age?, let possible), .ages(let starts)):
                addNearest(variation, to: age, possible, starts, &changed, &found)
            case (.age(nil, _), .ages(let starts)): addAges(variation, starts, &changed, &found)
            case (.word(let word), .values(let candidates)):
                addValues(variation, besides: word, candidates, &changed, &found)
            default: continue
            }
            for column in variation.columns { changed[column] = values[column] }
        }
        return found
    }

    /// Of a known age: the nearest below and the nearest above.
    private mutating func addNearest(
        _ variation: InputVariation, to age: Int, _ possible: ClosedRange<Int>, _ starts: [Int], _ changed: inout [Value],
        _ found: inout [RoutingDecision.Alternative]
    ) {
        // The run that the age lies in, or the last.
        let own = (starts.firstIndex { $0 > age } ?? starts.count) - 1
        for step in [-1, 1] {
            var index = own + step
            while starts.indices.contains(index) {
                let run = AgeRun(index, of: starts, within: possible)
                guard let run, let answer = answer(run.ages.lowerBound, variation, &changed), let other = outcome(of: answer) else { break }
                guard other != outcome else {
                    index += step
                    continue
                }
                let ages = widened(run.ages, from: index, step, answer, starts, possible, variation, &changed)
                let nearest = step < 0 ? ages.upperBound : ages.lowerBound
                found.append(
                    .init(
                        input: variation.input.rawValue, value: text(ages, possible, starts, variation, &changed), outcome: other,
                        rule: rule(of: answer), isBoundary: abs(nearest - age) == 1))
                break
            }
        }
    }

    /// Of an unknown age: the first ages with each outcome.
    private mutating func addAges(
        _ variation: InputVariation, _ starts: [Int], _ changed: inout [Value], _ found: inout [RoutingDecision.Alternative]
    ) {
        let first = found.count
        for index in starts.indices {
            guard let run = AgeRun(index, of: starts, within: InputVariation.ages),
                let answer = answer(run.ages.lowerBound, variation, &changed), let other = outcome(of: answer), other != outcome,
                !found[first...].contains(where: { $0.outcome == other })
            else { continue }
            let ages = widened(run.ages, from: index, 1, answer, starts, InputVariation.ages, variation, &changed)
            found.append(
                .init(
                    input: variation.input.rawValue, value: text(ages, InputVariation.ages, starts, variation, &changed), outcome: other,
                    rule: rule(of: answer)))
        }
    }

    /// As far as the same rule decides.
    private func widened(
        _ ages: ClosedRange<Int>, from index: Int, _ step: Int, _ answer: RoutingTable.Answer, _ starts: [Int],
        _ possible: ClosedRange<Int>, _ variation: InputVariation, _ changed: inout [Value]
    ) -> ClosedRange<Int> {
        var ages = ages
        var index = index + step
        while starts.indices.contains(index), let next = AgeRun(index, of: starts, within: possible)?.ages,
            self.answer(next.lowerBound, variation, &changed) == answer
        {
            ages = min(ages.lowerBound, next.lowerBound)...max(ages.upperBound, next.upperBound)
            index += step
        }
        return ages
    }

    /// Nil when the table does not allow the age.
    private func answer(_ age: Int, _ variation: InputVariation, _ changed: inout [Value]) -> RoutingTable.Answer? {
        variation.apply(.number(Double(age)), to: &changed, of: facts)
        let answer = table.answer(to: changed)
        return answer == .review(.valueOutsideTable) ? nil : answer
    }

    /// `22 or more`, where the table allows nothing above.
    private func text(
        _ ages: ClosedRange<Int>, _ possible: ClosedRange<Int>, _ starts: [Int], _ variation: InputVariation, _ changed: inout [Value]
    ) -> String {
        if ages.lowerBound == ages.upperBound { return String(ages.lowerBound) }
        func isEnd(_ next: Int) -> Bool {
            !InputVariation.ages.contains(next) || (possible.contains(next) && answer(next, variation, &changed) == nil)
        }
        if isEnd(ages.upperBound + 1) { return "\(ages.lowerBound) or more" }
        return isEnd(ages.lowerBound - 1) ? "\(ages.upperBound) or less" : "\(ages.lowerBound) to \(ages.upperBound)"
    }

    /// Each other outcome once, with the values that lead to it by the same rule.
    private mutating func addValues(
        _ variation: InputVariation, besides current: String, _ candidates: [(value: Value, shown: String)], _ changed: inout [Value],
        _ found: inout [RoutingDecision.Alternative]
    ) {
        let first = found.count
        for candidate in candidates where candidate.shown != current {
            variation.apply(candidate.value, to: &changed, of: facts)
            let answer = table.answer(to: changed)
            guard answer != .review(.valueOutsideTable), let other = outcome(of: answer), other != outcome else { continue }
            let rule = rule(of: answer)
            if let index = found[first...].firstIndex(where: { $0.outcome == other }) {
                guard found[index].rule == rule else { continue }
                found[index] = .init(
                    input: found[index].input, value: "\(found[index].value) or \(candidate.shown)", outcome: other, rule: rule)
            } else {
                found.append(.init(input: variation.input.rawValue, value: candidate.shown, outcome: other, rule: rule))
            }
        }
    }

    private func rule(of answer: RoutingTable.Answer) -> String? {
        if case .rule(let index) = answer { table.verdicts[index].rule } else { nil }
    }

    private mutating func outcome(of answer: RoutingTable.Answer) -> RoutingDecision.Outcome? {
        switch answer {
        case .review(let reason): return .review(reason)
        case .rule(let index):
            if let known = outcomes[index] { return known }
            var notes: [String] = []
            let outcome = directory.directory.outcome(
                of: table.verdicts[index].placement, for: service, at: place, on: day, excluding: excluding, notes: &notes)
            outcomes[index] = outcome
            return outcome
        }
    }

    // MARK: By the area

    private func addAreas(_ verdict: RoutingTable.Verdict, _ found: inout [RoutingDecision.Alternative]) {
        if service == .mediation, facts.mediation?.offenders.isEmpty ?? true { return }
        let groups =
            excluding.isEmpty
            ? directory.areaOutcomes.groups(of: verdict.placement, for: service, on: day)
            : AreaOutcomes.groups(of: verdict.placement, for: service, in: directory.directory, on: day, excluding: excluding)
        for group in groups.filter({ $0.outcome != outcome }).prefix(Self.mostAreas) {
            found.append(.init(input: RoutingInput.areaName, value: group.text, outcome: group.outcome, rule: verdict.rule))
        }
    }
}

/// Ages that a table does not tell apart, of those that a case could have.
private struct AgeRun {
    let ages: ClosedRange<Int>

    init?(_ index: Int, of starts: [Int], within possible: ClosedRange<Int>) {
        let last = index + 1 < starts.count ? starts[index + 1] - 1 : InputVariation.ages.upperBound
        let (low, high) = (max(starts[index], possible.lowerBound), min(last, possible.upperBound))
        guard low <= high else { return nil }
        ages = low...high
    }
}
