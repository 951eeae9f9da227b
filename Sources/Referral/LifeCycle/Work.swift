// What is recorded of the work on a case: codes, times and minutes, never what was said.

/// A way to reach a person.
public enum ContactChannel: String, Codable, Sendable, CaseIterable {
    case call
    case sms
    case email
    case letter
    case visit
    case socialMedia = "social media"
}

/// One try to reach the person, in vain.
public struct Attempt: Hashable, Codable, Sendable {
    public enum Result: String, Codable, Sendable, CaseIterable {
        case noAnswer = "no answer"
        case messageLeft = "message left"
        case wrongNumber = "wrong number"
        case someoneElse = "someone else answered"
        case notNow = "not now"
    }

    public let channel: ContactChannel
    public let at: Instant
    public let result: Result

    public init(channel: ContactChannel, at: Instant, result: Result) {
        self.channel = channel
        self.at = at
        self.result = result
    }
}

/// The person was reached.
public struct ContactMade: Hashable, Codable, Sendable {
    public let channel: ContactChannel
    public let at: Instant

    public init(channel: ContactChannel, at: Instant) {
        self.channel = channel
        self.at = at
    }
}

/// A personal meeting, offered or held.
public struct Meeting: Hashable, Codable, Sendable {
    public enum Result: String, Codable, Sendable, CaseIterable {
        case offered, held, missed
        /// The person wants no meeting.
        case declined
    }

    public enum Form: String, Codable, Sendable, CaseIterable {
        case inPerson = "in person"
        case video
        case call
    }

    public let result: Result
    public let form: Form
    /// When it was offered, held or declined.
    public let at: Instant

    public init(_ result: Result, form: Form, at: Instant) {
        self.result = result
        self.form = form
        self.at = at
    }
}

/// A service that was given, with the time it took.
public struct ServiceGiven: Hashable, Codable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case conversation
        /// About the police investigation, the trial, and what follows.
        case information
        /// To the police, an interview, the court.
        case accompaniment
        /// Help to ask for a målsägandebiträde.
        case counsel
        case compensation
        /// Help with authorities.
        case authorities
        /// On to others who can help.
        case linking
        case mediation
    }

    public let kind: Kind
    /// 1 to 1 440.
    public let minutes: Int
    /// SCB's four digits: who pays.
    public let municipality: String

    public init(_ kind: Kind, minutes: Int, municipality: String) {
        self.kind = kind
        self.minutes = minutes
        self.municipality = municipality
    }
}

/// How support ended.
public enum SupportOutcome: String, Codable, Sendable, CaseIterable {
    case supported
    case informed
    /// On to others who can help.
    case linked
    case noFurtherNeed = "no further need"
    case moved
}

/// Something that was done for the person.
public enum WorkEvent: Hashable, Codable, Sendable {
    case attempted(Attempt)
    case contacted(ContactMade)
    case met(Meeting)
    case served(ServiceGiven)
}

extension CaseDecision {
    /// What is recorded of support; a mediation has its own records.
    func work(_ event: WorkEvent) throws(Rejection) -> [ReferralEvent] {
        let stage = try stageAtWork()
        switch event {
        case .attempted(let attempt):
            try checkSupport()
            try check(attempt.at)
        case .contacted(let contact):
            try checkSupport()
            try check(contact.at)
        case .met(let meeting):
            try checkSupport()
            try check(meeting.at)
            try checkReached(stage, "a meeting")
        case .served(let service):
            guard (1...1_440).contains(service.minutes) else { throw Rejection(.invalid, "minutes: must be from 1 to 1440") }
            guard service.municipality.utf8.count == 4, service.municipality.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw Rejection(.invalid, "municipality: must be four digits")
            }
            if assignment.service == .support { try checkReached(stage, "a service") }
        }
        return [.worked(id, event)]
    }

    /// The end of a support, with its rules.
    func complete(_ outcome: SupportOutcome) throws(Rejection) -> [ReferralEvent] {
        let stage = try stageUndisturbed()
        try checkSupport()
        guard stage == .contacted || stage == .inSupport else {
            throw .forbidden("the person has not been reached; close the case as unreachable or declined instead")
        }
        return ending(.completed(outcome))
    }

    func closeUnreachable() throws(Rejection) -> [ReferralEvent] {
        let stage = try stageUndisturbed()
        try checkSupport()
        guard stage == .accepted || stage == .contacting else { throw .forbidden("the person has been reached") }
        let required = policy.agreement(with: assignment.owner, at: assignment.availableAt).attempts
        if let missing = required.missing(from: assignment.progress.attempts) { throw .forbidden(missing) }
        return ending(.unreachable)
    }

    /// The person's no is taken in every stage.
    func decline() throws(Rejection) -> [ReferralEvent] {
        _ = try stageOrHold()
        try checkSupport()
        return ending(.declined)
    }

    /// Recorded things have happened while the organisation had the case.
    func check(_ moment: Instant) throws(Rejection) {
        guard moment <= now else { throw Rejection(.invalid, "at: lies in the future") }
        guard moment >= assignment.availableAt else { throw Rejection(.invalid, "at: lies before the organisation got the case") }
    }

    private func checkSupport() throws(Rejection) {
        guard assignment.service == .support else {
            throw .forbidden("a mediation records its own steps: parties, pre-meetings, meeting")
        }
    }

    private func checkReached(_ stage: Stage, _ what: String) throws(Rejection) {
        guard stage == .contacted || stage == .inSupport else {
            throw .forbidden("the contact has to be recorded before \(what)")
        }
    }
}

extension AssignmentState {
    mutating func apply(_ event: WorkEvent) {
        switch event {
        case .attempted(let attempt):
            progress.attempts.append(attempt)
            if stage == .accepted { stage = .contacting }
        case .contacted(let contact):
            if stage == .accepted || stage == .contacting { stage = .contacted }
            if progress.contactedAt == nil { progress.contactedAt = contact.at }
            progress.alarms.subtract([.contactWarning, .contact])
        case .met(let meeting):
            if meeting.result == .held { stage = .inSupport }
            if meeting.result == .held || meeting.result == .declined {
                if progress.meetingSettledAt == nil { progress.meetingSettledAt = meeting.at }
                progress.alarms.remove(.meeting)
            }
        case .served:
            if stage == .contacted { stage = .inSupport }
        }
    }
}
