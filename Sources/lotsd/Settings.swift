import Configuration
import NIOCore
import TLS
import TTRPC
import TTRPCOverTLS

extension DaemonConfiguration {
    var tlsConfiguration: TLSConfiguration {
        var configuration = TLSConfiguration(
            role: .server, certificateChainFile: tls.certificate, privateKeyFile: tls.key, trustRootsFile: tls.clientAuthorities)
        configuration.revocationListFiles = tls.revocationLists
        configuration.revokedSerialNumbers = tls.revokedSerials
        configuration.minimumVersion = tls.minimumVersion == .tls12 ? .tls12 : .tls13
        configuration.applicationProtocols = WireProtocol.names
        configuration.allowsResumption = tls.resumption
        return configuration
    }

    var serverConfiguration: ServerConfiguration {
        var configuration = ServerConfiguration(host: listen.host, port: listen.port)
        configuration.connections = limits.connections
        configuration.connectionsPerOrganisation = limits.connectionsPerOrganisation
        configuration.limits.streams = limits.streamsPerConnection
        configuration.limits.messageBytes = limits.messageBytes
        configuration.limits.streamInboundBytes = limits.streamBytes
        configuration.limits.connectionInboundBytes = limits.connectionBytes
        configuration.limits.connectionOutboundBytes = limits.unsentBytes
        configuration.limits.unsentAnswerBytes = limits.unsentAnswerBytes
        configuration.limits.parkedBytes = limits.waitingBytes
        configuration.limits.pingInterval = TimeAmount(limits.pingInterval)
        configuration.limits.pingTimeout = TimeAmount(limits.pingTimeout)
        configuration.inboundBytes = limits.daemonBytes
        configuration.firstByteTimeout = TimeAmount(limits.firstByteTimeout)
        configuration.handshakeTimeout = TimeAmount(tls.handshakeTimeout)
        configuration.idleTimeout = TimeAmount(limits.idleTimeout)
        configuration.stopTimeout = TimeAmount(limits.drainTimeout)
        return configuration
    }
}
