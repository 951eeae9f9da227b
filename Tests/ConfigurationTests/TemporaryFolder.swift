import Foundation

/// A folder of files that is gone when the test is.
final class TemporaryFolder {
    private let url = FileManager.default.temporaryDirectory.appending(path: "lots-configuration-\(UUID().uuidString)")

    init(_ files: [String: String] = [:]) throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (name, text) in files { try write(text, to: name) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }

    func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: url.appending(path: name)) }

    /// `text` without the folder in front of file names.
    func relative(_ text: String) -> String { text.replacingOccurrences(of: url.path(percentEncoded: false) + "/", with: "") }
}
