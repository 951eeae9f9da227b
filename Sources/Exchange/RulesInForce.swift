import Dispatch
public import Referral
import ReferralAPI
import Synchronization

/// The rules and the directory as they are published, in this process: what decisions are made by. Changes while calls are answered; each
/// call takes one look.
public final class RulesInForce: Sendable {
    /// What was published up to some moment, read and ready to decide.
    struct Snapshot: Sendable {
        var history = RoutingHistory()
        var ruleSets: [Int: RuleSet] = [:]
        var directories: [Int: Directory] = [:]
        var policy: Policy
    }

    /// Where publications come from.
    private struct Source {
        let store: any ReferralStore
        let reader: any PublicationReading
    }

    /// The store has something that this program cannot read, or nothing.
    public struct Unreadable: Error, CustomStringConvertible {
        public let description: String
    }

    private let snapshot: Mutex<Snapshot>
    private let source: Source?

    /// Rules that never change, of which nobody knows who published them.
    public init(_ policy: Policy) {
        snapshot = Mutex(Snapshot(policy: policy))
        source = nil
    }

    /// Reads what the store has. An empty store is filled first.
    /// - Parameters:
    ///   - first: the versions that an exchange without any begins with.
    ///   - consentPeriod: how long a referral waits for the person's answer.
    ///   - now: the time of the exchange.
    /// - Throws: `StoreError`, `Rejection` when `first` cannot be published, `Unreadable`.
    public init(
        store: any ReferralStore, reader: any PublicationReading, consentPeriod: TimeSpan,
        first: [(number: Int, content: PublicationContent)], at now: Instant
    ) async throws {
        let versions = first.map { (number: $0.number, content: $0.content, digest: $0.content.digest) }
        let isEmpty = try await store.read { try $0.publications(after: 0, limit: 1).isEmpty }
        if isEmpty {
            let changes = try RoutingHistory().decideImport(of: versions)
            try await store.write { transaction in
                // Another daemon may have been faster.
                guard try transaction.publications(after: 0, limit: 1).isEmpty else { return }
                for change in changes { try transaction.append(change, at: now, by: nil) }
            }
        }
        let source = Source(store: store, reader: reader)
        guard let snapshot = try await Self.next(nil, consentPeriod: consentPeriod, source) else {
            throw Unreadable(description: "the database has no rules and no directory")
        }
        self.snapshot = Mutex(snapshot)
        self.source = source
    }

    /// What decisions that are made now are made by; the rule set and the directory are chosen by day.
    public var policy: Policy { snapshot.withLock(\.policy) }

    /// Everything that was published, as of the last look.
    public var history: RoutingHistory { snapshot.withLock(\.history) }

    var current: Snapshot { snapshot.withLock(\.self) }

    /// Looks for publications of other daemons. When they cannot be read, those of before stay in force.
    /// - Returns: whether there were any.
    /// - Throws: `StoreError`, `Unreadable`.
    @discardableResult public func refresh() async throws -> Bool {
        guard let source else { return false }
        let base = current
        guard let next = try await Self.next(base, consentPeriod: base.policy.consentPeriod, source) else { return false }
        return snapshot.withLock { snapshot in
            // Somebody else may have looked later and be done earlier.
            guard next.history.lastSequence > snapshot.history.lastSequence else { return false }
            snapshot = next
            return true
        }
    }

    /// As it would be after a change; parses what is new. Takes a moment.
    /// - Throws: `PublicationFaults`, `Unreadable`.
    static func after(
        _ publications: [Publication], _ base: Snapshot?, consentPeriod: TimeSpan, _ reader: any PublicationReading
    ) throws -> Snapshot {
        var history = base?.history ?? RoutingHistory()
        var (ruleSets, directories) = (base?.ruleSets ?? [:], base?.directories ?? [:])
        for publication in publications {
            history.evolve(publication)
            guard case .published(let number, let content, _) = publication.change else { continue }
            switch content.kind {
            case .ruleSet: ruleSets[number] = try reader.ruleSet(content, number: number)
            case .directory: directories[number] = try reader.directory(content)
            }
        }
        guard let routing = Routing(history, ruleSets: ruleSets, directories: directories) else {
            throw Unreadable(description: "the database has no directory for every day")
        }
        return Snapshot(
            history: history, ruleSets: ruleSets, directories: directories,
            policy: Policy(routing: routing, consentPeriod: consentPeriod))
    }

    /// As it would be after a change that is not stored yet.
    func preview(_ change: Publication.Change, after base: Snapshot, at now: Instant, by actor: Participant?) throws -> Snapshot {
        guard let source else { throw Unreadable(description: "the rules of this exchange do not change") }
        let publication = Publication(sequence: base.history.lastSequence + 1, at: now, by: actor, change: change)
        return try Self.after([publication], base, consentPeriod: base.policy.consentPeriod, source.reader)
    }

    /// Nil when there is nothing new.
    private static func next(_ base: Snapshot?, consentPeriod: TimeSpan, _ source: Source) async throws -> Snapshot? {
        var sequence = base?.history.lastSequence ?? 0
        var publications: [Publication] = []
        // A piece at a time, since each may have texts of a megabyte.
        while case let more = try await source.store.read({ [sequence] in try $0.publications(after: sequence, limit: 16) }),
            let last = more.last
        {
            publications += more
            sequence = last.sequence
        }
        if publications.isEmpty { return nil }
        return try await offPool { [publications] in
            do {
                return try after(publications, base, consentPeriod: consentPeriod, source.reader)
            } catch let faults as PublicationFaults {
                throw Unreadable(description: "something that was published cannot be read by this program: \(faults)")
            }
        }
    }

    /// Runs what takes long where it holds up nobody.
    static func offPool<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
