/// The names that an expression may use. FEEL's names may have blanks and signs in them, so that a text can only be read with them at hand.
struct FEELNames {
    private(set) var known: Set<String>
    /// By their first character, the longest first.
    private var spelled: [Character: [[Character]]]
    /// Of parts of values.
    private let spelledComponents: [Character: [[Character]]]
    let types: [String: FEELType]

    init(_ names: some Sequence<String>, components: Set<String> = [], types: [String: FEELType] = [:]) {
        known = Set(names.map(Self.normalized)).union(FEELBuiltin.allCases.map(\.rawValue))
        spelled = Self.spell(known)
        spelledComponents = Self.spell(components)
        self.types = types
    }

    func adding(_ names: some Sequence<String>) -> FEELNames {
        let new = Set(names.map(Self.normalized)).subtracting(known)
        if new.isEmpty { return self }
        var copy = self
        copy.known.formUnion(new)
        copy.spelled.merge(Self.spell(new)) { ($0 + $1).sorted { $0.count > $1.count } }
        return copy
    }

    /// The longest known name that the text goes on with.
    func take(from scanner: inout FEELScanner) -> String? {
        Self.take(from: &scanner, spelled)
    }

    /// The longest name of a part of a value that the text goes on with.
    func takeComponent(from scanner: inout FEELScanner) -> String? {
        Self.take(from: &scanner, spelledComponents)
    }

    private static func take(from scanner: inout FEELScanner, _ names: [Character: [[Character]]]) -> String? {
        scanner.skipBlanks()
        guard let first = scanner.peek, let candidates = names[first] else { return nil }
        for name in candidates where scanner.take(name: name) { return String(name) }
        return nil
    }

    private static func spell(_ names: some Sequence<String>) -> [Character: [[Character]]] {
        Dictionary(grouping: names.filter { !$0.isEmpty }.map { Array($0) }.sorted { $0.count > $1.count }) { $0[0] }
    }

    /// With single blanks.
    static func normalized(_ name: String) -> String {
        name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

/// Reads expressions and cells of FEEL (DMN 1.3, chapter 10, and what later versions added to ranges and numbers).
struct FEELParser {
    typealias Fault = FEELScanner.Fault

    /// Brackets, choices and the like within each other.
    static let deepest = 50
    /// Parts of one expression. It bounds how deep what is read can be.
    static let mostParts = 2000
    /// Parts of FEEL's own values with more than one word.
    private static let properties = ["time offset", "start included", "end included"]
    private static let keywords: Set<String> = [
        "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between", "instance", "of", "function",
        "external", "true", "false", "null",
    ]

    private var scanner: FEELScanner
    private var names: FEELNames
    private var depth = 0
    private var parts = 0
    private var filterDepth = 0
    /// While the upper end of a range is read, `[` closes it.
    private var isAtRangeEnd = false
    private var usesInput = false
    private var usesPartial = false
    /// Names of entries of contexts in this text.
    private var keys: Set<String> = []

    private init(_ text: String, _ names: FEELNames) {
        scanner = FEELScanner(text)
        self.names = names
    }

    /// - Parameter text: a whole expression; an empty one is null.
    static func expression(_ text: String, _ names: FEELNames) throws(Fault) -> FEELExpression {
        var parser = FEELParser(text, names)
        if parser.scanner.isAtEnd { return .literal(.null) }
        let expression = try parser.expression()
        guard parser.scanner.isAtEnd else { throw parser.scanner.unexpected() }
        return expression
    }

    /// - Parameter text: a whole cell; an empty one is the same as `-`.
    static func unaryTests(_ text: String, _ names: FEELNames) throws(Fault) -> FEELUnaryTests {
        var parser = FEELParser(text, names)
        if parser.scanner.isAtEnd { return FEELUnaryTests(tests: [], isNegated: false) }
        if parser.scanner.take("-"), parser.scanner.isAtEnd { return FEELUnaryTests(tests: [], isNegated: false) }
        parser.scanner.position = 0
        // `not(…)` around a whole cell; else it is a function.
        if parser.scanner.take(word: "not"), parser.scanner.take("("), let tests = try? parser.tests(), parser.scanner.take(")"),
            parser.scanner.isAtEnd
        {
            return FEELUnaryTests(tests: tests, isNegated: true)
        }
        parser = FEELParser(text, names)
        let tests = try parser.tests()
        guard parser.scanner.isAtEnd else { throw parser.scanner.unexpected() }
        return FEELUnaryTests(tests: tests, isNegated: false)
    }

    private mutating func tests() throws(Fault) -> [FEELUnaryTests.Test] {
        var tests = [try test()]
        while scanner.take(",") { tests.append(try test()) }
        return tests
    }

    private mutating func test() throws(Fault) -> FEELUnaryTests.Test {
        if let comparison = takeComparison() { return .comparison(comparison, try additive()) }
        let before = usesInput
        usesInput = false
        let expression = try expression()
        defer { usesInput = usesInput || before }
        return .expression(expression, usesInput: usesInput)
    }

    private mutating func takeComparison() -> FEELComparison? {
        for comparison in [FEELComparison.lessOrEqual, .greaterOrEqual, .notEqual, .less, .greater, .equal]
        where scanner.take(comparison.rawValue) {
            return comparison
        }
        return nil
    }

    private mutating func counted(_ expression: FEELExpression) throws(Fault) -> FEELExpression {
        parts += 1
        guard parts <= Self.mostParts else { throw Fault(message: "an expression of more than \(Self.mostParts) parts; split it") }
        return expression
    }

    private mutating func nested<R>(_ body: (inout FEELParser) throws(Fault) -> R) throws(Fault) -> R {
        depth += 1
        let wasAtRangeEnd = isAtRangeEnd
        isAtRangeEnd = false
        defer {
            depth -= 1
            isAtRangeEnd = wasAtRangeEnd
        }
        guard depth <= Self.deepest else { throw Fault(message: "an expression nested deeper than \(Self.deepest); split it") }
        return try body(&self)
    }

    private mutating func expect(_ symbol: String) throws(Fault) {
        guard scanner.take(symbol) else {
            var fault = scanner.unexpected().message
            fault += "; \"\(symbol)\" is missing"
            throw Fault(message: fault)
        }
    }

    private mutating func expect(word: String) throws(Fault) {
        guard scanner.take(word: word) else { throw Fault(message: scanner.unexpected().message + "; \"\(word)\" is missing") }
    }

    // MARK: From what binds loosest to what binds tightest.

    private mutating func expression() throws(Fault) -> FEELExpression {
        try nested { parser throws(Fault) in try parser.disjunction() }
    }

    private mutating func disjunction() throws(Fault) -> FEELExpression {
        var left = try conjunction()
        while scanner.take(word: "or") { left = try counted(.or(left, try conjunction())) }
        return left
    }

    private mutating func conjunction() throws(Fault) -> FEELExpression {
        var left = try comparison()
        while scanner.take(word: "and") { left = try counted(.and(left, try comparison())) }
        return left
    }

    private mutating func comparison() throws(Fault) -> FEELExpression {
        let left = try additive()
        if scanner.take(word: "between") {
            let lower = try additive()
            try expect(word: "and")
            return try counted(.between(left, lower, try additive()))
        }
        if scanner.take(word: "in") { return try counted(.isIn(left, try testsAfterIn())) }
        guard let comparison = takeComparison() else { return left }
        return try counted(.comparison(comparison, left, try additive()))
    }

    private mutating func testsAfterIn() throws(Fault) -> [FEELUnaryTests.Test] {
        if let comparison = takeComparison() { return [.comparison(comparison, try additive())] }
        let saved = self
        if scanner.take("("), let tests = try? nested({ parser throws(Fault) in try parser.tests() }), scanner.take(")") { return tests }
        self = saved
        return [.expression(try additive(), usesInput: false)]
    }

    private mutating func additive() throws(Fault) -> FEELExpression {
        var left = try multiplicative()
        while true {
            if scanner.take("+") {
                left = try counted(.arithmetic(.add, left, try multiplicative()))
            } else if scanner.take("-") {
                left = try counted(.arithmetic(.subtract, left, try multiplicative()))
            } else {
                return left
            }
        }
    }

    private mutating func multiplicative() throws(Fault) -> FEELExpression {
        var left = try power()
        while true {
            scanner.skipBlanks()
            if scanner.peek == "*", scanner.character(1) != "*", scanner.take("*") {
                left = try counted(.arithmetic(.multiply, left, try power()))
            } else if scanner.take("/") {
                left = try counted(.arithmetic(.divide, left, try power()))
            } else {
                return left
            }
        }
    }

    private mutating func power() throws(Fault) -> FEELExpression {
        var left = try negation()
        while scanner.take("**") { left = try counted(.arithmetic(.raise, left, try negation())) }
        return left
    }

    private mutating func negation() throws(Fault) -> FEELExpression {
        guard scanner.take("-") else { return try instance() }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw Fault(message: "an expression nested deeper than \(Self.deepest); split it") }
        let operand = try negation()
        if case .literal(.number(let number)) = operand { return .literal(.number(-number)) }
        return try counted(.negated(operand))
    }

    private mutating func instance() throws(Fault) -> FEELExpression {
        let value = try postfix()
        guard scanner.take(word: "instance") else { return value }
        try expect(word: "of")
        return try counted(.instance(value, try type()))
    }

    private mutating func postfix() throws(Fault) -> FEELExpression {
        var value = try primary()
        while true {
            scanner.skipBlanks()
            if scanner.peek == ".", scanner.character(1) != ".", scanner.take(".") {
                value = try counted(.path(value, try component()))
            } else if scanner.peek == "[", !isAtRangeEnd {
                scanner.position += 1
                filterDepth += 1
                defer { filterDepth -= 1 }
                let condition = try scoped(["item"]) { parser throws(Fault) in try parser.expression() }
                try expect("]")
                value = try counted(.filter(value, condition))
            } else if scanner.peek == "(" {
                scanner.position += 1
                value = try counted(try arguments(of: value))
            } else {
                return value
            }
        }
    }

    private mutating func component() throws(Fault) -> String {
        let start = scanner.position
        var longest: (name: String, end: Int)?
        func note(_ name: String?) {
            if let name, scanner.position > longest?.end ?? start { longest = (name, scanner.position) }
            scanner.position = start
        }
        note(names.takeComponent(from: &scanner))
        for key in keys + Self.properties { note(scanner.take(name: Array(key)) ? key : nil) }
        note(scanner.identifier())
        guard let longest else { throw scanner.unexpected() }
        scanner.position = longest.end
        return longest.name
    }

    private mutating func arguments(of function: FEELExpression) throws(Fault) -> FEELExpression {
        if scanner.take(")") { return .call(function, []) }
        if let first = takeKey() {
            var arguments = [FEELExpression.NamedPart(name: first, expression: try expression())]
            while scanner.take(",") {
                guard let name = takeKey() else { throw scanner.unexpected() }
                arguments.append(.init(name: name, expression: try expression()))
            }
            try expect(")")
            return .namedCall(function, arguments)
        }
        var arguments = [try expression()]
        while scanner.take(",") { arguments.append(try expression()) }
        try expect(")")
        return .call(function, arguments)
    }

    /// Words and a colon: the name of an argument or of an entry. Nothing is taken when something else comes.
    private mutating func takeKey() -> String? {
        let start = scanner.position
        if let text = try? scanner.quoted(), scanner.take(":") { return text }
        scanner.position = start
        scanner.skipBlanks()
        let first = scanner.position
        guard let character = scanner.peek, FEELScanner.isNameStart(character) else {
            scanner.position = start
            return nil
        }
        while let character = scanner.peek, character != ":" {
            guard FEELScanner.isNamePart(character) || character.isWhitespace || "-+*/.'".contains(character) else {
                scanner.position = start
                return nil
            }
            scanner.position += 1
        }
        let name = FEELNames.normalized(String(scanner.characters[first..<scanner.position]))
        guard scanner.take(":") else {
            scanner.position = start
            return nil
        }
        return name
    }

    private mutating func scoped<R>(_ more: [String], _ body: (inout FEELParser) throws(Fault) -> R) throws(Fault) -> R {
        let outer = names
        names = names.adding(more)
        defer { names = outer }
        return try body(&self)
    }

    // MARK: What stands by itself.

    private mutating func primary() throws(Fault) -> FEELExpression {
        parts += 1
        guard parts <= Self.mostParts else { throw Fault(message: "an expression of more than \(Self.mostParts) parts; split it") }
        scanner.skipBlanks()
        switch scanner.peek {
        case "\"": if let text = try scanner.quoted() { return .literal(.string(text)) }
        case "(": return try bracketed()
        case "[", "]": return try listOrInterval()
        case "{": return try context()
        case "@":
            scanner.position += 1
            guard let text = try scanner.quoted() else { throw scanner.unexpected() }
            let value = FEELBuiltin.temporal(text)
            // What is no date at all has no value, and that is told when it is computed.
            if value == .null { return .call(.literal(.function(FEELFunction(body: .builtin(.date)))), [.literal(.string(text))]) }
            return .literal(value)
        case "?":
            scanner.position += 1
            usesInput = true
            return .inputValue
        default: break
        }
        if let number = try scanner.number() { return .literal(.number(number)) }
        if let special = try special() { return special }
        if let name = names.take(from: &scanner) {
            if name == "partial" { usesPartial = true }
            return .name(name)
        }
        let start = scanner.position
        guard let word = scanner.identifier(), !Self.keywords.contains(word) else {
            scanner.position = start
            throw scanner.unexpected()
        }
        // In a filter it may be a part of the items.
        guard filterDepth > 0 else {
            throw Fault(message: "there is no \"\(word.shortened)\" here; a text stands in quotation marks")
        }
        return .name(word)
    }

    private mutating func special() throws(Fault) -> FEELExpression? {
        let start = scanner.position
        guard let word = scanner.identifier() else { return nil }
        switch word {
        case "true": return .literal(.boolean(true))
        case "false": return .literal(.boolean(false))
        case "null": return .literal(.null)
        case "if":
            let condition = try expression()
            try expect(word: "then")
            let positive = try expression()
            try expect(word: "else")
            return try counted(.choice(condition, positive, try expression()))
        case "for":
            let (iterations, names) = try iterations()
            try expect(word: "return")
            let before = usesPartial
            usesPartial = false
            let body = try scoped(names + ["partial"]) { parser throws(Fault) in try parser.expression() }
            defer { usesPartial = usesPartial || before }
            return .loop(iterations, body, usesPartial: usesPartial)
        case "some", "every":
            let (iterations, names) = try iterations()
            try expect(word: "satisfies")
            let condition = try scoped(names) { parser throws(Fault) in try parser.expression() }
            return word == "some" ? .some(iterations, condition) : .every(iterations, condition)
        case "function":
            if scanner.take("(") { return try function() }
        default: break
        }
        scanner.position = start
        return nil
    }

    private mutating func iterations() throws(Fault) -> ([FEELExpression.Iteration], [String]) {
        let outer = names
        defer { names = outer }
        var iterations: [FEELExpression.Iteration] = []
        repeat {
            guard let name = takeWords(before: "in") else { throw scanner.unexpected() }
            let first = try nested { parser throws(Fault) in try parser.additive() }
            let source: FEELExpression.Source
            if scanner.take("..") {
                source = .steps(first, try nested { parser throws(Fault) in try parser.additive() })
            } else {
                source = .items(first)
            }
            iterations.append(.init(name: name, source: source))
            names = names.adding([name])
        } while scanner.take(",")
        return (iterations, iterations.map(\.name))
    }

    /// A name of several words, up to a word that ends it.
    private mutating func takeWords(before end: String) -> String? {
        var words: [String] = []
        while !scanner.take(word: end) {
            guard let word = scanner.identifier() else { return nil }
            words.append(word)
        }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    private mutating func function() throws(Fault) -> FEELExpression {
        var parameters: [FEELFunction.Parameter] = []
        if !scanner.take(")") {
            repeat {
                var words: [String] = []
                while let word = scanner.identifier() { words.append(word) }
                guard !words.isEmpty else { throw scanner.unexpected() }
                let type = scanner.take(":") ? try type() : .any
                parameters.append(.init(name: words.joined(separator: " "), type: type))
            } while scanner.take(",")
            try expect(")")
        }
        if scanner.take(word: "external") { throw Fault(message: "functions of other languages are not understood") }
        let body = try scoped(parameters.map(\.name)) { parser throws(Fault) in try parser.expression() }
        return .function(parameters, body)
    }

    /// In round brackets: an expression, an open interval or a comparison.
    private mutating func bracketed() throws(Fault) -> FEELExpression {
        scanner.position += 1
        return try nested { parser throws(Fault) in
            if let comparison = parser.takeComparison() {
                let end = try parser.additive()
                try parser.expect(")")
                return .comparisonRange(comparison, end)
            }
            let value = try parser.expression()
            if parser.scanner.take("..") { return try parser.interval(from: value, lowerIsIncluded: false) }
            try parser.expect(")")
            return value
        }
    }

    private mutating func listOrInterval() throws(Fault) -> FEELExpression {
        let isOpen = scanner.peek == "]"
        scanner.position += 1
        return try nested { parser throws(Fault) in
            if !isOpen, parser.scanner.take("]") { return .list([]) }
            let first = try parser.listItem()
            if parser.scanner.take("..") { return try parser.interval(from: first, lowerIsIncluded: !isOpen) }
            if isOpen { throw parser.scanner.unexpected() }
            var items = [first]
            while parser.scanner.take(",") { items.append(try parser.listItem()) }
            try parser.expect("]")
            return .list(items)
        }
    }

    private mutating func listItem() throws(Fault) -> FEELExpression {
        if let comparison = takeComparison() { return .comparisonRange(comparison, try additive()) }
        return try expression()
    }

    private mutating func interval(from lower: FEELExpression, lowerIsIncluded: Bool) throws(Fault) -> FEELExpression {
        isAtRangeEnd = true
        let upper = try additive()
        isAtRangeEnd = false
        let upperIsIncluded = scanner.take("]")
        guard upperIsIncluded || scanner.take(")") || scanner.take("[") else { throw scanner.unexpected() }
        return .interval(lower, lowerIsIncluded: lowerIsIncluded, upper, upperIsIncluded: upperIsIncluded)
    }

    private mutating func context() throws(Fault) -> FEELExpression {
        scanner.position += 1
        let outer = names
        defer { names = outer }
        var entries: [FEELExpression.NamedPart] = []
        if !scanner.take("}") {
            repeat {
                guard let name = takeKey() else { throw scanner.unexpected() }
                guard !entries.contains(where: { $0.name == name }) else {
                    throw Fault(message: "there are two entries \"\(name.shortened)\"")
                }
                entries.append(.init(name: name, expression: try expression()))
                names = names.adding([name])
                keys.insert(name)
            } while scanner.take(",")
            try expect("}")
        }
        return .context(entries)
    }

    private mutating func type() throws(Fault) -> FEELType {
        try nested { parser throws(Fault) in try parser.typeUnnested() }
    }

    private mutating func typeUnnested() throws(Fault) -> FEELType {
        for name in ["days and time duration", "years and months duration", "date and time"] where scanner.take(name: Array(name)) {
            return FEELType(name: name) ?? .any
        }
        for (name, type) in names.types.sorted(by: { $0.key.count > $1.key.count }) where scanner.take(name: Array(name)) { return type }
        guard let name = scanner.identifier(), let type = FEELType(name: name) else {
            throw Fault(message: scanner.unexpected().message + "; a type is missing")
        }
        switch name {
        case "list" where scanner.take("<"), "range" where scanner.take("<"):
            let inner = try self.type()
            try expect(">")
            return name == "list" ? .list(inner) : .range(inner)
        case "context" where scanner.take("<"):
            var components: [FEELType.Component] = []
            repeat {
                guard let name = takeKey() else { throw scanner.unexpected() }
                components.append(.init(name: name, type: try self.type()))
            } while scanner.take(",")
            try expect(">")
            return .context(components)
        case "function" where scanner.take("<"):
            if !scanner.take(">") {
                repeat { _ = try self.type() } while scanner.take(",")
                try expect(">")
            }
            try expect("->")
            _ = try self.type()
            return .function
        default: return type
        }
    }
}
