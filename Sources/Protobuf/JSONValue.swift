/// A JSON value that remembers where in a text it was read.
///
/// Numbers are kept as written, so that 64-bit integers stay exact; objects keep the order of their members. Two values
/// are equal if they say the same, wherever they were read.
package struct JSONValue: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case null
        case bool(Bool)
        /// A number in the grammar of RFC 8259, section 6.
        case number(String)
        case string(String)
        case array([JSONValue])
        case object([Member])
    }

    package struct Member: Sendable, Equatable {
        package var name: String
        package var position: JSONPosition
        package var value: JSONValue

        package init(_ name: String, _ value: JSONValue, position: JSONPosition = .none) {
            self.name = name
            self.value = value
            self.position = position
        }

        package static func == (left: Self, right: Self) -> Bool {
            left.name == right.name && left.value == right.value
        }
    }

    package var content: Content
    package var position: JSONPosition

    package init(_ content: Content, position: JSONPosition = .none) {
        self.content = content
        self.position = position
    }

    /// Reads a text that holds one value and nothing else but white space.
    ///
    /// Strict RFC 8259 with these rules on top: a name may be given once in an object, and `\u` escapes must pair up to
    /// Unicode scalars.
    ///
    /// - Parameter firstLine: the number of the first line, for a text that is a line of something larger.
    /// - Throws: `JSONFaults`: everything up to and including the first place that is not JSON at all.
    package init(
        parsing text: some Collection<UInt8>, firstLine: Int = 1, limits: JSONLimits = .default
    ) throws(JSONFaults) {
        let result: Result<JSONValue, JSONFaults>? = text.withContiguousStorageIfAvailable { bytes in
            Self.parse(UnsafeRawBufferPointer(bytes), firstLine, limits)
        }
        self = try (result ?? Array(text).withUnsafeBytes { Self.parse($0, firstLine, limits) }).get()
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, _ firstLine: Int, _ limits: JSONLimits) -> Result<JSONValue, JSONFaults> {
        Result { () throws(JSONFaults) in try JSONReader.read(bytes, firstLine: firstLine, limits: limits) }
    }

    /// Reads a text that holds one value and nothing else but white space.
    ///
    /// - Throws: `JSONFaults`.
    package init(parsing text: String, firstLine: Int = 1, limits: JSONLimits = .default) throws(JSONFaults) {
        try self.init(parsing: text.utf8, firstLine: firstLine, limits: limits)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.content == right.content
    }
}

extension JSONValue {
    package static func string(_ text: String) -> JSONValue { JSONValue(.string(text)) }
    package static func number(_ number: some BinaryInteger) -> JSONValue { JSONValue(.number(String(number))) }
    package static func bool(_ value: Bool) -> JSONValue { JSONValue(.bool(value)) }
    package static func array(_ values: [JSONValue]) -> JSONValue { JSONValue(.array(values)) }
    package static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        JSONValue(.object(members.map { Member($0.key, $0.value) }))
    }

    /// The member of that name, nil if there is none or this is not an object.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.name == name }?.value
    }

    var isNull: Bool {
        if case .null = content { true } else { false }
    }

    /// The text of a string.
    package var string: String? {
        if case .string(let text) = content { text } else { nil }
    }

    /// The exact value of a whole number in range, or of a string that holds one, as proto3 JSON writes 64-bit integers.
    package func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer? {
        switch content {
        case .number(let text): try? JSONNumber.integer(text)
        case .string(let text): JSONNumber.isNumber(text) ? try? JSONNumber.integer(text) : nil
        default: nil
        }
    }

    /// For people: what kind of value this is.
    var kind: String {
        switch content {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
