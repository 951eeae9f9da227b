import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The service manager's side of systemd's protocols (sd_notify(3), sd_listen_fds(3)), spoken directly: a datagram to `NOTIFY_SOCKET`,
/// listening sockets from descriptor 3 on. Without the variables nothing is said and nothing is taken.
public struct ServiceManager: Sendable {
    private let socketPath: String?

    /// How often the manager wants to hear ``Message/watchdog``; nil: not at all.
    public let watchdogInterval: Duration?

    /// Descriptors of sockets that the manager listens on for this process.
    public let sockets: [CInt]

    /// - Parameters:
    ///   - environment: of the process.
    ///   - processID: of the process: what is meant for another one is left alone.
    public init(environment: [String: String], processID: Int32) {
        socketPath = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        let isOurs = environment["WATCHDOG_PID"].map { Int32($0) == processID } ?? true
        watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { isOurs && $0 > 0 ? .microseconds($0) : nil }
        let count = environment["LISTEN_PID"].flatMap { Int32($0) } == processID ? environment["LISTEN_FDS"].flatMap { Int($0) } ?? 0 : 0
        sockets = (0..<min(max(count, 0), 16)).map { 3 + CInt($0) }
    }

    /// What can be said.
    public enum Message: Hashable, Sendable {
        case ready
        case stopping
        /// Settings are read again; ``ready`` follows.
        case reloading
        case watchdog
        /// A line for people.
        case status(String)

        var text: String {
            switch self {
            case .ready: "READY=1"
            case .stopping: "STOPPING=1"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(ServiceManager.monotonicMicroseconds)"
            case .watchdog: "WATCHDOG=1"
            case .status(let text): "STATUS=\(text.replacing("\n", with: " "))"
            }
        }
    }

    /// Says all of it in one datagram. Never waits: what the manager cannot take at once is lost.
    /// - Returns: whether it was handed over; true when there is no manager.
    @discardableResult
    public func notify(_ messages: Message...) -> Bool {
        guard let socketPath else { return true }
        let text = Array(messages.map(\.text).joined(separator: "\n").utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A name that begins with @ is in the abstract namespace: its first byte is 0.
        var path = Array(socketPath.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        #if canImport(Glibc)
            let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        #else
            let descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
        #endif
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + path.count)
        return withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(descriptor, text, text.count, CInt(MSG_DONTWAIT), address, length) == text.count
            }
        }
    }

    /// What is wrong with a descriptor that should be a listening stream socket; nil: nothing. It is also kept from programs that this
    /// process may start.
    public static func takeSocket(_ descriptor: CInt) -> String? {
        func option(_ name: CInt) -> CInt? {
            var value: CInt = 0
            var length = socklen_t(MemoryLayout<CInt>.size)
            return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
        }
        #if canImport(Glibc)
            let stream = CInt(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        guard option(SO_TYPE) == stream else { return "descriptor \(descriptor) of the service manager is no stream socket" }
        guard option(SO_ACCEPTCONN) == 1 else { return "descriptor \(descriptor) of the service manager does not listen" }
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { return "descriptor \(descriptor) of the service manager is not usable" }
        return nil
    }

    private static var monotonicMicroseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
