import Foundation

/// The secret of the content digests: 32 random bytes in a file that only its owner may read. Losing it means that messages from
/// before count as other content when they are sent again.
enum DigestKey {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Makes the file when it is missing and the database is missing, too. A database has digests of its key: with a new one no message
    /// of before would be recognised.
    static func readOrMake(_ path: String, database: String) throws -> [UInt8] {
        if !FileManager.default.fileExists(atPath: path) {
            guard !FileManager.default.fileExists(atPath: database) else {
                throw Fault(
                    description: "\(path): the digest key is missing, but there is a database \(database) that was made with one: "
                        + "bring the key back from the backup of the database")
            }
            try make(path)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        guard let mode, mode.intValue & 0o077 == 0 else {
            throw Fault(description: "\(path): others may read the digest key: chmod 600 \(path)")
        }
        let key = try Data(contentsOf: URL(fileURLWithPath: path))
        guard key.count == 32 else { throw Fault(description: "\(path): a digest key is 32 bytes, this file has \(key.count)") }
        return Array(key)
    }

    /// Nobody else can read it from the first moment, it appears under its name complete or not at all, and file and folder are on the
    /// disk before a digest depends on it.
    private static func make(_ path: String) throws {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).new"
        unlink(temporary)
        let file = try openFile(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, path)
        defer { unlink(temporary) }
        var generator = SystemRandomNumberGenerator()
        let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        try writing(path) {
            try file.write(contentsOf: key)
            try file.synchronize()
            try file.close()
        }
        // A link and not a new name: it never replaces a key that is there.
        guard link(temporary, path) == 0 || errno == EEXIST else { throw fault(path) }
        let folder = try openFile(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC, path)
        try writing(path) {
            try folder.synchronize()
            try folder.close()
        }
    }

    /// What Foundation says does not name the file.
    private static func writing(_ path: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            let cause = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError) ?? error as NSError
            guard cause.domain == NSPOSIXErrorDomain else { throw fault(path, cause.localizedDescription) }
            throw fault(path, cause.code == ENOSPC ? "the disk is full; make room" : String(cString: strerror(Int32(cause.code))))
        }
    }

    private static func openFile(_ name: String, _ flags: Int32, _ path: String) throws -> FileHandle {
        let descriptor = open(name, flags, 0o600)
        guard descriptor >= 0 else { throw fault(path) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func fault(_ path: String, _ cause: String = String(cString: strerror(errno))) -> Fault {
        Fault(description: "\(path): the digest key cannot be written: \(cause)")
    }
}
