import COpenSSL

/// Loads the files of a configuration into an `SSL_CTX` and collects every fault instead of stopping at the first.
struct CredentialLoader {
    /// Owned by the caller.
    let context: OpaquePointer
    private(set) var faults: [String] = []
    /// When the first thing in each file that has an end ends.
    private(set) var expiries: [TLSContext.Expiry] = []
    /// The subjects of the authorities of which there is no revocation list although lists are demanded.
    private(set) var authoritiesWithoutList: [String] = []

    init(context: OpaquePointer) {
        self.context = context
    }

    mutating func note(_ fault: String) {
        faults.append(fault)
    }

    /// The certificate chain and its key, which must belong together.
    mutating func loadCertificate(chainFile: String, keyFile: String) {
        OpenSSLErrorQueue.clear()
        let hasChain = SSL_CTX_use_certificate_chain_file(context, chainFile) == 1
        if !hasChain {
            note("certificate chain file \(chainFile): \(OpenSSLErrorQueue.takeReason(otherwise: "not readable"))")
        }
        guard let key = readPrivateKey(keyFile) else { return }
        defer { EVP_PKEY_free(key) }
        guard hasChain, let certificate = SSL_CTX_get0_certificate(context) else { return }
        noteExpiry(.certificate, file: chainFile, of: certificates(chainFile, as: "certificate chain file"))
        guard X509_check_private_key(certificate, key) == 1 else {
            OpenSSLErrorQueue.clear()
            return note("private key file \(keyFile): the key does not match certificate \(chainFile)")
        }
        if SSL_CTX_use_PrivateKey(context, key) != 1 {
            note("private key file \(keyFile): \(OpenSSLErrorQueue.takeReason(otherwise: "not usable"))")
        }
    }

    /// The authorities for the peer's chain; a server also tells clients their names.
    mutating func loadTrustRoots(file: String, announce: Bool) {
        OpenSSLErrorQueue.clear()
        guard SSL_CTX_load_verify_file(context, file) == 1 else {
            return note("trust roots file \(file): \(OpenSSLErrorQueue.takeReason(otherwise: "no certificate in it"))")
        }
        if announce {
            guard let names = SSL_load_client_CA_file(file) else {
                return note("trust roots file \(file): \(OpenSSLErrorQueue.takeReason(otherwise: "no certificate in it"))")
            }
            SSL_CTX_set_client_CA_list(context, names)
        }
        noteExpiry(.trustRoots, file: file, of: certificates(file, as: "trust roots file"))
    }

    /// Revocation lists, after the authorities. With the first one, checking becomes mandatory for the whole chain.
    mutating func loadRevocationLists(files: [String]) {
        guard !files.isEmpty, let store = SSL_CTX_get_cert_store(context) else { return }
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
        for file in files {
            guard let input = open(file, as: "revocation list file") else { continue }
            defer { BIO_free(input) }
            var count = 0
            while let list = PEM_read_bio_X509_CRL(input, nil, nil, nil) {
                defer { X509_CRL_free(list) }
                guard X509_STORE_add_crl(store, list) == 1 else {
                    note("revocation list file \(file): \(OpenSSLErrorQueue.takeReason(otherwise: "not usable"))")
                    break
                }
                count += 1
                if let next = X509_CRL_get0_nextUpdate(list) {
                    noteExpiry(.revocationList, file: file, of: [seconds(next)], from: seconds(X509_CRL_get0_lastUpdate(list)))
                }
            }
            // The reader always ends with an error; "no start line" after a list is the regular end.
            let reason = OpenSSLErrorQueue.takeReason(otherwise: "")
            if count == 0 || reason != "no start line" {
                note("revocation list file \(file): \(reason)")
            }
        }
        noteAuthoritiesWithoutList(in: store)
    }

    private mutating func noteAuthoritiesWithoutList(in store: OpaquePointer) {
        let objects = X509_STORE_get0_objects(store)
        let held = (0..<COpenSSL_sk_X509_OBJECT_num(objects)).compactMap { COpenSSL_sk_X509_OBJECT_value(objects, $0) }
        let lists = held.compactMap { X509_OBJECT_get0_X509_CRL($0) }
        for authority in held.compactMap({ X509_OBJECT_get0_X509($0) }) {
            // By its key, too: the next authority may have the name of the one before.
            let hasList = lists.contains {
                X509_NAME_cmp(X509_CRL_get_issuer($0), X509_get_subject_name(authority)) == 0
                    && X509_CRL_verify($0, X509_get0_pubkey(authority)) == 1
            }
            if !hasList { authoritiesWithoutList.append(Certificate(pointer: authority).subject) }
        }
        OpenSSLErrorQueue.clear()
    }

    private mutating func noteExpiry(_ kind: TLSContext.Expiry.Kind, file: String, of ends: [Int64], from start: Int64? = nil) {
        guard let end = ends.min() else { return }
        let expiry = TLSContext.Expiry(kind: kind, file: file, end: end, start: start)
        if let index = expiries.firstIndex(where: { $0.kind == kind && $0.file == file }) {
            if end < expiries[index].end { expiries[index] = expiry }
        } else {
            expiries.append(expiry)
        }
    }

    /// The ends of validity of a file's certificates.
    private mutating func certificates(_ file: String, as kind: String) -> [Int64] {
        guard let input = open(file, as: kind) else { return [] }
        defer {
            BIO_free(input)
            OpenSSLErrorQueue.clear()
        }
        var ends: [Int64] = []
        while let certificate = PEM_read_bio_X509(input, nil, nil, nil) {
            ends.append(seconds(X509_get0_notAfter(certificate)))
            X509_free(certificate)
        }
        return ends
    }

    private mutating func readPrivateKey(_ file: String) -> OpaquePointer? {
        guard let input = open(file, as: "private key file") else { return nil }
        defer { BIO_free(input) }
        let mode = COpenSSL_BIO_file_mode(input)
        let isRegularFile = mode & 0o170000 == 0o100000
        guard isRegularFile else {
            note("private key file \(file): not a regular file")
            return nil
        }
        if mode & 0o077 != 0 {
            note("private key file \(file): accessible to others than its owner: chmod 600 \(file)")
        }
        // Without a callback OpenSSL would ask for a pass phrase on the terminal and wait.
        var isEncrypted = false
        let key = withUnsafeMutablePointer(to: &isEncrypted) { asked in
            PEM_read_bio_PrivateKey(
                input, nil,
                { _, _, _, asked in
                    asked?.storeBytes(of: true, as: Bool.self)
                    return -1
                }, asked)
        }
        if key == nil {
            let reason = OpenSSLErrorQueue.takeReason(otherwise: "not readable")
            note("private key file \(file): \(isEncrypted ? "encrypted keys are not supported" : reason)")
        }
        return key
    }

    private mutating func open(_ file: String, as kind: String) -> OpaquePointer? {
        OpenSSLErrorQueue.clear()
        let input = BIO_new_file(file, "r")
        if input == nil {
            note("\(kind) \(file): \(OpenSSLErrorQueue.takeReason(otherwise: "not readable"))")
        }
        return input
    }
}
