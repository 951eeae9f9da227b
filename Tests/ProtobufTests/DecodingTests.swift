import CProtobufC
import CTestMessages
import SeededRandom
import Testing

@testable import Protobuf

@Suite struct DecodingTests {
    /// Bytes that must be refused, with the whole list of faults.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        let type: AnyMessageType
        let bytes: [UInt8]
        let faults: [String]

        init(_ name: String, _ type: AnyMessageType, _ bytes: [UInt8], _ faults: String...) {
            (self.name, self.type, self.bytes, self.faults) = (name, type, bytes, faults)
        }

        init(_ name: String, _ type: AnyMessageType, _ hexadecimal: String, _ faults: String...) {
            (self.name, self.type, self.bytes, self.faults) = (name, type, [UInt8](hexadecimal: hexadecimal), faults)
        }

        var testDescription: String { name }

        private static let leaf = AnyMessageType(leafType)
        private static let scalars = AnyMessageType(scalarsType)
        private static let lists = AnyMessageType(listsType)
        private static let choices = AnyMessageType(choicesType)
        private static let tree = AnyMessageType(treeType)

        static let all = [
            Refusal("NUL", leaf, "0a03610062", "name: contains a NUL character"),
            Refusal("NUL behind eight letters", leaf, "0a09616161616161616100", "name: contains a NUL character"),
            Refusal("NUL in a choice", choices, "120100", "text: contains a NUL character"),
            Refusal("NUL in a list", lists, "720161 720100", "strings[1]: contains a NUL character"),
            Refusal("lone continuation byte", leaf, "0a0180", "name: is not valid UTF-8"),
            Refusal("cut sequence", leaf, "0a02e282", "name: is not valid UTF-8"),
            Refusal("overlong slash", leaf, "0a02c0af", "name: is not valid UTF-8"),
            Refusal("overlong three bytes", leaf, "0a03e09fbf", "name: is not valid UTF-8"),
            Refusal("overlong four bytes", leaf, "0a04f08fbfbf", "name: is not valid UTF-8"),
            Refusal("surrogate", leaf, "0a03eda080", "name: is not valid UTF-8"),
            Refusal("past U+10FFFF", leaf, "0a04f4908080", "name: is not valid UTF-8"),
            Refusal("bad third byte", leaf, "0a03e282c3", "name: is not valid UTF-8"),
            Refusal("bad fourth byte", leaf, "0a04f09f98ff", "name: is not valid UTF-8"),
            Refusal("never in UTF-8", leaf, "0a01ff", "name: is not valid UTF-8"),
            Refusal(
                "several texts at several depths", tree,
                .field("12", .field("2a", [0xff])) + .field("12", .field("12", .field("2a", [0]))) + .field("2a", [0x80])
                    + .field("c23e", .field("72", [0x61]) + .field("8a01", .field("0a", [0xc0]))),
                "children[0].label: is not valid UTF-8", "children[1].children[0].label: contains a NUL character",
                "label: is not valid UTF-8",
                "scalars.leaf.name: is not valid UTF-8"),
            Refusal("tag cut", scalars, "80", "ends in the middle of a value"),
            Refusal("varint cut", scalars, "1880", "an_int32: ends in the middle of a value"),
            Refusal("varint missing", scalars, "18", "an_int32: ends in the middle of a value"),
            Refusal(
                "varint of eleven bytes", scalars, "18 8080808080808080808001",
                "an_int32: has a number written in more bytes than a number can have"),
            Refusal(
                "varint past 64 bits", scalars, "20 ffffffffffffffffff02",
                "an_int64: has a number written in more bytes than a number can have"),
            Refusal("4 bytes cut", scalars, "15000000", "a_float: ends in the middle of a value"),
            Refusal("8 bytes cut", scalars, "0900000000000000", "a_double: ends in the middle of a value"),
            Refusal("length past the end", scalars, "72056162", "a_string: claims to be longer than what is left of the message"),
            Refusal(
                "length near 2^64", scalars, "72 ffffffffffffffffff01",
                "a_string: has a number written in more bytes than a number can have"),
            Refusal("length of 2^32", scalars, "72 8080808010", "a_string: claims to be longer than what is left of the message"),
            Refusal(
                "length in six bytes", scalars, "72 818080808000 61", "a_string: has a number written in more bytes than a number can have"),
            Refusal("field number 0", scalars, "0001", "has a field number outside 1 to 536870911"),
            Refusal("field number 0 in two bytes", scalars, "800001", "has a field number outside 1 to 536870911"),
            Refusal("field number past 29 bits", scalars, "888080801001", "has a field number outside 1 to 536870911"),
            Refusal("tag in six bytes", scalars, "888080808000 01", "has a number written in more bytes than a number can have"),
            Refusal("group", scalars, "1b1c", "has a field written as a group or in an undefined way"),
            Refusal("unknown group", scalars, "f307f407", "has a field written as a group or in an undefined way"),
            Refusal("wire type 6", scalars, "0e", "has a field written as a group or in an undefined way"),
            Refusal(
                "wrong wire types", scalars, "180a 1d00000000 190000000000000000 6d01000000",
                "an_int32: is written as 4 bytes, not as a varint", "an_int32: is written as 8 bytes, not as a varint",
                "a_bool: is written as 4 bytes, not as a varint"),
            Refusal("a list where there is none", scalars, "1a020102", "an_int32: is written as bytes with a length, not as a varint"),
            Refusal("string as a number", scalars, "7001", "a_string: is written as a varint, not as bytes with a length"),
            Refusal("message as a number", scalars, "880101", "leaf: is written as a varint, not as bytes with a length"),
            Refusal("list of strings as numbers", lists, "7001", "strings: is written as a varint, not as bytes with a length"),
            Refusal("packed varint cut", lists, "1a03010280", "int32s: ends in the middle of a value"),
            Refusal("packed 4 bytes cut", lists, "12050000000000", "floats: ends in the middle of a value"),
            Refusal("packed 8 bytes cut", lists, "0a050000000000", "doubles: ends in the middle of a value"),
            Refusal("packed bool of 2", lists, "6a020102", "bools: has an element that is neither true nor false"),
            Refusal("packed bool in two bytes", lists, "6a028100", "bools: has an element that is neither true nor false"),
            Refusal("message given twice", tree, "0a000a00", "only_child: is a single message and is given more than once"),
            Refusal("choice of a message given twice", choices, "1a001a00", "leaf: is a single message and is given more than once"),
            Refusal("fault in a field that is not known", tree, .field("12", [0x78, 0x80]), "children[0]: ends in the middle of a value"),
        ]
    }

    @Test(arguments: Refusal.all) func refusesWithThePath(_ refusal: Refusal) {
        let error = #expect(throws: DecodeFaults.self) { try refusal.type.json(fromPacked: refusal.bytes) }
        #expect(error?.faults.map(\.description) == refusal.faults)
    }

    @Test func acceptsWhatOtherEncodersMayWrite() throws {
        let type = AnyMessageType(listsType)
        let loose = try type.json(fromPacked: [UInt8](hexadecimal: "1801 1802 1a020304 1a00 8a0100"))
        #expect(loose == .object(["int32s": .array([.number(1), .number(2), .number(3), .number(4)]), "leaves": .array([.object([:])])]))
        let packed = try type.json(fromPacked: [UInt8](hexadecimal: "9201020506 900107"))
        #expect(packed == .object(["loose": .array([.number(5), .number(6), .number(7)])]))
        let lastWins = try AnyMessageType(scalarsType).json(fromPacked: [UInt8](hexadecimal: "1801 188200 72027878 720179"))
        #expect(lastWins == .object(["anInt32": .number(2), "aString": .string("y")]))
        let lastChoice = try AnyMessageType(choicesType).json(fromPacked: [UInt8](hexadecimal: "120161 1a03 0a0162 4007"))
        #expect(lastChoice == .object(["big": .string("7")]))
    }

    @Test func dropsUnknownFields() throws {
        let bytes = [UInt8](hexadecimal: "780a 7a03010203 7d01020304 79 0102030405060708 0a0161")
        let name = try withDecoded(leafType, from: bytes) { String(cString: $0.pointee.name) }
        #expect(name == "a")
    }

    @Test func decodesNothingToDefaults() throws {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        try withDecoded(scalarsType, from: empty) { message in
            #expect(message.pointee.a_string.pointee == 0)
            #expect(message.pointee.leaf == nil)
        }
    }

    @Test(arguments: Sample.all) func neverFailsOtherwiseThanByThrowing(_ sample: Sample) throws {
        for length in 0..<sample.bytes.count {
            try expectDecodedOrRefused(Array(sample.bytes.prefix(length)), sample.type)
        }
        var random = SplitMix64(seed: 1)
        for _ in 0..<2000 where !sample.bytes.isEmpty {
            var bytes = sample.bytes
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            try expectDecodedOrRefused(bytes, sample.type)
        }
    }

    @Test func neverFailsOnNoise() throws {
        var random = SplitMix64(seed: 2)
        for round in 0..<5000 {
            let type = Sample.all[round % Sample.all.count].type
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            try expectDecodedOrRefused(bytes, type)
        }
    }

    /// What is accepted has a JSON form that reads back to the same; what is not is refused with faults.
    private func expectDecodedOrRefused(_ bytes: [UInt8], _ type: AnyMessageType) throws {
        do {
            let json = try type.json(fromPacked: bytes)
            let again = try type.json(fromPacked: try type.packed(fromJSON: json))
            #expect(again == json)
        } catch let faults as DecodeFaults {
            #expect(!faults.faults.isEmpty)
        }
    }

    @Test func everyTruncationInsideAFieldIsRefused() throws {
        // The only offsets between fields are where a prefix is a whole message.
        let bytes = [UInt8](hexadecimal: "0a03616263 1007")
        for length in 0...bytes.count {
            let isWhole = [0, 5, 7].contains(length)
            let result = Result { try withDecoded(leafType, from: Array(bytes.prefix(length))) { _ in } }
            #expect((try? result.get()) != nil || !isWhole)
            #expect((try? result.get()) == nil || isWhole, "\(length) bytes")
        }
    }

    @Test func boundsDepth() throws {
        func nested(_ levels: Int) -> [UInt8] {
            (0..<levels).reduce([]) { inner, _ in .field("0a", inner) }
        }
        try withDecoded(treeType, from: nested(32)) { _ in }
        let error = #expect(throws: DecodeFaults.self) { try withDecoded(treeType, from: nested(33)) { _ in } }
        #expect(error?.faults.map(\.rule) == ["is nested deeper than 32 levels"])
        #expect(error?.faults.first?.path == Array(repeating: "only_child", count: 33).joined(separator: "."))
        #expect(throws: DecodeFaults.self) { try withDecoded(treeType, from: nested(2), limits: DecodeLimits(depth: 1)) { _ in } }
    }

    /// Inputs that take far more memory than bytes.
    @Test(arguments: [
        ("an empty message", "1200"), ("an unknown field", "7800"), ("an empty text", "7a00"), ("the same field again", "2a00"),
    ])
    func boundsMemory(_ name: String, _ unit: String) throws {
        let bytes = Array(repeatElement([UInt8](hexadecimal: unit), count: 500_000).joined())
        let error = #expect(throws: DecodeFaults.self) { try withDecoded(treeType, from: bytes) { _ in } }
        #expect(error?.faults.first?.rule == "needs more than \((1 << 20) + 8 * 1_000_000) bytes of memory")
        try withDecoded(treeType, from: bytes.prefix(2000).map { $0 }) { _ in }
    }

    /// The memory that is counted before unpacking is enough to unpack in, and what the limit is applied to.
    @Test(arguments: [0, 1, 15, 16, 17, 48, 49, 112, 113, 5000]) func countsMemory(_ count: Int) throws {
        let unit = [UInt8](hexadecimal: "1207 2a05 6162636465 780a 7a03010203 2a0178")
        let bytes = Array(repeatElement(unit, count: count).joined())
        let needed = try bytes.withUnsafeBytes {
            try WireCheck.memoryNeeded(for: treeType.descriptor, $0, capacity: .max, limits: .default)
        }
        try withDecoded(treeType, from: bytes, limits: DecodeLimits(arenaBytes: needed, arenaBytesPerByte: 0)) { message in
            #expect(message.pointee.n_children == count)
        }
        #expect(throws: DecodeFaults.self) {
            try withDecoded(treeType, from: bytes, limits: DecodeLimits(arenaBytes: needed - 1, arenaBytesPerByte: 0)) { _ in }
        }
    }

    @Test(arguments: Sample.all) func needsNoMoreMemoryThanCounted(_ sample: Sample) throws {
        let needed = try sample.bytes.withUnsafeBytes {
            try WireCheck.memoryNeeded(for: sample.type.descriptor, $0, capacity: .max, limits: .default)
        }
        #expect(throws: Never.self) {
            try sample.type.json(fromPacked: sample.bytes, limits: DecodeLimits(arenaBytes: needed, arenaBytesPerByte: 0))
        }
    }

    @Test func boundsTheNumberOfFaults() throws {
        let bytes = Array(repeatElement([UInt8](hexadecimal: "7201ff"), count: 100).joined())
        let error = #expect(throws: DecodeFaults.self) { try withDecoded(listsType, from: bytes) { _ in } }
        #expect(error?.faults.map(\.path) == (0..<32).map { "strings[\($0)]" })
    }

    @Test func limitsThatMakeNoSenseStayLimits() {
        let nested = (0..<101).reduce([UInt8]()) { inner, _ in .field("0a", inner) }
        #expect(throws: DecodeFaults.self) { try withDecoded(treeType, from: nested, limits: DecodeLimits(depth: .max)) { _ in } }
        let bytes = [UInt8](hexadecimal: "0a01ff")
        for limits in [
            DecodeLimits(faults: 0), DecodeLimits(arenaBytes: 0, arenaBytesPerByte: 0), DecodeLimits(arenaBytes: -1),
            DecodeLimits(depth: -1),
        ] {
            #expect(throws: DecodeFaults.self) { try withDecoded(leafType, from: bytes, limits: limits) { _ in } }
        }
        #expect(throws: DecodeFaults.self) { try withDecoded(leafType, from: [], limits: DecodeLimits(arenaBytes: 0)) { _ in } }
    }

    @Test func passesOnWhatTheBodyThrows() {
        struct Failure: Error {}
        #expect(throws: Failure.self) { try withDecoded(leafType, from: []) { _ in throw Failure() } }
    }
}
