import Foundation
import Testing

@testable import DecisionTable

/// Folders with cases outside of this project: those that LOTS_TCK_DIR names, with colons between; else a checkout beside the project.
private let outsideRoots: [URL] = {
    if let names = ProcessInfo.processInfo.environment["LOTS_TCK_DIR"] {
        return names.split(separator: ":").map { URL(filePath: String($0)).standardizedFileURL }
    }
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let beside = project.appending(path: "../shared/tck/dev").standardizedFileURL
    return FileManager.default.fileExists(atPath: beside.path) ? [beside] : []
}()

@Suite("Cases in the format of the Technology Compatibility Kit")
struct ConformanceTests {
    private static let ownFolders = ConformanceCases.folders(below: ownRoot)
    private static let ownRoot = Bundle.module.bundleURL.appending(path: "Fixtures/cases")

    @Test("The project's own cases pass", arguments: ownFolders)
    func own(folder: URL) throws {
        let report = try ConformanceCases.run(folder, below: Self.ownRoot)
        #expect(report.remarks == [])
        #expect(report.tally.passed > 0)
    }

    @Test(
        "The kit's cases pass with models that were written and read again", .enabled(if: !outsideRoots.isEmpty, "no folder with cases"),
        arguments: outsideRoots)
    func rewrittenKit(root: URL) throws {
        for folder in ConformanceCases.folders(below: root) {
            let first = try ConformanceCases.run(folder, below: root)
            let second = try ConformanceCases.run(folder, below: root) { try DecisionModel(xml: $0.xml, file: "written.dmn") }
            #expect(first.tally == second.tally, "\(first.name)")
        }
    }

    @Test("There are own cases")
    func ownCases() { #expect(Self.ownFolders.count >= 3) }

    @Test(
        "The kit's cases pass, where their models are understood; level 2 is understood as a whole",
        .enabled(if: !outsideRoots.isEmpty, "LOTS_TCK_DIR is not set, and ../shared/tck/dev is not there"), arguments: outsideRoots)
    func kit(root: URL) throws {
        var total = ConformanceCases.Tally()
        var lines: [String] = []
        for folder in ConformanceCases.folders(below: root) {
            let report = try ConformanceCases.run(folder, below: root)
            lines.append("\(report.name): \(report.tally.text)")
            lines += report.remarks.map { "    \($0)" }
            total.passed += report.tally.passed
            total.failed += report.tally.failed
            total.notAttempted += report.tally.notAttempted
            #expect(report.tally.failed == 0, "\(report.name)")
            if report.name.contains("level-2") { #expect(report.tally.notAttempted == 0, "\(report.name)") }
        }
        print((lines + ["all of \(root.lastPathComponent): \(total.text)"]).joined(separator: "\n"))
        #expect(total.passed > 0)
    }
}

extension ConformanceCases.Tally {
    fileprivate var text: String { "\(passed) passed, \(failed) failed, \(notAttempted) not attempted" }
}
