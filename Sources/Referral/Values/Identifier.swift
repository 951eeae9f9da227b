/// An identifier that is text: compared, stored and shown, never taken apart.
public protocol Identifier: RawRepresentable, Hashable, Codable, Sendable, Comparable, CustomStringConvertible
where RawValue == String {
    init(rawValue: String)
}

extension Identifier {
    public init(_ rawValue: String) { self.init(rawValue: rawValue) }
    public var description: String { rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The exchange's own id of a referral.
public struct ReferralID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The exchange's own id of an assignment. Says nothing of the referral it belongs to nor of when it was made, so that two organisations
/// that serve one person cannot join their cases by it.
public struct AssignmentID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The sender's own id of a message; unique per sender for ever.
public struct MessageID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// An organisation in the directory, as in its certificate: `bojen-sodra-stockholm`.
public struct OrganisationID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A unit of an organisation, as in its certificate.
public struct UnitID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// Who acts: a unit of an organisation, as its certificate says.
public struct Participant: Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
    public let organisation: OrganisationID
    public let unit: UnitID

    public init(organisation: OrganisationID, unit: UnitID) {
        self.organisation = organisation
        self.unit = unit
    }

    /// `organisation/unit`
    public var description: String { "\(organisation)/\(unit)" }

    public static func < (left: Participant, right: Participant) -> Bool {
        (left.organisation, left.unit) < (right.organisation, right.unit)
    }
}

/// Source of new identifiers; a parameter of everything that makes them.
public struct IdentifierSource: Sendable {
    private let bits: @Sendable () -> UInt64

    /// - Parameter bits: uniformly distributed 64-bit numbers.
    public init(bits: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }) {
        self.bits = bits
    }

    /// 26 characters of Crockford's base 32: 48 bits of time, so that new ids sort last, and 80 random bits.
    public func next(at now: Instant) -> String {
        let time = UInt64(clamping: now.milliseconds) & 0xFFFF_FFFF_FFFF
        return Self.text((UInt128(time) << 80) | (UInt128(bits() & 0xFFFF) << 64) | UInt128(bits()))
    }

    /// 26 characters of Crockford's base 32: 128 random bits.
    public func random() -> String {
        Self.text((UInt128(bits()) << 64) | UInt128(bits()))
    }

    private static func text(_ number: UInt128) -> String {
        var value = number
        var characters = [UInt8](repeating: 0, count: 26)
        for index in stride(from: 25, through: 0, by: -1) {
            characters[index] = alphabet[Int(value & 31)]
            value >>= 5
        }
        return String(decoding: characters, as: UTF8.self)
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}
