import Foundation
import NIOCore
import TLS
import TTRPC
import TTRPCOverTLS
import TestSupport

/// `lotsd` as it is built, running on its own on a free port.
final class Daemon: Sendable {
    /// What outlives a run of the daemon: its database and its digest key. Removed at the end.
    struct Files: Sendable {
        let folder: URL

        var database: String { folder.appending(path: "lots.sqlite").path }
        var log: String { folder.appending(path: "log").path }
        var digestKey: String { folder.appending(path: "digest.key").path }
        fileprivate var portFile: String { folder.appending(path: "port").path }

        static func with<R>(_ body: (Files) async throws -> R) async throws -> R {
            let folder = FileManager.default.temporaryDirectory.appending(path: "lots-daemon-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            return try await body(Files(folder: folder))
        }

        /// Everything that all runs have logged.
        func loggedText() throws -> String { String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self) }
    }

    struct DidNotStart: Error, CustomStringConvertible {
        let end: Program.End?
        let log: String

        var description: String { "lotsd did not start: \(end.map { "\($0)" } ?? "still running"): \(log)" }
    }

    let port: Int
    private let program: Program
    private let installation: Installation

    /// Runs the daemon while `body` runs. It is killed if it has not ended by then.
    /// - Parameters:
    ///   - settings: the settings file; nil: the one that ships.
    ///   - log: where it writes; nil: among its files.
    ///   - variables: of the environment, without `LOTS_`.
    ///   - environment: other variables.
    ///   - shell: what a shell is to do before, for limits.
    static func with<R>(
        _ files: Files, settings: String? = nil, log: String? = nil, _ variables: [String: String] = [:],
        environment: [String: String] = [:], after shell: String? = nil, _ body: (Daemon) async throws -> R
    ) async throws -> R {
        let daemon = try await start(files, settings: settings, log: log, variables, environment, shell)
        let result: Result<R, any Error>
        do { result = .success(try await body(daemon)) } catch { result = .failure(error) }
        _ = await daemon.kill()
        return try result.get()
    }

    private static func start(
        _ files: Files, settings: String?, log: String?, _ variables: [String: String], _ environment: [String: String], _ shell: String?
    )
        async throws -> Daemon
    {
        let installation = try await Installation.current
        try? FileManager.default.removeItem(atPath: files.portFile)
        let program = try await launch(
            files, ["run", "--config", settings ?? installation.settings, "--port-file", files.portFile], log: log, variables,
            environment: environment, after: shell)
        do {
            let port = try await eventually("lotsd listens") {
                if let end = program.end { throw DidNotStart(end: end, log: (try? files.loggedText()) ?? "") }
                return (try? String(contentsOfFile: files.portFile, encoding: .utf8)).flatMap {
                    Int($0.trimmingCharacters(in: .newlines))
                }
            }
            return Daemon(port: port, program: program, installation: installation)
        } catch {
            program.signal(SIGKILL)
            _ = await program.wait()
            throw error
        }
    }

    /// Starts `lotsd` without waiting for anything.
    static func launch(
        _ files: Files, _ arguments: [String], log: String? = nil, _ variables: [String: String] = [:],
        environment other: [String: String] = [:], after shell: String? = nil
    ) async throws -> Program {
        let defaults = ["LISTEN_PORT": "0", "DATABASE_PATH": files.database, "DIGEST_KEY": files.digestKey, "LOG_LEVEL": "debug"]
        let environment = defaults.merging(variables) { $1 }.map { ("LOTS_\($0)", $1) }
        let lotsd = Program.built("lotsd")
        let (name, arguments) = shell.map { ("bash", ["-c", "\($0); exec \"$0\" \"$@\"", lotsd] + arguments) } ?? (lotsd, arguments)
        return try await Program(
            name, arguments, environment: Dictionary(environment) { $1 }.merging(other) { $1 }, output: log ?? files.log,
            errors: log ?? files.log)
    }

    private init(port: Int, program: Program, installation: Installation) {
        self.port = port
        self.program = program
        self.installation = installation
    }

    func client(_ participant: String, in pki: String = "certs/development") async throws -> Client {
        try await Client.connect(host: "127.0.0.1", port: port, context: installation.client(participant, in: pki), timeout: .minutes(2))
    }

    /// What the system lets it have, as Linux tells.
    func limits() throws -> String { try String(contentsOfFile: "/proc/\(program.identifier)/limits", encoding: .utf8) }

    /// SIGTERM.
    func requestStop() { program.signal(SIGTERM) }

    func wait() async -> Program.End { await program.wait() }

    /// SIGHUP.
    func hangUp() { program.signal(SIGHUP) }

    /// SIGTERM, and how it ended.
    func stop() async -> Program.End {
        requestStop()
        return await wait()
    }

    /// As when the machine loses its power, but for the disk.
    func kill() async -> Program.End {
        program.signal(SIGKILL)
        return await program.wait()
    }
}
