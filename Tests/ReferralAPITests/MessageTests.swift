import CReferralMessages
import NIOCore
import Protobuf
import Referral
import TTRPC
import Testing

@testable import ReferralAPI

@Suite struct MessageTests {
    private static let moment = Instant(milliseconds: -1)
    private static let digest = ContentDigest(hexadecimal: String(repeating: "0f", count: 32))

    static func receipt(_ outcome: SubmissionOutcome) -> Receipt {
        Receipt(
            messageID: MessageID("m-1"), referralID: ReferralID("r-1"), receivedAt: moment, outcome: outcome,
            services: [
                ServiceOutcome(service: .support, routing: .offered), ServiceOutcome(service: .mediation, routing: .review(.noRule)),
            ], digest: digest)
    }

    @Test(arguments: [SubmissionOutcome.accepted, .awaitingConsent, .refused(.consentRefused), .refused(.consentWithdrawn)])
    func answersToSendersArriveAsTheyWereSent(_ outcome: SubmissionOutcome) throws {
        try check(Self.receipt(outcome))
        try check(SubmitResult(item: .max, messageID: MessageID("m"), result: .success(Self.receipt(outcome))))
        try check(
            ReferralStatus(
                referralID: ReferralID("r"), messageID: MessageID("m"), receivedAt: Instant(milliseconds: 1), outcome: outcome,
                services: DeliveryStatus.allCases.map { ServiceStatus(service: .support, status: $0, since: Self.moment) }, version: 7))
        try check(
            PreviewResponse(
                outcome: outcome,
                decisions: [sampleDecision(.review(.noRecipientForArea)), sampleDecision(.recipient(OrganisationID("boj")))],
                exclusions: [Exclusion(service: .mediation, code: "area-not-served", text: "å")]))
    }

    @Test func theOthersArriveAsTheyWereSent() throws {
        try check(
            SubmitResult(
                item: 1, messageID: nil,
                result: .failure(
                    Refusal(
                        code: .invalidArgument, message: "å", faults: [Fault(path: "p", rule: "r"), Fault(path: "", rule: "q")],
                        retryAfter: .milliseconds(1_500)))))
        try check(GetStatusRequest.referral(ReferralID("r")))
        try check(GetStatusRequest.message(MessageID("m")))
        try check(sampleAssignment())
        try check(PullRequest.credit(Credit(assignments: 1)))
        try check(PullRequest.credit(Credit(assignments: 1_000)))
        try check(PullRequest.acknowledge(AcknowledgeRequest(assignmentID: AssignmentID("a"))))
        try check(PullResponse.assignment(sampleAssignment()))
        try check(PullResponse.acknowledged(AcknowledgeResult(assignmentID: AssignmentID("a"), code: .notFound, message: "no")))
        try check(FetchRequest(limit: 100, wait: .seconds(60)))
        try check(FetchRequest())
        try check(FetchResponse(assignments: [sampleAssignment(), sampleAssignment()]))
        try check(FetchResponse(assignments: []))
        try check(AcceptRequest(assignmentID: AssignmentID("a")))
        for reason in ReturnReason.allCases { try check(ReturnRequest(assignmentID: AssignmentID("a"), reason: reason)) }
        for phase in AssignmentPhase.allCases {
            try check(AssignmentProgress(assignmentID: AssignmentID("a"), phase: phase, since: Self.moment))
        }
        for status in ServingStatus.allCases { try check(HealthCheckResponse(status: status)) }
        try check(HealthCheckRequest(service: ServiceName.referral))
        try check(HealthCheckRequest())
    }

    @Test func momentsStayWithinWhatATimestampHolds() throws {
        for (milliseconds, expected) in [(Int64.min, -62_135_596_800_000), (Int64.max, 253_402_300_799_999), (0, 0), (-1_001, -1_001)] {
            let progress = AssignmentProgress(assignmentID: AssignmentID("a"), phase: .leased, since: Instant(milliseconds: milliseconds))
            #expect(try AssignmentProgress(unpacking: progress.packed(), .shown).since.milliseconds == expected)
        }
    }

    @Test func badTimestampsAreFaults() throws {
        for (seconds, nanos) in [(Int64.max, Int32(0)), (.min, 0), (0, -1), (0, 1_000_000_000), (253_402_300_800, 0)] {
            let message = try pack(AssignmentProgress.wireType) { message, arena in
                AssignmentProgress(assignmentID: AssignmentID("a"), phase: .leased, since: Self.moment).write(to: message, in: arena)
                message.pointee.since.pointee.seconds = seconds
                message.pointee.since.pointee.nanos = nanos
            }
            #expect(faults(AssignmentProgress.self, message) == ["since: must be a moment from year 1 to 9999"])
        }
    }

    @Test func requestsSayWhatIsWrongWithThem() throws {
        let required = "assignment_id: is required"
        let reasons = "reason: must be one of \(ReturnReason.numbering.names)"
        #expect(faults(AcknowledgeRequest.self, ByteBuffer()) == [required])
        #expect(faults(AcceptRequest.self, ByteBuffer()) == [required])
        #expect(faults(ReturnRequest.self, ByteBuffer()) == [required, reasons])
        #expect(faults(ReturnRequest.self, ByteBuffer(bytes: [0x0A, 1, 0x61, 0x10, 8])) == [reasons])
        #expect(faults(GetStatusRequest.self, ByteBuffer()) == ["must have a referral_id or a message_id"])
        #expect(
            faults(GetStatusRequest.self, ByteBuffer(bytes: [0x12, 1, 0x20])) == ["message_id: must be 1 to 64 visible ASCII characters"])
        #expect(faults(PullRequest.self, ByteBuffer()) == ["must have a credit or an acknowledge"])
        #expect(faults(PullRequest.self, ByteBuffer(bytes: [0x0A, 0])) == ["credit.assignments: must be 1 to 1000"])
        #expect(faults(PullRequest.self, ByteBuffer(bytes: [0x0A, 3, 0x08, 0xE9, 0x07])) == ["credit.assignments: must be 1 to 1000"])
        #expect(faults(PullRequest.self, ByteBuffer(bytes: [0x12, 0])) == ["acknowledge.assignment_id: is required"])
        #expect(
            faults(FetchRequest.self, ByteBuffer(bytes: [0x08, 101, 0x10, 0xE1, 0xD4, 0x03]))
                == ["limit: must be 0 to 100", "wait_milliseconds: must be 0 to 60000"])
        #expect(try FetchRequest(unpacking: ByteBuffer(), .shown).limit == 10)
        #expect(faults(AcceptRequest.self, ByteBuffer(bytes: [0x0A, 1, 0xFF])).first?.hasPrefix("assignment_id: ") == true)
    }

    @Test func aClientRefusesAnswersWithoutMeaning() {
        #expect(
            faults(Receipt.self, ByteBuffer())
                == [
                    "message_id: is required", "referral_id: is required", "received_at: is required",
                    "outcome: must be one of OUTCOME_ACCEPTED, OUTCOME_AWAITING_CONSENT, OUTCOME_REFUSED",
                    "content_digest: must be 64 lower-case hexadecimal digits",
                ])
        #expect(faults(SubmitResult.self, ByteBuffer()) == ["must have a receipt or a refusal"])
        #expect(faults(PullResponse.self, ByteBuffer()) == ["must have an assignment or an acknowledged"])
        #expect(
            faults(Assignment.self, ByteBuffer())
                == [
                    "assignment_id: is required", "service: must be one of SERVICE_SUPPORT, SERVICE_MEDIATION", "available_at: is required",
                    "leased_until: is required", "sender: must be organisation/unit", "referral: is required", "decision: is required",
                ])
        #expect(
            faults(RoutingDecision.self, ByteBuffer())
                == [
                    "service: must be one of SERVICE_SUPPORT, SERVICE_MEDIATION", "must have a recipient or a review",
                    "as_of: must be a day that exists, YYYY-MM-DD",
                ])
    }

    private func check<Message: WireMessage & Equatable>(_ message: Message) throws {
        #expect(try Message(unpacking: message.packed(), .shown) == message)
    }

    private func faults<Message: WireMessage>(_ type: Message.Type, _ message: ByteBuffer) -> [String] {
        do throws(Faults) {
            _ = try Message(unpacking: message, .shown)
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }
}
