import Foundation
public import Referral

/// The settings of `lotsd`, as in `lots.yaml`. Each setting's default, range and meaning stands at its property.
///
/// Every single value can be given as an environment variable, which wins: `LOTS_` and the way to the setting in capitals, joined by
/// underscores (`LOTS_LISTEN_PORT`). Relative paths begin at the folder of the file that names them; those of a variable begin at
/// the working folder.
public struct DaemonConfiguration: Hashable, Sendable {
    public struct Listen: Hashable, Sendable {
        /// `host`: a name or address; default `127.0.0.1`.
        public var host: String
        /// `port`: 0 to 65535, 0 takes any free one; default 7443.
        public var port: Int
    }

    public enum TLSVersion: String, Hashable, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    public struct TLS: Hashable, Sendable {
        /// `certificate`: PEM file with the daemon's certificate, then any intermediate ones. Required.
        public var certificate: String
        /// `key`: PEM file with its private key. Required.
        public var key: String
        /// `client_authorities`: PEM file with the authorities that sign clients' certificates. Required.
        public var clientAuthorities: String
        /// `revocation_lists`: PEM files; default none. With one, every authority needs a current list.
        public var revocationLists: [String]
        /// `revoked_serials`: hexadecimal, colons allowed; default none.
        public var revokedSerials: [String]
        /// `handshake_timeout`: 1s to 1m; default 10s.
        public var handshakeTimeout: Duration
        /// `minimum_version`: 1.2 or 1.3; default 1.3.
        public var minimumVersion: TLSVersion
        /// `reload_interval`: how often the files are looked at for a change, 1s to 1d; default 10s.
        public var reloadInterval: Duration
        /// `resumption`: whether a client may continue a session of the last hour without showing its certificate; default true.
        public var resumption: Bool
    }

    public struct Limits: Hashable, Sendable {
        /// `connections`: open at once, 1 to 100000; default 1000. Past it a new connection is refused.
        public var connections: Int
        /// `connections_per_organisation`: 1 to 100000; default 100.
        public var connectionsPerOrganisation: Int
        /// `calls_per_second`: of one organisation in the long run, calls and stream items, 1 to 1000000; default 2000. Past it
        /// RESOURCE_EXHAUSTED with a time to wait.
        public var callsPerSecond: Int
        /// `call_burst`: how many it may make at once after a pause, 1 to 1000000; default 10000.
        public var callBurst: Int
        /// `streams_per_connection`: calls open at once, 1 to 65536; default 1024. Past it a call fails with RESOURCE_EXHAUSTED.
        public var streamsPerConnection: Int
        /// `message_bytes`: the largest frame body, 2097152 to 4194304; default 4194304. The largest answer needs the least.
        public var messageBytes: Int
        /// `stream_bytes`: received bytes that one call holds until they are taken, 1048576 to 1073741824; default 8388608.
        public var streamBytes: Int
        /// `connection_bytes`: the same of all calls of a connection, 1048576 to 1073741824; default 67108864.
        public var connectionBytes: Int
        /// `daemon_bytes`: the same of all connections, 1048576 to 1099511627776; default 536870912.
        public var daemonBytes: Int
        /// `unsent_bytes`: bytes on their way to one client above which its streams wait and nothing more is read from it, 65536 to
        /// 1073741824 and no more than `unsent_answer_bytes`; default 1048576.
        public var unsentBytes: Int
        /// `unsent_answer_bytes`: the same above which an answer becomes RESOURCE_EXHAUSTED, 4194304 to 1073741824; default 67108864.
        public var unsentAnswerBytes: Int
        /// `waiting_bytes`: messages of one connection that wait to be sent, 8388608 to 1073741824; default 67108864. Past it their stream
        /// is RESOURCE_EXHAUSTED.
        public var waitingBytes: Int
        /// `pending_writes`: submissions and answers that wait for a commit, 1 to 1000000; default 16384. Past it RESOURCE_EXHAUSTED.
        public var pendingWrites: Int
        /// `queue_time`: a write that has to expect a longer wait for its commit is refused at once, 10ms to 1m; default 25ms; what fits the
        /// next commit (64 writes) is taken in any case, and items of streams wait instead.
        public var queueTime: Duration
        /// `first_byte_timeout`: how long a new connection may say nothing, 100ms to 1m; default 5s.
        public var firstByteTimeout: Duration
        /// `idle_timeout`: a connection without a frame for so long is closed, 10s to 1d; default 5m.
        public var idleTimeout: Duration
        /// `ping_interval`: after so long without a byte from a client that speaks `lots/1` it is asked for a sign of life, 1s to 1d;
        /// default 30s.
        public var pingInterval: Duration
        /// `ping_timeout`: how long it has to give one before its connection is closed, 1s to 10m; default 20s.
        public var pingTimeout: Duration
        /// `drain_timeout`: how long accepted calls may take to end when the daemon stops, 0s to 10m; default 30s.
        public var drainTimeout: Duration
    }

    public struct Pages: Hashable, Sendable {
        /// `host`: where `/metrics`, `/live` and `/ready` are answered without TLS; default `127.0.0.1`. Another machine can reach
        /// anything but a loopback address, which needs `allow_remote`.
        public var host: String
        /// `port`: 0 to 65535, 0 takes any free one; without it there are no pages.
        public var port: Int?
    }

    public enum LogLevel: String, Hashable, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    public enum LogFormat: String, Hashable, Sendable, CaseIterable {
        case json, text
    }

    public struct Log: Hashable, Sendable {
        /// `level`: default info.
        public var level: LogLevel
        /// `format`: json or text; default text.
        public var format: LogFormat
        /// `buffer_bytes`: lines that wait to be written, 4096 to 1073741824; default 4194304. Past it lines are dropped and counted.
        public var bufferBytes: Int
    }

    /// `listen`
    public var listen: Listen
    /// `tls`
    public var tls: TLS
    /// `database.path`: the SQLite file, made together with the digest key when both are missing. Required.
    public var databasePath: String
    /// `directory`: the file of organisations and areas. Required.
    public var directoryPath: String
    /// `routing`: the file that lists the rule sets. Required.
    public var routingPath: String
    /// `digest_key`: the file with the secret of the content digests. Required.
    public var digestKeyPath: String
    /// `accept_test_data`: whether messages about invented persons are taken; default false, as in production.
    public var acceptTestData: Bool
    /// `clock.start_at`: the daemon's clock begins at this moment, to replay a recorded stream; refused unless `accept_test_data`.
    public var clockStart: Instant?
    /// `limits`
    public var limits: Limits
    /// `lease`: how long a recipient has to acknowledge a case that was handed out, 5s to 1d; default 5m.
    public var lease: Duration
    /// `consent_period`: how long a referral waits for the person's answer before it is closed and erased, 1h to 90d; default 14d.
    public var consentPeriod: TimeSpan
    /// `pages`
    public var pages: Pages
    /// `log`
    public var log: Log
    /// Variables that look like settings and are none, each with what was probably meant. To be logged once at start.
    public var unusedVariables: [String]

    /// Reads the settings only. Blocks: to be called at start, never in an asynchronous context that others share.
    /// - Throws: every mistake at once.
    public init(file path: String, environment: [String: String] = [:]) throws(ConfigurationFaults) {
        let faults = FaultCollector()
        guard let configuration = Self.read(path, environment, faults), faults.isEmpty else { throw ConfigurationFaults(faults.sorted) }
        self = configuration
    }

    /// Reads the settings, the directory and the routing tables. Blocks, like the initialiser.
    /// - Throws: every mistake of all files at once.
    public static func readAll(
        file path: String, environment: [String: String] = [:]
    ) throws(ConfigurationFaults) -> (configuration: DaemonConfiguration, policy: Policy) {
        let faults = FaultCollector()
        let configuration = read(path, environment, faults)
        guard let configuration else { throw ConfigurationFaults(faults.sorted) }
        let routing = RoutingFile.read(
            configuration.routingPath, directory: DirectoryFile.read(configuration.directoryPath, faults), faults)
        guard let routing, faults.isEmpty else { throw ConfigurationFaults(faults.sorted) }
        return (configuration, Policy(routing: routing, consentPeriod: configuration.consentPeriod))
    }

    /// Who answers for what an exchange takes from its files.
    public static let signature = "configuration"

    /// The directory and the rule sets as they are written in the files, for an exchange that has none yet. Blocks, like the initialiser.
    /// - Parameter routing: what was read from these files.
    /// - Throws: when a file cannot be read. What is in it is not checked again.
    public func firstVersions(_ routing: Routing) throws(ConfigurationFaults) -> [(number: Int, content: PublicationContent)] {
        let faults = FaultCollector()
        let text = ConfigurationFile(name: directoryPath).readText(faults) ?? ""
        let directory = PublicationContent(
            kind: .directory, name: "as configured", first: nil,
            texts: PublicationContent.names(of: .directory).map { .init(name: $0, text: text) }, signedOffBy: Self.signature)
        let ruleSets = RoutingFile.contents(routingPath, routing, faults)
        try faults.throwIfAny()
        return [(1, directory)] + ruleSets
    }

    /// Reads the directory and the routing tables again, as when rules have been added. Blocks, like the initialiser.
    /// - Throws: every mistake of both at once.
    public func readPolicy() throws(ConfigurationFaults) -> Policy {
        let faults = FaultCollector()
        let routing = RoutingFile.read(routingPath, directory: DirectoryFile.read(directoryPath, faults), faults)
        guard let routing, faults.isEmpty else { throw ConfigurationFaults(faults.sorted) }
        return Policy(routing: routing, consentPeriod: consentPeriod)
    }
}

extension DaemonConfiguration {
    /// Variables that belong to others: the command line's and the name of the settings file.
    private static let othersVariables = [ClientProfile.variablePrefix, "LOTS_PROFILES", "LOTS_CONFIGURATION"]

    private static let serial = Scalar.text.map { text in
        text.wholeMatch(of: /[0-9A-Fa-f]{1,2}(?::?[0-9A-Fa-f]{2})*|[0-9A-Fa-f]{1,40}/) != nil
            ? .success(text) : .failure(.init(text: "not a serial number in hexadecimal"))
    }

    /// Nil when a setting that the other files depend on is missing. Otherwise what is wrong is with the collector and the values are
    /// not to be used.
    private static func read(_ path: String, _ environment: [String: String], _ faults: FaultCollector) -> DaemonConfiguration? {
        let variables = EnvironmentVariables(environment, prefix: "LOTS_")
        guard let top = MappingReader.top(of: ConfigurationFile(name: path), variables: variables, faults) else { return nil }

        let listenBlock = top.block("listen")
        let listen = Listen(
            host: listenBlock.value("host", .text, default: "127.0.0.1"),
            port: listenBlock.value("port", .number(0...65_535), default: 7443))
        listenBlock.finish()

        let tlsBlock = top.block("tls")
        let tls = TLS(
            certificate: tlsBlock.requiredPath("certificate") ?? "", key: tlsBlock.requiredPath("key") ?? "",
            clientAuthorities: tlsBlock.requiredPath("client_authorities") ?? "",
            revocationLists: tlsBlock.list("revocation_lists", .text).compactMap(\.self).map(tlsBlock.file.resolve),
            revokedSerials: tlsBlock.list("revoked_serials", serial).compactMap(\.self),
            handshakeTimeout: tlsBlock.value("handshake_timeout", .duration(.seconds(1)...(.seconds(60))), default: .seconds(10)),
            minimumVersion: tlsBlock.value("minimum_version", .word, default: .tls13),
            reloadInterval: tlsBlock.value("reload_interval", .duration(.seconds(1)...(.seconds(86_400))), default: .seconds(10)),
            resumption: tlsBlock.value("resumption", .truth, default: true))
        tlsBlock.finish()

        let databaseBlock = top.block("database")
        let databasePath = databaseBlock.requiredPath("path") ?? ""
        databaseBlock.finish()

        let directoryPath = top.requiredPath("directory")
        let routingPath = top.requiredPath("routing")
        let digestKeyPath = top.requiredPath("digest_key") ?? ""
        let acceptTestData = top.value("accept_test_data", .truth, default: false)

        let clockBlock = top.block("clock")
        let clockStart = clockBlock.optional("start_at", .instant)
        if clockStart != nil, !acceptTestData {
            clockBlock.fault("start_at", "a clock of its own is only for recorded streams: it needs accept_test_data: true")
        }
        clockBlock.finish()

        let limits = readLimits(top.block("limits"))

        let pages = readPages(top.block("pages"))

        let logBlock = top.block("log")
        let log = Log(
            level: logBlock.value("level", .word, default: .info), format: logBlock.value("format", .word, default: .text),
            bufferBytes: logBlock.value("buffer_bytes", .number(4_096...1_073_741_824), default: 4_194_304))
        logBlock.finish()

        let day = Duration.seconds(86_400)
        let lease = top.value("lease", .duration(.seconds(5)...day), default: .seconds(300))
        let consentPeriod = top.value("consent_period", .timeSpan(.seconds(3_600)...(day * 90)), default: .days(14))
        top.finish()

        guard let directoryPath, let routingPath else { return nil }
        return DaemonConfiguration(
            listen: listen, tls: tls, databasePath: databasePath, directoryPath: directoryPath, routingPath: routingPath,
            digestKeyPath: digestKeyPath, acceptTestData: acceptTestData, clockStart: clockStart, limits: limits, lease: lease,
            consentPeriod: consentPeriod, pages: pages, log: log, unusedVariables: variables.unused(except: othersVariables))
    }

    private static func readLimits(_ block: MappingReader) -> Limits {
        defer { block.finish() }
        let limits = Limits(
            connections: block.value("connections", .number(1...100_000), default: 1_000),
            connectionsPerOrganisation: block.value("connections_per_organisation", .number(1...100_000), default: 100),
            callsPerSecond: block.value("calls_per_second", .number(1...1_000_000), default: 2_000),
            callBurst: block.value("call_burst", .number(1...1_000_000), default: 10_000),
            streamsPerConnection: block.value("streams_per_connection", .number(1...65_536), default: 1_024),
            messageBytes: block.value("message_bytes", .number(2_097_152...4_194_304), default: 4_194_304),
            streamBytes: block.value("stream_bytes", .number(1_048_576...1_073_741_824), default: 8_388_608),
            connectionBytes: block.value("connection_bytes", .number(1_048_576...1_073_741_824), default: 67_108_864),
            daemonBytes: block.value("daemon_bytes", .number(1_048_576...1_099_511_627_776), default: 536_870_912),
            unsentBytes: block.value("unsent_bytes", .number(65_536...1_073_741_824), default: 1_048_576),
            unsentAnswerBytes: block.value("unsent_answer_bytes", .number(4_194_304...1_073_741_824), default: 67_108_864),
            waitingBytes: block.value("waiting_bytes", .number(8_388_608...1_073_741_824), default: 67_108_864),
            pendingWrites: block.value("pending_writes", .number(1...1_000_000), default: 16_384),
            queueTime: block.value("queue_time", .duration(.milliseconds(10)...(.seconds(60))), default: .milliseconds(25)),
            firstByteTimeout: block.value("first_byte_timeout", .duration(.milliseconds(100)...(.seconds(60))), default: .seconds(5)),
            idleTimeout: block.value("idle_timeout", .duration(.seconds(10)...(.seconds(86_400))), default: .seconds(300)),
            pingInterval: block.value("ping_interval", .duration(.seconds(1)...(.seconds(86_400))), default: .seconds(30)),
            pingTimeout: block.value("ping_timeout", .duration(.seconds(1)...(.seconds(600))), default: .seconds(20)),
            drainTimeout: block.value("drain_timeout", .duration(.zero...(.seconds(600))), default: .seconds(30)))
        if limits.unsentBytes > limits.unsentAnswerBytes {
            block.fault(
                "unsent_bytes", "must not be more than unsent_answer_bytes: answers would be refused while questions are still read")
        }
        return limits
    }

    private static func readPages(_ block: MappingReader) -> Pages {
        defer { block.finish() }
        let pages = Pages(
            host: block.value("host", .text, default: "127.0.0.1"), port: block.optional("port", .number(0...65_535)))
        let isLoopback = pages.host == "localhost" || pages.host == "::1" || isLoopbackAddress(pages.host)
        if !block.value("allow_remote", .truth, default: false), !isLoopback {
            block.fault("host", "other machines can reach it, and the pages have neither TLS nor a password: it needs allow_remote: true")
        }
        return pages
    }

    /// One of `127.0.0.0/8`, in the usual form.
    private static func isLoopbackAddress(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private init(
        listen: Listen, tls: TLS, databasePath: String, directoryPath: String, routingPath: String, digestKeyPath: String,
        acceptTestData: Bool, clockStart: Instant?, limits: Limits, lease: Duration, consentPeriod: TimeSpan,
        pages: Pages, log: Log, unusedVariables: [String]
    ) {
        self.listen = listen
        self.tls = tls
        self.databasePath = databasePath
        self.directoryPath = directoryPath
        self.routingPath = routingPath
        self.digestKeyPath = digestKeyPath
        self.acceptTestData = acceptTestData
        self.clockStart = clockStart
        self.limits = limits
        self.lease = lease
        self.consentPeriod = consentPeriod
        self.pages = pages
        self.log = log
        self.unusedVariables = unusedVariables
    }
}
