extension RoutingCheck {
    /// The whole result in plain words, for the command lines: what was looked at, what is accepted, and at the end what is not.
    public var lines: [String] {
        var lines = [
            "looked at \(counted(extent.ruleSets, "rule set")) with \(counted(extent.rules, "rule")), of which \(extent.decidingRules) decide "
                + "somebody; \(counted(extent.areas, "area")) and \(counted(extent.recipients, "organisation")) that can receive cases, in "
                + "\(counted(extent.spans, "span")) of days without a change",
            "of \(counted(extent.ways, "way")) from a rule into an area \(extent.firstChoices) end at the one organisation that the rule names "
                + "first, \(extent.alternatives) at the one that it names instead, "
                + "\(extent.ways - extent.firstChoices - extent.alternatives) with the coordinator",
        ]
        for accepted in accepted {
            lines += [
                "accepted: \(accepted.finding)", "  by \(accepted.acceptance.by): \(accepted.acceptance.reason)",
                "  \(accepted.finding.id)",
            ]
        }
        for unused in unusedAcceptances {
            lines += [
                "accepted in rule set \(unused.ruleSet) and not found (any more): \(unused.acceptance.finding)",
                "  by \(unused.acceptance.by): \(unused.acceptance.reason)",
            ]
        }
        for finding in unaccepted { lines += ["not accepted: \(finding)", "  \(finding.id)"] }
        lines.append(conclusion)
        return lines
    }

    private var conclusion: String {
        if !isComplete { return "not proven: the search was too long, so there may be more than what is told here" }
        let proven =
            "every role, age, area and service on every day of a rule set reaches exactly one recipient or the coordinator with a reason"
        switch (findings.isEmpty, unaccepted.isEmpty) {
        case (true, _): return "proven: \(proven)"
        case (false, true): return "proven: \(proven); \(counted(accepted.count, "finding")), all accepted"
        case (false, false):
            return "\(counted(unaccepted.count, "finding")) not accepted, \(accepted.count) accepted; nothing else is wrong: \(proven)"
        }
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
