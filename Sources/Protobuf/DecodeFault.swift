/// One thing that is wrong with the bytes of a message. Never contains a value.
package struct DecodeFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The field, for example `referral.people[3].name`; empty for the message itself.
    package var path: String

    /// For people: the rule that was broken.
    package var rule: String

    package init(path: String, rule: String) {
        self.path = path
        self.rule = rule
    }

    package var description: String { path.isEmpty ? rule : "\(path): \(rule)" }
}

/// Everything that was found wrong with the bytes of a message: what `withDecoded` throws. Never empty.
package struct DecodeFaults: Error, Sendable, Equatable, CustomStringConvertible {
    /// In the order of the bytes, at most `DecodeLimits.faults` of them.
    package var faults: [DecodeFault]

    package init(_ faults: [DecodeFault]) {
        self.faults = faults
    }

    package var description: String { faults.map(\.description).joined(separator: "; ") }
}

/// What decoding one message may cost. Past a limit decoding throws `DecodeFaults`.
package struct DecodeLimits: Sendable {
    package static let `default` = DecodeLimits()

    /// Memory an unpacked message may take whatever its size on the wire, in bytes.
    package var arenaBytes: Int

    /// Memory an unpacked message may take on top of that, in bytes for each byte on the wire. Text takes one to two, a list
    /// of small messages up to ten; empty messages and fields nobody knows, as only hostile input has many of, take a hundred.
    package var arenaBytesPerByte: Int

    /// The deepest that `depth` can be set to: each level takes about 2 KiB of stack.
    package static let deepest = 100

    /// How many levels deep messages may be nested below the outermost, at most `deepest`.
    package var depth: Int

    /// How many faults are found before reading stops, at least 1.
    package var faults: Int

    package init(arenaBytes: Int = 1 << 20, arenaBytesPerByte: Int = 8, depth: Int = 32, faults: Int = 32) {
        self.arenaBytes = arenaBytes
        self.arenaBytesPerByte = arenaBytesPerByte
        self.depth = depth
        self.faults = faults
    }

    /// The memory that unpacking `count` bytes may take.
    func arenaCapacity(for count: Int) -> Int {
        let (variable, overflow) = count.multipliedReportingOverflow(by: arenaBytesPerByte)
        let (sum, overflowed) = arenaBytes.addingReportingOverflow(variable)
        return overflow || overflowed ? Int.max : sum
    }
}
