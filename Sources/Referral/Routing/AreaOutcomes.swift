/// Where each way of placing a case leads in each listed area, worked out once: a decision tells what another area would have changed.
struct AreaOutcomes: Sendable {
    /// Areas that lead to the same outcome.
    struct Group: Sendable {
        let outcome: RoutingDecision.Outcome
        /// `0180/farsta`, `0180/farsta or 4 other areas`
        let text: String
    }

    private struct Key: Hashable {
        let service: Service
        let placement: RoutingTable.Verdict.Placement
    }

    /// On each of these days something begins or has ended; between two of them everything stays.
    private let changes: [CivilDate]
    /// By placement: the groups of each span of days, the one before the first change first.
    private let groups: [Key: [[Group]]]

    init(directory: Directory, ruleSets: [RuleSet]) {
        let periods =
            directory.areas.map(\.validity)
            + directory.organisations.flatMap { organisation in [organisation.existence] + organisation.catchment.map(\.period) }
        let changes = Set(periods.compactMap(\.first) + periods.compactMap { $0.last?.next }).sorted()
        let samples = (CivilDate(year: 1800, month: 1, day: 1).map { [$0] } ?? []) + changes
        var groups: [Key: [[Group]]] = [:]
        for ruleSet in ruleSets {
            for service in Service.allCases {
                for verdict in ruleSet.table(for: service).verdicts {
                    let key = Key(service: service, placement: verdict.placement)
                    guard case .recipient = verdict.placement, groups[key] == nil else { continue }
                    groups[key] = samples.map { Self.groups(of: verdict.placement, for: service, in: directory, on: $0, excluding: []) }
                }
            }
        }
        self.changes = changes
        self.groups = groups
    }

    /// Recipients first, each group in the order of its first area in the directory; none for a review, which no area changes.
    func groups(of placement: RoutingTable.Verdict.Placement, for service: Service, on day: CivilDate) -> [Group] {
        guard let spans = groups[Key(service: service, placement: placement)] else { return [] }
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= day { low = middle + 1 } else { high = middle }
        }
        return spans[low]
    }

    /// The same, worked out now.
    static func groups(
        of placement: RoutingTable.Verdict.Placement, for service: Service, in directory: Directory, on day: CivilDate,
        excluding: Set<OrganisationID>
    ) -> [Group] {
        guard case .recipient = placement else { return [] }
        var order: [RoutingDecision.Outcome] = []
        var areas: [RoutingDecision.Outcome: (first: String, count: Int)] = [:]
        for area in directory.areas where area.validity.contains(day) {
            let location = directory.locate(area.area)
            var notes: [String] = []
            let outcome = directory.outcome(
                of: placement, for: service, at: Place(location), on: day, excluding: excluding, notes: &notes)
            if areas[outcome] == nil { order.append(outcome) }
            areas[outcome, default: (location.text, 0)].count += 1
        }
        let groups = order.map { outcome in
            let (first, count) = areas[outcome] ?? ("", 0)
            let others = count == 2 ? " or 1 other area" : count > 2 ? " or \(count - 1) other areas" : ""
            return Group(outcome: outcome, text: first + others)
        }
        return groups.filter(\.outcome.isRecipient) + groups.filter { !$0.outcome.isRecipient }
    }
}

extension RoutingDecision.Outcome {
    var isRecipient: Bool {
        if case .recipient = self { true } else { false }
    }
}

extension CivilDate {
    /// Nil after the last day that can be written.
    fileprivate var next: CivilDate? {
        CivilDate(year: year, month: month, day: day + 1) ?? CivilDate(year: year, month: month + 1, day: 1)
            ?? CivilDate(year: year + 1, month: 1, day: 1)
    }
}
