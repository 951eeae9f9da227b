/// What the health service says of the daemon or of one of its services (grpc.health.v1).
public enum ServingStatus: Hashable, Sendable, CaseIterable {
    case unknown, serving, notServing
    /// Nothing of that name is served; only a watch answers so.
    case serviceUnknown
}

public struct HealthCheckRequest: Hashable, Sendable {
    /// Empty: the daemon as a whole.
    public var service: String

    public init(service: String = "") {
        self.service = service
    }
}

public struct HealthCheckResponse: Hashable, Sendable {
    public var status: ServingStatus

    public init(status: ServingStatus) {
        self.status = status
    }
}
