import CReferralMessages
import Logging
import NIOCore
import NIOPosix
import Protobuf
import Referral
import SeededRandom
import TTRPC
import Testing

@testable import ReferralAPI

private let moment = Instant(milliseconds: 1_773_570_000_123)
private let assignment = AssignmentID("a-1")
private let party = PartyID("offender-1")

/// Every field filled that this way of having ended allows.
func sampleCase(_ ending: Ending? = nil) -> CaseState {
    let phase = ending.map { CasePhase($0) } ?? .handoverOffered
    return CaseState(
        id: assignment, service: .mediation, version: 17, phase: phase, since: moment, availableAt: Instant(milliseconds: -1),
        owner: OrganisationID("stodcentrum-soderort"), sender: Participant(organisation: OrganisationID("polisen"), unit: UnitID("v/1")),
        reviewReason: .noRecipientForArea, deadlines: Deadline.Kind.allCases.map { CaseDeadline(kind: $0, due: moment) },
        overdue: [.contact, .meeting], attempts: 3, contactedAt: moment, meetingSettledAt: moment,
        hold: CaseHold(reason: .trial, until: today),
        handover: CaseHandover(to: OrganisationID("boj"), reason: .age, until: moment), recallRequested: .otherHelp,
        mediation: CaseMediation(
            parties: [
                MediationParty(id: party, side: .offender, age: 0, admitted: .yes, answer: .asked, preMeetingAt: moment),
                MediationParty(id: PartyID("victim-1"), side: .victim, age: nil, admitted: .unknown),
            ], reported: .yes, investigation: .running, leader: .objects, suitable: .unknown, hasExceptionalReasons: true, metAt: moment,
            interruption: .unsuitable, missing: ["no offender is known", "å"]),
        ending: ending, stage: .askingParties)
}

/// Every command that an organisation gives, with every value of every list at least once.
let everyCommand: [AssignmentCommand] = {
    let attempts = ContactChannel.allCases.flatMap { channel in
        Attempt.Result.allCases.map { AssignmentCommand.recordAttempt(Attempt(channel: channel, at: moment, result: $0)) }
    }
    let meetings = Meeting.Result.allCases.flatMap { result in
        Meeting.Form.allCases.map { AssignmentCommand.recordMeeting(Meeting(result, form: $0, at: moment)) }
    }
    let findings: [MediationFinding] =
        Answer.allCases.flatMap { [.reported($0), .suitable($0), .admitted(party, $0)] }
        + Investigation.allCases.map { .investigation($0) } + [.exceptionalReasons(true), .exceptionalReasons(false), .age(party, 0)]
    var steps: [MediationCommand] = [
        .addParty(.offender, age: 0, admitted: .yes), .addParty(.victim, age: nil, admitted: .unknown), .confirmEligible, .ask(party),
        .recordAnswer(party, agrees: true), .recordAnswer(party, agrees: false), .recordPreMeeting(party, at: moment),
        .recordMediation(at: moment), .conclude(agreed: true), .conclude(agreed: false),
    ]
    steps += findings.map { .find($0) } + LeaderView.allCases.map { .consultLeader($0) }
    steps += Interruption.allCases.map { .interrupt($0) } + ReportAddressee.allCases.map { .report(to: $0) }
    var commands = attempts + meetings + steps.map { .mediate($0) }
    commands += ContactChannel.allCases.map { .recordContact(ContactMade(channel: $0, at: moment)) }
    commands += ServiceGiven.Kind.allCases.map { .recordService(ServiceGiven($0, minutes: 1_440, municipality: "0180")) }
    commands += HoldReason.allCases.map { .hold($0, until: today) } + SupportOutcome.allCases.map { .complete($0) }
    commands += HandoverReason.allCases.map { .offerHandover(to: OrganisationID("boj"), reason: $0, personAgrees: $0 == .age) }
    commands += ReturnReason.allCases.map { .answerHandover(.refused($0)) } + [.answerHandover(.accepted)]
    commands += RecallRefusal.allCases.map { .answerRecall(.refused($0)) } + [.answerRecall(.granted)]
    commands += WithdrawalScope.allCases.map { .withdraw($0) } + [.resume, .closeUnreachable, .decline]
    return commands
}()

@Suite struct CaseMessageTests {
    private static let endings: [Ending] =
        SupportOutcome.allCases.map { .completed($0) } + Interruption.allCases.map { .reported(.interrupted($0)) }
        + [.reported(.agreed), .reported(.notAgreed), .unreachable, .declined, .withdrawn, .recalled, .enteredInError]

    @Test func casesArriveAsTheyWereSent() throws {
        for ending in Self.endings { try check(sampleCase(ending)) }
        for phase in CasePhase.allCases where !Self.endings.map({ CasePhase($0) }).contains(phase) {
            var state = sampleCase()
            (state.phase, state.stage) = (phase, phase)
            try check(state)
        }
        try check(
            CaseState(
                id: assignment, service: .support, version: 1, phase: .offered, since: moment, availableAt: moment,
                owner: OrganisationID("boj"), sender: Participant(organisation: OrganisationID("p"), unit: UnitID("u"))))
        try check(CaseFile(state: sampleCase()))
        try check(CaseFile(state: sampleCase(), content: fullContent, decision: sampleDecision(.review(.noRule))))
        try check(ListCasesResponse(cases: [sampleCase(), sampleCase(.declined)], nextPageToken: "1_a"))
        try check(ListCasesResponse(cases: []))
        for filter in CaseFilter.allCases { try check(ListCasesRequest(filter: filter, limit: 500, pageToken: "1_a")) }
        try check(ListCasesRequest())
        #expect(try ListCasesRequest(unpacking: ByteBuffer(), .shown) == ListCasesRequest(limit: 100))
        try check(GetCaseRequest(assignmentID: assignment))
    }

    @Test func whatIsWatchedArrivesAsItWasSent() throws {
        try check(WatchRequest(after: .max, afterAlarm: 3))
        try check(WatchResponse.caughtUp(CaughtUp(after: 1, afterAlarm: .max)))
        for state in [sampleCase(), nil] {
            try check(
                WatchResponse.change(
                    CaseChange(sequence: 5, at: moment, assignmentID: assignment, what: ["offered", "overdue contact"], state: state)))
        }
        let sender = Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("vasterort"))
        for (state, kind) in [(AlarmState.raised, SilenceKind.silence), (.updated, .half), (.cleared, .silence)] {
            for recipient in [OrganisationID("boj"), nil] {
                try check(
                    WatchResponse.alarm(
                        SilenceAlarm(
                            revision: 9, id: "polisen-stockholm/vasterort 2017-09-01", state: state, sender: sender, recipient: recipient,
                            kind: kind, since: day("2017-09-01"), through: day("2017-09-08"), expected: 20.25, seen: 0, at: moment,
                            text: "Tyst sedan 1 september")))
            }
        }
    }

    @Test func everyCommandArrivesAsItWasSent() throws {
        for command in everyCommand {
            let method = try #require(CaseMethod.ofRecipient(command))
            for version in [nil, 1, Int.max] {
                let read = try method.read(method.pack(CommandID("c~!"), assignment, version, command))
                // A withdrawal is taken whatever the version is.
                let expected = if case .withdraw = command { Int?.none } else { version }
                #expect(read == CaseRequest(id: CommandID("c~!"), expecting: expected, .assignment(assignment, command)))
            }
        }
        #expect(Set(everyCommand.compactMap { CaseMethod.ofRecipient($0)?.name }) == Set(CaseMethod.ofRecipients.map(\.name)))
        for command: AssignmentCommand in [.assign(to: OrganisationID("boj"), reason: .reviewed), .reroute, .redrive] {
            #expect(CaseMethod.ofRecipient(command) == nil)
        }
    }

    /// What JSON says of a command is enough to give it.
    @Test func everyCommandCanBeWrittenInJSON() throws {
        for command in everyCommand {
            let method = try #require(CaseMethod.ofRecipient(command))
            let type = try #require(MessageCatalogue.contract[method.name]?.request)
            let packed = try method.pack(CommandID("c-1"), assignment, 3, command)
            let json = try type.json(fromPacked: Array(packed.readableBytesView))
            #expect(json["assignmentId"]?.string == "a-1")
            #expect(try method.read(ByteBuffer(bytes: type.packed(fromJSON: json))) == method.read(packed))
        }
        let file = CaseFile(state: sampleCase(), content: fullContent, decision: sampleDecision(.review(.noRule)))
        let type = try #require(MessageCatalogue.contract[.getCase]?.response)
        let json = try type.json(fromPacked: Array(file.packed().readableBytesView))
        #expect(json["state"]?["handover"]?["reason"]?.string == "HANDOVER_REASON_AGE")
        #expect(try CaseFile(unpacking: ByteBuffer(bytes: type.packed(fromJSON: json)), .shown) == file)
    }

    @Test func requestsSayEverythingThatIsWrongWithThem() throws {
        let ids = ["command_id: is required", "assignment_id: is required"]
        func expect(_ method: CaseMethod, _ faults: [String]) { #expect(self.faults(method) == ids + faults, "\(method.name)") }
        let channels = "channel: must be one of \(ContactChannel.numbering.names)"
        expect(.recordAttempt, [channels, "result: must be one of \(Attempt.Result.numbering.names)", "at: is required"])
        expect(.recordContact, [channels, "at: is required"])
        expect(
            .recordMeeting,
            [
                "result: must be one of \(Meeting.Result.numbering.names)", "form: must be one of \(Meeting.Form.numbering.names)",
                "at: is required",
            ])
        expect(
            .recordService,
            [
                "given: must be one of \(ServiceGiven.Kind.numbering.names)", "minutes: must be 1 to 1440",
                "municipality: must be the four digits of a municipality",
            ])
        expect(.hold, ["reason: must be one of \(HoldReason.numbering.names)", "until: is required"])
        expect(.resume, [])
        expect(.offerHandover, ["to: is required", "reason: must be one of \(HandoverReason.numbering.names)"])
        expect(.answerHandover, ["reply: must be one of REPLY_YES, REPLY_NO"])
        expect(.complete, ["outcome: must be one of \(SupportOutcome.numbering.names)"])
        expect(.closeUnreachable, [])
        expect(.decline, [])
        expect(.withdraw, ["scope: must be one of \(WithdrawalScope.numbering.names)"])
        expect(.answerRecall, ["reply: must be one of REPLY_YES, REPLY_NO"])
        expect(.mediate, ["must have one step, such as ask or conclude"])
    }

    @Test func valuesThatNoCommandCanHaveAreFaults() throws {
        func refused(_ method: CaseMethod, _ json: String, _ faults: [String]) throws {
            let type = try #require(MessageCatalogue.contract[method.name]?.request)
            let text = #"{"commandId": "c", "assignmentId": "a", \#(json)}"#
            let message = try ByteBuffer(bytes: type.packed(fromJSON: JSONValue(parsing: text)))
            #expect(self.faults(method, message) == faults, "\(json)")
        }
        let reasons = ReturnReason.numbering.names
        try refused(
            .answerHandover, #""reply": "REPLY_YES", "reason": "RETURN_REASON_OTHER""#, ["reason: must be left out when reply is REPLY_YES"]
        )
        try refused(.answerHandover, #""reply": "REPLY_NO""#, ["reason: must be one of \(reasons)"])
        try refused(
            .answerHandover, #""reply": 3, "reason": 99"#,
            [
                "reply: must be one of REPLY_YES, REPLY_NO", "reason: must be left out or one of \(reasons)",
            ])
        try refused(.answerRecall, #""reply": "REPLY_NO""#, ["reason: must be one of \(RecallRefusal.numbering.names)"])
        try refused(.resume, #""expectedVersion": "9223372036854775808""#, ["expected_version: must not be more than \(Int.max)"])
        try refused(.hold, #""reason": "HOLD_REASON_TRIAL", "until": "2026-02-30""#, ["until: must be a day that exists, YYYY-MM-DD"])
        try refused(
            .recordService, #""given": "GIVEN_SERVICE_LINKING", "minutes": 1441, "municipality": "180 ""#,
            ["minutes: must be 1 to 1440", "municipality: must be the four digits of a municipality"])
        try refused(.offerHandover, #""to": "b oj", "reason": 1"#, ["to: must be 1 to 64 visible ASCII characters"])
        try refused(.mediate, #""addParty": {"side": 1, "age": 131}"#, ["add_party.age: must not be more than 130"])
        try refused(.mediate, #""addParty": {}"#, ["add_party.side: must be one of \(MediationParty.Side.numbering.names)"])
        try refused(.mediate, #""ask": """#, ["ask: is required"])
        try refused(.mediate, #""find": {}"#, ["find: must have one finding, such as reported or age"])
        try refused(
            .mediate, #""find": {"age": {"age": 200}}"#,
            [
                "find.age.party_id: is required", "find.age.age: must not be more than 130",
            ])
        try refused(
            .mediate, #""find": {"admitted": {}}"#,
            ["find.admitted.party_id: is required", "find.admitted.admitted: must be one of \(Answer.numbering.names)"])
        try refused(
            .mediate, #""recordAnswer": {}"#,
            ["record_answer.party_id: is required", "record_answer.reply: must be one of REPLY_YES, REPLY_NO"])
        try refused(
            .mediate, #""recordPreMeeting": {}"#, ["record_pre_meeting.party_id: is required", "record_pre_meeting.at: is required"])
        try refused(.mediate, #""conclude": 7"#, ["conclude: must be one of \(MediationConclusion.numbering.names)"])
        #expect(
            faults { try ListCasesRequest(unpacking: ByteBuffer(bytes: [0x08, 9, 0x10, 0xF5, 0x03, 0x1A, 1, 0x20]), .shown) } == [
                "filter: must be left out or one of \(CaseFilter.numbering.names)", "limit: must be 0 to 500",
                "page_token: must be a next_page_token",
            ])
        #expect(
            faults { try WatchRequest(unpacking: ByteBuffer(bytes: [0x08] + [UInt8](repeating: 0xFF, count: 9) + [1]), .shown) }
                == ["after: must not be more than \(Int64.max)"])
    }

    @Test func aClientRefusesCasesWithoutMeaning() throws {
        #expect(
            faults { try CaseState(unpacking: ByteBuffer(), .shown) } == [
                "assignment_id: is required", "service: must be one of SERVICE_SUPPORT, SERVICE_MEDIATION",
                "phase: must be one of \(CasePhase.numbering.names)", "since: is required", "available_at: is required",
                "owner: is required", "sender: must be organisation/unit",
            ])
        func changed(_ state: CaseState, _ change: (inout Lots__V1__Case) -> Void) throws -> [String] {
            let message = try pack(CaseState.wireType) { message, arena in
                state.write(to: message, in: arena)
                change(&message.pointee)
            }
            return faults { try CaseState(unpacking: message, .shown) }
        }
        #expect(try changed(sampleCase(.completed(.moved))) { $0.ending = nil } == ["ending: is required"])
        #expect(
            try changed(sampleCase(.reported(.interrupted(.unsuitable)))) {
                $0.ending.pointee.interruption = LOTS__V1__INTERRUPTION__INTERRUPTION_UNSPECIFIED
            } == ["ending.interruption: must be one of \(Interruption.numbering.names)"])
        #expect(
            try changed(sampleCase()) { $0.overdue[1] = Lots__V1__DeadlineKind(rawValue: 77) }
                == ["overdue[1]: must be one of \(Deadline.Kind.numbering.names)"])
        #expect(try changed(sampleCase()) { $0.version = .max } == ["version: must not be more than \(Int.max)"])
        #expect(faults { try WatchResponse(unpacking: ByteBuffer(), .shown) } == ["must have a change, an alarm, a notice or a caught_up"])
        #expect(faults { try CaseFile(unpacking: ByteBuffer(), .shown) } == ["state: is required"])
    }

    @Test func damagedMessagesAreFaultsAndNoTrap() throws {
        var random = SplitMix64(seed: 5)
        func damage(_ message: ByteBuffer, _ read: (ByteBuffer) throws -> Void) {
            let bytes = Array(message.readableBytesView)
            for length in 0..<bytes.count { try? read(ByteBuffer(bytes: bytes.prefix(length))) }
            for _ in 0..<200 {
                var changed = bytes
                changed[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
                try? read(ByteBuffer(bytes: changed))
            }
        }
        for command in everyCommand {
            let method = try #require(CaseMethod.ofRecipient(command))
            damage(try method.pack(CommandID("c"), assignment, 1, command)) { _ = try method.read($0) }
        }
        damage(try sampleCase(.reported(.agreed)).packed()) { _ = try CaseState(unpacking: $0, .shown) }
        damage(try ListCasesRequest(filter: .overdue, limit: 9, pageToken: "1_a").packed()) {
            _ = try ListCasesRequest(unpacking: $0, .shown)
        }
        damage(
            try WatchResponse.change(CaseChange(sequence: 1, at: moment, assignmentID: assignment, what: ["x"], state: sampleCase()))
                .packed()
        ) { _ = try WatchResponse(unpacking: $0, .shown) }
    }

    @Test func theClientCallsTheMethodOfEachCommand() async throws {
        var router = Router()
        router.register(FakeAssignments())
        let transport = InProcessTransport(
            router: router, peer: Peer(identity: "me"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        let client = AssignmentClient(transport.client)
        defer { transport.client.close() }
        for command in everyCommand where command != .closeUnreachable {
            let state = try await client.perform(command, on: assignment, id: CommandID("c"), expecting: 3)
            #expect(state.owner.rawValue == CaseCommand.assignment(assignment, command).name.replacing(" ", with: "-"))
        }
        let conflict = await #expect(throws: CallFailure.self) {
            try await client.perform(.closeUnreachable, on: assignment, id: CommandID("c"))
        }
        #expect(conflict?.status.code == .aborted)
        let foreign = await #expect(throws: CallFailure.self) { try await client.perform(.redrive, on: assignment, id: CommandID("c")) }
        #expect(foreign?.status.code == .permissionDenied)
        #expect(try await client.cases(ListCasesRequest(pageToken: "5_x")).nextPageToken == "5_x")
        #expect(try await client.file(assignment).content == fullContent)
    }

    private func check<Message: WireMessage & Equatable>(_ message: Message) throws {
        #expect(try Message(unpacking: message.packed(), .shown) == message)
    }

    private func faults(_ method: CaseMethod, _ message: ByteBuffer = ByteBuffer()) -> [String] {
        faults { try method.read(message) }
    }

    private func faults<Value>(_ read: () throws -> Value) -> [String] {
        do {
            _ = try read()
            return []
        } catch {
            return (error as? Faults)?.faults.map(\.description) ?? ["\(error)"]
        }
    }
}
