import NIOCore
public import TTRPC

/// Asks how the exchange is. Calls throw `CallFailure`, or `CancellationError` when the calling task is cancelled.
public struct HealthClient: Sendable {
    private let client: Client

    public init(_ client: Client) {
        self.client = client
    }

    /// - Parameter service: empty for the daemon as a whole.
    public func check(service: String = "", options: CallOptions = CallOptions()) async throws -> ServingStatus {
        let response: HealthCheckResponse = try await client.call(.healthCheck, HealthCheckRequest(service: service), options)
        return response.status
    }

    /// The present state and then every change. The watch ends when `body` returns.
    public func watch<R>(
        service: String = "", options: CallOptions = CallOptions(),
        _ body: (TypedStream<HealthCheckResponse>) async throws -> R
    ) async throws -> R {
        try await calling {
            let request = try HealthCheckRequest(service: service).packed()
            return try await client.serverStreaming(.healthWatch, request, options: options) { messages in
                try await body(TypedStream(answers: messages))
            }
        }
    }
}
