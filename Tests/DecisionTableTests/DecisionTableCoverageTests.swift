import SeededRandom
import Testing

@testable import DecisionTable

@Suite("What a table says of a bounded set of inputs")
struct DecisionTableCoverageTests {
    private static func table(_ policy: String, _ rules: [[String]]) throws -> DecisionTable {
        try TableText(hitPolicy: policy, inputs: [("youngest", "number", ""), ("oldest", "number", "")], rules: rules).table()
    }

    /// Two numbers of which the first is not larger.
    private static let pairs = DecisionTable.Domain(
        columns: [0, 1],
        points: (0...30).flatMap { first in (first...30).map { [Value.number(Double(first)), .number(Double($0))] } } + [[.null, .null]])

    @Test("Only what can occur together is looked at")
    func dependentColumns() throws {
        let rules = [["< 12", "-", "1"], [">= 12", "< 21", "2"], ["null", "-", "3"], [">= 12", ">= 21", "4"]]
        let table = try Self.table("UNIQUE", rules)
        let coverage = table.coverage(of: [Self.pairs])
        #expect(coverage.gaps.isEmpty && coverage.conflicts.isEmpty && coverage.unmatchedRules.isEmpty && coverage.undecided.isEmpty)
        #expect(table.coverage(of: [Self.pairs]).region(decidedBy: 2) == [[Self.pairs.points.count - 1]])

        let impossible = try Self.table("UNIQUE", rules + [["> 25", "< 25", "5"]]).coverage(of: [Self.pairs])
        #expect(impossible.unmatchedRules == [4] && !impossible.decides(4) && impossible.region(decidedBy: 4) == nil)
        #expect(impossible.conflicts.isEmpty, "nobody is both")
    }

    @Test("Null belongs to a column because the domain says so, and a value that the column refuses reaches no rule")
    func domain() throws {
        let table = try TableText(inputs: [("age", "number", "[0..2]")], rules: [["<= 2", "1"]]).table()
        let coverage = table.coverage(of: [.init(columns: [0], points: [[.number(2)], [.number(3)], [.null]])])
        #expect(coverage.gaps == [[[1, 2]]])
        #expect(table.coverage(of: []).gaps.count == 1, "a column without a domain is null")
        #expect(table.coverage(of: [.init(columns: [0], points: [])]).gaps.isEmpty, "nothing can be asked")
    }

    // MARK: Against looking at everything

    private static func randomTable(_ generator: inout SplitMix64) throws -> DecisionTable {
        let count = Int.random(in: 1...3, using: &generator)
        func cell() -> String {
            let low = Int.random(in: 0...4, using: &generator)
            return switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1: "-"
            case 2: "not(\(low))"
            case 3: "null, \(low)"
            case 4: "< \(low)"
            default: "[\(low)..\(low + 2)]"
            }
        }
        let rules = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
            (0..<count).map { _ in cell() } + ["\(Int.random(in: 1...2, using: &generator))"]
        }
        return try TableText(
            hitPolicy: ["UNIQUE", "ANY", "PRIORITY", "FIRST"].randomElement(using: &generator) ?? "UNIQUE",
            inputs: (0..<count).map { ("c\($0)", "number", Bool.random(using: &generator) ? "[0..4]" : "") },
            outputs: [("out", "number", "2, 1")], rules: rules
        ).table()
    }

    /// Columns in groups, each with some of the combinations that there are.
    private static func randomDomains(_ table: DecisionTable, _ generator: inout SplitMix64) -> [DecisionTable.Domain] {
        var columns = Array(table.inputs.indices).shuffled(using: &generator)
        var domains: [DecisionTable.Domain] = []
        while !columns.isEmpty {
            let chosen = Array(columns.prefix(Int.random(in: 1...2, using: &generator)))
            columns.removeFirst(chosen.count)
            let values: [Value] = (0...6).map { .number(Double($0)) } + [.null]
            let all = chosen.reduce([[]]) { rows, _ in rows.flatMap { row in values.map { row + [$0] } } }
            domains.append(.init(columns: chosen, points: all.filter { _ in Int.random(in: 0..<3, using: &generator) > 0 }))
        }
        return domains
    }

    @Test("Small random tables: what is found is what looking at every input finds", arguments: 0..<10)
    func bruteForce(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        for _ in 0..<20 {
            let table = try Self.randomTable(&generator)
            let domains = Self.randomDomains(table, &generator)
            let coverage = table.coverage(of: domains)
            #expect(coverage.undecided.isEmpty)
            let regions = table.rules.indices.map { coverage.region(decidedBy: $0)?.map(Set.init) }
            let gaps = coverage.gaps.map { $0.map(Set.init) }
            var matched: Set<Int> = []
            var deciding: Set<Int> = []
            var conflicts: Set<[Int]> = []
            for place in domains.reduce([[Int]]([[]]), { rows, domain in rows.flatMap { row in domain.points.indices.map { row + [$0] } } })
            {
                var values = [Value](repeating: .null, count: table.inputs.count)
                for (domain, point) in zip(domains, place) {
                    for (column, value) in zip(domain.columns, domain.points[point]) { values[column] = value }
                }
                func isIn(_ region: [Set<Int>]) -> Bool { zip(region, place).allSatisfy { $0.contains($1) } }
                let outcome = table.evaluate(values)
                let isRefused = if case .invalidInput = outcome { true } else { false }
                #expect(gaps.contains(where: isIn) == (outcome == .noMatch || isRefused))
                if isRefused { continue }
                let rules = table.rules.indices.filter { table.mismatches(of: $0, values).isEmpty }
                matched.formUnion(rules)
                if case .matched(let rule) = outcome { deciding.insert(rule) }
                if case .conflict = outcome {
                    for first in rules {
                        for second in rules where second > first {
                            if table.hitPolicy == .unique || table.rules[first].outputs != table.rules[second].outputs {
                                conflicts.insert([first, second])
                                #expect(
                                    coverage.conflicts.contains {
                                        $0.first == first && $0.second == second && isIn($0.region.map(Set.init))
                                    })
                            }
                        }
                    }
                }
                for (rule, region) in regions.enumerated() where region.map(isIn) == true { #expect(outcome == .matched(rule)) }
            }
            #expect(Set(coverage.conflicts.map { [$0.first, $0.second] }) == conflicts)
            #expect(coverage.unmatchedRules == table.rules.indices.filter { !matched.contains($0) })
            #expect(table.rules.indices.filter(coverage.decides) == deciding.sorted())
        }
    }

    @Test("Rules have the same digest where they decide the same inputs, and only there", arguments: 0..<10)
    func digests(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        for _ in 0..<20 {
            let table = try Self.randomTable(&generator)
            let domains = Self.randomDomains(table, &generator)
            let coverage = table.coverage(of: domains)
            var decided = [Set<[Int]>](repeating: [], count: table.rules.count)
            for place in domains.reduce([[Int]]([[]]), { rows, domain in rows.flatMap { row in domain.points.indices.map { row + [$0] } } })
            {
                var values = [Value](repeating: .null, count: table.inputs.count)
                for (domain, point) in zip(domains, place) {
                    for (column, value) in zip(domain.columns, domain.points[point]) { values[column] = value }
                }
                if case .matched(let rule) = table.evaluate(values) { decided[rule].insert(place) }
            }
            let digests = table.rules.indices.map { coverage.digest(decidedBy: $0) }
            for rule in table.rules.indices {
                #expect((digests[rule] == 0) == decided[rule].isEmpty)
                for other in table.rules.indices { #expect((digests[rule] == digests[other]) == (decided[rule] == decided[other])) }
                guard let region = coverage.region(decidedBy: rule) else { continue }
                let size = zip(region, domains).reduce(1) { $0 * $1.0.count }
                #expect((coverage.digest(of: region) == digests[rule]) == (size == decided[rule].count), "the region is all or it is not")
            }
        }
    }

    @Test("With a small budget nothing is said that is wrong", arguments: [0, 1, 5, 20, 100])
    func budget(budget: Int) throws {
        var generator = SplitMix64(seed: 11)
        for _ in 0..<50 {
            let table = try Self.randomTable(&generator)
            let domains = Self.randomDomains(table, &generator)
            let (all, some) = (table.coverage(of: domains), table.coverage(of: domains, budget: budget))
            if !some.undecided.contains(.gaps) { #expect(some.gaps == all.gaps) }
            if !some.undecided.contains(.overlaps) { #expect(some.conflicts == all.conflicts) }
            #expect(Set(some.unmatchedRules).isSubset(of: all.unmatchedRules))
            for rule in table.rules.indices {
                if some.decides(rule) { #expect(all.decides(rule)) }
                if !some.undecided.contains(.rules) { #expect(some.decides(rule) == all.decides(rule)) }
            }
            if budget == 0, !table.rules.isEmpty, !domains.contains(where: \.points.isEmpty) {
                #expect(some.undecided.isSuperset(of: [.gaps, .rules]))
            }
        }
    }
}
