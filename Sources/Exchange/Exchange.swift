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
    let storeFault = StoreFault()

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

    /// Whether calls should go elsewhere, or be made later: reading or writing fails. Writing works again when `StoreProbe` says so.
    public var isStoreFailing: Bool { storeFault.isFailing }

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
}

extension Exchange {
    /// Tries, while writing fails, whether something can be written. Not behind the calls that wait: they fail with whatever they bring.
    func probeStore() async {
        guard storeFault.isFailing(.writing) else { return }
        do {
            try await storeFault.noticing(.writing, logger) { try await store.write { try $0.writeProbe() } }
            storeFault.recovered(.writing, logger)
        } catch {
            // It has been noticed.
        }
    }
}

extension ReferralState {
    /// What a log line may say of it: of a person with a protected identity, or of whom that is not known, nothing.
    func logged(_ metadata: Logger.Metadata) -> Logger.Metadata {
        facts.protectedIdentity.isListed ? metadata : ["referral": "protected"]
    }
}
