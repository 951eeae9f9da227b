import Foundation
import TestSupport
import Testing

/// The peer in Peers/go, built with the Go packages of the system once for all tests.
enum GoPeer {
    private static let packages = "/usr/share/gocode"

    static let isAvailable =
        FileManager.default.fileExists(atPath: "\(packages)/src/github.com/containerd/ttrpc")
        && (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/go")
        }

    static let whereToGetIt: Comment = "needs Go and its ttrpc: Debian packages golang-go and golang-github-containerd-ttrpc-dev"

    private static let built = Task {
        let folder = try DevelopmentPKI.temporaryFolder()
        folderToRemove = folder
        atexit { try? FileManager.default.removeItem(atPath: folderToRemove) }
        let program = "\(folder)/peer"
        let source = DevelopmentPKI.projectFolder.appending(path: "Tests/InteropTests/Peers/go").path
        // The first build on a machine compiles Go's own library.
        try await Program.run(
            "env",
            ["GO111MODULE=off", "GOPATH=\(packages)", "GOFLAGS=", "go", "build", "-o", program]
                + ["peer.go", "messages.go", "bench.go"].map { "\(source)/\($0)" },
            killedAfter: .seconds(300)
        ).check()
        return program
    }

    static var program: String {
        get async throws { try await built.value }
    }

    /// Its output when every check went well.
    static func checks(_ kind: String, _ port: Int, authority: String, certificate: String, key: String) async throws -> [String] {
        let output = try await Program.run(
            program, [kind, String(port), authority, certificate, key], killedAfter: .seconds(120))
        #expect(output.errors == "")
        #expect(output.end == .exit(0))
        return output.text.split(separator: "\n").map(String.init)
    }
}

/// Written once, before the exit handler that reads it is registered.
private nonisolated(unsafe) var folderToRemove = ""
