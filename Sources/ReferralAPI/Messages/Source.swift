public import Referral

/// Which sources are asked for: of those that the caller is told of, those in one state, or all.
public struct ListSourcesRequest: Hashable, Sendable {
    /// The most that one answer can have.
    public static let mostSources = 500

    /// Nil: all.
    public var state: SourceState?
    /// 1 to `mostSources`.
    public var limit: Int
    /// From the answer before; nil: from the start.
    public var pageToken: String?

    public init(state: SourceState? = nil, limit: Int = 100, pageToken: String? = nil) {
        self.state = state
        self.limit = limit
        self.pageToken = pageToken
    }
}

public struct ListSourcesResponse: Hashable, Sendable {
    /// In the order of their names.
    public var sources: [SourceStatus]
    /// Nil: that is all.
    public var nextPageToken: String?

    public init(sources: [SourceStatus], nextPageToken: String? = nil) {
        self.sources = sources
        self.nextPageToken = nextPageToken
    }
}

public enum SourceState: Hashable, Sendable, CaseIterable {
    case normal
    /// Too little has come to say what is to be expected.
    case learning
    /// As good as nothing comes.
    case silent
    /// About half of what is to be expected comes.
    case half
    case paused, ended
}

/// What there is to be said of a source now.
public struct SourceStatus: Hashable, Sendable {
    /// The alarm that is on.
    public struct Alarm: Hashable, Sendable {
        public var id: String
        /// The day on which the fall most likely began.
        public var since: CivilDate
        /// Cases that were to be expected since then, and that came.
        public var expected: Double
        public var seen: Int

        public init(id: String, since: CivilDate, expected: Double, seen: Int) {
            self.id = id
            self.since = since
            self.expected = expected
            self.seen = seen
        }
    }

    public var source: InflowSource
    public var state: SourceState
    /// Set when the state is `silent` or `half`.
    public var alarm: Alarm?
    /// Of a pause: the day on which cases are to be expected again.
    public var until: CivilDate?
    /// The last that was said of it, also of its unit as a whole.
    public var notice: ToldNotice?

    public init(
        source: InflowSource, state: SourceState, alarm: Alarm? = nil, until: CivilDate? = nil, notice: ToldNotice? = nil
    ) {
        self.source = source
        self.state = state
        self.alarm = alarm
        self.until = until
        self.notice = notice
    }
}

/// What somebody has said of a source, as it is told.
public struct ToldNotice: Hashable, Sendable {
    /// In one row with the revisions of alarms.
    public var revision: Int64
    public var source: InflowSource
    public var kind: SourceNotice.Kind
    public var reason: SourceNotice.Reason
    /// Of a pause: its first day, and the day on which cases are to be expected again.
    public var from: CivilDate?
    public var until: CivilDate?
    public var by: Participant
    public var at: Instant
    /// For people, in Swedish.
    public var text: String

    public init(
        revision: Int64, source: InflowSource, kind: SourceNotice.Kind, reason: SourceNotice.Reason, from: CivilDate? = nil,
        until: CivilDate? = nil, by: Participant, at: Instant, text: String
    ) {
        self.revision = revision
        self.source = source
        self.kind = kind
        self.reason = reason
        self.from = from
        self.until = until
        self.by = by
        self.at = at
        self.text = text
    }
}
