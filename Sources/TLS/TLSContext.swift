import COpenSSL

/// A checked and loaded ``TLSConfiguration``, shared by all connections that use it.
///
/// It never changes. To reload certificates or revocation lists, make another one and use it for new connections; those under way keep
/// theirs, and their peers can be judged by the new one (``PeerCertificate/refusal(by:)``).
///
/// Fixed choices: a certificate is demanded of both sides; sessions are continued within the bounds of
/// ``TLSConfiguration/allowsResumption``; no early data, no compression, no renegotiation.
public final class TLSContext: Sendable {
    /// The configuration it was made from.
    public let configuration: TLSConfiguration

    /// Owns one reference to an `SSL_CTX`. Safe to share: it is changed in the initialiser only, and OpenSSL counts references atomically.
    private nonisolated(unsafe) let pointer: OpaquePointer

    /// The end of something that a file holds.
    public struct Expiry: Hashable, Sendable {
        /// What ends.
        public enum Kind: String, Hashable, Sendable {
            /// This side's certificate or an intermediate one behind it.
            case certificate
            /// An authority for the peer's certificate.
            case trustRoots = "trust_roots"
            /// A revocation list: the time by which there should be a newer one.
            case revocationList = "revocation_list"
        }

        public var kind: Kind
        public var file: String
        /// The last valid second, in seconds since 1970; of several things in the file the first to end.
        public var end: Int64
        /// Of a revocation list: when it was made, in seconds since 1970.
        public var start: Int64?

        public init(kind: Kind, file: String, end: Int64, start: Int64? = nil) {
            self.kind = kind
            self.file = file
            self.end = end
            self.start = start
        }
    }

    /// The ends of what was loaded, one a file.
    public let expiries: [Expiry]

    /// The subjects of the trust roots of which there is no revocation list although there are lists of others: all their peers are refused.
    public let authoritiesWithoutList: [String]

    let policy: PeerPolicy
    let sessions = SessionTickets()
    let intermediates = IntermediateCertificates()
    /// The system's time in seconds since 1970.
    public static let systemTime: @Sendable () -> Int64 = { COpenSSL_time() }

    let now: @Sendable () -> Int64
    let applicationProtocols: ApplicationProtocols

    /// Loads all files. Call it off the event loops: it reads from disk.
    ///
    /// - Parameter now: the time in seconds since 1970, for the age of sessions; OpenSSL checks certificates by the system's clock.
    /// - Throws: ``TLSError`` with code `configuration` and one line for every fault.
    public init(_ configuration: TLSConfiguration, now: @escaping @Sendable () -> Int64 = TLSContext.systemTime) throws(TLSError) {
        OpenSSLErrorQueue.clear()
        guard let pointer = SSL_CTX_new(TLS_method()) else {
            throw TLSError(code: .resources, message: OpenSSLErrorQueue.takeReason(otherwise: "OpenSSL made no context"))
        }
        var loader = CredentialLoader(context: pointer)
        self.configuration = configuration
        self.pointer = pointer
        self.now = now
        policy = Self.policy(for: configuration, loader: &loader)
        applicationProtocols = ApplicationProtocols(configuration.applicationProtocols)
        ApplicationProtocols.faults(in: configuration.applicationProtocols).forEach { loader.note($0) }

        // From here on the deinitialiser frees the context, also when this initialiser throws.
        loader.loadCertificate(chainFile: configuration.certificateChainFile, keyFile: configuration.privateKeyFile)
        loader.loadTrustRoots(file: configuration.trustRootsFile, announce: configuration.role == .server)
        loader.loadRevocationLists(files: configuration.revocationListFiles)
        expiries = loader.expiries
        authoritiesWithoutList = loader.authoritiesWithoutList
        guard loader.faults.isEmpty else {
            throw TLSError(code: .configuration, message: loader.faults.joined(separator: "\n"))
        }
        try setUp()
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    /// The name in this side's own certificate; nil when it has no valid one, which ``certificateFaults(at:)`` tells.
    public var identifier: SPIFFEIdentifier? {
        guard let leaf = SSL_CTX_get0_certificate(pointer) else { return nil }
        return try? Certificate(pointer: leaf).identity().identifier
    }

    /// What a peer would hold against this side's own certificate at `now` (seconds since 1970); empty when nothing.
    ///
    /// A daemon asks at start and from time to time, since the peers' refusals show only in their logs.
    public func certificateFaults(at now: Int64) -> [String] {
        guard let leaf = SSL_CTX_get0_certificate(pointer) else { return [] }
        let certificate = Certificate(pointer: leaf)
        let file = configuration.certificateChainFile
        var faults: [String] = []
        if let validity = certificate.validity {
            if now < validity.lowerBound { faults.append("\(file): certificate not yet valid") }
            if now > validity.upperBound { faults.append("\(file): certificate expired") }
        } else {
            faults.append("\(file): certificate with an unreadable or empty period of validity")
        }
        do {
            _ = try certificate.identity()
        } catch {
            faults.append("\(file): \(error.message)")
        }
        return faults
    }

    var isServer: Bool { configuration.role == .server }

    /// A new `SSL` that the caller owns.
    func makeConnection() throws(TLSError) -> OpaquePointer {
        OpenSSLErrorQueue.clear()
        guard let connection = SSL_new(pointer) else {
            throw TLSError(code: .resources, message: OpenSSLErrorQueue.takeReason(otherwise: "OpenSSL made no connection"))
        }
        return connection
    }

    /// Verifies a peer's certificate as in a handshake, except that a revocation list may be overdue.
    ///
    /// - Parameter intermediates: a stack of what may stand between the certificate and a trust root.
    func refusal(of certificate: OpaquePointer, intermediates: OpaquePointer?) -> TLSError? {
        OpenSSLErrorQueue.clear()
        defer { OpenSSLErrorQueue.clear() }
        guard let store = X509_STORE_CTX_new() else { return TLSError(code: .resources, message: "OpenSSL made no verification") }
        defer { X509_STORE_CTX_free(store) }
        guard X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(pointer), certificate, intermediates) == 1,
            X509_STORE_CTX_set_default(store, isServer ? "ssl_client" : "ssl_server") == 1,
            let parameters = X509_STORE_CTX_get0_param(store), X509_VERIFY_PARAM_set1(parameters, SSL_CTX_get0_param(pointer)) == 1
        else { return TLSError(code: .resources, message: OpenSSLErrorQueue.takeReason(otherwise: "OpenSSL made no verification")) }
        X509_VERIFY_PARAM_set_auth_level(parameters, SSL_CTX_get_security_level(pointer))
        X509_STORE_CTX_set_verify_cb(store) { isGood, store in
            isGood == 1 || X509_STORE_CTX_get_error(store) == X509_V_ERR_CRL_HAS_EXPIRED ? 1 : 0
        }
        do {
            _ = try policy.judge(store)
            return nil
        } catch {
            return error.error
        }
    }

    private static func policy(for configuration: TLSConfiguration, loader: inout CredentialLoader) -> PeerPolicy {
        var policy = PeerPolicy()
        for text in configuration.revokedSerialNumbers {
            guard let serialNumber = PeerPolicy.normalized(serialNumber: text) else {
                loader.note("revoked serial number \"\(text)\": up to 40 hexadecimal digits are required")
                continue
            }
            policy.revokedSerialNumbers.insert(serialNumber)
        }
        guard case .client(let expected) = configuration.role else { return policy }
        if let text = expected.spiffeIdentifier {
            policy.identifier = SPIFFEIdentifier(text)
            if policy.identifier == nil {
                loader.note("expected server \"\(text)\": not of the form spiffe://<trust domain>/<organisation>/<unit>")
            }
        }
        if let hostName = expected.hostName {
            policy.hostName = hostName
            if hostName.isEmpty || hostName.utf8.contains(0) {
                loader.note("expected server \"\(hostName)\": not a DNS name or IP address")
            }
        }
        if expected.spiffeIdentifier == nil, expected.hostName == nil {
            loader.note("expected server: neither a spiffe:// identifier nor a host name is given, so any server would do")
        }
        return policy
    }

    private func setUp() throws(TLSError) {
        let isReady =
            COpenSSL_SSL_CTX_set_min_proto_version(pointer, configuration.minimumVersion == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) == 1
            && COpenSSL_SSL_CTX_set_max_proto_version(pointer, 0) == 1
            && SSL_CTX_set_ciphersuites(pointer, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1
            && SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
            && COpenSSL_SSL_CTX_set1_groups_list(pointer, "X25519:P-256:P-384") == 1
            && applicationProtocols.offer(in: pointer)
        guard isReady else {
            throw TLSError(code: .resources, message: OpenSSLErrorQueue.takeReason(otherwise: "OpenSSL lacks a required algorithm"))
        }
        // At least 112 bits everywhere: no SHA-1 signature, no RSA key below 2048 bits.
        SSL_CTX_set_security_level(pointer, 2)
        _ = SSL_CTX_set_options(
            pointer,
            COpenSSL_SSL_OP_NO_COMPRESSION | COpenSSL_SSL_OP_NO_RENEGOTIATION | COpenSSL_SSL_OP_CIPHER_SERVER_PREFERENCE
                | (configuration.allowsResumption ? 0 : COpenSSL_SSL_OP_NO_TICKET)
        )
        guard SessionTickets.setUp(pointer, isServer: isServer, isAllowed: configuration.allowsResumption) else {
            throw TLSError(code: .resources, message: OpenSSLErrorQueue.takeReason(otherwise: "OpenSSL cannot be told about sessions"))
        }
        // An idle connection holds no record buffers. The chain that is sent is the one in the file: OpenSSL would add the root, which
        // the peer has and would keep a second time for the life of the connection.
        COpenSSL_SSL_CTX_set_mode(pointer, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN)
        // A peer's chain arrives before it is trusted: bound its size and depth.
        COpenSSL_SSL_CTX_set_max_cert_list(pointer, 32 * 1024)
        SSL_CTX_set_verify_depth(pointer, 4)
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER | (isServer ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nil)
        SSL_CTX_set_cert_verify_callback(pointer, { store, _ in TLSEngine.verify(store) }, nil)
        if isServer {
            applicationProtocols.choose(in: pointer)
        }
    }
}
