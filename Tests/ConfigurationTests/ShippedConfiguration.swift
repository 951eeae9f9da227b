import Configuration
import Foundation
import Referral
import Testing

/// The configuration that is shipped as an example, as the tests use it.
enum Shipped {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "config")

    static func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

    static let routing = Result { try DaemonConfiguration.readAll(file: path("lots.yaml")).policy.routing }
}

extension CivilDate {
    /// A day that a test writes down.
    static func day(_ text: String) throws -> CivilDate { try #require(CivilDate(text), "no such day: \(text)") }
}
