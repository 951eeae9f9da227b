import Foundation
import Synchronization

/// A program of this package as it is built, running on its own. It is ended by its own id only.
final class BuiltProgram: Sendable {
    enum End: Hashable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    struct Output: Sendable {
        let end: End
        let text: String
        let errors: String
    }

    private struct State {
        var end: End?
        var waiting: [CheckedContinuation<End, Never>] = []
    }

    private let process = Process()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - environment: in addition to that of the tests, which is passed on without variables that begin with `LOTS_`.
    ///   - output: a file that is appended to.
    init(_ name: String, _ arguments: [String], environment: [String: String], input: String? = nil, output: String, errors: String) throws
    {
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LOTS_") }.merging(environment) { $1 }
        process.standardInput = try input.map { try FileHandle(forReadingFrom: URL(filePath: $0)) } ?? .nullDevice
        let outputHandle = try Self.appending(to: output)
        process.standardOutput = outputHandle
        process.standardError = errors == output ? outputHandle : try Self.appending(to: errors)
        process.terminationHandler = { [weak self] in
            self?.ended($0.terminationReason == .exit ? .exit($0.terminationStatus) : .signal($0.terminationStatus))
        }
        try process.run()
    }

    /// How it ended; nil while it runs.
    var end: End? { state.withLock(\.end) }

    /// Waits until it ends; after two minutes it is killed: long, because sanitizers make it slow.
    func wait() async -> End {
        let deadline = Task {
            try await Task.sleep(for: .seconds(120))
            signal(SIGKILL)
        }
        defer { deadline.cancel() }
        return await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiting.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Nothing when it has ended.
    func signal(_ number: Int32) {
        if end == nil { kill(process.processIdentifier, number) }
    }

    private func ended(_ end: End) {
        let waiting = state.withLock { state in
            state.end = end
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: end) }
    }

    private static func appending(to path: String) throws -> FileHandle {
        let manager = FileManager.default
        guard manager.fileExists(atPath: path) || manager.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw CocoaError(.fileNoSuchFile) }
        try handle.seekToEnd()
        return handle
    }

    /// Runs it to its end.
    /// - Parameter output: where standard output goes; nil: into the result.
    static func run(_ name: String, _ arguments: [String], environment: [String: String] = [:], input: String = "", output: String? = nil)
        async throws -> Output
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lots-program-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String) -> String { folder.appending(path: name).path }
        try input.write(toFile: file("input"), atomically: false, encoding: .utf8)
        let program = try BuiltProgram(
            name, arguments, environment: environment, input: file("input"), output: output ?? file("output"), errors: file("errors"))
        let end = await program.wait()
        return Output(
            end: end, text: output == nil ? try String(contentsOfFile: file("output"), encoding: .utf8) : "",
            errors: try String(contentsOfFile: file("errors"), encoding: .utf8))
    }
}

/// Looks again and again until `condition` has a value.
/// - Throws: after 30 seconds, and what `condition` throws.
func eventually<Value>(_ what: String, _ condition: () async throws -> Value?) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    while clock.now < deadline {
        if let value = try await condition() { return value }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw Overdue(what: what)
}

struct Overdue: Error {
    let what: String
}
