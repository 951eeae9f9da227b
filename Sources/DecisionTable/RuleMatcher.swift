/// Finds the rules that match, all at once.
///
/// The values of each column fall into cells within which no condition of the table changes: single values, and the open intervals
/// between the numbers that occur. Each cell has a bit mask of the rules that it satisfies; a decision is a look-up per column and an
/// AND of the masks.
struct RuleMatcher: Sendable {
    /// The rules that match, lowest first.
    struct Matches {
        fileprivate let words: UnsafeMutableBufferPointer<UInt64>

        var first: Int? {
            for (index, word) in words.enumerated() where word != 0 { return index * 64 + word.trailingZeroBitCount }
            return nil
        }

        var hasSeveral: Bool {
            var isOneSeen = false
            for word in words where word != 0 {
                if isOneSeen || word & (word - 1) != 0 { return true }
                isOneSeen = true
            }
            return false
        }

        func forEach(_ body: (Int) -> Void) {
            for (index, word) in words.enumerated() {
                var rest = word
                while rest != 0 {
                    body(index * 64 + rest.trailingZeroBitCount)
                    rest &= rest - 1
                }
            }
        }

        func allSatisfy(_ predicate: (Int) -> Bool) -> Bool {
            var isHeld = true
            forEach { isHeld = isHeld && predicate($0) }
            return isHeld
        }

        var all: [Int] {
            var rules: [Int] = []
            forEach { rules.append($0) }
            return rules
        }
    }

    /// How many times a test may be tried on a cell while a table is compiled: about a second's work. It bounds the masks as well.
    static let mostTrials = 100_000_000

    /// All that a decision looks at lies in a few arrays for the whole table: nothing is counted or copied on the way.
    private struct Column: Sendable {
        let type: ValueType
        /// Where its cells begin among those of all columns.
        let firstCell: Int
        /// How many there are besides null's.
        let cellCount: Int
        /// Of its numbers or words among those of all columns.
        let range: Range<Int>
    }

    private let columns: [Column]
    private let numbers: [Double]
    private let words: WordTable
    /// By cell, of all columns: whether its values are among those the table allows.
    private let isAllowed: [Bool]
    /// `wordCount` words for each cell of all columns.
    private let masks: [UInt64]
    private let wordCount: Int
    private let lastWord: UInt64

    /// Nil when the table is too large.
    init?(inputs: [DecisionTable.InputColumn], rules: [DecisionTable.Rule]) {
        let wordCount = max(1, (rules.count + 63) / 64)
        var columns: [Column] = []
        var numbers: [Double] = []
        var words: [[String: Int]] = []
        var isAllowed: [Bool] = []
        var masks: [UInt64] = []
        var trials = 0
        for (index, input) in inputs.enumerated() {
            let conditions = rules.map { $0.conditions[index] }
            let tests = conditions.flatMap(\.tests) + (input.allowed?.tests ?? [])
            let cells = ColumnCells(input.type, separating: tests)
            trials += cells.count * max(tests.count, rules.count)
            guard trials <= Self.mostTrials else { return nil }
            let firstNumber = numbers.count
            if case .numbers(let known) = cells { numbers += known }
            if case .strings(let known) = cells { words.append(known) } else { words.append([:]) }
            columns.append(
                Column(type: input.type, firstCell: isAllowed.count, cellCount: cells.count, range: firstNumber..<numbers.count))
            for sample in cells.samples {
                isAllowed.append(sample == .null || input.allowed?.contains(sample) ?? true)
                var mask = [UInt64](repeating: 0, count: wordCount)
                for (rule, condition) in conditions.enumerated() where condition.contains(sample) {
                    mask[rule / 64] |= 1 << UInt64(rule % 64)
                }
                masks += mask
            }
        }
        self.columns = columns
        self.numbers = numbers
        self.words = WordTable(words)
        self.isAllowed = isAllowed
        self.masks = masks
        self.wordCount = wordCount
        let rest = rules.count % 64
        lastWord = rules.isEmpty ? 0 : rest == 0 ? .max : (1 << UInt64(rest)) - 1
    }

    /// Lends the rules that match, or tells the first column whose value is of another type or not allowed. Nothing is allocated for
    /// up to 8,000 rules.
    func withMatches<R>(_ values: [Value], _ body: (Matches) -> R, otherwise: (Int) -> R) -> R {
        if wordCount == 1 {
            var word = lastWord
            for index in columns.indices {
                guard let cell = cell(of: values[index], column: index) else { return otherwise(index) }
                word &= masks[cell]
            }
            return withUnsafeMutablePointer(to: &word) { body(Matches(words: UnsafeMutableBufferPointer(start: $0, count: 1))) }
        }
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: wordCount) { words in
            words.initialize(repeating: .max)
            words[wordCount - 1] = lastWord
            for index in columns.indices {
                guard let cell = cell(of: values[index], column: index) else { return otherwise(index) }
                for word in 0..<wordCount { words[word] &= masks[cell * wordCount + word] }
            }
            return body(Matches(words: words))
        }
    }

    /// The cell of all columns' that a value lies in; nil for one of another type or not allowed.
    private func cell(of value: Value, column index: Int) -> Int? {
        let column = columns[index]
        let offset: Int
        switch value {
        case .null: offset = column.cellCount
        case .string(let text) where column.type == .string: offset = words.place(of: text, column: index)
        case .number(let number) where column.type == .number && number.isFinite:
            var low = column.range.lowerBound
            var high = column.range.upperBound
            while low < high {
                let middle = (low + high) / 2
                if numbers[middle] < number { low = middle + 1 } else { high = middle }
            }
            let rank = low - column.range.lowerBound
            offset = low < column.range.upperBound && numbers[low] == number ? 2 * rank + 1 : 2 * rank
        case .boolean(let truth) where column.type == .boolean: offset = truth ? 1 : 0
        default: return nil
        }
        let cell = column.firstCell + offset
        return isAllowed[cell] ? cell : nil
    }
}
