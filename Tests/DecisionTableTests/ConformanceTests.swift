import Foundation
import Testing

@testable import DecisionTable

/// The OMG community's Technology Compatibility Kit for DMN (github.com/dmn-tck/tck), read from a checkout and not part of this
/// project. Most of it is about FEEL expressions: those models have to be refused, not misread.
@Suite("DMN Technology Compatibility Kit", .enabled(if: ConformanceTests.directory != nil, "LOTS_TCK_DIR is not set"))
struct ConformanceTests {
    static let directory = ProcessInfo.processInfo.environment["LOTS_TCK_DIR"].map { URL(filePath: $0, directoryHint: .isDirectory) }

    static var folders: [URL] {
        guard let directory else { return [] }
        let levels = ["compliance-level-2", "compliance-level-3"].map { directory.appending(path: $0) }
        let found = levels.flatMap { (try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)) ?? [] }
        return found.sorted { $0.path < $1.path }
    }

    @Test("Every model is refused, or all its cases come out as the kit says", arguments: folders)
    func folder(_ folder: URL) throws {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let modelFile = try #require(files.first { $0.pathExtension == "dmn" })
        let model: DecisionModel
        do throws(DecisionTableFaults) {
            model = try DecisionModel(xml: Array(try bytes(modelFile)), file: modelFile.lastPathComponent)
        } catch {
            print("refused \(folder.lastPathComponent): \(error.faults[0])")
            return
        }
        var count = 0
        for file in files where file.pathExtension == "xml" {
            for testCase in try XMLTree.read(Array(try Data(contentsOf: file))).children("testCase") {
                for result in testCase.children("resultNode") {
                    try check(result, in: testCase, model)
                    count += 1
                }
            }
        }
        #expect(count > 0)
        print("passed \(folder.lastPathComponent): \(count) results")
    }
}
