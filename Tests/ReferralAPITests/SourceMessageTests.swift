import CReferralMessages
import NIOCore
import Protobuf
import Referral
import TTRPC
import Testing

@testable import ReferralAPI

@Suite(.timeLimit(.minutes(3))) struct SourceMessageTests {
    private static let sender = Participant(organisation: OrganisationID("polisen-stockholm"), unit: UnitID("vasterort"))
    private static let sources = [InflowSource(sender), InflowSource(sender, to: OrganisationID("boj"))]

    private static func told(_ source: InflowSource, _ kind: SourceNotice.Kind, _ reason: SourceNotice.Reason) -> ToldNotice {
        ToldNotice(
            revision: 7, source: source, kind: kind, reason: reason, from: kind == .paused ? day("2026-07-01") : nil,
            until: kind == .paused ? day("2026-08-01") : nil, by: sender, at: Instant(milliseconds: 1_773_570_000_123), text: "Väntas å")
    }

    private func check<Message: WireMessage & Equatable>(_ message: Message) throws {
        #expect(try Message(unpacking: message.packed(), .shown) == message)
    }

    @Test func everythingArrivesAsItWasSent() throws {
        for source in Self.sources {
            for kind in SourceNotice.Kind.allCases {
                for reason in kind.reasons {
                    for from in kind == .paused ? [day("2026-07-01"), nil] : [nil] {
                        try check(
                            SourceNotice(
                                id: CommandID("c~!"), source: source, kind: kind, reason: reason, from: from,
                                until: kind == .paused ? day("2026-08-01") : nil))
                    }
                    try check(Self.told(source, kind, reason))
                    try check(WatchResponse.notice(Self.told(source, kind, reason)))
                    try check(WatchStatusResponse.notice(Self.told(source, kind, reason)))
                }
            }
            let alarm = SourceStatus.Alarm(id: "silence-1", since: day("2026-03-01"), expected: 12.5, seen: 0)
            let statuses = SourceState.allCases.map { state in
                SourceStatus(
                    source: source, state: state, alarm: [.silent, .half].contains(state) ? alarm : nil,
                    until: state == .paused ? day("2026-08-01") : nil, notice: state == .ended ? Self.told(source, .ended, .closed) : nil)
            }
            try check(ListSourcesResponse(sources: statuses, nextPageToken: "7_9_polisen"))
        }
        try check(ListSourcesResponse(sources: []))
        for state in SourceState.allCases { try check(ListSourcesRequest(state: state, limit: 500, pageToken: "1_1_ab")) }
        #expect(try ListSourcesRequest(unpacking: ByteBuffer(), .shown) == ListSourcesRequest(limit: 100))
    }

    @Test(arguments: [
        (#"{}"#, ["command_id", "sender", "kind", "reason"]),
        (
            #"{"commandId":"c","sender":"polisen","recipient":"å","kind":"SOURCE_NOTICE_KIND_PAUSED","reason":"SOURCE_REASON_CLOSED"}"#,
            ["sender", "recipient", "reason", "until"]
        ),
        (
            #"{"commandId":"c","sender":"p/u","kind":"SOURCE_NOTICE_KIND_ENDED","reason":"SOURCE_REASON_CLOSED","from":"2026-07-01","until":"2026-13-01"}"#,
            ["until", "from", "until"]
        ),
        (
            #"{"commandId":"c","sender":"p/u","kind":"SOURCE_NOTICE_KIND_PAUSED","reason":"SOURCE_REASON_WORKLOAD","from":"2026-07-01","until":"2026-07-01"}"#,
            ["until"]
        ),
        (
            #"{"commandId":"c","sender":"p/u\n\u001b[2J","kind":"SOURCE_NOTICE_KIND_RESUMED","reason":"SOURCE_REASON_MISTAKE"}"#, ["sender"]
        ),
        (#"{"commandId":"c","sender":"/u","kind":17,"reason":99}"#, ["sender", "kind", "reason"]),
    ])
    func everythingThatIsWrongIsToldAtOnce(json: String, paths: [String]) async throws {
        let failure = await failure(.announce, json)
        #expect(failure?.status.code == .invalidArgument)
        #expect(failure?.faults.map(\.path) == paths)
        #expect(failure?.status.message.contains("\u{1B}") == false)
    }

    @Test func aListIsAskedForWithinItsBounds() async throws {
        let failure = await failure(.listSources, #"{"state":9,"limit":501,"pageToken":"å"}"#)
        #expect(failure?.faults.map(\.path) == ["state", "limit", "page_token"])
    }

    private func failure(_ method: MethodName, _ json: String) async -> CallFailure? {
        var router = Router()
        router.register(NoSources())
        return await #expect(throws: CallFailure.self) {
            try await withClient(of: router) { _ = try await JSONClient($0).unary(method, JSONValue(parsing: json)) }
        }
    }
}

/// Is never asked: what is wrong is found before.
struct NoSources: SourceServing {
    func sources(_ request: ListSourcesRequest, _ context: CallContext) async throws -> ListSourcesResponse {
        ListSourcesResponse(sources: [])
    }

    func announce(_ notice: SourceNotice, _ context: CallContext) async throws -> ToldNotice {
        throw Rejection(.notFound, "no source")
    }
}
