import COpenSSL

/// Reads an X.509 certificate that OpenSSL owns. Must not outlive the call or the owner it was made for.
struct Certificate {
    let pointer: OpaquePointer

    /// The identity that the certificate carries.
    ///
    /// - Throws: ``TLSError`` with code `certificateRefused` when it has not exactly one well-formed URI name.
    func identity() throws(TLSError) -> PeerIdentity {
        PeerIdentity(
            identifier: try spiffeIdentifier(),
            fingerprint: fingerprint(),
            serialNumber: serialNumber,
            notAfter: seconds(X509_get0_notAfter(pointer))
        )
    }

    /// The serial number in upper-case hexadecimal digits, two a byte.
    var serialNumber: String {
        guard let number = X509_get0_serialNumber(pointer) else { return "" }
        let digits = hexadecimal(bytes(number), upperCase: true)
        return ASN1_STRING_type(number) == V_ASN1_INTEGER | V_ASN1_NEG ? "-" + digits : digits
    }

    /// The subject on one line (RFC 2253).
    var subject: String {
        String(unsafeUninitializedCapacity: 512) { Int(COpenSSL_subject(pointer, $0.baseAddress, CInt($0.count))) }
    }

    /// The period of validity, both ends included, in seconds since 1970.
    var validity: ClosedRange<Int64>? {
        let first = seconds(X509_get0_notBefore(pointer))
        let last = seconds(X509_get0_notAfter(pointer))
        return first <= last ? first...last : nil
    }

    /// Whether a DNS or IP subject alternative name says `name`. Wildcards and the common name do not count.
    func hasName(_ name: String) -> Bool {
        let flags = UInt32(X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
        if isInternetAddress(name) {
            return X509_check_ip_asc(pointer, name, flags) == 1
        }
        return X509_check_host(pointer, name, name.utf8.count, flags, nil) == 1
    }

    private func spiffeIdentifier() throws(TLSError) -> SPIFFEIdentifier {
        // Also nil when the extension occurs twice or does not parse.
        guard let extensions = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else {
            throw refusal("has no readable subject alternative name")
        }
        let names = OpaquePointer(extensions)
        defer { GENERAL_NAMES_free(names) }

        var identifiers: [UnsafeRawBufferPointer] = []
        for index in 0..<COpenSSL_sk_GENERAL_NAME_num(names) {
            var type: CInt = 0
            guard let value = GENERAL_NAME_get0_value(COpenSSL_sk_GENERAL_NAME_value(names, index), &type), type == GEN_URI else {
                continue
            }
            identifiers.append(bytes(value.assumingMemoryBound(to: ASN1_STRING.self)))
        }
        guard identifiers.count == 1 else {
            throw refusal("has \(identifiers.count) URI names instead of one")
        }
        guard let identifier = SPIFFEIdentifier(bytes: identifiers[0]) else {
            throw refusal("has the URI name \"\(printable(identifiers[0]))\"")
        }
        return identifier
    }

    private func refusal(_ fault: String) -> TLSError {
        TLSError(
            code: .certificateRefused,
            message:
                "certificate \(serialNumber) \(fault): exactly one of the form spiffe://<trust domain>/<organisation>/<unit> is required"
        )
    }

    private func fingerprint() -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(EVP_MAX_MD_SIZE)) { digest in
            var count: UInt32 = 0
            guard X509_digest(pointer, EVP_sha256(), digest.baseAddress, &count) == 1 else { return "" }
            return hexadecimal(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digest)[..<Int(count)]), upperCase: false)
        }
    }
}

/// Whether `name` is an IPv4 or IPv6 address and not a host name.
func isInternetAddress(_ name: String) -> Bool {
    guard let address = a2i_IPADDRESS(name) else {
        OpenSSLErrorQueue.clear()
        return false
    }
    ASN1_OCTET_STRING_free(address)
    return true
}

/// The content of a string that OpenSSL owns, valid as long as that string.
private func bytes(_ string: UnsafePointer<ASN1_STRING>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
}

/// A time in seconds since 1970; `Int64.min` for one that does not parse, which therefore lies in the past.
func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return .min }
    defer { ASN1_TIME_free(epoch) }
    var days: CInt = 0
    var rest: CInt = 0
    guard ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else { return .min }
    return Int64(days) * 86_400 + Int64(rest)
}

private func hexadecimal(_ bytes: UnsafeRawBufferPointer, upperCase: Bool) -> String {
    let digits = Array((upperCase ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    return String(unsafeUninitializedCapacity: bytes.count * 2) { text in
        for (index, byte) in bytes.enumerated() {
            text[index * 2] = digits[Int(byte >> 4)]
            text[index * 2 + 1] = digits[Int(byte & 15)]
        }
        return bytes.count * 2
    }
}

/// A peer's text made safe for a log line: printable ASCII only and not long.
private func printable(_ bytes: UnsafeRawBufferPointer) -> String {
    let shown = bytes.prefix(200).map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: shown, as: UTF8.self) + (bytes.count > 200 ? "…" : "")
}
