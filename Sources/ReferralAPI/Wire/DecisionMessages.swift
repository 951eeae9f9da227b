import CReferralMessages
import Protobuf
import Referral

extension RoutingDecision: WireMessage {
    static let wireType = MessageType(lots__v1__routing_decision__init)

    init?(_ message: UnsafePointer<Lots__V1__RoutingDecision>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let service: Service? = fields.member(wire.service, "service")
        let outcome =
            switch wire.outcome_case {
            case LOTS__V1__ROUTING_DECISION__OUTCOME_RECIPIENT: Outcome(recipient: wire.recipient, &fields)
            case LOTS__V1__ROUTING_DECISION__OUTCOME_REVIEW: Outcome(review: wire.review)
            default: Outcome(missing: &fields)
            }
        let inputs = fields.elements("inputs", wire.n_inputs, wire.inputs) { input, _ in
            Input(
                name: FieldReader.plain(input.pointee.name) ?? "", value: FieldReader.plain(input.pointee.value),
                origin: FieldReader.plain(input.pointee.origin))
        }
        let notes = (0..<wire.n_notes).compactMap { FieldReader.plain(wire.notes?[$0]) }
        let otherwise = fields.elements("otherwise", wire.n_otherwise, wire.otherwise) { Alternative($0, &$1) }
        let agesOn = fields.date(FieldReader.said(wire.ages_on), "ages_on")
        guard let asOf = fields.date(wire.as_of, "as_of"), let service, let outcome, let inputs, let otherwise else { return nil }
        self.init(
            service: service, outcome: outcome, ruleSet: FieldReader.plain(wire.rule_set), rule: FieldReader.plain(wire.rule_id),
            ruleText: FieldReader.plain(wire.rule_text), inputs: inputs, notes: notes, asOf: asOf,
            otherwise: otherwise.isEmpty ? nil : otherwise, agesOn: agesOn,
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
        (message.pointee.n_otherwise, message.pointee.otherwise) = arena.array(Alternative.wireType, of: otherwise ?? []) {
            $1.write(to: $0, in: arena)
        }
        message.pointee.ages_on = arena.string(agesOn?.description)
    }
}

/// What else an alternative reveals is for the exchange alone: whoever is shown the alternative may see that, too.
extension RoutingDecision.Alternative: WireMessage {
    static let wireType = MessageType(lots__v1__decision_alternative__init)

    init?(_ message: UnsafePointer<Lots__V1__DecisionAlternative>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let outcome =
            switch wire.outcome_case {
            case LOTS__V1__DECISION_ALTERNATIVE__OUTCOME_RECIPIENT: RoutingDecision.Outcome(recipient: wire.recipient, &fields)
            case LOTS__V1__DECISION_ALTERNATIVE__OUTCOME_REVIEW: RoutingDecision.Outcome(review: wire.review)
            default: RoutingDecision.Outcome(missing: &fields)
            }
        guard let outcome else { return nil }
        self.init(
            input: FieldReader.plain(wire.input) ?? "", value: FieldReader.plain(wire.value) ?? "", outcome: outcome,
            rule: FieldReader.plain(wire.rule_id), isBoundary: wire.boundary != 0)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__DecisionAlternative>, in arena: Arena) {
        message.pointee.input = arena.string(input)
        message.pointee.value = arena.string(value)
        switch outcome {
        case .recipient(let organisation):
            message.pointee.outcome_case = LOTS__V1__DECISION_ALTERNATIVE__OUTCOME_RECIPIENT
            message.pointee.recipient = arena.string(organisation.rawValue)
        case .review(let reason):
            message.pointee.outcome_case = LOTS__V1__DECISION_ALTERNATIVE__OUTCOME_REVIEW
            message.pointee.review = arena.string(reason.rawValue)
        }
        message.pointee.rule_id = arena.string(rule)
        message.pointee.boundary = isBoundary ? 1 : 0
    }
}

extension RoutingDecision.Outcome {
    fileprivate init?(recipient: UnsafeMutablePointer<CChar>?, _ fields: inout FieldReader) {
        guard let organisation: OrganisationID = fields.requiredIdentifier(recipient, "recipient") else { return nil }
        self = .recipient(organisation)
    }

    fileprivate init?(review: UnsafeMutablePointer<CChar>?) {
        self = .review(ReviewReason(rawValue: FieldReader.plain(review) ?? ""))
    }

    fileprivate init?(missing fields: inout FieldReader) {
        fields.faults.note("", "must have a recipient or a review")
        return nil
    }
}

private let inputType = MessageType(lots__v1__decision_input__init)
