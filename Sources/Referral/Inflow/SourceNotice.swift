/// What somebody says is to be expected of a source.
public struct SourceNotice: Hashable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Nothing is to be expected for some days.
        case paused
        /// Nothing is to be expected any more.
        case ended
        /// What comes now is what is to be expected from now on.
        case accepted
        /// A pause or an end is over, or will not be.
        case resumed

        /// Those that a sender may say of its own unit. An end, or a lower level, would hide what the alarm is there to find.
        public static let ofSenders: [Kind] = [.paused, .resumed]

        /// Those that fit.
        public var reasons: [Reason] {
            switch self {
            case .paused: [.holidays, .reorganisation, .workload, .technicalFault]
            case .ended: [.reorganisation, .closed, .otherRoute]
            case .accepted: [.reorganisation, .workload, .otherRoute, .fewerCases]
            case .resumed: [.worksAgain, .mistake]
            }
        }
    }

    /// Why it is said.
    public enum Reason: String, Sendable, CaseIterable {
        case holidays, reorganisation, workload
        case technicalFault = "technical fault"
        /// The unit is no more.
        case closed
        /// Its cases come by another unit, or not through the exchange.
        case otherRoute = "other route"
        case fewerCases = "fewer cases"
        case worksAgain = "works again"
        /// What was said before was said by mistake.
        case mistake
    }

    /// The caller's own; unique per participant.
    public let id: CommandID
    /// Of a unit as a whole it is said of what it sends to each recipient, too.
    public let source: InflowSource
    public let kind: Kind
    public let reason: Reason
    /// The first day of a pause; nil: the day on which it is said, or no pause.
    public let from: CivilDate?
    /// The day on which cases are to be expected again; set of a pause, and of nothing else.
    public let until: CivilDate?

    public init(
        id: CommandID, source: InflowSource, kind: Kind, reason: Reason, from: CivilDate? = nil, until: CivilDate? = nil
    ) {
        self.id = id
        self.source = source
        self.kind = kind
        self.reason = reason
        self.from = from
        self.until = until
    }

    /// No pause ends later than so many days after it is said; whoever needs longer says it again.
    public static let longestPause = 366

    /// What is wrong with its days on the day on which it is said: the field and the rule.
    public func faults(on today: CivilDate) -> [(field: String, rule: String)] {
        guard kind == .paused, let until else { return [] }
        var faults: [(field: String, rule: String)] = []
        if let from, from < today { faults.append(("from", "must not be before today")) }
        if until <= max(from ?? today, today) { faults.append(("until", "must be a day after today and after from")) }
        if until > today.adding(days: Self.longestPause) { faults.append(("until", "must lie within \(Self.longestPause) days")) }
        return faults
    }

    /// Whether it says the same, under whatever id.
    public func saysTheSame(as other: SourceNotice) -> Bool {
        source == other.source && kind == other.kind && reason == other.reason && from == other.from && until == other.until
    }

    /// Whether it says something of a source.
    public func concerns(_ other: InflowSource) -> Bool {
        other.sender == source.sender && (source.recipient == nil || source.recipient == other.recipient)
    }
}

/// A notice as it was taken. Never changed; a later one undoes it.
public struct StoredNotice: Hashable, Sendable {
    /// Grows with every notice and every change of any alarm of the exchange, from 1; 0 before it is stored.
    public let revision: Int64
    public let notice: SourceNotice
    public let by: Participant
    public let at: Instant

    public init(revision: Int64 = 0, _ notice: SourceNotice, by: Participant, at: Instant) {
        self.revision = revision
        self.notice = notice
        self.by = by
        self.at = at
    }

    /// Nil unless it is of a pause.
    public var from: CivilDate? { notice.kind == .paused ? notice.from ?? CivilDate(inStockholmAt: at) : nil }

    /// For people, in Swedish: `Lokalpolisområde Järfälla väntas inte skicka något från och med 1 juli; väntas skicka igen från 1 augusti 2026
    /// (ledigheter)`
    public func text(in directory: Directory) -> String {
        let (who, toWhom) = notice.source.words(in: directory)
        let what: String
        switch notice.kind {
        case .paused:
            let end = notice.until.map { "; väntas skicka igen från \($0.swedish) \($0.year)" } ?? ""
            let first = from.map { $0.year == notice.until?.year ? $0.swedish : "\($0.swedish) \($0.year)" } ?? "nu"
            what = " väntas inte skicka något\(toWhom) från och med \(first)\(end)"
        case .ended: what = " skickar inte längre något\(toWhom)"
        case .accepted: what = ": det som kommer nu\(toWhom) är det som är att vänta"
        case .resumed: what = " väntas skicka\(toWhom) som vanligt"
        }
        return "\(who)\(what) (\(notice.reason.word))"
    }
}

/// What can be told of alarms and of what people say, in one order.
public enum InflowNews: Hashable, Sendable {
    case alarm(StoredAlarm)
    case notice(StoredNotice)

    public var revision: Int64 {
        switch self {
        case .alarm(let alarm): alarm.revision
        case .notice(let notice): notice.revision
        }
    }
}

extension SourceNotice.Reason {
    /// In Swedish.
    fileprivate var word: String {
        switch self {
        case .holidays: "ledigheter"
        case .reorganisation: "omorganisation"
        case .workload: "arbetsbelastning"
        case .technicalFault: "tekniskt fel"
        case .closed: "enheten finns inte längre"
        case .otherRoute: "ärendena kommer en annan väg"
        case .fewerCases: "färre ärenden"
        case .worksAgain: "fungerar igen"
        case .mistake: "sades av misstag"
        }
    }
}
