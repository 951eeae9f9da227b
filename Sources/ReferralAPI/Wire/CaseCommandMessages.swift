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

// MARK: Mediation

extension Lots__V1__MediateRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__mediate_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        mediationCommand(&fields).map { .mediate($0) }
    }

    private func mediationCommand(_ fields: inout FieldReader) -> MediationCommand? {
        switch step_case {
        case LOTS__V1__MEDIATE_REQUEST__STEP_ADD_PARTY:
            return fields.within("add_party", add_party) { party, fields in
                let side: MediationParty.Side? = fields.member(party.pointee.side, "side")
                let isTold = party.pointee.has_age_case.rawValue != 0
                let age = fields.age(given(party.pointee.has_age_case, party.pointee.age))
                let admitted: Answer? = fields.member(party.pointee.admitted, "admitted", unsaid: .unknown)
                guard let side, let admitted, isTold == (age != nil) else { return nil }
                return .addParty(side, age: age, admitted: admitted)
            }
        case LOTS__V1__MEDIATE_REQUEST__STEP_FIND:
            return fields.within("find", find) { finding, fields in MediationFinding(finding.pointee, &fields).map { .find($0) } }
        case LOTS__V1__MEDIATE_REQUEST__STEP_CONFIRM_ELIGIBLE: return .confirmEligible
        case LOTS__V1__MEDIATE_REQUEST__STEP_CONSULT_LEADER:
            return fields.member(consult_leader, "consult_leader").map { .consultLeader($0) }
        case LOTS__V1__MEDIATE_REQUEST__STEP_ASK:
            return fields.requiredIdentifier(FieldReader.said(ask), "ask").map { .ask($0) }
        case LOTS__V1__MEDIATE_REQUEST__STEP_RECORD_ANSWER:
            return fields.within("record_answer", record_answer) { answer, fields in
                let party: PartyID? = fields.requiredIdentifier(FieldReader.said(answer.pointee.party_id), "party_id")
                let reply: Reply? = fields.member(answer.pointee.reply, "reply")
                guard let party, let reply else { return nil }
                return .recordAnswer(party, agrees: reply == .yes)
            }
        case LOTS__V1__MEDIATE_REQUEST__STEP_RECORD_PRE_MEETING:
            return fields.within("record_pre_meeting", record_pre_meeting) { meeting, fields in
                let party: PartyID? = fields.requiredIdentifier(FieldReader.said(meeting.pointee.party_id), "party_id")
                let at = fields.instant(meeting.pointee.at, "at")
                guard let party, let at else { return nil }
                return .recordPreMeeting(party, at: at)
            }
        case LOTS__V1__MEDIATE_REQUEST__STEP_RECORD_MEDIATION:
            return fields.instant(record_mediation, "record_mediation").map { .recordMediation(at: $0) }
        case LOTS__V1__MEDIATE_REQUEST__STEP_CONCLUDE:
            let conclusion: MediationConclusion? = fields.member(conclude, "conclude")
            return conclusion.map { .conclude(agreed: $0 == .agreed) }
        case LOTS__V1__MEDIATE_REQUEST__STEP_INTERRUPT:
            return fields.member(interrupt, "interrupt").map { .interrupt($0) }
        case LOTS__V1__MEDIATE_REQUEST__STEP_REPORT:
            return fields.member(report, "report").map { .report(to: $0) }
        default:
            fields.faults.note("", "must have one step, such as ask or conclude")
            return nil
        }
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .mediate(let command) = command else { return }
        switch command {
        case .addParty(let side, let age, let admitted):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_ADD_PARTY
            add_party = arena.make(addPartyType)
            add_party.pointee.side = side.wire
            if let age {
                add_party.pointee.has_age_case = LOTS__V1__ADD_PARTY__HAS_AGE_AGE
                add_party.pointee.age = UInt32(clamping: age)
            }
            add_party.pointee.admitted = admitted.wire
        case .find(let finding):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_FIND
            find = arena.make(findingType)
            find.pointee.set(finding, in: arena)
        case .confirmEligible:
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_CONFIRM_ELIGIBLE
            confirm_eligible = arena.make(confirmationType)
        case .consultLeader(let view):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_CONSULT_LEADER
            consult_leader = view.wire
        case .ask(let party):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_ASK
            ask = arena.string(party.rawValue)
        case .recordAnswer(let party, let agrees):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_RECORD_ANSWER
            record_answer = arena.make(partyReplyType)
            record_answer.pointee.party_id = arena.string(party.rawValue)
            record_answer.pointee.reply = (agrees ? Reply.yes : .no).wire
        case .recordPreMeeting(let party, let at):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_RECORD_PRE_MEETING
            record_pre_meeting = arena.make(preMeetingType)
            record_pre_meeting.pointee.party_id = arena.string(party.rawValue)
            record_pre_meeting.pointee.at = arena.make(at)
        case .recordMediation(let at):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_RECORD_MEDIATION
            record_mediation = arena.make(at)
        case .conclude(let agreed):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_CONCLUDE
            conclude = (agreed ? MediationConclusion.agreed : .notAgreed).wire
        case .interrupt(let reason):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_INTERRUPT
            interrupt = reason.wire
        case .report(let addressee):
            step_case = LOTS__V1__MEDIATE_REQUEST__STEP_REPORT
            report = addressee.wire
        }
    }
}

extension MediationFinding {
    fileprivate init?(_ wire: Lots__V1__MediationFinding, _ fields: inout FieldReader) {
        let finding: MediationFinding?
        switch wire.finding_case {
        case LOTS__V1__MEDIATION_FINDING__FINDING_REPORTED: finding = fields.member(wire.reported, "reported").map { .reported($0) }
        case LOTS__V1__MEDIATION_FINDING__FINDING_SUITABLE: finding = fields.member(wire.suitable, "suitable").map { .suitable($0) }
        case LOTS__V1__MEDIATION_FINDING__FINDING_INVESTIGATION:
            finding = fields.member(wire.investigation, "investigation").map { .investigation($0) }
        case LOTS__V1__MEDIATION_FINDING__FINDING_EXCEPTIONAL_REASONS: finding = .exceptionalReasons(wire.exceptional_reasons != 0)
        case LOTS__V1__MEDIATION_FINDING__FINDING_ADMITTED:
            finding = fields.within("admitted", wire.admitted) { admission, fields in
                let party: PartyID? = fields.requiredIdentifier(FieldReader.said(admission.pointee.party_id), "party_id")
                let admitted: Answer? = fields.member(admission.pointee.admitted, "admitted")
                guard let party, let admitted else { return nil }
                return .admitted(party, admitted)
            }
        case LOTS__V1__MEDIATION_FINDING__FINDING_AGE:
            finding = fields.within("age", wire.age) { age, fields in
                let party: PartyID? = fields.requiredIdentifier(FieldReader.said(age.pointee.party_id), "party_id")
                let years = fields.age(age.pointee.age)
                guard let party, let years else { return nil }
                return .age(party, years)
            }
        default:
            fields.faults.note("", "must have one finding, such as reported or age")
            finding = nil
        }
        guard let finding else { return nil }
        self = finding
    }
}

extension Lots__V1__MediationFinding {
    fileprivate mutating func set(_ finding: MediationFinding, in arena: Arena) {
        switch finding {
        case .reported(let answer):
            finding_case = LOTS__V1__MEDIATION_FINDING__FINDING_REPORTED
            reported = answer.wire
        case .suitable(let answer):
            finding_case = LOTS__V1__MEDIATION_FINDING__FINDING_SUITABLE
            suitable = answer.wire
        case .investigation(let state):
            finding_case = LOTS__V1__MEDIATION_FINDING__FINDING_INVESTIGATION
            investigation = state.wire
        case .exceptionalReasons(let are):
            finding_case = LOTS__V1__MEDIATION_FINDING__FINDING_EXCEPTIONAL_REASONS
            exceptional_reasons = are ? 1 : 0
        case .admitted(let party, let answer):
            finding_case = LOTS__V1__MEDIATION_FINDING__FINDING_ADMITTED
            admitted = arena.make(admissionType)
            admitted.pointee.party_id = arena.string(party.rawValue)
            admitted.pointee.admitted = answer.wire
        case .age(let party, let years):
            finding_case = LOTS__V1__MEDIATION_FINDING__FINDING_AGE
            age = arena.make(partyAgeType)
            age.pointee.party_id = arena.string(party.rawValue)
            age.pointee.age = UInt32(clamping: years)
        }
    }
}

/// Says in words what the domain's command says with a yes or no.
enum MediationConclusion: WireEnumeration {
    case agreed, notAgreed

    static let numbering = WireNumbering<MediationConclusion>(lots__v1__mediation_conclusion__descriptor)

    var wire: Lots__V1__MediationConclusion {
        switch self {
        case .agreed: LOTS__V1__MEDIATION_CONCLUSION__MEDIATION_CONCLUSION_AGREED
        case .notAgreed: LOTS__V1__MEDIATION_CONCLUSION__MEDIATION_CONCLUSION_NOT_AGREED
        }
    }
}

private let addPartyType = MessageType(lots__v1__add_party__init)
private let findingType = MessageType(lots__v1__mediation_finding__init)
private let confirmationType = MessageType(lots__v1__confirm_eligible__init)
private let partyReplyType = MessageType(lots__v1__party_reply__init)
private let preMeetingType = MessageType(lots__v1__pre_meeting__init)
private let admissionType = MessageType(lots__v1__party_admission__init)
private let partyAgeType = MessageType(lots__v1__party_age__init)
