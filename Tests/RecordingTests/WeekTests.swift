import Foundation
import Protobuf
import Testing

@testable import Recording

/// The recorded week: see Tests/Streams/README.md.
@Suite struct WeekTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Streams")

    @Test func everyRequestIsAMessageOfItsMethod() async throws {
        let recording = RecordingSource(file: Self.folder.appending(path: "week-requests.jsonl").path)
        var lines = 0
        var raw = 0
        let summary = try await recording.forEachEntry(types: lotsTypes) { entry in
            switch entry {
            case .header(let header): #expect(header.isTestData)
            case .line(let line, _):
                lines += 1
                switch line.content {
                case .request(.raw): raw += 1
                case .request(.body(let body)):
                    if let referral = body["referral"] {
                        #expect(referral["test"] == .bool(true), "line \(lines + 1) is not marked as test")
                    }
                case .end, .response, .status: break
                }
            }
        }
        #expect(summary.calls > 500)
        #expect(raw == 4)
        #expect(!summary.hasAnswers)
    }
}
