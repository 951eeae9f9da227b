/// The rules in force: everything that is configured and that a decision depends on.
public struct Policy: Sendable {
    public let routing: Routing
    /// How long a referral waits for the person's answer.
    public let consentPeriod: TimeSpan
    /// How long content is kept after the last assignment has ended.
    public let gracePeriod: TimeSpan
    /// When the coordinator's office is staffed.
    public let office: WorkingHours

    public init(
        routing: Routing, consentPeriod: TimeSpan = .days(14), gracePeriod: TimeSpan = .days(90),
        office: WorkingHours = WorkingHours()
    ) {
        self.routing = routing
        self.consentPeriod = consentPeriod
        self.gracePeriod = gracePeriod
        self.office = office
    }

    /// The directory in force at a moment.
    func directory(at moment: Instant) -> Directory { routing.directory(on: CivilDate(inStockholmAt: moment)) }

    /// As what a unit of an organisation looks at an assignment.
    public func reader(_ organisation: OrganisationID, of assignment: AssignmentState, at moment: Instant) -> CaseReader {
        guard let recipient = directory(at: moment).recipientClass(of: organisation) else { return .formerOwner }
        if assignment.owner == organisation { return .owner(recipient) }
        if case .handoverOffered(let offer) = assignment.phase, offer.to == organisation { return .asked(recipient) }
        return .formerOwner
    }

    /// What an organisation has promised for the cases that become its own at a moment.
    public func agreement(with organisation: OrganisationID, at moment: Instant) -> Agreement {
        let day = CivilDate(inStockholmAt: moment)
        guard let organisation = routing.directory(on: day).organisation(organisation) else { return Agreement() }
        let standard = Agreement.standard(for: organisation.kind)
        return organisation.agreement(on: day).map { standard.replacing($0) } ?? standard
    }
}
