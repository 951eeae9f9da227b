import Dispatch
import Foundation

/// Runs a program to its end, or to a deadline.
package enum Program {
    package struct Output: Sendable {
        package var status: Int32
        package var text: String
        package var errors: String

        package struct Failure: Error {
            package var output: Output
        }

        package func check() throws {
            guard status == 0 else { throw Failure(output: self) }
        }
    }

    /// The program is killed after that many seconds, which gives a status other than 0.
    package static func run(_ program: String, _ arguments: [String], input: String = "", killedAfter seconds: Int = 30) async throws
        -> Output
    {
        let folder = try DevelopmentPKI.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Files instead of pipes: nothing to read while the program runs, so nothing can block.
        func file(_ name: String, _ content: String = "") throws -> FileHandle {
            let url = URL(filePath: "\(folder)/\(name)")
            try Data(content.utf8).write(to: url)
            return try FileHandle(forUpdating: url)
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardInput = try file("input", input)
        process.standardOutput = try file("output")
        process.standardError = try file("errors")

        let status = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                return continuation.resume(throwing: error)
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) {
                if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            }
        }
        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)")), as: UTF8.self)
        }
        return Output(status: status, text: try text("output"), errors: try text("errors"))
    }
}
