/// A value of a decision table.
///
/// Numbers are IEEE 754 doubles: every whole number up to 2⁵³ is exact. Texts are the same when they look the same: an "å" is equal
/// however it is composed in Unicode.
public enum Value: Hashable, Sendable, CustomStringConvertible {
    case string(String)
    case number(Double)
    case boolean(Bool)
    /// Not known, or nothing.
    case null

    /// As a table writes it: `"text"`, `17`, `true`, `null`.
    public var description: String {
        switch self {
        case .string(let text): "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
        case .number(let number): Int64(exactly: number).map(String.init) ?? String(number)
        case .boolean(let truth): truth ? "true" : "false"
        case .null: "null"
        }
    }

    /// The text of a string; nil for anything else.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

/// What the values of a column are.
public enum ValueType: String, Sendable {
    case string, number, boolean

    /// Null belongs to every type; infinity and what is not a number belong to none.
    public func contains(_ value: Value) -> Bool {
        switch (self, value) {
        case (_, .null), (.string, .string), (.boolean, .boolean): true
        case (.number, .number(let number)): number.isFinite
        default: false
        }
    }
}
