import COpenSSL
import Synchronization

/// The authorities' certificates that peers sent in chains that were accepted.
///
/// A continued session has the peer's own certificate only. Its chain was verified by the context that it belongs to, so what is needed to
/// verify it again is here.
final class IntermediateCertificates: Sendable {
    /// Far more than there are authorities. What is past it is not kept: whoever needs it is refused when judged again, and may come back.
    static let limit = 256

    /// Owns one reference to an `X509`. Safe to share: it is not changed, and OpenSSL counts references atomically.
    private final class Reference: Sendable {
        nonisolated(unsafe) let pointer: OpaquePointer

        init(retaining pointer: OpaquePointer) {
            X509_up_ref(pointer)
            self.pointer = pointer
        }

        deinit { X509_free(pointer) }
    }

    private let references = Mutex<[Reference]>([])

    /// - Parameter chain: verified, the peer's own certificate first, the trust root last.
    func keep(from chain: [Certificate]) {
        for certificate in chain.dropFirst().dropLast() {
            let reference = Reference(retaining: certificate.pointer)
            references.withLock { references in
                guard references.count < Self.limit, !references.contains(where: { X509_cmp($0.pointer, reference.pointer) == 0 }) else {
                    return
                }
                references.append(reference)
            }
        }
    }

    /// Calls `body` with a stack of them, which is nil when memory is exhausted and must not outlive the call.
    func withStack<R>(_ body: (OpaquePointer?) -> R) -> R {
        let references = references.withLock { $0 }
        let stack = COpenSSL_sk_X509_new()
        defer { COpenSSL_sk_X509_free(stack) }
        return withExtendedLifetime(references) {
            for reference in references { _ = COpenSSL_sk_X509_push(stack, reference.pointer) }
            return body(stack)
        }
    }
}
