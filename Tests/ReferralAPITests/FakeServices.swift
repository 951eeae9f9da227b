import Figures
import Logging
import NIOCore
import NIOPosix
import Referral
import Synchronization
import TTRPC

@testable import ReferralAPI

/// Answers by the message id: `reject…`, `store…`, `crash…` and `status…` fail in their way, the others get a receipt.
final class FakeReferrals: ReferralServing {
    struct Crash: Error, CustomStringConvertible {
        let description = "secret of the inside"
    }

    /// What arrived, by message id.
    let submitted = Mutex<[MessageID: SubmitRequest]>([:])
    private let gate: Gate?

    init(gate: Gate? = nil) {
        self.gate = gate
    }

    func submit(_ request: SubmitRequest, _ context: CallContext) async throws -> Receipt {
        await gate?.pass()
        submitted.withLock { $0[request.messageID] = request }
        let id = request.messageID.rawValue
        if id.hasPrefix("reject") { throw Rejection(.alreadyExists, "message_id: was used before") }
        if id.hasPrefix("store") { throw StoreError(.damaged, "secret of the store") }
        if id.hasPrefix("crash") { throw Crash() }
        if id.hasPrefix("status") { throw Status(.permissionDenied, "\(context.peer.identity ?? "nobody") does not send referrals") }
        return Receipt(
            messageID: request.messageID, referralID: ReferralID("r-\(id)"), receivedAt: Instant(milliseconds: 1_000), outcome: .accepted,
            services: request.content.services.map { ServiceOutcome(service: $0, routing: .offered) }, digest: request.digest)
    }

    func status(_ request: GetStatusRequest, _ context: CallContext) async throws -> ReferralStatus {
        guard case .message(let id) = request else { throw Rejection(.notFound, "no referral with this id is yours") }
        return ReferralStatus(
            referralID: ReferralID("r"), messageID: id, receivedAt: Instant(milliseconds: 5), outcome: .refused(.consentRefused),
            version: 2)
    }

    /// The version says what was expected, the message id which command it was.
    func perform(_ request: SenderRequest, _ context: CallContext) async throws -> ReferralStatus {
        ReferralStatus(
            referralID: request.referralID, messageID: MessageID("\(request.id)-\(request.command.digest)"),
            receivedAt: Instant(milliseconds: 5), outcome: .accepted, version: request.expecting ?? 0)
    }

    func watch(_ request: WatchRequest, _ responses: WatchStatusResponses, _ context: CallContext) async throws {
        try await responses.write(.caughtUp(CaughtUp(after: request.after + 1, afterAlarm: request.afterAlarm + 1)))
    }

    func preview(_ request: PreviewRequest, _ context: CallContext) async throws -> PreviewResponse {
        PreviewResponse(outcome: .accepted, decisions: request.content.services.map { _ in sampleDecision(.review(.noRule)) })
    }
}

/// Answers with what it was asked.
struct FakeRouting: RoutingServing {
    func versions(_ request: ListVersionsRequest, _ context: CallContext) async throws -> ListVersionsResponse {
        ListVersionsResponse(versions: [sampleVersion(.ruleSet, 1), sampleVersion(.directory, 2)])
    }

    func version(_ request: GetVersionRequest, _ context: CallContext) async throws -> VersionTexts {
        VersionTexts(version: sampleVersion(request.kind, request.number), texts: [.init(name: "directory.yaml", text: "areas: []\r\n")])
    }

    func publish(_ request: PublishRuleSetRequest, _ context: CallContext) async throws -> VersionSummary {
        sampleVersion(request.content.kind, request.content.texts.count)
    }

    func publish(_ request: PublishDirectoryRequest, _ context: CallContext) async throws -> VersionSummary {
        sampleVersion(request.content.kind, request.content.texts.count)
    }

    func rollBack(_ request: RollbackRequest, _ context: CallContext) async throws -> VersionSummary {
        sampleVersion(request.kind, request.number)
    }
}

/// Answers with what it was asked.
struct FakeReports: ReportServing {
    func report(_ request: ReportRequest, _ context: CallContext) async throws -> Report { sampleReport(request.kind, request.days) }
}

/// Holds everybody who comes until it is opened.
final class Gate: Sendable {
    private struct State {
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isOpen = false
    }

    private let state = Mutex(State())
    private let arrivals: AsyncStream<Int>
    private let arrived: AsyncStream<Int>.Continuation

    init() {
        (arrivals, arrived) = AsyncStream.makeStream()
    }

    var waiting: Int { state.withLock(\.waiting.count) }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen {
                    state.waiting.append(continuation)
                    arrived.yield(state.waiting.count)
                }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func waitUntil(waiting count: Int) async {
        for await waiting in arrivals where waiting >= count { return }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// Hands out one sample for each credit and takes acknowledgements of `a-1` only.
struct FakeAssignments: AssignmentServing {
    func pull(_ requests: PullRequests, _ responses: PullResponses, _ context: CallContext) async throws {
        for try await request in requests {
            switch request {
            case .credit(let credit):
                for _ in 0..<credit.assignments { try await responses.write(.assignment(sampleAssignment())) }
            case .acknowledge(let request):
                let isKnown = request.assignmentID == AssignmentID("a-1")
                try await responses.write(
                    .acknowledged(
                        AcknowledgeResult(assignmentID: request.assignmentID, code: isKnown ? .ok : .notFound, message: isKnown ? "" : "no")
                    ))
            }
        }
    }

    func fetch(_ request: FetchRequest, _ context: CallContext) async throws -> FetchResponse {
        FetchResponse(assignments: (0..<request.limit).map { _ in sampleAssignment() })
    }

    func acknowledge(_ request: AcknowledgeRequest, _ context: CallContext) async throws -> AssignmentProgress {
        AssignmentProgress(assignmentID: request.assignmentID, phase: .received, since: Instant(milliseconds: 1))
    }

    func accept(_ request: AcceptRequest, _ context: CallContext) async throws -> AssignmentProgress {
        AssignmentProgress(assignmentID: request.assignmentID, phase: .accepted, since: Instant(milliseconds: 2))
    }

    func giveBack(_ request: ReturnRequest, _ context: CallContext) async throws -> AssignmentProgress {
        guard request.reason != .other else { throw Rejection(.failedPrecondition, "a case can be given back after it was fetched") }
        return AssignmentProgress(assignmentID: request.assignmentID, phase: .returned, since: Instant(milliseconds: 3))
    }

    func watch(_ request: WatchRequest, _ responses: WatchResponses, _ context: CallContext) async throws {
        let change = CaseChange(
            sequence: request.after + 1, at: Instant(milliseconds: 1), assignmentID: AssignmentID("a-1"), what: ["offered"],
            state: sampleCase())
        try await responses.write(.change(change))
    }

    func cases(_ request: ListCasesRequest, _ context: CallContext) async throws -> ListCasesResponse {
        ListCasesResponse(cases: [sampleCase(), sampleCase(.completed(.linked))], nextPageToken: request.pageToken)
    }

    func file(_ request: GetCaseRequest, _ context: CallContext) async throws -> CaseFile {
        CaseFile(state: sampleCase(), content: fullContent, decision: sampleDecision(.review(.noRule)))
    }

    /// The version says what was expected, the owner which command it was.
    func perform(_ request: CaseRequest, _ context: CallContext) async throws -> CaseState {
        guard case .assignment(let id, let command) = request.command else { throw Rejection(.notFound, "no assignment") }
        if case .closeUnreachable = command { throw Rejection(.conflict, "the case has changed") }
        var state = sampleCase()
        state.id = id
        state.version = request.expecting ?? 0
        state.owner = OrganisationID(request.command.name.replacing(" ", with: "-"))
        return state
    }
}

struct FakeHealth: HealthServing {
    func check(_ request: HealthCheckRequest, _ context: CallContext) async throws -> HealthCheckResponse {
        guard request.service.isEmpty else { throw Status(.notFound, "no service of this name") }
        return HealthCheckResponse(status: .serving)
    }

    func watch(_ request: HealthCheckRequest, _ responses: HealthResponses, _ context: CallContext) async throws {
        for status in [ServingStatus.serving, .notServing] { try await responses.write(HealthCheckResponse(status: status)) }
    }
}

/// Every service of the contract behind a client in this process.
func withExchange<R>(
    _ referrals: FakeReferrals = FakeReferrals(), _ body: (Client) async throws -> R
) async throws -> R {
    var router = Router()
    router.register(referrals, decoder: decoder, now: { Instant(milliseconds: 1_773_570_000_000) })
    router.register(FakeAssignments())
    router.register(FakeCoordination())
    router.register(FakeHealth())
    return try await withClient(of: router, body)
}

func withClient<R>(of router: Router, _ body: (Client) async throws -> R) async throws -> R {
    let transport = InProcessTransport(
        router: router, peer: Peer(identity: "spiffe://lots/polisen/city"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        eventLoop: MultiThreadedEventLoopGroup.singleton.any())
    defer { transport.client.close() }
    return try await body(transport.client)
}

/// Answers with what it was asked.
struct FakeCoordination: CoordinationServing {
    func review(_ request: ListCasesRequest, _ context: CallContext) async throws -> ListCasesResponse {
        ListCasesResponse(cases: [sampleCase()], nextPageToken: "\(request.limit) \(request.filter.map { "\($0)" } ?? "all")")
    }

    func state(_ request: GetCaseRequest, _ context: CallContext) async throws -> CaseState { sampleCase() }

    func read(_ request: CaseRequest, _ context: CallContext) async throws -> CaseFile {
        guard case .assignment(_, .read(.danger)) = request.command, request.expecting == nil else {
            throw Rejection(.notFound, "another reason")
        }
        return CaseFile(state: sampleCase(), content: fullContent, decision: sampleDecision(.review(.noRule)))
    }

    /// The version says what was expected, the owner which command it was.
    func perform(_ request: CaseRequest, _ context: CallContext) async throws -> CaseState {
        guard case .assignment(_, let command) = request.command else { throw Rejection(.notFound, "no assignment") }
        var state = sampleCase()
        state.version = request.expecting ?? 0
        state.owner =
            switch command {
            case .assign(let to, let reason): OrganisationID("\(to)-\(reason)")
            case .withdraw(let scope): OrganisationID("withdraw-\(scope == .everything)")
            default: OrganisationID("\(command)")
            }
        return state
    }

    func enterInError(_ request: SenderRequest, _ context: CallContext) async throws -> ReferralStatus {
        ReferralStatus(
            referralID: request.referralID, messageID: MessageID("\(request.command.digest)"), receivedAt: Instant(milliseconds: 5),
            outcome: .accepted, version: request.expecting ?? 0)
    }

    func watch(_ request: WatchRequest, _ responses: WatchResponses, _ context: CallContext) async throws {
        try await responses.write(.caughtUp(CaughtUp(after: request.after, afterAlarm: request.afterAlarm)))
    }
}

extension SenderRequest.Command {
    /// Short enough for an id.
    var digest: String {
        switch self {
        case .amend(let contacts): "amend-\(contacts.count)-\(contacts.first?.noVoicemail == true)"
        case .answerConsent(let consent): "consent-\(consent.status)-\(consent.coversSupport)-\(consent.coversOutcome)"
        case .recall(let reason): "recall-\(reason)"
        case .withdraw(let scope): "withdraw-\(scope == .service(.mediation))"
        case .enterInError(let reason): "error-\(reason)"
        }
    }
}
