/// A strict recursive-descent reader of RFC 8259 over bytes that are known to be UTF-8.
struct JSONReader {
    /// Ends the reading at a place that is not JSON, already noted.
    private struct Stop: Error {}

    private static let fewMembers = 16

    private let bytes: UnsafeRawBufferPointer
    private let limits: JSONLimits
    private var offset = 0
    private var values = 0
    private var faults: JSONFaultList
    private var place: Place

    private init(_ bytes: UnsafeRawBufferPointer, firstLine: Int, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        faults = JSONFaultList(limit: limits.faults)
        place = Place(line: firstLine)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, firstLine: Int, limits: JSONLimits) throws(JSONFaults) -> JSONValue {
        var reader = JSONReader(bytes, firstLine: firstLine, limits: limits)
        let value = try? reader.document()
        guard let value, reader.faults.count == 0 else { throw JSONFaults(reader.faults.faults) }
        return value
    }

    private mutating func document() throws(Stop) -> JSONValue {
        guard bytes.count <= limits.bytes else { throw stop("is longer than \(limits.bytes) bytes") }
        if let fault = UTF8Text.fault(in: bytes) {
            offset = fault.offset
            throw stop(fault.rule)
        }
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw stop("goes on after the end of the value") }
        return value
    }

    private mutating func value(depth: Int) throws(Stop) -> JSONValue {
        values += 1
        guard values <= limits.values else { throw stop("holds more than \(limits.values) values") }
        let position = place.advance(to: offset, in: bytes)
        guard let first = peek() else { throw stop("ends where a value is expected") }
        switch first {
        case UInt8(ascii: "{"): return JSONValue(.object(try object(depth: depth + 1)), position: position)
        case UInt8(ascii: "["): return JSONValue(.array(try array(depth: depth + 1)), position: position)
        case UInt8(ascii: "\""): return JSONValue(.string(try string()), position: position)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return JSONValue(.number(try number()), position: position)
        default: break
        }
        if take("true") { return JSONValue(.bool(true), position: position) }
        if take("false") { return JSONValue(.bool(false), position: position) }
        if take("null") { return JSONValue(.null, position: position) }
        throw stop("is not a JSON value: expected an object, an array, a string in double quotes, a number, true, false or null")
    }

    private mutating func object(depth: Int) throws(Stop) -> [JSONValue.Member] {
        guard depth <= limits.depth else { throw stop("is nested deeper than \(limits.depth) levels") }
        offset += 1
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        skipSpace()
        if take("}") { return members }
        while true {
            skipSpace()
            let position = place.advance(to: offset, in: bytes)
            guard peek() == UInt8(ascii: "\"") else { throw stop("expected a name in double quotes") }
            let name = try string()
            // A few names are compared faster than they are hashed.
            if members.count == Self.fewMembers { names.formUnion(members.map(\.name)) }
            let isNew = members.count < Self.fewMembers ? !members.contains { $0.name == name } : names.insert(name).inserted
            skipSpace()
            guard take(":") else { throw stop("expected a colon after the name") }
            skipSpace()
            if !isNew { faults.note(position, "is given more than once", path: FieldName.shown(name)) }
            let before = faults.count
            do {
                members.append(JSONValue.Member(name, try value(depth: depth), position: position))
                faults.prefix(from: before, FieldName.shown(name))
            } catch {
                faults.prefix(from: before, FieldName.shown(name))
                throw error
            }
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw stop("expected a comma or the end of the object") }
        }
    }

    private mutating func array(depth: Int) throws(Stop) -> [JSONValue] {
        guard depth <= limits.depth else { throw stop("is nested deeper than \(limits.depth) levels") }
        offset += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return elements }
        while true {
            skipSpace()
            let before = faults.count
            do {
                elements.append(try value(depth: depth))
                faults.prefix(from: before, "[\(elements.count - 1)]")
            } catch {
                faults.prefix(from: before, "[\(elements.count)]")
                throw error
            }
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw stop("expected a comma or the end of the array") }
        }
    }

    private mutating func number() throws(Stop) -> String {
        let start = offset
        while let byte = peek(), JSONNumber.mayContain(byte) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard JSONNumber.isNumber(text) else {
            offset = start
            throw stop("is not a number as JSON writes them")
        }
        return text
    }

    private mutating func string() throws(Stop) -> String {
        offset += 1
        var start = offset
        var decoded: [UInt8] = []
        while true {
            guard let byte = peek() else { throw stop("ends inside a string") }
            switch byte {
            case UInt8(ascii: "\""):
                defer { offset += 1 }
                if decoded.isEmpty { return String(decoding: bytes[start..<offset], as: UTF8.self) }
                decoded.append(contentsOf: bytes[start..<offset])
                return String(decoding: decoded, as: UTF8.self)
            case UInt8(ascii: "\\"):
                decoded.append(contentsOf: bytes[start..<offset])
                decoded.append(contentsOf: String(try escape()).utf8)
                start = offset
            case 0..<0x20: throw stop("has a control character inside a string: write it as an escape")
            default: offset += 1
            }
        }
    }

    private mutating func escape() throws(Stop) -> Unicode.Scalar {
        let position = place.advance(to: offset, in: bytes)
        offset += 1
        guard let byte = peek() else { throw stop("ends inside a string") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default:
            offset -= 2
            throw stop("has a backslash that does not start an escape")
        }
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xdc00, offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u") {
            let mark = offset
            offset += 2
            let second = try hexadecimal()
            if (0xdc00...0xdfff).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) {
                return scalar
            }
            offset = mark
        }
        faults.note(position, "has half of a surrogate pair: write both halves")
        return "\u{fffd}"
    }

    private mutating func hexadecimal() throws(Stop) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw stop("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }

    private func peek() -> UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    private mutating func take(_ literal: StaticString) -> Bool {
        let end = offset + literal.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        let matches = literal.withUTF8Buffer { $0.elementsEqual(bytes[offset..<end]) }
        if matches { offset = end }
        return matches
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
    }

    private mutating func stop(_ rule: String) -> Stop {
        faults.note(place.advance(to: offset, in: bytes), rule)
        return Stop()
    }
}

/// Turns offsets into positions, in the order of the text, so that the whole costs one pass.
private struct Place {
    private var position: JSONPosition
    private var offset = 0

    init(line: Int) {
        position = JSONPosition(line: line, column: 1)
    }

    mutating func advance(to target: Int, in bytes: UnsafeRawBufferPointer) -> JSONPosition {
        while offset < target {
            if bytes[offset] == 0x0a {
                position = JSONPosition(line: position.line + 1, column: 1)
            } else if bytes[offset] & 0xc0 != 0x80 {
                position.column += 1
            }
            offset += 1
        }
        return position
    }
}
