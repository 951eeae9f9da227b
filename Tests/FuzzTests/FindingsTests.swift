import Foundation
import Testing

/// What the fuzzers start from and what they have found, fed to the same targets. A file is an input; its folder names the target.
struct FindingsTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    private static func inputs(_ target: FuzzTarget, in kind: String) throws -> [URL] {
        let folder = folder.appending(path: kind).appending(path: target.name)
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    @Test(arguments: FuzzTarget.all)
    func seedsKeepTheRules(_ target: FuzzTarget) throws {
        let seeds = try Self.inputs(target, in: "Seeds")
        #expect(!seeds.isEmpty, "a fuzzer without seeds gets nowhere in a short run")
        try replay(seeds, target)
    }

    @Test(arguments: FuzzTarget.all)
    func findingsStayMended(_ target: FuzzTarget) throws {
        try replay(Self.inputs(target, in: "Findings"), target)
    }

    private func replay(_ inputs: [URL], _ target: FuzzTarget) throws {
        for input in inputs {
            let bytes = Array(try Data(contentsOf: input))
            #expect(throws: Never.self, "\(target.name)/\(input.lastPathComponent)") { try target.run(bytes) }
        }
    }

    /// No folder is left over from a target that has another name now.
    @Test(arguments: ["Seeds", "Findings"])
    func everyFolderIsATarget(_ kind: String) throws {
        let names = Set(FuzzTarget.all.map(\.name))
        let folder = Self.folder.appending(path: kind)
        guard FileManager.default.fileExists(atPath: folder.path) else { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name != "README.md" {
            #expect(names.contains(name))
        }
    }
}
