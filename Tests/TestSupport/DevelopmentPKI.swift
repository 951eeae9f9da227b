package import Foundation
package import TLS

/// Certificates from the project's own script, made once in a temporary folder that is removed when the process ends.
package struct DevelopmentPKI: Sendable {
    package let folder: String

    /// - Parameter folder: where the script has put them.
    package init(folder: String) {
        self.folder = folder
    }

    private static let shared = Task { try await make() }

    package static var current: DevelopmentPKI {
        get async throws { try await shared.value }
    }

    package var serverSerialNumber: String {
        get async throws { try await serialNumber(of: "server") }
    }

    package func path(_ name: String) -> String { "\(folder)/\(name)" }

    package func serialNumber(of name: String) async throws -> String {
        let output = try await Program.run("openssl", ["x509", "-in", path("\(name).crt"), "-noout", "-serial"])
        return String(output.text.dropFirst("serial=".count).prefix { $0 != "\n" })
    }

    package func fingerprint(of name: String) async throws -> String {
        let output = try await Program.run("openssl", ["x509", "-in", path("\(name).crt"), "-noout", "-fingerprint", "-sha256"])
        return output.text.drop { $0 != "=" }.dropFirst().filter { $0 != ":" && $0 != "\n" }.lowercased()
    }

    package func server(_ change: (inout TLSConfiguration) -> Void = { _ in }) throws -> TLSContext {
        var configuration = TLSConfiguration(
            role: .server,
            certificateChainFile: path("server.crt"),
            privateKeyFile: path("server.key"),
            trustRootsFile: path("ca.crt")
        )
        change(&configuration)
        return try TLSContext(configuration)
    }

    package func client(
        _ name: String = "clients/polisen/region-syd",
        expecting server: TLSConfiguration.ExpectedServer = .init(spiffeIdentifier: "spiffe://lots.example/lots/exchange"),
        _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> TLSContext {
        var configuration = TLSConfiguration(
            role: .client(expecting: server),
            certificateChainFile: path("\(name).crt"),
            privateKeyFile: path("\(name).key"),
            trustRootsFile: path("ca.crt")
        )
        change(&configuration)
        return try TLSContext(configuration)
    }

    package static let projectFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    package static let script = projectFolder.appending(path: "certs/make-development-pki.sh").path(percentEncoded: false)

    package static func runScript(_ arguments: String...) async throws -> Program.Output {
        try await Program.run("bash", [script] + arguments)
    }

    package static func temporaryFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lots-tls-\(UUID().uuidString)").path(percentEncoded: false)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    private static func make() async throws -> DevelopmentPKI {
        let pki = DevelopmentPKI(folder: try temporaryFolder())
        folderToRemove = pki.folder
        atexit { try? FileManager.default.removeItem(atPath: folderToRemove) }

        let clients = ["polisen/region-syd", "polisen/revoked", "jouren/farsta"]
        try await runScript("--out", pki.folder, "--revoke", "polisen/revoked", clients[0], clients[1], clients[2]).check()
        try await runScript("--out", pki.folder, "--started", "30", "--days", "10", "polisen/expired").check()
        try await runScript("--out", pki.path("foreign"), "polisen/region-syd").check()
        try await Program.run(
            "openssl",
            ["ec", "-in", pki.path("server.key"), "-aes128", "-passout", "pass:secret", "-out", pki.path("encrypted.key")]
        ).check()
        for (name, names) in oddNames {
            try await pki.issue(name, extensions: names.map { "subjectAltName=\($0)" } ?? "")
        }
        return pki
    }

    /// Certificates of the right authority with subject alternative names that must be refused.
    package static let oddNames: [(name: String, names: String?)] = [
        ("no-names", nil),
        ("no-uri", "DNS:client.lots.example"),
        ("two-uris", "URI:spiffe://lots.example/polisen/a,URI:spiffe://lots.example/polisen/b"),
        ("other-scheme", "URI:https://lots.example/polisen/a"),
        ("three-segments", "URI:spiffe://lots.example/polisen/a/b"),
        ("percent", "URI:spiffe://lots.example/polisen/a%2Fb"),
    ]

    /// Makes a revocation list of the authority, in place of one that is there: with those the script has revoked on it, or nobody.
    /// - Parameter isOverdue: there should have been a newer one long ago.
    package func makeRevocationList(_ list: String, revokes: Bool, isOverdue: Bool = false) async throws {
        let index = "\(list).index"
        let content = revokes ? try Data(contentsOf: URL(filePath: path("ca/index.txt"))) : Data()
        try content.write(to: URL(filePath: index))
        try Data(
            """
            [ca]
            default_ca = lists
            [lists]
            database = \(index)
            default_md = sha256
            certificate = \(path("ca.crt"))
            private_key = \(path("ca.key"))

            """.utf8
        ).write(to: URL(filePath: "\(list).cnf"))
        let times = isOverdue ? ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z"] : ["-crldays", "1"]
        try await Program.run("openssl", ["ca", "-config", "\(list).cnf", "-gencrl", "-out", "\(list).new"] + times).check()
        try Data(contentsOf: URL(filePath: "\(list).new")).write(to: URL(filePath: list), options: .atomic)
    }

    /// Issues a certificate for clients that is valid for two days.
    /// - Parameter authority: nil: signed by itself.
    package func issue(_ name: String, extensions: String, by authority: String? = "ca") async throws {
        let signer = authority.map { ["-CA", path("\($0).crt"), "-CAkey", path("\($0).key")] } ?? ["-signkey", path("\(name).key")]
        let request = path("\(name).csr")
        let list = path("\(name).ext")
        try Data("extendedKeyUsage=clientAuth\n\(extensions)\n".utf8).write(to: URL(filePath: list))
        try await Program.run(
            "openssl",
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)"]
                + ["-keyout", path("\(name).key"), "-out", request]
        ).check()
        try await Program.run(
            "openssl",
            ["x509", "-req", "-in", request, "-days", "2", "-extfile", list] + signer + ["-out", path("\(name).crt")]
        ).check()
    }
}

/// Written once, before the exit handler that reads it is registered.
private nonisolated(unsafe) var folderToRemove = ""
