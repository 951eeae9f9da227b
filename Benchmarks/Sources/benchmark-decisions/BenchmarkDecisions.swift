import ArgumentParser
import CAllocationCount
import DecisionTable
import Foundation

/// Measures decision tables. `scripts/bench-decision-table` runs it, beside a peer.
@main
struct BenchmarkDecisions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark-decisions", abstract: "Measures decision tables.", subcommands: [Files.self, Growth.self, Comparison.self])
}

/// The tables of DMN files.
struct Files: ParsableCommand {
    @Argument(help: "DMN files.") var files: [String]

    func run() throws {
        for file in files {
            for table in try DecisionModel(xml: Array(Data(contentsOf: URL(filePath: file))), file: file).tables {
                var generator = SplitMix64(state: 2004)
                let inputs = (0..<4096).map { _ in table.randomValues(&generator) }
                print("\(file), \(table.rules.count) rules, \(table.inputs.count) columns: \(Measurement(table, inputs))")
            }
        }
    }
}

/// The same kind of table with more and more rules.
struct Growth: ParsableCommand {
    func run() throws {
        for count in [60, 125, 250, 500, 1000, 2000] {
            let table = try GeneratedTable(rules: count, seed: 1).table()
            var generator = SplitMix64(state: 2)
            let inputs = (0..<4096).map { _ in table.randomValues(&generator) }
            print("\(count) rules: \(Measurement(table, inputs))")
        }
    }
}

/// Writes a table and inputs for a peer, and measures them.
struct Comparison: ParsableCommand {
    @Option(help: "Rules of the table.") var rules = 60
    @Option(help: "Inputs to agree on.") var inputs = 100_000
    @Option(help: "The folder to write table.json, inputs.jsonl and answers.txt to.") var folder: String

    func run() throws {
        let generated = GeneratedTable(rules: rules, seed: 3)
        let table = try generated.table()
        var generator = SplitMix64(state: 4)
        let inputs = (0..<inputs).map { _ in table.randomValues(&generator) }
        var lines = ""
        var answers = ""
        for values in inputs {
            let outcome = table.evaluate(values)
            guard outcome == table.naive(values) else { throw ValidationError("the table and its cells one by one disagree") }
            if case .matched(let rule) = outcome { answers += table.rules[rule].id + "\n" } else { answers += "-\n" }
            lines += "{" + zip(table.inputs, values).map { "\"\($0.name)\": \($1)" }.joined(separator: ", ") + "}\n"
        }
        let folder = URL(filePath: folder)
        try Data(generated.zen.utf8).write(to: folder.appending(path: "table.json"))
        try Data(lines.utf8).write(to: folder.appending(path: "inputs.jsonl"))
        try Data(answers.utf8).write(to: folder.appending(path: "answers.txt"))
        print("lots: \(table.rules.count) rules; \(inputs.count) inputs agree with the cells read one by one")
        print("lots: \(Measurement(table, Array(inputs.prefix(4096))))")
    }
}

/// The processor time and the allocations of one decision, on one thread.
struct Measurement: CustomStringConvertible {
    private let median: Double
    private let best: Double
    private let allocations: Double
    private let matched: Double

    init(_ table: DecisionTable, _ inputs: [[Value]]) {
        let rounds = 50
        var times: [Double] = []
        var matches = 0
        let before = c_allocation_count()
        for _ in 0..<20 {
            matches = 0
            let start = Self.processorTime()
            for _ in 0..<rounds {
                for values in inputs { if case .matched = table.evaluate(values) { matches += 1 } }
            }
            times.append(Double(Self.processorTime() - start) / Double(rounds * inputs.count))
        }
        // Of all rounds; the measurement itself asks for a few.
        allocations = Double(c_allocation_count() - before) / Double(20 * rounds * inputs.count)
        times.sort()
        median = times[times.count / 2]
        best = times[0]
        matched = Double(matches) / Double(rounds * inputs.count)
    }

    /// Nanoseconds that this thread has had a core, so that what else runs on the machine does not count.
    private static func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// Whether an allocation is seen at all.
    private static func countsAllocations() -> Bool {
        let before = c_allocation_count()
        for size in 1...1000 { UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8).deallocate() }
        return c_allocation_count() - before >= 1000
    }

    var description: String {
        String(
            format: "%.0f ns a decision (best of 20 rounds %.0f), %@, %.0f %% of the inputs match one rule", median, best,
            Self.countsAllocations() ? String(format: "%.4f allocations", allocations) : "allocations not counted", matched * 100)
    }
}

extension DecisionTable {
    /// A value of each column, mostly from its cells.
    func randomValues(_ generator: inout SplitMix64) -> [Value] {
        inputs.enumerated().map { index, input in
            switch input.type {
            case .boolean: return .boolean(.random(using: &generator))
            case .number: return .number(Double(Int.random(in: 0...100, using: &generator)))
            case .string:
                let words =
                    rules.flatMap { $0.conditions[index].text.split(separator: "\"") } + (input.allowed?.text.split(separator: "\"") ?? [])
                let found = words.filter { $0.contains { $0.isLetter } && !$0.contains("(") && !$0.contains("null") }
                return .string(found.randomElement(using: &generator).map(String.init) ?? "")
            }
        }
    }

    /// Rule by rule, cell by cell; of tables with FIRST.
    func naive(_ values: [Value]) -> Outcome {
        for rule in rules.indices where zip(rules[rule].conditions, values).allSatisfy({ $0.contains($1) }) { return .matched(rule) }
        return .noMatch
    }
}

/// A table of random rules over a person's role, age, district, answer and a flag.
struct GeneratedTable {
    static let columns = [("role", "string"), ("age", "number"), ("district", "string"), ("reported", "string"), ("flag", "boolean")]
    private static let roles = ["victim", "witness", "relative of victim", "relative of offender", "professional"]
    private static let districts = (1...20).map { "district \($0)" }

    /// By rule and column; empty for any value.
    let cells: [[String]]

    init(rules: Int, seed: UInt64) {
        var generator = SplitMix64(state: seed)
        func word(_ words: [String], any: Int) -> String {
            Int.random(in: 0..<100, using: &generator) < any ? "" : "\"\(words.randomElement(using: &generator) ?? "")\""
        }
        cells = (0..<rules).map { _ in
            let lower = Int.random(in: 0...80, using: &generator)
            return [
                word(Self.roles, any: 20), "[\(lower)..\(lower + Int.random(in: 1...20, using: &generator))]",
                word(Self.districts, any: 20), word(["yes", "no", "unknown"], any: 50),
                ["", "true", "false"].randomElement(using: &generator) ?? "",
            ]
        }
    }

    func table() throws -> DecisionTable {
        let inputs = Self.columns.map { "<input><inputExpression typeRef='\($1)'><text>\($0)</text></inputExpression></input>" }
        let rules = cells.enumerated().map { index, row in
            let entries = row.map { "<inputEntry><text>\($0)</text></inputEntry>" }.joined()
            return "<rule id='r\(index + 1)'>\(entries)<outputEntry><text>\"r\(index + 1)\"</text></outputEntry></rule>"
        }
        let xml = """
            <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision name="generated"><decisionTable hitPolicy="FIRST">
            \(inputs.joined())<output name="rule" typeRef="string"/>\(rules.joined(separator: "\n"))
            </decisionTable></decision></definitions>
            """
        return try DecisionModel(xml: Array(xml.utf8), file: "generated.dmn").tables[0]
    }

    /// The same in the format of GoRules ZEN.
    var zen: String {
        let inputs = Self.columns.enumerated().map { "{\"id\": \"c\($0)\", \"name\": \"\($1.0)\", \"field\": \"\($1.0)\"}" }
        let rules = cells.enumerated().map { index, row in
            let entries = row.enumerated().map { "\"c\($0)\": \"\($1.replacing("\"", with: "\\\""))\"" }.joined(separator: ", ")
            return "{\"_id\": \"r\(index + 1)\", \(entries), \"o\": \"\\\"r\(index + 1)\\\"\"}"
        }
        return """
            {"contentType": "application/vnd.gorules.decision", "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
            {"id": "table", "name": "table", "type": "decisionTableNode", "position": {"x": 1, "y": 0}, "content": {"hitPolicy": "first",
            "inputs": [\(inputs.joined(separator: ", "))], "outputs": [{"id": "o", "name": "rule", "field": "rule"}],
            "rules": [\(rules.joined(separator: ",\n"))]}},
            {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 2, "y": 0}}],
            "edges": [{"id": "e1", "type": "edge", "sourceId": "in", "targetId": "table"},
            {"id": "e2", "type": "edge", "sourceId": "table", "targetId": "out"}]}
            """
    }
}

/// A small generator with a seed, so that every run measures the same.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
