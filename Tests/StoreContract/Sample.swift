public import Referral

/// One decision about an invented referral: what `append` takes.
public struct Step: Sendable {
    public var events: [ReferralEvent]
    public var at: Instant
    public var actor: Participant?
    /// The fold of the referral's log up to and including `events`.
    public var state: ReferralState
    public var content: [UInt8]?
    public var due: Instant?
    /// As they follow from the events.
    public var readers: [LogReader] = []
}

extension ReferralTransaction {
    public func append(_ step: Step) throws {
        try append(
            step.events, at: step.at, by: step.actor, resulting: step.state, content: step.content, due: step.due,
            readers: step.readers)
    }
}

extension ReferralReader {
    /// For a unit to which nothing is closed.
    public func available(to organisation: OrganisationID, limit: Int) throws -> [AssignmentID] {
        try available(to: Sample.holder(organisation), readsProtected: true, limit: limit)
    }
}

extension ReferralStore {
    public func append(_ step: Step) async throws { try await write { try $0.append(step) } }
}

/// Invented referrals. Equal arguments give equal referrals.
public enum Sample {
    public static let police = Participant(organisation: OrganisationID("polisen"), unit: UnitID("lpo-farsta"))
    public static let recipients = ["bojen-sodra-stockholm", "stodcentrum-soderort", "stodcentrum-city"].map { OrganisationID($0) }
    public static let coordinator = OrganisationID("stockholms-stad")
    public static let day = CivilDate(inStockholmAt: noon)
    /// 2024-03-01T12:00:00Z
    public static let noon = Instant(milliseconds: 1_709_294_400_000)

    public static func holder(_ organisation: OrganisationID) -> Participant {
        Participant(organisation: organisation, unit: UnitID("mottagning"))
    }

    public static func facts(
        services: [Service] = [.support], consent: ConsentStatus = .yes, role: Role = .victim, protectedIdentity: ProtectedIdentity = .none,
        conflict: String? = nil
    ) -> CaseFacts {
        CaseFacts(
            ReferralContent(
                person: Person(birthDate: CivilDate(year: 2005, month: 5, day: 6), sex: .female), role: role,
                residence: Area(municipality: "0180", district: "farsta"),
                consent: Consent(status: consent, coversSupport: true, coversMediation: true, askedOn: day), legalBasis: .consent,
                protectedIdentity: protectedIdentity, language: "sv", event: CrimeEvent(category: .assault, reported: .yes),
                services: services,
                mediation: services.contains(.mediation)
                    ? Mediation(
                        offenders: [Offender(age: 17, residence: Area(municipality: "0180"), admitted: .yes, takesPart: .yes)],
                        investigation: .concluded) : nil,
                isTest: true),
            received: day, conflictMark: conflict.map { ContentDigest(hexadecimal: $0) })
    }

    public static func decision(_ outcome: RoutingDecision.Outcome, service: Service = .support) -> RoutingDecision {
        RoutingDecision(
            service: service, outcome: outcome, ruleSet: "support-2023-2", rule: "7", ruleText: "Unga brottsoffer i \"Söderort\"",
            inputs: [
                .init(name: "role", value: "victim", origin: nil),
                .init(name: "age", value: "18", origin: "birth date"),
                .init(name: "area", value: "0180/farsta", origin: "residence"),
                .init(name: "category", value: "assault", origin: nil),
                .init(name: "language", value: "sv", origin: nil),
                .init(name: "protected identity", value: nil, origin: nil),
            ],
            notes: ["boundary-age"], asOf: day,
            otherwise: [
                .init(
                    input: "own age", value: "22 or more", outcome: .recipient(OrganisationID("jouren")), rule: "8", isBoundary: true,
                    alsoReveals: [.crimeDetail]),
                .init(input: "area", value: "0186", outcome: .review(.noRecipientForArea), rule: nil),
            ], agesOn: day)
    }

    /// The events of one submission, each service offered to one of `recipients`.
    public static func submission(
        _ number: Int, from sender: Participant = police, message: String? = nil, services: [Service] = [.support],
        to recipients: [OrganisationID] = Sample.recipients, role: Role = .victim, protectedIdentity: ProtectedIdentity = .none,
        conflict: String? = nil
    ) -> [ReferralEvent] {
        [
            .submitted(
                .init(
                    referral: id(number), sender: sender, message: MessageID(message ?? "5b0c7b0e-4d1e-4b7f-8f43-\(number)"),
                    digest: ContentDigest(hexadecimal: String(repeating: "ab", count: 32)),
                    facts: facts(services: services, role: role, protectedIdentity: protectedIdentity, conflict: conflict)))
        ]
            + zip(services, recipients).flatMap { service, recipient -> [ReferralEvent] in
                let assignment = assignment(number, service)
                return [.routed(assignment, decision(.recipient(recipient), service: service)), .offered(assignment, to: recipient)]
            }
    }

    public static func id(_ number: Int) -> ReferralID { ReferralID("R\(padded(number))") }

    public static func assignment(_ number: Int, _ service: Service = .support) -> AssignmentID {
        AssignmentID("A\(padded(number))\(service.rawValue.prefix(1).uppercased())")
    }

    /// Sorts as the numbers do, in the length that real ids have.
    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 24 - digits.count)) + digits
    }

    /// The step that `events` make after `state`. Nil when they do not follow.
    public static func step(
        _ events: [ReferralEvent], after state: ReferralState? = nil, at: Instant = noon, by actor: Participant? = police,
        content: [UInt8]? = nil, due: Instant? = nil
    ) throws -> Step {
        guard let after = ReferralState.evolve(state, events, at: at) else { throw DoesNotFollow() }
        return Step(
            events: events, at: at, actor: actor, state: after, content: content, due: due,
            readers: LogReader.readers(of: events, from: state, to: after))
    }

    public struct DoesNotFollow: Error {}

    /// A submission offered to the first of `recipients`.
    public static func offered(
        _ number: Int, at: Instant = noon, from sender: Participant = police, message: String? = nil, services: [Service] = [.support],
        to recipients: [OrganisationID] = Sample.recipients, role: Role = .victim, protectedIdentity: ProtectedIdentity = .none,
        conflict: String? = nil, content: [UInt8]? = nil, due: Instant? = nil
    ) throws -> Step {
        try step(
            submission(
                number, from: sender, message: message, services: services, to: recipients, role: role,
                protectedIdentity: protectedIdentity,
                conflict: conflict), at: at, by: sender, content: content, due: due)
    }

    /// The erasure of all content.
    public static func erased(_ state: ReferralState, due: Instant? = nil) throws -> Step {
        try step([.erased(Erasure(.content, .noLongerNeeded))], after: state, by: nil, due: due)
    }

    /// The hand-out of an offered case to its owner; due when the lease ends.
    public static func leased(_ state: ReferralState, at: Instant = noon, until: Instant) throws -> Step {
        guard let assignment = state.assignments.first else { throw DoesNotFollow() }
        let holder = holder(assignment.owner)
        return try step(
            [.leased(assignment.id, Lease(holder: holder, until: until), disclosed: [.person, .contacts])], after: state, at: at,
            by: holder, due: until)
    }
}
