/// The participant's own id of a command; unique per participant and referral.
public struct CommandID: Identifier {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A command with what makes it safe to repeat and to send without having seen the latest.
public struct CaseRequest: Hashable, Sendable {
    public let id: CommandID
    /// The version of what the command is about, an assignment or the referral, as the caller saw it; nil: whatever it is.
    public let expecting: Int?
    public let command: CaseCommand

    public init(id: CommandID, expecting: Int? = nil, _ command: CaseCommand) {
        self.id = id
        self.expecting = expecting
        self.command = command
    }
}

/// What participants do with a case. Every value is coded: no text, no name, no number.
public enum CaseCommand: Hashable, Codable, Sendable {
    case assignment(AssignmentID, AssignmentCommand)
    case referral(SenderCommand)

    /// Nil when it is about the whole referral.
    public var assignment: AssignmentID? { if case .assignment(let id, _) = self { id } else { nil } }

    /// Looks, and changes nothing.
    var isReading: Bool { if case .assignment(_, .read) = self { true } else { false } }

    /// As logged: what was done, without any of its particulars.
    public var name: String {
        switch self {
        case .assignment(_, .recordAttempt): "record attempt"
        case .assignment(_, .recordContact): "record contact"
        case .assignment(_, .recordMeeting): "record meeting"
        case .assignment(_, .recordService): "record service"
        case .assignment(_, .hold): "hold"
        case .assignment(_, .resume): "resume"
        case .assignment(_, .offerHandover): "offer handover"
        case .assignment(_, .answerHandover): "answer handover"
        case .assignment(_, .complete): "complete"
        case .assignment(_, .closeUnreachable): "close unreachable"
        case .assignment(_, .decline): "decline"
        case .assignment(_, .withdraw), .referral(.withdraw): "withdraw"
        case .assignment(_, .answerRecall): "answer recall"
        case .assignment(_, .assign): "assign"
        case .assignment(_, .reroute): "reroute"
        case .assignment(_, .redrive): "redrive"
        case .assignment(_, .mediate): "mediate"
        case .assignment(_, .read): "read"
        case .referral(.answerConsent): "answer consent"
        case .referral(.amend): "amend"
        case .referral(.recall): "recall"
        case .referral(.enterInError): "enter in error"
        }
    }
}

/// About one service at one organisation.
public enum AssignmentCommand: Hashable, Codable, Sendable {
    case recordAttempt(Attempt)
    case recordContact(ContactMade)
    case recordMeeting(Meeting)
    case recordService(ServiceGiven)
    /// Until the morning of a day at the latest.
    case hold(HoldReason, until: CivilDate)
    case resume
    /// - Parameter personAgrees: the person has been asked and said yes.
    case offerHandover(to: OrganisationID, reason: HandoverReason, personAgrees: Bool)
    case answerHandover(HandoverAnswer)
    case complete(SupportOutcome)
    case closeUnreachable
    /// The person does not want the support that is offered.
    case decline
    /// The person withdraws their consent.
    case withdraw(WithdrawalScope)
    case answerRecall(RecallAnswer)
    case assign(to: OrganisationID, reason: AssigningReason)
    /// Asks the rules of today again.
    case reroute
    /// Hands the case out anew to the same organisation.
    case redrive
    /// Looks at the content of a case that others answer for.
    case read(ReadingReason)
    case mediate(MediationCommand)

    /// Who may ask for it.
    public var permitted: [Capacity] {
        switch self {
        case .answerHandover: [.asked]
        case .withdraw: [.owner, .coordinator]
        case .assign, .reroute, .redrive, .read: [.coordinator]
        case .recordAttempt, .recordContact, .recordMeeting, .recordService, .hold, .resume, .offerHandover, .complete,
            .closeUnreachable, .decline, .answerRecall, .mediate:
            [.owner]
        }
    }
}

/// About the whole referral.
public enum SenderCommand: Hashable, Codable, Sendable {
    /// What the person answered after the referral had been sent.
    /// - Parameter assignments: at least one unused id per service asked for, in the same order.
    case answerConsent(Consent, assignments: [AssignmentID])
    /// Other contact data have been sent; they are content and not in the log.
    case amend(ContentDigest)
    case recall(RecallReason)
    case withdraw(WithdrawalScope)
    case enterInError(ErrorReason)

    /// Who may ask for it.
    public var permitted: [Capacity] {
        switch self {
        case .answerConsent, .amend, .recall: [.sender]
        case .withdraw, .enterInError: [.sender, .coordinator]
        }
    }
}

/// As what somebody acts on a case. One organisation may be several of these.
public enum Capacity: String, Sendable, CaseIterable {
    /// A unit of the organisation that answers for the case.
    case owner
    /// A unit of the organisation that the owner has offered the case.
    case asked = "asked organisation"
    case sender
    case coordinator
    case exchange
}

/// Why a referral is not what it was meant to be.
public enum ErrorReason: String, Codable, Sendable, CaseIterable {
    case wrongPerson = "wrong person"
    case wrongEvent = "wrong event"
    case duplicate
    case testData = "test data"
}
