import CReferralMessages
import Protobuf
import Referral
import TTRPC

extension Assignment: WireMessage {
    static let wireType = MessageType(lots__v1__assignment__init)

    init?(_ message: UnsafePointer<Lots__V1__Assignment>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let id: AssignmentID? = fields.requiredIdentifier(FieldReader.said(wire.assignment_id), "assignment_id")
        let service: Service? = fields.member(wire.service, "service")
        let availableAt = fields.instant(wire.available_at, "available_at")
        let leasedUntil = fields.instant(wire.leased_until, "leased_until")
        let sender = fields.requiredParticipant(wire.sender, "sender")
        let content = fields.required("referral", wire.referral) { ReferralContent($0, &$1) }
        let decision = fields.required("decision", wire.decision) { RoutingDecision($0, &$1) }
        guard let id, let service, let availableAt, let leasedUntil, let sender, let content, let decision else { return nil }
        self.init(
            id: id, service: service, availableAt: availableAt, leasedUntil: leasedUntil, sender: sender, content: content,
            decision: decision)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Assignment>, in arena: Arena) {
        message.pointee.assignment_id = arena.string(id.rawValue)
        message.pointee.service = service.wire
        message.pointee.available_at = arena.make(availableAt)
        message.pointee.leased_until = arena.make(leasedUntil)
        message.pointee.sender = arena.string(sender.description)
        message.pointee.referral = arena.make(ReferralContent.wireType)
        content.write(to: message.pointee.referral, in: arena)
        message.pointee.decision = arena.make(RoutingDecision.wireType)
        decision.write(to: message.pointee.decision, in: arena)
    }
}

extension PullRequest: WireMessage {
    static let wireType = MessageType(lots__v1__pull_request__init)

    init?(_ message: UnsafePointer<Lots__V1__PullRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        switch wire.message_case {
        case LOTS__V1__PULL_REQUEST__MESSAGE_CREDIT:
            guard let credit = fields.within("credit", wire.credit, { Credit($0, &$1) }) else { return nil }
            self = .credit(credit)
        case LOTS__V1__PULL_REQUEST__MESSAGE_ACKNOWLEDGE:
            guard let request = fields.within("acknowledge", wire.acknowledge, { AcknowledgeRequest($0, &$1) }) else { return nil }
            self = .acknowledge(request)
        default:
            fields.faults.note("", "must have a credit or an acknowledge")
            return nil
        }
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__PullRequest>, in arena: Arena) {
        switch self {
        case .credit(let credit):
            message.pointee.message_case = LOTS__V1__PULL_REQUEST__MESSAGE_CREDIT
            message.pointee.credit = arena.make(Credit.wireType)
            credit.write(to: message.pointee.credit, in: arena)
        case .acknowledge(let request):
            message.pointee.message_case = LOTS__V1__PULL_REQUEST__MESSAGE_ACKNOWLEDGE
            message.pointee.acknowledge = arena.make(AcknowledgeRequest.wireType)
            request.write(to: message.pointee.acknowledge, in: arena)
        }
    }
}

extension Credit: WireMessage {
    static let wireType = MessageType(lots__v1__credit__init)

    init?(_ message: UnsafePointer<Lots__V1__Credit>, _ fields: inout FieldReader) {
        guard (1...Self.limit).contains(Int(message.pointee.assignments)) else {
            fields.faults.note("assignments", "must be 1 to \(Self.limit)")
            return nil
        }
        self.init(assignments: Int(message.pointee.assignments))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__Credit>, in arena: Arena) {
        message.pointee.assignments = UInt32(clamping: assignments)
    }
}

extension PullResponse: WireMessage {
    static let wireType = MessageType(lots__v1__pull_response__init)

    init?(_ message: UnsafePointer<Lots__V1__PullResponse>, _ fields: inout FieldReader) {
        let wire = message.pointee
        switch wire.message_case {
        case LOTS__V1__PULL_RESPONSE__MESSAGE_ASSIGNMENT:
            guard let assignment = fields.within("assignment", wire.assignment, { Assignment($0, &$1) }) else { return nil }
            self = .assignment(assignment)
        case LOTS__V1__PULL_RESPONSE__MESSAGE_ACKNOWLEDGED:
            guard let result = fields.within("acknowledged", wire.acknowledged, { AcknowledgeResult($0, &$1) }) else { return nil }
            self = .acknowledged(result)
        default:
            fields.faults.note("", "must have an assignment or an acknowledged")
            return nil
        }
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__PullResponse>, in arena: Arena) {
        switch self {
        case .assignment(let assignment):
            message.pointee.message_case = LOTS__V1__PULL_RESPONSE__MESSAGE_ASSIGNMENT
            message.pointee.assignment = arena.make(Assignment.wireType)
            assignment.write(to: message.pointee.assignment, in: arena)
        case .acknowledged(let result):
            message.pointee.message_case = LOTS__V1__PULL_RESPONSE__MESSAGE_ACKNOWLEDGED
            message.pointee.acknowledged = arena.make(AcknowledgeResult.wireType)
            result.write(to: message.pointee.acknowledged, in: arena)
        }
    }
}

extension AcknowledgeResult: WireMessage {
    static let wireType = MessageType(lots__v1__acknowledge_result__init)

    init?(_ message: UnsafePointer<Lots__V1__AcknowledgeResult>, _ fields: inout FieldReader) {
        let wire = message.pointee
        guard let id: AssignmentID = fields.requiredIdentifier(FieldReader.said(wire.assignment_id), "assignment_id") else { return nil }
        self.init(assignmentID: id, code: Status.Code(rawValue: wire.code), message: FieldReader.plain(wire.message) ?? "")
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__AcknowledgeResult>, in arena: Arena) {
        message.pointee.assignment_id = arena.string(assignmentID.rawValue)
        message.pointee.code = code.rawValue
        message.pointee.message = arena.string(self.message)
    }
}

extension FetchRequest: WireMessage {
    static let wireType = MessageType(lots__v1__fetch_request__init)
    private static let limits = 1...100
    private static let longestWait = 60_000

    init?(_ message: UnsafePointer<Lots__V1__FetchRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let limit = wire.limit == 0 ? 10 : Int(wire.limit)
        if !Self.limits.contains(limit) { fields.faults.note("limit", "must be 0 to \(Self.limits.upperBound)") }
        if wire.wait_milliseconds > Self.longestWait { fields.faults.note("wait_milliseconds", "must be 0 to \(Self.longestWait)") }
        self.init(limit: limit, wait: .milliseconds(Int64(wire.wait_milliseconds)))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__FetchRequest>, in arena: Arena) {
        message.pointee.limit = UInt32(clamping: limit)
        let milliseconds = wait / .milliseconds(1)
        message.pointee.wait_milliseconds = UInt32(min(max(milliseconds, 0), Double(UInt32.max)))
    }
}

extension FetchResponse: WireMessage {
    static let wireType = MessageType(lots__v1__fetch_response__init)

    init?(_ message: UnsafePointer<Lots__V1__FetchResponse>, _ fields: inout FieldReader) {
        let wire = message.pointee
        guard let assignments = fields.elements("assignments", wire.n_assignments, wire.assignments, { Assignment($0, &$1) }) else {
            return nil
        }
        self.init(assignments: assignments)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__FetchResponse>, in arena: Arena) {
        (message.pointee.n_assignments, message.pointee.assignments) = arena.array(Assignment.wireType, of: assignments) {
            $1.write(to: $0, in: arena)
        }
    }
}

extension AcknowledgeRequest: WireMessage {
    static let wireType = MessageType(lots__v1__acknowledge_request__init)

    init?(_ message: UnsafePointer<Lots__V1__AcknowledgeRequest>, _ fields: inout FieldReader) {
        guard let id: AssignmentID = fields.requiredIdentifier(FieldReader.said(message.pointee.assignment_id), "assignment_id") else {
            return nil
        }
        self.init(assignmentID: id)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__AcknowledgeRequest>, in arena: Arena) {
        message.pointee.assignment_id = arena.string(assignmentID.rawValue)
    }
}

extension AcceptRequest: WireMessage {
    static let wireType = MessageType(lots__v1__accept_request__init)

    init?(_ message: UnsafePointer<Lots__V1__AcceptRequest>, _ fields: inout FieldReader) {
        guard let id: AssignmentID = fields.requiredIdentifier(FieldReader.said(message.pointee.assignment_id), "assignment_id") else {
            return nil
        }
        self.init(assignmentID: id)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__AcceptRequest>, in arena: Arena) {
        message.pointee.assignment_id = arena.string(assignmentID.rawValue)
    }
}

extension ReturnRequest: WireMessage {
    static let wireType = MessageType(lots__v1__return_request__init)

    init?(_ message: UnsafePointer<Lots__V1__ReturnRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let id: AssignmentID? = fields.requiredIdentifier(FieldReader.said(wire.assignment_id), "assignment_id")
        let reason: ReturnReason? = fields.member(wire.reason, "reason")
        guard let id, let reason else { return nil }
        self.init(assignmentID: id, reason: reason)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ReturnRequest>, in arena: Arena) {
        message.pointee.assignment_id = arena.string(assignmentID.rawValue)
        message.pointee.reason = reason.wire
    }
}

extension AssignmentProgress: WireMessage {
    static let wireType = MessageType(lots__v1__assignment_state__init)

    init?(_ message: UnsafePointer<Lots__V1__AssignmentState>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let id: AssignmentID? = fields.requiredIdentifier(FieldReader.said(wire.assignment_id), "assignment_id")
        let phase: AssignmentPhase? = fields.member(wire.phase, "phase")
        let since = fields.instant(wire.since, "since")
        guard let id, let phase, let since else { return nil }
        self.init(assignmentID: id, phase: phase, since: since)
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__AssignmentState>, in arena: Arena) {
        message.pointee.assignment_id = arena.string(assignmentID.rawValue)
        message.pointee.phase = phase.wire
        message.pointee.since = arena.make(since)
    }
}
