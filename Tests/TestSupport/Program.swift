import Foundation
import Subprocess
import Synchronization
package import SystemPackage

/// A program that runs beside a test. It is ended by its own id only.
package final class Program: Sendable {
    package enum End: Hashable, Sendable {
        case exit(Int32)
        case signal(Int32)
        /// Its end could not be waited for: why.
        case unknown(String)
    }

    package struct Output: Sendable {
        package struct Failure: Error {
            package var output: Output
        }

        package let end: End
        package let text: String
        package let errors: String

        package func check() throws {
            guard end == .exit(0) else { throw Failure(output: self) }
        }
    }

    package let identifier: Int32
    private let running: Task<Void, Never>
    private let ended: Ended

    private final class Ended: Sendable {
        let end = Mutex<End?>(nil)
    }

    /// Returns when it runs.
    /// - Parameters:
    ///   - name: a path, or a name that is looked up as a shell does.
    ///   - environment: in addition to that of the tests, which is passed on without variables that begin with `LOTS_`.
    ///   - input: nothing to read when nil. It is closed.
    ///   - output: a file that is appended to; so is `errors`, which may be the same.
    package init(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], input: FileDescriptor? = nil, output: String,
        errors: String
    ) async throws {
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LOTS_") }
        let variables = inherited.merging(environment) { $1 }.map { (Environment.Key(stringLiteral: $0), $1) }
        let configuration = Configuration(
            executable: name.contains("/") ? .path(FilePath(name)) : .name(name), arguments: Arguments(arguments),
            environment: .custom(Dictionary(variables) { $1 }))
        let input = try input ?? .open("/dev/null", .readOnly)
        let output = try Self.appending(to: output)
        let errors = try Self.appending(to: errors)
        let ended = Ended()
        let (started, starting) = AsyncThrowingStream.makeStream(of: pid_t.self)
        running = Task {
            let end: End
            do {
                let result = try await Subprocess.run(
                    configuration, input: .fileDescriptor(input, closeAfterSpawningProcess: true),
                    output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                    error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
                ) { _ = starting.yield($0.processIdentifier.value) }
                end =
                    switch result.terminationStatus {
                    case .exited(let status): .exit(status)
                    case .signaled(let number): .signal(number)
                    }
            } catch {
                end = .unknown("\(error)")
                starting.finish(throwing: error)
            }
            ended.end.withLock { $0 = end }
        }
        var first = started.makeAsyncIterator()
        guard let identifier = try await first.next() else { throw CancellationError() }
        self.identifier = identifier
        self.ended = ended
    }

    /// Where the programs of this package are built.
    package static func built(_ name: String) -> String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name).path
    }

    /// How it ended; nil while it runs.
    package var end: End? { ended.end.withLock(\.self) }

    /// Waits until it ends.
    /// - Parameter limit: when that has passed it is killed. Long, because sanitizers make programs slow.
    package func wait(killedAfter limit: Duration = .seconds(120)) async -> End {
        let deadline = Task {
            try await Task.sleep(for: limit)
            signal(SIGKILL)
        }
        defer { deadline.cancel() }
        await running.value
        return end ?? .unknown("not waited for")
    }

    /// Nothing when it has ended.
    package func signal(_ number: Int32) {
        if end == nil { kill(identifier, number) }
    }

    private static func appending(to path: String) throws -> FileDescriptor {
        try .open(FilePath(path), .writeOnly, options: [.append, .create], permissions: .ownerReadWrite)
    }

    /// Runs a program to its end.
    /// - Parameters:
    ///   - output: where standard output goes; nil: into the result.
    ///   - limit: when that has passed it is killed, which is no good end.
    package static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], input: String = "", output: String? = nil,
        killedAfter limit: Duration = .seconds(120)
    ) async throws -> Output {
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Files instead of pipes: nothing to read while the program runs, so nothing can block.
        func file(_ name: String) -> String { "\(folder)/\(name)" }
        try input.write(toFile: file("input"), atomically: false, encoding: .utf8)
        let program = try await Program(
            name, arguments, environment: environment, input: .open(FilePath(file("input")), .readOnly), output: output ?? file("output"),
            errors: file("errors"))
        let end = await program.wait(killedAfter: limit)
        func text(_ name: String) throws -> String { String(decoding: try Data(contentsOf: URL(filePath: file(name))), as: UTF8.self) }
        return Output(end: end, text: output == nil ? try text("output") : "", errors: try text("errors"))
    }
}
