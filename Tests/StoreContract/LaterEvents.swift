import Referral

extension Sample {
    /// Every kind of event that can follow the acceptance of a case, in no order that a life would have.
    static func laterEvents(of id: AssignmentID, and mediation: AssignmentID, by holder: Participant) -> [ReferralEvent] {
        let (party, moment) = (PartyID("offender-1"), noon + .seconds(1))
        let offer = HandoverOffer(to: recipients[1], reason: .language, until: moment, stage: .contacting)
        let hold = Hold(reason: .trial, from: noon, until: day.adding(days: 3), stage: .inSupport)
        let findings: [MediationFinding] = [
            .reported(.yes), .suitable(.no), .investigation(.running), .exceptionalReasons(true), .admitted(party, .unknown),
            .age(party, 15),
        ]
        let steps: [MediationEvent] = [
            .partyAdded(MediationParty(id: PartyID("victim-2"), side: .victim, age: nil, admitted: .unknown)), .eligible,
            .leaderConsulted(.noObjection), .asked(party), .answered(party, agrees: true), .preMeeting(party, at: moment), .met(at: moment),
            .concluded(agreed: false), .interrupted(.partyDeclined), .reported(to: .prosecutor),
        ]
        let works: [WorkEvent] = [
            .attempted(Attempt(channel: .visit, at: moment, result: .someoneElse)), .contacted(ContactMade(channel: .letter, at: moment)),
            .met(Meeting(.declined, form: .video, at: moment)), .served(ServiceGiven(.counsel, minutes: 1, municipality: "0191")),
        ]
        let handovers: [HandoverEvent] = [
            .offered(offer), .refused(by: holder, reason: .outsideAge), .expired, .accepted(by: holder, disclosed: FieldGroup.allCases),
        ]
        let endings: [Ending] = [
            .completed(.noFurtherNeed), .reported(.interrupted(.leaderObjects)), .reported(.agreed), .unreachable, .declined, .withdrawn,
            .recalled, .enteredInError,
        ]
        var events: [ReferralEvent] = [.assigned(id, reason: .ownerUnavailable), .redriven(id), .held(id, hold), .resumed(id)]
        events += works.map { .worked(id, $0) } + handovers.map { .handover(id, $0) }
        events += (steps + findings.map { .found($0) }).map { .mediation(mediation, $0) }
        events += [.recall(id, .requested(.sentTooEarly)), .recall(id, .refused(.supportUnderWay))]
        events += Deadline.Kind.allCases.flatMap { [.warned(id, $0, due: moment), .overdue(id, $0, due: moment)] }
        events += endings.map { .ended(id, $0) }
        events += [
            .consentAnswered(Consent(status: .guardianYes, coversSupport: true, askedOn: day)), .consentWithdrawn(.everything),
            .consentWithdrawn(.service(.mediation)), .amended(ContentDigest(hexadecimal: String(repeating: "cd", count: 32))),
        ]
        events += ([nil] + ReadingReason.allCases).map {
            .read(id, ContentReading(by: holder, reason: $0, disclosed: [.person, .freeText]))
        }
        events += ReferralEnding.allCases.map { .closed($0) }
        events += ErasureReason.allCases.flatMap { [.erased(Erasure(.content, $0)), .erased(Erasure(.assignment(id), $0))] }
        return events
            + everyCommand(on: id).enumerated().map { number, command in
                .performed(CommandRecord(id: CommandID("c\(number)"), by: holder, command: command))
            }
    }

    /// Commands stand in the log, too.
    private static func everyCommand(on id: AssignmentID) -> [CaseCommand] {
        let party = PartyID("victim-1")
        let mediation: [MediationCommand] = [
            .addParty(.victim, age: nil, admitted: .unknown), .find(.age(party, 40)), .confirmEligible, .consultLeader(.objects),
            .ask(party),
            .recordAnswer(party, agrees: false), .recordPreMeeting(party, at: noon), .recordMediation(at: noon), .conclude(agreed: true),
            .interrupt(.partyNotReached), .report(to: .police),
        ]
        let commands: [AssignmentCommand] =
            [
                .recordAttempt(Attempt(channel: .call, at: noon, result: .notNow)), .recordContact(ContactMade(channel: .call, at: noon)),
                .recordMeeting(Meeting(.offered, form: .call, at: noon)),
                .recordService(ServiceGiven(.linking, minutes: 5, municipality: "0980")), .hold(.illness, until: day), .resume,
                .offerHandover(to: recipients[0], reason: .moved, personAgrees: true), .answerHandover(.accepted),
                .answerHandover(.refused(.language)), .complete(.linked), .closeUnreachable, .decline, .withdraw(.everything),
                .answerRecall(.granted), .answerRecall(.refused(.personWantsSupport)), .assign(to: recipients[0], reason: .reviewed),
                .reroute, .redrive, .read(.complaint),
            ] + mediation.map { .mediate($0) }
        let sender: [SenderCommand] = [
            .answerConsent(Consent(status: .yes, coversSupport: true), assignments: [id]),
            .amend(ContentDigest(hexadecimal: String(repeating: "01", count: 32))), .recall(.eventDidNotHappen),
            .withdraw(.service(.support)), .enterInError(.testData),
        ]
        return commands.map { .assignment(id, $0) } + sender.map { .referral($0) }
    }
}
