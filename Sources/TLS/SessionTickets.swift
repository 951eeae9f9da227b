import COpenSSL
import Synchronization

/// Continued sessions (RFC 8446, section 2.2), such that a continued one is worth as much as a full handshake.
///
/// The server keeps nothing: a session is in a ticket that only its context can read, since its keys are made with the context and die
/// with it. In the ticket stands until when it counts. The client keeps the newest ticket of its context and uses it once.
final class SessionTickets: Sendable {
    /// A full handshake is due at least this often, in seconds.
    static let longestLife: Int64 = 3_600

    /// Owns one reference to an `SSL_SESSION`. Safe to share: it is not changed, and OpenSSL counts references atomically.
    private final class Session: Sendable {
        nonisolated(unsafe) let pointer: OpaquePointer
        let until: Int64

        init(_ pointer: OpaquePointer, until: Int64) {
            self.pointer = pointer
            self.until = until
        }

        deinit { SSL_SESSION_free(pointer) }
    }

    private let newest = Mutex<Session?>(nil)

    /// Lets a client's connection begin with the session kept, if it still counts at `now`.
    /// - Returns: until when it counts; nil: there is none.
    func use(for connection: OpaquePointer, at now: Int64) -> Int64? {
        guard let session = newest.withLock({ $0.take() }), now < session.until else { return nil }
        return SSL_set_session(connection, session.pointer) == 1 ? session.until : nil
    }

    static func setUp(_ context: OpaquePointer, isServer: Bool, isAllowed: Bool) -> Bool {
        COpenSSL_SSL_CTX_set_session_cache_off(context)
        guard SSL_CTX_set_max_early_data(context, 0) == 1, SSL_CTX_set_recv_max_early_data(context, 0) == 1,
            SSL_CTX_set_num_tickets(context, isServer && isAllowed ? 1 : 0) == 1
        else { return false }
        guard isAllowed else { return true }
        if isServer {
            SSL_CTX_set_timeout(context, Int(longestLife))
            let name = Array("lots".utf8)
            return SSL_CTX_set_session_id_context(context, name, UInt32(name.count)) == 1
                && SSL_CTX_set_session_ticket_cb(
                    context, { connection, _ in SessionTickets.seal(connection) },
                    { connection, session, _, _, status, _ in SessionTickets.judge(connection, session, status) }, nil) == 1
        }
        COpenSSL_SSL_CTX_set_session_cache_client(context)
        SSL_CTX_sess_set_new_cb(context) { connection, session in SessionTickets.keep(connection, session) }
        return true
    }

    /// Puts the end of the session into a ticket that is about to be sent.
    private static func seal(_ connection: OpaquePointer?) -> CInt {
        guard let connection, let engine = TLSEngine.of(connection), let session = SSL_get_session(connection) else { return 0 }
        return withUnsafeBytes(of: engine.resumableUntil.littleEndian) { end in
            SSL_SESSION_set1_ticket_appdata(session, end.baseAddress, end.count)
        }
    }

    /// Whether a ticket of this context may be used. Otherwise the handshake goes on in full, as without a ticket.
    private static func judge(_ connection: OpaquePointer?, _ session: OpaquePointer?, _ status: SSL_TICKET_STATUS) -> SSL_TICKET_RETURN {
        guard let connection, let session, status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW,
            SSL_version(connection) == TLS1_3_VERSION, let engine = TLSEngine.of(connection), let end = end(of: session),
            engine.mayResume(until: end)
        else { return SSL_TICKET_RETURN_IGNORE_RENEW }
        return SSL_TICKET_RETURN_USE_RENEW
    }

    private static func end(of session: OpaquePointer) -> Int64? {
        var data: UnsafeMutableRawPointer?
        var count = 0
        guard SSL_SESSION_get0_ticket_appdata(session, &data, &count) == 1, let data, count == MemoryLayout<Int64>.size else { return nil }
        return Int64(littleEndian: data.loadUnaligned(as: Int64.self))
    }

    /// A client has got a session. 1: it takes over the reference.
    private static func keep(_ connection: OpaquePointer?, _ session: OpaquePointer?) -> CInt {
        guard let connection, let session, SSL_version(connection) == TLS1_3_VERSION, let engine = TLSEngine.of(connection) else {
            return 0
        }
        let kept = Session(session, until: engine.resumableUntil)
        engine.sessions.newest.withLock { $0 = kept }
        return 1
    }
}
