public import Referral

extension ReferralRecord {
    /// What is counted of a referral.
    /// - Parameter log: all entries of one referral up to some place, oldest first. Nil when the first event is not a submission.
    public init?(log: some Sequence<LogEntry>) {
        var fold: RecordFold?
        for entry in log {
            for event in entry.events {
                if case .submitted(let submitted) = event {
                    guard fold == nil else { return nil }
                    fold = RecordFold(submitted, at: entry.at)
                } else {
                    guard fold != nil else { return nil }
                    fold?.apply(event, at: entry.at)
                }
            }
        }
        guard let fold else { return nil }
        self = fold.record
    }
}

private struct RecordFold {
    private let sender: Participant
    private let received: CivilDate
    private let isProtected: Bool
    private var isInError = false
    private var counted: CountedReferral
    /// By position in `counted.cases`.
    private var cases: [AssignmentID: Int] = [:]
    private var services: [AssignmentID: Service] = [:]
    /// Attempts of the present stint, and the reason of a handover that stands.
    private var attempts: [AssignmentID: [Attempt]] = [:]
    private var handoverReasons: [AssignmentID: HandoverReason] = [:]

    init(_ submitted: ReferralEvent.Submitted, at moment: Instant) {
        let facts = submitted.facts
        sender = submitted.sender
        received = CivilDate(inStockholmAt: moment)
        isProtected = facts.protectedIdentity.isProtected
        counted = CountedReferral(
            sex: facts.sex, ages: AgeGroup(facts.age?.years), municipality: facts.area?.area.municipality, role: facts.role,
            category: facts.category, consent: facts.consent.status, lastOwnDay: received)
    }

    var record: ReferralRecord {
        ReferralRecord(sender: sender, received: received, isInError: isInError, counted: isProtected ? nil : counted)
    }

    mutating func apply(_ event: ReferralEvent, at moment: Instant) {
        switch event {
        case .refused: stand(.refused, moment)
        case .awaitingConsent: stand(.awaitingConsent, moment)
        case .consentAnswered(let consent):
            counted.laterConsent = consent.status
            stand(.routed, moment)
        case .closed(let ending): close(ending, moment)
        case .routed(let id, let decision): services[id] = decision.service
        case .offered(let id, let owner):
            end(id, .rerouted, at: moment)
            open(id, at: moment) { $0.stints.append(StintRecord(owner: owner, available: moment)) }
        case .review(let id, _, let owner):
            end(id, .rerouted, at: moment)
            open(id, at: moment) { $0.reviews.append(ReviewRecord(owner: owner, from: moment)) }
        case .returned(let id, _, let reason): end(id, .returned(reason), at: moment)
        case .assigned(let id, let reason): end(id, .reassigned(reason), at: moment)
        case .overdue(let id, .untakenReview, _): end(id, .untaken, at: moment)
        case .overdue(let id, .review, _): changeReview(id) { $0.isOverdue = true }
        case .accepted(let id, _): change(id) { $0.accepted = $0.accepted ?? moment }
        case .worked(let id, let work): apply(work, to: id, at: moment)
        case .held(let id, let hold): change(id) { $0.heldSince = hold.from }
        case .resumed(let id):
            change(id) { stint in
                if let since = stint.heldSince { stint.paused += moment.milliseconds - since.milliseconds }
                stint.heldSince = nil
            }
        case .handover(let id, let handover): apply(handover, to: id, at: moment)
        case .mediation(let id, let mediation): apply(mediation, to: id, at: moment)
        case .ended(let id, let ending): finish(id, ending, at: moment)
        // Everything else is no figure: hand-outs and leases, warnings, digests, erasures, records of commands.
        default: break
        }
    }

    // MARK: The referral as a whole

    private mutating func stand(_ standing: CountedReferral.Standing, _ moment: Instant) {
        counted.standing = standing
        counted.lastOwnDay = CivilDate(inStockholmAt: moment)
    }

    private mutating func close(_ ending: ReferralEnding, _ moment: Instant) {
        switch ending {
        case .consentExpired: stand(.expired, moment)
        case .consentWithdrawn: stand(.withdrawn, moment)
        case .recalled: stand(.recalled, moment)
        case .enteredInError:
            isInError = true
            counted.lastOwnDay = CivilDate(inStockholmAt: moment)
            if counted.standing == .awaitingConsent { counted.standing = .recalled }
        }
    }

    // MARK: Cases and who has them

    private mutating func open(_ id: AssignmentID, at moment: Instant, _ body: (inout CaseRecord) -> Void) {
        if cases[id] == nil {
            guard let service = services[id] else { return }
            cases[id] = counted.cases.count
            counted.cases.append(CaseRecord(service: service, opened: CivilDate(inStockholmAt: moment)))
        }
        attempts[id] = []
        if let index = cases[id] { body(&counted.cases[index]) }
    }

    /// Ends whatever is going on, unless it has ended.
    private mutating func end(_ id: AssignmentID, _ end: StintEnd, at moment: Instant) {
        change(id) { stint in
            stint.end = end
            stint.ended = moment
        }
        changeReview(id) { $0.until = moment }
    }

    private mutating func finish(_ id: AssignmentID, _ ending: Ending, at moment: Instant) {
        let end: StintEnd =
            switch ending {
            case .completed(let outcome): .completed(outcome)
            case .reported(.agreed): .agreed
            case .reported(.notAgreed): .notAgreed
            case .reported(.interrupted(let reason)): .interrupted(reason)
            case .unreachable: .unreachable
            case .declined: .declined
            case .withdrawn: .withdrawn
            case .recalled: .recalled
            case .enteredInError: .enteredInError
            }
        self.end(id, end, at: moment)
        guard let index = cases[id] else { return }
        counted.cases[index].end = end
        counted.cases[index].ended = CivilDate(inStockholmAt: moment)
    }

    /// The stint that goes on, if one does.
    private mutating func change(_ id: AssignmentID, _ body: (inout StintRecord) -> Void) {
        guard let index = cases[id], let last = counted.cases[index].stints.indices.last,
            counted.cases[index].stints[last].ended == nil
        else { return }
        body(&counted.cases[index].stints[last])
    }

    private mutating func changeReview(_ id: AssignmentID, _ body: (inout ReviewRecord) -> Void) {
        guard let index = cases[id], let last = counted.cases[index].reviews.indices.last,
            counted.cases[index].reviews[last].until == nil
        else { return }
        body(&counted.cases[index].reviews[last])
    }

    // MARK: What was done

    private mutating func apply(_ work: WorkEvent, to id: AssignmentID, at moment: Instant) {
        switch work {
        case .attempted(let attempt): attempts[id, default: []].append(attempt)
        case .contacted(let contact):
            change(id) { stint in
                if stint.contacted == nil {
                    stint.contacted = contact.at
                    stint.pausedBeforeContact = stint.paused
                }
            }
        case .met(let meeting):
            guard meeting.result == .held || meeting.result == .declined else { break }
            change(id) { stint in
                if stint.meetingSettled == nil {
                    stint.meetingSettled = meeting.at
                    stint.pausedBeforeMeeting = stint.paused
                }
            }
        case .served(let service):
            let day = CivilDate(inStockholmAt: moment)
            change(id) {
                $0.help.append(
                    HelpGiven(day: day, kind: service.kind, minutes: service.minutes, municipality: service.municipality))
            }
        }
        let all = attempts[id] ?? []
        change(id) { stint in
            let vain = all.filter { attempt in stint.contacted.map { attempt.at <= $0 } ?? true }
            stint.attempts = vain.count
            stint.eveningAttempts = vain.count { LocalHours.evening.contains($0.at) }
        }
    }

    private mutating func apply(_ handover: HandoverEvent, to id: AssignmentID, at moment: Instant) {
        switch handover {
        case .offered(let offer): handoverReasons[id] = offer.reason
        case .refused: change(id) { $0.handovers.append(.refused) }
        case .expired: change(id) { $0.handovers.append(.expired) }
        case .accepted(let participant, _):
            let reason = handoverReasons[id] ?? .personsWish
            change(id) { $0.handovers.append(.accepted) }
            end(id, .handedOver(to: participant.organisation, reason), at: moment)
            open(id, at: moment) {
                $0.stints.append(StintRecord(owner: participant.organisation, available: moment, accepted: moment))
            }
        }
    }

    private mutating func apply(_ mediation: MediationEvent, to id: AssignmentID, at moment: Instant) {
        let day = CivilDate(inStockholmAt: moment)
        switch mediation {
        case .answered: change(id) { $0.answered = $0.answered ?? day }
        case .preMeeting(_, let at): change(id) { $0.preMeetings.append(CivilDate(inStockholmAt: at)) }
        case .met(let at): change(id) { $0.mediated = $0.mediated ?? CivilDate(inStockholmAt: at) }
        case .concluded(let agreed): change(id) { $0.agreed = agreed }
        default: break
        }
    }
}
