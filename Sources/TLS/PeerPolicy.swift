import COpenSSL

/// What this side demands of the peer's certificate besides a valid chain.
struct PeerPolicy: Sendable {
    /// The participant that the peer must be; nil for any.
    var identifier: SPIFFEIdentifier?
    /// The DNS name or IP address that the certificate must carry; nil for any.
    var hostName: String?
    /// Serial numbers in the form that ``normalized(serialNumber:)`` gives.
    var revokedSerialNumbers: Set<String> = []

    /// Has OpenSSL build and verify the chain of a store context, then judges it.
    ///
    /// - Returns: the peer, and its chain, which must not outlive the store context.
    /// - Throws: the reason for a refusal, together with the OpenSSL code that chooses the alert.
    func judge(_ store: OpaquePointer) throws(Refusal) -> (peer: PeerIdentity, chain: [Certificate]) {
        guard X509_verify_cert(store) == 1 else {
            let code = X509_STORE_CTX_get_error(store)
            let reason = String(cString: X509_verify_cert_error_string(Int(code)))
            let which = X509_STORE_CTX_get_current_cert(store).map { " \(Certificate(pointer: $0).serialNumber)" } ?? ""
            let place = X509_STORE_CTX_get_error_depth(store) > 0 ? "authority certificate" : "certificate"
            // Not proved, but whom to ask.
            let leaf = X509_STORE_CTX_get0_cert(store).flatMap { try? Certificate(pointer: $0).identity().identifier }
            throw Refusal(
                code: code, error: Self.refused("\(place)\(which): \(reason)" + (leaf.map { " (it says it is \($0))" } ?? "")))
        }
        let stack = X509_STORE_CTX_get0_chain(store)
        let chain = (0..<COpenSSL_sk_X509_num(stack)).compactMap { COpenSSL_sk_X509_value(stack, $0).map(Certificate.init) }
        return (try judge(chain), chain)
    }

    /// Judges a chain that OpenSSL has verified, the peer's own certificate first.
    ///
    /// - Throws: the reason for a refusal, together with the OpenSSL code that chooses the alert.
    func judge(_ chain: [Certificate]) throws(Refusal) -> PeerIdentity {
        guard let certificate = chain.first else {
            throw Refusal(code: X509_V_ERR_UNSPECIFIED, error: Self.refused("the peer sent no certificate"))
        }
        for link in chain where revokedSerialNumbers.contains(Self.normalized(serialNumber: link.serialNumber)) {
            throw Refusal(
                code: X509_V_ERR_CERT_REVOKED,
                error: Self.refused("certificate \(link.serialNumber) is revoked by this side's configuration")
            )
        }
        let peer: PeerIdentity
        do {
            peer = try certificate.identity()
        } catch {
            throw Refusal(code: X509_V_ERR_CERT_REJECTED, error: error)
        }
        if let identifier, identifier != peer.identifier {
            throw Refusal(code: X509_V_ERR_HOSTNAME_MISMATCH, error: Self.refused("the peer is \(peer.identifier), expected \(identifier)"))
        }
        if let hostName, !certificate.hasName(hostName) {
            throw Refusal(
                code: X509_V_ERR_HOSTNAME_MISMATCH,
                error: Self.refused("certificate \(peer.serialNumber) of \(peer.identifier) is not for \(hostName)")
            )
        }
        return peer
    }

    struct Refusal: Error {
        /// An `X509_V_ERR_…` value.
        var code: CInt
        var error: TLSError
    }

    static func refused(_ message: String) -> TLSError {
        TLSError(code: .certificateRefused, message: message)
    }

    /// Upper-case hexadecimal digits without colons and leading zeros; nil when `text` is something else or longer than a serial number
    /// can be (20 bytes, RFC 5280).
    static func normalized(serialNumber text: String) -> String? {
        let digits = text.filter { $0 != ":" }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        let significant = digits.drop { $0 == "0" }
        guard significant.utf8.count <= 40 else { return nil }
        return significant.isEmpty ? "0" : significant.uppercased()
    }
}

extension Set<String> {
    /// A certificate's own odd serial number (negative or too long) has no normal form and is on no list.
    fileprivate func contains(_ member: String?) -> Bool {
        member.map { contains($0) } ?? false
    }
}
