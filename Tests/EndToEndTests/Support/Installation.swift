import Configuration
import Foundation
import Referral
import TLS
import TTRPC
import TestSupport

/// The example's configuration laid out in a temporary folder as it ships, with certificates of its own for every participant. Made
/// once and removed when the process ends; nothing writes to it after that.
struct Installation: Sendable {
    /// Clients that no exchange serves, in the words of the file that holds their certificate.
    enum Unwelcome {
        static let expired = "polisen-stockholm/expired"
        static let revoked = "polisen-stockholm/revoked"
        static let unknownUnit = "polisen-stockholm/unknown"
        /// Its serial number is in `settingsWithRevokedSerial`.
        static let revokedBySerial = "polisen-stockholm/revoked-by-serial"
    }

    static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let trustDomain = "lots.example"
    static let serverIdentity = "spiffe://lots.example/lots/exchange"

    private static let shared = Task { try await make() }

    static var current: Installation {
        get async throws { try await shared.value }
    }

    /// The same certificates with `SmallConfiguration`.
    static var small: Installation {
        get async throws { try await sharedSmall.value }
    }

    private static let sharedSmall = Task {
        let folder = try await current.folder
        let small = folder.appending(path: smallConfiguration)
        try SmallConfiguration.write(to: small)
        try FileManager.default.copyItem(at: folder.appending(path: "config/lots.yaml"), to: small.appending(path: "lots.yaml"))
        return try Installation(folder: folder, configuration: smallConfiguration)
    }

    /// As `small`, and the jour names a reader of protected identities.
    static var withProtectedReader: Installation {
        get async throws { try await sharedWithReader.value }
    }

    private static let sharedWithReader = Task {
        let folder = try await current.folder
        let configuration = "readers"
        let readers = folder.appending(path: configuration)
        try SmallConfiguration.write(to: readers)
        let unit = "{participant: bojen-vasterort/stodsamordning"
        let directory = SmallConfiguration.directory.replacing(
            "\(unit), name: Stödsamordning}\n",
            with: "\(unit), name: Stödsamordning}\n    protected_readers:\n      - {unit: bojen-vasterort/stodsamordning}\n")
        try directory.write(to: readers.appending(path: "directory.yaml"), atomically: true, encoding: .utf8)
        try FileManager.default.copyItem(at: folder.appending(path: "config/lots.yaml"), to: readers.appending(path: "lots.yaml"))
        return try Installation(folder: folder, configuration: configuration)
    }

    private static let smallConfiguration = "small"

    let folder: URL
    let policy: Policy
    /// Where in `folder` the configuration lies.
    private let configuration: String

    private init(folder: URL, configuration: String) throws {
        self.folder = folder
        self.configuration = configuration
        let directory = try DirectoryFile.read(folder.appending(path: "\(configuration)/directory.yaml").path)
        policy = Policy(
            routing: try RoutingFile.read(folder.appending(path: "\(configuration)/routing.yaml").path, directory: directory))
    }

    var settings: String { path("\(configuration)/lots.yaml") }
    /// As `settings`, and one serial number is revoked.
    var settingsWithRevokedSerial: String { path("config/lots-revoked-serial.yaml") }
    var authority: String { path("certs/development/ca.crt") }
    var server: TLSConfiguration {
        TLSConfiguration(
            role: .server, certificateChainFile: path("certs/development/server.crt"), privateKeyFile: path("certs/development/server.key"),
            trustRootsFile: authority)
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// The file of a client's certificate or, with the suffix `key`, of its key.
    func file(of participant: String, in pki: String = "certs/development", _ suffix: String = "crt") -> String {
        path("\(pki)/clients/\(participant).\(suffix)")
    }

    /// What a client needs to connect as this participant.
    /// - Parameter pki: another folder is another authority.
    func client(_ participant: String, in pki: String = "certs/development") throws -> TLSContext {
        var configuration = TLSConfiguration(
            role: .client(expecting: .init(spiffeIdentifier: Self.serverIdentity)),
            certificateChainFile: file(of: participant, in: pki), privateKeyFile: file(of: participant, in: pki, "key"),
            trustRootsFile: authority)
        configuration.applicationProtocols = WireProtocol.names
        return try TLSContext(configuration)
    }

    private static func make() async throws -> Installation {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lots-installation-\(UUID().uuidString)")
        folderToRemove = folder.path
        atexit { try? FileManager.default.removeItem(atPath: folderToRemove) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: project.appending(path: "config").resolvingSymlinksInPath(), to: folder.appending(path: "config"))

        let installation = try Installation(folder: folder, configuration: "config")
        let participants = installation.policy.routing.directory.organisations.flatMap { organisation in
            organisation.units.map { "\(organisation.id)/\($0.id)" }
        }

        let pki = installation.path("certs/development")
        try await makeCertificates(
            ["--out", pki, "--revoke", Unwelcome.revoked] + participants
                + [Unwelcome.revoked, Unwelcome.unknownUnit, Unwelcome.revokedBySerial])
        try await makeCertificates(["--out", pki, "--started", "30", "--days", "10", Unwelcome.expired])
        try await makeCertificates(["--out", installation.path("certs/foreign"), "polisen-stockholm/vasterort"])

        let certificate = installation.file(of: Unwelcome.revokedBySerial)
        let serial = try await Program.run("openssl", ["x509", "-in", certificate, "-noout", "-serial"]).text
            .trimmingCharacters(in: .whitespacesAndNewlines).dropFirst("serial=".count)
        let settings = try String(contentsOfFile: installation.settings, encoding: .utf8)
        try settings.replacing("# revoked_serials: []", with: "revoked_serials: [\"\(serial)\"]")
            .write(toFile: installation.settingsWithRevokedSerial, atomically: true, encoding: .utf8)
        return installation
    }

    private static func makeCertificates(_ arguments: [String]) async throws {
        try await Program.run("bash", [project.appending(path: "certs/make-development-pki.sh").path] + arguments).check()
    }
}

/// Written once, before the exit handler that reads it is registered.
private nonisolated(unsafe) var folderToRemove = ""
