import CReferralMessages
import Protobuf
import Referral
import TTRPC

extension SubmissionOutcome {
    fileprivate init?(_ outcome: Lots__V1__Outcome, reason: UnsafeMutablePointer<CChar>?, _ fields: inout FieldReader) {
        switch outcome {
        case LOTS__V1__OUTCOME__OUTCOME_ACCEPTED: self = .accepted
        case LOTS__V1__OUTCOME__OUTCOME_AWAITING_CONSENT: self = .awaitingConsent
        case LOTS__V1__OUTCOME__OUTCOME_REFUSED:
            guard let reason = FieldReader.plain(reason).flatMap(RefusalReason.init(rawValue:)) else {
                fields.faults.note("reason", "must be a known reason when the outcome is OUTCOME_REFUSED")
                return nil
            }
            self = .refused(reason)
        default:
            fields.faults.note("outcome", "must be one of OUTCOME_ACCEPTED, OUTCOME_AWAITING_CONSENT, OUTCOME_REFUSED")
            return nil
        }
    }

    fileprivate var wire: Lots__V1__Outcome {
        switch self {
        case .accepted: LOTS__V1__OUTCOME__OUTCOME_ACCEPTED
        case .awaitingConsent: LOTS__V1__OUTCOME__OUTCOME_AWAITING_CONSENT
        case .refused: LOTS__V1__OUTCOME__OUTCOME_REFUSED
        }
    }

    fileprivate var reason: String? {
        if case .refused(let reason) = self { reason.rawValue } else { nil }
    }
}

// The exchange reads it as a `SubmitRequest`.
extension Submission {
    static let wireType = MessageType(lots__v1__submit_request__init)

    func write(to message: UnsafeMutablePointer<Lots__V1__SubmitRequest>, in arena: Arena) {
        message.pointee.message_id = arena.string(messageID.rawValue)
        message.pointee.referral = arena.make(ReferralContent.wireType)
        content.write(to: message.pointee.referral, in: arena)
    }
}

extension Receipt: WireMessage {
    static let wireType = MessageType(lots__v1__receipt__init)

    init?(_ message: UnsafePointer<Lots__V1__Receipt>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let messageID: MessageID? = fields.requiredIdentifier(FieldReader.said(wire.message_id), "message_id")
        let referralID: ReferralID? = fields.requiredIdentifier(FieldReader.said(wire.referral_id), "referral_id")
        let receivedAt = fields.instant(wire.received_at, "received_at")
        let outcome = SubmissionOutcome(wire.outcome, reason: wire.reason, &fields)
        let services = fields.elements("services", wire.n_services, wire.services) { ServiceOutcome($0, &$1) }
        let digest = fields.text(
            wire.content_digest, "content_digest", rule: "must be 64 lower-case hexadecimal digits", form: ContentDigest.isHexadecimal)
        guard let messageID, let referralID, let receivedAt, let outcome, let services, let digest else { return nil }
        self.init(
            messageID: messageID, referralID: referralID, receivedAt: receivedAt, outcome: outcome, services: services,
            digest: ContentDigest(hexadecimal: digest))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Receipt>, in arena: Arena) {
        message.pointee.message_id = arena.string(messageID.rawValue)
        message.pointee.referral_id = arena.string(referralID.rawValue)
        message.pointee.received_at = arena.make(receivedAt)
        message.pointee.outcome = outcome.wire
        message.pointee.reason = arena.string(outcome.reason)
        (message.pointee.n_services, message.pointee.services) = arena.array(ServiceOutcome.wireType, of: services) {
            $1.write(to: $0, in: arena)
        }
        message.pointee.content_digest = arena.string(digest.description)
    }
}

extension ContentDigest {
    fileprivate static func isHexadecimal(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.count == 64
            && text.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

extension ServiceOutcome: WireMessage {
    static let wireType = MessageType(lots__v1__service_outcome__init)

    init?(_ message: UnsafePointer<Lots__V1__ServiceOutcome>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let service: Service? = fields.member(wire.service, "service")
        let routing: Routing
        switch wire.routing {
        case LOTS__V1__ROUTING__ROUTING_OFFERED: routing = .offered
        case LOTS__V1__ROUTING__ROUTING_REVIEW:
            routing = .review(ReviewReason(rawValue: FieldReader.plain(wire.review_reason) ?? ""))
        default:
            fields.faults.note("routing", "must be one of ROUTING_OFFERED, ROUTING_REVIEW")
            return nil
        }
        guard let service else { return nil }
        self.init(service: service, routing: routing)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ServiceOutcome>, in arena: Arena) {
        message.pointee.service = service.wire
        switch routing {
        case .offered: message.pointee.routing = LOTS__V1__ROUTING__ROUTING_OFFERED
        case .review(let reason):
            message.pointee.routing = LOTS__V1__ROUTING__ROUTING_REVIEW
            message.pointee.review_reason = arena.string(reason.rawValue)
        }
    }
}

extension SubmitResult: WireMessage {
    static let wireType = MessageType(lots__v1__submit_result__init)

    init?(_ message: UnsafePointer<Lots__V1__SubmitResult>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let messageID = fields.identifier(FieldReader.said(wire.message_id), "message_id").map { MessageID(rawValue: $0) }
        switch wire.result_case {
        case LOTS__V1__SUBMIT_RESULT__RESULT_RECEIPT:
            guard let receipt = fields.within("receipt", wire.receipt, { Receipt($0, &$1) }) else { return nil }
            self.init(item: wire.item, messageID: messageID, result: .success(receipt))
        case LOTS__V1__SUBMIT_RESULT__RESULT_REFUSAL:
            guard let refusal = fields.within("refusal", wire.refusal, { Refusal($0, &$1) }) else { return nil }
            self.init(item: wire.item, messageID: messageID, result: .failure(refusal))
        default:
            fields.faults.note("", "must have a receipt or a refusal")
            return nil
        }
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__SubmitResult>, in arena: Arena) {
        message.pointee.item = item
        message.pointee.message_id = arena.string(messageID?.rawValue)
        switch result {
        case .success(let receipt):
            message.pointee.result_case = LOTS__V1__SUBMIT_RESULT__RESULT_RECEIPT
            message.pointee.receipt = arena.make(Receipt.wireType)
            receipt.write(to: message.pointee.receipt, in: arena)
        case .failure(let refusal):
            message.pointee.result_case = LOTS__V1__SUBMIT_RESULT__RESULT_REFUSAL
            message.pointee.refusal = arena.make(Refusal.wireType)
            refusal.write(to: message.pointee.refusal, in: arena)
        }
    }
}

extension Refusal: WireMessage {
    static let wireType = MessageType(lots__v1__refusal__init)

    init?(_ message: UnsafePointer<Lots__V1__Refusal>, _ fields: inout FieldReader) {
        let wire = message.pointee
        self.init(
            code: Status.Code(rawValue: wire.code), message: FieldReader.plain(wire.message) ?? "",
            faults: [Fault](wire.n_faults, wire.faults),
            retryAfter: wire.retry_after_milliseconds == 0 ? nil : .milliseconds(Int64(wire.retry_after_milliseconds)))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Refusal>, in arena: Arena) {
        message.pointee.code = code.rawValue
        message.pointee.message = arena.string(self.message)
        (message.pointee.n_faults, message.pointee.faults) = faults.messages(in: arena)
        message.pointee.retry_after_milliseconds = UInt32(clamping: Int64((retryAfter ?? .zero) / .milliseconds(1)))
    }
}

extension [Fault] {
    init(_ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Lots__V1__Fault>?>?) {
        self = (0..<Swift.min(count, Faults.limit)).compactMap { index in
            messages?[index].map {
                Fault(path: FieldReader.plain($0.pointee.path) ?? "", rule: FieldReader.plain($0.pointee.rule) ?? "")
            }
        }
    }

    func messages(in arena: Arena) -> (count: Int, elements: UnsafeMutablePointer<UnsafeMutablePointer<Lots__V1__Fault>?>?) {
        arena.array(faultType, of: self) { message, fault in
            message.pointee.path = arena.string(fault.path)
            message.pointee.rule = arena.string(fault.rule)
        }
    }
}

private let faultType = MessageType(lots__v1__fault__init)

extension GetStatusRequest: WireMessage {
    static let wireType = MessageType(lots__v1__get_status_request__init)

    init?(_ message: UnsafePointer<Lots__V1__GetStatusRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        switch wire.key_case {
        case LOTS__V1__GET_STATUS_REQUEST__KEY_REFERRAL_ID:
            guard let id: ReferralID = fields.requiredIdentifier(wire.referral_id, "referral_id") else { return nil }
            self = .referral(id)
        case LOTS__V1__GET_STATUS_REQUEST__KEY_MESSAGE_ID:
            guard let id: MessageID = fields.requiredIdentifier(wire.message_id, "message_id") else { return nil }
            self = .message(id)
        default:
            fields.faults.note("", "must have a referral_id or a message_id")
            return nil
        }
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__GetStatusRequest>, in arena: Arena) {
        switch self {
        case .referral(let id):
            message.pointee.key_case = LOTS__V1__GET_STATUS_REQUEST__KEY_REFERRAL_ID
            message.pointee.referral_id = arena.string(id.rawValue)
        case .message(let id):
            message.pointee.key_case = LOTS__V1__GET_STATUS_REQUEST__KEY_MESSAGE_ID
            message.pointee.message_id = arena.string(id.rawValue)
        }
    }
}

extension ReferralStatus: WireMessage {
    static let wireType = MessageType(lots__v1__referral_status__init)

    init?(_ message: UnsafePointer<Lots__V1__ReferralStatus>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let referralID: ReferralID? = fields.requiredIdentifier(FieldReader.said(wire.referral_id), "referral_id")
        let messageID: MessageID? = fields.requiredIdentifier(FieldReader.said(wire.message_id), "message_id")
        let receivedAt = fields.instant(wire.received_at, "received_at")
        let outcome = SubmissionOutcome(wire.outcome, reason: wire.reason, &fields)
        let services = fields.elements("services", wire.n_services, wire.services) { ServiceStatus($0, &$1) }
        let version: Int? = fields.count(wire.version, "version")
        guard let referralID, let messageID, let receivedAt, let outcome, let services, let version else { return nil }
        self.init(
            referralID: referralID, messageID: messageID, receivedAt: receivedAt, outcome: outcome, services: services, version: version)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ReferralStatus>, in arena: Arena) {
        message.pointee.referral_id = arena.string(referralID.rawValue)
        message.pointee.message_id = arena.string(messageID.rawValue)
        message.pointee.received_at = arena.make(receivedAt)
        message.pointee.outcome = outcome.wire
        message.pointee.reason = arena.string(outcome.reason)
        message.pointee.version = UInt64(clamping: version)
        (message.pointee.n_services, message.pointee.services) = arena.array(ServiceStatus.wireType, of: services) {
            $1.write(to: $0, in: arena)
        }
    }
}

extension ServiceStatus: WireMessage {
    static let wireType = MessageType(lots__v1__service_status__init)

    init?(_ message: UnsafePointer<Lots__V1__ServiceStatus>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let service: Service? = fields.member(wire.service, "service")
        let status: DeliveryStatus? = fields.member(wire.status, "status")
        let since = fields.instant(wire.since, "since")
        let outcome: SupportOutcome? = fields.optionalMember(wire.outcome, "outcome")
        let mediationOutcome: MediationResult? = fields.optionalMember(wire.mediation_outcome, "mediation_outcome")
        let reply: Reply? = fields.optionalMember(wire.recall_answer, "recall_answer")
        let recallAnswer: RecallAnswer? =
            switch reply {
            case nil: nil
            case .yes: .granted
            case .no: fields.member(wire.recall_refusal, "recall_refusal").map { .refused($0) }
            }
        guard let service, let status, let since else { return nil }
        self.init(
            service: service, status: status, since: since, outcome: outcome, mediationOutcome: mediationOutcome,
            recallAnswer: recallAnswer)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ServiceStatus>, in arena: Arena) {
        message.pointee.service = service.wire
        message.pointee.status = status.wire
        message.pointee.since = arena.make(since)
        if let outcome { message.pointee.outcome = outcome.wire }
        if let mediationOutcome { message.pointee.mediation_outcome = mediationOutcome.wire }
        switch recallAnswer {
        case nil: break
        case .granted: message.pointee.recall_answer = Reply.yes.wire
        case .refused(let reason):
            message.pointee.recall_answer = Reply.no.wire
            message.pointee.recall_refusal = reason.wire
        }
    }
}

extension PreviewRequest: WireMessage {
    static let wireType = MessageType(lots__v1__preview_request__init)

    init?(_ message: UnsafePointer<Lots__V1__PreviewRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let content = fields.required("referral", wire.referral) { ReferralContent($0, &$1) }
        let asOf = fields.date(FieldReader.said(wire.as_of), "as_of")
        let whyNot = fields.identifier(FieldReader.said(wire.why_not), "why_not").map { OrganisationID(rawValue: $0) }
        guard let content else { return nil }
        self.init(content: content, asOf: asOf, whyNot: whyNot)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__PreviewRequest>, in arena: Arena) {
        message.pointee.referral = arena.make(ReferralContent.wireType)
        content.write(to: message.pointee.referral, in: arena)
        message.pointee.as_of = arena.string(asOf?.description)
        message.pointee.why_not = arena.string(whyNot?.rawValue)
    }
}

extension PreviewResponse: WireMessage {
    static let wireType = MessageType(lots__v1__preview_response__init)

    init?(_ message: UnsafePointer<Lots__V1__PreviewResponse>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let outcome = SubmissionOutcome(wire.outcome, reason: wire.reason, &fields)
        let decisions = fields.elements("decisions", wire.n_decisions, wire.decisions) { RoutingDecision($0, &$1) }
        let exclusions = fields.elements("why_not", wire.n_why_not, wire.why_not) { Exclusion($0, &$1) }
        guard let outcome, let decisions, let exclusions else { return nil }
        self.init(outcome: outcome, decisions: decisions, exclusions: exclusions)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__PreviewResponse>, in arena: Arena) {
        message.pointee.outcome = outcome.wire
        message.pointee.reason = arena.string(outcome.reason)
        (message.pointee.n_decisions, message.pointee.decisions) = arena.array(RoutingDecision.wireType, of: decisions) {
            $1.write(to: $0, in: arena)
        }
        (message.pointee.n_why_not, message.pointee.why_not) = arena.array(Exclusion.wireType, of: exclusions) {
            $1.write(to: $0, in: arena)
        }
    }
}

extension Exclusion: WireMessage {
    static let wireType = MessageType(lots__v1__exclusion__init)

    init?(_ message: UnsafePointer<Lots__V1__Exclusion>, _ fields: inout FieldReader) {
        let wire = message.pointee
        guard let service: Service = fields.member(wire.service, "service") else { return nil }
        self.init(service: service, code: FieldReader.plain(wire.code) ?? "", text: FieldReader.plain(wire.text) ?? "")
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Exclusion>, in arena: Arena) {
        message.pointee.service = service.wire
        message.pointee.code = arena.string(code)
        message.pointee.text = arena.string(text)
    }
}
