import Testing

@testable import DecisionTable

@Suite("Cells")
struct UnaryTestsTests {
    struct Case: CustomTestStringConvertible {
        let cell: String
        let type: ValueType
        let hits: [Value]
        let misses: [Value]

        init(_ cell: String, _ type: ValueType, hits: [Value], misses: [Value]) {
            self.cell = cell
            self.type = type
            self.hits = hits
            self.misses = misses
        }

        var testDescription: String { "\(cell) in a \(type) column" }
    }

    private static func numbers(_ numbers: Double...) -> [Value] { numbers.map { .number($0) } }
    private static func texts(_ texts: String...) -> [Value] { texts.map { .string($0) } }

    @Test(
        "Every form holds of the values it means, and of no others",
        arguments: [
            // Any.
            Case("-", .string, hits: texts("", "a") + [.null], misses: []),
            Case("", .number, hits: numbers(0, -1) + [.null], misses: []),
            Case(" \n\t", .boolean, hits: [.boolean(true), .boolean(false), .null], misses: []),
            // Texts.
            Case("\"a\"", .string, hits: texts("a"), misses: texts("A", "", "a ", "\"a\"") + [.null]),
            Case("\"\"", .string, hits: texts(""), misses: texts(" ") + [.null]),
            Case("\"-\"", .string, hits: texts("-"), misses: texts("a") + [.null]),
            Case("\"a\",\"b\"", .string, hits: texts("a", "b"), misses: texts("c", "a,b") + [.null]),
            Case(" \"a\" ,\n\"b\" ", .string, hits: texts("a", "b"), misses: texts("c")),
            Case("\"a, b\"", .string, hits: texts("a, b"), misses: texts("a", "b")),
            Case("\" a\"", .string, hits: texts(" a"), misses: texts("a")),
            Case(#""say \"no\"""#, .string, hits: texts("say \"no\""), misses: texts("say no")),
            Case(#""a\\b", "\n\t""#, .string, hits: texts("a\\b", "\n\t"), misses: texts("ab", "n")),
            Case("\"Hägersten\"", .string, hits: texts("Hägersten", "Ha\u{308}gersten"), misses: texts("Hagersten")),
            Case("not(\"a\")", .string, hits: texts("b", ""), misses: texts("a") + [.null]),
            Case("not ( \"a\" , \"b\" )", .string, hits: texts("c"), misses: texts("a", "b") + [.null]),
            Case("\"not(a)\"", .string, hits: texts("not(a)"), misses: texts("b")),
            // Numbers.
            Case("18", .number, hits: numbers(18), misses: numbers(17, 18.5) + [.null]),
            Case("-3", .number, hits: numbers(-3), misses: numbers(3) + [.null]),
            Case("2.50", .number, hits: numbers(2.5), misses: numbers(2, 5)),
            Case(".5", .number, hits: numbers(0.5), misses: numbers(5)),
            Case("-.5", .number, hits: numbers(-0.5), misses: numbers(0.5)),
            Case("007", .number, hits: numbers(7), misses: numbers(0)),
            Case("0", .number, hits: numbers(0, -0.0), misses: numbers(.leastNonzeroMagnitude)),
            Case("-0", .number, hits: numbers(0, -0.0), misses: numbers(1)),
            Case("9007199254740992", .number, hits: numbers(0x1p53), misses: numbers(0x1p53 - 1)),
            Case("1, 3,5", .number, hits: numbers(1, 3, 5), misses: numbers(2, 4) + [.null]),
            Case("<5", .number, hits: numbers(4.999, -1e300), misses: numbers(5, 6) + [.null]),
            Case("<= 5", .number, hits: numbers(5, -5), misses: numbers(5.001) + [.null]),
            Case("> -5", .number, hits: numbers(-4, 1e300), misses: numbers(-5, -6) + [.null]),
            Case(">=5", .number, hits: numbers(5, 6), misses: numbers(4.999) + [.null]),
            Case("[1..5]", .number, hits: numbers(1, 3, 5), misses: numbers(0.999, 5.001) + [.null]),
            Case("(1..5)", .number, hits: numbers(1.001, 4.999), misses: numbers(1, 5)),
            Case("]1..5[", .number, hits: numbers(1.001, 4.999), misses: numbers(1, 5)),
            Case("[1..5)", .number, hits: numbers(1, 4.999), misses: numbers(5)),
            Case("[1..5[", .number, hits: numbers(1, 4.999), misses: numbers(5)),
            Case("(1..5]", .number, hits: numbers(1.001, 5), misses: numbers(1)),
            Case("]1..5]", .number, hits: numbers(1.001, 5), misses: numbers(1)),
            Case("[5..5]", .number, hits: numbers(5), misses: numbers(4.999, 5.001)),
            Case("[ -1.5 .. -0.5 ]", .number, hits: numbers(-1.5, -1, -0.5), misses: numbers(-1.6, -0.4)),
            Case("[1.5..2.5]", .number, hits: numbers(1.5, 2.5), misses: numbers(1, 3)),
            Case("<0, [10..12], 20, >=30", .number, hits: numbers(-1, 11, 20, 30), misses: numbers(0, 13, 21, 29)),
            Case("not(5)", .number, hits: numbers(4, 6), misses: numbers(5) + [.null]),
            Case("not(<0, >10)", .number, hits: numbers(0, 10), misses: numbers(-1, 11) + [.null]),
            Case("not((1..2), 5)", .number, hits: numbers(1, 2, 6), misses: numbers(1.5, 5) + [.null]),
            // Booleans.
            Case("true", .boolean, hits: [.boolean(true)], misses: [.boolean(false), .null]),
            Case("false", .boolean, hits: [.boolean(false)], misses: [.boolean(true), .null]),
            Case("true,false", .boolean, hits: [.boolean(true), .boolean(false)], misses: [.null]),
            Case("not(true)", .boolean, hits: [.boolean(false)], misses: [.boolean(true), .null]),
            // What is not known.
            Case("null", .string, hits: [.null], misses: texts("", "null")),
            Case("null", .number, hits: [.null], misses: numbers(0)),
            Case("null, false", .boolean, hits: [.null, .boolean(false)], misses: [.boolean(true)]),
            Case("null, >5", .number, hits: [.null] + numbers(6), misses: numbers(5)),
            Case("not(null)", .string, hits: texts("", "a"), misses: [.null]),
            Case("not(null, \"a\")", .string, hits: texts("b"), misses: [.null] + texts("a")),
        ])
    func form(_ form: Case) throws {
        let tests = try UnaryTestsParser.parse(form.cell, type: form.type)
        for value in form.hits { #expect(tests.contains(value), "\(value)") }
        for value in form.misses { #expect(!tests.contains(value), "\(value)") }
    }

    private static let advice =
        "; a cell is -, texts in quotation marks, numbers, true, false, null, comparisons, intervals like [10..17], lists of these "
        + "with commas, or not(…)"

    @Test(
        "What is not understood is refused",
        arguments: [
            ("abc", ValueType.string, "not understood at \"a\"" + advice),
            ("“a”", .string, "not understood at \"“\"" + advice),
            ("'a'", .string, "not understood at \"'\"" + advice),
            ("\"a", .string, "a text without its closing quotation mark"),
            ("\"a\\\"", .string, "a text without its closing quotation mark"),
            ("\"a\" \"b\"", .string, "not understood at \"\"\"" + advice),
            ("\"a\",", .string, "not understood at the end" + advice),
            (",\"a\"", .string, "not understood at \",\"" + advice),
            (#""\u00e5""#, .string, "unknown escape in a text; \\\" \\\\ \\n and \\t are understood"),
            ("\"\\", .string, "unknown escape in a text; \\\" \\\\ \\n and \\t are understood"),
            ("5", .string, "5 in a string column"),
            ("true", .string, "true in a string column"),
            ("trueish", .boolean, "not understood at \"t\"" + advice),
            ("TRUE", .boolean, "not understood at \"T\"" + advice),
            ("\"true\"", .boolean, "\"true\" in a boolean column"),
            ("\"a\"", .number, "\"a\" in a number column"),
            ("\"" + String(repeating: "a", count: 5000) + "\"", .number, "\"" + String(repeating: "a", count: 79) + "… in a number column"),
            ("<5", .boolean, "comparisons and intervals are for number columns; this one is boolean"),
            ("[\"a\"..\"b\"]", .string, "comparisons and intervals are for number columns; this one is string"),
            ("<", .number, "not understood at the end" + advice),
            ("< =5", .number, "not understood at \"=\"" + advice),
            ("=5", .number, "not understood at \"=\"" + advice),
            ("!=5", .number, "not understood at \"!\"" + advice),
            ("<null", .number, "a comparison or interval needs a number"),
            ("<\"a\"", .number, "\"a\" in a number column"),
            ("1e5", .number, "not understood at \"e\"" + advice),
            ("1,5,", .number, "not understood at the end" + advice),
            ("1.", .number, "not understood at \".\"" + advice),
            (".", .number, "not understood at \".\"" + advice),
            ("--1", .number, "not understood at \"-\"" + advice),
            ("- 1", .number, "not understood at \" \"" + advice),
            ("1 2", .number, "not understood at \"2\"" + advice),
            ("½", .number, "not understood at \"½\"" + advice),
            ("٣", .number, "not understood at \"٣\"" + advice),
            ("18 years", .number, "not understood at \"y\"" + advice),
            ("9007199254740993.5", .number, "numbers go up to 9007199254740992"),
            ("-" + String(repeating: "9", count: 400), .number, "numbers go up to 9007199254740992"),
            ("nan", .number, "not understood at \"n\"" + advice),
            ("infinity", .number, "not understood at \"i\"" + advice),
            ("0x10", .number, "not understood at \"x\"" + advice),
            ("[1..5", .number, "not understood at the end" + advice),
            ("[1.5]", .number, "not understood at \"]\"" + advice),
            ("[1. .5]", .number, "not understood at \" \"" + advice),
            ("[0...5]", .number, "not understood at \".\"" + advice),
            ("[1..5}", .number, "not understood at \"}\"" + advice),
            (")1..5(", .number, "not understood at \")\"" + advice),
            ("1..5", .number, "not understood at \".\"" + advice),
            ("[5..1]", .number, "the interval contains no number"),
            ("(5..5]", .number, "the interval contains no number"),
            ("[1..null]", .number, "a comparison or interval needs a number"),
            ("not", .number, "not understood at the end" + advice),
            ("not 5", .number, "not understood at \"5\"" + advice),
            ("not()", .number, "not understood at \")\"" + advice),
            ("not(5", .number, "not understood at the end" + advice),
            ("not(5))", .number, "not understood at \")\"" + advice),
            ("not(5), 6", .number, "not understood at \",\"" + advice),
            ("not(not(5))", .number, "not understood at \"n\"" + advice),
            ("nothing", .string, "not understood at \"n\"" + advice),
            ("-, 5", .number, "not understood at \",\"" + advice),
            ("5, -", .number, "not understood at the end" + advice),
            ("date(\"2020-01-01\")", .string, "not understood at \"d\"" + advice),
            ("> 5 and < 7", .number, "not understood at \"a\"" + advice),
        ])
    func refusal(cell: String, type: ValueType, message: String) {
        let fault = #expect(throws: UnaryTestsParser.Fault.self) { try UnaryTestsParser.parse(cell, type: type) }
        #expect(fault?.message == message)
    }

    @Test("A cell has at most a thousand tests")
    func mostTests() throws {
        let thousand = Array(repeating: "1", count: 1000).joined(separator: ",")
        #expect(try UnaryTestsParser.parse(thousand, type: .number).tests.count == 1000)
        let fault = #expect(throws: UnaryTestsParser.Fault.self) { try UnaryTestsParser.parse(thousand + ",1", type: .number) }
        #expect(fault?.message == "more than 1000 tests in a cell; write several rules")
    }

    @Test(
        "An output is one literal",
        arguments: [
            ("\"a b\"", ValueType.string, Value.string("a b")), ("", .string, .null), ("-", .number, .null), ("null", .boolean, .null),
            (" 17 ", .number, .number(17)), ("-1.25", .number, .number(-1.25)), ("true", .boolean, .boolean(true)),
            (#""\"""#, .string, .string("\"")),
        ])
    func output(text: String, type: ValueType, value: Value) throws {
        #expect(try UnaryTestsParser.literal(text, type: type) == value)
    }

    @Test(
        "An output is nothing but a literal",
        arguments: [
            ("a", ValueType.string, "not understood; an output is one text in quotation marks, number, true, false or null"),
            ("\"a\",\"b\"", .string, "not understood; an output is one text in quotation marks, number, true, false or null"),
            ("> 5", .number, "not understood; an output is one text in quotation marks, number, true, false or null"),
            ("5 + 1", .number, "not understood; an output is one text in quotation marks, number, true, false or null"),
            ("not(true)", .boolean, "not understood; an output is one text in quotation marks, number, true, false or null"),
            ("5", .string, "5 in a string column"), ("\"a", .string, "a text without its closing quotation mark"),
        ])
    func outputRefusal(text: String, type: ValueType, message: String) {
        let fault = #expect(throws: UnaryTestsParser.Fault.self) { try UnaryTestsParser.literal(text, type: type) }
        #expect(fault?.message == message)
    }

    @Test("A value's description is its literal", arguments: [Value.string(#"a "b" \c"#), .string(""), .number(17), .number(-0.5), .null])
    func description(value: Value) throws {
        let type: ValueType = if case .number = value { .number } else { .string }
        #expect(try UnaryTestsParser.literal(value.description, type: type) == value)
    }
}
