import CTestMessages
import Protobuf
import SeededRandom
import Testing

@Suite struct MessageJSONTests {
    @Test(arguments: Sample.all) func writesWhatOthersWrite(_ sample: Sample) throws {
        #expect(try sample.type.json(fromPacked: sample.bytes).text() == sample.json)
    }

    @Test(arguments: Sample.all) func packsWhatOthersPack(_ sample: Sample) throws {
        #expect(try sample.type.packed(fromJSONText: Array(sample.json.utf8)) == sample.bytes)
    }

    @Test func convertsLentMessages() throws {
        let (compact, pretty) = try withMessage(leafType, fromJSON: #"{"count":3}"#.utf8) { leaf in
            #expect(leaf.pointee.count == 3)
            return (try leafType.jsonText(leaf), try leafType.jsonText(leaf, pretty: true))
        }
        #expect(compact == #"{"count":3}"#)
        #expect(pretty == "{\n  \"count\": 3\n}")
    }

    /// JSON that is accepted, with the canonical JSON of what was understood.
    static let accepted: [(AnyMessageType, String, String)] = {
        let scalars = AnyMessageType(scalarsType)
        let lists = AnyMessageType(listsType)
        let choices = AnyMessageType(choicesType)
        return [
            (scalars, #"{"an_int32":1,"aString":"x","some_bytes":"AQ=="}"#, #"{"anInt32":1,"aString":"x","someBytes":"AQ=="}"#),
            (scalars, #"{"leaf":null,"aString":null,"colour":null,"anInt32":null}"#, "{}"),
            (scalars, #"{"aDouble":0,"anInt32":0,"aString":"","someBytes":"","aBool":false,"colour":0,"aFixed64":"0"}"#, "{}"),
            (scalars, #"{"aDouble":-0}"#, #"{"aDouble":-0}"#),
            (scalars, #"{"anInt32":"-2147483648","aUint32":"4294967295"}"#, #"{"anInt32":-2147483648,"aUint32":4294967295}"#),
            (scalars, #"{"anInt32":1e5,"aUint32":1.0,"aSint32":-100e-2}"#, #"{"anInt32":100000,"aUint32":1,"aSint32":-1}"#),
            (
                scalars, #"{"anInt64":9223372036854775807,"aUint64":18446744073709551615}"#,
                #"{"anInt64":"9223372036854775807","aUint64":"18446744073709551615"}"#
            ),
            (scalars, #"{"anInt64":"-9223372036854775808","aSfixed64":"1e3"}"#, #"{"anInt64":"-9223372036854775808","aSfixed64":"1000"}"#),
            (scalars, #"{"anInt64":0e99999999999999999999}"#, "{}"),
            (scalars, #"{"aDouble":"NaN","aFloat":"-Infinity"}"#, #"{"aDouble":"NaN","aFloat":"-Infinity"}"#),
            (scalars, #"{"aDouble":"1.5","aFloat":1e-50}"#, #"{"aDouble":1.5}"#),
            (scalars, #"{"aFloat":16777217,"aDouble":1e20}"#, #"{"aDouble":1e+20,"aFloat":16777216}"#),
            (scalars, #"{"colour":-3}"#, #"{"colour":"COLOUR_BELOW_ZERO"}"#),
            (scalars, #"{"colour":99}"#, #"{"colour":99}"#),
            (scalars, #"{"someBytes":"-_8"}"#, #"{"someBytes":"+/8="}"#),
            (scalars, #"{"someBytes":"AA"}"#, #"{"someBytes":"AA=="}"#),
            (lists, #"{"strings":[],"int32s":null,"colours":["COLOUR_RED",2]}"#, #"{"colours":["COLOUR_RED","COLOUR_DEEP_BLUE"]}"#),
            (choices, #"{"text":null,"leaf":{},"maybeNumber":0}"#, #"{"maybeNumber":0,"leaf":{}}"#),
            (choices, #"{"text":null,"blob":null}"#, "{}"),
        ]
    }()

    @Test(arguments: accepted) func accepts(_ type: AnyMessageType, _ text: String, _ canonical: String) throws {
        let bytes = try type.packed(fromJSONText: text.utf8)
        #expect(try type.json(fromPacked: bytes).text() == canonical)
    }

    /// JSON that is refused, with all the faults.
    static let refused: [(AnyMessageType, String, String)] = {
        let scalars = AnyMessageType(scalarsType)
        let lists = AnyMessageType(listsType)
        let choices = AnyMessageType(choicesType)
        let tree = AnyMessageType(treeType)
        let int32 = "must be a whole number from -2147483648 to 2147483647"
        return [
            (scalars, "[]", "1:1 must be an object, not an array"),
            (scalars, #"{"aSring":"secret"}"#, #"1:2 Scalars has no field "aSring"; did you mean "aString"?"#),
            (scalars, #"{"a_strnig":1}"#, #"1:2 Scalars has no field "a_strnig"; did you mean "aString"?"#),
            (scalars, #"{"quite different":1}"#, #"1:2 Scalars has no field "quite different""#),
            (scalars, #"{"AString":"x"}"#, #"1:2 Scalars has no field "AString"; did you mean "aString"?"#),
            (scalars, #"{"aString":"x","a_string":"y"}"#, "1:16 a_string: is given more than once"),
            (scalars, #"{"anInt32":2147483648}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":-2147483649}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":0.5}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":1e-1}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":1e999999999999}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":""}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":" 1"}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":"0x10"}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":"01"}"#, "1:12 anInt32: \(int32)"),
            (scalars, #"{"anInt32":true}"#, "1:12 anInt32: \(int32), not a boolean"),
            (scalars, #"{"anInt32":[1]}"#, "1:12 anInt32: \(int32), not an array"),
            (scalars, #"{"aUint32":-1}"#, "1:12 aUint32: must be a whole number from 0 to 4294967295"),
            (scalars, #"{"aUint64":18446744073709551616}"#, "1:12 aUint64: must be a whole number from 0 to 18446744073709551615"),
            (
                scalars, #"{"anInt64":9223372036854775808}"#,
                "1:12 anInt64: must be a whole number from -9223372036854775808 to 9223372036854775807"
            ),
            (
                scalars, #"{"aDouble":1e400}"#,
                #"1:12 aDouble: must be a number no larger than 1.7976931348623157e+308, "NaN", "Infinity" or "-Infinity""#
            ),
            (
                scalars, #"{"aFloat":1e39}"#,
                #"1:11 aFloat: must be a number no larger than 3.4028235e+38, "NaN", "Infinity" or "-Infinity""#
            ),
            (
                scalars, #"{"aDouble":"nan"}"#,
                #"1:12 aDouble: must be a number no larger than 1.7976931348623157e+308, "NaN", "Infinity" or "-Infinity""#
            ),
            (scalars, #"{"aBool":"true"}"#, "1:10 aBool: must be true or false, not a string"),
            (scalars, #"{"aBool":1}"#, "1:10 aBool: must be true or false, not a number"),
            (scalars, #"{"aString":1}"#, "1:12 aString: must be a string, not a number"),
            (scalars, #"{"aString":"a\u0000b"}"#, "1:12 aString: contains a NUL character"),
            (scalars, #"{"someBytes":"A"}"#, "1:14 someBytes: must be a string in base 64"),
            (scalars, #"{"someBytes":"A A="}"#, "1:14 someBytes: must be a string in base 64"),
            (scalars, #"{"someBytes":"AA==="}"#, "1:14 someBytes: must be a string in base 64"),
            (scalars, #"{"someBytes":"AB=="}"#, "1:14 someBytes: must be a string in base 64"),
            (scalars, #"{"someBytes":[1]}"#, "1:14 someBytes: must be a string in base 64"),
            (
                scalars, #"{"colour":"COLOUR_RED\u0000"}"#,
                "1:11 colour: must be one of COLOUR_BELOW_ZERO, COLOUR_UNSPECIFIED, COLOUR_RED, COLOUR_DEEP_BLUE"
            ),
            (
                scalars, #"{"colour":1.5}"#,
                "1:11 colour: must be one of COLOUR_BELOW_ZERO, COLOUR_UNSPECIFIED, COLOUR_RED, COLOUR_DEEP_BLUE"
            ),
            (scalars, #"{"leaf":"x"}"#, "1:9 leaf: must be an object, not a string"),
            (lists, #"{"int32s":1}"#, "1:11 int32s: must be an array, not a number"),
            (lists, #"{"int32s":[1,null]}"#, "1:14 int32s[1]: \(int32), not null"),
            (lists, #"{"leaves":[null]}"#, "1:12 leaves[0]: must be an object, not null"),
            (lists, #"{"strings":[["a"]]}"#, "1:13 strings[0]: must be a string, not an array"),
            (choices, #"{"text":"a","big":1}"#, #"1:13 big: cannot be given together with "text""#),
            (
                tree,
                """
                {"children": [{"label": "ok"}, {"lable": "x", "children": [{"label": 5}]}],
                 "scalars": {"aBool": 0, "leaf": {"count": "many"}},
                 "onlychild": {}}
                """,
                """
                1:33 children[1]: Tree has no field "lable"; did you mean "label"?
                1:70 children[1].children[0].label: must be a string, not a number
                2:23 scalars.aBool: must be true or false, not a number
                2:44 scalars.leaf.count: \(int32)
                3:2 Tree has no field "onlychild"; did you mean "onlyChild"?
                """
            ),
        ]
    }()

    @Test(arguments: refused) func refusesWithAllFaults(_ type: AnyMessageType, _ text: String, _ expected: String) {
        let error = #expect(throws: JSONFaults.self) { try type.packed(fromJSONText: text.utf8) }
        #expect(error?.description == expected)
    }

    @Test func boundsDepthAndFaults() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: #"{"children":["#, count: levels) + "{}" + String(repeating: "]}", count: levels)).utf8)
        }
        let type = AnyMessageType(treeType)
        let deepest = try type.packed(fromJSONText: nested(32))
        #expect(try type.json(fromPacked: deepest).utf8() == nested(32))
        #expect(throws: JSONFaults.self) { try type.packed(fromJSONText: nested(33)) }
        let many = "{\"strings\":[" + String(repeating: "1,", count: 100) + "1]}"
        let error = #expect(throws: JSONFaults.self) { try AnyMessageType(listsType).packed(fromJSONText: many.utf8) }
        #expect(error?.faults.count == 64)
    }

    @Test func boundsTheWorkForUnknownNames() {
        let text = "{" + (0..<50_000).map { "\"aStringThatIsNot\($0)\":1" }.joined(separator: ",") + "}"
        let error = #expect(throws: JSONFaults.self) { try AnyMessageType(scalarsType).packed(fromJSONText: text.utf8) }
        #expect(error?.faults.count == 64)
    }

    @Test func boundsFaultsInTimes() throws {
        let bytes = try encode(timesType) { arena, times in
            (times.pointee.n_moments, times.pointee.moments) = arena.array(timestampType, of: 0..<100) { moment, _ in
                moment.pointee.nanos = -1
            }
        }
        let error = #expect(throws: DecodeFaults.self) { try AnyMessageType(timesType).json(fromPacked: bytes) }
        #expect(error?.faults.map(\.path) == (0..<32).map { "moments[\($0)]" })
    }

    @Test func valuesBuiltByProgramsHaveNoPlace() {
        let error = #expect(throws: JSONFaults.self) { try AnyMessageType(leafType).packed(fromJSON: .object(["count": .string("x")])) }
        #expect(error?.description == "count: must be a whole number from -2147483648 to 2147483647")
    }

    @Test(arguments: [
        ("\"2026-05-01T09:30:00Z\"", "2026-05-01T09:30:00Z"),
        ("\"2026-05-01T00:30:00.120+02:00\"", "2026-04-30T22:30:00.120Z"),
        ("\"2026-12-31T23:30:00-00:45\"", "2027-01-01T00:15:00Z"),
        ("\"1970-01-01T00:00:00.000000000Z\"", "1970-01-01T00:00:00Z"),
        ("\"1969-12-31T23:59:59.000000001Z\"", "1969-12-31T23:59:59.000000001Z"),
        ("\"0001-01-01T00:00:00Z\"", "0001-01-01T00:00:00Z"),
        ("\"9999-12-31T23:59:59.999999999Z\"", "9999-12-31T23:59:59.999999999Z"),
        ("\"2000-02-29T00:00:00.1000Z\"", "2000-02-29T00:00:00.100Z"),
        ("\"2024-02-29T00:00:00.12345Z\"", "2024-02-29T00:00:00.123450Z"),
    ])
    func readsTimestamps(_ text: String, _ canonical: String) throws {
        let type = AnyMessageType(timestampType)
        #expect(try type.json(fromPacked: type.packed(fromJSONText: text.utf8)) == .string(canonical))
    }

    @Test(arguments: [
        "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-05-00T00:00:00Z", "2026-05-01T24:00:00Z",
        "2026-05-01T23:60:00Z",
        "2026-05-01T23:59:60Z", "2026-05-01t00:00:00Z", "2026-05-01T00:00:00z", "2026-05-01 00:00:00Z", "2026-05-01T00:00:00",
        "2026-05-01T00:00:00.Z",
        "2026-05-01T00:00:00.1234567890Z", "2026-05-01T00:00:00+24:00", "2026-05-01T00:00:00+0200", "2026-5-1T00:00:00Z", "2026-05-01", "",
        "+2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z ",
    ])
    func refusesTimestamps(_ text: String) {
        let error = #expect(throws: JSONFaults.self) { try AnyMessageType(timestampType).packed(fromJSON: .string(text)) }
        #expect(error?.faults.first?.rule.hasPrefix("must be a time such as") == true)
    }

    @Test(arguments: [
        "1", "1.5", "s", "1.s", "--1s", "+1s", "1.1234567890s", "315576000001s", "315576000000.1s", "-315576000000.000000001s", "1e3s",
        " 1s", "",
    ])
    func refusesDurations(_ text: String) {
        let error = #expect(throws: JSONFaults.self) { try AnyMessageType(timesType).packed(fromJSON: .object(["lasting": .string(text)])) }
        #expect(error?.faults.first?.path == "lasting")
    }

    /// All over the range of a timestamp, back and forth, later moments having later texts.
    @Test func timestampsAreOrdered() throws {
        let type = AnyMessageType(timestampType)
        var random = SplitMix64(seed: 3)
        var last: (Int64, String)?
        for seconds in (0..<3000).map({ _ in Int64.random(in: -62_135_596_800...253_402_300_799, using: &random) }).sorted() {
            let bytes = try encode(timestampType) { _, timestamp in timestamp.pointee.seconds = seconds }
            let json = try type.json(fromPacked: bytes)
            #expect(try type.packed(fromJSON: json) == bytes)
            let text = try #require(json.string)
            if let last, last.0 < seconds { #expect(last.1 < text) }
            last = (seconds, text)
        }
    }

    /// Times on the wire that have no canonical text: seconds and nanoseconds of a moment and a duration.
    @Test(arguments: [
        (Int64(253_402_300_800), Int32(0)), (-62_135_596_801, 0), (0, -1), (0, 1_000_000_000), (.max, .max), (.min, .min),
    ])
    func refusesToWriteTimesOutOfRange(_ seconds: Int64, _ nanos: Int32) throws {
        let bytes = try encode(timesType) { arena, times in
            (times.pointee.n_moments, times.pointee.moments) = arena.array(timestampType, of: [(1, 1), (seconds, nanos)]) { moment, time in
                (moment.pointee.seconds, moment.pointee.nanos) = time
            }
        }
        let error = #expect(throws: DecodeFaults.self) { try AnyMessageType(timesType).json(fromPacked: bytes) }
        #expect(error?.faults == [DecodeFault(path: "moments[1]", rule: "is outside of what a google.protobuf.Timestamp can hold")])
    }

    @Test func refusesToWriteDurationsOfTwoSigns() {
        let bytes = [UInt8](hexadecimal: "12 0d 0801 10ffffffffffffffffff01")
        let error = #expect(throws: DecodeFaults.self) { try AnyMessageType(timesType).json(fromPacked: bytes) }
        #expect(error?.faults.map(\.path) == ["lasting"])
    }
}
