/// One rule set with the organisations and areas of its days.
struct RuleSetCheck {
    /// Days on which neither organisations nor areas change.
    struct Span {
        let days: DatePeriod
        let directory: Directory

        /// One of its days, which stands for all.
        var day: CivilDate { days.first ?? days.last ?? CivilDate(inStockholmAt: Instant(milliseconds: 0)) }
    }

    private(set) var extent = RoutingCheck.Extent()
    private(set) var areas: Set<Area> = []
    private(set) var recipients: Set<OrganisationID> = []

    private let ruleSet: RuleSet
    private let spans: [Span]
    private let tables: [RoutingTableCheck]
    private var budget: Int

    init(_ ruleSet: RuleSet, spans: [Span], budget: Int) {
        self.ruleSet = ruleSet
        self.spans = spans
        self.budget = budget
        tables = Service.allCases.map { RoutingTableCheck(ruleSet.table(for: $0), service: $0, budget: budget) }
        extent.spans = spans.count
        for table in tables {
            extent.rules += table.table.verdicts.count
            extent.decidingRules += table.placements.count
        }
    }

    /// Of both tables, the support table first; then of areas and organisations.
    mutating func findings() -> [RoutingFinding] {
        let place = spans.lazy.compactMap { span in span.directory.areas.first { $0.validity.contains(span.day) } }.first
        let ofTables = tables.flatMap { $0.findings(ruleSet: ruleSet.number, days: ruleSet.validity, place: place) }
        var ofAreas: [RoutingFinding] = []
        var isComplete = true
        for table in tables { isComplete = follow(table, &ofAreas) && isComplete }
        ofAreas += idleOrganisations()
        if !isComplete {
            ofAreas.append(
                RoutingFinding(
                    .undecided, ["areas"], ruleSet: ruleSet.number, days: ruleSet.validity,
                    text: "there are too many areas, rules and changes to know all about who serves whom"))
        }
        return ofTables + ofAreas
    }

    // MARK: Areas

    /// Where a placement of a table leads for an area when it leads to no recipient.
    private struct Miss: Hashable {
        let placement: RoutingTable.Verdict.Placement
        /// Those who share the area; empty when nobody serves it.
        let several: [OrganisationID]
    }

    /// Where something is so, with the spans in which it is, in the order in which it was found.
    private struct Places<Key: Hashable> {
        private(set) var keys: [Key] = []
        private var spans: [Key: [Area: [Int]]] = [:]
        private var order: [Key: [Area]] = [:]

        mutating func add(_ key: Key, _ area: Area, span: Int) {
            if spans[key] == nil { keys.append(key) }
            if spans[key]?[area] == nil { order[key, default: []].append(area) }
            spans[key, default: [:]][area, default: []].append(span)
        }

        /// Areas with the same run of adjacent spans together.
        func groups(of key: Key) -> [(run: ClosedRange<Int>, areas: [Area])] {
            var groups: [(run: ClosedRange<Int>, areas: [Area])] = []
            for area in order[key] ?? [] {
                for run in RuleSetCheck.runs(spans[key]?[area] ?? []) {
                    if let place = groups.firstIndex(where: { $0.run == run }) {
                        groups[place].areas.append(area)
                    } else {
                        groups.append((run, [area]))
                    }
                }
            }
            return groups
        }
    }

    private static func runs(_ indices: [Int]) -> [ClosedRange<Int>] {
        indices.reduce(into: []) { runs, index in
            if let last = runs.last, last.upperBound + 1 == index {
                runs[runs.count - 1] = last.lowerBound...index
            } else {
                runs.append(index...index)
            }
        }
    }

    /// Follows every rule of a table into every area on every day. False when the budget did not suffice.
    private mutating func follow(_ table: RoutingTableCheck, _ findings: inout [RoutingFinding]) -> Bool {
        // Rules that send to the same kinds have the same way.
        var rules: [RoutingTable.Verdict.Placement: [Int]] = [:]
        var placements: [RoutingTable.Verdict.Placement] = []
        for (rule, placement) in table.placements {
            guard case .recipient = placement else { continue }
            if rules[placement] == nil { placements.append(placement) }
            rules[placement, default: []].append(rule)
        }
        var misses = Places<Miss>()
        var unserved = Places<Service>()
        var isComplete = true
        search: for (index, span) in spans.enumerated() {
            for listed in span.directory.areas where listed.validity.contains(span.day) {
                areas.insert(listed.area)
                var missed: [Miss] = []
                for case .recipient(let kind, let alternative) in placements {
                    budget -= 1
                    guard budget >= 0 else {
                        isComplete = false
                        break search
                    }
                    let placement = RoutingTable.Verdict.Placement.recipient(kind, alternative: alternative)
                    let count = rules[placement]?.count ?? 0
                    extent.ways += count
                    var notes: [String] = []
                    switch span.directory.outcome(
                        kind, or: alternative, service: table.service, in: span.directory.locate(listed.area), on: span.day, excluding: [],
                        notes: &notes)
                    {
                    case .recipient: if notes.isEmpty { extent.firstChoices += count } else { extent.alternatives += count }
                    case .review(.severalRecipientsForArea):
                        let several = Self.several(kind, alternative, table.service, listed.area, span)
                        missed.append(Miss(placement: placement, several: several))
                    case .review: missed.append(Miss(placement: placement, several: []))
                    }
                }
                if table.knowsRules, !placements.isEmpty, missed.count == placements.count, missed.allSatisfy(\.several.isEmpty) {
                    unserved.add(table.service, listed.area, span: index)
                } else {
                    for miss in missed { misses.add(miss, listed.area, span: index) }
                }
            }
        }
        for (run, areas) in unserved.groups(of: table.service) { findings.append(unservedFinding(table, areas, run)) }
        for rule in table.table.verdicts.indices {
            let missed = misses.keys.filter { rules[$0.placement]?.contains(rule) == true }
            if missed.isEmpty { continue }
            let people = table.people(decidedBy: rule)
            // Without them the ids would be others.
            if people?.digest == nil { isComplete = false }
            for miss in missed {
                for (run, areas) in misses.groups(of: miss) { findings.append(finding(table, rule, people, miss, areas, run)) }
            }
        }
        return isComplete
    }

    private static func several(
        _ kind: OrganisationKind, _ alternative: OrganisationKind?, _ service: Service, _ area: Area, _ span: Span
    ) -> [OrganisationID] {
        for kind in [kind, alternative].compactMap(\.self) {
            if case .several(let found) = span.directory.recipients(of: kind, for: service, in: area, on: span.day) { return found }
        }
        return []
    }

    private func unservedFinding(_ table: RoutingTableCheck, _ areas: [Area], _ run: ClosedRange<Int>) -> RoutingFinding {
        let places = names(areas, in: run)
        let who = table.service == .support ? "anybody living in \(places)" : "a mediation with offenders living in \(places)"
        let days = days(of: run)
        return RoutingFinding(
            .unservedArea, [Self.word(for: areas)] + suffix(days), ruleSet: ruleSet.number, service: table.service, days: days,
            areas: areas,
            text: "\(who)\(during(days)): nobody serves \(areas.count == 1 ? "the area" : "the areas")")
    }

    private func finding(
        _ table: RoutingTableCheck, _ rule: Int, _ decided: RoutingTableCheck.People?, _ miss: Miss, _ areas: [Area],
        _ run: ClosedRange<Int>
    ) -> RoutingFinding {
        let days = days(of: run)
        let id = table.table.verdicts[rule].rule
        let region = decided?.region
        let people = region.map { table.cases.text(of: $0, place: names(areas, in: run)) } ?? "living in \(names(areas, in: run))"
        let others = decided?.isAll ?? true ? "" : ", which decides others, too"
        let directory = spans[run.lowerBound].directory
        var kinds: [String] = []
        if case .recipient(let kind, let alternative) = miss.placement { kinds = [kind, alternative].compactMap(\.self).map(\.rawValue) }
        let meant = [decided?.digest ?? ""] + kinds + miss.several.map(\.rawValue).sorted()
        let what: String
        if miss.several.isEmpty {
            what = kinds.count == 1 ? "no \(kinds[0]) serves the area" : "neither \(kinds.joined(separator: " nor ")) serves the area"
        } else {
            what = "several serve the area: \(Self.list(miss.several.map { directory.organisation($0)?.name ?? $0.rawValue }))"
        }
        return RoutingFinding(
            miss.several.isEmpty ? .noRecipient : .severalRecipients,
            [id, Self.word(for: areas)] + suffix(days) + [RoutingFinding.digest(of: meant)], ruleSet: ruleSet.number,
            service: table.service, days: days, rules: [id], areas: areas,
            text: "\(people)\(during(days)): \(what) (rule \(id)\(others))",
            example: region.map { table.cases.facts(table.cases.example(of: $0), in: areas.first) })
    }

    // MARK: Organisations

    private mutating func idleOrganisations() -> [RoutingFinding] {
        /// Why nothing reaches it.
        enum Cause { case noArea, noRule }
        struct Idle: Hashable {
            let organisation: OrganisationID
            let cause: Cause
        }
        var order: [Idle] = []
        var found: [Idle: [Int]] = [:]
        for (index, span) in spans.enumerated() {
            let valid = Set(span.directory.areas.filter { $0.validity.contains(span.day) }.map(\.area))
            for organisation in span.directory.organisations where organisation.kind.mayReceive && organisation.existence.contains(span.day)
            {
                recipients.insert(organisation.id)
                let services = Set(
                    organisation.catchment.filter { $0.period.contains(span.day) && !valid.isDisjoint(with: $0.areas) }.flatMap(\.services))
                // Also as the last one left, when others have given a case back.
                let isNamed = tables.contains { services.contains($0.service) && (!$0.knowsRules || $0.sends(to: organisation.kind)) }
                if isNamed { continue }
                let idle = Idle(organisation: organisation.id, cause: services.isEmpty ? .noArea : .noRule)
                if found[idle] == nil { order.append(idle) }
                found[idle, default: []].append(index)
            }
        }
        return order.flatMap { idle in
            Self.runs(found[idle] ?? []).map { run in
                let days = days(of: run)
                let organisation = spans[run.lowerBound].directory.organisation(idle.organisation)
                let cause =
                    switch idle.cause {
                    case .noArea: "it serves no area"
                    case .noRule: "no rule sends what it does to a \(organisation?.kind.rawValue ?? "recipient")"
                    }
                return RoutingFinding(
                    .idleOrganisation, [idle.organisation.rawValue] + suffix(days), ruleSet: ruleSet.number, days: days,
                    text: "\(organisation?.name ?? "") (\(idle.organisation)) can receive nothing\(during(days)): \(cause)")
            }
        }
    }

    // MARK: Words

    private func days(of run: ClosedRange<Int>) -> DatePeriod {
        DatePeriod(first: spans[run.lowerBound].days.first, last: spans[run.upperBound].days.last)
    }

    private func during(_ days: DatePeriod) -> String { days == .always ? "" : ", \(days)" }

    /// Only what differs from the days of the rule set: then a rule set can be closed without another id.
    private func suffix(_ days: DatePeriod) -> [String] {
        let first = days.first == ruleSet.validity.first ? "" : days.first?.description ?? ""
        let last = days.last == ruleSet.validity.last ? "" : days.last?.description ?? ""
        return first.isEmpty && last.isEmpty ? [] : ["\(first)..\(last)"]
    }

    private func names(_ areas: [Area], in run: ClosedRange<Int>) -> String {
        let listed = spans[run.lowerBound].directory.areas
        let names = areas.prefix(Self.mostNames).map { area in listed.first { $0.area == area }?.name ?? area.description }
        return Self.list(names + (areas.count > names.count ? ["\(areas.count - names.count) more"] : []))
    }

    /// How many areas a text names.
    private static let mostNames = 12

    private static func word(for areas: [Area]) -> String { areas.map(\.description).sorted().joined(separator: "+") }

    /// `a, b and c`
    private static func list(_ words: [String]) -> String {
        words.count < 2 ? words.first ?? "" : words.dropLast().joined(separator: ", ") + " and " + (words.last ?? "")
    }
}

extension RoutingTableCheck {
    /// Whether a rule that decides somebody names the kind, first or as the alternative.
    fileprivate func sends(to kind: OrganisationKind) -> Bool {
        placements.contains { _, placement in
            if case .recipient(let first, let alternative) = placement { first == kind || alternative == kind } else { false }
        }
    }
}
