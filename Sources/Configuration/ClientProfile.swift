import Foundation

/// How the command line reaches an exchange, and as whom. Named profiles stand in `profiles.yaml`:
///
///     profiles:
///       vasterort:
///         server: lots.example:7443
///         certificate: clients/polisen-stockholm/vasterort.crt
///         key: clients/polisen-stockholm/vasterort.key
///         authorities: ca.crt
///         server_identity: spiffe://lots.example/lots/exchange
///
/// Where several servers are as good as each other, `servers: [one.example:7443, two.example:7443]` stands for `server`; the first that
/// can be reached is used.
///
/// Every value can be given as an environment variable, which wins: `LOTS_CLIENT_SERVER` (several with commas between them),
/// `LOTS_CLIENT_SERVER_IDENTITY`.
public struct ClientProfile: Hashable, Sendable {
    /// Where a server listens.
    public struct Server: Hashable, Sendable {
        /// A name or an address; an IPv6 address without its brackets.
        public var host: String
        /// 1 to 65,535.
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// In the order in which they are tried; never empty.
    public var servers: [Server]
    /// PEM file with the client's certificate, which says who is calling.
    public var certificate: String
    /// PEM file with its private key.
    public var key: String
    /// PEM file with the authorities that sign the server's certificate.
    public var authorities: String
    /// The `spiffe://` name that the server's certificate must carry.
    public var serverIdentity: String

    static let variablePrefix = "LOTS_CLIENT_"

    /// - Parameters:
    ///   - name: which profile; nil takes the only one.
    ///   - path: the file of profiles; nil when everything comes from the environment.
    /// - Throws: every mistake of this profile at once.
    public init(named name: String?, file path: String?, environment: [String: String] = [:]) throws(ConfigurationFaults) {
        let faults = FaultCollector()
        let variables = EnvironmentVariables(environment, prefix: Self.variablePrefix)
        let block =
            if let path {
                Self.find(name, in: ConfigurationFile(name: path), variables, faults)
            } else {
                MappingReader.absent(ConfigurationFile(name: "environment"), variables: variables, faults) as MappingReader?
            }
        guard let block else { throw ConfigurationFaults(faults.sorted) }
        let servers = Self.servers(block)
        let certificate = block.requiredPath("certificate")
        let key = block.requiredPath("key")
        let authorities = block.requiredPath("authorities")
        let identity = block.required("server_identity", Self.identity)
        block.finish()
        guard !servers.isEmpty, let certificate, let key, let authorities, let identity, faults.isEmpty else {
            throw ConfigurationFaults(faults.sorted)
        }
        self.servers = servers
        self.certificate = certificate
        self.key = key
        self.authorities = authorities
        serverIdentity = identity
    }

    /// The names in a file of profiles, in order.
    public static func names(file path: String) throws(ConfigurationFaults) -> [String] {
        let faults = FaultCollector()
        let top = MappingReader.top(of: ConfigurationFile(name: path), faults)
        let names = top?.block("profiles").keys ?? []
        top?.finish()
        try faults.throwIfAny()
        return names
    }

    private static func find(
        _ name: String?, in file: ConfigurationFile, _ variables: EnvironmentVariables, _ faults: FaultCollector
    ) -> MappingReader? {
        guard let top = MappingReader.top(of: file, faults) else { return nil }
        let profiles = top.block("profiles")
        top.finish()
        let names = profiles.keys
        guard let chosen = name ?? (names.count == 1 ? names.first : nil) else {
            profiles.fault("", names.isEmpty ? "no profile is given" : "choose one of the profiles \(names.joined(separator: ", "))")
            return nil
        }
        guard names.contains(chosen) else {
            profiles.fault("", "there is no profile \"\(chosen)\"" + Spelling.suggestion(for: chosen, among: names))
            return nil
        }
        return profiles.block(chosen, overriddenBy: variables)
    }

    /// Empty when there is none or a mistake, which has been noted.
    private static func servers(_ block: MappingReader) -> [Server] {
        guard block.contains("servers") else { return block.required("server", someServers) ?? [] }
        let listed = block.list("servers", server)
        if listed.isEmpty { block.fault("servers", "must name at least one server: host:port") }
        // In the file only one of the two; a variable wins over either.
        if block.contains("server") { block.fault("server", "is given beside \"servers\"; give one of the two") }
        return block.optional("server", someServers) ?? listed.compactMap(\.self)
    }

    /// `host:port`; an IPv6 address in brackets.
    private static let server: Scalar<Server> = Scalar.text.map { text in
        guard let server = read(text) else { return .failure(.init(text: notAServer)) }
        return .success(server)
    }

    /// One, or several with commas between them.
    private static let someServers: Scalar<[Server]> = Scalar.text.map { text in
        let servers = text.split(separator: ",", omittingEmptySubsequences: false).map { read($0.filter { $0 != " " }) }
        guard !servers.contains(nil) else { return .failure(.init(text: notAServer)) }
        return .success(servers.compactMap(\.self))
    }

    private static let notAServer = "not a server: host:port, like lots.example:7443"

    private static func read(_ text: String) -> Server? {
        guard let match = text.wholeMatch(of: /(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]\/\s]+)):([0-9]{1,5})/),
            let host = match.1 ?? match.2, let port = Int(match.3), (1...65_535).contains(port)
        else { return nil }
        return Server(host: String(host), port: port)
    }

    private static let identity = Scalar.text.map { text in
        text.wholeMatch(of: /spiffe:\/\/[a-z0-9.-]+\/[a-z0-9-]+\/[a-z0-9-]+/) != nil
            ? .success(text)
            : .failure(.init(text: "not an identity: spiffe://<trust domain>/<organisation>/<unit>"))
    }
}
