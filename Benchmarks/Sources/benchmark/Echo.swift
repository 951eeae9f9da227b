import ArgumentParser
import Foundation
import Logging
import NIOCore
import NIOPosix
import TLS
import TTRPC
import TTRPCOverTLS

private let echo = MethodName(service: "echo.v1.Echo", method: "Unary")

/// A server that answers every message with itself, one event loop.
struct ServeEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve-echo", abstract: "Serve echoes over mutual TLS until killed.")

    @Option var port: Int
    @OptionGroup var pki: PKIOption

    func run() async throws {
        var router = Router()
        router.register(echo, unary: { message, _ in message })
        let context = try TLSContext(
            TLSConfiguration(
                role: .server, certificateChainFile: "\(pki.pki)/server.crt", privateKeyFile: "\(pki.pki)/server.key",
                trustRootsFile: "\(pki.pki)/ca.crt"))
        let server = try await Server.bind(
            ServerConfiguration(host: "127.0.0.1", port: port), router: router, context: { context }, logger: Logger(label: "echo"),
            group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
        try await server.run()
    }
}

/// Unary calls on one connection.
struct CallEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "call-echo", abstract: "Measure unary calls on one connection.")

    @Option var port: Int
    @Option(help: "Calls outstanding at once.") var outstanding = 64
    @Option(help: "Payload bytes.") var bytes = 64
    @Option var seconds = 3.0
    @Flag(help: "Call from Swift's thread pool instead of the connection's event loop.") var pool = false
    @OptionGroup var pki: PKIOption

    func run() async throws {
        let client = try await connect(port: port, pki: pki.pki, as: "benchmark/load")
        defer { client.close() }
        let message = ByteBuffer(repeating: 7, count: bytes)
        let latencies = try await Latencies.measure(
            concurrency: outstanding, seconds: seconds, on: pool ? nil : client.taskExecutor
        ) { _ in
            let answer = try await client.unary(echo, message)
            guard answer == message else { throw ExitCode.failure }
        }
        print("unary echo, \(outstanding) outstanding, \(bytes) bytes\(pool ? ", callers on the pool" : ""): \(latencies.summary)")
    }
}

func connect(port: Int, pki: String, as participant: String) async throws -> Client {
    let context = try TLSContext(
        TLSConfiguration(
            role: .client(expecting: .init(spiffeIdentifier: "spiffe://lots.example/lots/exchange")),
            certificateChainFile: "\(pki)/clients/\(participant).crt", privateKeyFile: "\(pki)/clients/\(participant).key",
            trustRootsFile: "\(pki)/ca.crt"))
    return try await Client.connect(
        host: "127.0.0.1", port: port, context: context, group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
}
