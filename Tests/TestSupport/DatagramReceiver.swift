import Foundation

/// A socket of the local machine that keeps datagrams until they are looked at, as a service manager's.
package final class DatagramReceiver: Sendable {
    package let descriptor: CInt
    package let path: String

    /// - Parameter path: a name in the abstract namespace when it begins with @.
    package init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        if path.hasPrefix("@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(2 + bytes.count)
        let descriptor = descriptor
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard status == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    /// A datagram that is there; nil: none.
    package func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 1_000)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    package func close() {
        Foundation.close(descriptor)
        if !path.hasPrefix("@") { unlink(path) }
    }
}
