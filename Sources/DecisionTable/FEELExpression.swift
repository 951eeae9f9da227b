/// An expression of FEEL, taken apart.
indirect enum FEELExpression: Equatable, Sendable {
    enum Operator: Equatable, Sendable { case add, subtract, multiply, divide, raise }

    struct NamedPart: Equatable, Sendable {
        let name: String
        let expression: FEELExpression
    }

    enum Source: Equatable, Sendable {
        case items(FEELExpression)
        /// Whole numbers or days, rising or falling.
        case steps(FEELExpression, FEELExpression)
    }

    struct Iteration: Equatable, Sendable {
        let name: String
        let source: Source
    }

    case literal(FEELValue)
    case name(String)
    /// `?`, the value of the column.
    case inputValue
    case path(FEELExpression, String)
    case filter(FEELExpression, FEELExpression)
    case call(FEELExpression, [FEELExpression])
    case namedCall(FEELExpression, [NamedPart])
    case negated(FEELExpression)
    case arithmetic(Operator, FEELExpression, FEELExpression)
    case comparison(FEELComparison, FEELExpression, FEELExpression)
    case between(FEELExpression, FEELExpression, FEELExpression)
    case isIn(FEELExpression, [FEELUnaryTests.Test])
    case and(FEELExpression, FEELExpression)
    case or(FEELExpression, FEELExpression)
    case choice(FEELExpression, FEELExpression, FEELExpression)
    /// `usesPartial` when the body looks at the results so far.
    case loop([Iteration], FEELExpression, usesPartial: Bool)
    case some([Iteration], FEELExpression)
    case every([Iteration], FEELExpression)
    case list([FEELExpression])
    case context([NamedPart])
    case interval(FEELExpression, lowerIsIncluded: Bool, FEELExpression, upperIsIncluded: Bool)
    case comparisonRange(FEELComparison, FEELExpression)
    case function([FEELFunction.Parameter], FEELExpression)
    case instance(FEELExpression, FEELType)
}

/// The tests of a cell, taken apart.
struct FEELUnaryTests: Equatable, Sendable {
    enum Test: Equatable, Sendable {
        case comparison(FEELComparison, FEELExpression)
        /// `usesInput` when `?` is in it: then its truth counts.
        case expression(FEELExpression, usesInput: Bool)
    }

    /// Empty for `-`.
    let tests: [Test]
    let isNegated: Bool
}
