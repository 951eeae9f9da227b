/// Finds a text among those that occur in a column: by its bytes, and only where these differ by what Unicode says is the same.
///
/// The words of all columns lie in the same arrays, so that looking one up neither counts references nor copies.
struct WordTable: Sendable {
    private struct Slot: Sendable {
        var hash: UInt64 = 0
        /// Of its bytes.
        var start = 0
        var count = 0
        /// Below zero when the slot is free.
        var place = -1
    }

    private struct Column: Sendable {
        let firstSlot: Int
        /// One less than its slots, whose number is a power of two.
        let mask: Int
        /// How many words it has.
        let count: Int
        /// Then a text of ASCII that is not here byte by byte is not here at all.
        let isASCII: Bool
    }

    private let columns: [Column]
    private let slots: [Slot]
    private let bytes: [UInt8]
    private let known: [[String: Int]]

    /// - Parameter known: by column: each text with its place, from 0.
    init(_ known: [[String: Int]]) {
        var columns: [Column] = []
        var slots: [Slot] = []
        var bytes: [UInt8] = []
        for words in known {
            var size = 2
            while size < words.count * 2 { size *= 2 }
            columns.append(
                Column(
                    firstSlot: slots.count, mask: size - 1, count: words.count,
                    isASCII: words.keys.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }))
            var own = [Slot](repeating: Slot(), count: size)
            for (text, place) in words {
                let start = bytes.count
                bytes += text.utf8
                let hash = bytes.withUnsafeBytes { Self.hash(UnsafeRawBufferPointer(rebasing: $0[start...])) }
                var index = Int(truncatingIfNeeded: hash) & (size - 1)
                while own[index].place >= 0 { index = (index + 1) & (size - 1) }
                own[index] = Slot(hash: hash, start: start, count: bytes.count - start, place: place)
            }
            slots += own
        }
        self.columns = columns
        self.slots = slots
        self.bytes = bytes
        self.known = known
    }

    /// How many words the column has for a text that is not among them.
    func place(of text: String, column: Int) -> Int {
        let place = text.utf8.withContiguousStorageIfAvailable { find(UnsafeRawBufferPointer($0), column) } ?? nil
        if let place { return place }
        return known[column][text] ?? known[column].count
    }

    /// Nil when the bytes alone do not say.
    private func find(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        let column = columns[index]
        let hash = Self.hash(text)
        var offset = Int(truncatingIfNeeded: hash) & column.mask
        while slots[column.firstSlot + offset].place >= 0 {
            let slot = slots[column.firstSlot + offset]
            if slot.hash == hash, slot.count == text.count, isSame(text, slot.start) { return slot.place }
            offset = (offset + 1) & column.mask
        }
        return column.isASCII && text.allSatisfy { $0 < 0x80 } ? column.count : nil
    }

    private func isSame(_ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset + 8 <= text.count {
                let (left, right) = (
                    text.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
                )
                if left != right { return false }
                offset += 8
            }
            while offset < text.count {
                if text[offset] != bytes[start + offset] { return false }
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
