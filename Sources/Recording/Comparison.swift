import Protobuf

/// One place where a live answer says something else than the recorded one.
package struct Difference: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    package let line: Int
    /// The place in the answer, for example `$.services[0].routing`.
    package let path: String
    /// For people: the rule that was broken.
    package let rule: String
    /// The two values as JSON. Nil unless the recording is marked as test data.
    package let values: Values?

    package struct Values: Hashable, Sendable {
        /// Nil: there is none.
        package let recorded: String?
        package let live: String?
    }

    package var description: String {
        let shown = values.map { " (recorded \($0.recorded ?? "nothing"), now \($0.live ?? "nothing"))" } ?? ""
        return "\(file):\(line): \(path): \(rule)\(shown)"
    }
}

/// Compares one recorded answer with a live one by the rules.
struct Comparison {
    struct Finding {
        let path: String
        let rule: String
        let recorded: JSONValue?
        let live: JSONValue?
    }

    private let rules: ComparisonRules
    private let setsClock: Bool
    private let identities: IdentityMap
    /// The pairs of values made by the exchange that this comparison has found.
    private(set) var pairs: [IdentityMap.Pair] = []
    private(set) var findings: [Finding] = []

    /// - Parameter setsClock: the exchange's clock follows the recording.
    init(rules: ComparisonRules, setsClock: Bool, identities: IdentityMap) {
        self.rules = rules
        self.setsClock = setsClock
        self.identities = identities
    }

    mutating func compare(_ recorded: JSONValue, _ live: JSONValue, path: String = "$", name: String = "") {
        switch (recorded.content, live.content) {
        case (.string(let one), .string(let other)) where rules.times.contains(name):
            if !Self.isTimestamp(one) || !Self.isTimestamp(other) { find(path, "must be a timestamp on both sides", recorded, live) }
        case (.string(let one), .string(let other)) where rules.days.contains(name) && !setsClock:
            if !Self.isDay(one) || !Self.isDay(other) { find(path, "must be a date on both sides", recorded, live) }
        case (.string(let one), .string(let other)) where rules.marks.contains(name):
            if one.isEmpty != other.isEmpty { find(path, "must be there on both sides", recorded, live) }
        case (.string(let one), .string(let other)) where rules.identities.contains(name):
            let pair = IdentityMap.Pair(name: name, recorded: one, live: other)
            if identities.allows(pair), pairs.allSatisfy({ $0.agrees(with: pair) }) {
                pairs.append(pair)
            } else {
                find(path, "stands for another value than before", recorded, live)
            }
        case (.object(let one), .object(let other)): compareMembers(one, other, path: path)
        case (.array(let one), .array(let other)):
            if rules.unorderedLists.contains(name) {
                let pairs = pair(one, other)
                for (index, position) in pairs.enumerated() {
                    guard let position else { continue }
                    compare(one[index], other[position], path: "\(path)[\(position)]")
                }
            } else {
                for (index, (one, other)) in zip(one, other).enumerated() { compare(one, other, path: "\(path)[\(index)]") }
            }
            if one.count != other.count { find(path, "has \(other.count) elements instead of \(one.count)") }
        default:
            if recorded != live { find(path, "must be equal", recorded, live) }
        }
    }

    private mutating func compareMembers(_ recorded: [JSONValue.Member], _ live: [JSONValue.Member], path: String) {
        let liveByName = Dictionary(live.map { ($0.name, $0.value) }) { first, _ in first }
        let recordedNames = Set(recorded.map(\.name))
        for member in recorded {
            let path = "\(path).\(member.name)"
            if let other = liveByName[member.name] {
                compare(member.value, other, path: path, name: member.name)
            } else {
                find(path, "is missing now", member.value, nil)
            }
        }
        for member in live where !recordedNames.contains(member.name) {
            find("\(path).\(member.name)", "was not there before", nil, member.value)
        }
    }

    /// For each recorded value the position of the live one that it belongs to: the one with the same key; one that is equal by the
    /// rules; else those left over, in order.
    func pair(_ recorded: [JSONValue], _ live: [JSONValue]) -> [Int?] {
        var free = Array(live.indices)
        var pairs = [Int?](repeating: nil, count: recorded.count)
        func take(_ index: Int, where belongs: (JSONValue) -> Bool) {
            guard pairs[index] == nil, let position = free.firstIndex(where: { belongs(live[$0]) }) else { return }
            pairs[index] = free.remove(at: position)
        }
        for (index, value) in recorded.enumerated() {
            if let key = value[rules.streamKey] { take(index) { $0[rules.streamKey] == key } }
        }
        for (index, value) in recorded.enumerated() {
            take(index) { candidate in
                var trial = Comparison(rules: rules, setsClock: setsClock, identities: identities)
                trial.compare(value, candidate)
                return trial.findings.isEmpty
            }
        }
        for index in recorded.indices { take(index) { _ in true } }
        return pairs
    }

    private mutating func find(_ path: String, _ rule: String, _ recorded: JSONValue? = nil, _ live: JSONValue? = nil) {
        findings.append(Finding(path: path, rule: rule, recorded: recorded, live: live))
    }

    /// RFC 3339 in UTC, as proto3 JSON writes a timestamp.
    private static func isTimestamp(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z/) != nil
    }

    private static func isDay(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil
    }
}
