import Configuration
import Foundation
import NIOCore
import TLS
import TTRPC
import TTRPCOverTLS
import Testing

@testable import lotsd

/// What is read from the settings file reaches the server: every bound has its own number here, so that none can stand in for another.
@Suite struct SettingsTests {
    @Test func everySettingReachesTheServer() throws {
        let variables = [
            "LISTEN_HOST": "::1", "LISTEN_PORT": "7001", "LIMITS_CONNECTIONS": "101", "LIMITS_CONNECTIONS_PER_ORGANISATION": "102",
            "LIMITS_STREAMS_PER_CONNECTION": "103", "LIMITS_MESSAGE_BYTES": "3000001", "LIMITS_STREAM_BYTES": "3000002",
            "LIMITS_CONNECTION_BYTES": "3000003", "LIMITS_DAEMON_BYTES": "3000004", "LIMITS_UNSENT_BYTES": "3000005",
            "LIMITS_UNSENT_ANSWER_BYTES": "8000006", "LIMITS_WAITING_BYTES": "9000007", "LIMITS_FIRST_BYTE_TIMEOUT": "11s",
            "LIMITS_IDLE_TIMEOUT": "12s", "LIMITS_PING_INTERVAL": "13s", "LIMITS_PING_TIMEOUT": "14s", "LIMITS_DRAIN_TIMEOUT": "15s",
            "TLS_HANDSHAKE_TIMEOUT": "16s",
        ]
        let settings = try DaemonConfiguration(
            file: Installation.project.appending(path: "config/lots.yaml").path,
            environment: Dictionary(uniqueKeysWithValues: variables.map { ("LOTS_\($0)", $1) }))
        let server = settings.serverConfiguration
        #expect(server.host == "::1" && server.port == 7_001)
        #expect(server.connections == 101 && server.connectionsPerOrganisation == 102)
        #expect(server.limits.streams == 103 && server.limits.messageBytes == 3_000_001)
        #expect(server.limits.streamInboundBytes == 3_000_002 && server.limits.connectionInboundBytes == 3_000_003)
        #expect(server.inboundBytes == 3_000_004 && server.limits.connectionOutboundBytes == 3_000_005)
        #expect(server.limits.unsentAnswerBytes == 8_000_006 && server.limits.parkedBytes == 9_000_007)
        #expect(server.firstByteTimeout == .seconds(11) && server.idleTimeout == .seconds(12))
        #expect(server.limits.pingInterval == .seconds(13) && server.limits.pingTimeout == .seconds(14))
        #expect(server.stopTimeout == .seconds(15) && server.handshakeTimeout == .seconds(16))
    }

    @Test(arguments: [(nil, TLSConfiguration.Version.tls13, true), ("1.2", .tls12, false)])
    func everySettingReachesTLS(_ version: String?, _ minimum: TLSConfiguration.Version, _ resumption: Bool) throws {
        var environment = [
            "LOTS_TLS_CERTIFICATE": "/certificate", "LOTS_TLS_KEY": "/key", "LOTS_TLS_CLIENT_AUTHORITIES": "/authorities",
            "LOTS_TLS_RESUMPTION": "\(resumption)",
        ]
        environment["LOTS_TLS_MINIMUM_VERSION"] = version
        let settings = try DaemonConfiguration(
            file: Installation.project.appending(path: "config/lots.yaml").path, environment: environment)
        let tls = settings.tlsConfiguration
        #expect(tls.certificateChainFile == "/certificate" && tls.privateKeyFile == "/key" && tls.trustRootsFile == "/authorities")
        #expect(tls.minimumVersion == minimum && tls.allowsResumption == resumption)
        #expect(tls.revocationListFiles == settings.tls.revocationLists && !tls.revocationListFiles.isEmpty)
        #expect(tls.applicationProtocols == ["lots/1", "ttrpc"])
    }
}
