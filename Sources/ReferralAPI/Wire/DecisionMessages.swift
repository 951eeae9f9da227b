import CReferralMessages
import Protobuf
import Referral

extension RoutingDecision: WireMessage {
    static let wireType = MessageType(lots__v1__routing_decision__init)

    init?(_ message: UnsafePointer<Lots__V1__RoutingDecision>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let service: Service? = fields.member(wire.service, "service")
        let outcome: Outcome?
        switch wire.outcome_case {
        case LOTS__V1__ROUTING_DECISION__OUTCOME_RECIPIENT:
            outcome = fields.requiredIdentifier(wire.recipient, "recipient").map { .recipient($0) }
        case LOTS__V1__ROUTING_DECISION__OUTCOME_REVIEW:
            outcome = .review(ReviewReason(rawValue: FieldReader.plain(wire.review) ?? ""))
        default:
            fields.faults.note("", "must have a recipient or a review")
            outcome = nil
        }
        let inputs = fields.elements("inputs", wire.n_inputs, wire.inputs) { input, _ in
            Input(
                name: FieldReader.plain(input.pointee.name) ?? "", value: FieldReader.plain(input.pointee.value),
                origin: FieldReader.plain(input.pointee.origin))
        }
        let notes = (0..<wire.n_notes).compactMap { FieldReader.plain(wire.notes?[$0]) }
        guard let asOf = fields.date(wire.as_of, "as_of"), let service, let outcome, let inputs else { return nil }
        self.init(
            service: service, outcome: outcome, ruleSet: FieldReader.plain(wire.rule_set), rule: FieldReader.plain(wire.rule_id),
            ruleText: FieldReader.plain(wire.rule_text), inputs: inputs, notes: notes, asOf: asOf,
            directoryVersion: wire.directory_version == 0 ? nil : Int(wire.directory_version))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__RoutingDecision>, in arena: Arena) {
        message.pointee.service = service.wire
        switch outcome {
        case .recipient(let organisation):
            message.pointee.outcome_case = LOTS__V1__ROUTING_DECISION__OUTCOME_RECIPIENT
            message.pointee.recipient = arena.string(organisation.rawValue)
        case .review(let reason):
            message.pointee.outcome_case = LOTS__V1__ROUTING_DECISION__OUTCOME_REVIEW
            message.pointee.review = arena.string(reason.rawValue)
        }
        message.pointee.rule_set = arena.string(ruleSet)
        message.pointee.rule_id = arena.string(rule)
        message.pointee.rule_text = arena.string(ruleText)
        (message.pointee.n_inputs, message.pointee.inputs) = arena.array(inputType, of: inputs) { message, input in
            message.pointee.name = arena.string(input.name)
            message.pointee.value = arena.string(input.value)
            message.pointee.origin = arena.string(input.origin)
        }
        (message.pointee.n_notes, message.pointee.notes) = arena.strings(notes)
        message.pointee.as_of = arena.string(asOf.description)
        message.pointee.directory_version = UInt32(clamping: directoryVersion ?? 0)
    }
}

private let inputType = MessageType(lots__v1__decision_input__init)
