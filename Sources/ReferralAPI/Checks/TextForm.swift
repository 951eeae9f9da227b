/// The forms of texts, as scans over UTF-8 bytes: a regular expression would take longer than everything else about a message.
enum TextForm {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// What can be said of any text.
    struct Content {
        /// Unicode scalars.
        var characters = 0
        /// Something to see: not only white space.
        var isVisible = false
        /// C0 and C1 controls and DEL, save those that were allowed.
        var hasControls = false
    }

    /// - Parameter multiline: tabs and line ends are no faults.
    static func content(of text: Bytes, multiline: Bool) -> Content {
        var content = Content()
        var previous: UInt8 = 0
        var isASCII = true
        for byte in text {
            if byte & 0b1100_0000 != 0b1000_0000 { content.characters += 1 }
            if byte > 0x20, byte < 0x7F {
                content.isVisible = true
            } else if byte < 0x20 || byte == 0x7F {
                let isLayout = byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
                if !(multiline && isLayout) { content.hasControls = true }
            } else if byte >= 0x80 {
                isASCII = false
                // U+0080 to U+009F
                if previous == 0xC2, byte < 0xA0 { content.hasControls = true }
            }
            previous = byte
        }
        if !content.isVisible, !isASCII {
            content.isVisible = String(decoding: text, as: UTF8.self).unicodeScalars.contains { !$0.properties.isWhitespace }
        }
        return content
    }

    /// 1 to `limit` characters from `!` to `~`.
    static func isVisibleASCII(_ text: Bytes, limit: Int) -> Bool {
        (1...limit).contains(text.count) && text.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    static func isFourDigits(_ text: Bytes) -> Bool {
        text.count == 4 && text.allSatisfy(isDigit)
    }

    /// E.164: `+`, then 7 to 15 digits of which the first is not 0.
    static func isPhone(_ text: Bytes) -> Bool {
        (8...16).contains(text.count) && text[0] == UInt8(ascii: "+") && text[1] != UInt8(ascii: "0")
            && text.dropFirst().allSatisfy(isDigit)
    }

    /// `local@domain` with at most 254 bytes (RFC 5321 with the addresses of RFC 6531): no white space, controls, quotes or brackets,
    /// one `@` with up to 64 bytes before it, and a domain of two or more labels.
    static func isEmail(_ text: Bytes) -> Bool {
        guard text.count <= 254, let at = text.firstIndex(of: UInt8(ascii: "@")), (1...64).contains(at) else { return false }
        let local = text[..<at]
        guard local.allSatisfy({ isLetterOrDigit($0) || $0 >= 0x80 || localMarks.contains($0) }) else { return false }
        var labels = 0
        var start = at + 1
        for index in start...text.count {
            guard index == text.count || text[index] == UInt8(ascii: ".") else { continue }
            guard isDomainLabel(text[start..<index]) else { return false }
            labels += 1
            start = index + 1
        }
        return labels >= 2
    }

    private static func isDomainLabel(_ label: Slice<Bytes>) -> Bool {
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            && label.allSatisfy { isLetterOrDigit($0) || $0 >= 0x80 || $0 == UInt8(ascii: "-") }
    }

    private static let localMarks = Set("!#$%&'*+-/=?^_`{|}~.".utf8)

    /// A language of two or three letters, then subtags of 1 to 8 letters or digits (RFC 5646); at most 35 characters.
    static func isLanguageTag(_ text: Bytes) -> Bool {
        guard (2...35).contains(text.count) else { return false }
        var length = 0
        var isFirst = true
        for byte in text {
            if byte == UInt8(ascii: "-") {
                guard length >= (isFirst ? 2 : 1) else { return false }
                length = 0
                isFirst = false
            } else {
                length += 1
                guard isFirst ? length <= 3 && isLetter(byte) : length <= 8 && isLetterOrDigit(byte) else { return false }
            }
        }
        return length >= (isFirst ? 2 : 1)
    }

    /// 1 to 64 of `a` to `z`, `å`, `ä`, `ö`, digits and hyphens.
    static func isDistrict(_ text: Bytes) -> Bool {
        var characters = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")) || isDigit(byte) || byte == UInt8(ascii: "-") {
                index += 1
            } else if byte == 0xC3, index + 1 < text.count, text[index + 1] == 0xA5 || text[index + 1] == 0xA4 || text[index + 1] == 0xB6 {
                index += 2
            } else {
                return false
            }
            characters += 1
        }
        return (1...64).contains(characters)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
}
