/// Something about the routing that a coordinator should know before it decides cases: somebody who goes to review for want of a rule or of
/// a recipient, or something that has no effect. Unlike a fault, it does not keep the routing from being used.
public struct RoutingFinding: Hashable, Sendable, CustomStringConvertible {
    /// The raw values are the first words of ids.
    public enum Kind: String, Sendable, CaseIterable {
        /// No rule for these people.
        case gap
        /// A column refuses a value that a case can have.
        case outsideTable = "outside-table"
        /// Rules that say different things of the same people.
        case conflict
        /// A rule that never decides: it holds for nobody, or others always come first.
        case idleRule = "idle-rule"
        /// A column whose value never changes the answer.
        case idleColumn = "idle-column"
        /// A value in the list of a column that no case has.
        case impossibleValue = "impossible-value"
        /// People whom a rule sends to a kind of organisation that serves their area nowhere.
        case noRecipient = "no-recipient"
        /// People whose area is served by several organisations that the rule could mean.
        case severalRecipients = "several-recipients"
        /// An area of the list for which no rule finds a recipient.
        case unservedArea = "unserved-area"
        /// An organisation that could receive cases and is given none.
        case idleOrganisation = "idle-organisation"
        /// Days without rules between those of rule sets, or after the last.
        case noRuleSet = "no-rule-set"
        /// The search was too long; what it has found is true, but may not be all.
        case undecided
    }

    /// By which it is accepted: readable, and the same as long as the same is wrong for the same people, in the same areas, on the same days
    /// of the rule set. Those about people end in a digest of exactly the cases, and of the organisations or kinds of them that are meant.
    /// `no-recipient/support/adult/0125+0184/5c0a71f3`.
    public let id: String
    public let kind: Kind
    /// The number of the rule set that it belongs to; for days without one, of the next, or of the last when there is no next.
    public let ruleSet: Int
    /// Nil when it is not about one of the two tables.
    public let service: Service?
    /// When it is so. For findings about tables all days of the rule set.
    public let days: DatePeriod
    /// Ids of the rules that it is about, in their order.
    public let rules: [String]
    /// Empty when the area does not matter.
    public let areas: [Area]
    /// For people: whom it concerns, when, and the rules.
    public let text: String
    /// A case of which it is true; nil for kinds that are not about people.
    let example: CaseFacts?

    init(
        _ kind: Kind, _ path: [String], ruleSet: Int, service: Service? = nil, days: DatePeriod, rules: [String] = [], areas: [Area] = [],
        text: String, example: CaseFacts? = nil
    ) {
        id = ([kind.rawValue] + (service.map { [$0.rawValue] } ?? []) + path.map(Self.readable)).joined(separator: "/")
        self.kind = kind
        self.ruleSet = ruleSet
        self.service = service
        self.days = days
        self.rules = rules
        self.areas = areas
        self.text = text
        self.example = example
    }

    /// `rule set 2: an adult victim …`
    public var description: String { "rule set \(ruleSet)\(service.map { ", \($0.rawValue)" } ?? ""): \(text)" }

    private static let longestPart = 100

    /// In one word. What would be too long for it ends in a digest of the whole.
    private static func readable(_ part: String) -> String {
        let kept = part.map { $0.isLetter || $0.isNumber || "+.-#_".contains($0) ? String($0) : " " }.joined()
        let text = kept.split(separator: " ").joined(separator: "-")
        guard text.count > longestPart || text.isEmpty else { return text }
        return text.prefix(longestPart - 9) + "-" + digest(of: [part])
    }

    /// Of words that say exactly what is meant: FNV-1a, eight hexadecimal digits.
    static func digest(of words: [String]) -> String {
        let digest = words.joined(separator: "|").utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(digest, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// A finding that somebody has looked at and lets stand, for the rule set that it belongs to.
public struct AcceptedFinding: Hashable, Codable, Sendable {
    /// The finding's id.
    public let finding: String
    /// Who accepts it.
    public let by: String
    public let reason: String

    public init(finding: String, by: String, reason: String) {
        self.finding = finding
        self.by = by
        self.reason = reason
    }
}
