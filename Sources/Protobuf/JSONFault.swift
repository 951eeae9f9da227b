/// A place in a JSON text, for people: lines and columns start at 1 and columns count Unicode scalars.
package struct JSONPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of a value that was not read from a text.
    package static let none = JSONPosition(line: 0, column: 0)

    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    package var description: String { "\(line):\(column)" }
}

/// One thing that is wrong with a JSON text. Names fields, never contains a value.
package struct JSONFault: Error, Sendable, Equatable, CustomStringConvertible {
    package var position: JSONPosition

    /// The field as the text spells it, for example `people[3].birthDate`; empty for the outermost value.
    package var path: String

    /// For people: the rule that was broken and, where there is one, what to write instead.
    package var rule: String

    package init(position: JSONPosition, path: String, rule: String) {
        self.position = position
        self.path = path
        self.rule = rule
    }

    package var description: String {
        let place = position == .none ? "" : "\(position) "
        return path.isEmpty ? place + rule : "\(place)\(path): \(rule)"
    }
}

/// Everything that was found wrong with a JSON text, in the order of the text. Never empty.
package struct JSONFaults: Error, Sendable, Equatable, CustomStringConvertible {
    /// At most `JSONLimits.faults` of them.
    package var faults: [JSONFault]

    package init(_ faults: [JSONFault]) {
        self.faults = faults.sorted { $0.position < $1.position }
    }

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// What reading one JSON text may cost. Past a limit reading throws `JSONFaults`.
package struct JSONLimits: Sendable {
    package static let `default` = JSONLimits()

    /// The length of the text in bytes.
    package var bytes: Int

    /// The number of values in the text: each takes some fifty bytes of memory.
    package var values: Int

    /// How many levels deep arrays and objects may be nested. The default holds messages nested as deep as decoding
    /// allows by default, each in an array, in an envelope.
    package var depth: Int

    /// How many faults are reported.
    package var faults: Int

    package init(bytes: Int = 16 << 20, values: Int = 1 << 20, depth: Int = 72, faults: Int = 64) {
        self.bytes = bytes
        self.values = values
        self.depth = depth
        self.faults = faults
    }
}

/// Collects faults up to a limit. Inner places are noted first and get the path of what is around them on the way out.
struct JSONFaultList {
    private(set) var faults: [JSONFault] = []
    private let limit: Int

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    var count: Int { faults.count }
    var isFull: Bool { faults.count >= limit }

    mutating func note(_ position: JSONPosition, _ rule: String, path: String = "") {
        if !isFull { faults.append(JSONFault(position: position, path: path, rule: rule)) }
    }

    /// Puts a path component in front of the faults from `start` on.
    mutating func prefix(from start: Int, _ component: @autoclosure () -> String) {
        guard start < faults.count else { return }
        let component = component()
        for index in start..<faults.count {
            let path = faults[index].path
            faults[index].path = path.isEmpty || path.hasPrefix("[") ? component + path : "\(component).\(path)"
        }
    }
}
