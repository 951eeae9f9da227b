/// Every version of the rules and of the directory, and which of them is in force on each day: the fold of the publications.
///
/// A version is for its first day and those after it, until the first day of the next one; a rule set may end before. A version that has
/// been rolled back keeps the days before the rollback; from that day on it is as if it had never been. What was in force on a day that
/// has passed never changes.
public struct RoutingHistory: Hashable, Sendable {
    public struct Version: Hashable, Sendable {
        public let number: Int
        public let content: PublicationContent
        public let digest: ContentDigest
        public let publishedAt: Instant
        /// Nil for what the exchange began with.
        public let publishedBy: Participant?
        public fileprivate(set) var rollback: Rollback?

        /// As a decision names a rule set: `2 Stockholm 2023`.
        public var title: String { "\(number) \(content.name)" }
    }

    public struct Rollback: Hashable, Sendable {
        public let at: Instant
        public let by: Participant?
        public let reason: String

        /// The first day on which the version no longer counts.
        public var day: CivilDate { CivilDate(inStockholmAt: at) }
    }

    /// Days on which a version is in force.
    public struct Span: Hashable, Sendable {
        public let number: Int
        public let period: DatePeriod
    }

    /// The sequence of the last publication; 0 before the first.
    public private(set) var lastSequence: Int64 = 0
    private var versions: [VersionKind: [Version]] = [:]

    public init() {}

    public init(_ publications: some Sequence<Publication>) {
        for publication in publications { evolve(publication) }
    }

    public var isEmpty: Bool { lastSequence == 0 }

    /// By number.
    public func versions(of kind: VersionKind) -> [Version] { versions[kind] ?? [] }

    public func version(_ number: Int, of kind: VersionKind) -> Version? {
        versions(of: kind).first { $0.number == number }
    }

    public mutating func evolve(_ publication: Publication) {
        lastSequence = publication.sequence
        switch publication.change {
        case .published(let number, let content, let digest):
            versions[content.kind, default: []].append(
                Version(
                    number: number, content: content, digest: digest, publishedAt: publication.at, publishedBy: publication.by))
        case .rolledBack(let kind, let number, let reason):
            guard let index = versions[kind]?.firstIndex(where: { $0.number == number }) else { return }
            versions[kind]?[index].rollback = Rollback(at: publication.at, by: publication.by, reason: reason)
        }
    }

    // MARK: What is in force

    public func inForce(_ kind: VersionKind, on day: CivilDate) -> Version? { inForce(kind) { $0 <= day } }

    /// The days of every version, in order; days without a version are in none. A version may come twice: before one that was rolled
    /// back, and after it.
    public func schedule(of kind: VersionKind) -> [Span] {
        var beginnings: Set<CivilDate> = []
        for version in versions(of: kind) {
            if let first = version.content.first { beginnings.insert(first) }
            if let after = version.content.last?.dayAfter { beginnings.insert(after) }
            if let rollback = version.rollback { beginnings.insert(rollback.day) }
        }
        var spans: [Span] = []
        func add(_ version: Version?, _ period: DatePeriod) {
            guard let version else { return }
            if let last = spans.last, last.number == version.number, last.period.last?.dayAfter == period.first {
                spans[spans.count - 1] = Span(number: version.number, period: DatePeriod(first: last.period.first, last: period.last))
            } else {
                spans.append(Span(number: version.number, period: period))
            }
        }
        let days = beginnings.sorted()
        add(inForce(kind) { _ in false }, DatePeriod(first: nil, last: days.first?.dayBefore))
        for (index, day) in days.enumerated() {
            let end = index + 1 < days.count ? days[index + 1].dayBefore : nil
            add(inForce(kind, on: day), DatePeriod(first: day, last: end))
        }
        return spans
    }

    /// - Parameter hasCome: whether a day is the one in question or before it.
    private func inForce(_ kind: VersionKind, _ hasCome: (CivilDate) -> Bool) -> Version? {
        var found: Version?
        for version in versions(of: kind) {
            if let first = version.content.first, !hasCome(first) { continue }
            if let rollback = version.rollback, hasCome(rollback.day) { continue }
            // Of the same first day the later number: the other was rolled back on it.
            if let latest = found?.content.first, version.content.first.map({ $0 < latest }) ?? true { continue }
            found = version
        }
        if let last = found?.content.last?.dayAfter, hasCome(last) { return nil }
        return found
    }
}

/// What somebody wants to happen to the rules or the directory.
public enum RoutingCommand: Sendable {
    /// - Parameter digest: of the texts.
    case publish(PublicationContent, digest: ContentDigest)
    case rollBack(VersionKind, number: Int, reason: String)
}

extension RoutingHistory {
    /// What follows from a command.
    public enum Outcome: Hashable, Sendable {
        /// To be added to the log.
        case change(Publication.Change)
        /// It has been done before; the version's number.
        case done(Int)
    }

    /// What follows from a command, or the rule that forbids it. Pure. Whether the texts are free of faults, and the findings about them
    /// accepted, is checked by whoever has read them.
    public func decide(_ command: RoutingCommand, at now: Instant) throws(Rejection) -> Outcome {
        let today = CivilDate(inStockholmAt: now)
        switch command {
        case .publish(let content, let digest): return try decidePublication(of: content, digest, today)
        case .rollBack(let kind, let number, let reason): return try decideRollback(of: kind, number, reason, today)
        }
    }

    /// The first publications of an exchange, with the numbers that they have been given; they may be for days that have passed.
    /// - Parameter versions: free of overlaps, each kind with growing numbers.
    public func decideImport(
        of versions: [(number: Int, content: PublicationContent, digest: ContentDigest)]
    ) throws(Rejection) -> [Publication.Change] {
        guard isEmpty else { throw Rejection(.failedPrecondition, "the exchange has rules already; publish new ones") }
        var last: [VersionKind: Int] = [:]
        for (number, content, _) in versions {
            guard number > last[content.kind] ?? 0 else {
                throw Rejection(.failedPrecondition, "\(content.kind.rawValue) \(number): numbers grow, from 1")
            }
            last[content.kind] = number
            if let fault = Self.sizeFault(of: content) { throw fault }
        }
        return versions.map { .published(number: $0.number, $0.content, digest: $0.digest) }
    }

    private func decidePublication(
        of content: PublicationContent, _ digest: ContentDigest, _ today: CivilDate
    ) throws(Rejection) -> Outcome {
        let kind = content.kind
        let known = versions(of: kind)
        if let same = known.last(where: { $0.content == content && $0.digest == digest }) { return .done(same.number) }
        func refused(_ rule: String) -> Rejection { Rejection(.failedPrecondition, rule) }
        if let fault = Self.sizeFault(of: content) { throw fault }
        guard let first = content.first else { throw refused("valid_from: a \(kind.rawValue) needs a first day") }
        guard first >= today else {
            throw refused("valid_from: \(first) has passed; a \(kind.rawValue) can be published from today, \(today), on")
        }
        if let last = content.last {
            guard kind == .ruleSet else { throw refused("valid_until: a directory is in force until the next one") }
            guard last >= first else { throw refused("valid_until: \(last) lies before the first day, \(first)") }
        }
        if let other = known.first(where: { $0.content.first == first && $0.rollback == nil }) {
            throw refused(
                "valid_from: \(kind.rawValue) \(other.title) has the same first day, \(first); choose another day, or roll that one back first"
            )
        }
        return .change(.published(number: (known.last?.number ?? 0) + 1, content, digest: digest))
    }

    private static func sizeFault(of content: PublicationContent) -> Rejection? {
        guard content.texts.map(\.name) == PublicationContent.names(of: content.kind) else {
            let names = PublicationContent.names(of: content.kind).joined(separator: " and ")
            return Rejection(.failedPrecondition, "a \(content.kind.rawValue) has \(names)")
        }
        let large = content.texts.first { $0.text.utf8.count > PublicationContent.textLimit }
        return large.map { Rejection(.failedPrecondition, "\($0.name): is larger than \(PublicationContent.textLimit) bytes") }
    }

    private func decideRollback(
        of kind: VersionKind, _ number: Int, _ reason: String, _ today: CivilDate
    ) throws(Rejection) -> Outcome {
        guard let version = version(number, of: kind) else {
            throw Rejection(.notFound, "there is no \(kind.rawValue) \(number)")
        }
        func refused(_ rule: String) -> Rejection { Rejection(.failedPrecondition, rule) }
        let title = "\(kind.rawValue) \(version.title)"
        if let rollback = version.rollback {
            if rollback.reason == reason { return .done(number) }
            throw refused("\(title) was rolled back on \(rollback.day)")
        }
        let from = max(today, version.content.first ?? today)
        let ahead = DatePeriod(first: from, last: nil)
        let days = schedule(of: kind).filter { $0.number == number }.map { $0.period.intersection(ahead) }.filter { !$0.isEmpty }
        guard !days.isEmpty else {
            let now = inForce(kind, on: today).map { "; \(kind.rawValue) \($0.title) is in force, roll that one back" } ?? ""
            throw refused("\(title) is no longer in force" + now)
        }
        var without = self
        without.versions[kind]?.removeAll { $0.number == number }
        let others = without.schedule(of: kind).map(\.period)
        for period in days {
            guard let day = period.firstDay(notIn: others) else { continue }
            let reason =
                others.contains { $0.first.map { $0 <= from } ?? true } ? "the one before it has ended" : "there was none before it"
            throw refused(
                "\(title) cannot be rolled back: no \(kind.rawValue) would be in force on \(day), since \(reason); publish another one")
        }
        return .change(.rolledBack(kind, number: number, reason: reason))
    }
}

extension RoutingHistory {
    /// Where the files that an exchange began with now say something else than what is published, for the operator.
    /// - Parameter versions: what the files say.
    public func differences(from versions: [(number: Int, content: PublicationContent)]) -> [String] {
        versions.compactMap { number, content in
            switch content.kind {
            case .ruleSet:
                guard let published = version(number, of: .ruleSet) else {
                    return "rule set \(number) \(content.name) of the configuration is not published"
                }
                let isSame =
                    published.content.texts == content.texts && published.content.name == content.name
                    && published.content.first == content.first && published.content.last == content.last
                return isSame ? nil : "rule set \(published.title) is published with other tables, days or name than the configuration has"
            case .directory:
                let last = self.versions(of: .directory).last { $0.rollback == nil }
                return last.flatMap { last in
                    last.content.texts == content.texts
                        ? nil : "the directory of the configuration is not the last that is published, \(last.title)"
                }
            }
        }
    }
}

extension DatePeriod {
    /// - Parameter periods: in order, none overlapping.
    fileprivate func firstDay(notIn periods: [DatePeriod]) -> CivilDate? {
        var day = first
        while let present = day, contains(present) {
            guard let period = periods.first(where: { $0.contains(present) }) else { return present }
            day = period.last?.dayAfter
        }
        return nil
    }
}
