/// Numbers in the grammar of RFC 8259, section 6, as text.
enum JSONNumber {
    enum Fault: Error {
        case notWhole, outOfRange
    }

    /// Whether the byte can be part of a number.
    static func mayContain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
            UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// Whether the whole text is one number.
    static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let digits = takeDigits(&rest)
        guard digits == 1 || digits > 1 && !startsWithZero else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard takeDigits(&rest) > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            guard takeDigits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func takeDigits(_ rest: inout Substring.UTF8View) -> Int {
        let end = rest.firstIndex { !isDigit($0) } ?? rest.endIndex
        defer { rest = rest[end...] }
        return rest.distance(from: rest.startIndex, to: end)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The exact value of a number that is whole, however it is written: `1e3` is 1000.
    ///
    /// - Precondition: `isNumber(text)`.
    static func integer<Integer: FixedWidthInteger>(_ text: String) throws(Fault) -> Integer {
        var digits: [UInt8] = []
        var fraction = 0
        var exponent = 0
        var exponentIsNegative = false
        var part = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "."): part = 1
            case UInt8(ascii: "e"), UInt8(ascii: "E"): part = 2
            case UInt8(ascii: "-"): exponentIsNegative = part == 2
            case UInt8(ascii: "+"): break
            default:
                if part == 2 {
                    // Past this nothing but zero fits, and zero has no digits.
                    exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), 1 << 40)
                } else {
                    if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
                    fraction += part
                }
            }
        }
        if digits.isEmpty { return 0 }
        var power = (exponentIsNegative ? -exponent : exponent) - fraction
        while power < 0, digits.last == 0 {
            digits.removeLast()
            power += 1
        }
        guard power >= 0 else { throw .notWhole }
        // No 64-bit integer has more than 20 digits.
        guard digits.count + power <= 20 else { throw .outOfRange }
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        var value: Integer = 0
        for digit in digits + Array(repeating: 0, count: power) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) =
                isNegative ? product.subtractingReportingOverflow(Integer(digit)) : product.addingReportingOverflow(Integer(digit))
            guard !overflow, !overflowed else { throw .outOfRange }
            value = sum
        }
        return value
    }
}
