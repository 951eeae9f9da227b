import Foundation
import Synchronization
import TestSupport

/// A program that runs beside a test and is ended by it.
final class RunningProgram: Sendable {
    struct Ended: Error, CustomStringConvertible {
        let program: String
        let text: String

        var description: String { "\(program) has ended or says nothing: \(text)" }
    }

    private let process = Process()
    /// Held open: a peer ends when its input does, also when the tests crash.
    private let input = Pipe()
    private let folder: String
    private let isRunning = Mutex(true)
    private let name: String

    /// Runs the program while `body` runs, then ends it by SIGTERM, or by SIGKILL if that takes more than ten seconds.
    static func with<R>(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], _ body: (RunningProgram) async throws -> R
    ) async throws -> R {
        let program = try RunningProgram(path, arguments, environment)
        let result: Result<R, any Error>
        do { result = .success(try await body(program)) } catch { result = .failure(error) }
        await program.stop()
        return try result.get()
    }

    private init(_ path: String, _ arguments: [String], _ environment: [String: String]) throws {
        name = URL(filePath: path).lastPathComponent
        folder = try DevelopmentPKI.temporaryFolder()
        try Data().write(to: URL(filePath: "\(folder)/output"))
        let output = FileHandle(forWritingAtPath: "\(folder)/output") ?? .nullDevice
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LOTS_") }.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        process.terminationHandler = { [weak self] _ in self?.isRunning.withLock { $0 = false } }
        try process.run()
    }

    /// Everything it has written.
    var text: String { (try? String(contentsOfFile: "\(folder)/output", encoding: .utf8)) ?? "" }

    /// Looks until `find` has a value, for at most 30 seconds.
    func wait<Value>(_ find: () -> Value?) async throws -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while clock.now < deadline {
            if let value = find() { return value }
            guard isRunning.withLock(\.self) else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Ended(program: name, text: text)
    }

    private func stop() async {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(10)
        process.terminate()
        while isRunning.withLock(\.self) {
            if clock.now > deadline { kill(process.processIdentifier, SIGKILL) }
            try? await Task.sleep(for: .milliseconds(10))
        }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
