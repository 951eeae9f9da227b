import Foundation
import TestSupport
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

@Suite struct GeneratedCodeTests {
    private static let generator = "protoc-c"
    private static let isInstalled = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(generator)")
    }

    @Test(.enabled(if: isInstalled, "protoc-c (protobuf-c-compiler) is not installed: the C messages were not compared with proto/"))
    func theCommittedMessagesAreThoseOfTheContract() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lots-generated-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await Program.run(root.appending(path: "scripts/generate").path, [folder.path]).check()
        for module in ["CReferralMessages", "CTTRPCMessages"] {
            let generated = try files(in: folder.appending(path: module))
            let committed = try files(in: root.appending(path: "Sources/\(module)"))
            #expect(generated.keys.sorted() == committed.keys.sorted())
            #expect(!generated.isEmpty)
            for (path, content) in generated {
                #expect(content == committed[path], "\(module)/\(path) is out of date: run scripts/generate")
            }
        }
    }

    private func files(in folder: URL) throws -> [String: Data] {
        let folder = folder.resolvingSymlinksInPath()
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".c") || path.hasSuffix(".h") {
            files[path] = try Data(contentsOf: folder.appending(path: path))
        }
        return files
    }
}
