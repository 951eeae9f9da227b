/// Checks text that will be a C string.
enum UTF8Text {
    /// Where the bytes stop being UTF-8 (Unicode, table 3-7) without a NUL and the rule they break there; nil if nowhere.
    static func fault(in bytes: UnsafeRawBufferPointer) -> (offset: Int, rule: String)? {
        let count = bytes.count
        var index = 0
        while index < count {
            if count - index >= 8 {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                // No byte has its high bit set, and none is zero: subtracting 1 from each borrows into no high bit.
                if (word | (word &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080 == 0 {
                    index += 8
                    continue
                }
            }
            let first = bytes[index]
            if first == 0 { return (index, "contains a NUL character") }
            if first < 0x80 {
                index += 1
                continue
            }
            guard let length = sequenceLength(bytes, index, first) else { return (index, "is not valid UTF-8") }
            index += length
        }
        return nil
    }

    /// The length of the well-formed sequence of two to four bytes at `index`, nil if it is ill-formed.
    private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ first: UInt8) -> Int? {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch first {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        case 0xf1...0xf3: length = 4
        default: return nil
        }
        guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return nil }
        for offset in 2..<max(2, length) where bytes[index + offset] & 0xc0 != 0x80 { return nil }
        return length
    }
}
