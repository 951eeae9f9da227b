import COpenSSL
import NIOCore

/// One TLS connection without a socket: ciphertext in, plaintext out and the other way round.
///
/// Owns one `SSL` and the buffers it reads from and writes to. After a method has thrown, only ``takeOutput()`` may be called: it then gives
/// the alert for the peer, if there is one. Ciphertext for the peer may be waiting after any other call, too.
final class TLSEngine {
    /// What ended a call of ``read(into:upTo:)``.
    enum ReadOutcome {
        /// All input is used up.
        case needsInput
        /// The limit was reached; there may be more.
        case limitReached
        /// The peer sent close_notify; nothing follows.
        case closed
    }

    /// The peer's identity, once its certificate was accepted.
    private(set) var peer: PeerIdentity?

    /// The certificate behind ``peer``, which OpenSSL keeps as long as the connection.
    var peerCertificate: PeerCertificate? {
        guard let peer, let certificate = SSL_get0_peer_certificate(ssl) else { return nil }
        return PeerCertificate(retaining: certificate, identity: peer, context: context)
    }

    private let context: TLSContext
    private let ssl: OpaquePointer
    private let wire = CiphertextBuffers()
    private let recordsPerKey: Int
    private var recordsOnKey = 0

    /// Until when a session that this connection begins or continues may be continued, in seconds since 1970.
    private(set) var resumableUntil: Int64 = 0

    var sessions: SessionTickets { context.sessions }

    /// Why the peer's certificate was refused, noted while OpenSSL is on the stack.
    private var refusal: TLSError?

    /// A full record's plaintext in bytes (RFC 8446, section 5.1).
    static let maximumRecordLength = 16_384

    /// Header, content type and tag: the least that a record of the enabled suites adds, in bytes.
    static let minimumRecordOverhead = 22

    /// Header, explicit nonce and tag: the most that a record of the enabled suites adds, in bytes.
    static let maximumRecordOverhead = 29

    /// - Parameters:
    ///   - serverName: what a client sends as SNI; nil, or an IP address, sends none. Ignored by a server.
    ///   - recordsPerKey: records written with one TLS 1.3 key. AES-GCM allows 2^24.5 full ones (RFC 8446, section 5.5).
    init(context: TLSContext, serverName: String?, recordsPerKey: Int = 1 << 23) throws(TLSError) {
        self.context = context
        self.recordsPerKey = recordsPerKey
        ssl = try context.makeConnection()
        guard let bio = wire.makeBIO() else {
            throw TLSError(code: .resources, message: OpenSSLErrorQueue.takeReason(otherwise: "OpenSSL made no buffers"))
        }
        // One BIO for both directions: the connection takes over the only reference.
        SSL_set_bio(ssl, bio, bio)
        COpenSSL_SSL_set_app_data(ssl, Unmanaged.passUnretained(self).toOpaque())
        if context.isServer {
            SSL_set_accept_state(ssl)
        } else {
            SSL_set_connect_state(ssl)
            resumableUntil = context.sessions.use(for: ssl, at: context.now()) ?? 0
            // RFC 6066, section 3: an address is not a server name.
            if let serverName, !isInternetAddress(serverName), COpenSSL_SSL_set_tlsext_host_name(ssl, serverName) != 1 {
                throw TLSError(
                    code: .configuration,
                    message: "server name \"\(serverName)\": \(OpenSSLErrorQueue.takeReason(otherwise: "not usable"))"
                )
            }
        }
    }

    deinit {
        SSL_free(ssl)
    }

    /// The negotiated ALPN name; nil when there is none.
    var applicationProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self) }
    }

    /// The negotiated version and cipher suite, for people.
    var suite: String {
        "\(String(cString: SSL_get_version(ssl))) \(String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))))"
    }

    /// An estimate of the plaintext to be had, in bytes: what is decrypted, and what the input can hold. 0 means none of either.
    var expectedByteCount: Int {
        let decrypted = Int(SSL_pending(ssl))
        let encrypted = wire.input.readableBytes
        return encrypted == 0 ? decrypted : decrypted + max(1, encrypted - Self.minimumRecordOverhead)
    }

    /// Ciphertext that waits to be sent, in bytes.
    var outputByteCount: Int { wire.output.readableBytes }

    /// Takes in ciphertext from the network.
    func receive(_ ciphertext: ByteBuffer) {
        wire.receive(ciphertext)
    }

    /// Hands over the ciphertext to be sent.
    func takeOutput() -> ByteBuffer {
        wire.takeOutput()
    }

    /// Goes on with the handshake as far as the input allows; a client's first call makes its hello.
    ///
    /// - Returns: whether the handshake is complete. ``peer`` is then set.
    func handshake() throws(TLSError) -> Bool {
        OpenSSLErrorQueue.clear()
        let result = SSL_do_handshake(ssl)
        guard result == 1 else {
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ: return false
            case SSL_ERROR_ZERO_RETURN: throw TLSError(code: .handshakeFailed, message: "the peer gave up the handshake")
            default: throw failure(.handshakeFailed)
            }
        }
        // OpenSSL's client takes any name from the server, also one it did not offer.
        if let name = applicationProtocol, !context.configuration.applicationProtocols.contains(name) {
            throw TLSError(code: .handshakeFailed, message: "the server chose an application protocol that was not offered")
        }
        if peer == nil, SSL_session_reused(ssl) == 1 { try readResumedPeer() }
        guard peer != nil else {
            throw TLSError(code: .certificateRefused, message: "the peer sent no certificate")
        }
        return true
    }

    /// Decrypts the input into the writable part of `plaintext`, until that holds `limit` readable bytes.
    func read(into plaintext: inout ByteBuffer, upTo limit: Int) throws(TLSError) -> ReadOutcome {
        while true {
            let expected = expectedByteCount
            // OpenSSL takes an incomplete record from the input and keeps it to itself, so there is nothing to ask it for.
            guard expected > 0 else { return .needsInput }
            let room = limit - plaintext.readableBytes
            guard room > 0 else { return .limitReached }

            var result: CInt = 0
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: min(room, expected)) { free in
                var count = 0
                OpenSSLErrorQueue.clear()
                result = SSL_read_ex(ssl, free.baseAddress, min(free.count, room), &count)
                return count
            }
            guard result == 1 else {
                switch SSL_get_error(ssl, result) {
                case SSL_ERROR_WANT_READ: return .needsInput
                case SSL_ERROR_ZERO_RETURN: return .closed
                default: throw failure(.protocolViolation)
                }
            }
        }
    }

    /// Encrypts `plaintext` in as few records as it fits into.
    func write(_ plaintext: ByteBuffer) throws(TLSError) {
        let byteCount = plaintext.readableBytes
        guard byteCount > 0 else { return }
        let records = (byteCount - 1) / Self.maximumRecordLength + 1
        wire.reserveOutput(byteCount + records * Self.maximumRecordOverhead)
        try renewKey(before: records)
        OpenSSLErrorQueue.clear()
        let result = plaintext.withUnsafeReadableBytes { bytes in
            var count = 0
            return SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count)
        }
        // The output takes everything, so there is no partial success.
        guard result == 1 else { throw failure(.protocolViolation) }
    }

    /// Makes the close_notify alert. Nothing can be written afterwards.
    func close() throws(TLSError) {
        OpenSSLErrorQueue.clear()
        guard SSL_shutdown(ssl) >= 0 else { throw failure(.protocolViolation) }
    }

    private func renewKey(before records: Int) throws(TLSError) {
        recordsOnKey += records
        guard recordsOnKey > recordsPerKey, SSL_version(ssl) == TLS1_3_VERSION else { return }
        recordsOnKey = records
        OpenSSLErrorQueue.clear()
        guard SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 else { throw failure(.protocolViolation) }
    }

    private func failure(_ code: TLSError.Code) -> TLSError {
        if let refusal {
            OpenSSLErrorQueue.clear()
            return refusal
        }
        let cause = OpenSSLErrorQueue.oldest()
        let alert = ERR_GET_REASON(cause) - SSL_AD_REASON_OFFSET
        if ERR_GET_LIB(cause) == ERR_LIB_SSL, (0...255).contains(alert), let name = SSL_alert_desc_string_long(alert) {
            OpenSSLErrorQueue.clear()
            return TLSError(code: .alertReceived, message: "the peer ended the connection with the alert \"\(String(cString: name))\"")
        }
        return TLSError(code: code, message: OpenSSLErrorQueue.takeReason(otherwise: "OpenSSL gave no reason"))
    }
}

extension TLSEngine {
    static func of(_ connection: OpaquePointer) -> TLSEngine? {
        COpenSSL_SSL_get_app_data(connection).map { Unmanaged<TLSEngine>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Whether a session that counts until `end` still does. If so, the next ticket has the same end: continuing prolongs nothing.
    func mayResume(until end: Int64) -> Bool {
        guard context.now() < end else { return false }
        resumableUntil = end
        return true
    }

    /// The peer's certificate is in the session; its chain was verified when the session began.
    private func readResumedPeer() throws(TLSError) {
        guard let certificate = SSL_get0_peer_certificate(ssl), SSL_get_verify_result(ssl) == Int(X509_V_OK) else { return }
        do {
            var resumed = try context.policy.judge([Certificate(pointer: certificate)])
            resumed.isResumed = true
            peer = resumed
        } catch {
            throw error.error
        }
    }

    /// OpenSSL's call to verify the peer's chain; a result other than 1 ends the handshake with the alert that fits the store's error.
    static func verify(_ store: OpaquePointer?) -> CInt {
        guard let store, let data = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let engine = COpenSSL_SSL_get_app_data(OpaquePointer(data))
        else { return 0 }
        return Unmanaged<TLSEngine>.fromOpaque(engine).takeUnretainedValue().verifyPeer(store) ? 1 : 0
    }

    private func verifyPeer(_ store: OpaquePointer) -> Bool {
        do {
            let accepted = try context.policy.judge(store)
            peer = accepted.peer
            context.intermediates.keep(from: accepted.chain)
            let ends =
                accepted.chain.map { $0.validity?.upperBound ?? 0 } + context.expiries.filter { $0.kind == .revocationList }.map(\.end)
            resumableUntil = min(context.now() + SessionTickets.longestLife, ends.min() ?? 0)
            return true
        } catch {
            X509_STORE_CTX_set_error(store, error.code)
            refusal = error.error
            return false
        }
    }
}
