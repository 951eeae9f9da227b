import COpenSSL
import Synchronization

/// The context for new connections, whose files can be read again while connections go on.
///
/// Connections keep the context that they began with, and their peers can be judged by the newest one; sessions of an earlier context are
/// not continued.
public final class ReloadingTLSContext: Sendable {
    private struct State {
        var context: TLSContext
        /// What the files looked like when they were last looked at, and when they were last read.
        var seen: [FileMark]
        var loaded: [FileMark]
    }

    private let now: @Sendable () -> Int64
    private let state: Mutex<State>
    /// One at a time: of two, the one that began first must not win. Nobody waits for it on an event loop.
    private let reloading = Mutex(())

    /// Loads all files, off the event loops.
    ///
    /// - Parameter now: the time in seconds since 1970.
    /// - Throws: ``TLSError`` with code `configuration` and one line for every fault, also those that a peer would find in the certificate.
    public init(_ configuration: TLSConfiguration, now: @escaping @Sendable () -> Int64 = TLSContext.systemTime) throws(TLSError) {
        self.now = now
        let marks = Self.marks(configuration)
        state = Mutex(State(context: try Self.load(configuration, now), seen: marks, loaded: marks))
    }

    /// For a new connection.
    public var current: TLSContext { state.withLock(\.context) }

    /// Reads the files again, off the event loops.
    ///
    /// - Throws: ``TLSError`` with code `configuration`; the present context then stays. Also when a revocation list has run out, with which
    ///   everybody new would be refused, while the one before still holds.
    public func reload() throws(TLSError) {
        try reloading.withLock { _ throws(TLSError) in try readAgain() }
    }

    private func readAgain() throws(TLSError) {
        let present = current
        // Before they are read: a change meanwhile is noticed at the next look.
        let marks = Self.marks(present.configuration)
        state.withLock { state in
            state.seen = marks
            state.loaded = marks
        }
        let context = try Self.load(present.configuration, now)
        guard context.identifier?.trustDomain == present.identifier?.trustDomain else {
            let message = "\(present.configuration.certificateChainFile): the certificate is of another trust domain: restart for that"
            throw TLSError(code: .configuration, message: message)
        }
        let lapsed = lapsedLists(of: context, since: present)
        guard lapsed.isEmpty else { throw TLSError(code: .configuration, message: lapsed.joined(separator: "\n")) }
        state.withLock { $0.context = context }
    }

    /// What is wrong with revocation lists that do not hold now, where the list before them does.
    private func lapsedLists(of context: TLSContext, since present: TLSContext) -> [String] {
        let time = now()
        func holds(_ list: TLSContext.Expiry) -> Bool { (list.start ?? .min) <= time && time <= list.end }
        let lists = { (context: TLSContext) in context.expiries.filter { $0.kind == .revocationList } }
        let held = lists(present).filter(holds).map(\.file)
        return lists(context).filter { !holds($0) && held.contains($0.file) }.map {
            "revocation list file \($0.file): \($0.end < time ? "has run out" : "is not valid yet"): all clients of its authority would be "
                + "refused; the list before it still holds: put a newer one in the file"
        }
    }

    /// Whether a file has changed since it was last read, and has not changed any more since the last look: a certificate and its key
    /// are seldom replaced in one moment. Off the event loops.
    public func haveFilesChanged() -> Bool {
        let marks = Self.marks(current.configuration)
        return state.withLock { state in
            defer { state.seen = marks }
            return marks != state.loaded && marks == state.seen
        }
    }

    private static func load(_ configuration: TLSConfiguration, _ now: @escaping @Sendable () -> Int64) throws(TLSError) -> TLSContext {
        let context = try TLSContext(configuration, now: now)
        let faults = context.certificateFaults(at: now())
        guard faults.isEmpty else { throw TLSError(code: .configuration, message: faults.joined(separator: "\n")) }
        return context
    }

    private static func marks(_ configuration: TLSConfiguration) -> [FileMark] {
        ([configuration.certificateChainFile, configuration.privateKeyFile, configuration.trustRootsFile]
            + configuration.revocationListFiles)
            .map(FileMark.init)
    }
}

/// By what a changed file is known without reading it.
private struct FileMark: Hashable {
    let inode: UInt64
    let size: Int64
    let modified: Int64
    /// Also for a change of owner or permissions, which may be what was wrong.
    let changed: Int64

    init(_ path: String) {
        let mark = COpenSSL_file_mark(path)
        inode = mark.inode
        size = mark.size
        modified = mark.modified
        changed = mark.changed
    }
}
