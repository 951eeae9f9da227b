/// Keyed digest of a message's content: tells whether a repeated message is the same, and stays as proof after the content is erased.
public struct ContentDigest: Hashable, Codable, Sendable, CustomStringConvertible {
    /// 32 bytes in lower-case hexadecimal.
    public let description: String

    public init(hexadecimal: String) { description = hexadecimal }

    public init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
