import ArgumentParser
import Configuration
import Foundation
import ReferralAPI
import Synchronization
import TLS
import TTRPC
import TTRPCOverTLS

/// How to reach the exchange and as whom.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The profile to use; not needed when there is only one.")
    var profile: String?

    @Option(help: "The file of profiles. Default: LOTS_PROFILES, else ~/.config/lots/profiles.yaml when it exists.")
    var profiles: String?

    @Option(help: "Seconds before a call is given up.")
    var timeout = 30.0

    @Flag(help: "Print JSON, one object a line, instead of a table.")
    var json = false

    func validate() throws {
        guard (0.1...86_400).contains(timeout) else { throw ValidationError("--timeout: 0.1 to 86400 seconds") }
    }

    /// What every call carries.
    var call: CallOptions { CallOptions(timeout: .seconds(timeout)) }

    /// Runs `body` with a client of the profile, which connects when it is first called. Ends the program with the exit code that fits a
    /// failure.
    ///
    /// - Parameter patience: how long calls wait for an exchange that cannot be reached; zero: each of its addresses is tried once.
    func connected(patience: Duration = .zero, _ body: (Client) async throws -> Void) async throws {
        do {
            let client = try client(patience: patience)
            defer { client.close() }
            try await body(client)
        } catch let exit as ExitCode {
            throw exit
        } catch {
            throw Failure.report(error)
        }
    }

    private func client(patience: Duration) throws -> Client {
        let environment = ProcessInfo.processInfo.environment
        let standard = FileManager.default.homeDirectoryForCurrentUser.appending(path: ".config/lots/profiles.yaml").path
        let file = profiles ?? environment["LOTS_PROFILES"] ?? (FileManager.default.fileExists(atPath: standard) ? standard : nil)
        let profile = try ClientProfile(named: profile, file: file, environment: environment)
        var configuration = TLSConfiguration(
            role: .client(expecting: .init(spiffeIdentifier: profile.serverIdentity)), certificateChainFile: profile.certificate,
            privateKeyFile: profile.key, trustRootsFile: profile.authorities)
        configuration.applicationProtocols = WireProtocol.names
        // Once before the first connection, so that a mistake in the profile is told as one.
        let context = try TLSContext(configuration)
        var reconnection = ReconnectionConfiguration()
        reconnection.patience = patience
        reconnection.observe = Outage { Console.error("lots: \($0)") }.observe
        return Client.reconnecting(
            to: profile.servers.map { ServerAddress(host: $0.host, port: $0.port) }, context: { context }, reconnection
        )
        .intercepted(by: [TracePropagation()])
    }
}

/// Tells when the exchange cannot be reached, once, and when it can be again.
final class Outage: Sendable {
    private struct State {
        var reasons: [String] = []
        var isTold = false
        /// With the reasons: when a connection is lost there are none until it could not be made again.
        var isExplained = false
    }

    private let state = Mutex(State())
    private let tell: @Sendable (String) -> Void

    /// - Parameter tell: shows a line.
    init(tell: @escaping @Sendable (String) -> Void) {
        self.tell = tell
    }

    @Sendable func observe(_ event: ConnectionEvent) {
        let line = state.withLock { state -> String? in
            switch event {
            case .failed(let address, let reason):
                state.reasons.append("\(address): \(reason)")
                return nil
            case .waiting:
                let before = state
                state = State(isTold: true, isExplained: before.isExplained || !before.reasons.isEmpty)
                guard !before.reasons.isEmpty else { return before.isTold ? nil : "the connection to the exchange was lost, trying again" }
                return before.isExplained ? nil : "cannot reach the exchange, trying again: \(before.reasons.joined(separator: "; "))"
            case .connected(let address):
                defer { state = State() }
                return state.isTold ? "connected to \(address) again" : nil
            }
        }
        if let line { tell(line) }
    }
}
