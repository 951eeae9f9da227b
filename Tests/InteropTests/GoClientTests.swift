import NIOCore
import Synchronization
import TTRPC
import TTRPCOverTLS
import TTRPCTestSupport
import TestSupport
import Testing

/// containerd's client for Go calls our server over mutual TLS.
@Suite(.enabled(if: GoPeer.isAvailable, GoPeer.whereToGetIt), .timeLimit(.minutes(6)))
struct GoClientTests {
    @Test func echoService() async throws {
        let cancelled = Mutex(0)
        let router = EchoService.router { router in
            router.register(
                EchoService.method("Wait"),
                unary: { _, _ in
                    do {
                        try await Task.sleep(for: .seconds(3600))
                    } catch {
                        cancelled.withLock { $0 += 1 }
                        throw error
                    }
                    return ByteBuffer()
                })
            router.register(EchoService.method("Huge"), unary: { _, _ in ByteBuffer(repeating: 0, count: 4_194_304) })
        }
        let pki = try await DevelopmentPKI.current
        let client = pki.path("clients/polisen/region-syd")
        let output = try await withServer(router) { server in
            try await GoPeer.checks(
                "call", server.port, authority: pki.path("ca.crt"), certificate: "\(client).crt", key: "\(client).key")
        }
        #expect(
            output == [
                "ok echo", "ok empty message", "ok no deadline", "ok metadata", "ok statuses", "ok failure without a status",
                "ok unknown method and service", "ok deadline", "ok deadline enforced by the server", "ok deadline that has passed",
                "ok largest body", "ok body one byte over the limit", "ok answer over the limit", "ok concurrent calls",
            ])
        // The deadline that both knew and the one that only the server knew.
        #expect(cancelled.withLock(\.self) == 2)
    }

    /// A certificate of another authority, and one without a name.
    @Test(arguments: ["foreign/clients/polisen/region-syd", "no-names"])
    func strangersAreRefused(_ name: String) async throws {
        let pki = try await DevelopmentPKI.current
        try await withServer(EchoService.router()) { server in
            let arguments = ["call", String(server.port), pki.path("ca.crt"), pki.path("\(name).crt"), pki.path("\(name).key")]
            let output = try await Program.run(GoPeer.program, arguments)
            #expect(output.end == .exit(1))
            #expect(output.text == "")
            #expect(output.errors.hasPrefix("peer: echo: remote error: tls: "), "the server says that the certificate will not do")
        }
    }
}

/// A server on a free port, for as long as `body` runs.
func withServer<R>(_ router: Router, _ body: (Server) async throws -> R) async throws -> R {
    let context = try await DevelopmentPKI.current.server()
    let server = try await Server.bind(
        ServerConfiguration(host: "127.0.0.1", port: 0), router: router, context: { context }, logger: .silent)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        let result: Result<R, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        group.cancelAll()
        try await group.waitForAll()
        return try result.get()
    }
}
