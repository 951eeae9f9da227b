import Foundation
import TestSupport
import Testing

/// Public scanners look at the daemon's listener. `make scan` runs testssl as well, which takes about a minute and needs a quiet machine.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct TLSScanTests {
    private static let hasSSLyze = FileManager.default.isExecutableFile(
        atPath: DevelopmentPKI.projectFolder.appending(path: ".build/sslyze/bin/sslyze").path)

    private func scan(_ scanner: String) async throws {
        let script = DevelopmentPKI.projectFolder.appending(path: "scripts/scan-tls").path
        let lotsd = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "lotsd").path
        let output = try await Program.run("bash", [script, scanner, lotsd], killedAfter: 240)
        #expect(output.errors == "")
        #expect(output.status == 0)
        #expect(output.text.hasSuffix("scans: nothing weak\n"))
    }

    @Test func openssl() async throws {
        try await scan("openssl")
    }

    @Test(.enabled(if: hasSSLyze, "needs sslyze: scripts/scan-tls sslyze installs it"))
    func sslyze() async throws {
        try await scan("sslyze")
    }
}
