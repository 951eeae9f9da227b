import Foundation

/// The secret of the content digests: 32 random bytes in a file that only its owner may read. Losing it means that messages from
/// before count as other content when they are sent again.
enum DigestKey {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Makes the file when it is missing.
    static func readOrMake(_ path: String) throws -> [UInt8] {
        if !FileManager.default.fileExists(atPath: path) { try make(path) }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        guard let mode, mode.intValue & 0o077 == 0 else {
            throw Fault(description: "\(path): others may read the digest key: chmod 600 \(path)")
        }
        let key = try Data(contentsOf: URL(fileURLWithPath: path))
        guard key.count == 32 else { throw Fault(description: "\(path): a digest key is 32 bytes, this file has \(key.count)") }
        return Array(key)
    }

    /// Nobody else can read it from the first moment, and it is on the disk before a digest depends on it.
    private static func make(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Fault(description: "\(path): the digest key cannot be written: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var generator = SystemRandomNumberGenerator()
        try file.write(contentsOf: Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }))
        try file.synchronize()
        try file.close()
    }
}
