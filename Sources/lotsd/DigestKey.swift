import Foundation

/// The secret of the content digests: 32 random bytes in a file that only its owner may read. Losing it means that messages from
/// before count as other content when they are sent again.
enum DigestKey {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Makes the file when it is missing.
    static func readOrMake(_ path: String) throws -> [UInt8] {
        let manager = FileManager.default
        if !manager.fileExists(atPath: path) {
            var generator = SystemRandomNumberGenerator()
            let key = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            guard manager.createFile(atPath: path, contents: Data(key), attributes: [.posixPermissions: 0o600]) else {
                throw Fault(description: "\(path): the digest key cannot be written; does the folder exist?")
            }
        }
        let mode = try manager.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        guard let mode, mode.intValue & 0o077 == 0 else {
            throw Fault(description: "\(path): others may read the digest key: chmod 600 \(path)")
        }
        let key = try Data(contentsOf: URL(fileURLWithPath: path))
        guard key.count == 32 else { throw Fault(description: "\(path): a digest key is 32 bytes, this file has \(key.count)") }
        return Array(key)
    }
}
