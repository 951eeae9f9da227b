/// Reads the words of FEEL, with blanks and comments between them passed over.
struct FEELScanner {
    struct Fault: Error {
        let message: String
    }

    let characters: [Character]
    var position = 0

    init(_ text: String) { characters = Array(text) }

    var peek: Character? { position < characters.count ? characters[position] : nil }

    var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return position == characters.count
        }
    }

    func character(_ offset: Int) -> Character? {
        position + offset < characters.count ? characters[position + offset] : nil
    }

    mutating func skipBlanks() {
        while let character = peek {
            if character.isWhitespace {
                position += 1
            } else if character == "/", self.character(1) == "/" {
                while let character = peek, !character.isNewline { position += 1 }
            } else if character == "/", self.character(1) == "*" {
                position += 2
                while peek != nil, !(peek == "*" && self.character(1) == "/") { position += 1 }
                position = min(position + 2, characters.count)
            } else {
                return
            }
        }
    }

    /// Takes exactly these characters.
    mutating func take(_ symbol: String) -> Bool {
        skipBlanks()
        guard position + symbol.count <= characters.count, characters[position..<position + symbol.count].elementsEqual(symbol) else {
            return false
        }
        position += symbol.count
        return true
    }

    /// Takes a word that does not go on.
    mutating func take(word: String) -> Bool {
        skipBlanks()
        let end = position + word.count
        guard end <= characters.count, characters[position..<end].elementsEqual(word), !goesOn(at: end) else { return false }
        position = end
        return true
    }

    /// Takes a name whose words are separated by any blanks, and which does not go on.
    mutating func take(name: [Character]) -> Bool {
        skipBlanks()
        var place = position
        for character in name {
            if character == " " {
                guard place < characters.count, characters[place].isWhitespace else { return false }
                while place < characters.count, characters[place].isWhitespace { place += 1 }
            } else {
                guard place < characters.count, characters[place] == character else { return false }
                place += 1
            }
        }
        guard let last = name.last, !(Self.isNamePart(last) && goesOn(at: place)) else { return false }
        position = place
        return true
    }

    /// Takes one word of a name.
    mutating func identifier() -> String? {
        skipBlanks()
        guard let first = peek, Self.isNameStart(first) else { return nil }
        let start = position
        while let character = peek, Self.isNamePart(character) { position += 1 }
        return String(characters[start..<position])
    }

    static func isNameStart(_ character: Character) -> Bool {
        character.isLetter || character == "_" || character.unicodeScalars.first?.properties.isEmojiPresentation ?? false
    }

    static func isNamePart(_ character: Character) -> Bool {
        isNameStart(character) || character.isNumber || character == "?"
    }

    private func goesOn(at place: Int) -> Bool { place < characters.count && Self.isNamePart(characters[place]) }

    /// `12`, `12.5`, `.5`, `1e-3`; nil when no number begins here.
    mutating func number() throws(Fault) -> FEELNumber? {
        skipBlanks()
        let start = position
        skipDigits()
        // Two dots are an interval's, one is a decimal point.
        if peek == ".", let next = character(1), Self.isDigit(next) {
            position += 1
            skipDigits()
        }
        guard position > start else { return nil }
        if peek == "e" || peek == "E" {
            let sign = character(1) == "+" || character(1) == "-" ? 1 : 0
            if let digit = character(1 + sign), Self.isDigit(digit) {
                position += 1 + sign
                skipDigits()
            }
        }
        guard let number = FEELNumber(String(characters[start..<position])) else { throw Fault(message: "the number is too large") }
        return number
    }

    static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    private mutating func skipDigits() {
        while let character = peek, Self.isDigit(character) { position += 1 }
    }

    /// A text in quotation marks; nil when none begins here.
    mutating func quoted() throws(Fault) -> String? {
        skipBlanks()
        guard peek == "\"" else { return nil }
        position += 1
        var text = ""
        while let character = peek {
            position += 1
            switch character {
            case "\"": return text
            case "\\": text.unicodeScalars.append(contentsOf: try escaped())
            default: text.append(character)
            }
        }
        throw Fault(message: "a text without its closing quotation mark")
    }

    private mutating func escaped() throws(Fault) -> [Unicode.Scalar] {
        let character = peek
        position += 1
        switch character {
        case "\"": return ["\""]
        case "\\": return ["\\"]
        case "'": return ["'"]
        case "n": return ["\n"]
        case "r": return ["\r"]
        case "t": return ["\t"]
        case "u", "U":
            guard var code = hexadecimal(character == "u" ? 4 : 6) else { break }
            // Two halves of a character beyond 16 bits.
            if (0xD800..<0xDC00).contains(code), peek == "\\", self.character(1) == "u" {
                position += 2
                guard let low = hexadecimal(4), (0xDC00..<0xE000).contains(low) else { break }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { break }
            return [scalar]
        default: break
        }
        throw Fault(message: "unknown escape in a text; \\\" \\\\ \\n \\r \\t \\' \\uXXXX and \\UXXXXXX are understood")
    }

    private mutating func hexadecimal(_ count: Int) -> UInt32? {
        guard position + count <= characters.count else { return nil }
        let digits = characters[position..<position + count]
        guard digits.allSatisfy(\.isHexDigit), let code = UInt32(String(digits), radix: 16) else { return nil }
        position += count
        return code
    }

    func unexpected() -> Fault {
        Fault(message: "not understood " + (position < characters.count ? "at \"\(characters[position])\"" : "at the end"))
    }
}
