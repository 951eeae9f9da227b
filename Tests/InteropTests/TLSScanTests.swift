import Foundation
import TestSupport
import Testing

/// A first look at the daemon's listener. `make test` goes on with the public scanners testssl and sslyze when the tests are done, since
/// they need a quiet machine.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct TLSScanTests {
    private func scan(_ scanner: String) async throws {
        let script = DevelopmentPKI.projectFolder.appending(path: "scripts/scan-tls").path
        let lotsd = Program.built("lotsd")
        let output = try await Program.run("bash", [script, scanner, lotsd], killedAfter: .seconds(240))
        #expect(output.errors == "")
        #expect(output.end == .exit(0))
        #expect(output.text.hasSuffix("scans: nothing weak\n"))
    }

    @Test func openssl() async throws {
        try await scan("openssl")
    }
}
