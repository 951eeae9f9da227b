import Logging
import Referral
import ReferralAPI
import Synchronization
import TTRPC

/// Puts rules and directories in force for a day, and takes them back.
struct Publisher: Sendable {
    private let exchange: Exchange
    /// One publication is checked at a time: it takes memory and some seconds.
    private let isChecking: Turn

    init(_ exchange: Exchange) {
        self.exchange = exchange
        isChecking = Turn()
    }

    /// - Throws: `Rejection`, `Faults`, `StoreError`, or `Status`: `failedPrecondition` with the findings that are not accepted.
    func publish(_ content: PublicationContent, by participant: Participant) async throws -> VersionSummary {
        guard isChecking.begin() else { throw Status.exhausted("another publication is being checked", retryAfter: .seconds(1)) }
        defer { isChecking.end() }
        let digest = content.digest
        return try await perform(.publish(content, digest: digest), by: participant) { change, base, now in
            let after: RulesInForce.Snapshot
            do {
                after = try exchange.rules.preview(change, after: base, at: now, by: participant)
            } catch let faults as PublicationFaults {
                throw Faults(faults.faults.map { Fault(path: $0.place, rule: $0.rule) })
            } catch let unreadable as RulesInForce.Unreadable {
                throw Status(.failedPrecondition, unreadable.description)
            }
            try Self.check(content, before: base.policy.routing, after: after, by: participant)
        }
    }

    func rollBack(_ number: Int, of kind: VersionKind, reason: String, by participant: Participant) async throws -> VersionSummary {
        try await perform(.rollBack(kind, number: number, reason: reason), by: participant) { _, _, _ in }
    }

    /// Decides, checks and stores. Begins anew when another daemon has published in between, or midnight in Sweden has passed.
    /// - Parameter check: runs where it may take its time.
    private func perform(
        _ command: RoutingCommand, by participant: Participant,
        _ check: @escaping @Sendable (Publication.Change, RulesInForce.Snapshot, Instant) throws -> Void
    ) async throws -> VersionSummary {
        for _ in 0..<5 {
            try await refresh()
            let base = exchange.rules.current
            let now = exchange.now()
            let change: Publication.Change
            switch try base.history.decide(command, at: now) {
            case .done(let number): return try Self.summary(of: command.kind, number, in: base.history)
            case .change(let decided): change = decided
            }
            try await RulesInForce.offPool { try check(change, base, now) }
            let day = CivilDate(inStockholmAt: now)
            guard try await exchange.append(change, after: base.history.lastSequence, on: day, by: participant) else { continue }
            try await refresh()
            exchange.logger.notice(
                "rules or directory changed",
                metadata: ["change": "\(change.title)", "number": "\(change.number)", "by": "\(participant)"])
            return try Self.summary(of: command.kind, change.number, in: exchange.rules.history)
        }
        throw Status.exhausted("others are publishing at the same time", retryAfter: .seconds(1))
    }

    private func refresh() async throws {
        do {
            try await exchange.refreshRules()
        } catch let unreadable as RulesInForce.Unreadable {
            throw Status(.failedPrecondition, unreadable.description)
        }
    }

    /// - Throws: what keeps content without faults from being published.
    private static func check(
        _ content: PublicationContent, before: Routing, after: RulesInForce.Snapshot, by participant: Participant
    ) throws {
        if content.kind == .directory, let number = after.history.versions(of: .directory).last?.number,
            after.directories[number]?.organisation(of: participant)?.kind.mayCoordinate != true
        {
            throw Rejection(
                .failedPrecondition,
                "the directory has to keep \(participant) as a unit of the coordinator: nobody could roll it back otherwise")
        }
        let findings = PublicationCheck.unaccepted(content, before: before, after: after)
        guard findings.isEmpty else {
            let count = findings.count == 1 ? "1 finding is" : "\(findings.count) findings are"
            let isUndecided = findings.contains { $0.kind == .undecided }
            throw Status(
                .failedPrecondition,
                "\(count) not accepted; mend the tables or the directory, or accept each with a reason"
                    + (isUndecided ? "; what is undecided cannot be accepted, only simpler tables help" : ""),
                faults: findings.map { Fault(path: $0.id, rule: $0.description) })
        }
    }

    static func summary(of kind: VersionKind, _ number: Int, in history: RoutingHistory) throws(Rejection) -> VersionSummary {
        guard let version = history.version(number, of: kind) else {
            throw Rejection(.notFound, "there is no \(kind.rawValue) \(number)")
        }
        return VersionSummary(version, history.schedule(of: kind))
    }
}

/// Whether somebody is at it.
final class Turn: Sendable {
    private let isTaken = Mutex(false)

    func begin() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    func end() { isTaken.withLock { $0 = false } }
}

extension VersionSummary {
    /// - Parameter schedule: of its kind.
    init(_ version: RoutingHistory.Version, _ schedule: [RoutingHistory.Span]) {
        let content = version.content
        self.init(
            kind: content.kind, number: version.number, name: content.name,
            validity: DatePeriod(first: content.first, last: content.last),
            inForce: schedule.filter { $0.number == version.number }.map(\.period), digest: version.digest,
            publishedAt: version.publishedAt, publishedBy: version.publishedBy, signedOffBy: content.signedOffBy,
            comment: content.comment, accepted: content.accepted,
            rollback: version.rollback.map { Rollback(at: $0.at, by: $0.by, reason: $0.reason) })
    }
}

extension RoutingCommand {
    fileprivate var kind: VersionKind {
        switch self {
        case .publish(let content, _): content.kind
        case .rollBack(let kind, _, _): kind
        }
    }
}

extension Publication.Change {
    fileprivate var number: Int {
        switch self {
        case .published(let number, _, _), .rolledBack(_, let number, _): number
        }
    }

    /// For logs.
    fileprivate var title: String {
        switch self {
        case .published(_, let content, _): "\(content.kind.rawValue) published"
        case .rolledBack(let kind, _, _): "\(kind.rawValue) rolled back"
        }
    }
}

extension Exchange {
    /// Looks for what has been published since the last look.
    func refreshRules() async throws {
        if try await rules.refresh() {
            // A directory may take access away.
            changes.ringAll()
            let today = CivilDate(inStockholmAt: now())
            let history = rules.history
            func title(_ kind: VersionKind) -> String { history.inForce(kind, on: today)?.title ?? "none" }
            logger.notice(
                "what is in force has been read anew",
                metadata: ["ruleSet": "\(title(.ruleSet))", "directory": "\(title(.directory))"])
        }
    }

    /// Adds to what is published.
    /// - Parameters:
    ///   - sequence: of the last publication that was known when it was decided.
    ///   - day: in Sweden, on which it was decided.
    /// - Returns: whether it was stored; false when there have been others meanwhile, or the day is over.
    func append(
        _ change: Publication.Change, after sequence: Int64, on day: CivilDate, by actor: Participant
    ) async throws -> Bool {
        try await write { [clock = self.now] transaction in
            let now = clock()
            guard CivilDate(inStockholmAt: now) == day else { return false }
            guard try transaction.publications(after: sequence, limit: 1).isEmpty else { return false }
            try transaction.append(change, at: now, by: actor)
            return true
        }
    }
}
