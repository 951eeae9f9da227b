import CProtobufC

/// The names of fields in JSON and in faults.
enum FieldName {
    /// The name in the `.proto`.
    static func original(_ field: ProtobufCFieldDescriptor) -> String {
        String(cString: field.name)
    }

    /// The lowerCamelCase name that canonical proto3 JSON gives a field: underscores go, the letter after one is upper case.
    static func json(_ field: ProtobufCFieldDescriptor) -> String {
        var name = ""
        var isUpper = false
        for scalar in original(field).unicodeScalars {
            if scalar == "_" {
                isUpper = true
            } else {
                let isLetter = ("a"..."z").contains(scalar)
                name.unicodeScalars.append(isUpper && isLetter ? Unicode.Scalar(UInt8(scalar.value) - 0x20) : scalar)
                isUpper = false
            }
        }
        return name
    }

    /// A name from a text as it may be shown to people: cut to 64 characters, what cannot be seen replaced.
    static func shown(_ name: String) -> String {
        let scalars = name.unicodeScalars.prefix(64).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: Unicode.Scalar("\u{fffd}")
            default: scalar
            }
        }
        var shown = String.UnicodeScalarView(scalars)
        if name.unicodeScalars.count > 64 { shown.append("…") }
        return String(shown)
    }

    /// The candidate that `name` was probably meant to be: at most a third of its letters differ.
    static func nearest(to name: String, among candidates: [String]) -> String? {
        let name = Array(name.lowercased().utf8.prefix(64))
        let distances = candidates.map { ($0, editDistance(name, Array($0.lowercased().utf8.prefix(64)))) }
        guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= max(1, name.count / 3) else { return nil }
        return best.0
    }

    /// The number of bytes to insert, remove, replace or swap with their neighbour to get from one name to the other.
    private static func editDistance(_ from: [UInt8], _ to: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...to.count)
        for (row, byte) in from.enumerated() {
            var current = [row + 1]
            for (column, other) in to.enumerated() {
                var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == to[column - 1], from[row - 1] == other {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[to.count]
    }
}
