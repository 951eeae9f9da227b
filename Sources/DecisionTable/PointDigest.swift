/// Numbers by which sets of inputs are known. They depend on the names of columns and on values alone, not on the order of columns or points.
enum PointDigest {
    /// Of one point of a domain.
    static func point(_ values: [Value], _ columns: [String]) -> UInt64 {
        mixed(zip(columns, values).reduce(0) { $0 &+ mixed(text($1.0) ^ mixed(value($1.1))) })
    }

    /// Of inputs by what follows a point in the later domains, each with the sum of its points; zero stands for none.
    static func joined(_ heads: [UInt64: UInt64]) -> UInt64 {
        // What is the same for every point does not depend on it.
        if heads.count == 1 { return heads.keys.first ?? 0 }
        return heads.filter { $0.key != 0 }.sorted { $0.key < $1.key }.reduce(0) { mixed($0 ^ mixed($1.key) &+ $1.value) }
    }

    private static func value(_ value: Value) -> UInt64 {
        switch value {
        case .null: 1
        case .boolean(let truth): truth ? 3 : 2
        case .number(let number): number.bitPattern ^ 4
        case .string(let word): text(word) ^ 5
        }
    }

    /// FNV-1a.
    private static func text(_ text: String) -> UInt64 {
        text.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    }

    /// Every bit of the result depends on every bit: the last step of SplitMix64.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var number = number &+ 0x9E37_79B9_7F4A_7C15
        number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
        return number ^ number >> 31
    }
}
