/// What was found out about a routing by looking at every case, area and day that there can be, not at samples of them.
public struct RoutingCheck: Sendable {
    /// What was looked at.
    public struct Extent: Hashable, Sendable {
        public internal(set) var ruleSets = 0
        public internal(set) var rules = 0
        /// Of `rules`, those that decide somebody.
        public internal(set) var decidingRules = 0
        /// Times in which neither rules nor organisations nor areas change.
        public internal(set) var spans = 0
        /// Areas that are valid on some day of a rule set.
        public internal(set) var areas = 0
        /// Organisations that may receive cases and exist on some day of a rule set.
        public internal(set) var recipients = 0
        /// How often a rule was followed into an area in a span.
        public internal(set) var ways = 0
        /// Of `ways`, those that end at the one organisation that the rule names first.
        public internal(set) var firstChoices = 0
        /// Of `ways`, those that end at the alternative, since the first kind has nobody there.
        public internal(set) var alternatives = 0
    }

    /// A finding that its rule set accepts, or on all its days the directory. What is undecided cannot be accepted, and a directory accepts
    /// nothing about tables alone.
    public struct Accepted: Hashable, Sendable {
        public let finding: RoutingFinding
        public let acceptance: AcceptedFinding
    }

    /// What a rule set accepts and nobody found.
    public struct UnusedAcceptance: Hashable, Sendable {
        /// The number of the rule set.
        public let ruleSet: Int
        public let acceptance: AcceptedFinding
    }

    /// All that was found, by rule set from the earliest.
    public let findings: [RoutingFinding]
    public let accepted: [Accepted]
    /// What keeps a rule set from being published.
    public let unaccepted: [RoutingFinding]
    public let unusedAcceptances: [UnusedAcceptance]
    public let extent: Extent

    /// Whether every question was answered: what is not among the findings is not so.
    public var isComplete: Bool { !findings.contains { $0.kind == .undecided } }

    fileprivate init(
        _ found: [RoutingFinding], _ extent: Extent, ruleSets: [RuleSet], directories: [Routing.DatedDirectory], examined: [RuleSet],
        from first: CivilDate?
    ) {
        let acceptances = Dictionary(
            ruleSets.map { ($0.number, Dictionary($0.accepted.map { ($0.finding, $0) }) { first, _ in first }) }
        ) { first, _ in first }
        findings = found.filter { finding in finding.days.last.map { last in first.map { last >= $0 } ?? true } ?? true }
        let ahead = DatePeriod(first: first, last: nil)
        func acceptance(of finding: RoutingFinding) -> AcceptedFinding? {
            if finding.kind == .undecided { return nil }
            if let own = acceptances[finding.ruleSet]?[finding.id] { return own }
            if finding.kind.isAboutTables { return nil }
            let days = finding.days.intersection(ahead)
            let inForce = directories.filter { !$0.period.intersection(days).isEmpty }.map { $0.accepted[finding.id] }
            return inForce.contains { $0 == nil } ? nil : inForce.last ?? nil
        }
        var (accepted, unaccepted): ([Accepted], [RoutingFinding]) = ([], [])
        for finding in findings {
            if let acceptance = acceptance(of: finding) {
                accepted.append(Accepted(finding: finding, acceptance: acceptance))
            } else {
                unaccepted.append(finding)
            }
        }
        self.accepted = accepted
        self.unaccepted = unaccepted
        unusedAcceptances = examined.flatMap { ruleSet in
            let own = found.filter { $0.ruleSet == ruleSet.number }
            // What was not looked at may be there.
            guard !own.contains(where: { $0.kind == .undecided }) else { return [UnusedAcceptance]() }
            let ids = Set(own.map(\.id))
            return ruleSet.accepted.filter { !ids.contains($0.finding) }.map { UnusedAcceptance(ruleSet: ruleSet.number, acceptance: $0) }
        }
        self.extent = extent
    }
}

extension Routing {
    /// Looks at every case that a message can carry, in every area and on every day of a rule set. Takes up to some seconds: not for an event
    /// loop. The result depends on nothing but the routing and the parameters.
    /// - Parameters:
    ///   - first: findings whose days all lie before it are left out.
    ///   - numbers: of the rule sets to look at; nil: all. Days without a rule set are told in any case.
    ///   - budget: steps for each question about a table, see `DecisionTable.coverage`, and for all areas of a rule set together. What it is
    ///     too small for is told in a finding of kind `undecided`.
    public func check(from first: CivilDate? = nil, only numbers: Set<Int>? = nil, budget: Int = 1_000_000) -> RoutingCheck {
        var findings: [RoutingFinding] = []
        var extent = RoutingCheck.Extent()
        var areas: Set<Area> = []
        var recipients: Set<OrganisationID> = []
        var examined: [RuleSet] = []
        for (index, ruleSet) in ruleSets.enumerated() {
            if index > 0 { findings += daysWithoutRules(between: ruleSets[index - 1], and: ruleSet) }
            let isOver = first.map { ruleSet.validity.intersection(DatePeriod(first: $0, last: nil)).isEmpty } ?? false
            guard !isOver, numbers?.contains(ruleSet.number) ?? true else { continue }
            examined.append(ruleSet)
            var check = RuleSetCheck(ruleSet, spans: spans(of: ruleSet.validity), budget: budget)
            findings += check.findings()
            extent.add(check.extent)
            areas.formUnion(check.areas)
            recipients.formUnion(check.recipients)
        }
        if let last = ruleSets.last { findings += daysWithoutRules(between: last, and: nil) }
        extent.areas = areas.count
        extent.recipients = recipients.count
        return RoutingCheck(findings, extent, ruleSets: ruleSets, directories: directories, examined: examined, from: first)
    }

    /// All that `check` finds.
    public func findings(from first: CivilDate? = nil, budget: Int = 1_000_000) -> [RoutingFinding] {
        check(from: first, budget: budget).findings
    }

    /// What `check` finds and nobody has accepted.
    public func unaccepted(
        from first: CivilDate? = nil, only numbers: Set<Int>? = nil, budget: Int = 1_000_000
    ) -> [RoutingFinding] {
        check(from: first, only: numbers, budget: budget).unaccepted
    }

    private func daysWithoutRules(between earlier: RuleSet, and later: RuleSet?) -> [RoutingFinding] {
        guard let last = earlier.validity.last, let first = last.dayAfter else { return [] }
        let days = DatePeriod(first: first, last: later?.validity.first?.dayBefore)
        guard !days.isEmpty else { return [] }
        let end = days.last.map(\.description) ?? ""
        return [
            RoutingFinding(
                .noRuleSet, ["\(first)..\(end)"], ruleSet: (later ?? earlier).number, days: days,
                text: "anybody, \(days): no rule set applies")
        ]
    }

    // MARK: Spans

    /// The days of a period cut so that within a span nothing begins or ends.
    private func spans(of period: DatePeriod) -> [RuleSetCheck.Span] {
        directories.flatMap { dated -> [RuleSetCheck.Span] in
            let directory = dated.directory
            let period = period.intersection(dated.period)
            if period.isEmpty { return [] }
            var starts: Set<CivilDate> = []
            for changing in directory.changingPeriods {
                if let first = changing.first { starts.insert(first) }
                if let next = changing.last?.dayAfter { starts.insert(next) }
            }
            let cuts = starts.filter { start in
                (period.first.map { start > $0 } ?? true) && (period.last.map { start <= $0 } ?? true)
            }.sorted()
            let firsts: [CivilDate?] = [period.first] + cuts
            let lasts: [CivilDate?] = cuts.map(\.dayBefore) + [period.last]
            return zip(firsts, lasts).map { .init(days: DatePeriod(first: $0, last: $1), directory: directory) }
        }
    }
}

extension RoutingFinding.Kind {
    /// Whether no directory makes a difference to it.
    fileprivate var isAboutTables: Bool {
        switch self {
        case .gap, .outsideTable, .conflict, .idleRule, .idleColumn, .impossibleValue: true
        case .noRecipient, .severalRecipients, .unservedArea, .idleOrganisation, .noRuleSet, .undecided: false
        }
    }
}

extension RoutingCheck.Extent {
    fileprivate mutating func add(_ other: Self) {
        ruleSets += 1
        rules += other.rules
        decidingRules += other.decidingRules
        spans += other.spans
        ways += other.ways
        firstChoices += other.firstChoices
        alternatives += other.alternatives
    }
}

extension Directory {
    /// Of organisations, what they serve, and areas.
    fileprivate var changingPeriods: [DatePeriod] {
        organisations.flatMap { [$0.existence] + $0.catchment.map(\.period) } + areas.map(\.validity)
    }
}

extension CivilDate {
    /// Nil after the last day that can be written.
    var dayAfter: CivilDate? {
        CivilDate(year: year, month: month, day: day + 1) ?? CivilDate(year: year, month: month + 1, day: 1)
            ?? CivilDate(year: year + 1, month: 1, day: 1)
    }

    /// Nil before the first day that can be written.
    var dayBefore: CivilDate? {
        if day > 1 { return CivilDate(year: year, month: month, day: day - 1) }
        let (year, month) = month > 1 ? (year, month - 1) : (year - 1, 12)
        return [31, 30, 29, 28].lazy.compactMap { CivilDate(year: year, month: month, day: $0) }.first
    }
}
