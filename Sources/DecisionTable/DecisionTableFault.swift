/// Something in a file that is not understood or does not fit, and where.
public struct DecisionTableFault: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// From 1; 0 when the fault is of the file as a whole.
    public let line: Int
    /// The decision's name, as its reader knows it.
    public let table: String?
    /// From 1, as a table editor counts.
    public let rule: Int?
    /// The column's heading.
    public let column: String?
    /// What is wrong, and what to write instead.
    public let message: String

    public init(file: String, line: Int, table: String? = nil, rule: Int? = nil, column: String? = nil, message: String) {
        self.file = file
        self.line = line
        self.table = table
        self.rule = rule
        self.column = column
        self.message = message
    }

    /// `support.dmn:41: table "Support", rule 3, column "age": …`
    public var description: String {
        let place = line > 0 ? "\(file):\(line)" : file
        let parts = [table.map { "table \"\($0)\"" }, rule.map { "rule \($0)" }, column.map { "column \"\($0)\"" }].compactMap(\.self)
        return parts.isEmpty ? "\(place): \(message)" : "\(place): \(parts.joined(separator: ", ")): \(message)"
    }
}

/// Everything that was found wrong, in the order of the file. Never empty; `most` at the most, the rest is counted.
public struct DecisionTableFaults: Error, Hashable, Sendable, CustomStringConvertible {
    public static let most = 100

    public let faults: [DecisionTableFault]
    /// How many more there are.
    public let omitted: Int

    public init(_ faults: [DecisionTableFault], omitted: Int = 0) {
        self.faults = Array(faults.prefix(Self.most))
        self.omitted = omitted + max(0, faults.count - Self.most)
    }

    /// A line for each.
    public var description: String {
        (faults.map(\.description) + (omitted > 0 ? ["and \(omitted) more"] : [])).joined(separator: "\n")
    }
}
