import Synchronization

/// Counts bytes held against a bound; several holders share one budget. A budget may have a parent, which counts the same bytes again:
/// a connection's bytes are also the daemon's.
public final class ByteBudget: Sendable {
    public let limit: Int
    private let parent: ByteBudget?
    private let used = Atomic<Int>(0)

    /// - Parameter limit: in bytes.
    public init(limit: Int, parent: ByteBudget? = nil) {
        self.limit = limit
        self.parent = parent
    }

    /// Bytes held now.
    public var bytesHeld: Int { used.load(ordering: .relaxed) }

    /// Takes all of `count` bytes or none.
    func take(_ count: Int) -> Bool {
        // Optimistic: a concurrent holder may be refused for a moment too early, never admitted past the limit.
        guard used.add(count, ordering: .relaxed).newValue <= limit else {
            used.subtract(count, ordering: .relaxed)
            return false
        }
        if let parent, !parent.take(count) {
            used.subtract(count, ordering: .relaxed)
            return false
        }
        return true
    }

    func giveBack(_ count: Int) {
        used.subtract(count, ordering: .relaxed)
        parent?.giveBack(count)
    }
}
