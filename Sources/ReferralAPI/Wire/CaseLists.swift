import CReferralMessages
import Referral

// The controlled lists of the work on cases; see `ControlledLists.swift`.

extension CasePhase: WireEnumeration {
    static let numbering = WireNumbering<CasePhase>(lots__v1__case_phase__descriptor)

    var wire: Lots__V1__CasePhase {
        switch self {
        case .review: LOTS__V1__CASE_PHASE__CASE_PHASE_REVIEW
        case .offered: LOTS__V1__CASE_PHASE__CASE_PHASE_OFFERED
        case .leased: LOTS__V1__CASE_PHASE__CASE_PHASE_LEASED
        case .received: LOTS__V1__CASE_PHASE__CASE_PHASE_RECEIVED
        case .accepted: LOTS__V1__CASE_PHASE__CASE_PHASE_ACCEPTED
        case .contacting: LOTS__V1__CASE_PHASE__CASE_PHASE_CONTACTING
        case .contacted: LOTS__V1__CASE_PHASE__CASE_PHASE_CONTACTED
        case .inSupport: LOTS__V1__CASE_PHASE__CASE_PHASE_IN_SUPPORT
        case .eligible: LOTS__V1__CASE_PHASE__CASE_PHASE_ELIGIBLE
        case .leaderConsulted: LOTS__V1__CASE_PHASE__CASE_PHASE_LEADER_CONSULTED
        case .askingParties: LOTS__V1__CASE_PHASE__CASE_PHASE_ASKING_PARTIES
        case .preMeetings: LOTS__V1__CASE_PHASE__CASE_PHASE_PRE_MEETINGS
        case .meeting: LOTS__V1__CASE_PHASE__CASE_PHASE_MEETING
        case .agreed: LOTS__V1__CASE_PHASE__CASE_PHASE_AGREED
        case .notAgreed: LOTS__V1__CASE_PHASE__CASE_PHASE_NOT_AGREED
        case .interrupted: LOTS__V1__CASE_PHASE__CASE_PHASE_INTERRUPTED
        case .onHold: LOTS__V1__CASE_PHASE__CASE_PHASE_ON_HOLD
        case .handoverOffered: LOTS__V1__CASE_PHASE__CASE_PHASE_HANDOVER_OFFERED
        case .completed: LOTS__V1__CASE_PHASE__CASE_PHASE_COMPLETED
        case .reported: LOTS__V1__CASE_PHASE__CASE_PHASE_REPORTED
        case .unreachable: LOTS__V1__CASE_PHASE__CASE_PHASE_UNREACHABLE
        case .declined: LOTS__V1__CASE_PHASE__CASE_PHASE_DECLINED
        case .withdrawn: LOTS__V1__CASE_PHASE__CASE_PHASE_WITHDRAWN
        case .recalled: LOTS__V1__CASE_PHASE__CASE_PHASE_RECALLED
        case .enteredInError: LOTS__V1__CASE_PHASE__CASE_PHASE_ENTERED_IN_ERROR
        }
    }
}

extension Deadline.Kind: WireEnumeration {
    static let numbering = WireNumbering<Deadline.Kind>(lots__v1__deadline_kind__descriptor)

    var wire: Lots__V1__DeadlineKind {
        switch self {
        case .consent: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_CONSENT
        case .lease: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_LEASE
        case .untaken: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_UNTAKEN
        case .untakenReview: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_UNTAKEN_REVIEW
        case .contactWarning: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_CONTACT_WARNING
        case .contact: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_CONTACT
        case .meeting: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_MEETING
        case .review: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_REVIEW
        case .handover: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_HANDOVER
        case .resume: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_RESUME
        case .erasure: LOTS__V1__DEADLINE_KIND__DEADLINE_KIND_ERASURE
        }
    }
}

extension MediationParty.Side: WireEnumeration {
    static let numbering = WireNumbering<MediationParty.Side>(lots__v1__party_side__descriptor)

    var wire: Lots__V1__PartySide {
        switch self {
        case .offender: LOTS__V1__PARTY_SIDE__PARTY_SIDE_OFFENDER
        case .victim: LOTS__V1__PARTY_SIDE__PARTY_SIDE_VICTIM
        }
    }
}

extension MediationParty.Answer: WireEnumeration {
    static let numbering = WireNumbering<MediationParty.Answer>(lots__v1__party_answer__descriptor)

    var wire: Lots__V1__PartyAnswer {
        switch self {
        case .notAsked: LOTS__V1__PARTY_ANSWER__PARTY_ANSWER_NOT_ASKED
        case .asked: LOTS__V1__PARTY_ANSWER__PARTY_ANSWER_ASKED
        case .yes: LOTS__V1__PARTY_ANSWER__PARTY_ANSWER_YES
        case .no: LOTS__V1__PARTY_ANSWER__PARTY_ANSWER_NO
        }
    }
}

extension ContactChannel: WireEnumeration {
    static let numbering = WireNumbering<ContactChannel>(lots__v1__contact_channel__descriptor)

    var wire: Lots__V1__ContactChannel {
        switch self {
        case .call: LOTS__V1__CONTACT_CHANNEL__CONTACT_CHANNEL_CALL
        case .sms: LOTS__V1__CONTACT_CHANNEL__CONTACT_CHANNEL_SMS
        case .email: LOTS__V1__CONTACT_CHANNEL__CONTACT_CHANNEL_EMAIL
        case .letter: LOTS__V1__CONTACT_CHANNEL__CONTACT_CHANNEL_LETTER
        case .visit: LOTS__V1__CONTACT_CHANNEL__CONTACT_CHANNEL_VISIT
        case .socialMedia: LOTS__V1__CONTACT_CHANNEL__CONTACT_CHANNEL_SOCIAL_MEDIA
        }
    }
}

extension Attempt.Result: WireEnumeration {
    static let numbering = WireNumbering<Attempt.Result>(lots__v1__attempt_result__descriptor)

    var wire: Lots__V1__AttemptResult {
        switch self {
        case .noAnswer: LOTS__V1__ATTEMPT_RESULT__ATTEMPT_RESULT_NO_ANSWER
        case .messageLeft: LOTS__V1__ATTEMPT_RESULT__ATTEMPT_RESULT_MESSAGE_LEFT
        case .wrongNumber: LOTS__V1__ATTEMPT_RESULT__ATTEMPT_RESULT_WRONG_NUMBER
        case .someoneElse: LOTS__V1__ATTEMPT_RESULT__ATTEMPT_RESULT_SOMEONE_ELSE
        case .notNow: LOTS__V1__ATTEMPT_RESULT__ATTEMPT_RESULT_NOT_NOW
        }
    }
}

extension Meeting.Result: WireEnumeration {
    static let numbering = WireNumbering<Meeting.Result>(lots__v1__meeting_result__descriptor)

    var wire: Lots__V1__MeetingResult {
        switch self {
        case .offered: LOTS__V1__MEETING_RESULT__MEETING_RESULT_OFFERED
        case .held: LOTS__V1__MEETING_RESULT__MEETING_RESULT_HELD
        case .missed: LOTS__V1__MEETING_RESULT__MEETING_RESULT_MISSED
        case .declined: LOTS__V1__MEETING_RESULT__MEETING_RESULT_DECLINED
        }
    }
}

extension Meeting.Form: WireEnumeration {
    static let numbering = WireNumbering<Meeting.Form>(lots__v1__meeting_form__descriptor)

    var wire: Lots__V1__MeetingForm {
        switch self {
        case .inPerson: LOTS__V1__MEETING_FORM__MEETING_FORM_IN_PERSON
        case .video: LOTS__V1__MEETING_FORM__MEETING_FORM_VIDEO
        case .call: LOTS__V1__MEETING_FORM__MEETING_FORM_CALL
        }
    }
}

extension ServiceGiven.Kind: WireEnumeration {
    static let numbering = WireNumbering<ServiceGiven.Kind>(lots__v1__given_service__descriptor)

    var wire: Lots__V1__GivenService {
        switch self {
        case .conversation: LOTS__V1__GIVEN_SERVICE__GIVEN_SERVICE_CONVERSATION
        case .information: LOTS__V1__GIVEN_SERVICE__GIVEN_SERVICE_INFORMATION
        case .accompaniment: LOTS__V1__GIVEN_SERVICE__GIVEN_SERVICE_ACCOMPANIMENT
        case .counsel: LOTS__V1__GIVEN_SERVICE__GIVEN_SERVICE_COUNSEL
        case .compensation: LOTS__V1__GIVEN_SERVICE__GIVEN_SERVICE_COMPENSATION
        case .authorities: LOTS__V1__GIVEN_SERVICE__GIVEN_SERVICE_AUTHORITIES
        case .linking: LOTS__V1__GIVEN_SERVICE__GIVEN_SERVICE_LINKING
        case .mediation: LOTS__V1__GIVEN_SERVICE__GIVEN_SERVICE_MEDIATION
        }
    }
}

extension HoldReason: WireEnumeration {
    static let numbering = WireNumbering<HoldReason>(lots__v1__hold_reason__descriptor)

    var wire: Lots__V1__HoldReason {
        switch self {
        case .personsWish: LOTS__V1__HOLD_REASON__HOLD_REASON_PERSONS_WISH
        case .personAway: LOTS__V1__HOLD_REASON__HOLD_REASON_PERSON_AWAY
        case .illness: LOTS__V1__HOLD_REASON__HOLD_REASON_ILLNESS
        case .investigation: LOTS__V1__HOLD_REASON__HOLD_REASON_INVESTIGATION
        case .trial: LOTS__V1__HOLD_REASON__HOLD_REASON_TRIAL
        }
    }
}

extension HandoverReason: WireEnumeration {
    static let numbering = WireNumbering<HandoverReason>(lots__v1__handover_reason__descriptor)

    var wire: Lots__V1__HandoverReason {
        switch self {
        case .age: LOTS__V1__HANDOVER_REASON__HANDOVER_REASON_AGE
        case .moved: LOTS__V1__HANDOVER_REASON__HANDOVER_REASON_MOVED
        case .language: LOTS__V1__HANDOVER_REASON__HANDOVER_REASON_LANGUAGE
        case .competence: LOTS__V1__HANDOVER_REASON__HANDOVER_REASON_COMPETENCE
        case .conflictOfInterest: LOTS__V1__HANDOVER_REASON__HANDOVER_REASON_CONFLICT_OF_INTEREST
        case .personsWish: LOTS__V1__HANDOVER_REASON__HANDOVER_REASON_PERSONS_WISH
        case .noCapacity: LOTS__V1__HANDOVER_REASON__HANDOVER_REASON_NO_CAPACITY
        }
    }
}

extension Reply: WireEnumeration {
    static let numbering = WireNumbering<Reply>(lots__v1__reply__descriptor)

    var wire: Lots__V1__Reply {
        switch self {
        case .yes: LOTS__V1__REPLY__REPLY_YES
        case .no: LOTS__V1__REPLY__REPLY_NO
        }
    }
}

extension SupportOutcome: WireEnumeration {
    static let numbering = WireNumbering<SupportOutcome>(lots__v1__support_outcome__descriptor)

    var wire: Lots__V1__SupportOutcome {
        switch self {
        case .supported: LOTS__V1__SUPPORT_OUTCOME__SUPPORT_OUTCOME_SUPPORTED
        case .informed: LOTS__V1__SUPPORT_OUTCOME__SUPPORT_OUTCOME_INFORMED
        case .linked: LOTS__V1__SUPPORT_OUTCOME__SUPPORT_OUTCOME_LINKED
        case .noFurtherNeed: LOTS__V1__SUPPORT_OUTCOME__SUPPORT_OUTCOME_NO_FURTHER_NEED
        case .moved: LOTS__V1__SUPPORT_OUTCOME__SUPPORT_OUTCOME_MOVED
        }
    }
}

extension RecallReason: WireEnumeration {
    static let numbering = WireNumbering<RecallReason>(lots__v1__recall_reason__descriptor)

    var wire: Lots__V1__RecallReason {
        switch self {
        case .duplicate: LOTS__V1__RECALL_REASON__RECALL_REASON_DUPLICATE
        case .sentTooEarly: LOTS__V1__RECALL_REASON__RECALL_REASON_SENT_TOO_EARLY
        case .otherHelp: LOTS__V1__RECALL_REASON__RECALL_REASON_OTHER_HELP
        case .eventDidNotHappen: LOTS__V1__RECALL_REASON__RECALL_REASON_EVENT_DID_NOT_HAPPEN
        }
    }
}

extension RecallRefusal: WireEnumeration {
    static let numbering = WireNumbering<RecallRefusal>(lots__v1__recall_refusal__descriptor)

    var wire: Lots__V1__RecallRefusal {
        switch self {
        case .personWantsSupport: LOTS__V1__RECALL_REFUSAL__RECALL_REFUSAL_PERSON_WANTS_SUPPORT
        case .supportUnderWay: LOTS__V1__RECALL_REFUSAL__RECALL_REFUSAL_SUPPORT_UNDER_WAY
        }
    }
}

extension LeaderView: WireEnumeration {
    static let numbering = WireNumbering<LeaderView>(lots__v1__leader_view__descriptor)

    var wire: Lots__V1__LeaderView {
        switch self {
        case .noObjection: LOTS__V1__LEADER_VIEW__LEADER_VIEW_NO_OBJECTION
        case .objects: LOTS__V1__LEADER_VIEW__LEADER_VIEW_OBJECTS
        }
    }
}

extension MediationResult: WireEnumeration {
    static let numbering = WireNumbering<MediationResult>(lots__v1__mediation_outcome__descriptor)

    var wire: Lots__V1__MediationOutcome {
        switch self {
        case .agreed: LOTS__V1__MEDIATION_OUTCOME__MEDIATION_OUTCOME_AGREED
        case .notAgreed: LOTS__V1__MEDIATION_OUTCOME__MEDIATION_OUTCOME_NOT_AGREED
        case .interrupted: LOTS__V1__MEDIATION_OUTCOME__MEDIATION_OUTCOME_INTERRUPTED
        }
    }
}

extension Interruption: WireEnumeration {
    static let numbering = WireNumbering<Interruption>(lots__v1__interruption__descriptor)

    var wire: Lots__V1__Interruption {
        switch self {
        case .partyDeclined: LOTS__V1__INTERRUPTION__INTERRUPTION_PARTY_DECLINED
        case .leaderObjects: LOTS__V1__INTERRUPTION__INTERRUPTION_LEADER_OBJECTS
        case .notEligible: LOTS__V1__INTERRUPTION__INTERRUPTION_NOT_ELIGIBLE
        case .partyNotReached: LOTS__V1__INTERRUPTION__INTERRUPTION_PARTY_NOT_REACHED
        case .unsuitable: LOTS__V1__INTERRUPTION__INTERRUPTION_UNSUITABLE
        }
    }
}

extension ReportAddressee: WireEnumeration {
    static let numbering = WireNumbering<ReportAddressee>(lots__v1__report_addressee__descriptor)

    var wire: Lots__V1__ReportAddressee {
        switch self {
        case .prosecutor: LOTS__V1__REPORT_ADDRESSEE__REPORT_ADDRESSEE_PROSECUTOR
        case .police: LOTS__V1__REPORT_ADDRESSEE__REPORT_ADDRESSEE_POLICE
        }
    }
}

extension CaseFilter: WireEnumeration {
    static let numbering = WireNumbering<CaseFilter>(lots__v1__case_filter__descriptor)

    var wire: Lots__V1__CaseFilter {
        switch self {
        case .overdue: LOTS__V1__CASE_FILTER__CASE_FILTER_OVERDUE
        case .handovers: LOTS__V1__CASE_FILTER__CASE_FILTER_HANDOVERS
        case .protected: LOTS__V1__CASE_FILTER__CASE_FILTER_PROTECTED
        }
    }
}

extension AlarmState: WireEnumeration {
    static let numbering = WireNumbering<AlarmState>(lots__v1__alarm_state__descriptor)

    var wire: Lots__V1__AlarmState {
        switch self {
        case .raised: LOTS__V1__ALARM_STATE__ALARM_STATE_RAISED
        case .updated: LOTS__V1__ALARM_STATE__ALARM_STATE_UPDATED
        case .cleared: LOTS__V1__ALARM_STATE__ALARM_STATE_CLEARED
        }
    }
}

extension SilenceKind: WireEnumeration {
    static let numbering = WireNumbering<SilenceKind>(lots__v1__silence_kind__descriptor)

    var wire: Lots__V1__SilenceKind {
        switch self {
        case .silence: LOTS__V1__SILENCE_KIND__SILENCE_KIND_SILENCE
        case .half: LOTS__V1__SILENCE_KIND__SILENCE_KIND_HALF
        }
    }
}

extension WithdrawalScope: WireEnumeration {
    static let numbering = WireNumbering<WithdrawalScope>(lots__v1__withdrawal_scope__descriptor)

    var wire: Lots__V1__WithdrawalScope {
        switch self {
        case .everything: LOTS__V1__WITHDRAWAL_SCOPE__WITHDRAWAL_SCOPE_EVERYTHING
        case .service(.support): LOTS__V1__WITHDRAWAL_SCOPE__WITHDRAWAL_SCOPE_SUPPORT
        case .service(.mediation): LOTS__V1__WITHDRAWAL_SCOPE__WITHDRAWAL_SCOPE_MEDIATION
        }
    }
}
