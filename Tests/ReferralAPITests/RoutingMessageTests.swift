import Logging
import NIOCore
import NIOPosix
import Referral
import TTRPC
import Testing

@testable import ReferralAPI

/// The messages of the coordinator's service.
@Suite struct RoutingMessageTests {
    @Test(arguments: VersionKind.allCases) func versionsArriveAsTheyWereSent(_ kind: VersionKind) throws {
        let full = sampleVersion(kind, 7)
        #expect(try VersionSummary(unpacking: full.packed(), .shown) == full)
        var plain = full
        plain.validity = .always
        plain.inForce = []
        plain.publishedBy = nil
        plain.comment = nil
        plain.accepted = []
        plain.rollback = nil
        #expect(try VersionSummary(unpacking: plain.packed(), .shown) == plain)
        let texts = VersionTexts(version: full, texts: [.init(name: "a", text: "å\r\n\t\u{FEFF}"), .init(name: "b", text: "")])
        #expect(try VersionTexts(unpacking: texts.packed(), .shown) == texts)
    }

    @Test func requestsArriveAsTheyWereSent() throws {
        let rules = PublishRuleSetRequest(content: sampleContent(.ruleSet))
        #expect(try PublishRuleSetRequest(unpacking: rules.packed(), .shown) == rules)
        let directory = PublishDirectoryRequest(content: sampleContent(.directory))
        #expect(try PublishDirectoryRequest(unpacking: directory.packed(), .shown) == directory)
        let rollback = RollbackRequest(kind: .directory, number: 3, reason: "a\nb")
        #expect(try RollbackRequest(unpacking: rollback.packed(), .shown) == rollback)
    }

    @Test func allFaultsAreToldAtOnce() throws {
        let empty = #expect(throws: Faults.self) { try PublishRuleSetRequest(unpacking: ByteBuffer(), .shown) }
        #expect(empty?.faults.map(\.path) == ["name", "valid_from", "support", "mediation", "signed_off_by"])
        let none = #expect(throws: Faults.self) { try PublishDirectoryRequest(unpacking: ByteBuffer(), .shown) }
        #expect(none?.faults.map(\.path) == ["name", "valid_from", "directory", "signed_off_by"])
        let nothing = #expect(throws: Faults.self) { try RollbackRequest(unpacking: ByteBuffer(), .shown) }
        #expect(nothing?.faults.map(\.path) == ["kind", "number", "reason"])

        let large = String(repeating: "x", count: PublicationContent.textLimit + 1)
        let content = PublicationContent(
            kind: .directory, name: String(repeating: "n", count: 201), first: CivilDate("2026-12-01"),
            texts: [.init(name: "directory.yaml", text: large)], signedOffBy: "Åsa\n", comment: String(repeating: "c", count: 501),
            accepted: [AcceptedFinding(finding: "", by: "Åsa", reason: "x")])
        let faults = #expect(throws: Faults.self) {
            try PublishDirectoryRequest(unpacking: PublishDirectoryRequest(content: content).packed(), .shown)
        }
        #expect(faults?.faults.map(\.path) == ["name", "directory", "signed_off_by", "comment", "accepted[0].finding"])
        #expect(faults?.description.contains("xxx") == false)
    }

    /// As `sha256sum` of the lengths and texts.
    @Test func theDigestIsThatOfTheTexts() {
        let content = PublicationContent(
            kind: .directory, name: "n", first: nil, texts: [.init(name: "directory.yaml", text: "areas: []\n")], signedOffBy: "s")
        #expect(content.digest.description == "9df68ee19a173805e1a484a1db281ea447fa1a12d2de4a1c037ab909cc4fb88a")
        #expect(sampleContent(.ruleSet).digest != sampleContent(.directory).digest)
    }

    @Test func theClientCallsEveryMethod() async throws {
        var router = Router()
        router.register(FakeRouting())
        let transport = InProcessTransport(
            router: router, peer: Peer(identity: "me"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        let client = RoutingClient(transport.client)
        defer { transport.client.close() }
        #expect(try await client.versions() == [sampleVersion(.ruleSet, 1), sampleVersion(.directory, 2)])
        #expect(try await client.version(3, of: .directory).texts.map(\.text) == ["areas: []\r\n"])
        #expect(try await client.publish(sampleContent(.ruleSet)) == sampleVersion(.ruleSet, 2))
        #expect(try await client.publish(sampleContent(.directory)) == sampleVersion(.directory, 1))
        #expect(try await client.rollBack(4, of: .ruleSet, reason: "x") == sampleVersion(.ruleSet, 4))
    }
}

func sampleContent(_ kind: VersionKind) -> PublicationContent {
    PublicationContent(
        kind: kind, name: "Stockholm 2027", first: CivilDate("2027-01-01"), last: kind == .ruleSet ? CivilDate("2027-12-31") : nil,
        texts: PublicationContent.names(of: kind).map { .init(name: $0, text: "<\($0)>\r\n\tå") }, signedOffBy: "Åsa Öberg",
        comment: "a\nb", accepted: [AcceptedFinding(finding: "gap-1", by: "Åsa", reason: "says nothing")])
}

func sampleVersion(_ kind: VersionKind, _ number: Int) -> VersionSummary {
    let coordinator = Participant(organisation: OrganisationID("stockholms-stad"), unit: UnitID("samordnare"))
    return VersionSummary(
        kind: kind, number: number, name: "Stockholm 2027", validity: DatePeriod(first: CivilDate("2027-01-01"), last: nil),
        inForce: [
            DatePeriod(first: nil, last: CivilDate("2027-01-31")), DatePeriod(first: CivilDate("2027-03-01"), last: nil),
        ],
        digest: ContentDigest(hexadecimal: String(repeating: "0a", count: 32)), publishedAt: Instant(milliseconds: 1_795_212_000_123),
        publishedBy: coordinator, signedOffBy: "Åsa", comment: "c",
        accepted: [AcceptedFinding(finding: "gap-1", by: "Åsa", reason: "r")],
        rollback: .init(at: Instant(milliseconds: 1_795_212_000_124), by: coordinator, reason: "wrong"))
}
