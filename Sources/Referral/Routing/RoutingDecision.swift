/// Why one service of a referral went where it went: enough to reach the same answer again by hand.
public struct RoutingDecision: Hashable, Codable, Sendable {
    public enum Outcome: Hashable, Codable, Sendable {
        case recipient(OrganisationID)
        /// People have to decide.
        case review(ReviewReason)
    }

    /// One input as the table saw it. `value` is nil when it is unknown.
    public struct Input: Hashable, Codable, Sendable {
        public let name: String
        public let value: String?
        /// Where the value came from: "birth date", "residence".
        public let origin: String?

        public init(name: String, value: String?, origin: String?) {
            self.name = name
            self.value = value
            self.origin = origin
        }
    }

    /// What one other value of one input would have come to, every other input being as it was.
    public struct Alternative: Hashable, Codable, Sendable {
        /// The input that decided against it: `own age`, `victim age`, `area`, or as in `inputs`.
        public let input: String
        /// The values that it would take: `22 or more`, `10 to 17`, `witness or professional`, `0186 or 2 other areas`.
        public let value: String
        public let outcome: Outcome
        /// The rule that would decide; nil when none or several would.
        public let rule: String?
        private let boundary: Bool?
        private let reveals: [FieldGroup]?

        /// Whether one year more or less is enough.
        public var isBoundary: Bool { boundary ?? false }
        /// What else has to be shown to whoever sees this: it would not hold were a value of these groups another, so that it tells them.
        public var alsoReveals: [FieldGroup] { reveals ?? [] }

        public init(
            input: String, value: String, outcome: Outcome, rule: String?, isBoundary: Bool = false, alsoReveals: [FieldGroup] = []
        ) {
            self.input = input
            self.value = value
            self.outcome = outcome
            self.rule = rule
            // Left out of the log where they say nothing.
            boundary = isBoundary ? true : nil
            reveals = alsoReveals.isEmpty ? nil : alsoReveals
        }
    }

    public let service: Service
    public let outcome: Outcome
    /// The rule set that applied; nil when none did on that day.
    public let ruleSet: String?
    /// The rule that decided; nil when no rule or several matched.
    public let rule: String?
    /// The rule's own text, in the words of whoever wrote the table.
    public let ruleText: String?
    public let inputs: [Input]
    /// What a reader should know: `boundary-age`.
    public let notes: [String]
    /// The day whose rules and organisations applied.
    public let asOf: CivilDate
    /// The nearest other outcomes, those that one year decides first; at most 8. Nil when nothing would change it, when it was not asked
    /// for, and in decisions that were stored before this was kept.
    public let otherwise: [Alternative]?
    /// The day on which ages were counted; nil in decisions that were stored before this was kept.
    public let agesOn: CivilDate?

    /// The number of the directory that applied; nil in decisions from before directories had numbers.
    public let directoryVersion: Int?

    public init(
        service: Service, outcome: Outcome, ruleSet: String?, rule: String?, ruleText: String?, inputs: [Input], notes: [String],
        asOf: CivilDate, otherwise: [Alternative]? = nil, agesOn: CivilDate? = nil, directoryVersion: Int? = nil
    ) {
        self.service = service
        self.outcome = outcome
        self.ruleSet = ruleSet
        self.rule = rule
        self.ruleText = ruleText
        self.inputs = inputs
        self.notes = notes
        self.asOf = asOf
        self.otherwise = otherwise
        self.agesOn = agesOn
        self.directoryVersion = directoryVersion
    }
}
