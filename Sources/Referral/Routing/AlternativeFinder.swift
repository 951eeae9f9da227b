import DecisionTable

/// Finds the nearest other outcomes of a decision, each by one input alone.
struct AlternativeFinder {
    /// How many are told of what everybody sees who sees the decision, and how many besides.
    private static let most = (open: 6, withheld: 2)
    /// Of these the area's, which has no nearest one.
    private static let mostAreas = 3

    /// What is told of it is written when it is known to be told.
    private struct Found: Equatable {
        enum Change: Equatable {
            case ages(ClosedRange<Int>)
            /// Bits of the variation's candidates.
            case values(Int)
            case area(text: String)
        }

        /// Among the table's; nil for the area.
        let variation: Int?
        var change: Change
        /// An index into the finder's outcomes.
        let outcome: Int
        let answer: RoutingTable.Answer
        let isBoundary: Bool
    }

    private let directory: Routing.DatedDirectory
    private let table: RoutingTable
    private let facts: CaseFacts
    private let service: Service
    private let place: Place
    private let day: CivilDate
    private let excluding: Set<OrganisationID>
    /// Each that was met, the decision's own first: they are compared by their places here.
    private var outcomes: [RoutingDecision.Outcome]
    /// By rule: the place of its outcome at this place; below zero while it was not asked for.
    private var outcomeOfRule: [Int]

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
        outcomes = [outcome]
        outcomeOfRule = [Int](repeating: -1, count: table.verdicts.count)
    }

    /// - Parameters:
    ///   - values: of the case, by column.
    ///   - answer: of the table to them.
    mutating func alternatives(to values: [Value], _ answer: RoutingTable.Answer) -> [RoutingDecision.Alternative] {
        var found = byTable(values)
        let others = otherWorlds(values, answer)
        if case .rule(let rule) = answer { addAreas(rule, &found) }
        // Each kind has a number of its own, so that how many are seen tells nothing about those that are not.
        var told: [RoutingDecision.Alternative] = []
        var changed = values
        for isWithheld in table.withheld.isEmpty ? [false] : [false, true] {
            let most = isWithheld ? Self.most.withheld : table.withheld.isEmpty ? Self.most.open + Self.most.withheld : Self.most.open
            var left = most
            // Boundary cases, then recipients, then reviews.
            for rank in 0..<3 {
                for one in found where left > 0 && self.rank(one) == rank && self.isWithheld(one, others) == isWithheld {
                    told.append(written(one, values, &changed, isSame: isSame(one, others)))
                    left -= 1
                }
            }
        }
        return told
    }

    private func rank(_ found: Found) -> Int { found.isBoundary ? 0 : outcomes[found.outcome].isRecipient ? 1 : 2 }

    private func isSame(_ found: Found, _ others: [[Found]]) -> Bool {
        found.variation == nil || others.allSatisfy { $0.contains(found) }
    }

    private func isWithheld(_ found: Found, _ others: [[Found]]) -> Bool {
        if let variation = found.variation, table.variations[variation].isWithheld(table.withheldGroups) { return true }
        return !isSame(found, others)
    }

    /// What would be found if the inputs that not everybody may see had any other value with which the decision were the same. What is not
    /// found there as well tells something of them.
    private mutating func otherWorlds(_ values: [Value], _ answer: RoutingTable.Answer) -> [[Found]] {
        var worlds: [[Found]] = []
        for other in table.withheldValues where zip(table.withheld, other).contains(where: { values[$0] != $1 }) {
            var changed = values
            for (column, value) in zip(table.withheld, other) { changed[column] = value }
            if table.answer(to: changed) == answer { worlds.append(byTable(changed)) }
        }
        return worlds
    }

    // MARK: By the table

    private mutating func byTable(_ values: [Value]) -> [Found] {
        var found: [Found] = []
        found.reserveCapacity(8)
        var changed = values
        for index in table.variations.indices {
            let variation = table.variations[index]
            switch (variation.current(in: facts), variation.candidates) {
            case (.age(let age?, let possible), .ages(let starts)):
                addNearest(index, to: age, possible, starts, &changed, &found)
            case (.age(nil, _), .ages(let starts)): addAges(index, starts, &changed, &found)
            case (.word(let word), .values(let candidates, _)): addValues(index, besides: word, candidates, &changed, &found)
            default: continue
            }
            variation.restore(values, in: &changed)
        }
        return found
    }

    /// Of a known age: the nearest below and the nearest above.
    private mutating func addNearest(
        _ variation: Int, to age: Int, _ possible: ClosedRange<Int>, _ starts: [Int], _ changed: inout [Value], _ found: inout [Found]
    ) {
        // The run that the age lies in, or the last.
        let own = (starts.firstIndex { $0 > age } ?? starts.count) - 1
        for step in [-1, 1] {
            var index = own + step
            while starts.indices.contains(index) {
                guard let run = Self.run(index, of: starts, within: possible), let answer = answer(run.lowerBound, variation, &changed)
                else { break }
                let other = outcome(of: answer)
                guard other != 0 else {
                    index += step
                    continue
                }
                let ages = widened(run, from: index, step, answer, starts, possible, variation, &changed)
                let nearest = step < 0 ? ages.upperBound : ages.lowerBound
                found.append(
                    Found(
                        variation: variation, change: .ages(ages), outcome: other, answer: answer, isBoundary: abs(nearest - age) == 1))
                break
            }
        }
    }

    /// Of an unknown age: the first ages with each outcome.
    private mutating func addAges(_ variation: Int, _ starts: [Int], _ changed: inout [Value], _ found: inout [Found]) {
        let first = found.count
        let possible = InputVariation.ages
        for index in starts.indices {
            guard let run = Self.run(index, of: starts, within: possible), let answer = answer(run.lowerBound, variation, &changed)
            else { continue }
            let other = outcome(of: answer)
            if other == 0 || found[first...].contains(where: { $0.outcome == other }) { continue }
            let ages = widened(run, from: index, 1, answer, starts, possible, variation, &changed)
            found.append(Found(variation: variation, change: .ages(ages), outcome: other, answer: answer, isBoundary: false))
        }
    }

    /// As far as the same rule decides.
    private func widened(
        _ ages: ClosedRange<Int>, from index: Int, _ step: Int, _ answer: RoutingTable.Answer, _ starts: [Int],
        _ possible: ClosedRange<Int>, _ variation: Int, _ changed: inout [Value]
    ) -> ClosedRange<Int> {
        var ages = ages
        var index = index + step
        while starts.indices.contains(index), let next = Self.run(index, of: starts, within: possible),
            self.answer(next.lowerBound, variation, &changed) == answer
        {
            ages = min(ages.lowerBound, next.lowerBound)...max(ages.upperBound, next.upperBound)
            index += step
        }
        return ages
    }

    /// Ages that the table does not tell apart, of those that a case could have.
    private static func run(_ index: Int, of starts: [Int], within possible: ClosedRange<Int>) -> ClosedRange<Int>? {
        let last = index + 1 < starts.count ? starts[index + 1] - 1 : InputVariation.ages.upperBound
        let (low, high) = (max(starts[index], possible.lowerBound), min(last, possible.upperBound))
        return low <= high ? low...high : nil
    }

    /// Nil when the table does not allow the age.
    private func answer(_ age: Int, _ variation: Int, _ changed: inout [Value]) -> RoutingTable.Answer? {
        table.variations[variation].apply(.number(Double(age)), to: &changed, of: facts)
        let answer = table.answer(to: changed)
        return answer == .review(.valueOutsideTable) ? nil : answer
    }

    /// Each other outcome once, with the values that lead to it by the same rule.
    private mutating func addValues(
        _ variation: Int, besides current: String, _ candidates: [(value: Value, shown: String)], _ changed: inout [Value],
        _ found: inout [Found]
    ) {
        let first = found.count
        for place in candidates.indices where candidates[place].shown != current {
            table.variations[variation].apply(candidates[place].value, to: &changed, of: facts)
            let answer = table.answer(to: changed)
            if answer == .review(.valueOutsideTable) { continue }
            let other = outcome(of: answer)
            if other == 0 { continue }
            if let index = found[first...].firstIndex(where: { $0.outcome == other }) {
                if found[index].answer == answer, case .values(let bits) = found[index].change {
                    found[index].change = .values(bits | 1 << place)
                }
            } else {
                found.append(
                    Found(variation: variation, change: .values(1 << place), outcome: other, answer: answer, isBoundary: false))
            }
        }
    }

    /// 0 for the decision's own.
    private mutating func outcome(of answer: RoutingTable.Answer) -> Int {
        switch answer {
        case .review(let reason): return index(of: .review(reason))
        case .rule(let rule):
            if outcomeOfRule[rule] >= 0 { return outcomeOfRule[rule] }
            var notes: [String] = []
            let outcome = directory.directory.outcome(
                of: table.verdicts[rule].placement, for: service, at: place, on: day, excluding: excluding, notes: &notes)
            outcomeOfRule[rule] = index(of: outcome)
            return outcomeOfRule[rule]
        }
    }

    private mutating func index(of outcome: RoutingDecision.Outcome) -> Int {
        if let known = outcomes.firstIndex(of: outcome) { return known }
        outcomes.append(outcome)
        return outcomes.count - 1
    }

    // MARK: By the area

    private mutating func addAreas(_ rule: Int, _ found: inout [Found]) {
        if service == .mediation, facts.mediation?.offenders.isEmpty ?? true { return }
        let placement = table.verdicts[rule].placement
        let groups =
            excluding.isEmpty
            ? directory.areaOutcomes.groups(of: placement, for: service, on: day)
            : AreaOutcomes.groups(of: placement, for: service, in: directory.directory, on: day, excluding: excluding)
        var left = Self.mostAreas
        for group in groups where left > 0 {
            let other = index(of: group.outcome)
            if other == 0 { continue }
            found.append(Found(variation: nil, change: .area(text: group.text), outcome: other, answer: .rule(rule), isBoundary: false))
            left -= 1
        }
    }

    // MARK: In words

    private func written(
        _ found: Found, _ values: [Value], _ changed: inout [Value], isSame: Bool
    ) -> RoutingDecision.Alternative {
        let variation = found.variation.map { table.variations[$0] }
        let rule: String? = if case .rule(let index) = found.answer { table.verdicts[index].rule } else { nil }
        let reveals = isSame ? [] : table.withheldGroups.filter { $0 != variation?.input.fieldGroup }
        let text: String
        switch found.change {
        case .ages(let ages): text = self.text(ages, found.variation ?? 0, values, &changed)
        case .values(let bits): if case .values(_, let sets)? = variation?.candidates { text = sets[bits] } else { text = "" }
        case .area(let area): text = area
        }
        return RoutingDecision.Alternative(
            input: variation?.input.rawValue ?? RoutingInput.areaName, value: text, outcome: outcomes[found.outcome], rule: rule,
            isBoundary: found.isBoundary, alsoReveals: reveals)
    }

    /// `22 or more`, where nothing above is possible or the table allows nothing above.
    private func text(_ ages: ClosedRange<Int>, _ variation: Int, _ values: [Value], _ changed: inout [Value]) -> String {
        if ages.lowerBound == ages.upperBound { return String(ages.lowerBound) }
        if ages == InputVariation.ages { return "any" }
        func isEnd(_ next: Int) -> Bool {
            if !InputVariation.ages.contains(next) { return true }
            defer { table.variations[variation].restore(values, in: &changed) }
            return answer(next, variation, &changed) == nil
        }
        if ages.lowerBound > InputVariation.ages.lowerBound, isEnd(ages.upperBound + 1) { return "\(ages.lowerBound) or more" }
        return isEnd(ages.lowerBound - 1) ? "\(ages.upperBound) or less" : "\(ages.lowerBound) to \(ages.upperBound)"
    }
}
