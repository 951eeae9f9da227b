import NIOCore
public import TTRPC

/// What comes down a watch.
public typealias HealthResponses = TypedWriter<HealthCheckResponse>

/// What answers probes (grpc.health.v1).
public protocol HealthServing: Sendable {
    /// - Throws: `Status` with `notFound` for a service that is not served.
    func check(_ request: HealthCheckRequest, _ context: CallContext) async throws -> HealthCheckResponse
    /// Writes the present state and then every change.
    func watch(_ request: HealthCheckRequest, _ responses: HealthResponses, _ context: CallContext) async throws
}

extension Router {
    /// Answers `grpc.health.v1.Health`.
    public mutating func register(_ service: some HealthServing) {
        registerUnary(.healthCheck) { try await service.check($0, $1) }
        register(
            .healthWatch,
            serverStreaming: { message, writer, context in
                try await answering {
                    try await service.watch(HealthCheckRequest(unpacking: message, .shown), HealthResponses(writer), context)
                }
            })
    }
}
