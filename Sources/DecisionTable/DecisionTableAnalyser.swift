/// Answers questions about a table on a graph of decisions: a layer per column, and a node for each set of rules that can still match.
struct DecisionTableAnalyser {
    /// What a column's values come to: cells that the same rules accept are one class.
    private struct Column {
        /// In their order, of those that belong to the column.
        let cells: [Cell]
        /// Indices into `cells`.
        let classes: [[Int]]
        /// By class: the rules that accept it.
        let masks: [RuleSet]
    }

    private struct Cell {
        let sample: Value
        /// Nil for what is no number.
        let interval: Interval?
        /// Whether the sample stands for every text that the column does not name.
        let isOther: Bool
    }

    private let table: DecisionTable
    private let wholeNumbers: Set<Int>
    private let columns: [Column]

    init(table: DecisionTable, wholeNumbers: Set<Int>) {
        self.table = table
        self.wholeNumbers = wholeNumbers
        columns = table.inputs.indices.map { Self.column($0, of: table, isWhole: wholeNumbers.contains($0)) }
    }

    private static func column(_ index: Int, of table: DecisionTable, isWhole: Bool) -> Column {
        let input = table.inputs[index]
        let conditions = table.rules.map { $0.conditions[index] }
        let tests = conditions.flatMap(\.tests) + (input.allowed?.tests ?? [])
        let hasNull = tests.contains(.equal(.null))
        let all = ColumnCells(input.type, separating: tests)
        let samples = all.samples
        var cells: [Cell] = []
        for (place, sample) in samples.enumerated() {
            var cell = Cell(
                sample: sample, interval: all.interval(ofCell: place),
                isOther: input.type == .string && sample != .null && place == samples.count - 2)
            if let interval = cell.interval {
                guard let inside = interval.sample(isWhole: isWhole) else { continue }
                cell = Cell(sample: .number(inside), interval: interval, isOther: false)
            }
            let isAllowed = sample == .null ? hasNull : input.allowed?.contains(cell.sample) ?? true
            if isAllowed { cells.append(cell) }
        }
        var classes: [[Int]] = []
        var masks: [RuleSet] = []
        var places: [RuleSet: Int] = [:]
        for (place, cell) in cells.enumerated() {
            let mask = RuleSet(conditions.indices.filter { conditions[$0].contains(cell.sample) }, of: conditions.count)
            if let known = places[mask] {
                classes[known].append(place)
            } else {
                places[mask] = classes.count
                classes.append([place])
                masks.append(mask)
            }
        }
        return Column(cells: cells, classes: classes, masks: masks)
    }

    func analysis(budget: Int, questions: Set<DecisionTableAnalysis.Question>) -> DecisionTableAnalysis {
        var analysis = DecisionTableAnalysis()
        analysis.unnamedValues = unnamedValues()
        if questions.contains(.overlaps) { findOverlaps(&analysis, budget) }
        if !questions.isDisjoint(with: [.gaps, .rules]) { findGapsAndRules(&analysis, budget) }
        if questions.contains(.columns) { findIdleColumns(&analysis, budget) }
        return analysis
    }

    // MARK: Questions

    private func unnamedValues() -> [DecisionTableAnalysis.UnnamedValue] {
        table.inputs.enumerated().flatMap { index, input in
            (input.allowed.map { $0.isNegated ? [] : $0.tests } ?? []).compactMap { test in
                guard case .equal(let value) = test, !table.rules.contains(where: { $0.conditions[index].tests.contains(test) }) else {
                    return nil
                }
                return DecisionTableAnalysis.UnnamedValue(column: index, value: value)
            }
        }
    }

    private func findGapsAndRules(_ analysis: inout DecisionTableAnalysis, _ budget: Int) {
        if var graph = DecisionGraph(columns.map(\.masks), order: Array(columns.indices), rules: table.rules.count, budget: budget) {
            findRules(&analysis, graph)
            let gaps = graph.gaps(budget: budget, most: Self.mostFindings)
            analysis.gaps = gaps.regions.map { region($0) }
            if !gaps.isComplete { analysis.undecided.insert(.gaps) }
        } else {
            analysis.undecided.formUnion([.gaps, .rules])
            // What one column alone excludes is known all the same.
            analysis.unmatchedRules = table.rules.indices.filter { rule in columns.contains { !$0.masks.contains { $0.contains(rule) } } }
        }
    }

    private func findIdleColumns(_ analysis: inout DecisionTableAnalysis, _ budget: Int) {
        for column in columns.indices {
            let order = columns.indices.filter { $0 != column } + [column]
            guard let graph = DecisionGraph(columns.map(\.masks), order: order, rules: table.rules.count, budget: budget) else {
                analysis.undecided.insert(.columns)
                continue
            }
            if graph.lastLayer.allSatisfy({ ends in ends.allSatisfy { isAlike($0, ends[0]) } }) { analysis.idleColumns.append(column) }
        }
    }

    private func findOverlaps(_ analysis: inout DecisionTableAnalysis, _ budget: Int) {
        var steps = 0
        for first in table.rules.indices {
            for second in table.rules.indices.dropFirst(first + 1) {
                steps += 1
                guard steps <= budget, analysis.overlaps.count < Self.mostFindings else {
                    analysis.undecided.insert(.overlaps)
                    return
                }
                let box = columns.map { column in
                    column.masks.indices.filter { column.masks[$0].contains(first) && column.masks[$0].contains(second) }
                }
                if box.contains(where: \.isEmpty) { continue }
                let isConflict =
                    switch table.hitPolicy {
                    case .unique: true
                    case .any: table.rules[first].outputs != table.rules[second].outputs
                    default: false
                    }
                analysis.overlaps.append(.init(first: first, second: second, region: region(box), isConflict: isConflict))
            }
        }
    }

    private func findRules(_ analysis: inout DecisionTableAnalysis, _ graph: DecisionGraph) {
        var matching: Set<Int> = []
        var deciding: Set<Int> = []
        for end in graph.ends {
            let rules = end.rules
            matching.formUnion(rules)
            switch table.hitPolicy {
            case .unique, .any: if rules.count == 1 { deciding.formUnion(rules) }
            case .first: if let first = rules.first { deciding.insert(first) }
            case .priority: if let best = rules.min(by: { table.rank(of: $0) < table.rank(of: $1) }) { deciding.insert(best) }
            default: deciding.formUnion(rules)
            }
        }
        analysis.unmatchedRules = table.rules.indices.filter { !matching.contains($0) }
        analysis.undecidingRules = table.rules.indices.filter { matching.contains($0) && !deciding.contains($0) }
    }

    /// Whether the table says the same where these rules match as where those do.
    private func isAlike(_ left: RuleSet, _ right: RuleSet) -> Bool {
        if left == right { return true }
        let (first, second) = (table.outcome(of: left.rules), table.outcome(of: right.rules))
        switch (first, second) {
        case (.conflict, .conflict), (.noMatch, .noMatch): return true
        default: return first.isDecided && second.isDecided && table.value(of: first) == table.value(of: second)
        }
    }

    static let mostFindings = 1000

    // MARK: For people

    /// - Parameter box: classes by column.
    private func region(_ box: [[Int]]) -> DecisionTableAnalysis.Region {
        let places = zip(columns, box).map { column, classes in classes.flatMap { column.classes[$0] }.sorted() }
        let texts = columns.indices.map { index in
            places[index].count == columns[index].cells.count
                ? "-" : text(of: places[index].map { columns[index].cells[$0] }, column: index)
        }
        let example = zip(columns, places).map { column, places in places.first.map { column.cells[$0].sample } ?? .null }
        return DecisionTableAnalysis.Region(cells: texts, example: example)
    }

    private func text(of cells: [Cell], column: Int) -> String {
        if cells.contains(where: \.isOther) {
            // Every text but some.
            let excluded = columns[column].cells.filter { cell in
                cell.sample != .null && !cells.contains { $0.sample == cell.sample }
            }
            let others = excluded.isEmpty ? ["any text"] : ["not(\(excluded.map(\.sample.description).joined(separator: ", ")))"]
            return (others + (cells.contains { $0.sample == .null } ? ["null"] : [])).joined(separator: ", ")
        }
        var parts: [String] = []
        var run: Interval?
        for cell in cells {
            guard let interval = cell.interval else {
                if let run { parts.append(run.text(isWhole: wholeNumbers.contains(column))) }
                run = nil
                parts.append(cell.sample.description)
                continue
            }
            if let current = run, current.meets(interval, isWhole: wholeNumbers.contains(column)) {
                run?.upper = interval.upper
                run?.upperIsIncluded = interval.upperIsIncluded
            } else {
                if let run { parts.append(run.text(isWhole: wholeNumbers.contains(column))) }
                run = interval
            }
        }
        if let run { parts.append(run.text(isWhole: wholeNumbers.contains(column))) }
        return parts.joined(separator: ", ")
    }
}

extension DecisionTable.Outcome {
    fileprivate var isDecided: Bool {
        switch self {
        case .matched, .collected: true
        case .noMatch, .conflict, .missingInput, .invalidInput: false
        }
    }
}

extension Interval {
    /// The whole numbers in it, which it is cut to.
    private var wholeEnds: (lower: Double, upper: Double) {
        let first = lower.rounded(.up)
        let last = upper.rounded(.down)
        return (first == lower && !lowerIsIncluded ? first + 1 : first, last == upper && !upperIsIncluded ? last - 1 : last)
    }

    /// A number in it; nil when there is none.
    fileprivate func sample(isWhole: Bool) -> Double? {
        if isWhole {
            let ends = wholeEnds
            guard ends.lower <= ends.upper else { return nil }
            return ends.lower.isFinite ? ends.lower : ends.upper.isFinite ? ends.upper : 0
        }
        if lowerIsIncluded { return lower }
        if lower.isFinite, upper.isFinite {
            let middle = lower + (upper - lower) / 2
            let inside = contains(middle) ? middle : lower.nextUp
            return contains(inside) ? inside : nil
        }
        return lower.isFinite ? lower + max(1, lower.ulp) : upper.isFinite ? upper - max(1, upper.ulp) : 0
    }

    /// Whether the other one begins where this one ends.
    fileprivate func meets(_ other: Interval, isWhole: Bool) -> Bool {
        isWhole ? wholeEnds.upper + 1 == other.wholeEnds.lower : upper == other.lower && upperIsIncluded != other.lowerIsIncluded
    }

    fileprivate func text(isWhole: Bool) -> String {
        var (low, high, lowIsIncluded, highIsIncluded) = (lower, upper, lowerIsIncluded, upperIsIncluded)
        if isWhole {
            (low, high) = wholeEnds
            (lowIsIncluded, highIsIncluded) = (low.isFinite, high.isFinite)
        }
        let (first, last) = (Value.number(low).description, Value.number(high).description)
        switch (low.isFinite, high.isFinite) {
        case (true, true): return low == high ? first : "\(lowIsIncluded ? "[" : "(")\(first)..\(last)\(highIsIncluded ? "]" : ")")"
        case (true, false): return "\(lowIsIncluded ? ">=" : ">") \(first)"
        case (false, true): return "\(highIsIncluded ? "<=" : "<") \(last)"
        case (false, false): return "any number"
        }
    }
}
