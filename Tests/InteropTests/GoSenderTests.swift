import Foundation
import TestSupport
import Testing

/// A sender written in Go submits referrals to the daemon as it is built and configured.
@Suite(.enabled(if: GoPeer.isAvailable, GoPeer.whereToGetIt), .timeLimit(.minutes(6)))
struct GoSenderTests {
    private static let participant = "polisen-stockholm/vasterort"

    @Test func submits() async throws {
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let config = DevelopmentPKI.projectFolder.appending(path: "config").resolvingSymlinksInPath()
        try FileManager.default.copyItem(at: config, to: URL(filePath: "\(folder)/config"))
        let pki = "\(folder)/certs/development"
        try await DevelopmentPKI.runScript("--out", pki, Self.participant).check()

        let lotsd = Program.built("lotsd")
        let environment = [
            "LOTS_LISTEN_PORT": "0", "LOTS_DATABASE_PATH": "\(folder)/lots.sqlite", "LOTS_DIGEST_KEY": "\(folder)/digest.key",
        ]
        let arguments = ["run", "--config", "\(folder)/config/lots.yaml", "--port-file", "\(folder)/port"]
        let output = try await RunningProgram.with(lotsd, arguments, environment: environment) { daemon in
            let port = try await daemon.wait {
                (try? String(contentsOfFile: "\(folder)/port", encoding: .utf8)).flatMap { Int($0.trimmingCharacters(in: .newlines)) }
            }
            let client = "\(pki)/clients/\(Self.participant)"
            return try await GoPeer.checks(
                "submit", port, authority: "\(pki)/ca.crt", certificate: "\(client).crt", key: "\(client).key")
        }
        #expect(
            output == [
                "ok submit", "ok the same message has the same receipt", "ok other content under the same id", "ok faults",
                "ok concurrent submissions",
            ])
    }
}
