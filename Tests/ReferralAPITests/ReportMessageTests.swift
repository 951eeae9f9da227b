import Figures
import Logging
import NIOCore
import NIOPosix
import Protobuf
import Referral
import TTRPC
import Testing

@testable import ReferralAPI

/// The messages of the service of figures.
@Suite struct ReportMessageTests {
    private static let year = day("2017-01-01")...day("2017-12-31")

    @Test(arguments: ReportKind.allCases) func reportsArriveAsTheyWereSent(_ kind: ReportKind) throws {
        let full = sampleReport(kind, Self.year)
        #expect(try Report(unpacking: full.packed(), .shown) == full)
        var plain = full
        plain.organisation = nil
        plain.tables = []
        #expect(try Report(unpacking: plain.packed(), .shown) == plain)
        let request = ReportRequest(kind: kind, days: Self.year)
        #expect(try ReportRequest(unpacking: request.packed(), .shown) == request)
    }

    /// In JSON, 0 that is told and a number that is not are as different as on the wire.
    @Test func jsonTellsNothingFromZero() throws {
        let text = try sampleReport(.year, Self.year).json().text()
        #expect(text.contains("{\"value\":0}") && text.contains("{\"suppressed\":true}") && text.contains("{}"))
    }

    @Test func allFaultsAreToldAtOnce() throws {
        let empty = #expect(throws: Faults.self) { try ReportRequest(unpacking: ByteBuffer(), .shown) }
        #expect(empty?.faults.map(\.path) == ["kind", "from", "through"])
        func faults(_ from: String, _ through: String) throws -> [String]? {
            // Kind 1, from, through.
            var buffer = ByteBuffer(bytes: [0x08, 1])
            for (tag, text) in [(UInt8(0x12), from), (0x1A, through)] {
                buffer.writeBytes([tag, UInt8(text.utf8.count)] + Array(text.utf8))
            }
            do {
                _ = try ReportRequest(unpacking: buffer, .shown)
                return nil
            } catch { return error.faults.map(\.path) }
        }
        #expect(try faults("2017-02-30", "2017-12-31") == ["from"])
        #expect(try faults("2017-12-31", "2017-01-01") == ["through"])
        #expect(try faults("2007-01-01", "2017-01-02") == ["through"])
        #expect(try faults("2008-01-01", "2017-12-31") == nil && faults("2017-01-01", "2017-01-01") == nil)
    }

    /// A row with more or fewer cells than there are columns would put numbers under other headings.
    @Test func aTableIsRectangular() throws {
        var report = sampleReport(.year, Self.year)
        report.tables[0].rows[0].cells.removeLast()
        let packed = try report.packed()
        let faults = #expect(throws: Faults.self) { try Report(unpacking: packed, .shown) }
        #expect(faults?.faults.map(\.path) == ["tables[0].rows[0].cells"])
    }

    @Test func theClientCallsTheMethod() async throws {
        var router = Router()
        router.register(FakeReports())
        let transport = InProcessTransport(
            router: router, peer: Peer(identity: "me"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        defer { transport.client.close() }
        #expect(try await ReportClient(transport.client).report(.clocks, on: Self.year) == sampleReport(.clocks, Self.year))
    }
}

func sampleReport(_ kind: ReportKind, _ days: ClosedRange<CivilDate>) -> Report {
    Report(
        kind: kind, days: days, organisation: OrganisationID("stodcentrum-nordvast"), throughSequence: 4_711,
        tables: [
            ReportTable(
                name: "t", title: "Å", labels: ["Månad", "Kommun"],
                columns: [
                    ReportColumn("a", "A"), ReportColumn("b", "B", .minutes), ReportColumn("c", "C", .share),
                    ReportColumn("d", "D", .hours),
                ],
                rows: [
                    ReportRow(labels: ["2017-01", ""], cells: [.value(0), .suppressed, .none, .value(1.0 / 3)]),
                    ReportRow(labels: [ReportTable.total, "x"], cells: [.value(867), .value(1e9), .suppressed, .none]),
                ])
        ])
}
