import DecisionTable

/// One routing table, looked at for every case that there can be.
struct RoutingTableCheck {
    /// Whom a rule decides.
    struct People {
        let region: DecisionTableCoverage.Region
        /// Whether the region is all of them.
        let isAll: Bool
        /// Of all of them; nil when the budget was too small.
        let digest: String?
    }

    let table: RoutingTable
    let service: Service
    let cases: PossibleCases
    /// Whether it is known of every rule whether it decides somebody.
    let knowsRules: Bool
    private let coverage: DecisionTableCoverage
    private let analysis: DecisionTableAnalysis

    init(_ table: RoutingTable, service: Service, budget: Int) {
        self.table = table
        self.service = service
        cases = PossibleCases(table, service: service)
        coverage = table.table.coverage(of: cases.domains, budget: budget)
        knowsRules = !coverage.undecided.contains(.rules)
        // Ages are completed years.
        let ages = Set(table.columns.indices.filter { table.columns[$0].type == .number })
        analysis = table.table.analysed(budget: budget, wholeNumbers: ages, questions: [.columns])
    }

    /// Rules that decide somebody, by index, with where they send them.
    var placements: [(rule: Int, placement: RoutingTable.Verdict.Placement)] {
        table.verdicts.indices.filter(coverage.decides).map { ($0, table.verdicts[$0].placement) }
    }

    /// Whom a rule decides; nil when nobody.
    func people(decidedBy rule: Int) -> People? {
        coverage.region(decidedBy: rule).map { region in
            let all = coverage.digest(decidedBy: rule)
            return People(region: region, isAll: all == coverage.digest(of: region), digest: all.map { String($0, radix: 16) })
        }
    }

    /// Whom no rule decides, in regions that are told one by one.
    var gaps: [DecisionTableCoverage.Region] { largest(coverage.gaps.flatMap(cases.parts)) }

    /// For whom two rules say different things.
    var conflicts: [DecisionTableCoverage.Conflict] { coverage.conflicts }

    /// The last part of the id of what is found about these people.
    func digest(of region: DecisionTableCoverage.Region) -> String {
        RoutingFinding.digest(of: [String(coverage.digest(of: region), radix: 16)])
    }

    /// What is found in the table alone.
    /// - Parameters:
    ///   - days: of the rule set.
    ///   - place: a listed area, to make examples concrete.
    func findings(ruleSet: Int, days: DatePeriod, place: ListedArea?) -> [RoutingFinding] {
        func finding(
            _ kind: RoutingFinding.Kind, _ path: [String], rules: [Int] = [], _ text: String, _ region: DecisionTableCoverage.Region? = nil
        ) -> RoutingFinding {
            RoutingFinding(
                kind, path, ruleSet: ruleSet, service: service, days: days, rules: rules.map { table.verdicts[$0].rule }, text: text,
                example: region.map { cases.facts(cases.example(of: $0), in: place?.area) })
        }
        func name(_ rule: Int) -> String { table.verdicts[rule].rule }
        func said(_ what: String, of region: DecisionTableCoverage.Region) -> String {
            let (all, one) = (cases.text(of: region), cases.exampleText(of: region))
            guard let place else { return all == one ? "\(all): \(what)" : "\(all): \(what); for example \(one)" }
            let there = cases.exampleText(of: region, place: place.name)
            return all == one ? "\(there), or anywhere else: \(what)" : "\(all): \(what); for example \(there)"
        }

        let gaps = self.gaps.map { finding(.gap, [cases.text(of: $0), digest(of: $0)], said("no rule", of: $0), $0) }
            .sorted { $0.id < $1.id }
        let outside = cases.groups.enumerated().flatMap { place, group in
            group.refused.map { input, points in
                let text = cases.text(of: points, in: group)
                return finding(
                    .outsideTable, [input.rawValue, text, RoutingFinding.digest(of: points.map { group.word(for: $0) })],
                    "\(text): the column \"\(input.rawValue)\" does not allow the value")
            }
        }
        let conflicts = coverage.conflicts.map {
            finding(
                .conflict, ["\(name($0.first))+\(name($0.second))", digest(of: $0.region)], rules: [$0.first, $0.second],
                said("the rules \(name($0.first)) and \(name($0.second)) both hold", of: $0.region), $0.region)
        }
        let idleRules =
            coverage.unmatchedRules.map { finding(.idleRule, [name($0)], rules: [$0], "rule \(name($0)) holds for nobody") }
            + coverage.idleRules.map {
                finding(.idleRule, [name($0)], rules: [$0], "rule \(name($0)) never decides: wherever it holds, other rules do")
            }
        let idleColumns = analysis.idleColumns.map { column in
            let input = table.columns[column].rawValue
            return finding(.idleColumn, [input], "the column \"\(input)\" never changes the answer")
        }
        let values = analysis.unnamedValues.filter { !table.columns[$0.column].canBe($0.value) }.map { unnamed in
            let input = table.columns[unnamed.column].rawValue
            return finding(
                .impossibleValue, [input, unnamed.value.description], "the column \"\(input)\" lists \(unnamed.value), which no case has")
        }
        let undecided = coverage.undecided.union(analysis.undecided).sorted { $0.rawValue < $1.rawValue }.map {
            finding(.undecided, [$0.rawValue], "the table is too large to know all about its \($0.rawValue)")
        }
        return gaps + outside + conflicts + idleRules + idleColumns + values + undecided
    }

    /// Without regions that lie within others.
    private func largest(_ regions: [DecisionTableCoverage.Region]) -> [DecisionTableCoverage.Region] {
        regions.indices.filter { index in
            !regions.indices.contains { other in
                other != index && zip(regions[index], regions[other]).allSatisfy { Self.isWithin($0, $1) }
                    && (other < index || regions[index] != regions[other])
            }
        }.map { regions[$0] }
    }

    /// Of rising numbers.
    private static func isWithin(_ inner: [Int], _ outer: [Int]) -> Bool {
        if inner.count > outer.count { return false }
        var place = outer.startIndex
        for number in inner {
            while place < outer.endIndex, outer[place] < number { place += 1 }
            guard place < outer.endIndex, outer[place] == number else { return false }
            place += 1
        }
        return true
    }
}

extension RoutingInput {
    /// Whether a case can have this value.
    fileprivate func canBe(_ value: Value) -> Bool {
        switch value {
        case .string(let word): words?.contains(word) ?? false
        case .number(let number): type == .number && Int(exactly: number).map(PossibleCases.ages.contains) ?? false
        case .boolean: type == .boolean
        case .null: type == .number
        }
    }
}
