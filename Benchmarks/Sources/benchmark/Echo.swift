import ArgumentParser
import Foundation
import Logging
import NIOCore
import NIOPosix
import TLS
import TTRPC
import TTRPCOverTLS

private let echo = MethodName(service: "echo.v1.Echo", method: "Unary")
private let count = MethodName(service: "echo.v1.Echo", method: "Count")

/// A server that answers every message with itself and counts the bytes of a stream, one event loop.
struct ServeEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve-echo", abstract: "Serve echoes over mutual TLS until killed.")

    @Option(help: "0 takes any free port.") var port = 0
    @Option(help: "The port is written to this file once the server listens.") var portFile: String?
    @OptionGroup var pki: PKIOption

    func run() async throws {
        LargeMessages.keepMemory()
        var router = Router()
        router.register(echo, unary: { message, _ in message })
        router.register(
            count,
            clientStreaming: { messages, _ in
                var bytes: UInt64 = 0
                for try await message in messages { bytes += UInt64(message.readableBytes) }
                return ByteBuffer(integer: bytes)
            })
        var tls = TLSConfiguration(
            role: .server, certificateChainFile: "\(pki.pki)/server.crt", privateKeyFile: "\(pki.pki)/server.key",
            trustRootsFile: "\(pki.pki)/ca.crt")
        tls.applicationProtocols = WireProtocol.names
        let context = try TLSContext(tls)
        var configuration = ServerConfiguration(host: "127.0.0.1", port: port)
        configuration.connections = 20_000
        configuration.connectionsPerOrganisation = 20_000
        let server = try await Server.bind(
            configuration, router: router, context: { context }, logger: Logger(label: "echo"),
            group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
        if let portFile { try "\(server.port)".write(toFile: portFile, atomically: true, encoding: .utf8) }
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
    @Flag(help: "Speak plain ttrpc instead of lots/1.") var plain = false
    @Flag(help: "Call from Swift's thread pool instead of the connection's event loop.") var pool = false
    @OptionGroup var pki: PKIOption

    func run() async throws {
        let client = try await connect(port: port, pki: pki.pki, as: "benchmark/load", speaking: plain ? .ttrpc : .lots1)
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

/// Large messages in one direction on one connection.
struct StreamBytes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stream", abstract: "Measure messages streamed to the server on one call.")

    @Option var port: Int
    @Option(help: "Bytes of a message.") var bytes = 1 << 20
    @Flag(help: "Speak plain ttrpc instead of lots/1.") var plain = false
    @Option var seconds = 3.0
    @OptionGroup var pki: PKIOption

    func run() async throws {
        LargeMessages.keepMemory()
        let client = try await connect(port: port, pki: pki.pki, as: "benchmark/load", speaking: plain ? .ttrpc : .lots1)
        defer { client.close() }
        let message = ByteBuffer(repeating: 7, count: bytes)
        let clock = ContinuousClock()
        let start = clock.now
        let end = start.advanced(by: .seconds(seconds))
        let bytes = bytes
        let sent = try await Task(executorPreference: client.taskExecutor) {
            var sent = 0
            var answer = try await client.clientStreaming(count) { writer in
                while clock.now < end {
                    try await writer.write(message)
                    sent += bytes
                }
            }
            guard answer.readInteger(as: UInt64.self) == UInt64(sent) else { throw ExitCode.failure }
            return sent
        }.value
        let elapsed = (clock.now - start) / .seconds(1)
        print("streaming, messages of \(bytes) bytes: \(Int(Double(sent) / elapsed / 1e6)) MB/s")
    }
}

/// New connections, each with its full handshake and one call.
struct Handshakes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handshakes", abstract: "Measure full mutual handshakes with one call each.")

    @Option var port: Int
    @Option(help: "Connections being made at once.") var outstanding = 4
    @Option var seconds = 3.0
    @OptionGroup var pki: PKIOption

    func run() async throws {
        let context = try clientContext(pki: pki.pki, as: "benchmark/load")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let message = ByteBuffer(repeating: 7, count: 16)
        let port = port
        let latencies = try await Latencies.measure(concurrency: outstanding, seconds: seconds) { _ in
            let client = try await Client.connect(host: "127.0.0.1", port: port, context: context, group: group)
            defer { client.close() }
            guard try await client.unary(echo, message) == message else { throw ExitCode.failure }
        }
        print("full mutual handshake and one call, \(outstanding) at once: \(latencies.summary)")
    }
}

/// Many connections that do nothing, after one call each.
struct IdleConnections: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "idle", abstract: "Measure the server's memory per idle connection.")

    @Option var port: Int
    @Option var connections = 10_000
    @Option(help: "The server's process, whose resident memory is read from /proc.") var process: Int
    @OptionGroup var pki: PKIOption

    func run() async throws {
        let context = try clientContext(pki: pki.pki, as: "benchmark/load")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let message = ByteBuffer(repeating: 7, count: 64)
        func connect(_ count: Int) async throws -> [Client] {
            try await withThrowingTaskGroup(of: [Client].self) { tasks in
                for worker in 0..<8 {
                    tasks.addTask { [port] in
                        var clients: [Client] = []
                        for _ in stride(from: worker, to: count, by: 8) {
                            let client = try await Client.connect(host: "127.0.0.1", port: port, context: context, group: group)
                            guard try await client.unary(echo, message) == message else { throw ExitCode.failure }
                            clients.append(client)
                        }
                        return clients
                    }
                }
                return try await tasks.reduce(into: []) { $0 += $1 }
            }
        }
        let before = try residentKilobytes(of: process)
        let clients = try await connect(connections)
        let after = try residentKilobytes(of: process)
        for client in clients { client.close() }
        let each = Double(after - before) / Double(connections)
        let rounded = (each * 10).rounded() / 10
        print("\(connections) idle connections: server \(before) kB to \(after) kB resident, \(rounded) kB each")
    }
}

private func residentKilobytes(of process: Int) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    for line in status.split(separator: "\n") where line.hasPrefix("VmRSS:") {
        if let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) { return kilobytes }
    }
    throw ValidationError("/proc/\(process)/status has no VmRSS")
}

private func clientContext(pki: String, as participant: String, speaking wireProtocol: WireProtocol = .lots1) throws -> TLSContext {
    var configuration = TLSConfiguration(
        role: .client(expecting: .init(spiffeIdentifier: "spiffe://lots.example/lots/exchange")),
        certificateChainFile: "\(pki)/clients/\(participant).crt", privateKeyFile: "\(pki)/clients/\(participant).key",
        trustRootsFile: "\(pki)/ca.crt")
    configuration.applicationProtocols = wireProtocol == .lots1 ? WireProtocol.names : [wireProtocol.rawValue]
    return try TLSContext(configuration)
}

func connect(port: Int, pki: String, as participant: String, speaking wireProtocol: WireProtocol = .lots1) async throws -> Client {
    try await Client.connect(
        host: "127.0.0.1", port: port, context: clientContext(pki: pki, as: participant, speaking: wireProtocol),
        group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
}
