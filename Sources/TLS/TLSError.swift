/// What went wrong with a configuration or a connection, in words for the person who runs it.
///
/// Messages name files, rules and certificates (by serial number); they never hold key material.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault. New kinds may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String {
            case configuration, certificateRefused, alertReceived, handshakeFailed, handshakeTimeout, protocolViolation, truncated
            case bufferFull, resources
        }

        private let kind: Kind

        /// Files or values of a ``TLSConfiguration`` are unusable; the message has one line per fault.
        public static let configuration = Code(kind: .configuration)
        /// This side refused the peer's certificate. The peer was told with an alert.
        public static let certificateRefused = Code(kind: .certificateRefused)
        /// The peer ended the connection with an alert, for instance because it refused this side's certificate.
        public static let alertReceived = Code(kind: .alertReceived)
        /// The handshake ended without agreement for another reason.
        public static let handshakeFailed = Code(kind: .handshakeFailed)
        /// The handshake took longer than allowed.
        public static let handshakeTimeout = Code(kind: .handshakeTimeout)
        /// The peer sent bytes that are not TLS or that were altered under way.
        public static let protocolViolation = Code(kind: .protocolViolation)
        /// The byte stream ended without the peer's close_notify: its last data may be missing.
        public static let truncated = Code(kind: .truncated)
        /// More was written before the end of the handshake than is held.
        public static let bufferFull = Code(kind: .bufferFull)
        /// OpenSSL could not allocate what it needs.
        public static let resources = Code(kind: .resources)

        public var description: String { kind.rawValue }
    }

    /// The kind of fault.
    public var code: Code

    /// What was wrong and, where it is known, what to do about it.
    public var message: String

    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message)" }

    /// The byte stream ended without the peer's close_notify.
    public static let truncated = TLSError(
        code: .truncated,
        message: "the peer's connection ended without a TLS close_notify: the last data may be missing"
    )
}
