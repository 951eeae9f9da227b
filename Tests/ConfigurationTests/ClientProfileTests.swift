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
        #expect(profile.servers == [.init("lots.example", 7443)])
        #expect(profile.certificate == folder.path("v.crt"))
        #expect(profile.serverIdentity == "spiffe://lots.example/lots/exchange")
        #expect(try ClientProfile.names(file: folder.path("profiles.yaml")) == ["vasterort", "bruten"])
    }

    @Test func variablesWinAndMayBeAllThereIs() throws {
        let folder = try TemporaryFolder(["profiles.yaml": Self.yaml])
        let over = try ClientProfile(
            named: "vasterort", file: folder.path("profiles.yaml"),
            environment: ["LOTS_CLIENT_SERVER": "[::1]:9", "LOTS_CLIENT_KEY": "other.key"])
        #expect(over.servers == [.init("::1", 9)] && over.key == "other.key")
        #expect(over.certificate == folder.path("v.crt"))
        let alone = try ClientProfile(
            named: nil, file: nil,
            environment: [
                "LOTS_CLIENT_SERVER": "a:1", "LOTS_CLIENT_CERTIFICATE": "c", "LOTS_CLIENT_KEY": "k", "LOTS_CLIENT_AUTHORITIES": "ca",
                "LOTS_CLIENT_SERVER_IDENTITY": "spiffe://a/b/c",
            ])
        #expect(alone.servers == [.init("a", 1)] && alone.certificate == "c" && alone.serverIdentity == "spiffe://a/b/c")
    }

    @Test func severalServers() throws {
        let rest = Self.yaml.split(separator: "\n")[3...6].joined(separator: "\n")
        func profile(_ servers: String, _ environment: [String: String] = [:]) throws -> [ClientProfile.Server] {
            let folder = try TemporaryFolder(["profiles.yaml": "profiles:\n  a:\n    \(servers)\n\(rest)"])
            return try ClientProfile(named: nil, file: folder.path("profiles.yaml"), environment: environment).servers
        }
        func mistake(_ servers: String) -> String {
            #expect(throws: ConfigurationFaults.self) { try profile(servers) }?.description ?? ""
        }
        let both = "servers: [one.example:7443, \"[::1]:2\"]"
        #expect(try profile(both) == [.init("one.example", 7443), .init("::1", 2)])
        #expect(try profile(both, ["LOTS_CLIENT_SERVER": "a:1, b:2"]) == [.init("a", 1), .init("b", 2)])
        #expect(mistake("servers: []").contains("profiles.a.servers: must name at least one server"))
        #expect(mistake("servers: [one.example:7443, two.example]").contains("profiles.a.servers[1]: not a server"))
        #expect(mistake("servers: [a:1]\n    server: b:2").contains("profiles.a.server: is given beside \"servers\""))
        #expect(mistake("server: a:1,,b:2").contains("profiles.a.server: not a server"))
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

extension ClientProfile.Server {
    fileprivate init(_ host: String, _ port: Int) {
        self.init(host: host, port: port)
    }
}
