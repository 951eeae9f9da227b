import COpenSSL

/// The certificate that a connection's peer was accepted with, to be judged again while the connection is open.
public final class PeerCertificate: Sendable {
    /// What it says.
    public let identity: PeerIdentity

    /// Owns one reference to an `X509`. Safe to share: it is not changed, and OpenSSL counts references atomically.
    private nonisolated(unsafe) let pointer: OpaquePointer

    /// What the peer was accepted by.
    private let context: TLSContext

    init(retaining pointer: OpaquePointer, identity: PeerIdentity, context: TLSContext) {
        X509_up_ref(pointer)
        self.pointer = pointer
        self.identity = identity
        self.context = context
    }

    deinit { X509_free(pointer) }

    /// Whether the peer was accepted by this very context.
    public func wasAccepted(by context: TLSContext) -> Bool { self.context === context }

    /// Whether both are the same certificate, accepted by the same context: what is said of one holds for the other.
    public func isEquivalent(to other: PeerCertificate) -> Bool {
        context === other.context && X509_cmp(pointer, other.pointer) == 0
    }

    /// Why a peer with this certificate would be refused by `context` now; nil when it would be accepted.
    ///
    /// A revocation list that is overdue counts here with what it says: that there is no newer one is no fault of the peer, who was accepted
    /// while it was not overdue. Takes the time of two or three signatures.
    public func refusal(by context: TLSContext) -> TLSError? {
        self.context.intermediates.withStack { context.refusal(of: pointer, intermediates: $0) }
    }
}
