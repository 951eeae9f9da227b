import CReferralMessages
import Protobuf
import Referral

/// A message that is one command about one assignment.
protocol CaseCommandWire: SendableMetatype {
    static var wireType: MessageType<Self> { get }

    // Named and typed as the generated structs have them.
    // swift-format-ignore
    var command_id: UnsafeMutablePointer<CChar>! { get set }
    // swift-format-ignore
    var assignment_id: UnsafeMutablePointer<CChar>! { get set }
    // swift-format-ignore
    var expected_version: UInt64 { get set }

    /// Nil when something has a fault, which `fields` has then.
    func command(_ fields: inout FieldReader) -> AssignmentCommand?

    /// Fills what is particular to this message. Another command leaves it as it is.
    mutating func set(_ command: AssignmentCommand, in arena: Arena)
}

/// A command about one assignment, as the message `Wire`.
struct CaseCommandMessage<Wire: CaseCommandWire>: Hashable, WireMessage {
    let id: CommandID
    let assignment: AssignmentID
    let expecting: Int?
    let command: AssignmentCommand

    static var wireType: MessageType<Wire> { Wire.wireType }

    init(id: CommandID, assignment: AssignmentID, expecting: Int? = nil, _ command: AssignmentCommand) {
        self.id = id
        self.assignment = assignment
        self.expecting = expecting
        self.command = command
    }

    init?(_ message: UnsafePointer<Wire>, _ fields: inout FieldReader) {
        let id: CommandID? = fields.requiredIdentifier(FieldReader.said(message.pointee.command_id), "command_id")
        let assignment: AssignmentID? = fields.requiredIdentifier(FieldReader.said(message.pointee.assignment_id), "assignment_id")
        let expecting = fields.expectedVersion(message.pointee.expected_version)
        guard let command = message.pointee.command(&fields), let id, let assignment else { return nil }
        self.init(id: id, assignment: assignment, expecting: expecting, command)
    }

    func write(to message: UnsafeMutablePointer<Wire>, in arena: Arena) {
        message.pointee.command_id = arena.string(id.rawValue)
        message.pointee.assignment_id = arena.string(assignment.rawValue)
        message.pointee.expected_version = UInt64(clamping: expecting ?? 0)
        message.pointee.set(command, in: arena)
    }

    var request: CaseRequest { CaseRequest(id: id, expecting: expecting, .assignment(assignment, command)) }
}

// MARK: What was done for the person

extension Lots__V1__RecordAttemptRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__record_attempt_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let channel: ContactChannel? = fields.member(channel, "channel")
        let result: Attempt.Result? = fields.member(result, "result")
        let at = fields.instant(at, "at")
        guard let channel, let result, let at else { return nil }
        return .recordAttempt(Attempt(channel: channel, at: at, result: result))
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .recordAttempt(let attempt) = command else { return }
        channel = attempt.channel.wire
        result = attempt.result.wire
        at = arena.make(attempt.at)
    }
}

extension Lots__V1__RecordContactRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__record_contact_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let channel: ContactChannel? = fields.member(channel, "channel")
        let at = fields.instant(at, "at")
        guard let channel, let at else { return nil }
        return .recordContact(ContactMade(channel: channel, at: at))
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .recordContact(let contact) = command else { return }
        channel = contact.channel.wire
        at = arena.make(contact.at)
    }
}

extension Lots__V1__RecordMeetingRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__record_meeting_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let result: Meeting.Result? = fields.member(result, "result")
        let form: Meeting.Form? = fields.member(form, "form")
        let at = fields.instant(at, "at")
        guard let result, let form, let at else { return nil }
        return .recordMeeting(Meeting(result, form: form, at: at))
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .recordMeeting(let meeting) = command else { return }
        result = meeting.result.wire
        form = meeting.form.wire
        at = arena.make(meeting.at)
    }
}

extension Lots__V1__RecordServiceRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__record_service_request__init)
    private static let minutesOfDay = 1...1_440

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let kind: ServiceGiven.Kind? = fields.member(given, "given")
        let isPossible = Self.minutesOfDay.contains(Int(minutes))
        if !isPossible { fields.faults.note("minutes", "must be 1 to \(Self.minutesOfDay.upperBound)") }
        let municipality = fields.text(
            UnsafePointer(municipality), "municipality", rule: "must be the four digits of a municipality", form: TextForm.isFourDigits)
        guard let kind, let municipality, isPossible else { return nil }
        return .recordService(ServiceGiven(kind, minutes: Int(minutes), municipality: municipality))
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .recordService(let service) = command else { return }
        given = service.kind.wire
        minutes = UInt32(clamping: service.minutes)
        municipality = arena.string(service.municipality)
    }
}

extension Lots__V1__HoldRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__hold_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let reason: HoldReason? = fields.member(reason, "reason")
        let day = fields.requiredDate(until, "until")
        guard let reason, let day else { return nil }
        return .hold(reason, until: day)
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .hold(let why, let day) = command else { return }
        reason = why.wire
        until = arena.string(day.description)
    }
}

extension Lots__V1__ResumeRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__resume_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? { .resume }
    mutating func set(_ command: AssignmentCommand, in arena: Arena) {}
}

// MARK: Handover

extension Lots__V1__OfferHandoverRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__offer_handover_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let to: OrganisationID? = fields.requiredIdentifier(FieldReader.said(to), "to")
        let reason: HandoverReason? = fields.member(reason, "reason")
        guard let to, let reason else { return nil }
        return .offerHandover(to: to, reason: reason, personAgrees: person_agrees != 0)
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .offerHandover(let organisation, let why, let agrees) = command else { return }
        to = arena.string(organisation.rawValue)
        reason = why.wire
        person_agrees = agrees ? 1 : 0
    }
}

extension Lots__V1__AnswerHandoverRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__answer_handover_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        fields.answer(reply, no: reason) { (no: ReturnReason?) in .answerHandover(no.map { .refused($0) } ?? .accepted) }
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .answerHandover(let answer) = command else { return }
        switch answer {
        case .accepted: reply = Reply.yes.wire
        case .refused(let why):
            reply = Reply.no.wire
            reason = why.wire
        }
    }
}

// MARK: The ends of a case

extension Lots__V1__CompleteRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__complete_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let outcome: SupportOutcome? = fields.member(outcome, "outcome")
        return outcome.map { .complete($0) }
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        if case .complete(let how) = command { outcome = how.wire }
    }
}

extension Lots__V1__CloseUnreachableRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__close_unreachable_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? { .closeUnreachable }
    mutating func set(_ command: AssignmentCommand, in arena: Arena) {}
}

extension Lots__V1__DeclineRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__decline_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? { .decline }
    mutating func set(_ command: AssignmentCommand, in arena: Arena) {}
}

extension Lots__V1__WithdrawRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__withdraw_request__init)

    /// A withdrawal is taken in any case.
    // swift-format-ignore
    var expected_version: UInt64 {
        get { 0 }
        set {}
    }

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let scope: WithdrawalScope? = fields.member(scope, "scope")
        return scope.map { .withdraw($0) }
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        if case .withdraw(let extent) = command { scope = extent.wire }
    }
}

extension Lots__V1__AnswerRecallRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__answer_recall_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        fields.answer(reply, no: reason) { (no: RecallRefusal?) in .answerRecall(no.map { .refused($0) } ?? .granted) }
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .answerRecall(let answer) = command else { return }
        switch answer {
        case .granted: reply = Reply.yes.wire
        case .refused(let why):
            reply = Reply.no.wire
            reason = why.wire
        }
    }
}

extension FieldReader {
    /// A reply with the reason that belongs to a no.
    fileprivate mutating func answer<Reason: WireEnumeration>(
        _ reply: Lots__V1__Reply, no reason: Reason.Wire, _ make: (Reason?) -> AssignmentCommand
    ) -> AssignmentCommand? {
        guard let reply: Reply = member(reply, "reply") else {
            let _: Reason? = optionalMember(reason, "reason")
            return nil
        }
        switch reply {
        case .yes:
            guard reason.rawValue == 0 else {
                faults.note("reason", "must be left out when reply is REPLY_YES")
                return nil
            }
            return make(nil)
        case .no:
            guard let reason: Reason = member(reason, "reason") else { return nil }
            return make(reason)
        }
    }
}
