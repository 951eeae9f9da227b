/// A part of the program that reads what others wrote, with the rules that hold whatever they wrote.
package struct FuzzTarget: Sendable, CustomStringConvertible {
    package let name: String
    /// Feeds the bytes to the part.
    /// - Throws: `BrokenRule`.
    package let run: @Sendable ([UInt8]) throws -> Void

    package var description: String { name }

    package static let all = [
        frames, envelopes, serverConnection, clientConnection, messages, referrals, json, decisionModel,
    ]
}

/// Something held that must not, for some input.
package struct BrokenRule: Error, CustomStringConvertible {
    package let description: String
}

func require(_ condition: Bool, _ rule: @autoclosure () -> String) throws {
    guard condition else { throw BrokenRule(description: rule()) }
}

/// Gives out the bytes of an input as the choices of a test; zero when they are used up.
struct Choices {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// 0 up to but not including `count`.
    mutating func number(below count: Int) -> Int { Int(byte()) % count }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8> {
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func remaining() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
