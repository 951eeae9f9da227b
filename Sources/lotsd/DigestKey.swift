import Digest
import Foundation

/// The secret of the content digests: 32 random bytes in a file that only its owner may read. Losing it means that messages from
/// before count as other content when they are sent again.
struct DigestKey {
    struct Fault: Error, CustomStringConvertible {
        let description: String
        /// Whether another start may do better.
        var mayPass = false
    }

    let bytes: [UInt8]
    /// Whether it has been made now. Then everybody else who opens it waits until `file` is closed.
    let isNew: Bool
    let file: FileHandle

    /// By which a database knows the key.
    var mark: [UInt8] { Array("lots: the key of the content digests".utf8).withUnsafeBytes { ContentDigest.hmacSHA256(key: bytes, $0) } }

    /// Makes the file when it is missing and the database is missing, too. A database has digests of its key: with a new one no message
    /// of before would be recognised.
    /// - Parameter mayMake: whether there is no database yet; looked at before this is called.
    static func open(_ path: String, database: String, mayMake: Bool) throws -> DigestKey {
        if !FileManager.default.fileExists(atPath: path) {
            guard mayMake else {
                throw Fault(
                    description: "\(path): the digest key is missing, but there is a database \(database) that was made with one: "
                        + "bring the key back from the backup of the database")
            }
            if let made = try make(path) { return made }
        }
        return try read(path)
    }

    static func read(_ path: String) throws -> DigestKey {
        let file = try openFile(path, O_RDONLY | O_CLOEXEC)
        // The file is there before the database of its first start.
        while flock(file.fileDescriptor, LOCK_SH) != 0 && errno == EINTR {}
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        guard let mode, mode.intValue & 0o077 == 0 else {
            throw Fault(description: "\(path): others may read the digest key: chmod 600 \(path)")
        }
        let key = try file.readToEnd() ?? Data()
        guard key.count == 32 else { throw Fault(description: "\(path): a digest key is 32 bytes, this file has \(key.count)") }
        return DigestKey(bytes: Array(key), isNew: false, file: file)
    }

    private static func make(_ path: String) throws -> DigestKey? {
        var generator = SystemRandomNumberGenerator()
        return try place((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }, at: path)
    }

    /// Nobody else can read it from the first moment, it appears under its name complete or not at all, and file and folder are on the
    /// disk before a digest depends on it.
    /// - Returns: nil when there is a file of this name; it stays.
    static func place(_ bytes: [UInt8], at path: String) throws -> DigestKey? {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).new"
        unlink(temporary)
        defer { unlink(temporary) }
        let file = try write(bytes, to: temporary, for: path)
        while flock(file.fileDescriptor, LOCK_EX) != 0 && errno == EINTR {}
        // A link and not a new name: it never replaces a key that is there.
        guard link(temporary, path) == 0 else {
            if errno == EEXIST { return nil }
            throw fault(path)
        }
        try writing(path) { try synchronizeFolder(of: path) }
        return DigestKey(bytes: bytes, isNew: true, file: file)
    }

    /// - Throws: also when there is a file of this name.
    /// - Parameter name: what it is called in errors; nil: as the path.
    static func write(_ bytes: [UInt8], to path: String, for name: String? = nil) throws -> FileHandle {
        let file = try openFile(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
        try writing(name ?? path) {
            try file.write(contentsOf: Data(bytes))
            try file.synchronize()
        }
        return file
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

    /// What has a new name there keeps it when the machine fails.
    static func synchronizeFolder(of path: String) throws {
        let folder = try openFile(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        try folder.synchronize()
        try folder.close()
    }

    private static func openFile(_ path: String, _ flags: Int32) throws -> FileHandle {
        let descriptor = Foundation.open(path, flags, 0o600)
        guard descriptor >= 0 else {
            if flags & O_CREAT != 0 { throw fault(path) }
            throw Fault(description: "\(path): cannot be opened: \(String(cString: strerror(errno)))")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// - Parameter cause: nil: what the system has just said.
    private static func fault(_ path: String, _ cause: String? = nil) -> Fault {
        let code = errno
        // Room may be made; a folder that is missing or not this account's has to be seen to.
        let isLasting = cause == nil && [ENOENT, ENOTDIR, EACCES, EROFS].contains(code)
        return Fault(
            description: "\(path): the digest key cannot be written: \(cause ?? String(cString: strerror(code)))", mayPass: !isLasting)
    }
}
