import Foundation
import NIOCore
import Referral
import TLS
import TTRPCOverTLS

/// Why the daemon does not start.
struct StartFault: Error, CustomStringConvertible {
    let description: String
    /// Starting again does not mend it: somebody has to.
    var isLasting = true

    /// 78 (sysexits) for what only a person can mend, whenever it is found; the service manager does not try it again. Otherwise 1.
    static func exitCode(for error: any Error) -> Int32 {
        let isLasting =
            switch error {
            case let fault as StartFault: fault.isLasting
            case let fault as DigestKey.Fault: !fault.mayPass
            case let error as StoreError: error.code == .refused || error.code == .missing
            case let error as TLSError: error.code == .configuration
            default: false
            }
        return isLasting ? 78 : 1
    }

    static func cannotListen(on host: String, _ port: Int, _ error: any Error) -> StartFault {
        let system = (error as? IOError)?.errnoCode
        let reason =
            switch system {
            case EADDRINUSE: "port \(port) is in use by another program"
            case EACCES where port < 1_024:
                "lotsd has no right to port \(port): let systemd listen for it (lotsd.socket), or take a port from 1024 on"
            case EADDRNOTAVAIL: "this machine does not have that address"
            default: NetworkFault.meaning(of: error)
            }
        return StartFault(description: "cannot listen on \(ServerAddress(host: host, port: port)): \(reason)", isLasting: system == EACCES)
    }

    /// Throws when the folder of the database is missing.
    static func checkFolder(of database: String) throws {
        let folder = URL(fileURLWithPath: database).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw StartFault(description: "\(database): there is no folder \(folder) for the database: make it, or change database")
        }
    }
}
