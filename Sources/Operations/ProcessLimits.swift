public import Logging
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the system lets this process have. Its limits are of the whole process: to be set once, at its start.
public enum ProcessLimits {
    /// No core files, which would hold what is known of people, and as many open files and connections as the process may have at most;
    /// warns when these are too few, or when the system refuses.
    public static func set(connections: Int, logger: Logger) {
        if !change(core, { ($0.rlim_cur, $0.rlim_max) = (0, 0) }) {
            logger.warning("core files cannot be forbidden: if the process fails, one may hold personal data (LimitCORE, ulimit -c)")
        }
        _ = change(openFiles) { $0.rlim_cur = $0.rlim_max }
        var limit = rlimit()
        guard getrlimit(openFiles, &limit) == 0 else { return }
        if let shortage = shortage(openFiles: Int(clamping: limit.rlim_cur), connections: connections, eventLoops: System.coreCount) {
            logger.warning("\(shortage)")
        }
    }

    /// Why so many open files are too few for so many connections; nil: they suffice.
    ///
    /// Besides a connection's own, there are up to 32 of the pages for monitoring, three files for each of the database's five connections,
    /// two listeners, three standard streams, and what is being read: less than 64. Each event loop has three, and one of a connection that
    /// is refused because there are too many.
    public static func shortage(openFiles: Int, connections: Int, eventLoops: Int) -> String? {
        let needed = connections + 64 + 4 * eventLoops
        guard openFiles < needed else { return nil }
        return "this process may open \(openFiles) files, and limits.connections (\(connections)) needs \(needed): raise LimitNOFILE "
            + "of the service (or ulimit -Hn), or lower limits.connections"
    }

    #if canImport(Glibc)
        private static let core = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        private static let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        private typealias Resource = __rlimit_resource_t
    #else
        private static let core = RLIMIT_CORE
        private static let openFiles = RLIMIT_NOFILE
        private typealias Resource = CInt
    #endif

    private static func change(_ resource: Resource, _ change: (inout rlimit) -> Void) -> Bool {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return false }
        let before = limit
        change(&limit)
        // A service manager that has set it may forbid the call.
        if limit.rlim_cur == before.rlim_cur, limit.rlim_max == before.rlim_max { return true }
        return setrlimit(resource, &limit) == 0
    }
}
