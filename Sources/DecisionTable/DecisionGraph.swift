/// Some of a table's rules.
struct RuleSet: Hashable, Sendable {
    private var words: [UInt64]

    init(_ rules: [Int], of count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
        for rule in rules { words[rule / 64] |= 1 << UInt64(rule % 64) }
    }

    init(allOf count: Int) { self.init(Array(0..<count), of: count) }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    func contains(_ rule: Int) -> Bool { words[rule / 64] >> UInt64(rule % 64) & 1 == 1 }

    func intersection(_ other: RuleSet) -> RuleSet {
        var copy = self
        for index in words.indices { copy.words[index] &= other.words[index] }
        return copy
    }

    /// Rising.
    var rules: [Int] {
        var rules: [Int] = []
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                rules.append(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return rules
    }
}

/// Which rules can still match once the values of some columns are known: a layer per column, equal sets of rules joined in one node.
struct DecisionGraph: Sendable {
    private struct Key: Hashable {
        let depth: Int
        let rules: RuleSet
    }

    private struct Node: Sendable {
        let depth: Int
        /// By class of the layer's column; empty for an end, and where no rule is left.
        let children: [Int]
        let rules: RuleSet
    }

    /// Columns by layer.
    private let order: [Int]
    /// By layer and class: the rules that accept it.
    let masks: [[RuleSet]]
    private var nodes: [Node] = []
    private var root = 0

    /// Nil when there are more nodes and branches than the budget allows.
    init?(_ columns: [[RuleSet]], order: [Int], rules: Int, budget: Int) {
        self.order = order
        masks = order.map { columns[$0] }
        var known: [Key: Int] = [:]
        var rest = budget
        guard let root = add(RuleSet(allOf: rules), 0, &known, &rest) else { return nil }
        self.root = root
    }

    private mutating func add(_ rules: RuleSet, _ depth: Int, _ known: inout [Key: Int], _ rest: inout Int) -> Int? {
        // Below nothing there is nothing, whatever the layer.
        let isEnd = depth == masks.count || rules.isEmpty
        let key = Key(depth: isEnd ? masks.count : depth, rules: rules)
        if let node = known[key] { return node }
        var children: [Int] = []
        if !isEnd {
            for mask in masks[depth] {
                rest -= 1
                guard rest >= 0, let child = add(rules.intersection(mask), depth + 1, &known, &rest) else { return nil }
                children.append(child)
            }
        }
        nodes.append(Node(depth: isEnd ? masks.count : depth, children: children, rules: rules))
        known[key] = nodes.count - 1
        return nodes.count - 1
    }

    /// Whether any column has no value at all.
    private var isVoid: Bool { masks.contains(where: \.isEmpty) }

    /// The sets of rules that match together, for some values or other.
    var ends: [RuleSet] { isVoid ? [] : nodes.filter { $0.depth == masks.count }.map(\.rules) }

    /// For each way to the last layer: what its classes come to.
    var lastLayer: [[RuleSet]] {
        guard !isVoid else { return [] }
        return nodes.filter { $0.depth == masks.count - 1 }.map { node in node.children.map { nodes[$0].rules } }
    }

    /// For each set of rules, but none at all, that match together: one way to it, a class per layer.
    var paths: [(end: RuleSet, classes: [Int])] {
        guard !isVoid else { return [] }
        var seen: Set<Int> = [root]
        var waiting: [(node: Int, classes: [Int])] = [(root, [])]
        var found: [(end: RuleSet, classes: [Int])] = []
        while let (index, classes) = waiting.popLast() {
            let node = nodes[index]
            if node.depth == masks.count, !node.rules.isEmpty { found.append((node.rules, classes)) }
            // The first class is looked at first.
            for (place, child) in node.children.enumerated().reversed() where seen.insert(child).inserted {
                waiting.append((child, classes + [place]))
            }
        }
        return found
    }

    // MARK: Gaps

    /// Classes by layer: a gap, or another set of values that have something in common.
    typealias Box = [[Int]]

    /// The values that no rule accepts, as classes by column, each as large as it can be.
    mutating func gaps(budget: Int, most: Int) -> (regions: [[[Int]]], isComplete: Bool) {
        guard !isVoid else { return ([], true) }
        var rest = budget
        var known: [Int: [Box]] = [:]
        guard let boxes = boxes(root, 0, &known, &rest) else { return ([], false) }
        var largest: [Box] = []
        for box in boxes {
            guard let grown = grown(box, &rest, { $0.isEmpty }), largest.count < most else {
                return (largest.map { inOrder($0) }, false)
            }
            if !largest.contains(where: { Self.contains($0, grown) }) {
                largest.removeAll { Self.contains(grown, $0) }
                largest.append(grown)
            }
        }
        return (largest.map { inOrder($0) }, true)
    }

    /// From layers to columns.
    private func inOrder(_ box: Box) -> [[Int]] {
        var columns = box
        for (layer, column) in order.enumerated() { columns[column] = box[layer] }
        return columns
    }

    private func boxes(_ index: Int, _ depth: Int, _ known: inout [Int: [Box]], _ rest: inout Int) -> [Box]? {
        let node = nodes[index]
        if node.rules.isEmpty { return [masks[depth...].map { Array($0.indices) }] }
        if node.depth == masks.count { return [] }
        if let found = known[index] { return found }
        // Classes that lead to the same rest of a gap are one.
        var tails: [Box] = []
        var heads: [Box: [Int]] = [:]
        for (place, child) in node.children.enumerated() {
            guard let found = boxes(child, depth + 1, &known, &rest) else { return nil }
            for tail in found {
                rest -= 1
                guard rest >= 0 else { return nil }
                if heads[tail] == nil { tails.append(tail) }
                heads[tail, default: []].append(place)
            }
        }
        let result = tails.map { [heads[$0] ?? []] + $0 }
        known[index] = result
        return result
    }

    /// With every class that can be added so that `holds` of each set of rules that match; nil when the budget ends first.
    func grown(_ box: Box, _ rest: inout Int, _ holds: (RuleSet) -> Bool) -> Box? {
        var box = box
        for layer in box.indices {
            for place in masks[layer].indices where !box[layer].contains(place) {
                var slice = box
                slice[layer] = [place]
                guard let isHeld = isHeld(in: slice, &rest, holds) else { return nil }
                if isHeld { box[layer].append(place) }
            }
            box[layer].sort()
        }
        return box
    }

    /// Nil when the budget ends first.
    private func isHeld(in box: Box, _ rest: inout Int, _ holds: (RuleSet) -> Bool) -> Bool? {
        var seen: Set<Int> = []
        func isHeld(_ index: Int, _ rest: inout Int) -> Bool? {
            let node = nodes[index]
            if node.depth == masks.count { return holds(node.rules) }
            if !seen.insert(index).inserted { return true }
            for place in box[node.depth] {
                rest -= 1
                guard rest >= 0 else { return nil }
                guard let below = isHeld(node.children[place], &rest) else { return nil }
                if !below { return false }
            }
            return true
        }
        return isHeld(root, &rest)
    }

    /// By which the values are known where `holds`; zero when there are none, nil when the budget ends first.
    /// - Parameter sums: by layer and class, of the digests of its points.
    func digest(_ sums: [[UInt64]], _ rest: inout Int, _ holds: (RuleSet) -> Bool) -> UInt64? {
        if isVoid { return 0 }
        // Children stand before their parents.
        var digests: [UInt64] = []
        for node in nodes {
            if node.depth == masks.count {
                digests.append(holds(node.rules) ? 1 : 0)
                continue
            }
            rest -= node.children.count
            guard rest >= 0 else { return nil }
            var heads: [UInt64: UInt64] = [:]
            for (sum, child) in zip(sums[node.depth], node.children) { heads[digests[child], default: 0] &+= sum }
            digests.append(PointDigest.joined(heads))
        }
        return digests[root]
    }

    private static func contains(_ outer: Box, _ inner: Box) -> Bool {
        zip(outer, inner).allSatisfy { Set($0).isSuperset(of: $1) }
    }
}
