/// What the two ends of a connection speak. TLS chooses it by application protocol (ALPN, RFC 7301): the name is the raw value.
public enum WireProtocol: String, Hashable, Sendable, CaseIterable {
    /// ttrpc 1.2 with cancellation, flow control for each stream, pings, announced ends and trailers.
    case lots1 = "lots/1"
    /// ttrpc 1.2 and nothing else.
    case ttrpc

    /// The names to offer or accept, the best first.
    public static var names: [String] { allCases.map(\.rawValue) }

    /// - Parameter name: what was negotiated; a peer that negotiates nothing speaks plain ttrpc.
    public init(negotiated name: String?) {
        self = name.flatMap(Self.init(rawValue:)) ?? .ttrpc
    }
}
