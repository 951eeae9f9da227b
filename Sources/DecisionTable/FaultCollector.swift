/// Notes faults of one file, up to a number, with the table that is looked at.
struct FaultCollector {
    let file: String
    private(set) var faults: [DecisionTableFault] = []
    /// How many faults there are besides `faults`.
    private(set) var omitted = 0
    /// The name of the decision or function that is being read.
    var table: String?

    init(file: String) { self.file = file }

    var count: Int { faults.count + omitted }

    /// - Parameter column: its heading; empty for the only output, which needs none.
    mutating func add(_ line: Int, rule: Int? = nil, column: String? = nil, _ message: String) {
        guard faults.count < DecisionTableFaults.most else {
            omitted += 1
            return
        }
        faults.append(
            DecisionTableFault(
                file: file, line: line, table: table?.shortened, rule: rule, column: column == "" ? nil : column?.shortened,
                message: message))
    }

    /// In the order of the file; nil when there are none.
    var thrown: DecisionTableFaults? {
        faults.isEmpty ? nil : DecisionTableFaults(faults.sorted { $0.line < $1.line }, omitted: omitted)
    }
}

extension String {
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[first...last])
    }

    /// Short enough for a fault.
    var shortened: String {
        let longest = 80
        return index(startIndex, offsetBy: longest + 1, limitedBy: endIndex) == nil ? self : prefix(longest) + "…"
    }
}
