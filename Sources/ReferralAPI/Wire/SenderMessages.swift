import CReferralMessages
import Protobuf
import Referral

/// A message that is one command about a whole referral.
protocol SenderCommandWire: SendableMetatype {
    static var wireType: MessageType<Self> { get }

    // swift-format-ignore
    var command_id: UnsafeMutablePointer<CChar>! { get set }
    // swift-format-ignore
    var referral_id: UnsafeMutablePointer<CChar>! { get set }
    // swift-format-ignore
    var expected_version: UInt64 { get set }

    /// Nil when something has a fault, which `fields` has then.
    func command(_ fields: inout FieldReader) -> SenderRequest.Command?

    /// Fills what is particular to this message. Another command leaves it as it is.
    mutating func set(_ command: SenderRequest.Command, in arena: Arena)
}

/// A command about a whole referral, as the message `Wire`.
struct SenderCommandMessage<Wire: SenderCommandWire>: WireMessage {
    let request: SenderRequest

    static var wireType: MessageType<Wire> { Wire.wireType }

    init(_ request: SenderRequest) {
        self.request = request
    }

    init?(_ message: UnsafePointer<Wire>, _ fields: inout FieldReader) {
        let id: CommandID? = fields.requiredIdentifier(FieldReader.said(message.pointee.command_id), "command_id")
        let referral: ReferralID? = fields.requiredIdentifier(FieldReader.said(message.pointee.referral_id), "referral_id")
        let expecting = fields.expectedVersion(message.pointee.expected_version)
        guard let command = message.pointee.command(&fields), let id, let referral else { return nil }
        self.init(SenderRequest(id: id, referralID: referral, expecting: expecting, command))
    }

    func write(to message: UnsafeMutablePointer<Wire>, in arena: Arena) {
        message.pointee.command_id = arena.string(request.id.rawValue)
        message.pointee.referral_id = arena.string(request.referralID.rawValue)
        message.pointee.expected_version = UInt64(clamping: request.expecting ?? 0)
        message.pointee.set(request.command, in: arena)
    }
}

extension Lots__V1__AmendRequest: SenderCommandWire {
    static let wireType = MessageType(lots__v1__amend_request__init)

    func command(_ fields: inout FieldReader) -> SenderRequest.Command? {
        ReferralContent.contacts(n_contacts, contacts, &fields).map { .amend($0) }
    }

    mutating func set(_ command: SenderRequest.Command, in arena: Arena) {
        guard case .amend(let ways) = command else { return }
        (n_contacts, contacts) = ReferralContent.messages(of: ways, in: arena)
    }
}

extension Lots__V1__AnswerConsentRequest: SenderCommandWire {
    static let wireType = MessageType(lots__v1__answer_consent_request__init)

    func command(_ fields: inout FieldReader) -> SenderRequest.Command? {
        fields.required("consent", consent) { Consent($0, &$1) }.map { .answerConsent($0) }
    }

    mutating func set(_ command: SenderRequest.Command, in arena: Arena) {
        if case .answerConsent(let answer) = command { consent = answer.message(in: arena) }
    }
}

extension Lots__V1__RecallRequest: SenderCommandWire {
    static let wireType = MessageType(lots__v1__recall_request__init)

    func command(_ fields: inout FieldReader) -> SenderRequest.Command? {
        let reason: RecallReason? = fields.member(reason, "reason")
        return reason.map { .recall($0) }
    }

    mutating func set(_ command: SenderRequest.Command, in arena: Arena) {
        if case .recall(let why) = command { reason = why.wire }
    }
}

extension Lots__V1__WithdrawReferralRequest: SenderCommandWire {
    static let wireType = MessageType(lots__v1__withdraw_referral_request__init)

    /// A withdrawal is taken in any case.
    // swift-format-ignore
    var expected_version: UInt64 {
        get { 0 }
        set {}
    }

    func command(_ fields: inout FieldReader) -> SenderRequest.Command? {
        let scope: WithdrawalScope? = fields.member(scope, "scope")
        return scope.map { .withdraw($0) }
    }

    mutating func set(_ command: SenderRequest.Command, in arena: Arena) {
        if case .withdraw(let extent) = command { scope = extent.wire }
    }
}

extension Lots__V1__EnterInErrorRequest: SenderCommandWire {
    static let wireType = MessageType(lots__v1__enter_in_error_request__init)

    func command(_ fields: inout FieldReader) -> SenderRequest.Command? {
        let reason: ErrorReason? = fields.member(reason, "reason")
        return reason.map { .enterInError($0) }
    }

    mutating func set(_ command: SenderRequest.Command, in arena: Arena) {
        if case .enterInError(let why) = command { reason = why.wire }
    }
}

extension ErrorReason: WireEnumeration {
    static let numbering = WireNumbering<ErrorReason>(lots__v1__error_reason__descriptor)

    var wire: Lots__V1__ErrorReason {
        switch self {
        case .wrongPerson: LOTS__V1__ERROR_REASON__ERROR_REASON_WRONG_PERSON
        case .wrongEvent: LOTS__V1__ERROR_REASON__ERROR_REASON_WRONG_EVENT
        case .duplicate: LOTS__V1__ERROR_REASON__ERROR_REASON_DUPLICATE
        case .testData: LOTS__V1__ERROR_REASON__ERROR_REASON_TEST_DATA
        }
    }
}

extension WatchStatusResponse: WireMessage {
    static let wireType = MessageType(lots__v1__watch_status_response__init)

    init?(_ message: UnsafePointer<Lots__V1__WatchStatusResponse>, _ fields: inout FieldReader) {
        let wire = message.pointee
        switch wire.event_case {
        case LOTS__V1__WATCH_STATUS_RESPONSE__EVENT_CHANGE:
            guard let change = fields.within("change", wire.change, { StatusChange($0, &$1) }) else { return nil }
            self = .change(change)
        case LOTS__V1__WATCH_STATUS_RESPONSE__EVENT_ALARM:
            guard let alarm = fields.within("alarm", wire.alarm, { SilenceAlarm($0, &$1) }) else { return nil }
            self = .alarm(alarm)
        case LOTS__V1__WATCH_STATUS_RESPONSE__EVENT_CAUGHT_UP:
            guard let caughtUp = fields.within("caught_up", wire.caught_up, { CaughtUp($0, &$1) }) else { return nil }
            self = .caughtUp(caughtUp)
        case LOTS__V1__WATCH_STATUS_RESPONSE__EVENT_NOTICE:
            guard let notice = fields.within("notice", wire.notice, { ToldNotice($0, &$1) }) else { return nil }
            self = .notice(notice)
        default:
            fields.faults.note("", "must have a change, an alarm, a notice or a caught_up")
            return nil
        }
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__WatchStatusResponse>, in arena: Arena) {
        switch self {
        case .change(let change):
            message.pointee.event_case = LOTS__V1__WATCH_STATUS_RESPONSE__EVENT_CHANGE
            message.pointee.change = arena.filled(change)
        case .alarm(let alarm):
            message.pointee.event_case = LOTS__V1__WATCH_STATUS_RESPONSE__EVENT_ALARM
            message.pointee.alarm = arena.filled(alarm)
        case .notice(let notice):
            message.pointee.event_case = LOTS__V1__WATCH_STATUS_RESPONSE__EVENT_NOTICE
            message.pointee.notice = arena.filled(notice)
        case .caughtUp(let caughtUp):
            message.pointee.event_case = LOTS__V1__WATCH_STATUS_RESPONSE__EVENT_CAUGHT_UP
            message.pointee.caught_up = arena.filled(caughtUp)
        }
    }
}

extension StatusChange: WireMessage {
    static let wireType = MessageType(lots__v1__status_change__init)

    init?(_ message: UnsafePointer<Lots__V1__StatusChange>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let sequence: Int64? = fields.count(wire.sequence, "sequence")
        let at = fields.instant(wire.at, "at")
        let status = fields.required("status", wire.status) { ReferralStatus($0, &$1) }
        guard let sequence, let at, let status else { return nil }
        self.init(sequence: sequence, at: at, status: status)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__StatusChange>, in arena: Arena) {
        message.pointee.sequence = UInt64(clamping: sequence)
        message.pointee.at = arena.make(at)
        message.pointee.status = arena.filled(status)
    }
}
