/// Who is at the other end, as its verified certificate says.
public struct PeerIdentity: Hashable, Sendable {
    /// The participant. Compare all of it: the same organisation name in another trust domain is another organisation.
    public let identifier: SPIFFEIdentifier

    /// SHA-256 of the certificate's DER form: 64 lower-case hexadecimal digits.
    public let fingerprint: String

    /// The certificate's serial number in upper-case hexadecimal digits, two a byte, as `openssl x509 -serial` prints it.
    public let serialNumber: String

    /// The certificate's last valid second, in seconds since 1970-01-01 00:00:00 UTC.
    ///
    /// It is checked during the handshake; a connection that outlives it is for its owner to end, as a server of this project does.
    public let notAfter: Int64

    /// The peer showed the certificate in an earlier handshake, whose session this connection continues.
    public var isResumed = false

    public init(identifier: SPIFFEIdentifier, fingerprint: String, serialNumber: String, notAfter: Int64) {
        self.identifier = identifier
        self.fingerprint = fingerprint
        self.serialNumber = serialNumber
        self.notAfter = notAfter
    }
}
