import COpenSSL

/// What this side demands of the peer's certificate besides a valid chain.
struct PeerPolicy: Sendable {
    /// The participant that the peer must be; nil for any.
    var identifier: SPIFFEIdentifier?
    /// The DNS name or IP address that the certificate must carry; nil for any.
    var hostName: String?
    /// Serial numbers in the form that ``normalized(serialNumber:)`` gives.
    var revokedSerialNumbers: Set<String> = []

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
