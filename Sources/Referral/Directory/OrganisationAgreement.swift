/// What an organisation has promised those it takes on, on the days of an agreement. What is nil is not part of it: then applies what is
/// usual for the organisation's kind. Times count from when a case became available to the organisation.
public struct OrganisationAgreement: Hashable, Sendable {
    /// Agreements of one organisation have no day in common.
    public let period: DatePeriod
    /// The first contact with the person; an hour to 90 days, as every time here.
    public let firstContactWithin: TimeSpan?
    /// When the organisation is warned that the first contact is still missing; before `firstContactWithin`.
    public let firstContactWarning: TimeSpan?
    /// The first meeting; not before `firstContactWithin`.
    public let firstMeetingWithin: TimeSpan?
    /// When the organisation is warned that nobody has taken the case.
    public let untakenWarning: TimeSpan?
    /// Calls that have to be tried before a person counts as unreachable, 1 to 20.
    public let callAttempts: Int?
    /// How many of them in the evening; at most `callAttempts`.
    public let eveningAttempts: Int?

    public init(
        period: DatePeriod = .always, firstContactWithin: TimeSpan? = nil, firstContactWarning: TimeSpan? = nil,
        firstMeetingWithin: TimeSpan? = nil, untakenWarning: TimeSpan? = nil, callAttempts: Int? = nil, eveningAttempts: Int? = nil
    ) {
        self.period = period
        self.firstContactWithin = firstContactWithin
        self.firstContactWarning = firstContactWarning
        self.firstMeetingWithin = firstMeetingWithin
        self.untakenWarning = untakenWarning
        self.callAttempts = callAttempts
        self.eveningAttempts = eveningAttempts
    }

    /// The times that may be promised.
    public static let times: ClosedRange<Duration> = .seconds(3_600)...(.seconds(90 * 86_400))
    /// The attempts that may be asked for.
    public static let attempts = 1...20

    /// Everything that is wrong with it by itself, by the name of the entry.
    var faults: [(key: String, rule: String)] {
        var faults: [(String, String)] = []
        let times = [
            ("first_contact_within", firstContactWithin), ("first_contact_warning", firstContactWarning),
            ("first_meeting_within", firstMeetingWithin), ("untaken_warning", untakenWarning),
        ]
        for (key, time) in times {
            if let time, !Self.times.contains(time.nominal) { faults.append((key, "has to be 1 hour to 90 days")) }
        }
        for (key, count) in [("call_attempts", callAttempts), ("evening_attempts", eveningAttempts)] {
            if let count, !Self.attempts.contains(count) { faults.append((key, "has to be 1 to 20")) }
        }
        if let warning = firstContactWarning {
            if let contact = firstContactWithin {
                if warning.nominal >= contact.nominal {
                    faults.append(("first_contact_warning", "a warning comes before the end of the time"))
                }
            } else {
                faults.append(("first_contact_warning", "needs first_contact_within, whose end it warns of"))
            }
        }
        if let contact = firstContactWithin, let meeting = firstMeetingWithin, meeting.nominal < contact.nominal {
            faults.append(("first_meeting_within", "the first meeting does not come before the first contact"))
        }
        if let evening = eveningAttempts, callAttempts.map({ evening > $0 }) ?? true {
            faults.append(("evening_attempts", "needs call_attempts of at least as many: they are among them"))
        }
        return faults
    }
}

extension Organisation {
    /// What it has promised for cases of a day; nil when there is no agreement.
    public func agreement(on day: CivilDate) -> OrganisationAgreement? { agreements.first { $0.period.contains(day) } }
}
