import CReferralMessages
import Protobuf
import Referral

extension CaseState: WireMessage {
    static let wireType = MessageType(lots__v1__case__init)

    init?(_ message: UnsafePointer<Lots__V1__Case>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let id: AssignmentID? = fields.requiredIdentifier(FieldReader.said(wire.assignment_id), "assignment_id")
        let service: Service? = fields.member(wire.service, "service")
        let version: Int? = fields.count(wire.version, "version")
        let phase: CasePhase? = fields.member(wire.phase, "phase")
        let since = fields.instant(wire.since, "since")
        let availableAt = fields.instant(wire.available_at, "available_at")
        let owner: OrganisationID? = fields.requiredIdentifier(FieldReader.said(wire.owner), "owner")
        let sender = fields.requiredParticipant(wire.sender, "sender")
        let deadlines = fields.elements("deadlines", wire.n_deadlines, wire.deadlines) { CaseDeadline($0, &$1) }
        let overdue: [Deadline.Kind?] = (0..<wire.n_overdue).map { index in
            wire.overdue.flatMap { fields.member($0[index], "overdue", index: index) }
        }
        let contactedAt = fields.optionalInstant(wire.contacted_at, "contacted_at")
        let meetingSettledAt = fields.optionalInstant(wire.meeting_settled_at, "meeting_settled_at")
        let hold = fields.within("hold", wire.hold) { CaseHold($0, &$1) }
        let handover = fields.within("handover", wire.handover) { CaseHandover($0, &$1) }
        let recall: RecallReason? = fields.optionalMember(wire.recall_requested, "recall_requested")
        let mediation = fields.within("mediation", wire.mediation) { CaseMediation($0, &$1) }
        let ending = phase.flatMap { Ending($0, wire.ending, &fields) }
        let stage: CasePhase? = fields.optionalMember(wire.stage, "stage")
        guard let id, let service, let version, let phase, let since, let availableAt, let owner, let sender, let deadlines else {
            return nil
        }
        self.init(
            id: id, service: service, version: version, phase: phase, since: since, availableAt: availableAt, owner: owner, sender: sender,
            reviewReason: FieldReader.plain(wire.review_reason).map { ReviewReason(rawValue: $0) }, deadlines: deadlines,
            overdue: overdue.compactMap(\.self), attempts: Int(wire.attempts), contactedAt: contactedAt,
            meetingSettledAt: meetingSettledAt, hold: hold, handover: handover, recallRequested: recall, mediation: mediation,
            ending: ending, stage: stage)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Case>, in arena: Arena) {
        message.pointee.assignment_id = arena.string(id.rawValue)
        message.pointee.service = service.wire
        message.pointee.version = UInt64(clamping: version)
        message.pointee.phase = phase.wire
        message.pointee.since = arena.make(since)
        message.pointee.available_at = arena.make(availableAt)
        message.pointee.owner = arena.string(owner.rawValue)
        message.pointee.sender = arena.string(sender.description)
        message.pointee.review_reason = arena.string(reviewReason?.rawValue)
        (message.pointee.n_deadlines, message.pointee.deadlines) = arena.array(CaseDeadline.wireType, of: deadlines) {
            $1.write(to: $0, in: arena)
        }
        (message.pointee.n_overdue, message.pointee.overdue) = arena.array(overdue.map(\.wire))
        message.pointee.attempts = UInt32(clamping: attempts)
        message.pointee.contacted_at = contactedAt.map(arena.make)
        message.pointee.meeting_settled_at = meetingSettledAt.map(arena.make)
        message.pointee.hold = hold.map(arena.filled)
        message.pointee.handover = handover.map(arena.filled)
        if let recallRequested { message.pointee.recall_requested = recallRequested.wire }
        message.pointee.mediation = mediation.map(arena.filled)
        message.pointee.ending = ending.map(arena.make)
        if let stage { message.pointee.stage = stage.wire }
    }
}

extension CaseDeadline: WireMessage {
    static let wireType = MessageType(lots__v1__case_deadline__init)

    init?(_ message: UnsafePointer<Lots__V1__CaseDeadline>, _ fields: inout FieldReader) {
        let kind: Deadline.Kind? = fields.member(message.pointee.kind, "kind")
        let due = fields.instant(message.pointee.due, "due")
        guard let kind, let due else { return nil }
        self.init(kind: kind, due: due)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__CaseDeadline>, in arena: Arena) {
        message.pointee.kind = kind.wire
        message.pointee.due = arena.make(due)
    }
}

extension CaseHold: WireMessage {
    static let wireType = MessageType(lots__v1__case_hold__init)

    init?(_ message: UnsafePointer<Lots__V1__CaseHold>, _ fields: inout FieldReader) {
        let reason: HoldReason? = fields.member(message.pointee.reason, "reason")
        let until = fields.requiredDate(message.pointee.until, "until")
        guard let reason, let until else { return nil }
        self.init(reason: reason, until: until)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__CaseHold>, in arena: Arena) {
        message.pointee.reason = reason.wire
        message.pointee.until = arena.string(until.description)
    }
}

extension CaseHandover: WireMessage {
    static let wireType = MessageType(lots__v1__case_handover__init)

    init?(_ message: UnsafePointer<Lots__V1__CaseHandover>, _ fields: inout FieldReader) {
        let to: OrganisationID? = fields.requiredIdentifier(FieldReader.said(message.pointee.to), "to")
        let reason: HandoverReason? = fields.member(message.pointee.reason, "reason")
        let until = fields.instant(message.pointee.until, "until")
        guard let to, let reason, let until else { return nil }
        self.init(to: to, reason: reason, until: until)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__CaseHandover>, in arena: Arena) {
        message.pointee.to = arena.string(to.rawValue)
        message.pointee.reason = reason.wire
        message.pointee.until = arena.make(until)
    }
}

extension Ending {
    fileprivate static let wireType = MessageType(lots__v1__case_ending__init)

    /// Nil for a phase that is not an end, and when something has a fault.
    fileprivate init?(_ phase: CasePhase, _ ending: UnsafeMutablePointer<Lots__V1__CaseEnding>?, _ fields: inout FieldReader) {
        switch phase {
        case .completed:
            let outcome = fields.required("ending", ending) { wire, fields -> SupportOutcome? in
                fields.member(wire.pointee.outcome, "outcome")
            }
            guard let outcome else { return nil }
            self = .completed(outcome)
        case .reported:
            let outcome = fields.required("ending", ending) { wire, fields in
                MediationOutcome(wire.pointee.mediation, wire.pointee.interruption, &fields)
            }
            guard let outcome else { return nil }
            self = .reported(outcome)
        case .unreachable: self = .unreachable
        case .declined: self = .declined
        case .withdrawn: self = .withdrawn
        case .recalled: self = .recalled
        case .enteredInError: self = .enteredInError
        case .review, .offered, .leased, .received, .accepted, .contacting, .contacted, .inSupport, .eligible, .leaderConsulted,
            .askingParties, .preMeetings, .meeting, .agreed, .notAgreed, .interrupted, .onHold, .handoverOffered:
            return nil
        }
    }
}

extension MediationOutcome {
    fileprivate init?(_ wire: Lots__V1__MediationOutcome, _ why: Lots__V1__Interruption, _ fields: inout FieldReader) {
        guard let result: MediationResult = fields.member(wire, "mediation") else { return nil }
        switch result {
        case .agreed: self = .agreed
        case .notAgreed: self = .notAgreed
        case .interrupted:
            guard let interruption: Interruption = fields.member(why, "interruption") else { return nil }
            self = .interrupted(interruption)
        }
    }
}

extension CaseMediation: WireMessage {
    static let wireType = MessageType(lots__v1__case_mediation__init)

    init?(_ message: UnsafePointer<Lots__V1__CaseMediation>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let parties = fields.elements("parties", wire.n_parties, wire.parties) { MediationParty($0, &$1) }
        let reported: Answer? = fields.member(wire.reported, "reported")
        let investigation: Investigation? = fields.member(wire.investigation, "investigation")
        let leader: LeaderView? = fields.optionalMember(wire.leader, "leader")
        let suitable: Answer? = fields.member(wire.suitable, "suitable")
        let metAt = fields.optionalInstant(wire.met_at, "met_at")
        let interruption: Interruption? = fields.optionalMember(wire.interruption, "interruption")
        guard let parties, let reported, let investigation, let suitable else { return nil }
        self.init(
            parties: parties, reported: reported, investigation: investigation, leader: leader, suitable: suitable,
            hasExceptionalReasons: wire.exceptional_reasons != 0, metAt: metAt, interruption: interruption,
            missing: (0..<wire.n_missing).compactMap { FieldReader.plain(wire.missing?[$0]) })
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__CaseMediation>, in arena: Arena) {
        (message.pointee.n_parties, message.pointee.parties) = arena.array(MediationParty.wireType, of: parties) {
            $1.write(to: $0, in: arena)
        }
        message.pointee.reported = reported.wire
        message.pointee.investigation = investigation.wire
        if let leader { message.pointee.leader = leader.wire }
        message.pointee.suitable = suitable.wire
        message.pointee.exceptional_reasons = hasExceptionalReasons ? 1 : 0
        message.pointee.met_at = metAt.map(arena.make)
        if let interruption { message.pointee.interruption = interruption.wire }
        (message.pointee.n_missing, message.pointee.missing) = arena.strings(missing)
    }
}

extension MediationParty: WireMessage {
    static let wireType = MessageType(lots__v1__case_party__init)

    init?(_ message: UnsafePointer<Lots__V1__CaseParty>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let id: PartyID? = fields.requiredIdentifier(FieldReader.said(wire.party_id), "party_id")
        let side: Side? = fields.member(wire.side, "side")
        let age = fields.age(given(wire.has_age_case, wire.age))
        let admitted: Referral.Answer? = fields.member(wire.admitted, "admitted")
        let answer: Answer? = fields.member(wire.answer, "answer")
        let preMeetingAt = fields.optionalInstant(wire.pre_meeting_at, "pre_meeting_at")
        guard let id, let side, let admitted, let answer else { return nil }
        self.init(id: id, side: side, age: age, admitted: admitted, answer: answer, preMeetingAt: preMeetingAt)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__CaseParty>, in arena: Arena) {
        message.pointee.party_id = arena.string(id.rawValue)
        message.pointee.side = side.wire
        if let age {
            message.pointee.has_age_case = LOTS__V1__CASE_PARTY__HAS_AGE_AGE
            message.pointee.age = UInt32(clamping: age)
        }
        message.pointee.admitted = admitted.wire
        message.pointee.answer = answer.wire
        message.pointee.pre_meeting_at = preMeetingAt.map(arena.make)
    }
}

// MARK: Lists and files

extension ListCasesRequest: WireMessage {
    static let wireType = MessageType(lots__v1__list_cases_request__init)
    private static let standardLimit = 100

    init?(_ message: UnsafePointer<Lots__V1__ListCasesRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let filter: CaseFilter? = fields.optionalMember(wire.filter, "filter")
        if wire.limit > Self.mostCases { fields.faults.note("limit", "must be 0 to \(Self.mostCases)") }
        let token = fields.text(FieldReader.said(wire.page_token), "page_token", rule: "must be a next_page_token") {
            TextForm.isVisibleASCII($0, limit: 128)
        }
        self.init(filter: filter, limit: wire.limit == 0 ? Self.standardLimit : Int(wire.limit), pageToken: token)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ListCasesRequest>, in arena: Arena) {
        if let filter { message.pointee.filter = filter.wire }
        message.pointee.limit = UInt32(clamping: limit)
        message.pointee.page_token = arena.string(pageToken)
    }
}

extension ListCasesResponse: WireMessage {
    static let wireType = MessageType(lots__v1__list_cases_response__init)

    init?(_ message: UnsafePointer<Lots__V1__ListCasesResponse>, _ fields: inout FieldReader) {
        let wire = message.pointee
        guard let cases = fields.elements("cases", wire.n_cases, wire.cases, { CaseState($0, &$1) }) else { return nil }
        self.init(cases: cases, nextPageToken: FieldReader.plain(wire.next_page_token))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ListCasesResponse>, in arena: Arena) {
        (message.pointee.n_cases, message.pointee.cases) = arena.array(CaseState.wireType, of: cases) { $1.write(to: $0, in: arena) }
        message.pointee.next_page_token = arena.string(nextPageToken)
    }
}

extension GetCaseRequest: WireMessage {
    static let wireType = MessageType(lots__v1__get_case_request__init)

    init?(_ message: UnsafePointer<Lots__V1__GetCaseRequest>, _ fields: inout FieldReader) {
        guard let id: AssignmentID = fields.requiredIdentifier(FieldReader.said(message.pointee.assignment_id), "assignment_id") else {
            return nil
        }
        self.init(assignmentID: id)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__GetCaseRequest>, in arena: Arena) {
        message.pointee.assignment_id = arena.string(assignmentID.rawValue)
    }
}

extension CaseFile: WireMessage {
    static let wireType = MessageType(lots__v1__case_file__init)

    init?(_ message: UnsafePointer<Lots__V1__CaseFile>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let state = fields.required("state", wire.state) { CaseState($0, &$1) }
        let content = fields.within("referral", wire.referral) { ReferralContent($0, &$1) }
        let decision = fields.within("decision", wire.decision) { RoutingDecision($0, &$1) }
        guard let state else { return nil }
        self.init(state: state, content: content, decision: decision)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__CaseFile>, in arena: Arena) {
        message.pointee.state = arena.filled(state)
        if let content {
            message.pointee.referral = arena.make(ReferralContent.wireType)
            content.write(to: message.pointee.referral, in: arena)
        }
        message.pointee.decision = decision.map(arena.filled)
    }
}

extension Arena {
    /// A filled message.
    func filled<Value: WireMessage>(_ value: Value) -> UnsafeMutablePointer<Value.Wire> {
        let message = make(Value.wireType)
        value.write(to: message, in: self)
        return message
    }

    fileprivate func make(_ ending: Ending) -> UnsafeMutablePointer<Lots__V1__CaseEnding> {
        let message = make(Ending.wireType)
        switch ending {
        case .completed(let outcome): message.pointee.outcome = outcome.wire
        case .reported(let outcome):
            message.pointee.mediation = MediationResult(outcome).wire
            if case .interrupted(let reason) = outcome { message.pointee.interruption = reason.wire }
        case .unreachable, .declined, .withdrawn, .recalled, .enteredInError: break
        }
        return message
    }
}
