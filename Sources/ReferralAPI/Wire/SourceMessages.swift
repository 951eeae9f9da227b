import CReferralMessages
import Protobuf
import Referral

extension ListSourcesRequest: WireMessage {
    static let wireType = MessageType(lots__v1__list_sources_request__init)
    private static let standardLimit = 100

    init?(_ message: UnsafePointer<Lots__V1__ListSourcesRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let state: SourceState? = fields.optionalMember(wire.state, "state")
        if wire.limit > Self.mostSources { fields.faults.note("limit", "must be 0 to \(Self.mostSources)") }
        let token = fields.text(FieldReader.said(wire.page_token), "page_token", rule: "must be a next_page_token") {
            TextForm.isVisibleASCII($0, limit: 256)
        }
        self.init(state: state, limit: wire.limit == 0 ? Self.standardLimit : Int(wire.limit), pageToken: token)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ListSourcesRequest>, in arena: Arena) {
        if let state { message.pointee.state = state.wire }
        message.pointee.limit = UInt32(clamping: limit)
        message.pointee.page_token = arena.string(pageToken)
    }
}

extension ListSourcesResponse: WireMessage {
    static let wireType = MessageType(lots__v1__list_sources_response__init)

    init?(_ message: UnsafePointer<Lots__V1__ListSourcesResponse>, _ fields: inout FieldReader) {
        let wire = message.pointee
        guard let sources = fields.elements("sources", wire.n_sources, wire.sources, { SourceStatus($0, &$1) }) else { return nil }
        self.init(sources: sources, nextPageToken: FieldReader.plain(wire.next_page_token))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ListSourcesResponse>, in arena: Arena) {
        (message.pointee.n_sources, message.pointee.sources) = arena.array(SourceStatus.wireType, of: sources) {
            $1.write(to: $0, in: arena)
        }
        message.pointee.next_page_token = arena.string(nextPageToken)
    }
}

extension SourceStatus: WireMessage {
    static let wireType = MessageType(lots__v1__source__init)

    init?(_ message: UnsafePointer<Lots__V1__Source>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let source = fields.source(wire.sender, wire.recipient)
        let state: SourceState? = fields.member(wire.state, "state")
        let alarm: Alarm?
        if let id = FieldReader.plain(wire.alarm_id) {
            alarm = fields.requiredDate(wire.since, "since").map {
                Alarm(id: id, since: $0, expected: wire.expected, seen: Int(wire.seen))
            }
        } else {
            alarm = nil
        }
        let until = fields.date(FieldReader.said(wire.until), "until")
        let notice = fields.within("notice", wire.notice) { ToldNotice($0, &$1) }
        guard let source, let state else { return nil }
        self.init(source: source, state: state, alarm: alarm, until: until, notice: notice)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Source>, in arena: Arena) {
        message.pointee.sender = arena.string(source.sender.description)
        message.pointee.recipient = arena.string(source.recipient?.rawValue)
        message.pointee.state = state.wire
        if let alarm {
            message.pointee.alarm_id = arena.string(alarm.id)
            message.pointee.since = arena.string(alarm.since.description)
            message.pointee.expected = alarm.expected
            message.pointee.seen = UInt32(clamping: alarm.seen)
        }
        message.pointee.until = arena.string(until?.description)
        message.pointee.notice = notice.map(arena.filled)
    }
}

/// `lots.v1.AnnounceRequest`. That its days are not before today is for whoever takes it: a repeated one may have become old.
extension SourceNotice: WireMessage {
    static let wireType = MessageType(lots__v1__announce_request__init)

    init?(_ message: UnsafePointer<Lots__V1__AnnounceRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let id: CommandID? = fields.requiredIdentifier(FieldReader.said(wire.command_id), "command_id")
        let source = fields.source(wire.sender, wire.recipient)
        let kind: Kind? = fields.member(wire.kind, "kind")
        let reason: Reason? = fields.member(wire.reason, "reason")
        if let kind, let reason, !kind.reasons.contains(reason) { fields.faults.note("reason", "must be one that fits the kind") }
        let (from, until) = (FieldReader.said(wire.from), FieldReader.said(wire.until))
        let (first, end): (CivilDate?, CivilDate?)
        if kind == .paused {
            (first, end) = (fields.date(from, "from"), fields.requiredDate(until, "until"))
            if let first, let end, end <= first { fields.faults.note("until", "must be a day after from") }
        } else {
            (first, end) = (fields.date(from, "from"), fields.date(until, "until"))
            if kind != nil, from != nil { fields.faults.note("from", "must be left out unless it is a pause") }
            if kind != nil, until != nil { fields.faults.note("until", "must be left out unless it is a pause") }
        }
        guard let id, let source, let kind, let reason, fields.faults.isEmpty else { return nil }
        self.init(id: id, source: source, kind: kind, reason: reason, from: first, until: end)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__AnnounceRequest>, in arena: Arena) {
        message.pointee.command_id = arena.string(id.rawValue)
        message.pointee.sender = arena.string(source.sender.description)
        message.pointee.recipient = arena.string(source.recipient?.rawValue)
        message.pointee.kind = kind.wire
        message.pointee.reason = reason.wire
        message.pointee.from = arena.string(from?.description)
        message.pointee.until = arena.string(until?.description)
    }
}

extension ToldNotice: WireMessage {
    static let wireType = MessageType(lots__v1__source_notice__init)

    init?(_ message: UnsafePointer<Lots__V1__SourceNotice>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let revision: Int64? = fields.count(wire.revision, "revision")
        let source = fields.source(wire.sender, wire.recipient)
        let kind: SourceNotice.Kind? = fields.member(wire.kind, "kind")
        let reason: SourceNotice.Reason? = fields.member(wire.reason, "reason")
        let from = fields.date(FieldReader.said(wire.from), "from")
        let until = fields.date(FieldReader.said(wire.until), "until")
        let by = fields.requiredParticipant(wire.by, "by")
        let at = fields.instant(wire.at, "at")
        guard let revision, let source, let kind, let reason, let by, let at else { return nil }
        self.init(
            revision: revision, source: source, kind: kind, reason: reason, from: from, until: until, by: by, at: at,
            text: FieldReader.plain(wire.text) ?? "")
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__SourceNotice>, in arena: Arena) {
        message.pointee.revision = UInt64(clamping: revision)
        message.pointee.sender = arena.string(source.sender.description)
        message.pointee.recipient = arena.string(source.recipient?.rawValue)
        message.pointee.kind = kind.wire
        message.pointee.reason = reason.wire
        message.pointee.from = arena.string(from?.description)
        message.pointee.until = arena.string(until?.description)
        message.pointee.by = arena.string(by.description)
        message.pointee.at = arena.make(at)
        message.pointee.text = arena.string(text)
    }
}

extension FieldReader {
    /// A unit that sends, and the organisation that it sends to if that is said.
    fileprivate mutating func source(_ sender: CText?, _ recipient: CText?) -> InflowSource? {
        let unit = requiredParticipant(sender, "sender")
        let said = Self.said(recipient)
        let organisation = identifier(said, "recipient").map { OrganisationID($0) }
        guard let unit, (said == nil) == (organisation == nil) else { return nil }
        return InflowSource(unit, to: organisation)
    }
}

extension SourceState: WireEnumeration {
    static let numbering = WireNumbering<SourceState>(lots__v1__source_state__descriptor)

    var wire: Lots__V1__SourceState {
        switch self {
        case .normal: LOTS__V1__SOURCE_STATE__SOURCE_STATE_NORMAL
        case .learning: LOTS__V1__SOURCE_STATE__SOURCE_STATE_LEARNING
        case .silent: LOTS__V1__SOURCE_STATE__SOURCE_STATE_SILENT
        case .half: LOTS__V1__SOURCE_STATE__SOURCE_STATE_HALF
        case .paused: LOTS__V1__SOURCE_STATE__SOURCE_STATE_PAUSED
        case .ended: LOTS__V1__SOURCE_STATE__SOURCE_STATE_ENDED
        }
    }
}

extension SourceNotice.Kind: WireEnumeration {
    static let numbering = WireNumbering<SourceNotice.Kind>(lots__v1__source_notice_kind__descriptor)

    var wire: Lots__V1__SourceNoticeKind {
        switch self {
        case .paused: LOTS__V1__SOURCE_NOTICE_KIND__SOURCE_NOTICE_KIND_PAUSED
        case .ended: LOTS__V1__SOURCE_NOTICE_KIND__SOURCE_NOTICE_KIND_ENDED
        case .accepted: LOTS__V1__SOURCE_NOTICE_KIND__SOURCE_NOTICE_KIND_ACCEPTED
        case .resumed: LOTS__V1__SOURCE_NOTICE_KIND__SOURCE_NOTICE_KIND_RESUMED
        }
    }
}

extension SourceNotice.Reason: WireEnumeration {
    static let numbering = WireNumbering<SourceNotice.Reason>(lots__v1__source_reason__descriptor)

    var wire: Lots__V1__SourceReason {
        switch self {
        case .holidays: LOTS__V1__SOURCE_REASON__SOURCE_REASON_HOLIDAYS
        case .reorganisation: LOTS__V1__SOURCE_REASON__SOURCE_REASON_REORGANISATION
        case .workload: LOTS__V1__SOURCE_REASON__SOURCE_REASON_WORKLOAD
        case .technicalFault: LOTS__V1__SOURCE_REASON__SOURCE_REASON_TECHNICAL_FAULT
        case .closed: LOTS__V1__SOURCE_REASON__SOURCE_REASON_CLOSED
        case .otherRoute: LOTS__V1__SOURCE_REASON__SOURCE_REASON_OTHER_ROUTE
        case .fewerCases: LOTS__V1__SOURCE_REASON__SOURCE_REASON_FEWER_CASES
        case .worksAgain: LOTS__V1__SOURCE_REASON__SOURCE_REASON_WORKS_AGAIN
        case .mistake: LOTS__V1__SOURCE_REASON__SOURCE_REASON_MISTAKE
        }
    }
}
