public import Logging
public import Referral
public import ReferralAPI
import TTRPC

/// Carries referrals from senders to recipients: decides with the domain's rules, commits, and only then answers.
public struct Exchange: Sendable {
    /// What the exchange may be told.
    public struct Settings: Sendable {
        /// How long a fetched case stays with whoever fetched it before it is handed out again.
        public var lease: Duration
        /// How many cases are handed out in one commit at most.
        public var leaseBatch: Int
        /// No further case is handed out in the same answer once there is this much stored content in it, so that an answer fits a frame.
        public var leaseBytes: Int

        /// How many referrals the clock looks at together.
        public var deadlineBatch: Int

        /// How many entries of the log are counted together.
        public var figuresBatch: Int

        public init(
            lease: Duration = .seconds(300), leaseBatch: Int = 64, leaseBytes: Int = 1 << 20, deadlineBatch: Int = 64,
            figuresBatch: Int = 512
        ) {
            self.lease = lease
            self.leaseBatch = leaseBatch
            self.leaseBytes = leaseBytes
            self.deadlineBatch = deadlineBatch
            self.figuresBatch = figuresBatch
        }
    }

    /// A case as it is handed out, with its content and the groups of fields that the recipient may see of it.
    public struct Delivery: Sendable {
        public let assignment: AssignmentState
        public let lease: Lease
        public let referral: ReferralState
        public let content: ReferralContent
        public let disclosed: [FieldGroup]
    }

    /// What is in force now.
    public var policy: Policy { rules.policy }
    let rules: RulesInForce
    public let settings: Settings
    /// The time of the exchange; everything that is dated uses it.
    public let now: @Sendable () -> Instant
    let offers: OfferBoard
    /// Wakes those who watch; whoever has news that is not in the log rings it.
    public let changes = ChangeBoard()
    let alarms: any AlarmSource
    let rate: RateLimit?
    let metrics: ExchangeMetrics
    let logger: Logger
    private let store: any ReferralStore
    private let commits: CommitQueue
    let identifiers: IdentifierSource
    let decoder: ReferralDecoder
    private let storeFault = StoreFault()

    /// - Parameters:
    ///   - rules: of the same store, or rules that never change.
    ///   - rate: what each organisation may ask for; nil: anything.
    ///   - alarms: told to those who watch; nil: those of the store.
    public init(
        store: any ReferralStore, commits: CommitQueue, rules: RulesInForce, decoder: ReferralDecoder, settings: Settings = Settings(),
        offers: OfferBoard = OfferBoard(), identifiers: IdentifierSource = IdentifierSource(), now: @escaping @Sendable () -> Instant,
        rate: RateLimit? = nil, alarms: (any AlarmSource)? = nil, metrics: ExchangeMetrics = ExchangeMetrics(), logger: Logger
    ) {
        self.store = store
        self.commits = commits
        self.rules = rules
        self.decoder = decoder
        self.settings = settings
        self.offers = offers
        self.identifiers = identifiers
        self.now = now
        self.rate = rate
        self.alarms = alarms ?? StoredAlarms(store: store, rules: rules, now: now)
        self.metrics = metrics
        self.logger = logger
    }

    /// Takes responsibility for a referral. The same message again gives the first answer, however often and however late. The content
    /// is kept for the recipients unless the referral is refused.
    /// - Returns: the referral as it was right after its submission.
    /// - Throws: `Rejection`, `StoreError`, or `Status` when too much waits or the exchange stops.
    public func submit(
        _ request: SubmitRequest, from sender: Participant, _ origin: CommitQueue.Origin = .call
    ) async throws -> ReferralState {
        let now = now()
        let message = request.messageID
        let content = request.canonical
        let facts = decoder.facts(request.content, received: CivilDate(inStockholmAt: now))
        let submission = ReferralCommand.Submission(
            referral: ReferralID(identifiers.next(at: now)),
            assignments: facts.services.map { _ in AssignmentID(identifiers.random()) },
            message: message, digest: request.digest, facts: facts)
        let policy = policy
        let (state, isNew) = try await write(origin) { transaction in
            if let known = try transaction.referral(from: sender, message: message) {
                let first = try transaction.log(of: known).prefix(1)
                let submitted = try Self.fold(first)
                _ = try ReferralState.decide(.submit(submission), on: submitted, by: sender, at: now, policy: policy)
                return (submitted, false)
            }
            let events = try ReferralState.decide(.submit(submission), on: nil, by: sender, at: now, policy: policy)
            guard let state = ReferralState.evolve(nil, events, at: now) else { throw Self.damagedLog }
            let isRefused = if case .refused = state.phase { true } else { false }
            try transaction.append(
                events, at: now, by: sender, resulting: state, content: isRefused ? nil : content, due: state.nextDue(policy),
                readers: LogReader.readers(of: events, from: nil, to: state))
            return (state, true)
        }
        if isNew {
            offers.ring(state.assignments.lazy.filter { $0.phase == .offered }.map(\.owner))
            logger.info(
                "referral submitted",
                metadata: state.logged([
                    "referral": "\(state.id)", "sender": "\(sender)", "phase": "\(state.phase.name)",
                    "assignments": .array(state.assignments.map { "\($0.id) \($0.phase.name) \($0.owner)" }),
                ]))
        } else {
            logger.info("referral submitted again", metadata: state.logged(["referral": "\(state.id)", "sender": "\(sender)"]))
        }
        return state
    }

    /// Hands out up to `limit` cases that wait for the participant's organisation, the longest waiting first.
    public func lease(upTo limit: Int, by participant: Participant) async throws -> [Delivery] {
        let now = now()
        let policy = policy
        let readsProtected = policy.readsProtected(participant, at: now)
        // Most look in vain: that costs no commit.
        let isWaiting = try await read { reader in
            try !reader.available(to: participant, readsProtected: readsProtected, limit: 1).isEmpty
        }
        guard isWaiting else { return [] }
        let until = now + settings.lease
        let decoder = decoder
        let count = min(limit, settings.leaseBatch)
        let mostBytes = settings.leaseBytes
        let (deliveries, damaged) = try await write { transaction in
            var deliveries: [Delivery] = []
            // One case that contradicts itself must not keep the others from being fetched.
            var damaged: Set<AssignmentID> = []
            // Closed to the unit by a case that it was handed out just now.
            var closed: Set<AssignmentID> = []
            var bytes = 0
            while deliveries.count < count, bytes < mostBytes {
                let missing = count - deliveries.count
                let waiting = try transaction.available(
                    to: participant, readsProtected: readsProtected, limit: missing + damaged.count + closed.count
                ).filter { !damaged.contains($0) && !closed.contains($0) }.prefix(missing)
                if waiting.isEmpty { break }
                for id in waiting where bytes < mostBytes {
                    switch try Self.handOut(
                        id, until: until, to: participant, at: now, policy: policy, decoder: decoder, in: transaction)
                    {
                    case .done(let delivery, let length):
                        deliveries.append(delivery)
                        bytes += length
                    case .damaged: damaged.insert(id)
                    case .closed: closed.insert(id)
                    }
                }
            }
            return (deliveries, damaged)
        }
        storeFault.report(damaged, logger)
        for delivery in deliveries {
            logger.info(
                "assignment handed out",
                metadata: delivery.referral.logged([
                    "assignment": "\(delivery.assignment.id)", "to": "\(participant)", "referral": "\(delivery.referral.id)",
                ]))
        }
        return deliveries
    }

    /// Does what a recipient asks for with one of its cases.
    /// - Returns: the case afterwards.
    public func perform(
        _ command: ReferralCommand, on id: AssignmentID, by participant: Participant
    ) async throws -> AssignmentState {
        let now = now()
        let policy = policy
        let (assignment, after, changed) = try await write { transaction in
            guard let referral = try transaction.referral(of: id) else {
                // An unknown case and somebody else's give the same answer.
                _ = try ReferralState.decide(command, on: nil, by: participant, at: now, policy: policy)
                throw Self.damagedLog
            }
            let state = try transaction.referral(referral)
            let events = try ReferralState.decide(command, on: state, by: participant, at: now, policy: policy)
            guard var state else { throw Self.damagedLog }
            if events.isEmpty, state.assignment(id)?.owner != participant.organisation {
                // Given back before. The answer is the first one: what others have done since is their business.
                state = try Self.fold(transaction.log(of: referral).through { $0.isReturn(of: id, by: participant.organisation) })
            }
            let after =
                events.isEmpty
                ? state : try Self.append(events, to: state, at: now, by: participant, policy: policy, in: transaction)
            guard let assignment = after.assignment(id) else { throw Self.damagedLog }
            return (assignment, after, !events.isEmpty)
        }
        if changed {
            if assignment.phase == .offered { offers.ring([assignment.owner]) }
            logger.info(
                "assignment changed",
                metadata: after.logged([
                    "assignment": "\(id)", "by": "\(participant)", "phase": "\(assignment.phase.name)", "owner": "\(assignment.owner)",
                ])
            )
        }
        return assignment
    }

    /// What a participant asks for of one case. The same id again gives the first answer, whoever has the case by now.
    /// - Returns: the referral right after the command was carried out for the first time.
    public func perform(_ request: CaseRequest, by participant: Participant) async throws -> ReferralState {
        let now = now()
        let policy = policy
        let (after, changed, offered) = try await write { transaction -> (ReferralState, Bool, [OrganisationID]) in
            let id = try request.command.assignment.flatMap { try transaction.referral(of: $0) }
            let state = try id.flatMap { try transaction.referral($0) }
            let events = try ReferralState.decide(.perform(request), on: state, by: participant, at: now, policy: policy)
            guard let state else { throw Self.damagedLog }
            if events.isEmpty {
                return (try Self.answer(to: request.id, by: participant, on: state, in: transaction), false, [])
            }
            if case .assignment(let id, .answerHandover(.accepted)) = request.command, let assignment = state.assignment(id),
                try Self.isOnOtherSide(participant, than: assignment, of: state, in: transaction)
            {
                throw Rejection(
                    .failedPrecondition, "this unit cannot have the case; another unit of the organisation may accept it")
            }
            let after = try Self.append(events, to: state, at: now, by: participant, policy: policy, in: transaction)
            return (after, true, after.fetchable(since: state))
        }
        guard changed else { return after }
        offers.ring(offered)
        var metadata: Logger.Metadata = ["referral": "\(after.id)", "by": "\(participant)", "command": "\(request.command.name)"]
        metadata["assignment"] = request.command.assignment.map { "\($0)" }
        logger.info("a command was carried out", metadata: after.logged(metadata))
        return after
    }

    /// One case as a participant may see it now.
    public struct View: Sendable {
        public let assignment: AssignmentState
        public let referral: ReferralState
        /// With the groups of fields that the participant may see of it; nil when it may see none.
        public let content: (ReferralContent, disclosed: [FieldGroup])?
    }

    /// What a participant may see of a case that it answers for or has been offered. What is shown of its content is logged first.
    public func show(_ id: AssignmentID, to participant: Participant) async throws -> View {
        let now = now()
        let policy = policy
        let decoder = decoder
        typealias Look = (ReferralState, AssignmentState, groups: [FieldGroup], events: [ReferralEvent])
        @Sendable func look(_ reader: any ReferralReader) throws -> Look {
            let state = try reader.referral(of: id).flatMap { try reader.referral($0) }
            let events = try ReferralState.decide(.show(id), on: state, by: participant, at: now, policy: policy)
            guard let state, let assignment = state.assignment(id) else { throw Self.damagedLog }
            let groups = state.shown(of: id, to: participant, at: now, policy: policy)
            if !groups.isEmpty, try Self.isOnOtherSide(participant, than: assignment, of: state, in: reader) {
                _ = try ReferralState.decide(.show(id), on: nil, by: participant, at: now, policy: policy)
            }
            return (state, assignment, groups, events)
        }
        @Sendable func view(_ seen: Look, in reader: any ReferralReader) throws -> View {
            let (state, assignment, groups, _) = seen
            if groups.isEmpty { return View(assignment: assignment, referral: state, content: nil) }
            guard let stored = try reader.content(of: state.id),
                let content = try? decoder.content(stored: stored, received: CivilDate(inStockholmAt: state.receivedAt))
            else { throw StoreError(.damaged, "referral \(state.id): its content is missing or cannot be read") }
            return View(assignment: assignment, referral: state, content: (content, groups))
        }
        // What the log need not be told costs no commit.
        let known = try await read { reader in
            let seen = try look(reader)
            return seen.events.isEmpty ? try view(seen, in: reader) : nil
        }
        if let known { return known }
        let view = try await write { transaction in
            let seen = try look(transaction)
            let view = try view(seen, in: transaction)
            if !seen.events.isEmpty {
                _ = try Self.append(seen.events, to: view.referral, at: now, by: participant, policy: policy, in: transaction)
            }
            return view
        }
        logger.info("a case was shown", metadata: view.referral.logged(["assignment": "\(id)", "to": "\(participant)"]))
        return view
    }

    /// Whether somebody may see the parties of a mediation no longer, whatever an earlier answer has told them.
    func partiesAreHidden(of id: AssignmentID, from participant: Participant) async throws -> Bool {
        let referral = try await read { reader in try reader.referral(of: id).flatMap { try reader.referral($0) } }
        guard let referral, let assignment = referral.assignment(id) else { return true }
        return state(assignment, of: referral, seenBy: participant).mediation == nil
    }

    /// One page of an organisation's list, the longest responsible first.
    /// - Returns: the cases, and the place to go on from when there are more.
    public func cases(
        of organisation: OrganisationID, in list: CaseList, after place: CasePlace?, limit: Int
    ) async throws -> (cases: [(AssignmentState, of: ReferralState)], next: CasePlace?) {
        let (page, damaged) = try await read { reader in
            let places = try reader.cases(of: organisation, in: list, after: place, limit: limit + 1)
            var cases: [(AssignmentState, of: ReferralState)] = []
            // One case that contradicts itself must not keep the others from being listed.
            var damaged: [AssignmentID] = []
            var parties = 0
            var last: CasePlace?
            for place in places.prefix(limit) where parties < Self.mostPartiesListed {
                last = place
                let state = try Self.undamaged { try Self.state(of: place.assignment, in: reader) }
                guard let state, let assignment = state.assignment(place.assignment) else {
                    damaged.append(place.assignment)
                    continue
                }
                cases.append((assignment, of: state))
                parties += assignment.mediation?.parties.count ?? 0
            }
            return ((cases: cases, next: last == places.last ? nil : last), damaged)
        }
        storeFault.report(damaged, logger)
        return page
    }

    /// No further case is listed in an answer once there are this many parties of mediations in it, so that it fits a frame.
    private static let mostPartiesListed = 2_000

    /// The sender's own referral; nil when there is none of that id, or it is somebody else's.
    public func status(of id: ReferralID, for sender: Participant) async throws -> ReferralState? {
        try await read { reader in try reader.referral(id) }.flatMap { $0.sender == sender ? $0 : nil }
    }

    /// The sender's own referral by its message id.
    public func status(of message: MessageID, for sender: Participant) async throws -> ReferralState? {
        try await read { reader in try reader.referral(from: sender, message: message).flatMap { try reader.referral($0) } }
    }

    /// Does what the rules say of every deadline that has come, each once.
    /// - Returns: how many referrals were looked at, the longest due first; there may be more when it equals the deadline batch.
    public func fireDeadlines() async throws -> Int {
        let now = now()
        let policy = policy
        let limit = settings.deadlineBatch
        let due = try await read { reader in try reader.due(at: now, limit: limit) }
        metrics.looked(atOldestDueSince: due.first.map { now - $0.due } ?? .zero)
        // One by one, so that no referral holds up another; the queue puts them into one commit.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in due.map(\.referral) { group.addTask { try await fireDeadlines(of: id, at: now, policy: policy) } }
            try await group.waitForAll()
        }
        return due.count
    }

    private func fireDeadlines(of id: ReferralID, at now: Instant, policy: Policy) async throws {
        do {
            let (after, fired, recipients) = try await write(.exchange) { transaction in
                guard let before = try transaction.referral(id) else { throw Self.damagedLog }
                var (state, fired) = (before, [Deadline]())
                while let deadline = state.deadlines(policy).first, deadline.due <= now {
                    let events = try ReferralState.decide(.timerFired(deadline), on: state, by: nil, at: now, policy: policy)
                    guard !events.isEmpty else { throw StoreError(.damaged, "referral \(id): a deadline leads to nothing") }
                    state = try Self.append(events, to: state, at: now, by: nil, policy: policy, in: transaction)
                    fired.append(deadline)
                }
                // The rules have changed since, or it has just been brought here.
                if fired.isEmpty { try transaction.setDue(state.nextDue(policy), of: id) }
                return (state, fired, state.fetchable(since: before))
            }
            offers.ring(recipients)
            for deadline in fired {
                metrics.fired(deadline.kind)
                var metadata: Logger.Metadata = ["referral": "\(id)", "deadline": "\(deadline.kind.rawValue)"]
                metadata["assignment"] = deadline.assignment.map { "\($0)" }
                logger.notice("a deadline has come", metadata: after.logged(metadata))
            }
        } catch let error as StoreError where error.code == .damaged {
            logger.error("the deadlines of a referral cannot be met; trying again in an hour", metadata: ["referral": "\(id)"])
            try await write(.exchange) { try $0.setDue(now + .seconds(3_600), of: id) }
        }
    }

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

    /// Whether calls should go elsewhere, or be made later: reading fails, or writing failed within the last ten seconds. After that a
    /// call may try whether it works again.
    public var isStoreFailing: Bool { storeFault.isFresh }

    /// Fetches and pulls that are open now.
    public var waitingRecipients: Int { offers.waiting }

    /// Nobody waits for cases any longer: fetches that wait are answered, pulls and watches end. For stopping.
    public func stopWaiting() {
        offers.close()
        changes.close()
    }

    func write<Result: Sendable>(
        _ origin: CommitQueue.Origin = .call, _ body: @escaping @Sendable (any ReferralTransaction) throws -> Result
    ) async throws -> Result {
        do {
            let result = try await storeFault.noticing(.writing, logger) { try await commits.write(origin, body) }
            changes.look()
            return result
        } catch let full as CommitQueue.Full {
            throw refusal(full)
        }
    }

    /// Returns when there is room for something that can wait.
    func waitForRoom() async throws {
        try await commits.waitForRoom()
    }

    /// - Throws: what a call that has to be stored would be answered with now, if there is no room for it.
    func checkRoom() throws(Status) {
        if let full = commits.refusal { throw refusal(full) }
    }

    private func refusal(_ full: CommitQueue.Full) -> Status {
        switch full {
        case .tooManyWaiting(let delay):
            metrics.refused(.pendingWrites)
            return Status.exhausted("too many calls wait to be stored", retryAfter: delay)
        case .tooSlow(let delay):
            metrics.refused(.queueTime)
            return Status.exhausted("the exchange has more to store than it can in time", retryAfter: delay)
        case .closed:
            return Status(.unavailable, "the exchange is stopping; try again later")
        }
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any ReferralReader) throws -> Result
    ) async throws -> Result {
        try await storeFault.noticing(.reading, logger) { try await store.read(body) }
    }

    static let damagedLog = StoreError(.damaged, "a referral's log does not begin with its submission")

    private static func fold(_ entries: some Sequence<LogEntry>) throws -> ReferralState {
        let state = entries.reduce(ReferralState?.none) { ReferralState.evolve($0, $1.events, at: $1.at) }
        guard let state else { throw damagedLog }
        return state
    }

    /// Whether a unit has been shown the other side of the same event, and this side never.
    private static func isOnOtherSide(
        _ participant: Participant, than assignment: AssignmentState, of state: ReferralState, in reader: any ReferralReader
    ) throws -> Bool {
        guard let place = state.conflictPlace(of: assignment) else { return false }
        let sides = try reader.sides(of: place.mark, shownTo: participant)
        return !sides.contains(place.side) && place.isClosed(toThoseOn: sides)
    }

    /// A referral as it was at an earlier version.
    static func fold(_ entries: [LogEntry], to version: Int) throws -> ReferralState {
        var state: ReferralState?
        for entry in entries where (state?.version ?? 0) < version { state = ReferralState.evolve(state, entry.events, at: entry.at) }
        guard let state, state.version == version else { throw damagedLog }
        return state
    }

    private static func state(of id: AssignmentID, in reader: any ReferralReader) throws -> ReferralState {
        guard let referral = try reader.referral(of: id), let state = try reader.referral(referral) else { throw damagedLog }
        return state
    }

    private enum HandOut {
        case done(Delivery, bytes: Int)
        /// The case contradicts itself: its content is missing, or its log says something else than the tables.
        case damaged
        /// The unit has had another side of the same event.
        case closed
    }

    private static func handOut(
        _ id: AssignmentID, until: Instant, to participant: Participant, at now: Instant, policy: Policy, decoder: ReferralDecoder,
        in transaction: any ReferralTransaction
    ) throws -> HandOut {
        guard let state = try undamaged({ try Self.state(of: id, in: transaction) }),
            let stored = try undamaged({ try transaction.content(of: state.id) }),
            // Read before the case is handed out: what cannot be shown must not be leased.
            let content = try? decoder.content(stored: stored, received: CivilDate(inStockholmAt: state.receivedAt)),
            let offered = state.assignment(id)
        else { return .damaged }
        guard try !isClosed(offered, of: state, to: participant, in: transaction) else { return .closed }
        guard
            let events = try? ReferralState.decide(.lease(id, until: until), on: state, by: participant, at: now, policy: policy),
            case .leased(_, let lease, let disclosed)? = events.first
        else { return .damaged }
        let leased = try append(events, to: state, at: now, by: participant, policy: policy, in: transaction)
        guard let assignment = leased.assignment(id) else { throw damagedLog }
        return .done(
            Delivery(assignment: assignment, lease: lease, referral: leased, content: content, disclosed: disclosed), bytes: stored.count)
    }

    /// Whether another side of the same event, which the unit has or has had, closes a case to it.
    static func isClosed(
        _ assignment: AssignmentState, of state: ReferralState, to participant: Participant, in reader: any ReferralReader
    ) throws -> Bool {
        guard let place = state.conflictPlace(of: assignment) else { return false }
        return place.isClosed(toThoseOn: try reader.sides(of: place.mark, shownTo: participant))
    }

    /// Nil when what is read is damaged. Other errors concern more than one case.
    static func undamaged<Value>(_ read: () throws -> Value?) throws -> Value? {
        do {
            return try read()
        } catch let error as StoreError where error.code == .damaged {
            return nil
        }
    }

    /// - Parameter content: replaces what is kept; nil: it stays.
    static func append(
        _ events: [ReferralEvent], to state: ReferralState, at now: Instant, by actor: Participant?, policy: Policy,
        content: [UInt8]? = nil, in transaction: any ReferralTransaction
    ) throws -> ReferralState {
        guard let after = ReferralState.evolve(state, events, at: now) else { throw damagedLog }
        try transaction.append(
            events, at: now, by: actor, resulting: after, content: content, due: after.nextDue(policy),
            readers: LogReader.readers(of: events, from: state, to: after))
        return after
    }
}

extension Policy {
    /// Whether a unit may have cases of people with a protected identity.
    func readsProtected(_ participant: Participant, at moment: Instant) -> Bool {
        let day = CivilDate(inStockholmAt: moment)
        return routing.directory(on: day).readsProtected(participant, on: day)
    }
}

extension ReferralState {
    /// What a log line may say of it: of a person with a protected identity, or of whom that is not known, nothing.
    func logged(_ metadata: Logger.Metadata) -> Logger.Metadata {
        facts.protectedIdentity.isListed ? metadata : ["referral": "protected"]
    }

    /// When the clock has to look at it next; nil: never.
    fileprivate func nextDue(_ policy: Policy) -> Instant? { deadlines(policy).first?.due }

    /// The organisations that can fetch something of it now that they could not before.
    func fetchable(since before: ReferralState) -> [OrganisationID] {
        assignments.filter { assignment in
            let former = before.assignment(assignment.id)
            return assignment.phase == .offered && (former?.phase != .offered || former?.owner != assignment.owner)
        }.map(\.owner)
    }
}

extension LogEntry {
    fileprivate func isReturn(of id: AssignmentID, by organisation: OrganisationID) -> Bool {
        events.contains { event in
            if case .returned(id, let holder, _) = event { holder.organisation == organisation } else { false }
        }
    }
}

extension Array {
    /// Up to and including the last element that satisfies the condition; empty when none does.
    fileprivate func through(_ condition: (Element) -> Bool) -> ArraySlice<Element> {
        lastIndex(where: condition).map { self[...$0] } ?? []
    }
}
