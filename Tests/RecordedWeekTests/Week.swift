import Foundation
import Protobuf
import Recording
import Referral
import ReferralAPI
import TTRPC

/// The files of the recorded week: see Tests/Streams/README.md.
enum Week {
    static let trustDomain = "lots.example"
    /// Where the clock of the requests begins.
    static let start = Instant(milliseconds: 1_772_431_200_000)
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let streams = root.appending(path: "Tests/Streams")
    static let requests = RecordingSource(file: streams.appending(path: "week-requests.jsonl").path)
    static let recording = streams.appending(path: "week.jsonl")
    static let expected = streams.appending(path: "week-expected.json")
}

extension RecordedTypes {
    /// The methods of the contract.
    static let lots = RecordedTypes(
        method: { name in
            MessageCatalogue.contract[name].map { Method(kind: $0.kind, request: $0.request, response: $0.response) }
        },
        detail: { MessageCatalogue.contract.detail($0) })
}

extension JSONValue {
    var elements: [JSONValue] {
        if case .array(let elements) = content { elements } else { [] }
    }

    func text(_ name: String) -> String? { self[name]?.string }
}
