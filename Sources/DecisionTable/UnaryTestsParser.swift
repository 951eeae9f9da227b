/// Reads the cells of a table: the literal part of S-FEEL unary tests (DMN 1.3, chapter 9.2).
struct UnaryTestsParser {
    /// Why a cell is not understood.
    struct Fault: Error {
        let message: String
    }

    /// In a cell. It bounds the time of a look at one.
    static let mostTests = 1000

    private let characters: [Character]
    private let type: ValueType
    private var position = 0

    /// - Parameter text: the cell. Empty means the same as `-`.
    static func parse(_ text: String, type: ValueType) throws(Fault) -> UnaryTests {
        let trimmed = text.trimmed
        if trimmed.isEmpty || trimmed == "-" { return UnaryTests(text: "-", tests: [], isNegated: false) }
        var parser = UnaryTestsParser(characters: Array(trimmed), type: type)
        let isNegated = parser.take(word: "not")
        if isNegated { try parser.expect("(") }
        var tests = [try parser.test()]
        while parser.take(",") {
            guard tests.count < mostTests else { throw Fault(message: "more than \(mostTests) tests in a cell; write several rules") }
            tests.append(try parser.test())
        }
        if isNegated { try parser.expect(")") }
        guard parser.isAtEnd else { throw parser.unexpected() }
        return UnaryTests(text: trimmed, tests: tests, isNegated: isNegated)
    }

    /// One literal and nothing else: an output. Empty and `-` mean null.
    static func literal(_ text: String, type: ValueType) throws(Fault) -> Value {
        let trimmed = text.trimmed
        if trimmed.isEmpty || trimmed == "-" { return .null }
        var parser = UnaryTestsParser(characters: Array(trimmed), type: type)
        guard let value = try parser.literal(), parser.isAtEnd else {
            throw Fault(message: "not understood; an output is one text in quotation marks, number, true, false or null")
        }
        return value
    }

    private init(characters: [Character], type: ValueType) {
        self.characters = characters
        self.type = type
    }

    private mutating func test() throws(Fault) -> UnaryTests.Test {
        skipBlanks()
        switch peek {
        case "<":
            advance()
            let isIncluded = takeAdjacent("=")
            return .interval(
                Interval(lower: -.infinity, lowerIsIncluded: false, upper: try bound(), upperIsIncluded: isIncluded))
        case ">":
            advance()
            let isIncluded = takeAdjacent("=")
            return .interval(Interval(lower: try bound(), lowerIsIncluded: isIncluded, upper: .infinity, upperIsIncluded: false))
        case "[", "(", "]": return try interval()
        default:
            guard let value = try literal() else { throw unexpected() }
            return .equal(value)
        }
    }

    private mutating func interval() throws(Fault) -> UnaryTests.Test {
        let lowerIsIncluded = peek == "["
        advance()
        let lower = try bound()
        // A third dot would make the upper end a fraction, which nobody means.
        guard take("."), takeAdjacent("."), peek != "." else { throw unexpected() }
        let upper = try bound()
        skipBlanks()
        let upperIsIncluded: Bool
        switch peek {
        case "]": upperIsIncluded = true
        case ")", "[": upperIsIncluded = false
        default: throw unexpected()
        }
        advance()
        let interval = Interval(lower: lower, lowerIsIncluded: lowerIsIncluded, upper: upper, upperIsIncluded: upperIsIncluded)
        guard !interval.isEmpty else { throw Fault(message: "the interval contains no number") }
        return .interval(interval)
    }

    private mutating func bound() throws(Fault) -> Double {
        guard type == .number else { throw Fault(message: "comparisons and intervals are for number columns; this one is \(type)") }
        guard let value = try literal() else { throw unexpected() }
        guard case .number(let number) = value else { throw Fault(message: "a comparison or interval needs a number") }
        return number
    }

    /// Nil when something else comes.
    private mutating func literal() throws(Fault) -> Value? {
        skipBlanks()
        if peek == "\"" { return try checked(.string(try quoted())) }
        if let peek, Self.isDigit(peek) || peek == "-" || peek == "." { return try checked(.number(try digits())) }
        for (word, value) in [("true", Value.boolean(true)), ("false", .boolean(false)), ("null", .null)] where take(word: word) {
            return try checked(value)
        }
        return nil
    }

    private func checked(_ value: Value) throws(Fault) -> Value {
        guard type.contains(value) else { throw Fault(message: "\(value.description.shortened) in a \(type) column") }
        return value
    }

    private mutating func quoted() throws(Fault) -> String {
        advance()
        var text = ""
        while let character = peek {
            advance()
            switch character {
            case "\"": return text
            case "\\":
                switch peek {
                case "\"": text.append("\"")
                case "\\": text.append("\\")
                case "n": text.append("\n")
                case "t": text.append("\t")
                default: throw Fault(message: "unknown escape in a text; \\\" \\\\ \\n and \\t are understood")
                }
                advance()
            default: text.append(character)
            }
        }
        throw Fault(message: "a text without its closing quotation mark")
    }

    private mutating func digits() throws(Fault) -> Double {
        let start = position
        if peek == "-" { advance() }
        skipDigits()
        // Two dots are an interval's, one is a decimal point.
        if peek == ".", position + 1 < characters.count, Self.isDigit(characters[position + 1]) {
            advance()
            skipDigits()
        }
        guard let number = Double(String(characters[start..<position])) else { throw unexpected() }
        guard number.magnitude <= 0x1p53 else { throw Fault(message: "numbers go up to 9007199254740992") }
        return number
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    private var peek: Character? { position < characters.count ? characters[position] : nil }

    private mutating func advance() { position += 1 }

    private mutating func skipDigits() {
        while let character = peek, Self.isDigit(character) { advance() }
    }

    private mutating func skipBlanks() {
        while let character = peek, character.isWhitespace { advance() }
    }

    private mutating func take(_ character: Character) -> Bool {
        skipBlanks()
        return takeAdjacent(character)
    }

    private mutating func takeAdjacent(_ character: Character) -> Bool {
        guard peek == character else { return false }
        advance()
        return true
    }

    private mutating func take(word: String) -> Bool {
        skipBlanks()
        let end = position + word.count
        guard end <= characters.count, characters[position..<end].elementsEqual(word),
            end == characters.count || !(characters[end].isLetter || characters[end].isNumber || characters[end] == "_")
        else { return false }
        position = end
        return true
    }

    private mutating func expect(_ character: Character) throws(Fault) {
        guard take(character) else { throw unexpected() }
    }

    private var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return position == characters.count
        }
    }

    private func unexpected() -> Fault {
        let place = position < characters.count ? "at \"\(characters[position])\"" : "at the end"
        return Fault(
            message: "not understood \(place); a cell is -, texts in quotation marks, numbers, true, false, null, "
                + "comparisons, intervals like [10..17], lists of these with commas, or not(…)")
    }
}
