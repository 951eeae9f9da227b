import CReferralMessages
import NIOCore
import Protobuf
import Referral
import TTRPC
import Testing

@testable import ReferralAPI

/// What senders do later, and what the coordinator does, over a whole call.
@Suite(.timeLimit(.minutes(3))) struct CoordinationMessageTests {
    @Test func everyCommandOfASenderArrives() async throws {
        let consent = Consent(
            status: .guardianYes, coversSupport: true, coversOutcome: true, askedOn: CivilDate(year: 2026, month: 3, day: 1))
        let contact = Contact(phone: "+46701740605", holder: .guardian, noVoicemail: true)
        let commands: [(SenderRequest.Command, String)] = [
            (.amend([contact, Contact(email: "a@example.org", holder: .person)]), "amend-2-true"),
            (.amend([]), "amend-0-false"), (.answerConsent(consent), "consent-guardianYes-true-true"),
            (.recall(.otherHelp), "recall-otherHelp"), (.withdraw(.service(.mediation)), "withdraw-true"),
            (.enterInError(.testData), "error-testData"),
        ]
        try await withExchange { client in
            for (command, digest) in commands {
                let request = SenderRequest(id: CommandID("c"), referralID: ReferralID("r"), expecting: 7, command)
                let status = try await ReferralClient(client).perform(request)
                #expect(status.messageID == MessageID("c-\(digest)"))
                #expect(status.referralID == ReferralID("r"))
                // A withdrawal is taken in any case.
                #expect(status.version == (digest.hasPrefix("withdraw") ? 0 : 7))
            }
        }
    }

    @Test func everyCommandOfTheCoordinatorArrives() async throws {
        try await withExchange { client in
            let coordinator = CoordinationClient(client)
            let id = AssignmentID("a")
            func owner(_ command: AssignmentCommand) async throws -> String {
                try await coordinator.perform(command, on: id, id: CommandID("c"), expecting: 3).owner.rawValue
            }
            for reason in AssigningReason.allCases {
                #expect(try await owner(.assign(to: OrganisationID("boj"), reason: reason)) == "boj-\(reason)")
            }
            #expect(try await owner(.reroute) == "reroute")
            #expect(try await owner(.redrive) == "redrive")
            #expect(try await owner(.withdraw(.everything)) == "withdraw-true")
            #expect(try await coordinator.perform(.redrive, on: id, id: CommandID("c"), expecting: 3).version == 3)
            #expect(await #expect(throws: CallFailure.self) { _ = try await owner(.complete(.linked)) }?.status.code == .permissionDenied)
            #expect(try await coordinator.read(id, because: .danger, id: CommandID("c")).content == fullContent)
            let entered = try await coordinator.enterInError(ReferralID("r"), because: .wrongEvent, id: CommandID("c"), expecting: 4)
            #expect(entered.messageID == MessageID("error-wrongEvent") && entered.version == 4)
            #expect(try await coordinator.review().nextPageToken == "100 all")
            #expect(try await coordinator.review(ListCasesRequest(filter: .overdue, limit: 500)).nextPageToken == "500 overdue")
            let refused = await #expect(throws: CallFailure.self) {
                _ = try await coordinator.review(ListCasesRequest(filter: .handovers, limit: 501))
            }
            #expect(refused?.faults.map(\.path) == ["filter", "limit"])
            #expect(try await coordinator.state(of: id).id == sampleCase().id)
        }
    }

    @Test func watchesBeginWhereTheyAreAskedTo() async throws {
        try await withExchange { client in
            let request = WatchRequest(after: 41, afterAlarm: 3)
            let statuses = try await ReferralClient(client).watch(request) { try await $0.reduce(into: []) { $0.append($1) } }
            #expect(statuses == [.caughtUp(CaughtUp(after: 42, afterAlarm: 4))])
            let cases = try await AssignmentClient(client).watch(request) { try await $0.reduce(into: []) { $0.append($1) } }
            guard case .change(let change)? = cases.first else { throw Status(.unknown, "no change") }
            #expect(change.sequence == 42 && change.what == ["offered"] && change.state == sampleCase())
            let reviews = try await CoordinationClient(client).watch(request) { try await $0.reduce(into: []) { $0.append($1) } }
            #expect(reviews == [.caughtUp(CaughtUp(after: 41, afterAlarm: 3))])
        }
    }

    @Test func everythingThatIsToldOfAReferralArrives() throws {
        let moment = Instant(milliseconds: 5_000)
        let services =
            SupportOutcome.allCases.map { ServiceStatus(service: .support, status: .taken, since: moment, outcome: $0) }
            + MediationResult.allCases.map { ServiceStatus(service: .mediation, status: .taken, since: moment, mediationOutcome: $0) }
            + RecallRefusal.allCases.map { ServiceStatus(service: .support, status: .taken, since: moment, recallAnswer: .refused($0)) }
            + [ServiceStatus(service: .support, status: .ended, since: moment, recallAnswer: .granted)]
        let status = ReferralStatus(
            referralID: ReferralID("r"), messageID: MessageID("m"), receivedAt: moment, outcome: .accepted, services: services, version: 9)
        let change = WatchStatusResponse.change(StatusChange(sequence: 12, at: moment, status: status))
        #expect(try WatchStatusResponse(unpacking: change.packed(), .shown) == change)
    }

    @Test(arguments: [
        // A recall without a reason, a consent of the future, six contacts, and a command without an id.
        ("Recall", #"{"commandId":"c","referralId":"r"}"#, ["reason"]),
        (
            "AnswerConsent", #"{"commandId":"c","referralId":"r","consent":{"status":"CONSENT_STATUS_YES","askedOn":"2999-01-01"}}"#,
            ["consent.asked_on"]
        ),
        ("AnswerConsent", #"{"commandId":"c","referralId":"r"}"#, ["consent"]),
        ("Amend", #"{"commandId":"c","referralId":"r","contacts":[{},{},{},{},{},{}]}"#, ["contacts", "contacts[0].holder"]),
        ("Withdraw", #"{"referralId":"r","scope":"WITHDRAWAL_SCOPE_EVERYTHING"}"#, ["command_id"]),
        ("EnterInError", #"{"commandId":"c","reason":"ERROR_REASON_DUPLICATE"}"#, ["referral_id"]),
    ])
    func whatIsWrongWithACommandIsTold(method: String, json: String, paths: [String]) async throws {
        try await withExchange { client in
            let failure = await #expect(throws: CallFailure.self) {
                _ = try await JSONClient(client).unary(
                    MethodName(service: ServiceName.referral, method: method), JSONValue(parsing: json))
            }
            #expect(failure?.status.code == .invalidArgument)
            #expect(Array((failure?.faults.map(\.path) ?? []).prefix(paths.count)) == paths)
        }
    }
}
