/// The clocks of an organisation's cases: what it has promised, and what is usual for the rest. All of them run from when the case became
/// available to it.
public struct Agreement: Hashable, Sendable {
    /// Tells the owner before `contact` has passed; nil: nobody is warned.
    public var contactWarning: TimeSpan?
    /// The person has been reached.
    public var contact: TimeSpan?
    /// A meeting has been held, or the person wanted none; nil: not promised.
    public var meeting: TimeSpan?
    /// Somebody has accepted the case; the owner is warned.
    public var untaken: TimeSpan
    /// After this, people decide who takes it.
    public var untakenReview: TimeSpan
    /// The organisation that is offered a case has answered; else it stays with its owner.
    public var handover: TimeSpan
    /// For whoever answers for cases under review: it has been decided who takes the case.
    public var review: TimeSpan
    /// Before a person may be called unreachable.
    public var attempts: RequiredAttempts

    public init(
        contactWarning: TimeSpan? = nil, contact: TimeSpan? = .days(3), meeting: TimeSpan? = nil, untaken: TimeSpan = .hours(24),
        untakenReview: TimeSpan = .hours(48), handover: TimeSpan = .days(2), review: TimeSpan = .workingHours(4),
        attempts: RequiredAttempts = RequiredAttempts()
    ) {
        self.contactWarning = contactWarning
        self.contact = contact
        self.meeting = meeting
        self.untaken = untaken
        self.untakenReview = untakenReview
        self.handover = handover
        self.review = review
        self.attempts = attempts
    }

    /// What holds for organisations that have agreed on nothing else: the partnership of 2022 for a brottsofferjour, the practice of
    /// Stödcentrum Nordväst for a support centre.
    public static func standard(for kind: OrganisationKind) -> Agreement {
        switch kind {
        case .supportCentre: Agreement(contactWarning: .hours(48), contact: .hours(72), meeting: .days(10))
        case .brottsofferjour, .police, .school, .socialServices, .youthCentre, .healthCare, .ownRequest, .coordinator, .auditor:
            Agreement()
        }
    }

    /// With what an organisation has promised of its own; the rest stays as it is.
    func replacing(_ promised: OrganisationAgreement) -> Agreement {
        var agreement = self
        if let contact = promised.firstContactWithin {
            agreement.contact = contact
            // A warning belongs to the time that it warns of.
            agreement.contactWarning = promised.firstContactWarning
        }
        if let meeting = promised.firstMeetingWithin { agreement.meeting = meeting }
        if let untaken = promised.untakenWarning {
            agreement.untaken = untaken
            // The owner keeps a day after the warning.
            agreement.untakenReview = untaken.adding(days: 1)
        }
        if let calls = promised.callAttempts {
            agreement.attempts.calls = calls
            agreement.attempts.inTheEvening = promised.eveningAttempts ?? min(attempts.inTheEvening, calls)
        }
        return agreement
    }
}

/// How often a person must have been called before they may be called unreachable.
public struct RequiredAttempts: Hashable, Sendable {
    public var calls: Int
    /// How many of the calls must have been in the evening.
    public var inTheEvening: Int
    public var evening: LocalHours

    public init(calls: Int = 3, inTheEvening: Int = 1, evening: LocalHours = .evening) {
        self.calls = calls
        self.inTheEvening = inTheEvening
        self.evening = evening
    }

    /// What is missing, with what has been recorded; nil when it is enough.
    func missing(from attempts: [Attempt]) -> String? {
        let calls = attempts.filter { $0.channel == .call }
        let evenings = calls.count { evening.contains($0.at) }
        if calls.count >= self.calls, evenings >= inTheEvening { return nil }
        let needed =
            "\(Self.text(self.calls)) call attempt\(self.calls == 1 ? "" : "s")"
            + (inTheEvening > 0 ? " with \(Self.text(inTheEvening)) between \(evening.start / 60) and \(evening.end / 60)" : "")
        return "needs \(needed); recorded: \(calls.count), \(evenings == 0 ? "none" : "\(evenings)") in the evening"
    }

    private static func text(_ count: Int) -> String {
        let words = ["no", "one", "two", "three", "four", "five"]
        return words.indices.contains(count) ? words[count] : "\(count)"
    }
}
