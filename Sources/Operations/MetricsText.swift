/// The Prometheus text form: a help and a type line for each name, then a line for each series.
struct MetricsText {
    private(set) var content = ""

    mutating func begin(_ name: String, _ kind: MetricKind, help: String?) {
        if let help { content += "# HELP \(name) \(Self.escaped(help, quotes: false))\n" }
        content += "# TYPE \(name) \(kind.rawValue)\n"
    }

    /// - Parameter bound: of a histogram's bucket.
    mutating func sample(_ name: String, _ labels: Labels, _ value: String, bound: String? = nil) {
        var pairs = labels.pairs.map { "\($0[0])=\"\(Self.escaped($0[1], quotes: true))\"" }
        if let bound { pairs.append("le=\"\(bound)\"") }
        content += pairs.isEmpty ? "\(name) \(value)\n" : "\(name){\(pairs.joined(separator: ","))} \(value)\n"
    }

    /// A whole number without a fraction, others as Swift writes them.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    /// Letters, digits and underscores only, not beginning with a digit.
    static func name(_ text: String) -> String {
        let name = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        return name.first?.isNumber == false ? name : "_" + name
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.contains(where: { $0 == "\\" || $0 == "\n" || $0 == "\r\n" || $0 == "\"" }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
