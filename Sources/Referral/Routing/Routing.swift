/// Which organisation gets a case, and why: the rule sets say which kind of organisation, the directory says which one.
public struct Routing: Sendable {
    /// A version of the directory and the days on which it is in force.
    public struct DatedDirectory: Sendable {
        /// From 1.
        public let number: Int
        public let period: DatePeriod
        public let directory: Directory
        let areaOutcomes: AreaOutcomes
        /// What is let stand on its days, by the finding's id.
        let accepted: [String: AcceptedFinding]

        init(number: Int, period: DatePeriod, directory: Directory, ruleSets: [RuleSet], accepted: [AcceptedFinding] = []) {
            self.accepted = Dictionary(accepted.map { ($0.finding, $0) }) { first, _ in first }
            self.number = number
            self.period = period
            self.directory = directory
            areaOutcomes = AreaOutcomes(directory: directory, ruleSets: ruleSets)
        }
    }

    /// The earliest first. Never empty, and every day is in one of them. One that was replaced and came back is there twice.
    public let directories: [DatedDirectory]
    /// The earliest first. One that was replaced and came back is there twice, with other days.
    public let ruleSets: [RuleSet]

    /// The only directory; with several versions the last.
    public var directory: Directory { directories[directories.count - 1].directory }

    /// The directory in force on a day.
    public func directory(on day: CivilDate) -> Directory { version(on: day).directory }

    func version(on day: CivilDate) -> DatedDirectory {
        directories[directories.lastIndex { $0.period.contains(day) } ?? directories.count - 1]
    }

    /// Why a rule set cannot stand beside the others.
    public struct Conflict: Hashable, Sendable, CustomStringConvertible {
        /// Of the rule set, among those given.
        public let position: Int
        public let description: String
    }

    /// Every conflict between rule sets, in their order.
    public struct Conflicts: Error, Hashable, Sendable, CustomStringConvertible {
        public let conflicts: [Conflict]

        public var description: String { conflicts.map(\.description).joined(separator: "\n") }
    }

    /// - Throws: when two rule sets share a number or a day, or when one has no day; all of it at once.
    public init(directory: Directory, ruleSets: [RuleSet]) throws(Conflicts) {
        var conflicts: [Conflict] = []
        for (index, ruleSet) in ruleSets.enumerated() {
            func conflict(_ description: String) { conflicts.append(Conflict(position: index, description: description)) }
            if ruleSet.validity.isEmpty { conflict("the last day lies before the first: \(ruleSet.validity)") }
            for other in ruleSets[..<index] {
                if other.number == ruleSet.number { conflict("the number \(ruleSet.number) is given twice") }
                let shared = other.validity.intersection(ruleSet.validity)
                if !shared.isEmpty { conflict("rule sets \(other.title) and \(ruleSet.title) apply on the same days: \(shared)") }
            }
        }
        guard conflicts.isEmpty else { throw Conflicts(conflicts: conflicts) }
        directories = [DatedDirectory(number: 1, period: .always, directory: directory, ruleSets: ruleSets)]
        self.ruleSets = ruleSets.sorted { left, right in
            guard let first = left.validity.first, let second = right.validity.first else { return left.validity.first == nil }
            return first < second
        }
    }

    /// What a history has put in force, each version on its days.
    /// - Parameters:
    ///   - ruleSets: what the texts of each version say, by number.
    ///   - directories: the same.
    /// - Returns: nil when a version that is in force on some day is missing, or on some day there is no directory.
    public init?(_ history: RoutingHistory, ruleSets: [Int: RuleSet], directories: [Int: Directory]) {
        let rules = history.schedule(of: .ruleSet)
        let valid = rules.compactMap { span in
            ruleSets[span.number].map { RuleSet($0, valid: span.period) }
        }
        let spans = history.schedule(of: .directory)
        let dated = spans.compactMap { span in
            directories[span.number].map {
                DatedDirectory(
                    number: span.number, period: span.period, directory: $0, ruleSets: valid,
                    accepted: history.version(span.number, of: .directory)?.content.accepted ?? [])
            }
        }
        // The schedule has no gap within it.
        guard !dated.isEmpty, dated.count == spans.count, spans[0].period.first == nil, valid.count == rules.count else { return nil }
        self.directories = dated
        self.ruleSets = valid
    }

    /// Where one service of a case goes by the rules and organisations of a day.
    /// - Parameter excluding: organisations that have given the case back.
    public func decide(
        _ facts: CaseFacts, service: Service, on day: CivilDate, excluding: Set<OrganisationID> = []
    ) -> RoutingDecision {
        decide(facts, service: service, on: day, excluding: excluding, isExplained: false)
    }

    /// The same with what would have been decided otherwise: `RoutingDecision.otherwise`. Takes some microseconds.
    public func explain(
        _ facts: CaseFacts, service: Service, on day: CivilDate, excluding: Set<OrganisationID> = []
    ) -> RoutingDecision {
        decide(facts, service: service, on: day, excluding: excluding, isExplained: true)
    }

    /// What `decide` comes to, without an explanation.
    func outcome(of facts: CaseFacts, service: Service, on day: CivilDate) -> RoutingDecision.Outcome {
        guard let table = ruleSet(on: day)?.table(for: service) else { return .review(.noRuleSet) }
        switch table.answer(to: table.columns.map { $0.fact(in: facts).value }) {
        case .review(let reason): return .review(reason)
        case .rule(let rule):
            var notes: [String] = []
            let directory = directory(on: day)
            let place = Place(facts, service: service, in: directory)
            return directory.outcome(
                of: table.verdicts[rule].placement, for: service, at: place, on: day, excluding: [], notes: &notes)
        }
    }

    /// The one that applies on a day; nil when none does.
    func ruleSet(on day: CivilDate) -> RuleSet? { ruleSets.last { $0.validity.contains(day) } }

    private func decide(
        _ facts: CaseFacts, service: Service, on day: CivilDate, excluding: Set<OrganisationID>, isExplained: Bool
    ) -> RoutingDecision {
        let dated = version(on: day)
        guard let applying = ruleSets.indices.last(where: { ruleSets[$0].validity.contains(day) }) else {
            return RoutingDecision(
                service: service, outcome: .review(.noRuleSet), ruleSet: nil, rule: nil, ruleText: nil, inputs: [], notes: [], asOf: day,
                agesOn: facts.receivedOn, directoryVersion: dated.number)
        }
        var inputs: [RoutingDecision.Input] = []
        inputs.reserveCapacity(12)
        var notes: [String] = []
        let table = ruleSets[applying].table(for: service)
        let values = table.values(of: facts, inputs: &inputs)
        let answer = table.answer(to: values)
        let place = Place(facts, service: service, in: dated.directory)
        inputs.append(place.input)

        let outcome: RoutingDecision.Outcome
        var verdict: RoutingTable.Verdict?
        switch answer {
        case .review(let reason):
            outcome = .review(reason)
            if let note = table.note(on: values) { notes.append(note) }
        case .rule(let index):
            let found = table.verdicts[index]
            verdict = found
            if let note = found.note { notes.append(note) }
            outcome = dated.directory.outcome(
                of: found.placement, for: service, at: place, on: day, excluding: excluding, notes: &notes)
        }
        var otherwise: [RoutingDecision.Alternative] = []
        if isExplained {
            var finder = AlternativeFinder(
                directory: dated, table: table, facts: facts, service: service, place: place, day: day, excluding: excluding,
                outcome: outcome)
            otherwise = finder.alternatives(to: values, answer)
        }
        return RoutingDecision(
            service: service, outcome: outcome, ruleSet: ruleSets[applying].title, rule: verdict?.rule, ruleText: verdict?.ruleText,
            inputs: inputs, notes: notes, asOf: day, otherwise: otherwise.isEmpty ? nil : otherwise, agesOn: facts.receivedOn,
            directoryVersion: dated.number)
    }
}

extension Directory {
    /// Where a verdict of a table sends a case of a place.
    /// - Parameter notes: why it was not the first kind is added.
    func outcome(
        of placement: RoutingTable.Verdict.Placement, for service: Service, at place: Place, on day: CivilDate,
        excluding: Set<OrganisationID>, notes: inout [String]
    ) -> RoutingDecision.Outcome {
        switch placement {
        case .review(let reason): return .review(reason)
        case .recipient(let kind, let alternative):
            guard let location = place.location else { return .review(place.problem) }
            return outcome(kind, or: alternative, service: service, in: location, on: day, excluding: excluding, notes: &notes)
        }
    }

    /// Why nobody can be chosen for a place on a day; nil when somebody may.
    func problem(with location: Location, on day: CivilDate) -> ReviewReason? {
        switch standing(of: location, on: day) {
        case .valid, .unlistedMunicipality: nil
        case .notValidOnThisDay: .areaNotValid
        case .districtMissing: .districtMissing
        case .unknownDistrict: .unknownArea
        }
    }

    /// The one organisation of the first kind that can take the case, else of the second.
    func outcome(
        _ kind: OrganisationKind, or alternative: OrganisationKind?, service: Service, in location: Location, on day: CivilDate,
        excluding: Set<OrganisationID>, notes: inout [String]
    ) -> RoutingDecision.Outcome {
        if let problem = problem(with: location, on: day) { return .review(problem) }
        var wasReturned = false
        var candidate: OrganisationKind? = kind
        while let kind = candidate {
            switch recipients(of: kind, for: service, in: location, on: day, excluding: excluding) {
            case .one(let recipient): return .recipient(recipient)
            case .several: return .review(.severalRecipientsForArea)
            case .none:
                let nobodyServes =
                    excluding.isEmpty || recipients(of: kind, for: service, in: location, on: day, excluding: []) == .none
                notes.append(nobodyServes ? kind.missingNote : kind.returnedNote)
                if !nobodyServes { wasReturned = true }
                candidate = kind == alternative ? nil : alternative
            }
        }
        return .review(wasReturned ? .returnedByOnlyRecipient : .noRecipientForArea)
    }
}

/// The place that decides whose area a case belongs to, or why there is none.
struct Place {
    let location: Directory.Location?
    /// Why there is no location.
    let problem: ReviewReason
    private let origin: String?

    /// Support is keyed on the person; mediation on the offenders, who must all live in one area.
    init(_ facts: CaseFacts, service: Service, in directory: Directory) {
        switch service {
        case .support:
            location = facts.area.map { directory.locate($0.area) }
            problem = .unknownArea
            origin = facts.area?.basis.rawValue
        case .mediation:
            let offenders = facts.mediation?.offenders ?? []
            if let area = offenders.first?.area, offenders.allSatisfy({ $0.area != nil }) {
                let isShared = offenders.allSatisfy { $0.area == area }
                location = isShared ? directory.locate(area) : nil
                problem = .offendersInDifferentAreas
            } else {
                location = nil
                problem = .unknownOffenderArea
            }
            origin = location == nil ? nil : "offenders' residence"
        }
    }

    /// A case that lives in another place.
    init(_ location: Directory.Location) {
        self.location = location
        problem = .unknownArea
        origin = nil
    }

    var input: RoutingDecision.Input { RoutingDecision.Input(name: RoutingInput.areaName, value: location?.text, origin: origin) }
}

extension ReviewReason {
    public static let areaNotValid = ReviewReason(rawValue: "area-not-valid-on-this-date")
    public static let districtMissing = ReviewReason(rawValue: "district-missing")
    public static let unknownOffenderArea = ReviewReason(rawValue: "unknown-offender-area")
    public static let offendersInDifferentAreas = ReviewReason(rawValue: "offenders-in-different-areas")
}

extension OrganisationKind {
    /// Nobody of this kind serves the area.
    fileprivate var missingNote: String {
        switch self {
        case .supportCentre: "no-support-centre-for-area"
        case .brottsofferjour: "no-brottsofferjour-for-area"
        default: "no-recipient-for-area"
        }
    }

    /// The only one of this kind that serves the area has given the case back.
    fileprivate var returnedNote: String {
        switch self {
        case .supportCentre: "returned-by-support-centre"
        case .brottsofferjour: "returned-by-brottsofferjour"
        default: "returned-by-recipient"
        }
    }
}
