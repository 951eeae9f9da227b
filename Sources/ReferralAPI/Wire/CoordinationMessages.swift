import CReferralMessages
import Protobuf
import Referral

/// `lots.v1.ListReviewRequest`: the same fields as the request of a recipient's list.
struct ReviewListMessage: WireMessage {
    static let wireType = MessageType(lots__v1__list_review_request__init)

    let request: ListCasesRequest

    init(_ request: ListCasesRequest) {
        self.request = request
    }

    init?(_ message: UnsafePointer<Lots__V1__ListReviewRequest>, _ fields: inout FieldReader) {
        let wire = message.pointee
        let filter: CaseFilter? = fields.optionalMember(wire.filter, "filter")
        if filter == .handovers {
            fields.faults.note("filter", "must not be CASE_FILTER_HANDOVERS: nobody hands a case over to the coordinator")
        }
        let limit = wire.limit == 0 ? 100 : Int(wire.limit)
        if !(1...ListCasesRequest.mostCases).contains(limit) {
            fields.faults.note("limit", "must be 0 to \(ListCasesRequest.mostCases)")
        }
        self.init(ListCasesRequest(filter: filter, limit: limit, pageToken: FieldReader.plain(wire.page_token)))
    }

    func write(to message: UnsafeMutablePointer<Lots__V1__ListReviewRequest>, in arena: Arena) {
        if let filter = request.filter { message.pointee.filter = filter.wire }
        message.pointee.limit = UInt32(clamping: request.limit)
        message.pointee.page_token = arena.string(request.pageToken)
    }
}

extension Lots__V1__AssignRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__assign_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let to: OrganisationID? = fields.requiredIdentifier(FieldReader.said(to), "to")
        let reason: AssigningReason? = fields.member(reason, "reason")
        guard let to, let reason else { return nil }
        return .assign(to: to, reason: reason)
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        guard case .assign(let organisation, let why) = command else { return }
        to = arena.string(organisation.rawValue)
        reason = why.wire
    }
}

extension Lots__V1__RerouteRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__reroute_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? { .reroute }
    mutating func set(_ command: AssignmentCommand, in arena: Arena) {}
}

extension Lots__V1__RedriveRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__redrive_request__init)

    func command(_ fields: inout FieldReader) -> AssignmentCommand? { .redrive }
    mutating func set(_ command: AssignmentCommand, in arena: Arena) {}
}

extension Lots__V1__ReadRequest: CaseCommandWire {
    static let wireType = MessageType(lots__v1__read_request__init)

    /// Reading changes nothing, so that no version could be the wrong one.
    // swift-format-ignore
    var expected_version: UInt64 {
        get { 0 }
        set {}
    }

    func command(_ fields: inout FieldReader) -> AssignmentCommand? {
        let reason: ReadingReason? = fields.member(reason, "reason")
        return reason.map { .read($0) }
    }

    mutating func set(_ command: AssignmentCommand, in arena: Arena) {
        if case .read(let why) = command { reason = why.wire }
    }
}

extension AssigningReason: WireEnumeration {
    static let numbering = WireNumbering<AssigningReason>(lots__v1__assigning_reason__descriptor)

    var wire: Lots__V1__AssigningReason {
        switch self {
        case .reviewed: LOTS__V1__ASSIGNING_REASON__ASSIGNING_REASON_REVIEWED
        case .language: LOTS__V1__ASSIGNING_REASON__ASSIGNING_REASON_LANGUAGE
        case .competence: LOTS__V1__ASSIGNING_REASON__ASSIGNING_REASON_COMPETENCE
        case .conflictOfInterest: LOTS__V1__ASSIGNING_REASON__ASSIGNING_REASON_CONFLICT_OF_INTEREST
        case .personsWish: LOTS__V1__ASSIGNING_REASON__ASSIGNING_REASON_PERSONS_WISH
        case .noCapacity: LOTS__V1__ASSIGNING_REASON__ASSIGNING_REASON_NO_CAPACITY
        case .ownerUnavailable: LOTS__V1__ASSIGNING_REASON__ASSIGNING_REASON_OWNER_UNAVAILABLE
        }
    }
}

extension ReadingReason: WireEnumeration {
    static let numbering = WireNumbering<ReadingReason>(lots__v1__reading_reason__descriptor)

    var wire: Lots__V1__ReadingReason {
        switch self {
        case .assignment: LOTS__V1__READING_REASON__READING_REASON_ASSIGNMENT
        case .danger: LOTS__V1__READING_REASON__READING_REASON_DANGER
        case .ownerUnavailable: LOTS__V1__READING_REASON__READING_REASON_OWNER_UNAVAILABLE
        case .personsRequest: LOTS__V1__READING_REASON__READING_REASON_PERSONS_REQUEST
        case .complaint: LOTS__V1__READING_REASON__READING_REASON_COMPLAINT
        }
    }
}
