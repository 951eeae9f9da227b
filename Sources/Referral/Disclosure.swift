/// In what capacity an organisation receives cases. Decides what it may see.
public enum RecipientClass: String, Codable, Sendable, CaseIterable {
    /// A volunteer organisation. May as a rule not hold data on offences of identified persons (GDPR article 10).
    case privateBody = "private body"
    /// A municipal support centre.
    case publicBody = "public body"
}

/// Fields that are shown or withheld together. The log of every hand-out names them.
public enum FieldGroup: String, Codable, Sendable, CaseIterable {
    /// Name, sex, age; role, language, interpreter; consent and protected identity.
    case person
    /// Personal number and birth date.
    case personalNumber = "personal number"
    /// Ways to reach the person, always with the rules that make them safe.
    case contacts
    /// Residence, stay and scene.
    case areas
    /// Coarse category and date of the event, and whether it was reported.
    case event
    /// Brottskod and exploitation for payment.
    case crimeDetail = "crime detail"
    /// K-nummer.
    case policeReference = "police reference"
    /// The sender's free text.
    case freeText = "free text"
    /// Offenders and the state of the investigation.
    case offenders
    /// The mark that keeps handlers of two sides apart.
    case conflictGroup = "conflict group"
}

/// The one place that decides who sees what.
public enum Disclosure {
    /// The groups of fields that a recipient of this class may see for this service. Empty for mediation at a private body: it is
    /// never routed there.
    public static func groups(for recipient: RecipientClass, service: Service) -> [FieldGroup] {
        switch (recipient, service) {
        case (.privateBody, .support): [.person, .contacts, .areas, .event, .conflictGroup]
        case (.privateBody, .mediation): []
        case (.publicBody, .support):
            [.person, .personalNumber, .contacts, .areas, .event, .crimeDetail, .policeReference, .freeText, .conflictGroup]
        case (.publicBody, .mediation):
            [
                .person, .personalNumber, .contacts, .areas, .event, .crimeDetail, .policeReference, .freeText, .offenders,
                .conflictGroup,
            ]
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
        for group in FieldGroup.allCases where !groups.contains(group) {
            switch group {
            case .person:
                shown.person = Person(
                    personalNumber: shown.person.personalNumber, birthDate: shown.person.birthDate, sex: .unspecified)
                shown.relatedVictim = nil
                shown.language = nil
                shown.interpreterNeeded = false
            case .personalNumber:
                shown.person.personalNumber = nil
                shown.person.birthDate = nil
                if groups.contains(.person) {
                    shown.person.age = facts.age?.years
                    shown.relatedVictim = facts.victimAge.map { RelatedVictim(age: $0.years) }
                }
            case .contacts: shown.contacts = []
            case .areas:
                shown.residence = nil
                shown.stay = nil
                shown.scene = nil
            case .event: shown.event = CrimeEvent(category: .other)
            case .crimeDetail:
                shown.event.crimeCode = nil
                shown.event.crimeCodeYear = nil
                shown.event.exploitedForPayment = false
            case .policeReference: shown.event.policeReference = nil
            case .freeText: shown.freeText = nil
            case .offenders: shown.mediation = nil
            case .conflictGroup: shown.conflictGroup = nil
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
