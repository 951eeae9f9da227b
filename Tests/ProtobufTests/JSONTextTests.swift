import Protobuf
import Testing

@Suite struct JSONTextTests {
    @Test func readsEveryKindOfValueWithItsPlace() throws {
        let text = """
            { "a" : [true, false,null ,"åö", -1.50e+3],
              "ö😀":{"x":0}, "b":[] }
            """
        let value = try JSONValue(parsing: text)
        let numbers = JSONValue(.array([.bool(true), .bool(false), JSONValue(.null), .string("åö"), JSONValue(.number("-1.50e+3"))]))
        #expect(value == .object(["a": numbers, "ö😀": .object(["x": .number(0)]), "b": .array([])]))
        guard case .object(let members) = value.content, case .array(let elements) = members[0].value.content else { return }
        #expect(value.position == JSONPosition(line: 1, column: 1))
        #expect(members.map(\.position.description) == ["1:3", "2:3", "2:17"])
        #expect(members.map(\.value.position.description) == ["1:9", "2:8", "2:21"])
        #expect(elements.map(\.position.description) == ["1:10", "1:16", "1:22", "1:28", "1:34"])
    }

    @Test(arguments: [
        (#""\u00e5\ud83d\ude00\"\\\/\b\f\n\r\t""#, "å😀\"\\/\u{8}\u{c}\n\r\t"), (#""\u0000""#, "\0"),
        ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}"), ("\"\"", ""),
    ])
    func readsStrings(_ text: String, _ expected: String) throws {
        #expect(try JSONValue(parsing: text).string == expected)
    }

    @Test(arguments: [
        ("", "1:1 ends where a value is expected"),
        (" \n ", "2:2 ends where a value is expected"),
        ("{", "1:2 expected a name in double quotes"),
        ("{\"a\"", "1:5 expected a colon after the name"),
        ("{\"a\":", "1:6 a: ends where a value is expected"),
        ("{\"a\":1", "1:7 expected a comma or the end of the object"),
        ("{\"a\":1,}", "1:8 expected a name in double quotes"),
        ("{a:1}", "1:2 expected a name in double quotes"),
        ("[1,]", "1:4 [1]: is not a JSON value: expected an object, an array, a string in double quotes, a number, true, false or null"),
        ("[1 2]", "1:4 expected a comma or the end of the array"),
        ("1 2", "1:3 goes on after the end of the value"),
        ("{} // no", "1:4 goes on after the end of the value"),
        ("01", "1:1 is not a number as JSON writes them"),
        ("-", "1:1 is not a number as JSON writes them"),
        ("1.", "1:1 is not a number as JSON writes them"),
        ("1e", "1:1 is not a number as JSON writes them"),
        ("[1,-.5]", "1:4 [1]: is not a number as JSON writes them"),
        ("NaN", "1:1 is not a JSON value: expected an object, an array, a string in double quotes, a number, true, false or null"),
        ("\"abc", "1:5 ends inside a string"),
        ("\"\\", "1:3 ends inside a string"),
        ("\"\\x\"", "1:2 has a backslash that does not start an escape"),
        ("\"\\u12g4\"", "1:6 expected four hexadecimal digits"),
        ("\"\\u12", "1:6 expected four hexadecimal digits"),
        ("\"a\tb\"", "1:3 has a control character inside a string: write it as an escape"),
        ("\"\\ud800\"", "1:2 has half of a surrogate pair: write both halves"),
        ("\"\\ude00\\ud800\"", "1:2 has half of a surrogate pair: write both halves\n1:8 has half of a surrogate pair: write both halves"),
        ("\"\\ud800\\u0041\"", "1:2 has half of a surrogate pair: write both halves"),
        ("\u{feff}{}", "1:1 is not a JSON value: expected an object, an array, a string in double quotes, a number, true, false or null"),
        (
            "{\"a\":[{\"b\":1,\n\"b\":2}],\"a\":\"\\udc00\"}",
            "2:1 a[0].b: is given more than once\n2:9 a: is given more than once\n2:14 a: has half of a surrogate pair: write both halves"
        ),
        (
            "{\"a\\u0007\\u202eb\":x}",
            "1:19 a\u{fffd}\u{fffd}b: is not a JSON value: expected an object, an array, a string in double quotes, a number, true, false or null"
        ),
    ])
    func refusesWithThePlace(_ text: String, _ expected: String) {
        let error = #expect(throws: JSONFaults.self) { try JSONValue(parsing: text) }
        #expect(error?.description == expected)
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let error = #expect(throws: JSONFaults.self) { try JSONValue(parsing: Array("[\n\"å".utf8) + [0xff]) }
        #expect(error?.description == "2:3 is not valid UTF-8")
    }

    @Test func bounds() throws {
        let limits = JSONLimits(bytes: 10, values: 4, depth: 2, faults: 2)
        #expect(throws: Never.self) { try JSONValue(parsing: "[[1],[]]", limits: limits) }
        #expect(throws: JSONFaults([JSONFault(position: JSONPosition(line: 1, column: 1), path: "", rule: "is longer than 10 bytes")])) {
            try JSONValue(parsing: "[         ]", limits: limits)
        }
        #expect(throws: JSONFaults([JSONFault(position: JSONPosition(line: 1, column: 8), path: "[3]", rule: "holds more than 4 values")]))
        {
            try JSONValue(parsing: "[1,2,3,4]", limits: limits)
        }
        #expect(
            throws: JSONFaults([
                JSONFault(position: JSONPosition(line: 1, column: 3), path: "[0][0]", rule: "is nested deeper than 2 levels")
            ])
        ) {
            try JSONValue(parsing: "[[[1]]]", limits: limits)
        }
        #expect(throws: JSONFaults.self) { try JSONValue(parsing: String(repeating: "[", count: 100_000)) }
        let many = "[" + String(repeating: #""\ud800","#, count: 100) + "1]"
        let error = #expect(throws: JSONFaults.self) { try JSONValue(parsing: many) }
        #expect(error?.faults.count == 64)
    }

    @Test func countsLinesFromTheOneGiven() {
        let error = #expect(throws: JSONFaults.self) { try JSONValue(parsing: "{]", firstLine: 41) }
        #expect(error?.faults.first?.position == JSONPosition(line: 41, column: 2))
    }

    @Test func writesCompactAndPretty() {
        let value = JSONValue.object(["a": .array([.number(1), .array([]), .object([:])]), "b": .object(["c": JSONValue(.null)])])
        #expect(value.text() == #"{"a":[1,[],{}],"b":{"c":null}}"#)
        #expect(
            value.text(pretty: true) == """
                {
                  "a": [
                    1,
                    [],
                    {}
                  ],
                  "b": {
                    "c": null
                  }
                }
                """)
    }

    @Test func escapesWhatATerminalWouldAct() throws {
        let text = "\"\\/\n\r\t\u{0}\u{8}\u{1b}[2J\u{7f}\u{80}\u{9b}\u{9f}\u{a0}å\u{2028}😀"
        let written = JSONValue.string(text).text()
        #expect(written == #""\"\\/\n\r\t\u0000\u0008\u001b[2J\u007f\u0080\u009b\u009f"# + "\u{a0}å\u{2028}😀\"")
        #expect(try JSONValue(parsing: written).string == text)
    }

    @Test func givesMembersAndIntegers() throws {
        let value = try JSONValue(parsing: #"{"a":"9223372036854775807","b":-0,"c":1e2,"d":"x","e":1.5,"f":256}"#)
        #expect(value["a"]?.integer() == Int64.max)
        #expect(value["b"]?.integer() == 0)
        #expect(value["c"]?.integer() == UInt8(100))
        #expect(value["d"]?.integer(as: Int.self) == nil)
        #expect(value["e"]?.integer(as: Int.self) == nil)
        #expect(value["f"]?.integer(as: UInt8.self) == nil)
        #expect(value["g"] == nil)
        #expect(value["a"]?["b"] == nil)
    }
}
