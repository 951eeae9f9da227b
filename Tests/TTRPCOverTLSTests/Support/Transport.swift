import Logging
import NIOCore
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
    case plainInProcess
    case plainTLS

    var wireProtocol: WireProtocol {
        switch self {
        case .inProcess, .tls: .lots1
        case .plainInProcess, .plainTLS: .ttrpc
        }
    }

    /// A server with `router` and a client connected to it, for as long as `body` runs.
    func withClient<R>(
        _ router: Router = EchoService.router(), limits: ConnectionLimits = ConnectionLimits(), _ body: (Client) async throws -> R
    ) async throws -> R {
        switch self {
        case .inProcess, .plainInProcess:
            let transport = InProcessTransport(
                router: router, peer: Peer(identity: "spiffe://lots.example/polisen/region-syd"), wireProtocol: wireProtocol,
                limits: limits, logger: .silent, eventLoop: MultiThreadedEventLoopGroup.singleton.next())
            defer { transport.client.close() }
            return try await body(transport.client)
        case .tls, .plainTLS:
            var configuration = ServerConfiguration.patient
            configuration.limits = limits
            return try await withServer(router, configuration) { server in
                let names = self == .tls ? WireProtocol.names : [WireProtocol.ttrpc.rawValue]
                let client = try await connect(to: server, offering: names, limits: limits)
                defer { client.close() }
                return try await body(client)
            }
        }
    }
}

extension TimeAmount {
    /// Longer than any machine needs, however much it has to do beside a test.
    static let patient = TimeAmount.minutes(2)
}

extension ServerConfiguration {
    /// At any free port, for tests of anything but the time that a handshake may take.
    static var patient: ServerConfiguration {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.handshakeTimeout = .patient
        return configuration
    }
}

func withServer<R>(
    _ router: Router = EchoService.router(), _ configuration: ServerConfiguration = .patient,
    socket: CInt? = nil, observer: (any ServerObserver)? = nil, logger: Logger = .silent, context: TLSContext? = nil,
    _ body: (Server) async throws -> R
) async throws -> R {
    let context =
        if let context { context } else { try await DevelopmentPKI.current.server { $0.applicationProtocols = WireProtocol.names } }
    return try await withServer(
        router, configuration, socket: socket, observer: observer, logger: logger, contexts: { context }, body)
}

func withServer<R>(
    _ router: Router = EchoService.router(), _ configuration: ServerConfiguration = .patient,
    socket: CInt? = nil, observer: (any ServerObserver)? = nil, logger: Logger = .silent, contexts: @escaping @Sendable () -> TLSContext,
    now: @escaping @Sendable () -> Int64 = TLSContext.systemTime, _ body: (Server) async throws -> R
) async throws -> R {
    let server = try await Server.bind(
        configuration, router: router, socket: socket, context: contexts, logger: logger, observer: observer, now: now)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        let result = await Result { try await body(server) }
        group.cancelAll()
        try await group.waitForAll()
        return try result.get()
    }
}

func connect(
    to server: Server, as name: String = "clients/polisen/region-syd", offering names: [String] = WireProtocol.names,
    limits: ConnectionLimits = ConnectionLimits()
) async throws -> Client {
    let context = try await DevelopmentPKI.current.client(name) { $0.applicationProtocols = names }
    return try await Client.connect(host: "127.0.0.1", port: server.port, context: context, limits: limits, timeout: .patient)
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
