import COpenSSL

/// SHA-256 and what is built on it.
public enum ContentDigest {
    /// The length of every digest here, in bytes.
    public static let byteCount = 32

    /// The SHA-256 digest of `bytes` (FIPS 180-4), 32 bytes.
    public static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            let done = EVP_Digest(bytes.baseAddress, bytes.count, output.baseAddress, nil, algorithm, nil)
            precondition(done == 1, "OpenSSL has no SHA-256: its default provider is missing or memory is exhausted")
            count = byteCount
        }
    }

    /// The HMAC of `bytes` with SHA-256 under `key` (RFC 2104), 32 bytes. The key has any length.
    public static func hmacSHA256(key: [UInt8], _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            let message = bytes.assumingMemoryBound(to: UInt8.self)
            let done = HMAC(algorithm, key, CInt(key.count), message.baseAddress, message.count, output.baseAddress, nil)
            precondition(done != nil, "OpenSSL has no HMAC: its default provider is missing or memory is exhausted")
            count = byteCount
        }
    }

    /// Whether two byte strings are equal, in a time that depends on their lengths only.
    public static func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Fetched once: `EVP_sha256()` looks its provider up again on every use.
    /// Safe to share: an algorithm is immutable and reference counted; it is kept for the life of the process.
    private nonisolated(unsafe) static let algorithm: OpaquePointer? = EVP_MD_fetch(nil, "SHA256", nil)
}
