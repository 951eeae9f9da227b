/// Writes an `Encodable` value as JSON text, in one pass and always in the order in which the value names its parts.
///
/// Foundation's encoder builds a tree first and takes longer over one submission than SQLite does over its rows. What this writes,
/// Foundation's decoder reads.
final class JSONWriter {
    // An access is one call of a method that calls nothing outside its struct, so two never overlap. The check at run time would take a
    // quarter of the whole time.
    @exclusivity(unchecked) fileprivate var output = JSONOutput()

    /// - Throws: `EncodingError` for a number that JSON cannot express.
    static func text(_ value: some Encodable) throws -> String {
        let writer = JSONWriter()
        try writer.write(value)
        return String(decoding: writer.output.bytes, as: UTF8.self)
    }

    fileprivate func write(_ value: some Encodable) throws {
        let start = output.position
        try value.encode(to: self)
        output.finish(from: start)
    }
}

/// The text so far and the containers that are open.
private struct JSONOutput {
    private(set) var bytes: [UInt8] = []
    /// What closes the open containers, outermost first. A container has been left when one outside it goes on.
    private var closing: [UInt8] = []

    init() { bytes.reserveCapacity(2_048) }

    var position: (byte: Int, depth: Int) { (bytes.count, closing.count) }

    mutating func open(_ start: UInt8, _ end: UInt8) -> Int {
        bytes.append(start)
        closing.append(end)
        return closing.count
    }

    /// Leaves every container inside the one at `depth`.
    private mutating func close(to depth: Int) {
        while closing.count > depth, let end = closing.popLast() { bytes.append(end) }
    }

    /// Makes ready for the next part of the container at `depth`.
    mutating func separate(at depth: Int) {
        close(to: depth)
        // No value ends like a container begins, so after such a byte this is the first part.
        if let last = bytes.last, last != ASCII.brace, last != ASCII.bracket { bytes.append(ASCII.comma) }
    }

    mutating func write(key: String, at depth: Int) {
        separate(at: depth)
        write(key)
        bytes.append(ASCII.colon)
    }

    /// Ends a value; one that has written nothing is an empty object.
    mutating func finish(from start: (byte: Int, depth: Int)) {
        close(to: start.depth)
        if bytes.count == start.byte { write(plain: "{}") }
    }

    mutating func write(_ text: String) {
        bytes.append(ASCII.quote)
        var text = text
        text.withUTF8 { characters in
            if characters.contains(where: { $0 < 0x20 || $0 == ASCII.quote || $0 == ASCII.backslash }) {
                for character in characters { writeEscaped(character) }
            } else {
                bytes.append(contentsOf: characters)
            }
        }
        bytes.append(ASCII.quote)
    }

    private mutating func writeEscaped(_ character: UInt8) {
        switch character {
        case ASCII.quote, ASCII.backslash:
            bytes.append(ASCII.backslash)
            bytes.append(character)
        case 0..<0x20:
            write(plain: character < 0x10 ? "\\u000" : "\\u00")
            write(plain: String(character, radix: 16))
        default: bytes.append(character)
        }
    }

    mutating func write(plain text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func write(_ number: some BinaryFloatingPoint & LosslessStringConvertible) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(number, .init(codingPath: [], debugDescription: "JSON has no number that is not finite"))
        }
        write(plain: number.description)
    }
}

/// The characters that JSON is built of.
private enum ASCII {
    static let quote = UInt8(ascii: "\"")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let bracket = UInt8(ascii: "[")
    static let backslash = UInt8(ascii: "\\")
    static let bracketEnd = UInt8(ascii: "]")
    static let brace = UInt8(ascii: "{")
    static let braceEnd = UInt8(ascii: "}")
}

extension JSONWriter: Encoder, SingleValueEncodingContainer {
    // Empty: an error names no place, and the one error there is cannot come from an event.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Keyed(writer: self, depth: output.open(ASCII.brace, ASCII.braceEnd)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        Unkeyed(writer: self, depth: output.open(ASCII.bracket, ASCII.bracketEnd))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { output.write(plain: "null") }
    func encode(_ value: Bool) { output.write(plain: value ? "true" : "false") }
    func encode(_ value: String) { output.write(value) }
    func encode(_ value: Double) throws { try output.write(value) }
    func encode(_ value: Float) throws { try output.write(value) }
    func encode(_ value: Int) { output.write(plain: value.description) }
    func encode(_ value: Int8) { output.write(plain: value.description) }
    func encode(_ value: Int16) { output.write(plain: value.description) }
    func encode(_ value: Int32) { output.write(plain: value.description) }
    func encode(_ value: Int64) { output.write(plain: value.description) }
    func encode(_ value: UInt) { output.write(plain: value.description) }
    func encode(_ value: UInt8) { output.write(plain: value.description) }
    func encode(_ value: UInt16) { output.write(plain: value.description) }
    func encode(_ value: UInt32) { output.write(plain: value.description) }
    func encode(_ value: UInt64) { output.write(plain: value.description) }
    func encode(_ value: some Encodable) throws { try write(value) }
}

/// The keyed container at `depth`. Everything that is neither text nor a container goes by the generic method: a standard type encodes
/// itself into a single value.
private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    let depth: Int

    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: Key) -> JSONWriter {
        writer.output.write(key: key.stringValue, at: depth)
        return writer
    }

    func encodeNil(forKey key: Key) { begin(key).encodeNil() }
    func encode(_ value: String, forKey key: Key) { begin(key).output.write(value) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try begin(key).write(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        begin(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { begin(key).unkeyedContainer() }

    func superEncoder(forKey key: Key) -> any Encoder { begin(key) }

    func superEncoder() -> any Encoder {
        writer.output.write(key: "super", at: depth)
        return writer
    }
}

private struct Unkeyed: UnkeyedEncodingContainer {
    let writer: JSONWriter
    let depth: Int
    private(set) var count = 0

    init(writer: JSONWriter, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func begin() -> JSONWriter {
        writer.output.separate(at: depth)
        count += 1
        return writer
    }

    mutating func encodeNil() { begin().encodeNil() }
    mutating func encode(_ value: some Encodable) throws { try begin().write(value) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        begin().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { begin().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder { begin() }
}
