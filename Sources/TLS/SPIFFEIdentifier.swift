/// The name of a participant: `spiffe://<trust domain>/<organisation>/<unit>`.
///
/// A strict subset of the SPIFFE identifier standard: exactly two path segments, no port, query, fragment or percent escapes, so that
/// each participant has one spelling.
public struct SPIFFEIdentifier: Hashable, Sendable, CustomStringConvertible {
    /// The authority that names organisations: lower-case letters, digits, dot, underscore and hyphen, at most 255 bytes.
    public let trustDomain: String
    /// The first path segment: letters, digits, dot, underscore and hyphen, but neither `.` nor `..`.
    public let organisation: String
    /// The second path segment, of the same form.
    public let unit: String

    /// The length that the standard allows, in bytes.
    static let maximumLength = 2048

    /// Parses `text`; nil when it is not exactly of the form above.
    public init?(_ text: String) {
        self.init(bytes: text.utf8)
    }

    init?(bytes: some Collection<UInt8>) {
        let scheme = "spiffe://".utf8
        guard bytes.count <= Self.maximumLength, bytes.starts(with: scheme) else { return nil }
        let parts = bytes.dropFirst(scheme.count).split(separator: UInt8(ascii: "/"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count <= 255, Self.isTrustDomain(parts[0]), Self.isSegment(parts[1]), Self.isSegment(parts[2])
        else { return nil }
        trustDomain = String(decoding: parts[0], as: UTF8.self)
        organisation = String(decoding: parts[1], as: UTF8.self)
        unit = String(decoding: parts[2], as: UTF8.self)
    }

    public var description: String { "spiffe://\(trustDomain)/\(organisation)/\(unit)" }

    private static func isTrustDomain(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isLowerCase($0) || isDigit($0) || isMark($0) }
    }

    private static func isSegment(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isLowerCase($0) || isUpperCase($0) || isDigit($0) || isMark($0) }
            && !bytes.elementsEqual(".".utf8) && !bytes.elementsEqual("..".utf8)
    }

    private static func isLowerCase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isUpperCase(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
