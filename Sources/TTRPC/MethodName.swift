/// The full name of a method, such as "lots.v1.Referrals" and "Submit".
public struct MethodName: Hashable, Sendable {
    /// The package and name of the service, dotted.
    public var service: String
    public var method: String

    public init(service: String, method: String) {
        self.service = service
        self.method = method
    }
}

extension MethodName: CustomStringConvertible {
    public var description: String { "\(service)/\(method)" }
}

/// Which side of a call may send more than one message.
public enum CallKind: Hashable, Sendable, CaseIterable {
    case unary
    case clientStreaming
    case serverStreaming
    case bidirectional

    var clientStreams: Bool { self == .clientStreaming || self == .bidirectional }
    var serverStreams: Bool { self == .serverStreaming || self == .bidirectional }
}
