import Protobuf

/// Which live value stands for which recorded one, among the values that the exchange makes itself.
struct IdentityMap {
    struct Pair: Hashable {
        let name: String
        let recorded: String
        let live: String

        /// False when they share one side only.
        func agrees(with other: Pair) -> Bool {
            name != other.name || (recorded == other.recorded) == (live == other.live)
        }
    }

    /// How many values one replay may keep.
    static let limit = 1 << 20

    private struct Key: Hashable {
        let name: String
        let value: String
    }

    private var live: [Key: String] = [:]
    private var recorded: [Key: String] = [:]
    private var named: [String: String] = [:]

    var isFull: Bool { live.count + named.count >= Self.limit }

    /// False when one of the two is known to belong to another.
    func allows(_ pair: Pair) -> Bool {
        live[Key(name: pair.name, value: pair.recorded), default: pair.live] == pair.live
            && recorded[Key(name: pair.name, value: pair.live), default: pair.recorded] == pair.recorded
    }

    mutating func insert(_ pair: Pair) {
        live[Key(name: pair.name, value: pair.recorded)] = pair.live
        recorded[Key(name: pair.name, value: pair.live)] = pair.recorded
    }

    func live(name: String, recorded: String) -> String? {
        live[Key(name: name, value: recorded)]
    }

    // MARK: - Placeholders

    /// The live value that a placeholder stands for.
    subscript(placeholder: Placeholder) -> String? {
        get { named[placeholder.description] }
        set { named[placeholder.description] = newValue }
    }
}

/// Stands in a recording of requests only for a value that the exchange will make: `$12.3` is the third in the answers to call 12.
struct Placeholder: Hashable, CustomStringConvertible {
    let call: Int
    /// Counted from 1.
    let index: Int

    init(call: Int, index: Int) {
        self.call = call
        self.index = index
    }

    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /\$([1-9][0-9]{0,15})\.([1-9][0-9]{0,6})/), let call = Int(match.1),
            let index = Int(match.2)
        else { return nil }
        self.init(call: call, index: index)
    }

    var description: String { "$\(call).\(index)" }
}

extension JSONValue {
    /// Every text in a member of one of these names, from first to last, replaced by what `body` makes of it.
    mutating func replaceTexts(inMembers names: Set<String>, _ body: (_ name: String, _ text: String) -> String) {
        switch content {
        case .object(var members):
            for index in members.indices {
                if names.contains(members[index].name), let text = members[index].value.string {
                    members[index].value.content = .string(body(members[index].name, text))
                } else {
                    members[index].value.replaceTexts(inMembers: names, body)
                }
            }
            content = .object(members)
        case .array(var elements):
            for index in elements.indices { elements[index].replaceTexts(inMembers: names, body) }
            content = .array(elements)
        case .null, .bool, .number, .string: break
        }
    }

    /// Every text in a member of one of these names, from first to last.
    func texts(inMembers names: Set<String>) -> [(name: String, text: String)] {
        var found: [(name: String, text: String)] = []
        var copy = self
        copy.replaceTexts(inMembers: names) { name, text in
            found.append((name, text))
            return text
        }
        return found
    }
}
