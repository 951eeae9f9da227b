import ArgumentParser

/// A member of a controlled list on the command line: `no-answer` for the domain's `noAnswer` and the contract's `…_NO_ANSWER`.
struct Choice<List: CaseIterable & Sendable>: ExpressibleByArgument {
    let word: String

    init?(argument: String) {
        guard Self.words.contains(argument) else { return nil }
        word = argument
    }

    static var allValueStrings: [String] { words }

    static var words: [String] { List.allCases.map { hyphenated("\($0)") } }

    /// For the help of an option.
    static var help: ArgumentHelp { ArgumentHelp(stringLiteral: words.joined(separator: ", ")) }

    /// As the contract names it.
    func member(_ prefix: String) -> String { prefix + word.uppercased().split(separator: "-").joined(separator: "_") }

    /// `noAnswer` becomes `no-answer`; a member with a value of its own is called as that.
    private static func hyphenated(_ name: String) -> String {
        let last = name.split { "().".contains($0) }.last ?? ""
        return last.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : "\($1)" }
    }
}
