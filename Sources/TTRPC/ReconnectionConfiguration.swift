/// How a client that reconnects goes about it.
public struct ReconnectionConfiguration: Sendable {
    /// In which order several addresses are tried.
    public enum AddressOrder: Hashable, Sendable {
        /// The first one first, the others while it cannot be reached.
        case asGiven
        /// Beginning with one drawn at random, so that many clients spread over many servers.
        case rotated
    }

    public var order = AddressOrder.asGiven
    /// Between rounds of attempts to connect.
    public var backoff = Backoff()
    /// How long a call waits for servers that cannot be reached. Zero: every address is tried once.
    public var patience = Duration.seconds(20)
    /// Calls that may wait for a connection; further ones fail with `resourceExhausted`.
    public var waitingCalls = 1024
    public var retry = RetryPolicy()
    /// What all calls of the client may spend on being made again.
    public var budget = RetryBudget()
    /// The time limit of a call that has one answer, when its options give none; nil: no limit. Streams last as long as their options say.
    public var callTimeout: Duration? = .seconds(30)
    /// Told what becomes of connections, for people to know. Must not block.
    public var observe: @Sendable (ConnectionEvent) -> Void = { _ in }

    /// Random numbers from 0 to 1.
    package var jitter: @Sendable () -> Double = { .random(in: 0..<1) }
    package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    public init() {}
}

/// What has become of a client's connection.
public enum ConnectionEvent: Hashable, Sendable {
    case connected(address: String)
    /// The address could not be reached, or another than the expected server answers there.
    case failed(address: String, reason: String)
    /// All addresses have been tried in vain; the next attempt comes after this time.
    case waiting(Duration)
}

/// Why there is no connection to an address.
package struct ConnectionFailure: Error {
    /// For people, without the address.
    package var reason: String
    /// Waiting cannot help, as when the server is another than expected.
    package var isHopeless: Bool

    package init(reason: String, isHopeless: Bool) {
        self.reason = reason
        self.isHopeless = isHopeless
    }
}
