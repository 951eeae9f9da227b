/// What one side of mutual TLS needs to know. ``TLSContext`` checks and loads it.
public struct TLSConfiguration: Hashable, Sendable {
    /// A protocol version.
    public enum Version: Hashable, Sendable {
        /// TLS 1.2, with ephemeral key agreement and authenticated encryption only.
        case tls12
        /// TLS 1.3 (RFC 8446).
        case tls13
    }

    /// What a client demands of the server's certificate besides a valid chain. This is independent of the server name it sends.
    public struct ExpectedServer: Hashable, Sendable {
        /// The `spiffe://<trust domain>/<organisation>/<unit>` that the certificate must carry.
        public var spiffeIdentifier: String?
        /// The DNS name or IP address that must be among the certificate's subject alternative names.
        public var hostName: String?

        /// At least one of the two must be given; when both are, both must match.
        public init(spiffeIdentifier: String? = nil, hostName: String? = nil) {
            self.spiffeIdentifier = spiffeIdentifier
            self.hostName = hostName
        }
    }

    /// The side of the connection.
    public enum Role: Hashable, Sendable {
        /// Accepts connections and demands a client certificate.
        case server
        /// Opens connections to the expected server.
        case client(expecting: ExpectedServer)
    }

    /// The side of the connection.
    public var role: Role

    /// PEM file: this side's certificate, then any intermediate ones.
    public var certificateChainFile: String

    /// PEM file: the unencrypted private key. Only its owner may have access to it.
    public var privateKeyFile: String

    /// PEM file: the authorities that may sign the peer's certificate.
    public var trustRootsFile: String

    /// PEM files of revocation lists. Once there is one, every authority in a peer's chain needs a current list: without it the peer is refused.
    public var revocationListFiles: [String] = []

    /// Serial numbers in hexadecimal (colons allowed). A chain with one of them is refused, whoever issued it.
    public var revokedSerialNumbers: [String] = []

    /// ALPN names, the preferred first: what a client offers, what a server chooses from. A server with names refuses a client that
    /// offers only others, and serves a client that offers none.
    public var applicationProtocols: [String] = []

    /// The oldest version that is spoken.
    public var minimumVersion: Version = .tls13

    /// Whether a peer may continue a session instead of showing its certificate again (TLS 1.3 only, never with early data).
    ///
    /// A session is continued for an hour at most, never past the end of a certificate or a revocation list, and by the context only that
    /// began it: whoever makes another context, as after a revocation, ends all sessions.
    public var allowsResumption = true

    public init(role: Role, certificateChainFile: String, privateKeyFile: String, trustRootsFile: String) {
        self.role = role
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        self.trustRootsFile = trustRootsFile
    }
}
