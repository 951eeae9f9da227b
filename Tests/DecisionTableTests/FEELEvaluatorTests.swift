import Foundation
import SeededRandom
import Testing

@testable import DecisionTable

@Suite("Expressions")
struct FEELEvaluatorTests {
    private static func model(_ expression: String, names: [String] = []) throws -> DecisionModel {
        let escaped = expression.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        let inputs = names.map { "<inputData id='\($0.replacing(" ", with: "_"))' name=\"\($0)\"/>" }.joined()
        let requirements = names.map {
            "<informationRequirement><requiredInput href='#\($0.replacing(" ", with: "_"))'/></informationRequirement>"
        }.joined()
        return try DecisionModel(
            xml: Array(
                """
                <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">\(inputs)<decision name="D">\(requirements)
                <literalExpression><text>\(escaped)</text></literalExpression></decision></definitions>
                """.utf8), file: "t.dmn")
    }

    private static func evaluate(_ expression: String, _ inputs: [String: FEELValue] = [:]) throws -> DecisionResult {
        try model(expression, names: inputs.keys.sorted()).evaluate("D", inputs)
    }

    @Test(
        "Values",
        arguments: [
            ("1 + /* two */ 2 // three", "3"), ("[1, 2, 3][item > 1]", "[2, 3]"), ("{a: 1, b: a + 1}.b", "2"),
            ("count([[1, 2], 3])", "2"), ("for i in 3..1, j in [i] return j * 2", "[6, 4, 2]"),
            ("for d in @\"2024-02-28\"..@\"2024-03-01\" return d.day", "[28, 29, 1]"),
            ("string(@\"PT90M\")", "\"PT1H30M\""),
            ("@\"2024-03-31T01:30:00@Europe/Stockholm\" + @\"PT1H\"", "2024-03-31T02:30:00@Europe/Stockholm"),
            ("(@\"2024-03-01\" - @\"2024-02-01\").days", "29"), ("@\"P1Y2M\" * 2", "P2Y4M"), ("@\"-P1D\" + @\"PT12H\"", "-PT12H"),
            ("date(\"2023-02-29\")", "null"), ("time(24, 0, 0)", "null"), ("date(2024, 2, 29)", "2024-02-29"),
            ("@\"23:30:00\" + @\"PT1H\"", "00:30:00"), ("day of week(@\"2024-02-29\")", "\"Thursday\""),
            ("day of year(@\"2024-12-31\")", "366"),
            ("\"\\u00e5\\U01F600\"", "\"å😀\""), ("substring(\"foobar\", -3, 2)", "\"ba\""), ("modulo(-12, 5)", "3"),
            ("5 between 1 and 5", "true"), ("\"b\" in (\"a\"..\"c\")", "true"), ("1 in [1..2[", "true"), ("2 in [1..2[", "false"),
            ("min([])", "null"), ("for i in 1..5 return if i < 3 then 1 else partial[-1] + partial[-2]", "[1, 1, 2, 3, 5]"),
            ("sum(0.1, 0.2)", "0.3"), ("if false then 1 else if true then 2 else 3", "2"),
            ("3 instance of number", "true"), ("[1, \"a\"] instance of list<number>", "false"), ("null = 1", "false"),
            ("{\"full name\": 1}.full name", "1"), ("get entries({a: 1})[1].key", "\"a\""), ("append([1], 2, 3)", "[1, 2, 3]"),
            ("some x in [1, 2], y in [2, 3] satisfies x = y", "true"), ("not(1 = 2) and \"a\" < \"b\"", "true"),
            ("(function(a, b: number) a - b)(b: 1, a: 3)", "2"), ("sort([2, 1, 3])", "[1, 2, 3]"),
        ])
    func value(expression: String, result: String) throws { #expect(try Self.evaluate(expression).value.description == result) }

    @Test("Names may have blanks and signs in them; the longest wins")
    func names() throws {
        let inputs: [String: FEELValue] = ["a": .number(FEELNumber(10)), "b": .number(FEELNumber(3)), "a-b": .string("one name")]
        #expect(try Self.evaluate("a-b", inputs).value == .string("one name"))
        #expect(try Self.evaluate("a - b", inputs).value == .number(FEELNumber(7)))
        let age: [String: FEELValue] = ["age": .number(FEELNumber(1)), "age of the victim": .number(FEELNumber(2))]
        #expect(try Self.evaluate("age of  the\n victim + age", age).value == .number(FEELNumber(3)))
    }

    @Test(
        "What is not understood is refused when it is read",
        arguments: [
            ("x", "there is no \"x\" here; a text stands in quotation marks"), ("1 +", "not understood at the end"),
            ("now()", "there is no \"now\" here; a text stands in quotation marks"), ("(1", "not understood at the end; \")\" is missing"),
            ("1 2", "not understood at \"2\""), ("{a: 1, a: 2}", "there are two entries \"a\""),
            ("if true then 1", "not understood at the end; \"else\" is missing"), ("\"a\\x\"", "unknown escape"),
            ("function(a) external {}", "functions of other languages are not understood"), ("1 instance of 2", "not understood"),
            (String(repeating: "(", count: 100) + "1", "an expression nested deeper than 50; split it"),
            (String(repeating: "-", count: 1000) + "1", "an expression nested deeper than 50; split it"),
            (String(repeating: "1+", count: 5000) + "1", "an expression of more than 2000 parts; split it"),
        ])
    func refused(expression: String, message: String) {
        let thrown = #expect(throws: DecisionTableFaults.self) { try Self.model(expression) }
        #expect(thrown?.faults.count == 1)
        #expect(thrown?.faults.first?.message.hasPrefix(message) == true, "\(thrown?.description ?? "")")
        #expect(thrown?.faults.first?.table == "D")
    }

    @Test(
        "Work without an end, and values that double, are stopped",
        arguments: [
            "(function(f) f(f))(function(f) f(f))", "for i in 1..1000000000 return i", "count(for i in 1..2000, j in 1..2000 return 1)",
            "{a: \"0123456789012345\", \((0..<40).map { "k\($0): \($0 == 0 ? "a" : "k\($0 - 1)") + \($0 == 0 ? "a" : "k\($0 - 1)")" }.joined(separator: ", "))}",
            "{a: [1,2,3,4,5,6,7,8], \((0..<40).map { "k\($0): concatenate(\($0 == 0 ? "a" : "k\($0 - 1)"), \($0 == 0 ? "a" : "k\($0 - 1)"))" }.joined(separator: ", "))}",
        ])
    func bounded(expression: String) throws {
        let problems = try Self.evaluate(expression).problems
        #expect(problems.contains { $0.reason == .tooMuchWork })
    }

    @Test("A problem tells the decision and what kinds of values there were, and no value")
    func problems() throws {
        let result = try Self.evaluate("name + 1", ["name": .string("Sven Svensson")])
        #expect(result.value == .null)
        #expect(result.problems.map(\.description) == ["decision \"D\": string + number cannot be computed"])
        #expect(try Self.model("x", names: ["x"]).evaluate("D", [:]).problems.map(\.reason) == [.missingInput("x")])
        #expect(try Self.model("1").evaluate("E", [:]).problems.map(\.reason) == [.unknownDecision])
    }

    @Test("Random bytes in an expression give a fault or a value")
    func randomTexts() throws {
        var generator = SplitMix64(seed: 5)
        let pieces = [
            "1", "\"a\"", "(", ")", "[", "]", "{", "}", ",", "..", ".", "+", "-", "**", "<", "=", "!=", " in ", " if ", " then ", " else ",
            "for ",
            " return ", "not(", "@\"P1D\"", "null", "x", "?", " and ", " between ", "function(", ":", "a: ", " instance of ", "list<",
            "count(",
            "\\", "/*", "//", "å",
        ]
        var (read, refused) = (0, 0)
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 1...8, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            do throws(FEELParser.Fault) {
                var evaluator = FEELEvaluator()
                _ = evaluator.evaluate(try FEELParser.expression(text, FEELNames(["x"])), FEELScope(["x": .number(.zero)]))
                _ = try FEELParser.unaryTests(text, FEELNames(["x"]))
                read += 1
            } catch {
                #expect(!error.message.isEmpty)
                refused += 1
            }
        }
        #expect(read > 50 && refused > 500)
    }
}
