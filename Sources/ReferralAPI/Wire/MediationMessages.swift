import CReferralMessages
import Protobuf
import Referral

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
