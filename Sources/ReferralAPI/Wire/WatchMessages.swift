import CReferralMessages
import Protobuf
import Referral

extension WatchRequest: WireMessage {
    static let wireType = MessageType(lots__v1__watch_request__init)

    init?(_ message: UnsafePointer<Lots__V1__WatchRequest>, _ fields: inout FieldReader) {
        let after: Int64? = fields.count(message.pointee.after, "after")
        let afterAlarm: Int64? = fields.count(message.pointee.after_alarm, "after_alarm")
        guard let after, let afterAlarm else { return nil }
        self.init(after: after, afterAlarm: afterAlarm)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__WatchRequest>, in arena: Arena) {
        message.pointee.after = UInt64(clamping: after)
        message.pointee.after_alarm = UInt64(clamping: afterAlarm)
    }
}

extension WatchResponse: WireMessage {
    static let wireType = MessageType(lots__v1__watch_response__init)

    init?(_ message: UnsafePointer<Lots__V1__WatchResponse>, _ fields: inout FieldReader) {
        let wire = message.pointee
        switch wire.event_case {
        case LOTS__V1__WATCH_RESPONSE__EVENT_CHANGE:
            guard let change = fields.within("change", wire.change, { CaseChange($0, &$1) }) else { return nil }
            self = .change(change)
        case LOTS__V1__WATCH_RESPONSE__EVENT_ALARM:
            guard let alarm = fields.within("alarm", wire.alarm, { SilenceAlarm($0, &$1) }) else { return nil }
            self = .alarm(alarm)
        case LOTS__V1__WATCH_RESPONSE__EVENT_CAUGHT_UP:
            guard let caughtUp = fields.within("caught_up", wire.caught_up, { CaughtUp($0, &$1) }) else { return nil }
            self = .caughtUp(caughtUp)
        case LOTS__V1__WATCH_RESPONSE__EVENT_NOTICE:
            guard let notice = fields.within("notice", wire.notice, { ToldNotice($0, &$1) }) else { return nil }
            self = .notice(notice)
        default:
            fields.faults.note("", "must have a change, an alarm, a notice or a caught_up")
            return nil
        }
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__WatchResponse>, in arena: Arena) {
        switch self {
        case .change(let change):
            message.pointee.event_case = LOTS__V1__WATCH_RESPONSE__EVENT_CHANGE
            message.pointee.change = arena.filled(change)
        case .alarm(let alarm):
            message.pointee.event_case = LOTS__V1__WATCH_RESPONSE__EVENT_ALARM
            message.pointee.alarm = arena.filled(alarm)
        case .notice(let notice):
            message.pointee.event_case = LOTS__V1__WATCH_RESPONSE__EVENT_NOTICE
            message.pointee.notice = arena.filled(notice)
        case .caughtUp(let caughtUp):
            message.pointee.event_case = LOTS__V1__WATCH_RESPONSE__EVENT_CAUGHT_UP
            message.pointee.caught_up = arena.filled(caughtUp)
        }
    }
}

extension CaughtUp: WireMessage {
    static let wireType = MessageType(lots__v1__caught_up__init)

    init?(_ message: UnsafePointer<Lots__V1__CaughtUp>, _ fields: inout FieldReader) {
        let after: Int64? = fields.count(message.pointee.after, "after")
        let afterAlarm: Int64? = fields.count(message.pointee.after_alarm, "after_alarm")
        guard let after, let afterAlarm else { return nil }
        self.init(after: after, afterAlarm: afterAlarm)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__CaughtUp>, in arena: Arena) {
        message.pointee.after = UInt64(clamping: after)
        message.pointee.after_alarm = UInt64(clamping: afterAlarm)
    }
}

extension CaseChange: WireMessage {
    static let wireType = MessageType(lots__v1__case_change__init)

    init?(_ message: UnsafePointer<Lots__V1__CaseChange>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let sequence: Int64? = fields.count(wire.sequence, "sequence")
        let at = fields.instant(wire.at, "at")
        let id: AssignmentID? = fields.requiredIdentifier(FieldReader.said(wire.assignment_id), "assignment_id")
        let state = fields.within("state", wire.state) { CaseState($0, &$1) }
        guard let sequence, let at, let id else { return nil }
        self.init(
            sequence: sequence, at: at, assignmentID: id, what: (0..<wire.n_what).compactMap { FieldReader.plain(wire.what?[$0]) },
            state: state)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__CaseChange>, in arena: Arena) {
        message.pointee.sequence = UInt64(clamping: sequence)
        message.pointee.at = arena.make(at)
        message.pointee.assignment_id = arena.string(assignmentID.rawValue)
        (message.pointee.n_what, message.pointee.what) = arena.strings(what)
        message.pointee.state = state.map(arena.filled)
    }
}

extension SilenceAlarm: WireMessage {
    static let wireType = MessageType(lots__v1__silence_alarm__init)

    init?(_ message: UnsafePointer<Lots__V1__SilenceAlarm>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let revision: Int64? = fields.count(wire.revision, "revision")
        let id = fields.requiredText(wire.alarm_id, "alarm_id", limit: 200)
        let state: AlarmState? = fields.member(wire.state, "state")
        let sender = fields.requiredParticipant(wire.sender, "sender")
        let recipient = fields.identifier(FieldReader.said(wire.recipient), "recipient").map { OrganisationID($0) }
        let kind: SilenceKind? = fields.member(wire.kind, "kind")
        let since = fields.requiredDate(wire.since, "since")
        let through = fields.requiredDate(wire.through, "through")
        let at = fields.instant(wire.at, "at")
        guard let revision, let id, let state, let sender, let kind, let since, let through, let at else { return nil }
        self.init(
            revision: revision, id: id, state: state, sender: sender, recipient: recipient, kind: kind, since: since, through: through,
            expected: wire.expected, seen: Int(wire.seen), at: at, text: FieldReader.plain(wire.text) ?? "")
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__SilenceAlarm>, in arena: Arena) {
        message.pointee.revision = UInt64(clamping: revision)
        message.pointee.alarm_id = arena.string(id)
        message.pointee.state = state.wire
        message.pointee.sender = arena.string(sender.description)
        message.pointee.recipient = arena.string(recipient?.rawValue)
        message.pointee.kind = kind.wire
        message.pointee.since = arena.string(since.description)
        message.pointee.through = arena.string(through.description)
        message.pointee.expected = expected
        message.pointee.seen = UInt32(clamping: seen)
        message.pointee.at = arena.make(at)
        message.pointee.text = arena.string(text)
    }
}
