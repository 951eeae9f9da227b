/// The first condition that keeps an organisation from a case, in the order in which the exchange decides.
public struct WhyNot: Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        case unknownOrganisation = "unknown-organisation"
        case notExistingOnThisDay = "not-existing-on-this-day"
        case neverReceives = "never-receives"
        case serviceNotGiven = "service-not-given"
        case noRuleSet = "no-rule-set-on-this-date"
        /// No rule decides, or the rule that does sends the case to review.
        case review
        case otherKind = "other-kind"
        case areaUnknown = "area-unknown"
        case areaNotValid = "area-not-valid"
        case areaNotServed = "area-not-served"
        case gaveBack = "gave-back"
        case otherOrganisationFirst = "other-organisation-first"
        case severalOrganisations = "several-organisations"
    }

    public let code: Code
    /// For people. Names no person; it may name the values of inputs.
    public let text: String

    public var description: String { text }
}

extension Routing {
    /// Why one service of a case does not go to an organisation; nil when it does. For somebody who may see all of the case.
    /// - Parameter excluding: organisations that have given the case back.
    public func whyNot(
        _ facts: CaseFacts, service: Service, on day: CivilDate, organisation id: OrganisationID, excluding: Set<OrganisationID> = []
    ) -> WhyNot? {
        let decision = explain(facts, service: service, on: day, excluding: excluding)
        if decision.outcome == .recipient(id) { return nil }

        let directory = directory(on: day)
        guard let organisation = directory.organisation(id) else {
            return WhyNot(code: .unknownOrganisation, text: "\(id) is not in the directory")
        }
        guard organisation.existence.contains(day) else {
            return WhyNot(code: .notExistingOnThisDay, text: "\(id) does not exist on \(day): \(organisation.existence)")
        }
        guard let recipient = organisation.kind.recipientClass else {
            return WhyNot(code: .neverReceives, text: "\(id) is of the kind \(organisation.kind.rawValue), which never receives cases")
        }
        let served = organisation.catchment.filter { $0.services.contains(service) }
        if served.isEmpty || Disclosure.groups(for: recipient, service: service).isEmpty {
            return WhyNot(code: .serviceNotGiven, text: "\(id) gives no \(service.rawValue)")
        }
        guard let table = ruleSet(on: day)?.table(for: service) else {
            return WhyNot(code: .noRuleSet, text: "no rule set applies on \(day)")
        }
        guard case .rule(let rule) = table.answer(to: table.columns.map { $0.fact(in: facts).value }) else {
            return WhyNot(code: .review, text: "no rule decides, so people do: \(decision.outcome.code)")
        }
        let verdict = table.verdicts[rule]
        guard case .recipient(let kind, let alternative) = verdict.placement else {
            return WhyNot(
                code: .review,
                text: "rule \(verdict.rule) leaves it to people: \(decision.outcome.code)"
                    + Self.hint(decision, id, organisation.kind, directory))
        }
        guard organisation.kind == kind || organisation.kind == alternative else {
            let kinds = kind.rawValue + (alternative.map { " or \($0.rawValue)" } ?? "")
            return WhyNot(
                code: .otherKind,
                text: "rule \(verdict.rule) chooses a \(kinds), not a \(organisation.kind.rawValue)"
                    + Self.hint(decision, id, organisation.kind, directory))
        }
        let place = Place(facts, service: service, in: directory)
        guard let location = place.location else {
            return WhyNot(code: .areaUnknown, text: "there is no area to go by: \(place.problem)")
        }
        if let problem = directory.problem(with: location, on: day) {
            return WhyNot(code: .areaNotValid, text: "area \(location.text) leads nowhere on \(day): \(problem)")
        }
        guard directory.serves(id, of: organisation.kind, service, in: location, on: day) else {
            return WhyNot(code: .areaNotServed, text: "\(id) does not serve \(location.text) with \(service.rawValue) on \(day)")
        }
        if excluding.contains(id) { return WhyNot(code: .gaveBack, text: "\(id) has given the case back") }
        switch decision.outcome {
        case .recipient(let first):
            return WhyNot(
                code: .otherOrganisationFirst,
                text: "\(first) comes first: rule \(verdict.rule) chooses a \(kind.rawValue) before a \(organisation.kind.rawValue)")
        case .review(let reason):
            // The alternative is not asked while the first kind has somebody.
            if organisation.kind != kind,
                case .several = directory.recipients(of: kind, for: service, in: location, on: day, excluding: excluding)
            {
                return WhyNot(
                    code: .severalOrganisations,
                    text:
                        "rule \(verdict.rule) chooses a \(kind.rawValue) before a \(organisation.kind.rawValue), and several of the first kind "
                        + "serve \(location.text), so people decide: \(reason)")
            }
            return WhyNot(code: .severalOrganisations, text: "it is not alone in serving \(location.text), so people decide: \(reason)")
        }
    }

    /// The one input that would make it this organisation, or one of its kind, if one would.
    private static func hint(_ decision: RoutingDecision, _ id: OrganisationID, _ kind: OrganisationKind, _ directory: Directory) -> String
    {
        let alternatives = decision.otherwise ?? []
        let own = alternatives.first { $0.outcome == .recipient(id) }
        let alike = alternatives.first { alternative in
            guard case .recipient(let other) = alternative.outcome else { return false }
            return directory.organisation(other)?.kind == kind
        }
        guard let found = own ?? alike else { return "" }
        let whom = own == nil ? "a \(kind.rawValue)" : id.rawValue
        return "; with \(found.input) \(found.value) it would be \(whom)\(found.rule.map { ", by rule \($0)" } ?? "")"
    }
}

extension Directory {
    /// Whether an organisation is among those that serve a place.
    fileprivate func serves(
        _ id: OrganisationID, of kind: OrganisationKind, _ service: Service, in location: Location, on day: CivilDate
    ) -> Bool {
        switch recipients(of: kind, for: service, in: location, on: day, excluding: []) {
        case .none: false
        case .one(let found): found == id
        case .several(let found): found.contains(id)
        }
    }
}

extension RoutingDecision.Outcome {
    /// The organisation's id or the reason of the review.
    var code: String {
        switch self {
        case .recipient(let organisation): organisation.rawValue
        case .review(let reason): reason.rawValue
        }
    }
}
