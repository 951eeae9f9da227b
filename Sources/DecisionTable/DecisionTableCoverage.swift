extension DecisionTable {
    /// Columns whose values depend on each other, with every combination of values that they can have together.
    public struct Domain: Sendable {
        /// Indices into `inputs`.
        public let columns: [Int]
        /// Each with one value for each of the columns.
        public let points: [[Value]]

        public init(columns: [Int], points: [[Value]]) {
            self.columns = columns
            self.points = points
        }
    }

    /// What the table says of every combination of the points of some domains, nothing else, without looking at each.
    ///
    /// - Parameters:
    ///   - domains: that have no column in common; a column that is in none is taken to be null.
    ///   - budget: how many steps each question may take; a step is about a microsecond and a few hundred bytes.
    public func coverage(of domains: [Domain], budget: Int = 1_000_000) -> DecisionTableCoverage {
        DecisionTableCoverage(self, domains, budget: budget)
    }
}

/// What a table says of a bounded set of inputs. Unlike `DecisionTableAnalysis`, it knows which values can occur together.
public struct DecisionTableCoverage: Sendable {
    /// By domain: some of its points. A region is each combination of them.
    public typealias Region = [[Int]]

    /// Inputs for which two rules say different things. Rules are indices into the table's.
    public struct Conflict: Hashable, Sendable {
        public let first: Int
        public let second: Int
        public let region: Region
    }

    /// Inputs for which no rule holds, in regions that cannot be made larger; they may share inputs. Together they are all there are.
    public private(set) var gaps: [Region] = []
    /// Pairs of rules, in the order of the rules.
    public private(set) var conflicts: [Conflict] = []
    /// Rules that hold for no input, in their order.
    public private(set) var unmatchedRules: [Int] = []
    /// Rules that hold for some input and are needed for none: they never decide, or with ANY always beside others that say the same.
    public private(set) var idleRules: [Int] = []
    /// Of the questions for gaps, overlaps and rules: what could not be answered. What is said of it is true but may not be all.
    public private(set) var undecided: Set<DecisionTableAnalysis.Question> = []

    private let table: DecisionTable
    private let budget: Int
    /// By domain and class: points that the same rules accept.
    private let classes: [[[Int]]]
    /// By domain and point.
    private let digests: [[UInt64]]
    /// Nil when the budget was too small for it.
    private var graph: DecisionGraph?
    /// By rule: an input that it decides, as classes; nil for none, or none found.
    private var decided: [[Int]?]

    init(_ table: DecisionTable, _ domains: [DecisionTable.Domain], budget: Int) {
        self.table = table
        self.budget = budget
        decided = [[Int]?](repeating: nil, count: table.rules.count)
        var classes: [[[Int]]] = []
        var masks: [[RuleSet]] = []
        var digests = domains.map { domain in
            let names = domain.columns.map { table.inputs[$0].name }
            return domain.points.map { PointDigest.point($0, names) }
        }
        for domain in domains {
            let found = Self.classes(of: domain, in: table)
            classes.append(found.classes)
            masks.append(found.masks)
        }
        let absent = table.inputs.indices.filter { column in !domains.contains { $0.columns.contains(column) } }
        if !absent.isEmpty {
            let found = Self.classes(of: .init(columns: absent, points: [absent.map { _ in .null }]), in: table)
            classes.append(found.classes)
            masks.append(found.masks)
            digests.append([0])
        }
        self.classes = classes
        self.digests = digests
        graph = DecisionGraph(masks, order: Array(masks.indices), rules: table.rules.count, budget: budget)
        guard graph != nil else {
            undecided = [.gaps, .overlaps, .rules]
            findSomeDeciders(masks)
            return
        }
        findGaps()
        findRules()
    }

    private static func classes(of domain: DecisionTable.Domain, in table: DecisionTable) -> (classes: [[Int]], masks: [RuleSet]) {
        let none = RuleSet([], of: table.rules.count)
        // By column and value.
        var known = [[Value: RuleSet]](repeating: [:], count: domain.columns.count)
        func mask(_ place: Int, _ value: Value) -> RuleSet {
            if let mask = known[place][value] { return mask }
            let column = domain.columns[place]
            let input = table.inputs[column]
            let isAllowed = input.type.contains(value) && (value == .null || input.allowed?.contains(value) ?? true)
            let rules = table.rules.indices.filter { table.rules[$0].conditions[column].contains(value) }
            let mask = isAllowed ? RuleSet(rules, of: table.rules.count) : none
            known[place][value] = mask
            return mask
        }
        var classes: [[Int]] = []
        var masks: [RuleSet] = []
        var places: [RuleSet: Int] = [:]
        let all = RuleSet(allOf: table.rules.count)
        for (index, point) in domain.points.enumerated() {
            var rules = all
            for (place, value) in point.enumerated() { rules = rules.intersection(mask(place, value)) }
            if let place = places[rules] {
                classes[place].append(index)
            } else {
                places[rules] = classes.count
                classes.append([index])
                masks.append(rules)
            }
        }
        return (classes, masks)
    }

    // MARK: Questions

    /// A region can be a long list of points: more are told once these are mended.
    private static let mostGaps = 100

    private mutating func findGaps() {
        guard let found = graph?.gaps(budget: budget, most: Self.mostGaps) else { return }
        gaps = found.regions.map { points(of: $0) }
        if !found.isComplete { undecided.insert(.gaps) }
    }

    private mutating func findRules() {
        var matched: Set<Int> = []
        var needed: Set<Int> = []
        var pairs: Set<[Int]> = []
        for path in graph?.paths ?? [] {
            let rules = path.end.rules
            matched.formUnion(rules)
            if let rule = decider(among: rules) {
                if decided[rule] == nil { decided[rule] = path.classes }
                if table.hitPolicy != .any || rules.count == 1 { needed.insert(rule) }
            } else if table.hitPolicy == .unique || table.hitPolicy == .any {
                for (place, first) in rules.enumerated() {
                    for second in rules.dropFirst(place + 1) where pairs.count < DecisionTableAnalyser.mostFindings {
                        if table.hitPolicy == .unique || table.rules[first].outputs != table.rules[second].outputs {
                            pairs.insert([first, second])
                        }
                    }
                }
                if pairs.count >= DecisionTableAnalyser.mostFindings { undecided.insert(.overlaps) }
            } else {
                // All that match decide together.
                needed.formUnion(rules)
            }
        }
        unmatchedRules = table.rules.indices.filter { !matched.contains($0) }
        idleRules = table.rules.indices.filter { matched.contains($0) && !needed.contains($0) }
        conflicts = pairs.sorted { $0.lexicographicallyPrecedes($1) }.map { pair in
            let box = (graph?.masks ?? []).map { masks in
                masks.indices.filter { masks[$0].contains(pair[0]) && masks[$0].contains(pair[1]) }
            }
            return Conflict(first: pair[0], second: pair[1], region: points(of: box))
        }
    }

    /// The rule that decides where these match; nil when none does alone.
    private func decider(among rules: [Int]) -> Int? {
        guard let first = rules.first else { return nil }
        switch table.hitPolicy {
        case .unique: return rules.count == 1 ? first : nil
        case .any: return rules.allSatisfy { table.rules[$0].outputs == table.rules[first].outputs } ? first : nil
        case .first: return first
        case .priority: return rules.min { table.rank(of: $0) < table.rank(of: $1) }
        default: return nil
        }
    }

    /// Without a graph: one input per rule is tried.
    private mutating func findSomeDeciders(_ masks: [[RuleSet]]) {
        for rule in table.rules.indices {
            let corner = masks.compactMap { $0.firstIndex { $0.contains(rule) } }
            guard corner.count == masks.count else {
                unmatchedRules.append(rule)
                continue
            }
            var matching = RuleSet(allOf: table.rules.count)
            for (place, index) in corner.enumerated() { matching = matching.intersection(masks[place][index]) }
            if decider(among: matching.rules) == rule { decided[rule] = corner }
        }
    }

    // MARK: What a rule decides

    /// Whether there is an input that the rule decides alone; when `undecided` has `rules`, false may be wrong.
    public func decides(_ rule: Int) -> Bool { decided[rule] != nil }

    /// Inputs that the rule decides, in a region that cannot be made larger, or as large as its share of the budget allows; nil when there
    /// are none. There may be others.
    public func region(decidedBy rule: Int) -> Region? {
        guard let path = decided[rule] else { return nil }
        let box = path.map { [$0] }
        var rest = budget / table.rules.count
        let grown = graph?.grown(box, &rest) { decider(among: $0.rules) == rule }
        return points(of: grown ?? box)
    }

    // MARK: Digests

    /// By which the inputs of a region are known: another region of other inputs has, but for chance, another digest, in any table. It does
    /// not depend on rules, on the order of columns and points, or on domains of which the region has all points.
    public func digest(of region: Region) -> UInt64 {
        zip(region, digests).reversed().reduce(1) { digest, next in
            let (chosen, all) = next
            if chosen.count == all.count { return digest }
            let sum = chosen.reduce(0) { $0 &+ all[$1] }
            // The sum of the others does not count.
            return chosen.isEmpty ? 0 : PointDigest.joined([digest: sum, 0: 0])
        }
    }

    /// By which all inputs that the rule decides are known, see `digest(of:)`; of a region the same. Nil when the budget is too small.
    public func digest(decidedBy rule: Int) -> UInt64? {
        var rest = budget / table.rules.count
        let sums = zip(classes, digests).map { classes, digests in classes.map { $0.reduce(0) { $0 &+ digests[$1] } } }
        return graph?.digest(sums, &rest) { decider(among: $0.rules) == rule }
    }

    /// - Parameter box: classes by domain.
    private func points(of box: [[Int]]) -> Region {
        zip(classes, box).map { classes, chosen in chosen.flatMap { classes[$0] }.sorted() }
    }
}
