public import Referral
public import TTRPC

/// What goes down a watch of cases.
public typealias WatchResponses = TypedWriter<WatchResponse>

/// What answers the coordinator about cases. Messages have been read and checked; a method fails its call by throwing `Status`, `Faults`,
/// `Rejection` or `StoreError`.
public protocol CoordinationServing: Admitting {
    func review(_ request: ListCasesRequest, _ context: CallContext) async throws -> ListCasesResponse
    func state(_ request: GetCaseRequest, _ context: CallContext) async throws -> CaseState
    /// The content of a case, for a reason that is logged and told to the owner.
    func read(_ request: CaseRequest, _ context: CallContext) async throws -> CaseFile
    /// Assigning, rerouting, redriving, and the person's withdrawal. The same id again gets the first answer.
    func perform(_ request: CaseRequest, _ context: CallContext) async throws -> CaseState
    func enterInError(_ request: SenderRequest, _ context: CallContext) async throws -> ReferralStatus
    /// Writes what has happened after a place, and then each change as it comes, until the caller goes.
    func watch(_ request: WatchRequest, _ responses: WatchResponses, _ context: CallContext) async throws
}

extension Router {
    /// Answers `lots.v1.CoordinationService`.
    public mutating func register(_ service: some CoordinationServing) {
        registerUnary(.listReview, admit: service.admit) { (request: ReviewListMessage, context) in
            try await service.review(request.request, context)
        }
        registerUnary(.coordinatorGet, admit: service.admit) { try await service.state($0, $1) }
        for method in CaseMethod.ofCoordinators { register(method, admit: service.admit) { try await service.perform($0, $1) } }
        register(
            CaseMethod.read.name,
            unary: { message, context in
                try await answering {
                    try service.admit(context)
                    return try await service.read(CaseMethod.read.read(message), context).packed()
                }
            })
        register(
            SenderMethod.coordinatorEnterInError.name,
            unary: { message, context in
                try await answering {
                    try service.admit(context)
                    let request = try SenderMethod.coordinatorEnterInError.read(message, .shown)
                    return try await service.enterInError(request, context).packed()
                }
            })
        registerWatch(.coordinatorWatch, admit: service.admit) { try await service.watch($0, $1, $2) }
    }
}
