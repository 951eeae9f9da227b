import Foundation
import Referral

/// How the text of one setting becomes its value. The same for a file and for an environment variable.
struct Scalar<Value>: Sendable {
    /// Refuses quoted text: `"8080"` is not a number.
    let mustBePlain: Bool
    /// The value, or the rule that the text breaks.
    let parse: @Sendable (String) -> Result<Value, Rule>

    struct Rule: Error, Sendable {
        let text: String
    }

    fileprivate init(mustBePlain: Bool, _ parse: @escaping @Sendable (String) -> Result<Value, Rule>) {
        self.mustBePlain = mustBePlain
        self.parse = parse
    }

    /// Another value from the same text.
    func map<Other>(_ transform: @escaping @Sendable (Value) -> Result<Other, Scalar<Other>.Rule>) -> Scalar<Other> {
        Scalar<Other>(mustBePlain: mustBePlain) { text in
            switch parse(text) {
            case .success(let value): transform(value)
            case .failure(let rule): .failure(.init(text: rule.text))
            }
        }
    }
}

extension Scalar where Value == String {
    /// Any text that is not empty.
    static var text: Scalar {
        Scalar(mustBePlain: false) { text in
            text.isEmpty ? .failure(.init(text: "is empty")) : .success(text)
        }
    }
}

extension Scalar where Value == Int {
    /// A whole number in decimal digits within `range`.
    static func number(_ range: ClosedRange<Int>) -> Scalar {
        Scalar(mustBePlain: true) { text in
            guard let number = Int(text), text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
                return .failure(.init(text: "not a whole number from \(range.lowerBound) to \(range.upperBound)"))
            }
            guard range.contains(number) else {
                return .failure(.init(text: "\(number) is out of range: \(range.lowerBound) to \(range.upperBound)"))
            }
            return .success(number)
        }
    }
}

extension Scalar where Value == Bool {
    static var truth: Scalar {
        Scalar(mustBePlain: true) { text in
            switch text {
            case "true": .success(true)
            case "false": .success(false)
            default: .failure(.init(text: "neither true nor false"))
            }
        }
    }
}

extension Scalar where Value == Duration {
    /// A whole number with its unit (`ms`, `s`, `m`, `h` or `d`, `30s`) within `range`.
    static func duration(_ range: ClosedRange<Duration>) -> Scalar {
        Scalar(mustBePlain: false) { text in
            let units: [(String, Int64)] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
            let digits = text.prefix { $0.isASCII && $0.isNumber }
            guard let count = Int64(digits), let unit = units.first(where: { $0.0 == text.dropFirst(digits.count) }) else {
                return .failure(.init(text: "not a duration: a whole number with its unit ms, s, m, h or d, like 30s"))
            }
            let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.1)
            let duration = Duration.milliseconds(milliseconds)
            guard !overflow, range.contains(duration) else {
                return .failure(.init(text: "\(text) is out of range: \(written(range.lowerBound)) to \(written(range.upperBound))"))
            }
            return .success(duration)
        }
    }

    /// In the largest unit that divides it.
    fileprivate static func written(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        if attoseconds != 0 { return "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)ms" }
        for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] as [(String, Int64)] where seconds != 0 && seconds % size == 0 {
            return "\(seconds / size)\(unit)"
        }
        return "\(seconds)s"
    }
}

extension Scalar where Value == CivilDate {
    static var date: Scalar {
        Scalar(mustBePlain: false) { text in
            CivilDate(text).map(Result.success) ?? .failure(.init(text: "not a date: YYYY-MM-DD, a day that exists"))
        }
    }
}

extension Scalar where Value == Instant {
    /// A moment in UTC, `2016-01-04T08:00:00Z`.
    static var instant: Scalar {
        Scalar(mustBePlain: false) { text in
            guard text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z/) != nil,
                CivilDate(text.prefix(10)) != nil, let date = try? Date(text, strategy: .iso8601)
            else {
                return .failure(.init(text: "not a moment in UTC like 2016-01-04T08:00:00Z"))
            }
            return .success(Instant(milliseconds: Int64(date.timeIntervalSince1970) * 1_000))
        }
    }
}

extension Scalar where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One word of a closed list.
    static var word: Scalar {
        let words = Value.allCases.map(\.rawValue)
        return Scalar(mustBePlain: false) { text in
            if let value = Value(rawValue: text) { return .success(value) }
            return .failure(
                .init(text: "none of \(words.joined(separator: ", "))" + Spelling.suggestion(for: text, among: words)))
        }
    }
}

extension Scalar where Value == Area {
    /// SCB's four digits and, in a municipality that is divided, a district: `0191`, `0180/farsta`.
    static var area: Scalar {
        Scalar(mustBePlain: false) { text in
            guard let match = text.wholeMatch(of: /([0-9]{4})(?:\/([a-z](?:[a-z-]*[a-z])?))?/) else {
                return .failure(.init(text: "not an area: four digits, or four digits, a slash and a district in a-z, like 0180/farsta"))
            }
            return .success(Area(municipality: String(match.1), district: match.2.map(String.init)))
        }
    }
}

extension Scalar where Value == TimeSpan {
    /// Whole hours or days, `72h` or `3d`, within `range`. Three days end at the same time of day in Sweden, 72 hours after 72 hours.
    static func timeSpan(_ range: ClosedRange<Duration>) -> Scalar {
        Scalar(mustBePlain: false) { text in
            guard let count = Int(text.dropLast()), let unit = text.last, unit == "h" || unit == "d",
                text.utf8.dropLast().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else { return .failure(.init(text: "not a time: whole hours or days, like 72h or 3d")) }
            // More than ten thousand is out of any range.
            let span: TimeSpan = unit == "h" ? .hours(count) : .days(min(count, 10_000))
            guard range.contains(span.nominal) else {
                let (first, last) = (Scalar<Duration>.written(range.lowerBound), Scalar<Duration>.written(range.upperBound))
                return .failure(.init(text: "\(text) is out of range: \(first) to \(last)"))
            }
            return .success(span)
        }
    }
}
