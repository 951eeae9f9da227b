import Configuration
import Referral
import Testing

@Suite struct ClientProfileTests {
    private static let yaml = """
        profiles:
          vasterort:
            server: lots.example:7443
            certificate: v.crt
            key: v.key
            authorities: ca.crt
            server_identity: spiffe://lots.example/lots/exchange
          bruten:
            server: lots.example
            certificat: v.crt
            key: v.key
            authorities: ca.crt
            server_identity: lots.example
        """

    @Test func aProfileWithPathsFromItsFile() throws {
        let folder = try TemporaryFolder(["profiles.yaml": Self.yaml])
        let profile = try ClientProfile(named: "vasterort", file: folder.path("profiles.yaml"))
        #expect(profile.host == "lots.example" && profile.port == 7443)
        #expect(profile.certificate == folder.path("v.crt"))
        #expect(profile.serverIdentity == "spiffe://lots.example/lots/exchange")
        #expect(try ClientProfile.names(file: folder.path("profiles.yaml")) == ["vasterort", "bruten"])
    }

    @Test func variablesWinAndMayBeAllThereIs() throws {
        let folder = try TemporaryFolder(["profiles.yaml": Self.yaml])
        let over = try ClientProfile(
            named: "vasterort", file: folder.path("profiles.yaml"),
            environment: ["LOTS_CLIENT_SERVER": "[::1]:9", "LOTS_CLIENT_KEY": "other.key"])
        #expect(over.host == "::1" && over.port == 9 && over.key == "other.key")
        #expect(over.certificate == folder.path("v.crt"))
        let alone = try ClientProfile(
            named: nil, file: nil,
            environment: [
                "LOTS_CLIENT_SERVER": "a:1", "LOTS_CLIENT_CERTIFICATE": "c", "LOTS_CLIENT_KEY": "k", "LOTS_CLIENT_AUTHORITIES": "ca",
                "LOTS_CLIENT_SERVER_IDENTITY": "spiffe://a/b/c",
            ])
        #expect(alone.host == "a" && alone.certificate == "c" && alone.serverIdentity == "spiffe://a/b/c")
    }

    @Test func mistakes() throws {
        let folder = try TemporaryFolder(["profiles.yaml": Self.yaml])
        func message(_ name: String?, _ environment: [String: String] = [:]) -> String {
            let error = #expect(throws: ConfigurationFaults.self) {
                try ClientProfile(named: name, file: folder.path("profiles.yaml"), environment: environment)
            }
            return folder.relative(error?.description ?? "")
        }
        #expect(message(nil) == "profiles.yaml:2: profiles: choose one of the profiles vasterort, bruten")
        #expect(message("vasterot") == "profiles.yaml:2: profiles: there is no profile \"vasterot\"; did you mean \"vasterort\"?")
        #expect(
            message("bruten", ["LOTS_CLIENT_KEY": ""]) == """
                LOTS_CLIENT_KEY: profiles.bruten.key: is empty
                profiles.yaml:9: profiles.bruten.server: not a server: host:port, like lots.example:7443
                profiles.yaml:9: profiles.bruten: "certificate" is missing; it can also be given as LOTS_CLIENT_CERTIFICATE
                profiles.yaml:10: profiles.bruten.certificat: is not a setting; did you mean "certificate"?
                profiles.yaml:13: profiles.bruten.server_identity: not an identity: spiffe://<trust domain>/<organisation>/<unit>
                """)
    }

    @Test func theShippedProfiles() throws {
        for name in try ClientProfile.names(file: Shipped.path("profiles.yaml")) {
            let profile = try ClientProfile(named: name, file: Shipped.path("profiles.yaml"))
            // organisation/unit of the certificate is a participant of the directory.
            let participant = profile.certificate.split(separator: "/").suffix(2).joined(separator: "/").replacing(".crt", with: "")
            let directory = try DirectoryFile.read(Shipped.path("directory.yaml"))
            #expect(directory.participants.contains { $0.description == participant }, "\(participant)")
        }
    }
}
