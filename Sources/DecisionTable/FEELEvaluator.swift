/// Computes expressions and decision logic. What cannot be computed is null, as FEEL says, and a problem besides.
struct FEELEvaluator {
    /// Steps of one evaluation, and the size of what it makes: some seconds' work at most.
    static let mostWork = 1_000_000
    /// Expressions and calls within each other.
    static let deepest = 400
    static let mostProblems = 100

    private(set) var problems: [DecisionProblem] = []
    /// The decision or function that is computed now.
    var decision = ""
    private var work = 0
    private var depth = 0

    mutating func note(_ reason: DecisionProblem.Reason) {
        let problem = DecisionProblem(decision: decision, reason: reason)
        if problems.count < Self.mostProblems, !problems.contains(problem) { problems.append(problem) }
    }

    private mutating func fail(_ what: String) -> FEELValue {
        note(.notComputable(what))
        return .null
    }

    /// False when there has been too much already.
    private mutating func spend(_ amount: Int = 1) -> Bool {
        guard work <= Self.mostWork else { return false }
        work += amount
        if work > Self.mostWork { note(.tooMuchWork) }
        return work <= Self.mostWork
    }

    // MARK: Expressions

    mutating func evaluate(_ expression: FEELExpression, _ scope: FEELScope) -> FEELValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest, spend() else {
            note(.tooMuchWork)
            return .null
        }
        switch expression {
        case .literal(let value): return value
        case .name(let name): return scope[name] ?? FEELBuiltin(rawValue: name).map { .function(FEELFunction(body: .builtin($0))) } ?? .null
        case .inputValue: return scope["?"] ?? .null
        case .path(let value, let name): return component(name, of: evaluate(value, scope))
        case .filter(let list, let condition): return filtered(evaluate(list, scope), condition, scope)
        case .call(let function, let arguments): return called(function, arguments, scope)
        case .namedCall(let function, let arguments):
            let values = arguments.map { (name: $0.name, value: evaluate($0.expression, scope)) }
            return call(evaluate(function, scope), named: values)
        case .negated(let value): return negated(evaluate(value, scope))
        case .arithmetic(let symbol, let left, let right): return computed(symbol, evaluate(left, scope), evaluate(right, scope))
        case .comparison(let comparison, let left, let right):
            return truth(evaluate(left, scope).compared(comparison, to: evaluate(right, scope)), comparison.rawValue)
        case .between(let value, let lower, let upper):
            let value = evaluate(value, scope)
            let first = value.compared(.greaterOrEqual, to: evaluate(lower, scope))
            let second = value.compared(.lessOrEqual, to: evaluate(upper, scope))
            return truth(first == nil || second == nil ? nil : first == true && second == true, "between")
        case .isIn(let value, let tests): return membership(evaluate(value, scope), tests, scope)
        case .and(let left, let right): return conjunction(evaluate(left, scope).boolean, evaluate(right, scope).boolean)
        case .or(let left, let right):
            return conjunction(evaluate(left, scope).boolean.map { !$0 }, evaluate(right, scope).boolean.map { !$0 }).boolean
                .map { .boolean(!$0) } ?? .null
        case .choice(let condition, let positive, let negative):
            return evaluate(evaluate(condition, scope) == .boolean(true) ? positive : negative, scope)
        case .loop(let iterations, let body, let usesPartial): return loop(iterations, body, usesPartial, scope)
        case .some(let iterations, let condition): return quantified(iterations, condition, scope, decisive: true)
        case .every(let iterations, let condition): return quantified(iterations, condition, scope, decisive: false)
        case .list(let items): return .list(items.map { evaluate($0, scope) })
        case .context(let entries): return context(entries, scope)
        case .interval(let lower, let lowerIsIncluded, let upper, let upperIsIncluded):
            let (lower, upper) = (evaluate(lower, scope), evaluate(upper, scope))
            guard lower.order(to: upper) != nil else { return fail("a range from \(lower.kind) to \(upper.kind)") }
            return .range(.interval(lower, lowerIsIncluded: lowerIsIncluded, upper, upperIsIncluded: upperIsIncluded))
        case .comparisonRange(let comparison, let end): return .range(.comparison(comparison, evaluate(end, scope)))
        case .function(let parameters, let body):
            let logic = DecisionLogic.literal(ExpressionText(text: "", line: 0, expression: body))
            return .function(FEELFunction(body: .logic(parameters, logic, scope, .any)))
        case .instance(let value, let type):
            let value = evaluate(value, scope)
            return .boolean(value == .null ? type == .null : type.contains(value) && accepts(value, type, scope))
        }
    }

    private mutating func truth(_ truth: Bool?, _ what: String) -> FEELValue {
        truth.map { .boolean($0) } ?? fail("\"\(what)\" of values that cannot be compared")
    }

    private func conjunction(_ left: Bool?, _ right: Bool?) -> FEELValue {
        left == false || right == false ? .boolean(false) : left == true && right == true ? .boolean(true) : .null
    }

    private mutating func component(_ name: String, of value: FEELValue) -> FEELValue {
        switch (value, name) {
        case (.context(let context), _): return context[name] ?? .null
        case (.list(let items), _):
            guard spend(items.count) else { return .null }
            return .list(items.map { component(name, of: $0) })
        default: return value.property(name) ?? .null
        }
    }

    private mutating func filtered(_ value: FEELValue, _ condition: FEELExpression, _ scope: FEELScope) -> FEELValue {
        let items = value.items ?? []
        if value == .null { return .null }
        // A number is a place, from 1, or from the end.
        if case .literal(.number(let place)) = condition { return item(at: place, in: items) }
        var kept: [FEELValue] = []
        for item in items {
            var frame: [String: FEELValue] = [:]
            if case .context(let context) = item { for entry in context.entries { frame[entry.name] = entry.value } }
            // An item's own part of this name comes first.
            if frame["item"] == nil { frame["item"] = item }
            let result = evaluate(condition, scope.adding(frame))
            if case .number(let place) = result { return self.item(at: place, in: items) }
            if result == .boolean(true) { kept.append(item) }
        }
        return .list(kept)
    }

    private func item(at place: FEELNumber, in items: [FEELValue]) -> FEELValue {
        guard let place = place.int else { return .null }
        let index = place > 0 ? place - 1 : items.count + place
        return place != 0 && items.indices.contains(index) ? items[index] : .null
    }

    private mutating func context(_ entries: [FEELExpression.NamedPart], _ scope: FEELScope) -> FEELValue {
        var scope = scope.adding([:])
        var context = FEELContext()
        for entry in entries {
            let value = evaluate(entry.expression, scope)
            context[entry.name] = value
            scope.set(entry.name, value)
        }
        return .context(context)
    }

    private mutating func negated(_ value: FEELValue) -> FEELValue {
        switch value {
        case .number(let number): .number(-number)
        case .duration(let duration): .duration(-duration)
        default: fail("- before a \(value.kind)")
        }
    }

    // MARK: Tests

    private mutating func membership(_ value: FEELValue, _ tests: [FEELUnaryTests.Test], _ scope: FEELScope) -> FEELValue {
        var isUnknown = false
        for test in tests {
            switch holds(test, value, scope) {
            case true: return .boolean(true)
            case false: break
            case nil: isUnknown = true
            }
        }
        return isUnknown ? fail("\"in\" of values that cannot be compared") : .boolean(false)
    }

    /// Nil when the value cannot be compared with what the test names.
    private mutating func holds(_ test: FEELUnaryTests.Test, _ value: FEELValue, _ scope: FEELScope) -> Bool? {
        switch test {
        case .comparison(let comparison, let end): return value.compared(comparison, to: evaluate(end, scope))
        case .expression(let expression, let usesInput):
            let expected = evaluate(expression, scope)
            if usesInput { return expected.boolean }
            if case .interval = expression, expected == .null { return nil }
            return value.meets(expected)
        }
    }

    /// Whether a cell holds of a value. One that is not known satisfies `-` and `null`, and nothing else.
    mutating func holds(_ tests: FEELUnaryTests, of value: FEELValue, _ scope: FEELScope) -> Bool {
        if tests.tests.isEmpty { return true }
        let scope = scope.adding(["?": value])
        var isHit = false
        for test in tests.tests where !isHit { isHit = holds(test, value, scope) == true }
        return tests.isNegated ? value != .null && !isHit : isHit
    }

    /// Whether the values that a type's definitions allow include this one, and its parts.
    mutating func accepts(_ value: FEELValue, _ type: FEELType, _ scope: FEELScope) -> Bool {
        if value == .null { return true }
        for cell in type.constraints where !holds(cell.tests, of: value, scope) { return false }
        switch (type.base, value) {
        case (.list(let inner), .list(let items)): return items.allSatisfy { accepts($0, inner, scope) }
        case (.context(let components), .context(let context)):
            return components.allSatisfy { component in context[component.name].map { accepts($0, component.type, scope) } ?? true }
        default: return true
        }
    }

    /// The value as the type has it: a list of one for what is in it, and the other way round. Nil when it is of another type.
    func conformed(_ value: FEELValue, to type: FEELType) -> FEELValue? {
        switch (type.base, value) {
        case (_, .null), (.any, _): return value
        case (.context(let components), .context(var context)):
            for component in components {
                guard let part = conformed(context[component.name] ?? .null, to: component.type) else { return nil }
                context[component.name] = part
            }
            return .context(context)
        case (.list(let inner), .list(let items)):
            let parts = items.compactMap { conformed($0, to: inner) }
            return parts.count == items.count ? .list(parts) : nil
        case (.list(let inner), _): return conformed(value, to: inner).map { .list([$0]) }
        case (let base, .list(let items)) where items.count == 1: return conformed(items[0], to: base)
        case (.dateTime, .date(let date)):
            return FEELTime(hour: 0, minute: 0, second: 0, zone: .offset(0)).map { .dateTime(FEELDateTime(date: date, time: $0)) }
        case (let base, _): return base.contains(value) ? value : nil
        }
    }

    // MARK: Calls

    private mutating func called(_ function: FEELExpression, _ arguments: [FEELExpression], _ scope: FEELScope) -> FEELValue {
        let function = evaluate(function, scope)
        var values: [FEELValue] = []
        for argument in arguments { values.append(evaluate(argument, scope)) }
        return call(function, values)
    }

    mutating func call(_ function: FEELValue, _ arguments: [FEELValue]) -> FEELValue {
        guard case .function(let function) = function else { return fail("a call of what is no function") }
        switch function.body {
        case .builtin(let builtin):
            guard spend(arguments.reduce(1) { $0 + $1.weight }) else { return .null }
            if builtin == .sort { return sorted(arguments) }
            return builtin.apply(arguments) ?? fail("\(builtin.rawValue)(\(arguments.map(\.kind).joined(separator: ", ")))")
        case .logic(let parameters, let logic, let scope, let type):
            guard arguments.count == parameters.count else {
                return fail("a call with \(arguments.count) arguments instead of \(parameters.count)")
            }
            depth += 1
            defer { depth -= 1 }
            var frame: [String: FEELValue] = [:]
            for (parameter, argument) in zip(parameters, arguments) {
                guard let value = conformed(argument, to: parameter.type) else {
                    return fail("a call with \(argument.kind) for \"\(parameter.name)\"")
                }
                frame[parameter.name] = value
            }
            let value = evaluate(logic, scope.adding(frame))
            return conformed(value, to: type) ?? fail("a function with a result of another type than declared")
        }
    }

    mutating func call(_ function: FEELValue, named arguments: [(name: String, value: FEELValue)]) -> FEELValue {
        guard case .function(let callee) = function else { return fail("a call of what is no function") }
        let signatures: [[String]] =
            switch callee.body {
            case .builtin(let builtin): builtin.parameters
            case .logic(let parameters, _, _, _): [parameters.map(\.name)]
            }
        let names = Set(arguments.map(\.name))
        guard names.count == arguments.count, let signature = signatures.first(where: { names.isSubset(of: $0) }) else {
            return fail("a call with names of arguments that the function does not have")
        }
        var values = signature.map { name in arguments.first { $0.name == name }?.value }
        while values.count > 1, case .some(nil) = values.last, case .builtin = callee.body { values.removeLast() }
        return call(function, values.map { $0 ?? .null })
    }

    /// By the function that says what comes first; without one in the values' own order.
    private mutating func sorted(_ arguments: [FEELValue]) -> FEELValue {
        guard (1...2).contains(arguments.count), let items = arguments[0].items else { return fail("sort") }
        return .list(merged(items, by: arguments.count == 2 ? arguments[1] : nil))
    }

    private mutating func merged(_ items: [FEELValue], by function: FEELValue?) -> [FEELValue] {
        if items.count < 2 { return items }
        let left = merged(Array(items[..<(items.count / 2)]), by: function)
        let right = merged(Array(items[(items.count / 2)...]), by: function)
        var result: [FEELValue] = []
        var (first, second) = (0, 0)
        while first < left.count, second < right.count {
            let isRightFirst =
                if let function {
                    call(function, [right[second], left[first]]) == .boolean(true)
                } else {
                    right[second].order(to: left[first]).map { $0 < 0 } ?? false
                }
            result.append(isRightFirst ? right[second] : left[first])
            if isRightFirst { second += 1 } else { first += 1 }
        }
        return result + left[first...] + right[second...]
    }

    // MARK: Loops

    private mutating func loop(
        _ iterations: [FEELExpression.Iteration], _ body: FEELExpression, _ usesPartial: Bool, _ scope: FEELScope
    ) -> FEELValue {
        var results: [FEELValue] = []
        let isComplete = iterate(iterations[...], scope.adding([:])) { evaluator, scope in
            guard usesPartial else {
                results.append(evaluator.evaluate(body, scope))
                return evaluator.spend()
            }
            // The results so far are copied each time.
            var scope = scope
            scope.set("partial", .list(results))
            results.append(evaluator.evaluate(body, scope))
            return evaluator.spend(results.count)
        }
        return isComplete == nil ? fail("for over what is no list") : .list(results)
    }

    private mutating func quantified(
        _ iterations: [FEELExpression.Iteration], _ condition: FEELExpression, _ scope: FEELScope, decisive: Bool
    ) -> FEELValue {
        var isUnknown = false
        var isDecided = false
        let isComplete = iterate(iterations[...], scope) { evaluator, scope in
            let result = evaluator.evaluate(condition, scope).boolean
            if result == decisive { isDecided = true }
            if result == nil { isUnknown = true }
            return !isDecided && evaluator.spend()
        }
        if isDecided { return .boolean(decisive) }
        return isComplete == nil || isUnknown ? .null : .boolean(!decisive)
    }

    /// Nil when a source is no list; false when the body wanted to stop.
    private mutating func iterate(
        _ iterations: ArraySlice<FEELExpression.Iteration>, _ scope: FEELScope, _ body: (inout FEELEvaluator, FEELScope) -> Bool
    ) -> Bool? {
        guard let iteration = iterations.first else { return body(&self, scope) }
        guard let items = items(of: iteration.source, scope) else { return nil }
        for item in items {
            switch iterate(iterations.dropFirst(), scope.adding([iteration.name: item]), body) {
            case true: break
            case let other: return other
            }
        }
        return true
    }

    private mutating func items(of source: FEELExpression.Source, _ scope: FEELScope) -> [FEELValue]? {
        switch source {
        case .items(let expression):
            switch evaluate(expression, scope) {
            case .range(.interval(let lower, let lowerIsIncluded, let upper, let upperIsIncluded)):
                return steps(lower, upper).map { Array($0.dropFirst(lowerIsIncluded ? 0 : 1).dropLast(upperIsIncluded ? 0 : 1)) }
            case let value: return value.items
            }
        case .steps(let first, let last): return steps(evaluate(first, scope), evaluate(last, scope))
        }
    }

    private mutating func steps(_ first: FEELValue, _ last: FEELValue) -> [FEELValue]? {
        let ends: (Int, Int)
        switch (first, last) {
        case (.number(let first), .number(let last)):
            guard let first = first.int, let last = last.int else { return nil }
            ends = (first, last)
        case (.date(let first), .date(let last)): ends = (first.daysSinceEpoch, last.daysSinceEpoch)
        default: return nil
        }
        let (distance, isTooLarge) = ends.1.subtractingReportingOverflow(ends.0)
        guard !isTooLarge, spend(Int(clamping: distance.magnitude)) else { return nil }
        return stride(from: ends.0, through: ends.1, by: ends.0 <= ends.1 ? 1 : -1).compactMap { step in
            if case .number = first { .number(FEELNumber(step)) } else { FEELDate(daysSinceEpoch: step).map { .date($0) } }
        }
    }

    // MARK: Arithmetic

    private mutating func computed(_ symbol: FEELExpression.Operator, _ left: FEELValue, _ right: FEELValue) -> FEELValue {
        if case (.string(let first), .string(let second)) = (left, right), symbol == .add {
            return spend((first.utf8.count + second.utf8.count) / 16) ? .string(first + second) : .null
        }
        return arithmetic(symbol, left, right) ?? fail("\(left.kind) \(symbol.sign) \(right.kind)")
    }
}

private func arithmetic(_ symbol: FEELExpression.Operator, _ left: FEELValue, _ right: FEELValue) -> FEELValue? {
    switch (left, symbol, right) {
    case (.number(let first), _, .number(let second)):
        let result: FEELNumber? =
            switch symbol {
            case .add: first.adding(second)
            case .subtract: first.subtracting(second)
            case .multiply: first.multiplied(by: second)
            case .divide: first.divided(by: second)
            case .raise: first.raised(to: second)
            }
        return result.map { .number($0) }
    case (.duration(let duration), .multiply, .number(let number)), (.number(let number), .multiply, .duration(let duration)):
        return FEELNumber(duration).multiplied(by: number).flatMap { duration.replacing($0) }.map { .duration($0) }
    case (.duration(let duration), .divide, .number(let number)):
        return FEELNumber(duration).divided(by: number).flatMap { duration.replacing($0) }.map { .duration($0) }
    case (.duration(let first), .divide, .duration(let second)) where first.isOfMonths == second.isOfMonths:
        return FEELNumber(first).divided(by: FEELNumber(second)).map { .number($0) }
    case (.duration(let first), .add, .duration(let second)) where first.isOfMonths == second.isOfMonths:
        return FEELNumber(first).adding(FEELNumber(second)).flatMap { first.replacing($0) }.map { .duration($0) }
    case (.duration(let first), .subtract, .duration(let second)) where first.isOfMonths == second.isOfMonths:
        return FEELNumber(first).subtracting(FEELNumber(second)).flatMap { first.replacing($0) }.map { .duration($0) }
    case (.duration(let duration), .add, _): return shifted(right, by: duration)
    case (_, .add, .duration(let duration)): return shifted(left, by: duration)
    case (_, .subtract, .duration(let duration)): return shifted(left, by: -duration)
    case (_, .subtract, _): return distance(left, right)
    default: return nil
    }
}

private func shifted(_ value: FEELValue, by duration: FEELDuration) -> FEELValue? {
    switch (value, duration) {
    case (.date(let date), .months(let months)): return date.adding(months: months).map { .date($0) }
    case (.date(let date), .nanoseconds(let nanoseconds)):
        guard let midnight = FEELTime(hour: 0, minute: 0, second: 0) else { return nil }
        return FEELDateTime(date: date, time: midnight).adding(nanoseconds: nanoseconds).map { .date($0.date) }
    case (.dateTime(let instant), .months(let months)):
        return instant.date.adding(months: months).map { .dateTime(FEELDateTime(date: $0, time: instant.time)) }
    case (.dateTime(let instant), .nanoseconds(let nanoseconds)): return instant.adding(nanoseconds: nanoseconds).map { .dateTime($0) }
    case (.time(let time), .nanoseconds(let nanoseconds)):
        let day: Int128 = 86_400_000_000_000
        let rest = ((Int128(time.nanosecondOfDay) + nanoseconds) % day + day) % day
        return FEELTime(nanosecondOfDay: Int(rest), zone: time.zone).map { .time($0) }
    default: return nil
    }
}

/// From right to left.
private func distance(_ left: FEELValue, _ right: FEELValue) -> FEELValue? {
    if case (.time(let first), .time(let second)) = (left, right) {
        guard (first.zone == nil) == (second.zone == nil) else { return nil }
        let seconds = first.universalSecondOfDay - second.universalSecondOfDay
        return .duration(.nanoseconds(Int128(seconds) * 1_000_000_000 + Int128(first.nanosecond - second.nanosecond)))
    }
    func instant(_ value: FEELValue) -> (Int128, hasZone: Bool)? {
        switch value {
        case .date(let date): (Int128(date.daysSinceEpoch) * 86_400_000_000_000, false)
        case .dateTime(let instant): (instant.nanoseconds, instant.time.zone != nil)
        default: nil
        }
    }
    guard let first = instant(left), let second = instant(right), first.hasZone == second.hasZone else { return nil }
    return .duration(.nanoseconds(first.0 - second.0))
}

extension FEELExpression.Operator {
    fileprivate var sign: String {
        switch self {
        case .add: "+"
        case .subtract: "-"
        case .multiply: "*"
        case .divide: "/"
        case .raise: "**"
        }
    }
}

extension FEELDuration {
    fileprivate var isOfMonths: Bool { if case .months = self { true } else { false } }

    /// Of the same kind, with another length; nil when that is too long.
    fileprivate func replacing(_ count: FEELNumber) -> FEELDuration? {
        guard let whole = count.rounded(toScale: 0, .down) else { return nil }
        switch self {
        case .months: return whole.int.map { .months($0) }
        case .nanoseconds: return whole.magnitude < FEELNumber.longest ? Int128(whole.description).map { .nanoseconds($0) } : nil
        }
    }
}

extension FEELNumber {
    /// A thousand million years.
    fileprivate static let longest = FEELNumber(FEELDuration.nanoseconds(31_557_600_000_000_000_000_000_000))

    /// Its nanoseconds or months; durations are short enough to be exact.
    fileprivate init(_ duration: FEELDuration) {
        switch duration {
        case .nanoseconds(let count): self = FEELNumber(String(count)) ?? .zero
        case .months(let count): self = FEELNumber(count)
        }
    }
}

extension FEELValue {
    /// How much work it is to look at all of it, roughly.
    fileprivate var weight: Int {
        switch self {
        case .string(let text): text.utf8.count / 16
        case .list(let items): items.count
        case .context(let context): context.entries.count
        default: 1
        }
    }
}

extension FEELValue {
    /// A part of a date, a time, a duration or a range; nil when there is none of the name.
    fileprivate func property(_ name: String) -> FEELValue? {
        func number(_ value: Int?) -> FEELValue? { value.map { .number(FEELNumber($0)) } }
        switch self {
        case .date(let date):
            switch name {
            case "year": return number(date.year)
            case "month": return number(date.month)
            case "day": return number(date.day)
            case "weekday": return number(date.weekday)
            default: return nil
            }
        case .time(let time):
            switch name {
            case "hour": return number(time.hour)
            case "minute": return number(time.minute)
            case "second": return number(time.second)
            case "time offset":
                let offset = time.zone?.offset(atLocal: time.secondOfDay)
                return offset.map { .duration(.nanoseconds(Int128($0) * 1_000_000_000)) }
            case "timezone": if case .named(let zone) = time.zone { return .string(zone) } else { return nil }
            default: return nil
            }
        case .dateTime(let instant):
            return FEELValue.date(instant.date).property(name) ?? FEELValue.time(instant.time).property(name)
        case .duration(.nanoseconds(let count)):
            let seconds = count / 1_000_000_000
            switch name {
            case "days": return number(Int(seconds / 86_400))
            case "hours": return number(Int(seconds / 3600 % 24))
            case "minutes": return number(Int(seconds / 60 % 60))
            case "seconds": return number(Int(seconds % 60))
            default: return nil
            }
        case .duration(.months(let count)):
            switch name {
            case "years": return number(count / 12)
            case "months": return number(count % 12)
            default: return nil
            }
        case .range(.interval(let lower, let lowerIsIncluded, let upper, let upperIsIncluded)):
            switch name {
            case "start": return lower
            case "end": return upper
            case "start included": return .boolean(lowerIsIncluded)
            case "end included": return .boolean(upperIsIncluded)
            default: return nil
            }
        default: return nil
        }
    }
}
