/// What is found in a table by looking at every value that its columns allow.
public struct DecisionTableAnalysis: Equatable, Sendable {
    /// Values of all columns at once: each combination of them.
    public struct Region: Equatable, Sendable, CustomStringConvertible {
        /// As a cell writes it, by column; `-` for every value that the column allows.
        public let cells: [String]
        /// Values in it, by column.
        public let example: [Value]

        public var description: String { cells.joined(separator: " | ") }
    }

    /// Values that two rules share. Rules are indices into the table's.
    public struct Overlap: Equatable, Sendable {
        public let first: Int
        public let second: Int
        public let region: Region
        /// Whether the hit policy forbids it: with UNIQUE always, with ANY when the outputs differ.
        public let isConflict: Bool
    }

    public struct UnnamedValue: Equatable, Sendable {
        /// An index into the table's input columns.
        public let column: Int
        public let value: Value
    }

    public enum Question: String, CaseIterable, Sendable {
        case gaps, overlaps, rules, columns
    }

    /// Values for which no rule matches, in regions that cannot be made larger; they may share values. Together they are all there are.
    public internal(set) var gaps: [Region] = []
    /// Pairs of rules, in the order of the rules.
    public internal(set) var overlaps: [Overlap] = []
    /// Rules that match nothing that the columns allow.
    public internal(set) var unmatchedRules: [Int] = []
    /// Rules that match something and never decide: others that come first by the hit policy cover them together; with UNIQUE there is
    /// another wherever they match; with ANY others cover them. None where all rules that match are collected.
    public internal(set) var undecidingRules: [Int] = []
    /// Input columns whose value never changes what the table says.
    public internal(set) var idleColumns: [Int] = []
    /// Values of the list of a column that no rule's cell names.
    public internal(set) var unnamedValues: [UnnamedValue] = []
    /// What could not be answered with the budget: what is said of it is true but not all.
    public internal(set) var undecided: Set<Question> = []
}

extension DecisionTable {
    /// Looks at all values that the columns allow. The result depends on nothing but the table and the parameters.
    ///
    /// Null belongs to a column when its list of values or one of its cells names it. Texts belong to a column without a list whatever
    /// they are.
    /// - Parameters:
    ///   - budget: how many steps each question may take; a step is about a microsecond and a few hundred bytes.
    ///   - wholeNumbers: input columns whose numbers are whole, so that nothing lies between 17 and 18.
    ///   - questions: the others are left out, as if nothing were found.
    public func analysed(
        budget: Int = 1_000_000, wholeNumbers: Set<Int> = [],
        questions: Set<DecisionTableAnalysis.Question> = Set(DecisionTableAnalysis.Question.allCases)
    ) -> DecisionTableAnalysis {
        DecisionTableAnalyser(table: self, wholeNumbers: wholeNumbers).analysis(budget: budget, questions: questions)
    }
}
