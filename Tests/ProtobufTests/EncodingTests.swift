import CProtobufC
import CTestMessages
import Protobuf
import Testing

@Suite struct EncodingTests {
    @Test func packsEveryKindOfField() throws {
        let bytes = try encode(listsType) { arena, lists in
            (lists.pointee.n_doubles, lists.pointee.doubles) = arena.array([1.5, -.infinity])
            (lists.pointee.n_int64s, lists.pointee.int64s) = arena.array([Int64.min, 0])
            (lists.pointee.n_bools, lists.pointee.bools) = arena.array([1, 0])
            (lists.pointee.n_strings, lists.pointee.strings) = arena.strings(["", "Åsa"])
            (lists.pointee.n_blobs, lists.pointee.blobs) = arena.array([arena.bytes([]), arena.bytes([0, 255])])
            (lists.pointee.n_colours, lists.pointee.colours) = arena.array([LOTS__TEST__V1__COLOUR__COLOUR_DEEP_BLUE])
            (lists.pointee.n_leaves, lists.pointee.leaves) = arena.array(leafType, of: ["x", "y"]) { leaf, name in
                leaf.pointee.name = arena.string(name)
            }
            (lists.pointee.n_int32s, lists.pointee.int32s) = arena.array([Int32]())
        }
        let json = try AnyMessageType(listsType).json(fromPacked: bytes)
        #expect(
            json.text() == """
                {"doubles":[1.5,"-Infinity"],"int64s":["-9223372036854775808","0"],"bools":[true,false],"strings":["","Åsa"],\
                "blobs":["","AP8="],"colours":["COLOUR_DEEP_BLUE"],"leaves":[{"name":"x"},{"name":"y"}]}
                """)
    }

    @Test func packsChoicesAndMessages() throws {
        let bytes = try encode(choicesType) { arena, choices in
            choices.pointee.presence_case = LOTS__TEST__V1__CHOICES__PRESENCE_MAYBE_NUMBER
            choices.pointee.choice_case = LOTS__TEST__V1__CHOICES__CHOICE_MOMENT
            choices.pointee.moment = arena.make(timestampType)
            choices.pointee.moment.pointee.nanos = 5
        }
        #expect(bytes == [UInt8](hexadecimal: "0800 4a021005"))
    }

    @Test func anUntouchedMessageIsEmpty() throws {
        #expect(try encode(scalarsType) { _, _ in } == [])
    }

    @Test func packsIntoMemoryOfTheCaller() throws {
        var memory = [UInt8](repeating: 0xee, count: 8)
        let size = try memory.withUnsafeMutableBytes { memory in
            try withEncoded(leafType) { arena, leaf in
                leaf.pointee.name = arena.string("abc")
            } _: { message in
                #expect(message.size == 5)
                return message.pack(into: memory)
            }
        }
        #expect(size == 5)
        #expect(memory == [UInt8](hexadecimal: "0a03616263eeeeee"))
    }

    @Test func refusesTextWithNUL() {
        let error = #expect(throws: EncodeFault.self) {
            try encode(leafType) { arena, leaf in leaf.pointee.name = arena.string("a\0b") }
        }
        #expect(error?.rule == "a text contains a NUL character, which a string field cannot carry")
    }

    @Test func refusesToGoPastTheCapacityAndKeepsGoing() {
        let error = #expect(throws: EncodeFault.self) {
            try encode(treeType, capacity: 4096) { arena, tree in
                let texts = Array(repeating: String(repeating: "x", count: 1000), count: 20)
                (tree.pointee.n_children, tree.pointee.children) = arena.array(treeType, of: texts) { child, text in
                    child.pointee.label = arena.string(text)
                    child.pointee.scalars = arena.make(scalarsType)
                    child.pointee.scalars.pointee.some_bytes = arena.bytes([1, 2, 3])
                    child.pointee.lists = arena.make(listsType)
                    (child.pointee.lists.pointee.n_strings, child.pointee.lists.pointee.strings) = arena.strings(["a", "b"])
                }
            }
        }
        #expect(error?.rule == "the message needs more than 4096 bytes of memory")
    }

    @Test(arguments: [0, 1, 100, 1000, 10_000]) func theCapacityBoundsWhatIsHandedOut(_ capacity: Int) {
        let arena = Arena(capacity: capacity)
        var total = 0
        while arena.fault == nil {
            let count = arena.bytes([1, 2, 3, 4, 5, 6, 7, 8]).len
            total += count
            if count == 0 { break }
        }
        #expect(total <= capacity)
        #expect(total >= capacity / 2 - 512)
        #expect(arena.fault != nil)
    }

    @Test func contentSurvivesGrowth() throws {
        let texts = (0..<2000).map { "text number \($0)" }
        let bytes = try encode(listsType) { arena, lists in
            (lists.pointee.n_strings, lists.pointee.strings) = arena.strings(texts)
        }
        let again = try withDecoded(listsType, from: bytes) { lists in
            (0..<lists.pointee.n_strings).map { lists.pointee.strings[$0].map { String(cString: $0) } }
        }
        #expect(again == texts)
    }

    @Test func passesOnWhatFillingThrows() {
        struct Failure: Error {}
        #expect(throws: Failure.self) { try encode(leafType) { _, _ in throw Failure() } }
    }

    @Test func typesKnowTheirNames() {
        #expect(leafType.fullName == "lots.test.v1.Leaf")
        #expect(AnyMessageType(timestampType).fullName == "google.protobuf.Timestamp")
    }
}
