import ArgumentParser
import Configuration
import Foundation
import NIOPosix
import Protobuf
import ReferralAPI
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

    /// Connects, runs `body`, closes. Ends the program with the exit code that fits a failure.
    func connected(_ body: (Client) async throws -> Void) async throws {
        do {
            let client = try await connect()
            defer { client.close() }
            try await body(client)
        } catch let exit as ExitCode {
            throw exit
        } catch {
            throw Failure.report(error)
        }
    }

    private func connect() async throws -> Client {
        let environment = ProcessInfo.processInfo.environment
        let standard = FileManager.default.homeDirectoryForCurrentUser.appending(path: ".config/lots/profiles.yaml").path
        let file = profiles ?? environment["LOTS_PROFILES"] ?? (FileManager.default.fileExists(atPath: standard) ? standard : nil)
        return try await Client.connect(try ClientProfile(named: profile, file: file, environment: environment))
    }
}

extension Client {
    /// Connects as a profile says.
    static func connect(_ profile: ClientProfile) async throws -> Client {
        var configuration = TLSConfiguration(
            role: .client(expecting: .init(spiffeIdentifier: profile.serverIdentity)), certificateChainFile: profile.certificate,
            privateKeyFile: profile.key, trustRootsFile: profile.authorities)
        configuration.applicationProtocols = WireProtocol.names
        do {
            return try await connect(host: profile.host, port: profile.port, context: TLSContext(configuration))
        } catch let error as TLSError {
            throw error
        } catch {
            let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
            throw Unreachable(server: "\(profile.host):\(profile.port)", cause: "\(cause)")
        }
    }
}

/// Nobody answers at the server's address.
struct Unreachable: Error, CustomStringConvertible {
    let server: String
    let cause: String

    var description: String { "cannot reach \(server): \(cause)" }
}
