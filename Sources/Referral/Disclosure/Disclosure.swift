/// In what capacity an organisation receives cases. Decides what it may see.
public enum RecipientClass: String, Codable, Sendable, CaseIterable {
    /// A volunteer organisation. May as a rule not hold data on offences of identified persons (GDPR article 10).
    case privateBody = "private body"
    /// A municipal support centre.
    case publicBody = "public body"
}

/// The one place that decides who sees what.
public enum Disclosure {
    /// The groups of fields that a recipient of this class is handed out for this service: content, and its explanation. Empty for mediation
    /// at a private body: it is never routed there.
    public static func groups(for recipient: RecipientClass, service: Service) -> [FieldGroup] {
        FieldGroup.allCases.filter { group in
            (group.isContent || group == .explanation)
                && rule(group, for: .owner(recipient), service: service, in: .atWork) == .shown
        }
    }

    /// The content with everything outside `groups` removed, for one assignment. Only the assignment's own service remains, so that
    /// one organisation does not learn what another was asked for.
    /// - Parameter facts: their ages are shown instead of withheld birth dates.
    public static func project(
        _ content: ReferralContent, to groups: [FieldGroup], service: Service, facts: CaseFacts
    ) -> ReferralContent {
        var shown = content
        shown.services = [service]
        if service != .support { shown.consent.coversSupport = false }
        if service != .mediation { shown.consent.coversMediation = false }
        // The sender's own word may be a police reference or worse.
        shown.conflictGroup = facts.conflictMark?.description
        for group in FieldGroup.allCases where !groups.contains(group) {
            switch group {
            case .person:
                shown.person = Person(
                    personalNumber: shown.person.personalNumber, birthDate: shown.person.birthDate, sex: .unspecified)
                shown.role = .victim
                shown.relatedVictim = shown.relatedVictim.flatMap { victim in victim.birthDate.map { RelatedVictim(birthDate: $0) } }
                shown.language = nil
                shown.interpreterNeeded = false
            case .consent:
                shown.consent = Consent(status: .notAsked)
                shown.legalBasis = .consent
            case .protectedIdentity: shown.protectedIdentity = .unknown
            case .personalNumber:
                shown.person.personalNumber = nil
                shown.person.birthDate = nil
                shown.relatedVictim = nil
                if groups.contains(.person) {
                    shown.person.age = facts.age?.years
                    shown.relatedVictim = facts.victimAge.map { RelatedVictim(age: $0.years) }
                }
            case .contacts: shown.contacts = []
            case .areas:
                shown.residence = nil
                shown.stay = nil
                shown.scene = nil
            case .event:
                shown.event.category = .other
                shown.event.date = nil
                shown.event.reported = .unknown
            case .crimeDetail:
                shown.event.crimeCode = nil
                shown.event.crimeCodeYear = nil
            case .exploitation: shown.event.exploitedForPayment = false
            case .policeReference: shown.event.policeReference = nil
            case .freeText: shown.freeText = nil
            case .offenders: shown.mediation = nil
            case .conflictGroup: shown.conflictGroup = nil
            case .explanation, .progress, .parties, .deliveryStatus, .outcome: break
            }
        }
        return shown
    }

    /// The explanation without the inputs that are outside `groups`: what decided is told, what may not be seen is not, and nothing from
    /// which it could be inferred.
    public static func project(_ decision: RoutingDecision, to groups: [FieldGroup]) -> RoutingDecision {
        func isShown(_ input: String) -> Bool {
            // The area is the one input that every table has and no column asks for.
            let group = RoutingInput(rawValue: input)?.fieldGroup ?? (input == RoutingInput.areaName ? .areas : nil)
            return group.map(groups.contains) ?? false
        }
        let otherwise = decision.otherwise?.filter { isShown($0.input) && $0.alsoReveals.allSatisfy(groups.contains) } ?? []
        return RoutingDecision(
            service: decision.service, outcome: decision.outcome, ruleSet: decision.ruleSet, rule: decision.rule,
            ruleText: decision.ruleText, inputs: decision.inputs.filter { isShown($0.name) }, notes: decision.notes, asOf: decision.asOf,
            otherwise: otherwise.isEmpty ? nil : otherwise, agesOn: decision.agesOn, directoryVersion: decision.directoryVersion)
    }
}
