/// Where referrals are kept: a log of decisions, the tables that follow from it, and the content that can be erased.
///
/// One contract suite runs for every implementation.
public protocol ReferralStore: Sendable {
    /// Runs `body` in one transaction and returns after the commit is durable: nothing of it is lost by a crash of the process or the
    /// machine. When `body` throws, nothing has happened. Never runs on the caller's thread.
    func write<Result: Sendable>(_ body: @escaping @Sendable (any ReferralTransaction) throws -> Result) async throws -> Result

    /// Runs `body` on one consistent state of what has been committed.
    func read<Result: Sendable>(_ body: @escaping @Sendable (any ReferralReader) throws -> Result) async throws -> Result
}

/// What can be asked of the store. Within a transaction, what it has written itself is seen.
public protocol ReferralReader {
    /// The fold of the referral's log; nil when there is none.
    func referral(_ id: ReferralID) throws -> ReferralState?

    /// The referral that this sender submitted under this message id.
    func referral(from sender: Participant, message: MessageID) throws -> ReferralID?

    /// The referral that an assignment belongs to.
    func referral(of assignment: AssignmentID) throws -> ReferralID?

    /// Entries of one referral, oldest first.
    func log(of id: ReferralID) throws -> [LogEntry]

    /// Entries after `sequence`, oldest first, at most `limit`.
    func log(after sequence: Int64, limit: Int) throws -> [LogEntry]

    /// The places of these entries, and what they are about, without reading them: one that is damaged is among them.
    func changes(after sequence: Int64, limit: Int) throws -> [LogPlace]

    /// The places of entries after `sequence` that concern `reader`, oldest first, at most `limit`.
    func news(for reader: LogReader, after sequence: Int64, limit: Int) throws -> [LogPlace]

    /// The sequence of the last entry of the log, or of the last that concerns `reader`; 0 when there is none.
    func lastSequence(for reader: LogReader?) throws -> Int64

    /// The content as it was last stored; nil after an event that erases it, or when none was kept.
    func content(of id: ReferralID) throws -> [UInt8]?

    /// Assignments that a unit can fetch (of its organisation, phase `offered`), the longest waiting first, at most `limit`. Left out are
    /// those that another side of the same event closes to it, and unless it `readsProtected` those of people with a protected identity.
    func available(to participant: Participant, readsProtected: Bool, limit: Int) throws -> [AssignmentID]

    /// Of which sides of an event a unit has been shown cases, ever.
    func sides(of mark: ContentDigest, shownTo participant: Participant) throws -> Set<Side>

    /// Assignments in one of an organisation's lists after a place, or from the start, at most `limit`.
    func cases(of organisation: OrganisationID, in list: CaseList, after place: CasePlace?, limit: Int) throws -> [CasePlace]

    /// Referrals that the exchange's clock has to look at by `now`, the longest due first, at most `limit`.
    func due(at now: Instant, limit: Int) throws -> [DueReferral]

    /// How many cases came on a day in Sweden, of each source of which one came.
    func inflow(on day: CivilDate) throws -> [InflowSource: Int]

    /// The first day that the monitors of the inflow have not been told; nil before anything has come.
    func nextInflowDay() throws -> CivilDate?

    /// The monitors of all sources, in their order.
    func inflowMonitors() throws -> [StoredInflowMonitor]

    /// What a reader is told of alarms and notices after `revision`, oldest first, at most `limit`: a sender of itself and of what it sends
    /// to each recipient; an organisation of what units send to it and of units that have sent to it; the coordinator of everything.
    func inflowNews(for reader: LogReader, after revision: Int64, limit: Int) throws -> [InflowNews]

    /// The revision of the last alarm or notice; 0 when there is none.
    func lastInflowRevision() throws -> Int64

    /// The notice that this participant has given under this id.
    func notice(_ id: CommandID, by participant: Participant) throws -> StoredNotice?

    /// The last notice that this participant has given about a source.
    func lastNotice(about source: InflowSource, by participant: Participant) throws -> StoredNotice?

    /// The last notice about each source of which there is one, oldest first.
    func lastNotices() throws -> [StoredNotice]

    /// Publications of rules and directories after `sequence`, oldest first, at most `limit`.
    func publications(after sequence: Int64, limit: Int) throws -> [Publication]

    /// The last place in the log that the figures count; 0 when they count nothing yet.
    func figuresSequence() throws -> Int64

    /// Gives `body` every row of the figures that has a day in common with `days`, in no particular order.
    func figures(on days: ClosedRange<CivilDate>, _ body: (FigureRow) throws -> Void) throws
}

public protocol ReferralTransaction: ReferralReader {
    /// Appends one decision to the log and brings the tables up to `state`, which must be the fold of the log including `events`.
    /// Without events nothing happens.
    /// - Parameters:
    ///   - content: kept when given, until an event erases it. Only with the first entry of a referral, or in the place of content that is
    ///     kept, with an entry that amends the contacts or tells the person's answer.
    ///   - due: when the exchange's clock has to look at the referral next; nil: never.
    ///   - readers: whom the entry concerns, see `LogReader.readers`.
    /// - Throws: `StoreError.duplicate` when the sender has used the message id before.
    func append(
        _ events: [ReferralEvent], at: Instant, by actor: Participant?, resulting state: ReferralState, content: [UInt8]?,
        due: Instant?, readers: [LogReader]) throws

    /// The monitors of the inflow have been told everything up to and including `day`.
    func setInflowCounted(through day: CivilDate) throws

    /// Keeps what a monitor has come to, in the place of what was kept before.
    func put(_ monitor: StoredInflowMonitor) throws

    /// Appends one state of an alarm. One without an id begins an incident and gets one.
    /// - Returns: it with its revision and id.
    func append(_ alarm: StoredAlarm) throws -> StoredAlarm

    /// Appends one notice.
    /// - Returns: it with its revision.
    /// - Throws: `StoreError.duplicate` when the participant has used the id before.
    func append(_ notice: StoredNotice) throws -> StoredNotice

    /// The exchange's clock looks at the referral then and not before; nil: never.
    func setDue(_ due: Instant?, of id: ReferralID) throws

    /// Replaces the figures of these referrals. From now on the log counts through `sequence`.
    func putFigures(_ rows: [FigureRow], through sequence: Int64) throws

    /// Forgets all figures, so that they are counted again from the beginning of the log.
    func clearFigures() throws

    /// Writes something that nobody reads, and more of it than most decisions need: when it is committed, the store can be written. A
    /// transaction without a change may be committed also when there is no room.
    func writeProbe() throws

    /// Appends one publication. Of each kind a number is published once, after all smaller ones, and rolled back at most once, later.
    func append(_ change: Publication.Change, at: Instant, by actor: Participant?) throws
}

/// Where an entry stands, and whose it is.
public struct LogPlace: Hashable, Sendable {
    public let sequence: Int64
    public let referral: ReferralID

    public init(_ sequence: Int64, of referral: ReferralID) {
        self.sequence = sequence
        self.referral = referral
    }
}

/// A referral that the exchange's clock has to look at, and since when.
public struct DueReferral: Hashable, Sendable {
    public let referral: ReferralID
    public let due: Instant

    public init(_ referral: ReferralID, due: Instant) {
        self.referral = referral
        self.due = due
    }
}

/// What is counted of one referral. It follows from the log, and the store does not know what it means.
public struct FigureRow: Hashable, Sendable {
    public let referral: ReferralID
    /// Those on which it has something to count.
    public let days: ClosedRange<CivilDate>
    /// Text in UTF-8.
    public let record: [UInt8]

    public init(_ referral: ReferralID, days: ClosedRange<CivilDate>, record: [UInt8]) {
        self.referral = referral
        self.days = days
        self.record = record
    }
}

/// What a store says when it cannot do its work.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case duplicate, damaged, corrupt, newerSchema, unavailable, missing, refused }
        private let value: Value
        /// The sender has used the message id before.
        public static let duplicate = Code(value: .duplicate)
        /// What is stored of one thing, mostly a referral, contradicts itself or cannot be read.
        public static let damaged = Code(value: .damaged)
        /// The database itself is damaged. The store takes no write until it has been mended and opened anew.
        public static let corrupt = Code(value: .corrupt)
        /// The database was written by a newer version of the program.
        public static let newerSchema = Code(value: .newerSchema)
        /// The database cannot be reached or written now.
        public static let unavailable = Code(value: .unavailable)
        /// There is no database, or one without anything in it, where one has to be.
        public static let missing = Code(value: .missing)
        /// The database is not to be used as it is: others may read it, or it belongs to another digest key.
        public static let refused = Code(value: .refused)
    }

    public let code: Code
    /// For the operator: what failed and what to do. No personal data.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
