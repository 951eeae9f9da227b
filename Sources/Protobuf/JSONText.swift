extension JSONValue {
    /// The value as a text in UTF-8: compact on one line, or pretty with an indentation of two spaces. The same value gives
    /// the same text, always.
    package func utf8(pretty: Bool = false) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty)
        writer.write(self, indentation: 0)
        return writer.text
    }

    /// The value as a text: compact on one line, or pretty with an indentation of two spaces.
    package func text(pretty: Bool = false) -> String {
        String(decoding: utf8(pretty: pretty), as: UTF8.self)
    }
}

private struct JSONWriter {
    var text: [UInt8] = []
    let pretty: Bool

    init(pretty: Bool) {
        self.pretty = pretty
    }

    mutating func write(_ value: JSONValue, indentation: Int) {
        switch value.content {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(let number): append(number)
        case .string(let string): write(string)
        case .array(let elements):
            list("[", "]", elements, indentation) { writer, element, indentation in
                writer.write(element, indentation: indentation)
            }
        case .object(let members):
            list("{", "}", members, indentation) { writer, member, indentation in
                writer.write(member.name)
                writer.append(writer.pretty ? ": " : ":")
                writer.write(member.value, indentation: indentation)
            }
        }
    }

    private mutating func list<Item>(
        _ start: String, _ end: String, _ items: [Item], _ indentation: Int, _ write: (inout JSONWriter, Item, Int) -> Void
    ) {
        append(start)
        for (index, item) in items.enumerated() {
            if index > 0 { append(",") }
            newLine(indentation + 1)
            write(&self, item, indentation + 1)
        }
        if !items.isEmpty { newLine(indentation) }
        append(end)
    }

    private mutating func newLine(_ indentation: Int) {
        guard pretty else { return }
        append("\n")
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indentation))
    }

    private mutating func append(_ string: String) {
        text.append(contentsOf: string.utf8)
    }

    /// Control characters are escaped, also those that JSON lets through: the text may end up on a terminal.
    private mutating func write(_ string: String) {
        append("\"")
        var rest = string.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20, 0x7f: escape(byte)
            case 0xc2:
                // U+0080 to U+009F are the two bytes C2 80 to C2 9F, with the scalar's value in the second.
                if let second = rest.first, second < 0xa0 {
                    rest.removeFirst()
                    escape(second)
                } else {
                    text.append(byte)
                }
            default: text.append(byte)
            }
        }
        append("\"")
    }

    private mutating func escape(_ value: UInt8) {
        append(value < 0x10 ? "\\u000" : "\\u00")
        append(String(value, radix: 16))
    }
}
