import Foundation
import SystemPackage
import TestSupport

/// A program that runs beside a test and is ended by it.
final class RunningProgram: Sendable {
    struct Ended: Error, CustomStringConvertible {
        let program: String
        let text: String

        var description: String { "\(program) has ended or says nothing: \(text)" }
    }

    private let program: Program
    private let output: String
    private let name: String

    /// Runs the program while `body` runs, then ends it by SIGTERM, or by SIGKILL if that takes more than ten seconds.
    static func with<R>(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], _ body: (RunningProgram) async throws -> R
    ) async throws -> R {
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Held open: a peer ends when its input does, also when the tests crash.
        let input = try FileDescriptor.pipe()
        defer { try? input.writeEnd.close() }
        let output = "\(folder)/output"
        let program = RunningProgram(
            try await Program(path, arguments, environment: environment, input: input.readEnd, output: output, errors: output), output,
            URL(filePath: path).lastPathComponent)
        let result: Result<R, any Error>
        do { result = .success(try await body(program)) } catch { result = .failure(error) }
        program.program.signal(SIGTERM)
        _ = await program.program.wait(killedAfter: .seconds(10))
        return try result.get()
    }

    private init(_ program: Program, _ output: String, _ name: String) {
        self.program = program
        self.output = output
        self.name = name
    }

    /// Everything it has written.
    var text: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

    /// Looks until `find` has a value, for at most 30 seconds.
    func wait<Value>(_ find: () -> Value?) async throws -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while clock.now < deadline {
            if let value = find() { return value }
            guard program.end == nil else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Ended(program: name, text: text)
    }
}
