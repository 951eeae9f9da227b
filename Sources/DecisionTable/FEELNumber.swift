import Foundation

/// A decimal number of up to 34 significant digits, as FEEL reckons (IEEE 754-2008 decimal128): `0.1 + 0.2` is `0.3`.
///
/// A result with more digits is rounded half to even. Beyond ±10⁶¹⁴⁴ there is no number; below 10⁻⁶¹⁷⁶ there is zero.
public struct FEELNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// How `rounded(toScale:_:)` treats what it cuts off.
    public enum Rounding: Sendable {
        case halfEven, halfUp, halfDown, up, down, floor, ceiling
    }

    public static let zero = FEELNumber(0)

    static let mostDigits = 34
    private static let exponents = -6176...6144
    /// 10⁰ to 10³⁸, which is all that 128 bits hold.
    private static let powers: [UInt128] = (0..<38).reduce(into: [1]) { powers, _ in powers.append(powers[powers.count - 1] * 10) }

    public let isNegative: Bool
    /// Below 10³⁴, and no multiple of ten unless zero: so equal numbers are stored alike.
    private let coefficient: UInt128
    private let exponent: Int

    public init(_ number: Int) {
        self.init(plain: number < 0, UInt128(number.magnitude), 0)
    }

    /// The shortest decimal number that is read as this double; nil for infinity and what is not a number.
    public init?(_ number: Double) {
        guard number.isFinite else { return nil }
        self.init("\(number)")
    }

    /// - Parameter text: `-12.5`, `.5`, `1.23e-4`; digits are ASCII.
    public init?(_ text: some StringProtocol) {
        var bytes = Substring(text).utf8
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        var coefficient: UInt128 = 0
        var exponent = 0
        var hasDigit = false
        var hasPoint = false
        while let byte = bytes.first {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                hasDigit = true
                let digit = UInt128(byte - UInt8(ascii: "0"))
                if coefficient < Self.powers[36] {
                    coefficient = coefficient * 10 + digit
                    if hasPoint { exponent -= 1 }
                } else {
                    if digit != 0 { coefficient = Self.sticky(coefficient) }
                    if !hasPoint { exponent += 1 }
                }
            case UInt8(ascii: ".") where !hasPoint: hasPoint = true
            case UInt8(ascii: "e") where hasDigit, UInt8(ascii: "E") where hasDigit:
                guard let more = Int(Substring(bytes.dropFirst())), more.magnitude < 100_000 else { return nil }
                self.init(isNegative, coefficient, exponent + more)
                return
            default: return nil
            }
            bytes = bytes.dropFirst()
        }
        guard hasDigit else { return nil }
        self.init(isNegative, coefficient, exponent)
    }

    /// Rounds to the digits there are; nil when the number is too large.
    private init?(_ isNegative: Bool, _ coefficient: UInt128, _ exponent: Int) {
        var coefficient = coefficient
        var exponent = exponent
        let surplus = max(Self.digits(coefficient) - Self.mostDigits, Self.exponents.lowerBound - exponent)
        if surplus > 0 {
            coefficient = surplus > 38 ? 0 : Self.quotient(coefficient, surplus, .halfEven, isNegative: isNegative)
            exponent += surplus
        }
        guard coefficient == 0 || exponent + Self.digits(coefficient) - 1 <= Self.exponents.upperBound else { return nil }
        self.init(plain: isNegative, coefficient, exponent)
    }

    private init(plain isNegative: Bool, _ coefficient: UInt128, _ exponent: Int) {
        var coefficient = coefficient
        var exponent = exponent
        while coefficient != 0, coefficient % 10 == 0 {
            coefficient /= 10
            exponent += 1
        }
        self.isNegative = isNegative && coefficient != 0
        self.coefficient = coefficient
        self.exponent = coefficient == 0 ? 0 : exponent
    }

    private static func digits(_ coefficient: UInt128) -> Int {
        powers.firstIndex { $0 > coefficient } ?? powers.count
    }

    /// Keeps a last digit from looking exact, or exactly half, when something follows it.
    private static func sticky(_ coefficient: UInt128) -> UInt128 {
        coefficient % 5 == 0 ? coefficient + 1 : coefficient
    }

    /// - Parameter places: 1 to 38.
    private static func quotient(_ coefficient: UInt128, _ places: Int, _ mode: Rounding, isNegative: Bool) -> UInt128 {
        let (quotient, rest) = coefficient.quotientAndRemainder(dividingBy: powers[places])
        let half = powers[places] / 2
        let isUp =
            switch mode {
            case .halfEven: rest > half || (rest == half && quotient % 2 == 1)
            case .halfUp: rest >= half
            case .halfDown: rest > half
            case .up: rest > 0
            case .down: false
            case .floor: rest > 0 && isNegative
            case .ceiling: rest > 0 && !isNegative
            }
        return isUp ? quotient + 1 : quotient
    }

    public static func < (left: FEELNumber, right: FEELNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        let order = compareMagnitude(left, right)
        return left.isNegative ? order > 0 : order < 0
    }

    private static func compareMagnitude(_ left: FEELNumber, _ right: FEELNumber) -> Int {
        if left.coefficient == 0 || right.coefficient == 0 {
            return left.coefficient == right.coefficient ? 0 : left.coefficient == 0 ? -1 : 1
        }
        let (leftSize, rightSize) = (digits(left.coefficient), digits(right.coefficient))
        if leftSize + left.exponent != rightSize + right.exponent {
            return leftSize + left.exponent < rightSize + right.exponent ? -1 : 1
        }
        let (first, second) = (left.coefficient * powers[mostDigits - leftSize], right.coefficient * powers[mostDigits - rightSize])
        return first == second ? 0 : first < second ? -1 : 1
    }

    public static prefix func - (number: FEELNumber) -> FEELNumber {
        FEELNumber(plain: !number.isNegative, number.coefficient, number.exponent)
    }

    public var magnitude: FEELNumber { isNegative ? -self : self }

    /// Nil when the result is too large, as with the other operations.
    public func adding(_ other: FEELNumber) -> FEELNumber? {
        if coefficient == 0 { return other }
        if other.coefficient == 0 { return self }
        let (high, low) = exponent >= other.exponent ? (self, other) : (other, self)
        let distance = high.exponent - low.exponent
        let shift = min(distance, 37 - Self.digits(high.coefficient))
        let first = high.coefficient * Self.powers[shift]
        var second = low.coefficient
        if distance > shift {
            let (quotient, rest) =
                distance - shift > 38
                ? (0, second) : second.quotientAndRemainder(dividingBy: Self.powers[distance - shift])
            second = rest == 0 ? quotient : Self.sticky(quotient)
        }
        if high.isNegative == low.isNegative { return FEELNumber(high.isNegative, first + second, high.exponent - shift) }
        return first >= second
            ? FEELNumber(high.isNegative, first - second, high.exponent - shift)
            : FEELNumber(low.isNegative, second - first, high.exponent - shift)
    }

    public func subtracting(_ other: FEELNumber) -> FEELNumber? { adding(-other) }

    public func multiplied(by other: FEELNumber) -> FEELNumber? {
        let (high, low) = coefficient.multipliedFullWidth(by: other.coefficient)
        let isNegative = isNegative != other.isNegative
        if high == 0 { return FEELNumber(isNegative, low, exponent + other.exponent) }
        let places = Self.digits(high)
        let (quotient, rest) = Self.powers[places].dividingFullWidth((high, low))
        return FEELNumber(isNegative, rest == 0 ? quotient : Self.sticky(quotient), exponent + other.exponent + places)
    }

    /// Nil as well when `other` is zero.
    public func divided(by other: FEELNumber) -> FEELNumber? {
        guard other.coefficient != 0 else { return nil }
        if coefficient == 0 { return .zero }
        let first = Self.mostDigits - Self.digits(coefficient)
        let second = 2 + Self.digits(other.coefficient)
        let (quotient, rest) = other.coefficient.dividingFullWidth(
            (coefficient * Self.powers[first]).multipliedFullWidth(by: Self.powers[second]))
        return FEELNumber(
            isNegative != other.isNegative, rest == 0 ? quotient : Self.sticky(quotient), exponent - other.exponent - first - second)
    }

    /// With a whole power by multiplication, rounded at each step; else by doubles. Nil as well when there is no real number.
    public func raised(to power: FEELNumber) -> FEELNumber? {
        guard let whole = power.int, whole.magnitude <= 1_000_000 else {
            return FEELNumber(pow(double, power.double))
        }
        var result = FEELNumber(1)
        var square = self
        var rest = whole.magnitude
        while rest > 0 {
            if rest & 1 == 1 {
                guard let product = result.multiplied(by: square) else { return whole < 0 ? .zero : nil }
                result = product
            }
            rest >>= 1
            if rest > 0 {
                guard let product = square.multiplied(by: square) else { return whole < 0 ? .zero : nil }
                square = product
            }
        }
        return whole < 0 ? FEELNumber(1).divided(by: result) : result
    }

    /// Nil when `self` is negative.
    public var squareRoot: FEELNumber? {
        if coefficient == 0 { return self }
        guard !isNegative, var root = FEELNumber(double.squareRoot()) else { return nil }
        // Newton's steps double the 16 digits that are right.
        for _ in 0..<2 {
            guard let next = divided(by: root).flatMap({ root.adding($0) })?.divided(by: FEELNumber(2)) else { return nil }
            root = next
        }
        return root
    }

    /// Natural, to the precision of a double. Nil when `self` is not positive.
    public var logarithm: FEELNumber? { FEELNumber(log(double)) }

    /// e to the power of `self`, to the precision of a double.
    public var exponential: FEELNumber? { FEELNumber(exp(double)) }

    /// - Parameter scale: decimal places to keep; negative cuts off before the point.
    public func rounded(toScale scale: Int, _ mode: Rounding) -> FEELNumber? {
        let places = -scale - exponent
        if places <= 0 { return self }
        let kept = places > 38 ? awayFromZero(mode) : Self.quotient(coefficient, places, mode, isNegative: isNegative)
        return FEELNumber(isNegative, kept, -scale)
    }

    /// Of a number that is far less than half of the last place kept.
    private func awayFromZero(_ mode: Rounding) -> UInt128 {
        switch mode {
        case .halfEven, .halfUp, .halfDown, .down: 0
        case .up: coefficient == 0 ? 0 : 1
        case .floor: isNegative ? 1 : 0
        case .ceiling: coefficient == 0 || isNegative ? 0 : 1
        }
    }

    /// Nil when it is no whole number that fits.
    public var int: Int? {
        guard exponent >= 0, exponent < 20, let value = Int(exactly: coefficient) else { return nil }
        let (product, isTooLarge) = value.multipliedReportingOverflow(by: Int(exactly: Self.powers[min(exponent, 18)]) ?? 0)
        return isTooLarge || exponent > 18 ? nil : isNegative ? -product : product
    }

    /// The nearest double.
    public var double: Double { Double("\(isNegative ? "-" : "")\(coefficient)e\(exponent)") ?? .nan }

    /// Plain digits, `12.50` as `12.5`; with a power of ten from 10⁴⁰ and below 10⁻⁴⁰.
    public var description: String {
        let sign = isNegative ? "-" : ""
        let digits = String(coefficient)
        let point = digits.count + exponent
        if !(-40...40).contains(point) { return "\(sign)\(digits)E\(exponent)" }
        if exponent >= 0 { return sign + digits + String(repeating: "0", count: exponent) }
        if point > 0 { return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))" }
        return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)"
    }
}
