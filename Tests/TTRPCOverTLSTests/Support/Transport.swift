import Logging
import NIOPosix
import TLS
import TTRPC
import TTRPCOverTLS
import TTRPCTestSupport
import TestSupport

/// What carries the calls of a test.
enum Transport: CaseIterable {
    case inProcess
    case tls

    /// A server with `router` and a client connected to it, for as long as `body` runs.
    func withClient<R>(
        _ router: Router = EchoService.router(), limits: ConnectionLimits = ConnectionLimits(), _ body: (Client) async throws -> R
    ) async throws -> R {
        switch self {
        case .inProcess:
            let transport = InProcessTransport(
                router: router, peer: Peer(identity: "spiffe://lots.example/polisen/region-syd"), limits: limits, logger: .silent,
                eventLoop: MultiThreadedEventLoopGroup.singleton.next())
            defer { transport.client.close() }
            return try await body(transport.client)
        case .tls:
            var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
            configuration.limits = limits
            return try await withServer(router, configuration) { server in
                let client = try await connect(to: server, limits: limits)
                defer { client.close() }
                return try await body(client)
            }
        }
    }
}

func withServer<R>(
    _ router: Router = EchoService.router(), _ configuration: ServerConfiguration = ServerConfiguration(host: "127.0.0.1", port: 0),
    _ body: (Server) async throws -> R
) async throws -> R {
    let context = try await DevelopmentPKI.current.server()
    let server = try await Server.bind(configuration, router: router, context: { context }, logger: .silent)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        let result = await Result { try await body(server) }
        group.cancelAll()
        try await group.waitForAll()
        return try result.get()
    }
}

func connect(to server: Server, as name: String = "clients/polisen/region-syd", limits: ConnectionLimits = ConnectionLimits()) async throws
    -> Client
{
    try await Client.connect(host: "127.0.0.1", port: server.port, context: DevelopmentPKI.current.client(name), limits: limits)
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
