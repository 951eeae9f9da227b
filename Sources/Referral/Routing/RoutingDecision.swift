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
    /// The number of the directory that applied; nil in decisions from before directories had numbers.
    public let directoryVersion: Int?

    public init(
        service: Service, outcome: Outcome, ruleSet: String?, rule: String?, ruleText: String?, inputs: [Input], notes: [String],
        asOf: CivilDate, directoryVersion: Int? = nil
    ) {
        self.service = service
        self.outcome = outcome
        self.ruleSet = ruleSet
        self.rule = rule
        self.ruleText = ruleText
        self.inputs = inputs
        self.notes = notes
        self.asOf = asOf
        self.directoryVersion = directoryVersion
    }
}
