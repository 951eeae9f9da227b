public import NIOCore
public import TTRPC

/// How a handshake ended.
public enum HandshakeOutcome: String, CaseIterable, Sendable {
    /// The peer showed its certificate.
    case full
    /// The peer continued a session, in which it had shown it.
    case resumed
    /// The peer's certificate was refused.
    case refused
    /// The peer gave up with an alert.
    case alert
    /// It took too long, or did not begin.
    case timeout
    /// Anything else: no TLS, no common version, the connection broke.
    case failed
}

/// Why a connection was ended whose peer had been accepted.
public enum CertificateEnd: String, CaseIterable, Sendable {
    /// The peer's certificate, or its authority, is no longer accepted.
    case withdrawn
    /// The peer's certificate has expired.
    case expired
}

/// Hears what a server does, for metrics. Called on event loops: it must be quick and must not block.
public protocol ServerObserver: ConnectionObserver {
    /// - Parameter duration: since the connection was accepted.
    func handshakeEnded(_ outcome: HandshakeOutcome, after duration: TimeAmount)

    /// A connection was ended because its peer may not go on. Not always called on an event loop.
    func connectionCut(_ reason: CertificateEnd)
}
