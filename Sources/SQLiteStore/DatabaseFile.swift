import Foundation
import Referral
import Synchronization

/// The database file as it was when the store was opened, and what has made it unfit for writing since.
///
/// SQLite goes on with a file that has lost its name, and with one that is damaged in another place than where it writes just now: what
/// is stored there is lost.
final class DatabaseFile: Sendable {
    /// What a name refers to.
    private struct Identity: Equatable {
        let device: UInt64
        let inode: UInt64

        /// Nil when there is nothing of this name.
        init?(_ path: String) throws {
            var status = stat()
            guard stat(path, &status) == 0 else {
                if errno == ENOENT || errno == ENOTDIR { return nil }
                throw StoreError(.unavailable, "the database \(path) cannot be looked at: \(String(cString: strerror(errno)))")
            }
            (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    let path: String
    private let identity: Identity?
    private let ending = Mutex<StoreError?>(nil)

    /// Makes the file when there is none, so that only the account of this process can read it: SQLite would make it readable for
    /// everybody. The files beside it get the rights of the database.
    /// - Parameter mayMake: false: only what is there is looked at.
    init(_ path: String, mayMake: Bool = true) throws {
        if mayMake { try Self.make(path) }
        self.path = path
        identity = try Identity(path)
    }

    /// Why nothing is stored any more until the program has been started again; nil while all is well.
    var fault: StoreError? { ending.withLock(\.self) }

    /// - Throws: when nothing may be committed: from the first time on that the file was found to be gone, another one, or damaged.
    func check() throws {
        if let fault { throw fault }
        try checkName()
    }

    /// - Throws: unless the file is the one that was opened.
    func checkName() throws {
        guard try Identity(path) == identity else {
            throw end(
                StoreError(
                    .unavailable,
                    """
                    the database file \(path) was removed or replaced while lotsd runs: nothing more is accepted; stop lotsd and \
                    put the file back
                    """))
        }
    }

    /// Says what SQLite's errors mean. Nothing is stored after one that tells of damage.
    func watching<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try translatingFaults(at: path, body)
        } catch let error as StoreError where error.code == .corrupt {
            throw end(error)
        }
    }

    /// - Returns: the first of these errors, so that the operator is told one cause.
    private func end(_ error: StoreError) -> StoreError {
        ending.withLock { ending in
            let first = ending ?? error
            ending = first
            return first
        }
    }

    private static func make(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw StoreError(
                .unavailable, "the folder \(folder) for the database does not exist; create it for the account that runs this program")
        }
        let file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            if errno == EEXIST { return }
            throw StoreError(.unavailable, "the database \(path) cannot be created: \(String(cString: strerror(errno)))")
        }
        Foundation.close(file)
    }
}
