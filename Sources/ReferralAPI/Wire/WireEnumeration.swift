import CProtobufC

/// A controlled list that has a number and a name on the wire. Zero means "not said" there; only a list that can say so itself maps it.
protocol WireEnumeration: CaseIterable, Equatable, Sendable {
    associatedtype Wire: RawRepresentable where Wire.RawValue == UInt32

    var wire: Wire { get }
    static var numbering: WireNumbering<Self> { get }
}

/// The way back from the numbers of the wire, and the names for people.
struct WireNumbering<Value: WireEnumeration>: Sendable {
    /// The member for each number from zero.
    private let members: [Value?]
    /// The names of all members, as in the contract: `ROLE_VICTIM, ROLE_WITNESS`.
    let names: String

    /// Follows from `wire`, so that the two directions cannot disagree.
    init(_ descriptor: ProtobufCEnumDescriptor) {
        let numbered = Value.allCases.map { (number: Int($0.wire.rawValue), member: $0) }
        var members = [Value?](repeating: nil, count: (numbered.map(\.number).max() ?? 0) + 1)
        for (number, member) in numbered { members[number] = member }
        self.members = members
        let values = UnsafeBufferPointer(start: descriptor.values, count: Int(descriptor.n_values))
        names = values.filter { $0.value != 0 }.map { String(cString: $0.name) }.joined(separator: ", ")
    }

    /// Nil for zero and for a number that the contract does not have.
    func member(_ wire: Value.Wire) -> Value? {
        let number = wire.rawValue
        return number < UInt32(members.count) ? members[Int(number)] : nil
    }

    /// The mapped numbers, for comparing with the contract.
    var count: Int { members.count { $0 != nil } }
}
