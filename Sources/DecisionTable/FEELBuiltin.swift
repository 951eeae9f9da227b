/// The functions of FEEL that are known here. What depends on the present moment is left out: time is an input.
enum FEELBuiltin: String, CaseIterable, Sendable {
    case not
    case string, number, date, time
    case dateAndTime = "date and time"
    case duration
    case monthsDuration = "years and months duration"
    case substring, contains
    case stringLength = "string length"
    case upperCase = "upper case"
    case lowerCase = "lower case"
    case substringBefore = "substring before"
    case substringAfter = "substring after"
    case startsWith = "starts with"
    case endsWith = "ends with"
    case stringJoin = "string join"
    case listContains = "list contains"
    case count, min, max, sum, mean, product, median, all, any, sublist, append, concatenate, remove, reverse, union, flatten, sort
    case insertBefore = "insert before"
    case indexOf = "index of"
    case distinctValues = "distinct values"
    case decimal, floor, ceiling, modulo, sqrt, log, exp, odd, even
    case absolute = "abs"
    case roundUp = "round up"
    case roundDown = "round down"
    case roundHalfUp = "round half up"
    case roundHalfDown = "round half down"
    case getValue = "get value"
    case getEntries = "get entries"
    case context
    case contextPut = "context put"
    case contextMerge = "context merge"
    case same = "is"
    case dayOfYear = "day of year"
    case dayOfWeek = "day of week"
    case monthOfYear = "month of year"

    /// What `@"…"` means; null when it means nothing.
    static func temporal(_ text: String) -> FEELValue {
        if let date = FEELDate(text) { return .date(date) }
        if let instant = FEELDateTime(text) { return .dateTime(instant) }
        if let time = FEELTime(text) { return .time(time) }
        return FEELDuration(text).map { .duration($0) } ?? .null
    }

    /// The ways to name the arguments.
    var parameters: [[String]] {
        switch self {
        case .not: [["negand"]]
        case .string, .duration: [["from"]]
        case .number: [["from", "grouping separator", "decimal separator"]]
        case .date: [["from"], ["year", "month", "day"]]
        case .time: [["from"], ["hour", "minute", "second", "offset"]]
        case .dateAndTime: [["from"], ["date", "time"]]
        case .monthsDuration: [["from", "to"]]
        case .substring: [["string", "start position", "length"]]
        case .stringLength, .upperCase, .lowerCase: [["string"]]
        case .contains, .substringBefore, .substringAfter, .startsWith, .endsWith: [["string", "match"]]
        case .stringJoin: [["list", "delimiter"]]
        case .listContains: [["list", "element"]]
        case .count, .min, .max, .sum, .mean, .product, .median, .all, .any, .reverse, .distinctValues, .flatten, .concatenate, .union:
            [["list"]]
        case .sublist: [["list", "start position", "length"]]
        case .append: [["list", "item"]]
        case .insertBefore: [["list", "position", "newItem"]]
        case .remove: [["list", "position"]]
        case .indexOf: [["list", "match"]]
        case .sort: [["list", "precedes"]]
        case .decimal, .floor, .ceiling, .roundUp, .roundDown, .roundHalfUp, .roundHalfDown: [["n", "scale"]]
        case .absolute: [["n"]]
        case .modulo: [["dividend", "divisor"]]
        case .sqrt, .log, .exp, .odd, .even: [["number"]]
        case .getValue: [["m", "key"]]
        case .getEntries: [["m"]]
        case .context: [["entries"]]
        case .contextPut: [["context", "key", "value"]]
        case .contextMerge: [["contexts"]]
        case .same: [["value1", "value2"]]
        case .dayOfYear, .dayOfWeek, .monthOfYear: [["date"]]
        }
    }

    /// Nil when the arguments do not fit. `sort` is not here, as it calls another function.
    func apply(_ arguments: [FEELValue]) -> FEELValue? {
        switch self {
        case .not: return arguments.count == 1 ? arguments[0].boolean.map { .boolean(!$0) } : nil
        case .string, .number, .date, .time, .dateAndTime, .duration, .monthsDuration: return converted(arguments)
        case .substring, .stringLength, .upperCase, .lowerCase, .substringBefore, .substringAfter, .contains, .startsWith, .endsWith,
            .stringJoin:
            return ofStrings(arguments)
        case .min, .max, .sum, .mean, .product, .median, .all, .any: return aggregated(arguments)
        case .count, .listContains, .sublist, .append, .concatenate, .remove, .reverse, .union, .flatten, .insertBefore, .indexOf,
            .distinctValues:
            return ofLists(arguments)
        case .decimal, .floor, .ceiling, .roundUp, .roundDown, .roundHalfUp, .roundHalfDown, .absolute, .modulo, .sqrt, .log, .exp, .odd,
            .even:
            return ofNumbers(arguments)
        case .getValue, .getEntries, .context, .contextPut, .contextMerge: return ofContexts(arguments)
        case .same:
            guard arguments.count == 2 else { return nil }
            return .boolean(arguments[0].kind == arguments[1].kind && arguments[0] == arguments[1])
        case .dayOfYear, .dayOfWeek, .monthOfYear: return ofDates(arguments)
        case .sort: return nil
        }
    }

    private func converted(_ arguments: [FEELValue]) -> FEELValue? {
        switch (self, arguments.count) {
        case (.string, 1): return arguments[0] == .null ? .null : .string(arguments[0].text)
        case (.number, 1...3): return number(arguments)
        case (.date, 1):
            switch arguments[0] {
            case .string(let text): return FEELDate(text).map { .date($0) }
            case .date: return arguments[0]
            case .dateTime(let instant): return .date(instant.date)
            default: return nil
            }
        case (.date, 3):
            guard let year = arguments[0].int, let month = arguments[1].int, let day = arguments[2].int else { return nil }
            return FEELDate(year: year, month: month, day: day).map { .date($0) }
        case (.time, 1):
            switch arguments[0] {
            case .string(let text): return FEELTime(text).map { .time($0) }
            case .time: return arguments[0]
            case .dateTime(let instant): return .time(instant.time)
            case .date: return FEELTime(hour: 0, minute: 0, second: 0, zone: .offset(0)).map { .time($0) }
            default: return nil
            }
        case (.time, 3...4): return time(arguments)
        case (.dateAndTime, 1):
            switch arguments[0] {
            case .string(let text):
                return FEELDateTime(text).map { .dateTime($0) } ?? FEELDate(text).flatMap { Self.midnight($0) }
            case .date(let date): return Self.midnight(date)
            case .dateTime: return arguments[0]
            default: return nil
            }
        case (.dateAndTime, 2):
            guard case .time(let time) = arguments[1], let date = arguments[0].day else { return nil }
            return .dateTime(FEELDateTime(date: date, time: time))
        case (.duration, 1):
            switch arguments[0] {
            case .string(let text): return FEELDuration(text).map { .duration($0) }
            case .duration: return arguments[0]
            default: return nil
            }
        case (.monthsDuration, 2):
            guard let from = arguments[0].day, let to = arguments[1].day else { return nil }
            var months = (to.year - from.year) * 12 + to.month - from.month
            if months > 0, to.day < from.day { months -= 1 } else if months < 0, to.day > from.day { months += 1 }
            return .duration(.months(months))
        default: return nil
        }
    }

    private static func midnight(_ date: FEELDate) -> FEELValue? {
        FEELTime(hour: 0, minute: 0, second: 0).map { .dateTime(FEELDateTime(date: date, time: $0)) }
    }

    private func number(_ arguments: [FEELValue]) -> FEELValue? {
        if arguments.count == 1, case .number = arguments[0] { return arguments[0] }
        guard var text = arguments[0].string else { return nil }
        if arguments.count > 1, arguments[1] != .null {
            guard let grouping = arguments[1].string, [" ", ",", "."].contains(grouping) else { return nil }
            text = text.replacing(grouping, with: "")
        }
        if arguments.count > 2, arguments[2] != .null {
            guard let point = arguments[2].string, [",", "."].contains(point), arguments[1].string != point else { return nil }
            text = text.replacing(point, with: ".")
        }
        return FEELNumber(text).map { .number($0) }
    }

    private func time(_ arguments: [FEELValue]) -> FEELValue? {
        guard let hour = arguments[0].int, let minute = arguments[1].int, let second = arguments[2].number, !second.isNegative,
            let whole = second.rounded(toScale: 0, .down), let wholeSecond = whole.int,
            let fraction = second.subtracting(whole)?.multiplied(by: FEELNumber(1_000_000_000))?.rounded(toScale: 0, .down)?.int
        else { return nil }
        var zone: FEELZone?
        if arguments.count == 4, arguments[3] != .null {
            guard case .duration(.nanoseconds(let offset)) = arguments[3], let seconds = Int(exactly: offset / 1_000_000_000),
                abs(seconds) <= 18 * 3600
            else { return nil }
            zone = .offset(seconds)
        }
        return FEELTime(hour: hour, minute: minute, second: wholeSecond, nanosecond: fraction, zone: zone).map { .time($0) }
    }

    private func ofStrings(_ arguments: [FEELValue]) -> FEELValue? {
        if self == .stringJoin { return joined(arguments) }
        guard let text = arguments.first?.string else { return nil }
        if self == .substring {
            let scalars = Array(text.unicodeScalars)
            guard (2...3).contains(arguments.count), let position = arguments[1].int, position != 0 else { return nil }
            let start = position > 0 ? position - 1 : scalars.count + position
            guard (0...scalars.count).contains(start) else { return .string("") }
            var end = scalars.count
            if arguments.count == 3 {
                guard let length = arguments[2].int, length >= 0 else { return nil }
                end = Swift.min(end, start + Swift.min(length, scalars.count))
            }
            return .string(String(String.UnicodeScalarView(scalars[start..<end])))
        }
        if arguments.count == 1 {
            switch self {
            case .stringLength: return .number(FEELNumber(text.unicodeScalars.count))
            case .upperCase: return .string(text.uppercased())
            case .lowerCase: return .string(text.lowercased())
            default: return nil
            }
        }
        guard arguments.count == 2, let match = arguments[1].string else { return nil }
        switch self {
        case .contains: return .boolean(match.isEmpty || text.contains(match))
        case .startsWith: return .boolean(text.hasPrefix(match))
        case .endsWith: return .boolean(text.hasSuffix(match))
        case .substringBefore: return .string(match.isEmpty ? "" : text.firstRange(of: match).map { String(text[..<$0.lowerBound]) } ?? "")
        case .substringAfter:
            return .string(match.isEmpty ? text : text.firstRange(of: match).map { String(text[$0.upperBound...]) } ?? "")
        default: return nil
        }
    }

    private func joined(_ arguments: [FEELValue]) -> FEELValue? {
        guard (1...2).contains(arguments.count), let items = arguments[0].items else { return nil }
        let delimiter = arguments.count == 1 || arguments[1] == .null ? "" : arguments[1].string
        let texts = items.filter { $0 != .null }.map(\.string)
        guard let delimiter, !texts.contains(nil) else { return nil }
        return .string(texts.compactMap(\.self).joined(separator: delimiter))
    }

    /// Of one list, or of the arguments themselves.
    private func aggregated(_ arguments: [FEELValue]) -> FEELValue? {
        guard !arguments.isEmpty else { return nil }
        let items: [FEELValue] = if arguments.count == 1, case .list(let items) = arguments[0] { items } else { arguments }
        switch self {
        case .min, .max:
            guard var best = items.first else { return .null }
            for item in items.dropFirst() {
                guard let order = item.order(to: best) else { return nil }
                if self == .min ? order < 0 : order > 0 { best = item }
            }
            return best.order(to: best) == nil ? nil : best
        case .all:
            if items.contains(.boolean(false)) { return .boolean(false) }
            return items.allSatisfy { $0 == .boolean(true) } ? .boolean(true) : .null
        case .any:
            if items.contains(.boolean(true)) { return .boolean(true) }
            return items.allSatisfy { $0 == .boolean(false) } ? .boolean(false) : .null
        default: break
        }
        let numbers = items.compactMap(\.number)
        guard numbers.count == items.count, let first = numbers.first else { return items.isEmpty ? .null : nil }
        switch self {
        case .product: return numbers.dropFirst().reduce(first) { $0?.multiplied(by: $1) }.map { .number($0) }
        case .median:
            let sorted = numbers.sorted()
            let middle = sorted[sorted.count / 2]
            if sorted.count % 2 == 1 { return .number(middle) }
            return sorted[sorted.count / 2 - 1].adding(middle)?.divided(by: FEELNumber(2)).map { .number($0) }
        default:
            let sum = numbers.dropFirst().reduce(first) { $0?.adding($1) }
            return (self == .sum ? sum : sum?.divided(by: FEELNumber(numbers.count))).map { .number($0) }
        }
    }

    private func ofLists(_ arguments: [FEELValue]) -> FEELValue? {
        if self == .concatenate || self == .union {
            let lists = arguments.compactMap(\.items)
            guard !lists.isEmpty, lists.count == arguments.count else { return nil }
            let items = lists.flatMap(\.self)
            return .list(self == .union ? Self.distinct(items) : items)
        }
        guard let items = arguments.first?.items else { return nil }
        switch (self, arguments.count) {
        case (.count, 1): return .number(FEELNumber(items.count))
        case (.reverse, 1): return .list(items.reversed())
        case (.flatten, 1): return .list(Self.flattened(items))
        case (.distinctValues, 1): return .list(Self.distinct(items))
        case (.listContains, 2): return .boolean(items.contains { $0.isEqual(to: arguments[1]) == true })
        case (.append, 2...): return .list(items + arguments.dropFirst())
        case (.indexOf, 2):
            return .list(items.indices.filter { items[$0].isEqual(to: arguments[1]) == true }.map { .number(FEELNumber($0 + 1)) })
        case (.insertBefore, 3), (.remove, 2):
            guard let position = arguments[1].int, position != 0, abs(position) <= items.count else { return nil }
            let index = position > 0 ? position - 1 : items.count + position
            var copy = items
            if self == .remove { copy.remove(at: index) } else { copy.insert(arguments[2], at: index) }
            return .list(copy)
        case (.sublist, 2...3):
            guard let position = arguments[1].int, position != 0, abs(position) <= items.count else { return nil }
            let start = position > 0 ? position - 1 : items.count + position
            guard arguments.count == 3 else { return .list(Array(items[start...])) }
            guard let length = arguments[2].int, length >= 0, length <= items.count - start else { return nil }
            return .list(Array(items[start..<start + length]))
        default: return nil
        }
    }

    private static func flattened(_ items: [FEELValue]) -> [FEELValue] {
        items.flatMap { if case .list(let inner) = $0 { flattened(inner) } else { [$0] } }
    }

    private static func distinct(_ items: [FEELValue]) -> [FEELValue] {
        var found: [FEELValue] = []
        for item in items where !found.contains(where: { $0.isEqual(to: item) == true }) { found.append(item) }
        return found
    }

    private func ofNumbers(_ arguments: [FEELValue]) -> FEELValue? {
        guard let number = arguments.first?.number else {
            if self == .absolute, arguments.count == 1, case .duration(let duration) = arguments[0] {
                return .duration(duration.isNegative ? -duration : duration)
            }
            return nil
        }
        if arguments.count == 1 {
            switch self {
            case .absolute: return .number(number.magnitude)
            case .floor: return number.rounded(toScale: 0, .floor).map { .number($0) }
            case .ceiling: return number.rounded(toScale: 0, .ceiling).map { .number($0) }
            case .sqrt: return number.squareRoot.map { .number($0) }
            case .log: return number > .zero ? number.logarithm.map { .number($0) } : nil
            case .exp: return number.exponential.map { .number($0) }
            case .odd, .even:
                guard let rest = Self.remainder(number, FEELNumber(2)), number.rounded(toScale: 0, .down) == number else { return nil }
                return .boolean((rest == .zero) == (self == .even))
            default: return nil
            }
        }
        guard arguments.count == 2, let second = arguments[1].number else { return nil }
        if self == .modulo { return Self.remainder(number, second).map { .number($0) } }
        let mode: FEELNumber.Rounding
        switch self {
        case .decimal: mode = .halfEven
        case .floor: mode = .floor
        case .ceiling: mode = .ceiling
        case .roundUp: mode = .up
        case .roundDown: mode = .down
        case .roundHalfUp: mode = .halfUp
        case .roundHalfDown: mode = .halfDown
        default: return nil
        }
        guard let scale = second.int, (-6111...6176).contains(scale) else { return nil }
        return number.rounded(toScale: scale, mode).map { .number($0) }
    }

    /// With the divisor's sign.
    private static func remainder(_ dividend: FEELNumber, _ divisor: FEELNumber) -> FEELNumber? {
        dividend.divided(by: divisor)?.rounded(toScale: 0, .floor)?.multiplied(by: divisor).flatMap { dividend.subtracting($0) }
    }

    private func ofContexts(_ arguments: [FEELValue]) -> FEELValue? {
        switch (self, arguments.count) {
        case (.getValue, 2):
            guard case .context(let context) = arguments[0], let key = arguments[1].string else { return nil }
            return context[key] ?? .null
        case (.getEntries, 1):
            guard case .context(let context) = arguments[0] else { return nil }
            return .list(
                context.entries.map {
                    var entry = FEELContext()
                    entry["key"] = .string($0.name)
                    entry["value"] = $0.value
                    return .context(entry)
                })
        case (.context, 1):
            var result = FEELContext()
            for item in arguments[0].items ?? [.null] {
                guard case .context(let entry) = item, let key = entry["key"]?.string, let value = entry["value"], result[key] == nil else {
                    return nil
                }
                result[key] = value
            }
            return .context(result)
        case (.contextPut, 3):
            guard case .context(var context) = arguments[0], let key = arguments[1].string else { return nil }
            context[key] = arguments[2]
            return .context(context)
        case (.contextMerge, 1):
            var result = FEELContext()
            for item in arguments[0].items ?? [.null] {
                guard case .context(let context) = item else { return nil }
                for entry in context.entries { result[entry.name] = entry.value }
            }
            return .context(result)
        default: return nil
        }
    }

    private func ofDates(_ arguments: [FEELValue]) -> FEELValue? {
        guard arguments.count == 1, let date = arguments[0].day else { return nil }
        switch self {
        case .dayOfYear:
            return FEELDate(year: date.year, month: 1, day: 1).map { .number(FEELNumber(date.daysSinceEpoch - $0.daysSinceEpoch + 1)) }
        case .dayOfWeek:
            return .string(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][date.weekday - 1])
        default:
            return .string(
                [
                    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
                    "December",
                ][date.month - 1])
        }
    }
}

extension FEELValue {
    var boolean: Bool? { if case .boolean(let truth) = self { truth } else { nil } }
    var number: FEELNumber? { if case .number(let number) = self { number } else { nil } }
    var int: Int? { number?.int }
    var string: String? { if case .string(let text) = self { text } else { nil } }

    /// Of a date, with a time or without.
    var day: FEELDate? {
        switch self {
        case .date(let date): date
        case .dateTime(let instant): instant.date
        default: nil
        }
    }

    /// A list's; anything else but null is a list of one.
    var items: [FEELValue]? {
        switch self {
        case .list(let items): items
        case .null: nil
        default: [self]
        }
    }
}

extension FEELDuration {
    var isNegative: Bool {
        switch self {
        case .nanoseconds(let count): count < 0
        case .months(let count): count < 0
        }
    }
}
