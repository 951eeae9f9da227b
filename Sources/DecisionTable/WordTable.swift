/// Finds a text among those that occur in a column: by its bytes, and only where these differ by what Unicode says is the same.
struct WordTable: Sendable {
    private struct Slot: Sendable {
        var hash: UInt64 = 0
        /// Of its bytes.
        var range = 0..<0
        /// Below zero when the slot is free.
        var place = -1
    }

    private let slots: [Slot]
    private let bytes: [UInt8]
    private let known: [String: Int]
    /// Then a text of ASCII that is not here byte by byte is not here at all.
    private let isASCII: Bool

    /// - Parameter known: each text with its place, from 0.
    init(_ known: [String: Int]) {
        var size = 4
        while size < known.count * 2 { size *= 2 }
        var slots = [Slot](repeating: Slot(), count: size)
        var bytes: [UInt8] = []
        for (text, place) in known {
            let start = bytes.count
            bytes += text.utf8
            let hash = bytes.withUnsafeBytes { Self.hash(UnsafeRawBufferPointer(rebasing: $0[start...])) }
            var index = Int(truncatingIfNeeded: hash) & (size - 1)
            while slots[index].place >= 0 { index = (index + 1) & (size - 1) }
            slots[index] = Slot(hash: hash, range: start..<bytes.count, place: place)
        }
        self.slots = slots
        self.bytes = bytes
        self.known = known
        isASCII = known.keys.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }
    }

    /// How many texts there are for one that is not among them.
    func place(of text: String) -> Int {
        let place = text.utf8.withContiguousStorageIfAvailable { find(UnsafeRawBufferPointer($0)) } ?? nil
        if let place { return place }
        return known[text] ?? known.count
    }

    /// Nil when the bytes alone do not say.
    private func find(_ text: UnsafeRawBufferPointer) -> Int? {
        let hash = Self.hash(text)
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[index].place >= 0 {
            if slots[index].hash == hash, slots[index].range.count == text.count, isSame(text, slots[index].range) {
                return slots[index].place
            }
            index = (index + 1) & (slots.count - 1)
        }
        return isASCII && text.allSatisfy { $0 < 0x80 } ? known.count : nil
    }

    private func isSame(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset + 8 <= text.count {
                let (left, right) = (
                    text.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: range.lowerBound + offset, as: UInt64.self)
                )
                if left != right { return false }
                offset += 8
            }
            while offset < text.count {
                if text[offset] != bytes[range.lowerBound + offset] { return false }
                offset += 1
            }
            return true
        }
    }

    /// Of the length and both ends, which is enough to tell the words of a table apart; the words are compared besides.
    private static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        var first: UInt64 = 0
        var last: UInt64 = 0
        if text.count >= 8 {
            first = text.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            last = text.loadUnaligned(fromByteOffset: text.count - 8, as: UInt64.self)
        } else {
            for byte in text { first = first << 8 | UInt64(byte) }
        }
        let mixed = (first ^ (last &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(text.count)) &* 0xBF58_476D_1CE4_E5B9
        return mixed ^ (mixed >> 32)
    }
}
