import COpenSSL

/// ALPN names (RFC 7301) in preference order and in the form that OpenSSL takes: each name after its length in one byte.
///
/// Owns that memory, since OpenSSL keeps a pointer into it while it makes its choice.
final class ApplicationProtocols: Sendable {
    let names: [String]

    /// Safe to share: written in the initialiser only, freed with this object.
    private nonisolated(unsafe) let wireForm: UnsafeMutableBufferPointer<UInt8>

    /// The names must be valid, see ``faults(in:)``.
    init(_ names: [String]) {
        self.names = names
        let bytes = names.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) }
        wireForm = .allocate(capacity: bytes.count)
        _ = wireForm.initialize(from: bytes)
    }

    deinit {
        wireForm.deallocate()
    }

    /// What keeps `names` from being offered, in words.
    static func faults(in names: [String]) -> [String] {
        var faults = names.filter { !(1...255).contains($0.utf8.count) }
            .map { "application protocol \"\($0)\": a name has 1 to 255 bytes" }
        if Set(names).count < names.count {
            faults.append("application protocols: a name is listed twice")
        }
        // All names travel in one extension of at most 65,535 bytes; this many always fit.
        if names.count > 64 {
            faults.append("application protocols: more than 64 names")
        }
        return faults
    }

    /// Lets the clients of `context` offer these names.
    func offer(in context: OpaquePointer) -> Bool {
        names.isEmpty || SSL_CTX_set_alpn_protos(context, wireForm.baseAddress, UInt32(wireForm.count)) == 0
    }

    /// Lets the servers of `context` choose among these names. This object must outlive every connection of the context.
    func choose(in context: OpaquePointer) {
        guard !names.isEmpty else { return }
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, chosenLength, offered, offeredLength, argument in
                guard let argument, let chosen, let chosenLength else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                let own = Unmanaged<ApplicationProtocols>.fromOpaque(argument).takeUnretainedValue().wireForm
                var selection: UnsafeMutablePointer<UInt8>?
                let outcome = SSL_select_next_proto(&selection, chosenLength, own.baseAddress, UInt32(own.count), offered, offeredLength)
                guard outcome == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                chosen.pointee = UnsafePointer(selection)
                return SSL_TLSEXT_ERR_OK
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }
}
