import Configuration
import Foundation
import Referral
import Testing

/// A settings file with a mistake, and every word of what is said about it.
struct BadSettings: Sendable, CustomTestStringConvertible {
    let name: String
    let yaml: String
    var environment: [String: String] = [:]
    let faults: String

    var testDescription: String { name }
}

private let minimal = """
    tls: {certificate: a.crt, key: a.key, client_authorities: ca.crt}
    database: {path: lots.sqlite}
    directory: directory.yaml
    routing: routing.yaml
    digest_key: digest.key

    """

private let badSettings: [BadSettings] = [
    .init(name: "an empty file", yaml: "", faults: "lots.yaml: is empty"),
    .init(name: "a list", yaml: "- 1", faults: "lots.yaml:1: must be a block of keys and values"),
    .init(
        name: "not YAML", yaml: minimal + "listen: {port: 7443\nlease: 5m\n",
        faults: "lots.yaml:7: is not YAML: did not find expected ',' or '}'"),
    .init(
        name: "two documents", yaml: minimal + "---\nlease: 5m\n",
        faults: "lots.yaml:6: is not YAML: but found another document"),
    .init(
        name: "a key given twice", yaml: minimal + "lease: 5m\nlease: 6m\n",
        faults: "lots.yaml:6: lease: is given more than once in the same block"),
    .init(
        name: "a misspelt key", yaml: minimal + "acept_test_data: true\n",
        faults: "lots.yaml:6: acept_test_data: is not a setting; did you mean \"accept_test_data\"?"),
    .init(
        name: "a key with swapped letters in a block", yaml: minimal + "limits:\n  messgae_bytes: 4096\n",
        faults: "lots.yaml:7: limits.messgae_bytes: is not a setting; did you mean \"message_bytes\"?"),
    .init(name: "a key like no other", yaml: minimal + "colour: red\n", faults: "lots.yaml:6: colour: is not a setting"),
    .init(
        name: "a port that is text", yaml: minimal + "listen: {port: \"7443\"}\n",
        faults: "lots.yaml:6: listen.port: must be written without quotes"),
    .init(
        name: "a port out of range", yaml: minimal + "listen:\n  port: 70000\n",
        faults: "lots.yaml:7: listen.port: 70000 is out of range: 0 to 65535"),
    .init(
        name: "a port that is no number", yaml: minimal + "listen:\n  port: 7_443\n",
        faults: "lots.yaml:7: listen.port: not a whole number from 0 to 65535"),
    .init(
        name: "a number larger than any", yaml: minimal + "listen:\n  port: 99999999999999999999\n",
        faults: "lots.yaml:7: listen.port: not a whole number from 0 to 65535"),
    .init(name: "a value that is a block", yaml: minimal + "lease: {minutes: 5}\n", faults: "lots.yaml:6: lease: must be a single value"),
    .init(
        name: "a block that is a value", yaml: minimal + "limits: 5\n", faults: "lots.yaml:6: limits: must be a block of keys and values"),
    .init(name: "a key without value", yaml: minimal + "lease:\n", faults: "lots.yaml:6: lease: has no value"),
    .init(
        name: "yes for true", yaml: minimal + "accept_test_data: yes\n", faults: "lots.yaml:6: accept_test_data: neither true nor false"),
    .init(
        name: "a duration without unit", yaml: minimal + "lease: 300\n",
        faults: "lots.yaml:6: lease: not a duration: a whole number with its unit ms, s, m, h or d, like 30s"),
    .init(
        name: "a duration in weeks", yaml: minimal + "lease: 1w\n",
        faults: "lots.yaml:6: lease: not a duration: a whole number with its unit ms, s, m, h or d, like 30s"),
    .init(name: "too short", yaml: minimal + "lease: 1s\n", faults: "lots.yaml:6: lease: 1s is out of range: 5s to 1d"),
    .init(
        name: "a duration beyond counting", yaml: minimal + "lease: 9223372036854775807d\n",
        faults: "lots.yaml:6: lease: 9223372036854775807d is out of range: 5s to 1d"),
    .init(
        name: "a level that is none", yaml: minimal + "log: {level: warn}\n",
        faults: "lots.yaml:6: log.level: none of trace, debug, info, notice, warning, error, critical"),
    .init(
        name: "a level misspelt", yaml: minimal + "log: {level: warnign}\n",
        faults: "lots.yaml:6: log.level: none of trace, debug, info, notice, warning, error, critical; did you mean \"warning\"?"),
    .init(
        name: "pages for everybody", yaml: minimal + "pages: {host: 0.0.0.0, port: 7444}\n",
        faults: "lots.yaml:6: pages.host: other machines can reach it, and the pages have neither TLS nor a password: "
            + "it needs allow_remote: true"),
    .init(
        name: "pages at a name that only looks local", yaml: minimal + "pages: {host: 127.0.0.1.example.org}\n",
        faults: "lots.yaml:6: pages.host: other machines can reach it, and the pages have neither TLS nor a password: "
            + "it needs allow_remote: true"),
    .init(
        name: "a queue that waits too long", yaml: minimal + "limits: {queue_time: 2m, calls_per_second: 0}\n",
        faults: """
            lots.yaml:6: limits.calls_per_second: 0 is out of range: 1 to 1000000
            lots.yaml:6: limits.queue_time: 2m is out of range: 10ms to 1m
            """),
    .init(
        name: "bounds that contradict each other", yaml: minimal + "limits: {unsent_bytes: 8388609, unsent_answer_bytes: 8388608}\n",
        faults: "lots.yaml:6: limits.unsent_bytes: must not be more than unsent_answer_bytes: "
            + "answers would be refused while questions are still read"),
    .init(
        name: "a clock in production", yaml: minimal + "clock: {start_at: 2016-01-04T08:00:00Z}\n",
        faults: "lots.yaml:6: clock.start_at: a clock of its own is only for recorded streams: it needs accept_test_data: true"),
    .init(
        name: "a moment on a day that does not exist", yaml: minimal + "accept_test_data: true\nclock: {start_at: 2015-02-29T08:00:00Z}\n",
        faults: "lots.yaml:7: clock.start_at: not a moment in UTC like 2016-01-04T08:00:00Z"),
    .init(
        name: "a moment without zone", yaml: minimal + "accept_test_data: true\nclock: {start_at: 2016-01-04 08:00}\n",
        faults: "lots.yaml:7: clock.start_at: not a moment in UTC like 2016-01-04T08:00:00Z"),
    .init(
        name: "a list as a variable", yaml: minimal, environment: ["LOTS_TLS_REVOCATION_LISTS": "ca.crl"],
        faults: "LOTS_TLS_REVOCATION_LISTS: tls.revocation_lists: is a list, which a variable cannot hold: it is given in the file"),
    .init(
        name: "a list that is a value", yaml: minimal.replacing("ca.crt}", with: "ca.crt, revocation_lists: ca.crl}"),
        faults: "lots.yaml:1: tls.revocation_lists: must be a list"),
    .init(
        name: "a serial that is none", yaml: minimal.replacing("ca.crt}", with: "ca.crt, revoked_serials: [\"0a:1b\", xyz]}"),
        faults: "lots.yaml:1: tls.revoked_serials[1]: not a serial number in hexadecimal"),
    .init(
        name: "what must be given", yaml: "lease: 5m\n",
        faults: """
            lots.yaml:1: tls: "certificate" is missing; it can also be given as LOTS_TLS_CERTIFICATE
            lots.yaml:1: tls: "key" is missing; it can also be given as LOTS_TLS_KEY
            lots.yaml:1: tls: "client_authorities" is missing; it can also be given as LOTS_TLS_CLIENT_AUTHORITIES
            lots.yaml:1: database: "path" is missing; it can also be given as LOTS_DATABASE_PATH
            lots.yaml:1: "directory" is missing; it can also be given as LOTS_DIRECTORY
            lots.yaml:1: "routing" is missing; it can also be given as LOTS_ROUTING
            lots.yaml:1: "digest_key" is missing; it can also be given as LOTS_DIGEST_KEY
            """),
    .init(
        name: "a variable with a mistake is named as the variable", yaml: minimal, environment: ["LOTS_LISTEN_PORT": "http"],
        faults: "LOTS_LISTEN_PORT: listen.port: not a whole number from 0 to 65535"),
    .init(
        name: "a variable against another setting", yaml: minimal, environment: ["LOTS_CLOCK_START_AT": "2016-01-04T08:00:00Z"],
        faults: "LOTS_CLOCK_START_AT: clock.start_at: a clock of its own is only for recorded streams: it needs accept_test_data: true"),
    .init(
        name: "a good variable does not hide a mistake in the file", yaml: minimal + "listen: {port: high}\n",
        environment: ["LOTS_LISTEN_PORT": "7443"], faults: "lots.yaml:6: listen.port: not a whole number from 0 to 65535"),
    .init(
        name: "all at once, in order", yaml: minimal + "lease: soon\nlimits:\n  connections: 0\n  idle_timout: 5m\nlog: {format: xml}\n",
        environment: ["LOTS_ACCEPT_TEST_DATA": "1"],
        faults: """
            LOTS_ACCEPT_TEST_DATA: accept_test_data: neither true nor false
            lots.yaml:6: lease: not a duration: a whole number with its unit ms, s, m, h or d, like 30s
            lots.yaml:8: limits.connections: 0 is out of range: 1 to 100000
            lots.yaml:9: limits.idle_timout: is not a setting; did you mean "idle_timeout"?
            lots.yaml:10: log.format: none of json, text
            """),
]

@Suite struct DaemonConfigurationTests {
    @Test(arguments: badSettings)
    func everyMistakeIsNamed(_ bad: BadSettings) throws {
        let folder = try TemporaryFolder(["lots.yaml": bad.yaml])
        let error = #expect(throws: ConfigurationFaults.self) {
            try DaemonConfiguration(file: folder.path("lots.yaml"), environment: bad.environment)
        }
        #expect(folder.relative(error?.description ?? "") == bad.faults)
    }

    @Test func filesThatCannotBeRead() throws {
        let folder = try TemporaryFolder(["large.yaml": String(repeating: "# filler\n", count: 120_000)])
        try Data([0x6C, 0xFF, 0xFE]).write(to: URL(filePath: folder.path("latin.yaml")))
        func message(_ name: String) -> String {
            let error = #expect(throws: ConfigurationFaults.self) { try DaemonConfiguration(file: folder.path(name)) }
            return folder.relative(error?.description ?? "")
        }
        #expect(message("nowhere.yaml") == "nowhere.yaml: no such file")
        #expect(message("large.yaml") == "large.yaml: is larger than 1048576 bytes")
        #expect(message("latin.yaml") == "latin.yaml: is not UTF-8 text")
        #expect(message(".").hasSuffix("is a folder, not a file"))
    }

    @Test func defaultsAndPathsFromTheFilesFolder() throws {
        let folder = try TemporaryFolder(["lots.yaml": minimal])
        let configuration = try DaemonConfiguration(file: folder.path("lots.yaml"))
        #expect(configuration.listen.host == "127.0.0.1" && configuration.listen.port == 7443)
        #expect(configuration.tls.certificate == folder.path("a.crt"))
        #expect(configuration.tls.handshakeTimeout == .seconds(10))
        #expect(configuration.tls.minimumVersion == .tls13)
        #expect(configuration.databasePath == folder.path("lots.sqlite"))
        #expect(configuration.acceptTestData == false)
        #expect(configuration.clockStart == nil)
        #expect(configuration.limits.connections == 1_000)
        #expect(configuration.limits.connectionsPerOrganisation == 100)
        #expect(configuration.limits.streamsPerConnection == 1_024)
        #expect(configuration.limits.messageBytes == 4_194_304)
        #expect(configuration.limits.pendingWrites == 16_384)
        #expect(configuration.limits.idleTimeout == .seconds(300))
        #expect(configuration.limits.drainTimeout == .seconds(30))
        #expect(configuration.lease == .seconds(300))
        #expect(configuration.consentPeriod == .days(14))
        #expect(configuration.log.level == .info && configuration.log.format == .text)
        #expect(configuration.log.bufferBytes == 4_194_304)
        #expect(configuration.limits.callsPerSecond == 2_000 && configuration.limits.callBurst == 10_000)
        #expect(configuration.limits.streamBytes == 8_388_608 && configuration.limits.connectionBytes == 67_108_864)
        #expect(configuration.limits.daemonBytes == 536_870_912)
        #expect(configuration.limits.unsentBytes == 1_048_576 && configuration.limits.unsentAnswerBytes == 67_108_864)
        #expect(configuration.limits.waitingBytes == 67_108_864)
        #expect(configuration.limits.queueTime == .milliseconds(25) && configuration.limits.firstByteTimeout == .seconds(5))
        #expect(configuration.limits.pingInterval == .seconds(30) && configuration.limits.pingTimeout == .seconds(20))
        #expect(configuration.tls.reloadInterval == .seconds(10) && configuration.tls.resumption)
        #expect(configuration.pages.host == "127.0.0.1" && configuration.pages.port == nil)
    }

    @Test func aVariableForEverySingleSetting() throws {
        let folder = try TemporaryFolder(["lots.yaml": minimal])
        let environment = [
            "LOTS_LISTEN_HOST": "::1", "LOTS_LISTEN_PORT": "0", "LOTS_TLS_CERTIFICATE": "/c", "LOTS_TLS_KEY": "k",
            "LOTS_TLS_CLIENT_AUTHORITIES": "/a", "LOTS_TLS_HANDSHAKE_TIMEOUT": "2s", "LOTS_TLS_MINIMUM_VERSION": "1.2",
            "LOTS_DATABASE_PATH": "/d", "LOTS_DIRECTORY": "/y", "LOTS_ROUTING": "/r", "LOTS_DIGEST_KEY": "/g",
            "LOTS_ACCEPT_TEST_DATA": "true", "LOTS_CLOCK_START_AT": "2016-01-04T08:00:00Z", "LOTS_LIMITS_CONNECTIONS": "7",
            "LOTS_LIMITS_CONNECTIONS_PER_ORGANISATION": "6", "LOTS_LIMITS_STREAMS_PER_CONNECTION": "5",
            "LOTS_LIMITS_MESSAGE_BYTES": "3000000",
            "LOTS_LIMITS_PENDING_WRITES": "4", "LOTS_LIMITS_IDLE_TIMEOUT": "1h", "LOTS_LIMITS_DRAIN_TIMEOUT": "0s", "LOTS_LEASE": "1d",
            "LOTS_CONSENT_PERIOD": "2h", "LOTS_LOG_LEVEL": "debug", "LOTS_LOG_FORMAT": "json", "LOTS_LISTEN_PROT": "1",
            "LOTS_LOG_BUFFER_BYTES": "4096", "LOTS_LIMITS_CALLS_PER_SECOND": "9", "LOTS_LIMITS_CALL_BURST": "8",
            "LOTS_LIMITS_STREAM_BYTES": "1048576", "LOTS_LIMITS_CONNECTION_BYTES": "2097152", "LOTS_LIMITS_DAEMON_BYTES": "3145728",
            "LOTS_LIMITS_QUEUE_TIME": "10ms", "LOTS_LIMITS_FIRST_BYTE_TIMEOUT": "100ms", "LOTS_TLS_RELOAD_INTERVAL": "1d",
            "LOTS_LIMITS_UNSENT_BYTES": "65536", "LOTS_LIMITS_UNSENT_ANSWER_BYTES": "4194304", "LOTS_LIMITS_WAITING_BYTES": "8388608",
            "LOTS_LIMITS_PING_INTERVAL": "1s", "LOTS_LIMITS_PING_TIMEOUT": "2s",
            "LOTS_TLS_RESUMPTION": "false", "LOTS_PAGES_PORT": "0", "LOTS_PAGES_HOST": "0.0.0.0", "LOTS_PAGES_ALLOW_REMOTE": "true",
            "LOTS_SERVICE_HOST": "10.0.0.1", "LOTS_CLIENT_SERVER": "x:1", "LOTS_PROFILES": "/p", "PATH": "/bin",
        ]
        let configuration = try DaemonConfiguration(file: folder.path("lots.yaml"), environment: environment)
        #expect(configuration.listen.host == "::1" && configuration.listen.port == 0)
        #expect(configuration.tls.certificate == "/c")
        #expect(configuration.tls.key == "k", "a variable's path begins at the working folder")
        #expect(configuration.tls.clientAuthorities == "/a")
        #expect(configuration.tls.handshakeTimeout == .seconds(2))
        #expect(configuration.tls.minimumVersion == .tls12)
        #expect(configuration.databasePath == "/d" && configuration.directoryPath == "/y")
        #expect(configuration.routingPath == "/r" && configuration.digestKeyPath == "/g")
        #expect(configuration.acceptTestData)
        #expect(configuration.clockStart == Instant(milliseconds: 1_451_894_400_000))
        #expect(configuration.limits.connections == 7 && configuration.limits.connectionsPerOrganisation == 6)
        #expect(configuration.limits.streamsPerConnection == 5 && configuration.limits.messageBytes == 3_000_000)
        #expect(configuration.limits.pendingWrites == 4 && configuration.limits.idleTimeout == .seconds(3_600))
        #expect(configuration.limits.drainTimeout == .zero && configuration.lease == .seconds(86_400))
        #expect(configuration.consentPeriod == .hours(2))
        #expect(configuration.log.level == .debug && configuration.log.format == .json && configuration.log.bufferBytes == 4_096)
        #expect(configuration.limits.callsPerSecond == 9 && configuration.limits.callBurst == 8)
        #expect(configuration.limits.streamBytes == 1_048_576 && configuration.limits.connectionBytes == 2_097_152)
        #expect(configuration.limits.daemonBytes == 3_145_728 && configuration.limits.queueTime == .milliseconds(10))
        #expect(configuration.limits.firstByteTimeout == .milliseconds(100) && configuration.tls.reloadInterval == .seconds(86_400))
        #expect(configuration.limits.unsentBytes == 65_536 && configuration.limits.unsentAnswerBytes == 4_194_304)
        #expect(configuration.limits.waitingBytes == 8_388_608)
        #expect(configuration.limits.pingInterval == .seconds(1) && configuration.limits.pingTimeout == .seconds(2))
        #expect(!configuration.tls.resumption && configuration.pages.host == "0.0.0.0" && configuration.pages.port == 0)
        #expect(
            configuration.unusedVariables == [
                "LOTS_LISTEN_PROT is not a setting; did you mean \"LOTS_LISTEN_PORT\"?", "LOTS_SERVICE_HOST is not a setting",
            ])
    }

    @Test(arguments: [
        "ping_interval: 999ms", "ping_interval: 2d", "ping_timeout: 0s", "ping_timeout: 11m", "unsent_bytes: 65535",
        "unsent_answer_bytes: 4194303", "waiting_bytes: 4194304", "waiting_bytes: 1073741825", "stream_bytes: 65536",
        "streams_per_connection: 0",
    ]) func boundsHaveARange(_ line: String) throws {
        let folder = try TemporaryFolder(["lots.yaml": minimal + "\nlimits: {\(line)}\n"])
        let faults = #expect(throws: ConfigurationFaults.self) { try DaemonConfiguration(file: folder.path("lots.yaml")) }
        #expect("\(faults.map { "\($0)" } ?? "")".contains(line.prefix { $0 != ":" }))
    }

    @Test func lists() throws {
        let yaml = minimal.replacing("ca.crt}", with: "ca.crt, revocation_lists: [a.crl, /b.crl], revoked_serials: [\"0a:1b\", 7F]}")
        let folder = try TemporaryFolder(["lots.yaml": yaml])
        let tls = try DaemonConfiguration(file: folder.path("lots.yaml")).tls
        #expect(tls.revocationLists == [folder.path("a.crl"), "/b.crl"])
        #expect(tls.revokedSerials == ["0a:1b", "7F"])
    }

    @Test func theShippedSettings() throws {
        let configuration = try DaemonConfiguration(file: Shipped.path("lots.yaml"))
        #expect(configuration.tls.certificate.hasSuffix("/certs/development/server.crt"))
        #expect(!configuration.tls.certificate.contains(".."))
        #expect(configuration.acceptTestData)
        #expect(configuration.unusedVariables.isEmpty)
    }
}
